//! Single enqueues over HTTP: the whole way of a request, in this process, over the loopback.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use stevedore_enqueue_api::ApiSettings;
use stevedore_model::{TenantId, api_keys};
use stevedore_queue::CancellationToken;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bench::Bench;
use crate::stage::futures_of;

const SECTION: &str = "HTTP";
const CLIENTS: u64 = 16;
/// Connections of the API to the database, its own default.
const CONNECTIONS: u32 = 10;
/// No answer of the API is longer.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// Starts the API, lets 16 clients enqueue over connections that stay open.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let pool = bench.stage.connect(CONNECTIONS)?;
    let scopes = ["jobs:write".to_owned()];
    let key = api_keys::create(&pool, TenantId::SHOP, "bench", &scopes, None).await?;
    let stop = CancellationToken::new();
    let (listening, address) = tokio::sync::oneshot::channel();
    let settings = ApiSettings {
        bind: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Default::default()
    };
    let serving = stevedore_enqueue_api::run(settings, pool.clone(), stop.clone(), |address| {
        let _ = listening.send(address);
    });
    let serving = tokio::spawn(serving);
    let address = address.await.context("the API did not start")?;

    let each = bench.settings.jobs() / 10 / CLIENTS;
    let mut rates = Vec::new();
    bench.screen.plan(bench.settings.rounds() + 1);
    for round in bench.rounds() {
        bench.step("single enqueues over HTTP", round);
        bench.stage.clear().await?;
        let began = Instant::now();
        let token = key.token.expose_secret();
        futures_of((0..CLIENTS).map(|client| enqueue(address, token, client, each))).await?;
        if round > 0 {
            rates.push((each * CLIENTS) as f64 / began.elapsed().as_secs_f64());
        }
    }
    stop.cancel();
    serving.await??;
    api_keys::revoke(&pool, TenantId::SHOP, &key.key_id).await?;
    pool.close().await;
    let what = format!("POST /v1/jobs, {CLIENTS} clients");
    let per_s = bench.report.add(SECTION, what, "jobs/s", &rates);
    bench.report.headline("http_enqueue_per_s", per_s);
    bench.stage.clear().await
}

/// A client that costs next to nothing: it shares the cores with what it measures.
async fn enqueue(address: SocketAddr, token: &str, client: u64, jobs: u64) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut answer = Vec::with_capacity(ANSWER_BYTES_MAX);
    for number in 0..jobs {
        let body = format!(
            r#"{{"kind":"bench_tick","queue":"bench","args":{{"number":{}}}}}"#,
            client * jobs + number
        );
        let request = format!(
            "POST /v1/jobs HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        read_answer(&mut stream, &mut answer).await?;
        if !answer.starts_with(b"HTTP/1.1 201") {
            bail!("the API answered {}", String::from_utf8_lossy(&answer));
        }
    }
    Ok(())
}

/// Reads one answer whole, by its content-length.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> anyhow::Result<()> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 || answer.len() > ANSWER_BYTES_MAX {
            bail!("the API closed the connection, or said too much");
        }
        let text = String::from_utf8_lossy(answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        if length.is_some_and(|length| body.len() >= length) {
            return Ok(());
        }
    }
}
