//! One data directory: making it, starting `postgres` on it, ending that again. All of it blocks.

use std::{
    fs::{self, File},
    io::{Read, Write},
    os::unix::{
        fs::{DirBuilderExt, PermissionsExt, chown},
        net::UnixStream,
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{
    Installation, ServerError,
    error::During,
    system::{self, Account},
};
use crate::process;

/// A start takes 20–90 ms; crash recovery on a loaded machine may take long.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// How long each of SIGINT (fast), SIGQUIT (immediate) and SIGKILL may take.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
const POLL_DELAY: Duration = Duration::from_millis(5);
/// How long one answer may take.
const ANSWER_PATIENCE: Duration = Duration::from_secs(1);
/// An error at the start has some hundred bytes.
const ANSWER_BYTES_MAX: usize = 1024;
/// The field of an error that says: starting, stopping or recovering.
const CANNOT_CONNECT_NOW: &[u8] = b"C57P03\0";
/// As much of the log as an error message shows.
const LOG_TAIL_BYTES: usize = 1500;

/// Whether a server outlives the thread that starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It ends with the thread.
    Bound,
    /// Its watchdog alone decides.
    Free,
}

/// Where a server's files are and how it is run.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) installation: Installation,
    pub(super) account: Option<Account>,
    /// Sockets, log, password; 0700 and the server's.
    pub(super) home: PathBuf,
    pub(super) data: PathBuf,
    /// The number in the socket's name, and the TCP port if there is one.
    pub(super) port: u16,
    pub(super) password: String,
    /// `name=value`, each passed as `-c`.
    pub(super) settings: Vec<String>,
    /// Whether initdb must reach the disk.
    pub(super) sync: bool,
}

impl Cluster {
    /// Makes a folder that only the server's account can enter. It must not exist: a folder that
    /// somebody else put there is not trusted.
    pub(super) fn make_private(path: &Path, account: Option<&Account>) -> Result<(), ServerError> {
        let what = || format!("cannot make the folder {}", path.display());
        fs::DirBuilder::new()
            .mode(0o700)
            .create(path)
            .during(what)?;
        if let Some(account) = account {
            chown(path, Some(account.uid), Some(account.gid)).during(what)?;
        }
        Ok(())
    }

    /// Runs `initdb` unless the data directory is already one.
    pub(super) fn initialise(&self) -> Result<(), ServerError> {
        if self.data.join("PG_VERSION").exists() {
            return self.remove_stale_lock();
        }
        let password_file = self.home.join("password");
        self.write_private(&password_file, &self.password)?;
        let mut command = self.command("initdb");
        command
            .args(["-U", "postgres", "-E", "UTF8", "--no-instructions"])
            .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
            .arg(format!("--pwfile={}", password_file.display()))
            .args(locale(self.installation.major))
            .arg("-D")
            .arg(&self.data);
        if !self.sync {
            command.arg("--no-sync");
        }
        let output = command.output().during(|| self.spawn_failed("initdb"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(ServerError::Initdb {
            output: tail(&String::from_utf8_lossy(&said)),
        })
    }

    /// Starts `postgres` and waits until it answers.
    pub(super) fn start(&self, life: Life) -> Result<Child, ServerError> {
        let log_path = self.home.join("postgres.log");
        let log = File::create(&log_path).during(|| "cannot write the server's log".to_owned())?;
        let log_too = log
            .try_clone()
            .during(|| "cannot write the server's log".to_owned())?;
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.data).arg("-k").arg(&self.home);
        command.arg("-p").arg(self.port.to_string());
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        command.stdout(log).stderr(log_too);
        system::detach(&mut command);
        if life == Life::Bound {
            // PostgreSQL's fast shutdown.
            process::die_with_parent(&mut command, libc::SIGINT);
        }
        let mut child = command.spawn().during(|| self.spawn_failed("postgres"))?;
        match self.wait_until_ready(&mut child) {
            Ok(()) => Ok(child),
            Err(reason) => {
                stop(&mut child, libc::SIGQUIT);
                let log = tail(&fs::read_to_string(&log_path).unwrap_or_default());
                Err(ServerError::DidNotStart { reason, log })
            }
        }
    }

    fn wait_until_ready(&self, child: &mut Child) -> Result<(), String> {
        let start = Instant::now();
        while !self.is_ready() {
            match child.try_wait() {
                Ok(Some(status)) => return Err(format!("it ended with {status}")),
                Err(error) => return Err(error.to_string()),
                Ok(None) if start.elapsed() > START_PATIENCE => {
                    return Err(format!("no answer within {START_PATIENCE:?}"));
                }
                Ok(None) => pause(),
            }
        }
        Ok(())
    }

    /// Whether the server answers a start-up packet with `R`, a request for authentication, or with
    /// any error but "not yet" and "no more": one that is full is up. (`pg_isready` would do the
    /// same, but some builds come without it.)
    pub(super) fn is_ready(&self) -> bool {
        let ask = || -> std::io::Result<Vec<u8>> {
            let mut socket = UnixStream::connect(self.socket())?;
            socket.set_read_timeout(Some(ANSWER_PATIENCE))?;
            let parameters = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
            let length = u32::try_from(parameters.len() + 4).expect("a few dozen bytes");
            socket.write_all(&length.to_be_bytes())?;
            socket.write_all(parameters)?;
            let mut answer = vec![0; ANSWER_BYTES_MAX];
            let length = socket.read(&mut answer)?;
            answer.truncate(length);
            Ok(answer)
        };
        ask().is_ok_and(|answer| match answer.first() {
            Some(b'R') => true,
            Some(b'E') => !answer
                .windows(CANNOT_CONNECT_NOW.len())
                .any(|field| field == CANNOT_CONNECT_NOW),
            _ => false,
        })
    }

    /// Whether a server that somebody else started is there, waiting while it is slow. Who took
    /// slow for gone would take the databases of all others with it.
    pub(super) fn is_ready_in_time(&self) -> bool {
        let start = Instant::now();
        loop {
            if self.is_ready() {
                return true;
            }
            if self.running_server().is_none() || start.elapsed() > START_PATIENCE {
                return false;
            }
            pause();
        }
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.home.join(format!(".s.PGSQL.{}", self.port))
    }

    /// A program of the installation, as the server's account, in a clean environment: a user's
    /// PGDATA, PGHOST or locale must not leak into it.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.installation.bin.join(program));
        command
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("TZ", "UTC")])
            .current_dir("/")
            .stdin(Stdio::null());
        if let Some(account) = &self.account {
            // std also empties the supplementary groups. In a user namespace without a map for
            // groups that fails (EINVAL), and then there is no way to start a server at all.
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    fn spawn_failed(&self, program: &str) -> String {
        let account = self
            .account
            .as_ref()
            .map(|account| format!(" as {}", account.name));
        let program = self.installation.bin.join(program);
        format!(
            "cannot run {}{}",
            program.display(),
            account.unwrap_or_default()
        )
    }

    fn write_private(&self, path: &Path, text: &str) -> Result<(), ServerError> {
        let what = || format!("cannot write {}", path.display());
        fs::write(path, text).during(what)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).during(what)?;
        match &self.account {
            Some(account) => chown(path, Some(account.uid), Some(account.gid)).during(what),
            None => Ok(()),
        }
    }

    /// PostgreSQL removes the lock file of a dead server itself, but takes a zombie for a live one.
    fn remove_stale_lock(&self) -> Result<(), ServerError> {
        let path = self.data.join("postmaster.pid");
        let pid = self.running_pid();
        if pid.is_some_and(|pid| !system::is_alive(pid)) {
            fs::remove_file(&path).during(|| format!("cannot remove {}", path.display()))?;
        }
        Ok(())
    }

    /// The server that runs on this data directory: the process of its lock file, if that works
    /// there. The pid of one that was killed may be another program's by now.
    pub(super) fn running_server(&self) -> Option<u32> {
        let pid = self.running_pid().filter(|pid| system::is_alive(*pid))?;
        match fs::read_link(format!("/proc/{pid}/cwd")) {
            Ok(folder) => (folder == self.data).then_some(pid),
            Err(_) => Some(pid),
        }
    }

    /// The pid in the data directory's lock file.
    fn running_pid(&self) -> Option<u32> {
        let lock = fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        lock.lines().next()?.trim().parse().ok()
    }
}

/// Ends a server with `first` (SIGINT is a clean stop, SIGQUIT a crash that recovers on start), and
/// with more force if that takes too long.
pub(super) fn stop(child: &mut Child, first: libc::c_int) {
    for signal in [first, libc::SIGQUIT, libc::SIGKILL] {
        process::signal(child.id(), signal);
        let start = Instant::now();
        while start.elapsed() < STOP_PATIENCE {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            pause();
        }
    }
}

/// PostgreSQL 17 brings the same order of characters everywhere; before, the C library does, and
/// macOS has no C.UTF-8.
fn locale(major: u32) -> Vec<&'static str> {
    match major {
        17.. => vec!["--locale-provider=builtin", "--locale=C.UTF-8"],
        _ if cfg!(target_os = "macos") => vec!["--locale=C"],
        _ => vec!["--locale=C.UTF-8"],
    }
}

fn tail(text: &str) -> String {
    let text = text.trim();
    let start = text.ceil_char_boundary(text.len().saturating_sub(LOG_TAIL_BYTES));
    text[start..].to_owned()
}

/// The polls here watch a process and a socket, neither of which can wake us.
#[expect(
    clippy::disallowed_methods,
    reason = "runs on a thread of its own, never in a runtime"
)]
pub(super) fn pause() {
    std::thread::sleep(POLL_DELAY);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server of its own, with room for three.
    fn small_server() -> (Cluster, Child) {
        let home = super::super::folder::base(true)
            .expect("a folder")
            .join(format!("stevedore-{}-small", std::process::id()));
        let account = system::account_for_server().expect("an account");
        let settings = [
            "listen_addresses=",
            "max_connections=3",
            "superuser_reserved_connections=0",
            "max_wal_senders=0",
            "autovacuum=off",
        ];
        Cluster::make_private(&home, account.as_ref()).expect("a folder");
        let cluster = Cluster {
            installation: Installation::discover().expect("PostgreSQL"),
            account,
            data: home.join("data"),
            home,
            port: 5432,
            password: "none".to_owned(),
            settings: settings.map(str::to_owned).to_vec(),
            sync: false,
        };
        cluster.initialise().expect("a data directory");
        let server = cluster.start(Life::Bound).expect("a server");
        (cluster, server)
    }

    #[test]
    fn a_server_that_is_slow_or_full_is_not_taken_for_one_that_is_gone() {
        let (cluster, mut server) = small_server();
        let pid = server.id();
        assert_eq!(cluster.running_server(), Some(pid));

        process::signal(pid, libc::SIGSTOP);
        assert!(!cluster.is_ready(), "it can't answer");
        let waiting = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| cluster.is_ready_in_time());
            scope.spawn(|| {
                std::thread::park_timeout(ANSWER_PATIENCE + ANSWER_PATIENCE / 2);
                process::signal(pid, libc::SIGCONT);
            });
            waiting.join().expect("no panic")
        });
        assert!(waiting, "it was given up too early");

        let guests: Vec<_> = (0..20)
            .map(|_| {
                let mut guest = UnixStream::connect(cluster.socket()).expect("a socket");
                let packet = b"\0\0\0\x29\0\x03\0\0user\0postgres\0database\0postgres\0\0";
                guest.write_all(packet).expect("a packet");
                guest
            })
            .collect();
        assert!(cluster.is_ready(), "a full server is up");
        drop(guests);

        stop(&mut server, libc::SIGQUIT);
        assert!(!cluster.is_ready_in_time(), "it is gone");
        fs::remove_dir_all(&cluster.home).expect("removed");
    }
}
