//! An API process that is told to stop under load, as a load balancer meets it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use secrecy::ExposeSecret;
use stevedore_database::process;
use stevedore_model::{TenantId, api_keys};
use stevedore_testkit::{TestDb, wait_for};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::processes::api;

const CLIENTS: usize = 16;

/// What the balancer and its clients know.
#[derive(Default)]
struct Seen {
    not_ready: AtomicBool,
    answered: AtomicU64,
}

/// One request and its whole answer: its status, and whether the connection ends with it.
async fn ask(stream: &mut BufStream<TcpStream>, request: &str) -> std::io::Result<(u16, bool)> {
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let (mut status, mut length, mut is_last) = (0, 0, false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().expect("a status");
        } else if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().expect("a length");
        } else if line == "connection: close" {
            is_last = true;
        } else if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok((status, is_last))
}

/// Asks again and again until the balancer sends nobody here any more.
async fn client(address: String, request: String, seen: Arc<Seen>) {
    while !seen.not_ready.load(Ordering::Relaxed) {
        let stream = TcpStream::connect(&address)
            .await
            .expect("it still accepts");
        let mut stream = BufStream::new(stream);
        loop {
            let answer = ask(&mut stream, &request).await;
            let (status, is_last) = answer.expect("an accepted connection is answered");
            assert!((200..300).contains(&status), "{status}");
            seen.answered.fetch_add(1, Ordering::Relaxed);
            if is_last {
                break;
            }
        }
    }
}

/// Looks at /ready, as a balancer does.
async fn prober(address: String, seen: Arc<Seen>) {
    let request = "GET /ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    loop {
        let stream = TcpStream::connect(&address)
            .await
            .expect("it accepts while it drains");
        let answer = ask(&mut BufStream::new(stream), request).await;
        if answer.expect("probes are answered").0 == 503 {
            seen.not_ready.store(true, Ordering::Relaxed);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn j3_an_api_that_is_told_to_stop_under_load_fails_no_request() {
    let db = TestDb::new().await;
    let scopes = ["admin".to_owned()];
    let key = api_keys::create(&db.pool, TenantId::SHOP, "test", &scopes, None).await;
    let token = key.expect("a key").token;
    let (mut child, address) = api(&db, &[("STEVEDORE_API_DRAIN_DELAY", "2s")]);
    let body = r#"{"kind": "audit"}"#;
    let request = format!(
        "POST /v1/jobs HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        token.expose_secret(),
        body.len()
    );
    let seen = Arc::new(Seen::default());
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(client(address.clone(), request.clone(), Arc::clone(&seen)));
    }
    clients.spawn(prober(address, Arc::clone(&seen)));
    wait_for("requests to flow", async || {
        (seen.answered.load(Ordering::Relaxed) > 100).then_some(())
    })
    .await;

    process::signal(child.id(), libc::SIGTERM);
    while let Some(ended) = clients.join_next().await {
        ended.expect("no request failed");
    }
    let ended = wait_for("the API to end", async || {
        child.try_wait().expect("it can be asked")
    });
    assert_eq!(ended.await.code(), Some(0));
    let enqueued: i64 = sqlx::query_scalar("select count(*) from queue.jobs")
        .fetch_one(&db.pool)
        .await
        .expect("they are counted");
    let answered = seen.answered.load(Ordering::Relaxed);
    assert_eq!(
        u64::try_from(enqueued).expect("a count"),
        answered,
        "answered and enqueued"
    );
}
