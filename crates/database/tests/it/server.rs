//! The private server, with real processes.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Child,
};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use stevedore_database::{PrivateServer, PrivateServerOptions};
use stevedore_testkit::wait_for;

use super::processes;

async fn connect(url: &SecretString) -> PgConnection {
    url.expose_secret()
        .parse::<PgConnectOptions>()
        .unwrap()
        .connect()
        .await
        .unwrap()
}

async fn setting(connection: &mut PgConnection, name: &str) -> String {
    sqlx::query_scalar("select current_setting($1)")
        .bind(name)
        .fetch_one(connection)
        .await
        .unwrap()
}

/// A folder that the server's account can enter, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let base = if Path::new("/dev/shm").exists() {
            "/dev/shm"
        } else {
            "/var/tmp"
        };
        let path = Path::new(base).join(format!("{name} {}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs in a process of its own: starts a server, says where it is, and waits to be killed.
#[test]
#[ignore = "a role that another test plays"]
fn owner() {
    if processes::argument().is_none() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime
        .block_on(PrivateServer::start(PrivateServerOptions::for_tests()))
        .unwrap();
    let data = runtime
        .block_on(async { setting(&mut connect(&server.url()).await, "data_directory").await });
    println!("\ndata: {data}");
    // Until the other side closes the pipe, which it does not: it kills us.
    let _ = std::io::stdin().lines().count();
}

/// Starts an [`owner`], and waits until its server is up: its process and the server's data.
fn start_owner() -> (Child, PathBuf) {
    let mut child = processes::role("server::owner", "owner").spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let data = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("data: ").map(PathBuf::from))
        .expect("the owner says where its server is");
    (child, data)
}

fn pid_of(data: &Path) -> String {
    let lock = fs::read_to_string(data.join("postmaster.pid")).unwrap();
    lock.lines().next().unwrap().to_owned()
}

/// Whether a process runs; a zombie does not.
fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ")
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_dies_with_its_killed_owner_and_its_files_go() {
    let (mut owner, data) = tokio::task::spawn_blocking(start_owner).await.unwrap();
    let pid = pid_of(&data);
    assert!(runs(&pid));
    owner.kill().unwrap(); // SIGKILL: nothing of the owner's own can clean up
    owner.wait().unwrap();
    wait_for("the server to end", async || (!runs(&pid)).then_some(())).await;
    let home = data.parent().unwrap();
    wait_for("its files to go", async || (!home.exists()).then_some(())).await;
}

#[tokio::test]
async fn two_servers_run_side_by_side_and_leave_nothing() {
    let start = || PrivateServer::start(PrivateServerOptions::for_tests());
    let (one, other) = tokio::join!(start(), start());
    let (one, other) = (one.unwrap(), other.unwrap());
    let mut connection = connect(&one.url()).await;
    let data = PathBuf::from(setting(&mut connection, "data_directory").await);
    assert_ne!(
        data,
        PathBuf::from(setting(&mut connect(&other.url()).await, "data_directory").await)
    );
    connection.close().await.unwrap();
    one.stop().await.unwrap();
    assert!(!data.parent().unwrap().exists());
    drop(other);
}

#[tokio::test]
async fn data_in_a_folder_with_spaces_outlive_their_server() {
    let folder = Folder::new("stevedore data, with spaces");
    let options = || PrivateServerOptions {
        data_directory: Some(folder.0.join("a b/data")),
        ..PrivateServerOptions::default()
    };
    let server = PrivateServer::start(options()).await.unwrap();
    connect(&server.url())
        .await
        .execute("create table kept (id int)")
        .await
        .unwrap();
    server.stop().await.unwrap();

    let server = PrivateServer::start(options()).await.unwrap();
    connect(&server.url())
        .await
        .execute("insert into kept values (1)")
        .await
        .unwrap();
}

#[tokio::test]
async fn a_lock_file_of_a_dead_server_does_not_stop_the_next() {
    let folder = Folder::new("stevedore stale lock");
    let options = || PrivateServerOptions {
        data_directory: Some(folder.0.join("data")),
        ..PrivateServerOptions::default()
    };
    PrivateServer::start(options())
        .await
        .unwrap()
        .stop()
        .await
        .unwrap();
    // A process that has ended and that nobody has waited for, as under a first process that does
    // not reap: PostgreSQL takes it for a running server.
    let mut zombie = std::process::Command::new("true").spawn().unwrap();
    let pid = zombie.id().to_string();
    wait_for("a zombie", async || (!runs(&pid)).then_some(())).await;
    let lock = format!(
        "{pid}\n{}\n0\n5432\n\n\n\n",
        folder.0.join("data").display()
    );
    fs::write(folder.0.join("data/postmaster.pid"), lock).unwrap();
    PrivateServer::start(options()).await.unwrap();
    zombie.wait().unwrap();
}

#[tokio::test]
async fn tcp_needs_the_password() {
    let options = PrivateServerOptions {
        tcp: true,
        ..PrivateServerOptions::for_tests()
    };
    let server = PrivateServer::start(options).await.unwrap();
    let url = server.tcp_url("postgres").unwrap();
    connect(&url).await.ping().await.unwrap();
    let options: PgConnectOptions = url.expose_secret().parse().unwrap();
    options.password("wrong").connect().await.unwrap_err();
}

#[tokio::test]
async fn a_durable_server_keeps_fsync_on_and_one_for_tests_does_not() {
    let in_memory = PrivateServerOptions {
        in_memory: true,
        ..PrivateServerOptions::default()
    };
    for (options, expected) in [
        (in_memory, "on"),
        (PrivateServerOptions::for_tests(), "off"),
    ] {
        let server = PrivateServer::start(options).await.unwrap();
        assert_eq!(
            setting(&mut connect(&server.url()).await, "fsync").await,
            expected
        );
    }
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let mut options = PrivateServerOptions::for_tests();
    options.settings.push(("work_mem".into(), "plenty".into()));
    let error = PrivateServer::start(options).await.unwrap_err();
    assert!(error.to_string().contains("work_mem"), "{error}");
}
