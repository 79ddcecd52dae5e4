//! The fleet's processes: this same binary in its roles, as children that end with the demo.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use stevedore_database::process;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::ready;

/// How long a role may take until it serves.
const START_DEADLINE: Duration = Duration::from_secs(30);
/// How long a role may take to stop; workers finish what they hold within their grace period.
const STOP_DEADLINE: Duration = Duration::from_secs(20);
/// Lines of a role's log shown when it fails.
const LOG_TAIL_LINES: usize = 12;

/// What a role gets from the environment of the demo; its own settings come on top.
const INHERITED: [&str; 6] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "RUST_BACKTRACE",
    "STEVEDORE_LOG",
    "STEVEDORE_LOG_FORMAT",
];

/// One process of the fleet.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    /// Where it serves.
    pub url: String,
}

/// What to start.
pub struct Start<'a> {
    /// Unique in the fleet; names the log file.
    pub name: &'a str,
    /// The role, as on the command line.
    pub role: &'a str,
    /// Settings, as environment variables.
    pub environment: &'a [(&'a str, String)],
    /// Folder for the log file.
    pub logs: &'a Path,
}

impl Process {
    /// Starts a role and waits until it serves.
    pub async fn start(start: Start<'_>) -> anyhow::Result<Process> {
        let log = start.logs.join(format!("{}.log", start.name));
        let log_file = std::fs::File::create(&log)
            .with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(std::env::current_exe().context("where is stevedore?")?);
        command
            .arg(start.role)
            // A demo must not meet the mail relay or provider that a real shop's settings name.
            .env_clear()
            .envs(inherited())
            .envs(start.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .kill_on_drop(true)
            // Ctrl-C is for the demo, which then stops its processes in order.
            .process_group(0);
        process::die_with_parent(command.as_std_mut(), libc::SIGKILL);
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", start.name))?;
        let stdout = child.stdout.take().expect("stdout is piped above");
        let mut lines = BufReader::new(stdout).lines();
        let url = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(url) = ready::url_in(&line) {
                    return Ok(Some(url));
                }
            }
            Ok::<_, std::io::Error>(None)
        };
        let Ok(Some(url)) = tokio::time::timeout(START_DEADLINE, url)
            .await
            .unwrap_or(Ok(None))
        else {
            bail!(trouble(&format!("{} did not start", start.name), &log));
        };
        // Keep the pipe open and empty: a role that prints must not block or die of SIGPIPE.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Process {
            name: start.name.to_owned(),
            child,
            log,
            url,
        })
    }

    /// Ends the process as a crash would: SIGKILL, without a chance to tidy up.
    pub async fn crash(&mut self) -> anyhow::Result<()> {
        self.child
            .kill()
            .await
            .with_context(|| format!("cannot kill {}", self.name))
    }

    /// Asks for a graceful stop and waits for it. An error says how it ended instead.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let Some(pid) = self.child.id() else {
            return Ok(());
        };
        process::signal(pid, libc::SIGTERM);
        let what = match tokio::time::timeout(STOP_DEADLINE, self.child.wait()).await {
            Ok(status) => match status? {
                status if status.success() => return Ok(()),
                status => format!("{} ended with {status}", self.name),
            },
            Err(_) => format!("{} did not stop in {STOP_DEADLINE:?}", self.name),
        };
        bail!(trouble(&what, &self.log))
    }
}

/// The few variables that are the machine's and not a shop's.
#[expect(
    clippy::disallowed_methods,
    reason = "a child's environment is passed on, not read as a setting"
)]
fn inherited() -> impl Iterator<Item = (&'static str, OsString)> {
    INHERITED
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)))
}

/// What is wrong with a role, and the end of its log; the file goes with the demo.
fn trouble(what: &str, log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let mut tail: Vec<&str> = text.lines().rev().take(LOG_TAIL_LINES).collect();
    tail.reverse();
    format!("{what}; the end of its log:\n{}", tail.join("\n"))
}
