//! An app of the shop: takes webhooks and alerts by HTTP, keeps what it got, and answers as it is
//! told, for example not at all.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Bytes kept of a request's body.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// What the app answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppAnswer {
    /// This status and body.
    Status(u16, String),
    /// 429 or 503 with `Retry-After` in seconds.
    Wait(u16, u64),
    /// A redirect to this address.
    Redirect(String),
    /// Nothing, until the caller gives up.
    Silence,
}

/// A request that the app got.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its path.
    pub path: String,
    /// Its headers, by name in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body, byte for byte.
    pub body: String,
}

impl Received {
    /// A header's value; empty if it was not sent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

struct Inner {
    answers: Vec<AppAnswer>,
    usual: AppAnswer,
    received: Vec<Received>,
}

#[derive(Clone)]
struct State {
    inner: Arc<Mutex<Inner>>,
    shutdown: CancellationToken,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running app; it stops when dropped.
pub struct App {
    address: SocketAddr,
    state: State,
}

impl App {
    /// Serves on a free port of this machine, and answers 204.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr()?;
        let inner = Inner {
            answers: Vec::new(),
            usual: AppAnswer::Status(204, String::new()),
            received: Vec::new(),
        };
        let state = State {
            inner: Arc::new(Mutex::new(inner)),
            shutdown: CancellationToken::new(),
        };
        let router = Router::new().fallback(take).with_state(state.clone());
        let stop = state.shutdown.clone();
        tokio::spawn(
            axum::serve(listener, router)
                .with_graceful_shutdown(async move { stop.cancelled().await })
                .into_future(),
        );
        Ok(Self { address, state })
    }

    /// Its address with this path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request gets this answer, the one after the next planned one.
    pub fn plan(&self, answer: AppAnswer) {
        self.state.lock().answers.push(answer);
    }

    /// What requests get that nothing is planned for.
    pub fn always(&self, answer: AppAnswer) {
        self.state.lock().usual = answer;
    }

    /// Everything that it got, the oldest first.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().received.clone()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.state.shutdown.cancel();
    }
}

async fn take(Shared(state): Shared<State>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers = parts.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), value.into_owned())
    });
    let received = Received {
        path: parts.uri.path().to_owned(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let answer = {
        let mut inner = state.lock();
        inner.received.push(received);
        match inner.answers.is_empty() {
            true => inner.usual.clone(),
            false => inner.answers.remove(0),
        }
    };
    let status = |code| StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match answer {
        AppAnswer::Status(code, body) => (status(code), body).into_response(),
        AppAnswer::Wait(code, seconds) => {
            (status(code), [("retry-after", seconds.to_string())]).into_response()
        }
        AppAnswer::Redirect(to) => (StatusCode::FOUND, [("location", to)]).into_response(),
        AppAnswer::Silence => {
            state.shutdown.cancelled().await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
    }
}
