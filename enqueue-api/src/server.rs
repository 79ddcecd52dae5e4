//! Connections: accepting, limits that HTTP handlers cannot see, and a stop that loses nothing.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures::FutureExt;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use sqlx::PgPool;
use stevedore_notices::NoticeError;
use stevedore_telemetry::{InstallError, Metrics, Role};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::client_address::Peer;
use crate::settings::ApiSettings;
use crate::state::ApiState;

/// How long a client may take for the head of a request, and a kept-alive connection may idle:
/// slower ones would hold connections for nothing, a known way to bring a server down. Longer
/// than the 60 s of common load balancers, which must be the first to close.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// Connections open at once; the next ones wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 10_000;

/// Largest head of a request (HTTP/2) and read buffer (HTTP/1), in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// How long connections may be silent that were open when the stop began: who has just connected
/// is about to send, and who sends meanwhile is told not to send more on this connection.
const LINGER: Duration = Duration::from_millis(500);

/// How long to wait after the system refused a new connection, for want of file descriptors say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Why the API could not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, not ours, or needs more rights.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address from the settings.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// Metrics could not be recorded.
    #[error("metrics could not be set up")]
    Metrics(#[from] InstallError),
    /// The shop's own templates can't be read.
    #[error("the templates can't be read")]
    Templates(#[from] NoticeError),
}

/// Serves the API until `shutdown` is cancelled and the requests in progress are answered.
/// `on_listening` is called once with the bound address (of interest when the port was 0).
///
/// # Errors
/// When the address cannot be listened on.
pub async fn run(
    settings: ApiSettings,
    pool: PgPool,
    shutdown: CancellationToken,
    on_listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    run_beside(settings, pool, Router::new(), shutdown, on_listening).await
}

/// As [`run`], with other routes beside the API's.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn run_beside(
    settings: ApiSettings,
    pool: PgPool,
    beside: Router,
    shutdown: CancellationToken,
    on_listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    settings.templates.library()?; // at the start rather than at the first preview
    let address = settings.bind;
    let refused = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    let metrics = Metrics::install()?;
    metrics.announce(Role::Api);
    let state = ApiState::new(pool, settings.clone(), metrics, shutdown.clone());
    let stopping = state.stopping().clone();
    let app = crate::app_beside(state, beside);
    tracing::info!(address = %bound, "the API is listening on {bound}");
    on_listening(bound);

    let stop = async {
        shutdown.cancelled().await;
        sleep(settings.drain_delay).await;
    };
    serve(listener, app, stop, stopping, settings.shutdown_grace).await;
    Ok(())
}

async fn serve(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()>,
    stopping: CancellationToken,
    grace: Duration,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        while connections.try_join_next().is_some() {}
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next(), if connections.len() >= CONNECTIONS_MAX => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, peer)) => {
                    let (app, watcher) = (app.clone(), graceful.watcher());
                    let (peer, stopping) = (Peer(peer.ip()), stopping.clone());
                    connections.spawn(converse(stream, peer, app, watcher, stopping));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    stopping.cancel();
    // What the kernel has accepted for us is ours to answer.
    while let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
        let (peer, app, stopping) = (Peer(peer.ip()), app.clone(), stopping.clone());
        connections.spawn(converse(stream, peer, app, graceful.watcher(), stopping));
    }
    drop(listener); // from here on new connections are refused and go to another process
    tracing::info!(connections = connections.len(), "the API is stopping");
    sleep(LINGER.min(grace)).await;
    if timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "requests outlived the grace; cutting them"
        );
    }
    connections.shutdown().await;
}

/// Ends when a connection that was silent all the time may be closed.
async fn silent_after(stopping: &CancellationToken) {
    stopping.cancelled().await;
    sleep(LINGER).await;
}

async fn converse(
    stream: TcpStream,
    peer: Peer,
    app: Router,
    watcher: Watcher,
    stopping: CancellationToken,
) {
    // Until its first byte a connection is nobody's: hyper's head timeout has not begun, and its
    // graceful stop would wait for it.
    tokio::select! {
        biased; // a request that has arrived is answered, however late
        arrived = timeout(HEAD_TIMEOUT, stream.readable()) => if arrived.is_err() {
            return;
        },
        () = silent_after(&stopping) => return,
    }
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(
        app.map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request.map(Body::new)
        })
        .map_err(|never: Infallible| match never {}),
    );
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_BYTES_MAX as u32);
    let connection = builder
        .serve_connection(TokioIo::new(stream), service)
        .into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
