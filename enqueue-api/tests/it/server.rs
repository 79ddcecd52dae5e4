//! The API on a real socket.

use std::net::SocketAddr;
use std::time::Duration;

use stevedore_enqueue_api::{ApiSettings, ServeError, run};
use stevedore_testkit::{TestDb, wait_for};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support::key_with;

pub struct Server {
    pub db: TestDb,
    pub address: SocketAddr,
    pub shutdown: CancellationToken,
    pub running: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    pub async fn start(settings: ApiSettings) -> Self {
        let db = TestDb::new().await;
        let shutdown = CancellationToken::new();
        let (tell, told) = oneshot::channel();
        let settings = ApiSettings {
            bind: ([127, 0, 0, 1], 0).into(),
            ..settings
        };
        let serving = run(settings, db.pool().clone(), shutdown.clone(), |address| {
            tell.send(address).unwrap();
        });
        let running = tokio::spawn(serving);
        Self {
            address: told.await.unwrap(),
            db,
            shutdown,
            running,
        }
    }

    pub async fn key(&self) -> String {
        key_with(&self.db, &["admin"]).await
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

async fn answer_to(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn it_serves_and_stops_at_once_when_idle() {
    let server = Server::start(ApiSettings::default()).await;
    let _silent = server.connect().await;
    let mut kept_alive = server.connect().await;
    kept_alive
        .write_all(b"GET /live HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    let mut status = [0; 15];
    kept_alive.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 200 OK");
    server.shutdown.cancel();
    // Far less than the grace of 20 s, far more than a stop with nothing to wait for takes.
    timeout(Duration::from_secs(10), server.running)
        .await
        .expect("nothing to wait for")
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn an_address_in_use_is_an_error_that_names_it() {
    let server = Server::start(ApiSettings::default()).await;
    let settings = ApiSettings {
        bind: server.address,
        ..ApiSettings::default()
    };
    let db = TestDb::new().await;
    let pool = db.pool().clone();
    let error = run(settings, pool, CancellationToken::new(), |_| ())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {}", server.address)
    );
}

#[tokio::test]
async fn a_client_that_sends_ten_megabytes_before_it_listens_reads_the_413() {
    let server = Server::start(ApiSettings::default()).await;
    let key = server.key().await;
    let mut stream = server.connect().await;
    let length = 10 * 1024 * 1024;
    let head = format!(
        "POST /v1/orders HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = answer_to(&mut stream, &vec![b' '; length]).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("payload_too_large"), "{answer}");
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_refused_before_it_sends() {
    let server = Server::start(ApiSettings::default()).await;
    let key = server.key().await;
    let mut stream = server.connect().await;
    let request = format!(
        "POST /v1/orders HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: 10485760\r\nexpect: 100-continue\r\n\r\n"
    );
    let answer = answer_to(&mut stream, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

/// Sends the first half of a request and returns once its handler waits for the second: that is
/// when the server says 100.
async fn begin_request(server: &Server) -> TcpStream {
    let key = server.key().await;
    let mut stream = server.connect().await;
    let head = format!(
        "POST /v1/jobs HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: 17\r\nexpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = [0; 25];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test]
async fn a_request_in_progress_is_answered_after_the_stop_began() {
    let server = Server::start(ApiSettings::default()).await;
    let mut stream = begin_request(&server).await;
    server.shutdown.cancel();
    wait_for("new connections to be refused", async || {
        TcpStream::connect(server.address)
            .await
            .is_err()
            .then_some(())
    })
    .await;
    let answer = answer_to(&mut stream, b"{\"kind\": \"audit\"}").await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    server.running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_outlives_the_grace_is_cut() {
    let settings = ApiSettings {
        shutdown_grace: Duration::from_millis(100),
        ..ApiSettings::default()
    };
    let server = Server::start(settings).await;
    let mut stream = begin_request(&server).await;
    server.shutdown.cancel();
    server.running.await.unwrap().unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
}

#[tokio::test]
async fn while_it_drains_new_connections_hear_that_it_is_not_ready() {
    let settings = ApiSettings {
        drain_delay: Duration::from_secs(3600),
        ..ApiSettings::default()
    };
    let server = Server::start(settings).await;
    server.shutdown.cancel();
    let request = b"GET /ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answer = answer_to(&mut server.connect().await, request).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    server.running.abort();
}
