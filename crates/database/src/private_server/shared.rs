//! One server for all test processes of a user: the first one starts it, and a while after the last
//! one has ended it is gone.
//!
//! A test runner may start a process per test, so the server must outlive the process that starts
//! it and must not stay for ever. Every user enters its pid in a folder; a watchdog looks there.

use std::{
    fs::{self, DirBuilder, File},
    hash::{DefaultHasher, Hash, Hasher},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use secrecy::SecretString;

use super::{
    Address, Installation, PrivateServerOptions, SOCKET_PORT, ServerError,
    cluster::{self, Cluster, Life},
    error::During,
    folder, keeper, system, watchdog,
};
use crate::process;

/// Seconds without a user until the server ends: longer than a test runner needs between two
/// processes, shorter than anyone notices.
const IDLE_SECONDS: u32 = 20;
/// How long a server that is ending may take. Afterwards it counts as a left-over.
const CLOSING_PATIENCE: Duration = Duration::from_secs(40);

/// A server that this process shares with others, for as long as the process lives.
#[derive(Debug)]
pub struct SharedServer {
    address: Address,
}

impl SharedServer {
    /// Joins the running server or starts it. Blocks (0.5 s for a start): call it once per process,
    /// outside of asynchronous code.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub fn join() -> Result<Self, ServerError> {
        let installation = Installation::discover()?;
        let folder = shared_folder(&installation)?;
        let path = folder.join("lock");
        let lock = File::options().create(true).append(true).open(&path);
        let lock = lock.during(|| format!("cannot open {}", path.display()))?;
        lock.lock()
            .during(|| format!("cannot lock {}", path.display()))?;
        // Enter first, look for `closing` after: see shared_watchdog.sh.
        let user = folder.join("users").join(std::process::id().to_string());
        fs::write(&user, "").during(|| format!("cannot write {}", user.display()))?;
        wait_while_closing(&folder);

        let cluster = cluster_in(&folder, installation)?;
        if !cluster.is_ready_in_time() {
            start(&folder, &cluster)?;
        }
        // The lock ends with the file.
        Ok(Self {
            address: Address::of(&cluster),
        })
    }

    /// The URL of its database `postgres`.
    #[must_use]
    pub fn url(&self) -> SecretString {
        self.url_of("postgres")
    }

    /// The URL of another database on it.
    #[must_use]
    pub fn url_of(&self, database: &str) -> SecretString {
        self.address.socket_url(database).into()
    }
}

/// The folder that the processes of this user share, one per installation.
fn shared_folder(installation: &Installation) -> Result<PathBuf, ServerError> {
    let mut hash = DefaultHasher::new();
    (
        env!("CARGO_PKG_VERSION"),
        &installation.bin,
        installation.version_text(),
    )
        .hash(&mut hash);
    let uid = system::effective_uid();
    let name = format!("stevedore-tests-{uid}-{:08x}", hash.finish() >> 32);
    let folder = folder::base(true)?.join(name);
    let what = || format!("cannot make the folder {}", folder.display());
    // The server's account walks through it to its own folder, and sees nothing.
    match DirBuilder::new().mode(0o711).create(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error).during(what)?,
        _ => {}
    }
    let metadata = fs::symlink_metadata(&folder).during(what)?;
    if !metadata.is_dir() || metadata.uid() != uid {
        let theirs = io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it belongs to somebody else",
        );
        return Err(theirs).during(what);
    }
    match DirBuilder::new().mode(0o700).create(folder.join("users")) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error).during(what)?,
        _ => Ok(folder),
    }
}

fn cluster_in(folder: &Path, installation: Installation) -> Result<Cluster, ServerError> {
    let home = folder.join("server");
    Ok(Cluster {
        installation,
        account: system::account_for_server()?,
        data: home.join("data"),
        home,
        port: SOCKET_PORT,
        password: folder::random_password(),
        settings: keeper::settings(&PrivateServerOptions::for_tests()),
        sync: false,
    })
}

/// Starts from nothing: what a killed server left behind is not worth recovering.
fn start(folder: &Path, cluster: &Cluster) -> Result<(), ServerError> {
    if let Some(pid) = cluster.running_server() {
        process::signal(pid, libc::SIGKILL);
    }
    let home = &cluster.home;
    match fs::remove_dir_all(home) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).during(|| format!("cannot remove {}", home.display()))?;
        }
        _ => {}
    }
    Cluster::make_private(home, cluster.account.as_ref())?;
    cluster.initialise()?;
    let mut server = cluster.start(Life::Free)?;
    watchdog::watch_shared(folder, IDLE_SECONDS)
        .inspect_err(|_| cluster::stop(&mut server, libc::SIGQUIT))
}

/// The watchdog is about to end the server, or changes its mind because of us.
fn wait_while_closing(folder: &Path) {
    let closing = folder.join("closing");
    let start = Instant::now();
    while closing.exists() && start.elapsed() < CLOSING_PATIENCE {
        cluster::pause();
    }
    // Only a watchdog that was killed leaves it.
    let _ = fs::remove_file(closing);
}
