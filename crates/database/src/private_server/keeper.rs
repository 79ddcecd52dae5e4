//! The thread that owns a server's process.

use std::{fs, path::Path, process::Child, sync::mpsc::Receiver};

use tokio::sync::oneshot;

use super::{
    Address, Installation, PrivateServerOptions, SOCKET_PORT, ServerError,
    cluster::{self, Cluster, Life},
    error::During,
    folder, free_port, system,
    watchdog::Watchdog,
};

/// How often a start is tried when another program takes the port that was free.
const PORT_TRIES_MAX: u32 = 5;

/// What the owner may ask for.
#[derive(Debug)]
pub(super) enum Order {
    Restart {
        crash: bool,
        done: oneshot::Sender<Result<(), ServerError>>,
    },
    Stop {
        done: oneshot::Sender<Result<(), ServerError>>,
    },
}

/// Answers the owner once the server is there.
type Started = oneshot::Sender<Result<(Address, Installation), ServerError>>;

/// A server with everything that has to go when it goes.
pub(super) struct Keeper {
    cluster: Cluster,
    keep_data: bool,
    /// None while it is down between a stop and a start that failed.
    server: Option<Child>,
    watchdog: Option<Watchdog>,
}

impl Keeper {
    /// The whole life of a server.
    pub(super) fn run(options: PrivateServerOptions, started: Started, inbox: &Receiver<Order>) {
        let mut keeper = match Self::start(options) {
            Ok(keeper) => keeper,
            Err(error) => {
                // Nobody waits any more: then nobody wants to know.
                let _ = started.send(Err(error));
                return;
            }
        };
        let address = Address::of(&keeper.cluster);
        if started
            .send(Ok((address, keeper.cluster.installation.clone())))
            .is_err()
        {
            return;
        }
        // A closed channel is an owner that is gone: dropping the keeper stops the server.
        while let Ok(order) = inbox.recv() {
            match order {
                Order::Restart { crash, done } => {
                    let _ = done.send(keeper.restart(crash));
                }
                Order::Stop { done } => {
                    drop(keeper);
                    let _ = done.send(Ok(()));
                    return;
                }
            }
        }
    }

    fn start(options: PrivateServerOptions) -> Result<Self, ServerError> {
        let account = system::account_for_server()?;
        let installation = match options.installation.clone() {
            Some(installation) => installation,
            None => Installation::discover()?,
        };
        let home = folder::make_home(options.in_memory, account.as_ref())?;
        let keep_data = options.data_directory.is_some();
        let data = options
            .data_directory
            .clone()
            .unwrap_or_else(|| home.join("data"));
        let cluster = Cluster {
            installation,
            account,
            port: SOCKET_PORT,
            password: folder::random_password(),
            settings: settings(&options),
            sync: options.durable && keep_data,
            home,
            data,
        };
        // From here on dropping the keeper cleans up.
        let mut keeper = Self {
            cluster,
            keep_data,
            server: None,
            watchdog: None,
        };
        if keep_data {
            keeper.claim_data_directory()?;
        }
        let Cluster { home, data, .. } = &keeper.cluster;
        keeper.watchdog = Some(Watchdog::start(home, data, keep_data)?);
        keeper.cluster.initialise()?;
        keeper.server = Some(keeper.start_server(options.tcp)?);
        Ok(keeper)
    }

    /// Makes a data directory that stays, and the server's account its owner.
    fn claim_data_directory(&mut self) -> Result<(), ServerError> {
        let data = &self.cluster.data;
        let what = || format!("cannot use {} as a data directory", data.display());
        let account = self.cluster.account.as_ref();
        if !data.exists() {
            if let Some(parent) = data.parent() {
                fs::create_dir_all(parent).during(what)?;
            }
            Cluster::make_private(data, account)?;
        }
        let data = fs::canonicalize(data).during(what)?;
        let parent = data.parent().unwrap_or(Path::new("/"));
        if let Some(account) = account.filter(|account| !system::may_enter(account, parent)) {
            let account = account.name.clone();
            return Err(ServerError::NotEnterable {
                account,
                path: parent.to_owned(),
            });
        }
        self.cluster.data = data;
        Ok(())
    }

    fn start_server(&mut self, tcp: bool) -> Result<Child, ServerError> {
        if !tcp {
            return self.cluster.start(Life::Bound);
        }
        let mut tries = 1;
        loop {
            self.cluster.port = free_port()?;
            match self.cluster.start(Life::Bound) {
                Err(ServerError::DidNotStart { log, .. })
                    if tries < PORT_TRIES_MAX && log.contains("Address already in use") =>
                {
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    fn restart(&mut self, crash: bool) -> Result<(), ServerError> {
        self.end_server(if crash { libc::SIGQUIT } else { libc::SIGINT });
        self.server = Some(self.cluster.start(Life::Bound)?);
        Ok(())
    }

    fn end_server(&mut self, signal: libc::c_int) {
        if let Some(mut server) = self.server.take() {
            cluster::stop(&mut server, signal);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.end_server(libc::SIGINT);
        // Left-over temporary files are not worth a panic, and the watchdog has no better luck.
        if !self.keep_data {
            let _ = fs::remove_dir_all(&self.cluster.data);
        }
        let _ = fs::remove_dir_all(&self.cluster.home);
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
    }
}

/// The `name=value` settings of a server with these options.
pub(super) fn settings(options: &PrivateServerOptions) -> Vec<String> {
    let mut settings = vec![
        format!(
            "listen_addresses={}",
            if options.tcp { "127.0.0.1" } else { "" }
        ),
        format!("max_connections={}", options.max_connections),
        "unix_socket_permissions=0700".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
    ];
    if folder::shared_memory_is_small() {
        settings.push("dynamic_shared_memory_type=mmap".to_owned());
    }
    if !options.durable {
        // Commits still reach the operating system, so what a test has committed survives a crash
        // of the server, if not of the machine.
        let forgetful = ["fsync=off", "full_page_writes=off", "wal_level=minimal"];
        settings.extend(forgetful.map(str::to_owned));
        settings.push("max_wal_senders=0".to_owned());
    }
    settings.extend(
        options
            .settings
            .iter()
            .map(|(name, value)| format!("{name}={value}")),
    );
    settings
}
