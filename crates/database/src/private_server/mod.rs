//! A PostgreSQL server of our own: for the demo, for tests, for anyone without a database.
//!
//! It is found on the machine ([`Installation::discover`]), runs on a data directory of its own,
//! listens on a socket that only its account can reach, and ends with the process that started it,
//! even when that is killed. PostgreSQL refuses to be root: then it runs as `postgres` or `nobody`.

mod cluster;
mod discover;
mod error;
mod folder;
mod keeper;
mod shared;
mod system;
mod watchdog;

use std::{net::TcpListener, path::PathBuf, thread::JoinHandle};

use secrecy::SecretString;
use tokio::sync::oneshot;

use self::{
    cluster::Cluster,
    error::During,
    keeper::{Keeper, Order},
};
pub use self::{discover::Installation, error::ServerError, shared::SharedServer};

/// The number in the socket's name when no TCP port is asked for.
const SOCKET_PORT: u16 = 5432;

/// What kind of server to start.
#[derive(Debug, Clone)]
pub struct PrivateServerOptions {
    /// Where the data live and stay afterwards, made when missing. None: a temporary folder that
    /// goes with the server.
    pub data_directory: Option<PathBuf>,
    /// Whether what was committed survives a power cut. Off is faster, and right for tests only;
    /// what was committed then still survives [`PrivateServer::crash_and_restart`].
    pub durable: bool,
    /// Keep temporary data in memory where there is room (/dev/shm with 1 GiB free).
    pub in_memory: bool,
    /// Listen on a free port of 127.0.0.1, too, with a password: see [`PrivateServer::tcp_url`].
    pub tcp: bool,
    /// `max_connections` of the server.
    pub max_connections: u32,
    /// Further settings of postgresql.conf, e.g. `("log_statement", "all")`.
    pub settings: Vec<(String, String)>,
    /// The server to run. None: the newest on the machine.
    pub installation: Option<Installation>,
}

impl Default for PrivateServerOptions {
    fn default() -> Self {
        Self {
            data_directory: None,
            durable: true,
            in_memory: false,
            tcp: false,
            max_connections: 200,
            settings: Vec::new(),
            installation: None,
        }
    }
}

impl PrivateServerOptions {
    /// Fast and forgetful.
    #[must_use]
    pub fn for_tests() -> Self {
        Self {
            durable: false,
            in_memory: true,
            max_connections: 300,
            ..Self::default()
        }
    }
}

/// A running server. Dropping it stops it (about 20 ms); [`Self::stop`] does so without blocking.
#[derive(Debug)]
pub struct PrivateServer {
    orders: std::sync::mpsc::Sender<Order>,
    keeper: Option<JoinHandle<()>>,
    address: Address,
    installation: Installation,
    tcp: bool,
}

/// How to reach a server.
#[derive(Debug, Clone)]
struct Address {
    home: PathBuf,
    port: u16,
    password: SecretString,
}

impl PrivateServer {
    /// Makes the data directory if there is none, starts the server and waits until it answers:
    /// 0.3–0.7 s for a new one, 20–90 ms for an old one.
    ///
    /// # Errors
    /// See [`ServerError`]; nothing is left behind then.
    pub async fn start(options: PrivateServerOptions) -> Result<Self, ServerError> {
        let (orders, inbox) = std::sync::mpsc::channel();
        let (started, outcome) = oneshot::channel();
        let tcp = options.tcp;
        // The kernel ties the server to the thread that starts it: a thread of a runtime may end at
        // any time, this one stays until the server is stopped.
        let keeper = std::thread::Builder::new()
            .name("private-postgres".into())
            .spawn(move || Keeper::run(options, started, &inbox))
            .during(|| "cannot start a thread".to_owned())?;
        let (address, installation) = outcome.await.map_err(|_| ServerError::Stopped)??;
        Ok(Self {
            orders,
            keeper: Some(keeper),
            address,
            installation,
            tcp,
        })
    }

    /// The URL of its database `postgres`, over the socket. Only root and the server's account can
    /// use it.
    #[must_use]
    pub fn url(&self) -> SecretString {
        self.url_of("postgres")
    }

    /// The URL of another database on it, over the socket.
    #[must_use]
    pub fn url_of(&self, database: &str) -> SecretString {
        self.address.socket_url(database).into()
    }

    /// The URL of a database over TCP, with its password, when the options asked for TCP.
    #[must_use]
    pub fn tcp_url(&self, database: &str) -> Option<SecretString> {
        self.tcp.then(|| self.address.tcp_url(database).into())
    }

    /// What runs.
    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Stops and starts the server on the same address with the same data, as an operator would.
    ///
    /// # Errors
    /// When it does not start again.
    pub async fn restart(&self) -> Result<(), ServerError> {
        self.order(|done| Order::Restart { crash: false, done })
            .await
    }

    /// As [`Self::restart`], but the server crashes and recovers from its log.
    ///
    /// # Errors
    /// When it does not start again.
    pub async fn crash_and_restart(&self) -> Result<(), ServerError> {
        self.order(|done| Order::Restart { crash: true, done })
            .await
    }

    /// Stops the server and removes its temporary files.
    ///
    /// # Errors
    /// When it has been stopped before.
    pub async fn stop(mut self) -> Result<(), ServerError> {
        let outcome = self.order(|done| Order::Stop { done }).await;
        // The keeper has sent its last word and ends by itself.
        self.keeper = None;
        outcome
    }

    async fn order(
        &self,
        order: impl FnOnce(oneshot::Sender<Result<(), ServerError>>) -> Order,
    ) -> Result<(), ServerError> {
        let (done, outcome) = oneshot::channel();
        self.orders
            .send(order(done))
            .map_err(|_| ServerError::Stopped)?;
        outcome.await.map_err(|_| ServerError::Stopped)?
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            let (done, _) = oneshot::channel();
            // Either fails only when the keeper has ended, and then the server has, too.
            let _ = self.orders.send(Order::Stop { done });
            let _ = keeper.join();
        }
    }
}

impl Address {
    fn of(cluster: &Cluster) -> Self {
        Self {
            home: cluster.home.clone(),
            port: cluster.port,
            password: cluster.password.clone().into(),
        }
    }

    fn socket_url(&self, database: &str) -> String {
        let host = encoded(&self.home.to_string_lossy());
        let database = encoded(database);
        let port = self.port;
        format!("postgres:///{database}?host={host}&port={port}&user=postgres")
    }

    fn tcp_url(&self, database: &str) -> String {
        use secrecy::ExposeSecret;
        let password = self.password.expose_secret();
        let database = encoded(database);
        format!(
            "postgres://postgres:{password}@127.0.0.1:{}/{database}",
            self.port
        )
    }
}

/// Percent-encodes what a URL would not take as it is.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes()
        .map(|byte| {
            if is_plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// A port that nobody listens on now. Somebody may before the server does; then it is tried again.
fn free_port() -> Result<u16, ServerError> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .during(|| "no free port on 127.0.0.1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_spaces_become_valid_urls() {
        assert_eq!(encoded("/tmp/a folder/ü"), "/tmp/a%20folder/%C3%BC");
    }
}
