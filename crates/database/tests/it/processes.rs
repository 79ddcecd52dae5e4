//! Running one test of this program as a process of its own: what such a test does is the process.

use std::process::{Command, Stdio};

/// The command that runs the ignored test `name` of this program, with a variable that tells it
/// that it is meant: `cargo test -- --ignored` by hand must not hang.
pub fn role(name: &str, argument: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env("STEVEDORE_TEST_ROLE", argument)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    command
}

/// The argument of [`role`], in the process that it started.
#[expect(
    clippy::disallowed_methods,
    reason = "the only way into a process of the test harness"
)]
pub fn argument() -> Option<String> {
    std::env::var("STEVEDORE_TEST_ROLE").ok()
}
