//! Processes of the fleet that tests start, stop and kill. None outlives its test.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use secrecy::ExposeSecret;
use stevedore_database::process;
use stevedore_testkit::TestDb;

use crate::stevedore;

/// An API process with these settings, and its address.
pub fn api(db: &TestDb, settings: &[(&str, &str)]) -> (Child, String) {
    let bind = [("STEVEDORE_API_BIND", "127.0.0.1:0")];
    let mut child = start("api", db, &[&bind, settings].concat(), Stdio::piped());
    let mut line = String::new();
    let said = child.stdout.take().expect("it is piped");
    BufReader::new(said)
        .read_line(&mut line)
        .expect("it says where it listens");
    let (_, address) = line.trim().rsplit_once('/').expect("an address");
    (child, address.to_owned())
}

/// A worker process with these settings.
pub fn worker(db: &TestDb, settings: &[(&str, &str)]) -> Child {
    let bind = [("WORKER_ADMIN_BIND", "127.0.0.1:0")];
    start("worker", db, &[&bind, settings].concat(), Stdio::null())
}

/// Kills a process, and waits until it is gone.
pub fn kill(mut child: Child) {
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
}

fn start(role: &str, db: &TestDb, settings: &[(&str, &str)], output: Stdio) -> Child {
    let mut command = stevedore(&[role]);
    command
        .env("DATABASE_URL", db.url().expose_secret())
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(Stdio::null());
    process::die_with_parent(&mut command, libc::SIGKILL);
    command.spawn().expect("it can be started")
}
