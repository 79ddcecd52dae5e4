//! The API in this process, and clients that cost next to nothing: they share the cores with what
//! they measure.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use sqlx::PgPool;
use stevedore_enqueue_api::{ApiSettings, ServeError};
use stevedore_model::TenantId;
use stevedore_model::api_keys::{self, NewKey};
use stevedore_queue::CancellationToken;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::stage::{Stage, futures_of};

/// Connections of the API to the database, its own default.
const CONNECTIONS: u32 = 10;
/// No answer of the API is longer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// An API that serves.
pub struct Api {
    address: SocketAddr,
    pool: PgPool,
    key: NewKey,
    stop: CancellationToken,
    serving: JoinHandle<Result<(), ServeError>>,
}

impl Api {
    /// Starts it, with a key that has this scope.
    pub async fn start(stage: &Stage, scope: &str) -> anyhow::Result<Api> {
        Self::start_with(stage, scope, ApiSettings::default()).await
    }

    /// The same with settings of one's own, on a free port.
    pub async fn start_with(
        stage: &Stage,
        scope: &str,
        settings: ApiSettings,
    ) -> anyhow::Result<Api> {
        let pool = stage.connect(CONNECTIONS)?;
        let scopes = [scope.to_owned()];
        let key = api_keys::create(&pool, TenantId::SHOP, "bench", &scopes, None).await?;
        let stop = CancellationToken::new();
        let (listening, address) = tokio::sync::oneshot::channel();
        let settings = ApiSettings {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            ..settings
        };
        let serving = stevedore_enqueue_api::run(settings, pool.clone(), stop.clone(), |address| {
            let _ = listening.send(address);
        });
        let serving = tokio::spawn(serving);
        Ok(Api {
            address: address.await.context("the API did not start")?,
            pool,
            key,
            stop,
            serving,
        })
    }

    /// A client with a connection of its own.
    pub async fn client(&self) -> anyhow::Result<Client> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let token = self.key.token.expose_secret();
        Ok(Client {
            stream,
            head: format!(
                "host: {}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n",
                self.address
            ),
            answer: Vec::with_capacity(ANSWER_BYTES_MAX),
        })
    }

    /// So many clients share these numbers out, each does one after the other. Answers what came of
    /// each, in no order, and how many seconds all took; `work` is told when they began.
    pub async fn share_out<T>(
        &self,
        clients: u64,
        numbers: Range<u64>,
        work: impl AsyncFn(&mut Client, u64, Instant) -> anyhow::Result<T>,
    ) -> anyhow::Result<(Vec<T>, f64)> {
        let (next, end) = (AtomicU64::new(numbers.start), numbers.end);
        let clients = futures_of((0..clients).map(|_| self.client())).await?;
        let began = Instant::now();
        let working = clients.into_iter().map(|mut client| {
            let (next, work) = (&next, &work);
            async move {
                let mut done = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        return Ok(done);
                    }
                    done.push(work(&mut client, number, began).await?);
                }
            }
        });
        let done = futures_of(working).await?;
        let seconds = began.elapsed().as_secs_f64();
        Ok((done.into_iter().flatten().collect(), seconds))
    }

    /// Ends it, and takes the key back.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.serving.await??;
        api_keys::revoke(&self.pool, TenantId::SHOP, &self.key.key_id).await?;
        self.pool.close().await;
        Ok(())
    }
}

/// One connection, kept open.
pub struct Client {
    stream: TcpStream,
    head: String,
    answer: Vec<u8>,
}

impl Client {
    /// Sends JSON, with an Idempotency-Key if there is one; the status of the answer.
    pub async fn post(&mut self, path: &str, key: Option<&str>, body: &str) -> anyhow::Result<u16> {
        let header = key.map(|key| format!("idempotency-key: {key}\r\n"));
        self.post_with(path, header.as_deref().unwrap_or_default(), body)
            .await
    }

    /// Sends JSON with more headers, each with its line's end; the status of the answer.
    pub async fn post_with(
        &mut self,
        path: &str,
        headers: &str,
        body: &str,
    ) -> anyhow::Result<u16> {
        let mut request = format!("POST {path} HTTP/1.1\r\n{}{headers}", self.head);
        write!(request, "content-length: {}\r\n\r\n{body}", body.len())?;
        self.stream.write_all(request.as_bytes()).await?;
        self.read_answer().await?;
        let status = self.answer.get(9..12).map(String::from_utf8_lossy);
        status
            .and_then(|status| status.parse().ok())
            .with_context(|| format!("no status: {}", self.said()))
    }

    /// The last answer.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.answer).into_owned()
    }

    /// Reads one answer whole, by its content-length.
    async fn read_answer(&mut self) -> anyhow::Result<()> {
        self.answer.clear();
        let mut whole = None;
        while whole.is_none_or(|whole| self.answer.len() < whole) {
            let read = self.stream.read_buf(&mut self.answer).await?;
            if read == 0 || self.answer.len() > ANSWER_BYTES_MAX {
                bail!("the API closed the connection, or said too much");
            }
            whole = whole.or_else(|| length_of(&self.answer));
        }
        Ok(())
    }
}

/// How long an answer will be, once its head is there.
fn length_of(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let body: usize = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    })?;
    Some(head + 4 + body)
}
