//! The `stevedore` command as its users meet it: a real process, real children, a real server.

mod commands;
mod config;
mod console;
mod demo;
mod graceful;
mod jobs;
mod notices;
mod processes;
mod providers;
mod reasons;
mod schedules;
mod signals;
mod webhooks;

use std::process::{Command, Output};

/// A run of the built binary without any setting of the caller's.
fn stevedore(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stevedore"));
    command.args(arguments).env_remove("DATABASE_URL");
    command
}

/// What a process said on stderr, for a test's message.
fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a process said on stdout.
fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
