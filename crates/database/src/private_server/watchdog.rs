//! The small shell process beside a server that outlives us by a moment.
//!
//! The kernel's parent-death signal is Linux only and leaves the files behind; a pipe whose other
//! end closes with us works everywhere and also after SIGKILL. It is a shell and no thread or fork,
//! because it must not be part of this process.

use std::{
    ffi::OsStr,
    io::Write,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

use super::{ServerError, error::During, system};

/// The watchdog of one private server. It acts when this value is lost without [`Self::dismiss`].
#[derive(Debug)]
pub(super) struct Watchdog {
    process: Child,
    leash: ChildStdin,
}

impl Watchdog {
    pub(super) fn start(home: &Path, data: &Path, keep_data: bool) -> Result<Self, ServerError> {
        let keep = OsStr::new(if keep_data { "keep" } else { "remove" });
        let script = include_str!("watchdog.sh");
        let arguments = [home.as_os_str(), data.as_os_str(), keep];
        let mut process = spawn(script, &arguments, Stdio::piped())?;
        let leash = process.stdin.take().expect("it was asked for");
        Ok(Self { process, leash })
    }

    /// Everything is cleaned up: go.
    pub(super) fn dismiss(self) {
        let Self {
            mut process,
            mut leash,
        } = self;
        // If it is gone already, that is what we want.
        let _ = leash.write_all(b"done\n");
        drop(leash);
        let _ = process.wait();
    }
}

/// Starts the watchdog of the shared server; nobody waits for it.
pub(super) fn watch_shared(folder: &Path, idle_seconds: u32) -> Result<(), ServerError> {
    let script = include_str!("shared_watchdog.sh");
    let idle = idle_seconds.to_string();
    spawn(
        script,
        &[folder.as_os_str(), OsStr::new(&idle)],
        Stdio::null(),
    )
    .map(drop)
}

fn spawn(script: &str, arguments: &[&OsStr], stdin: Stdio) -> Result<Child, ServerError> {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", script, "stevedore-watchdog"])
        .args(arguments);
    command
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/");
    system::detach(&mut command);
    command
        .spawn()
        .during(|| "cannot start the server's watchdog".to_owned())
}
