//! What goes wrong in a job reaches those who gather errors.

use std::net::SocketAddr;

use stevedore_telemetry::{LogFormat, init_tracing, report_errors};
use stevedore_testkit::TestDb;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::support::{Does, Worker, calm, job, until};

/// Takes envelopes as Sentry does, and hands them on as they came.
async fn sentry() -> (SocketAddr, UnboundedReceiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sink, envelopes) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(take(stream, sink.clone()));
        }
    });
    (address, envelopes)
}

/// One request of a connection; its client opens another one for the next.
async fn take(mut stream: TcpStream, sink: UnboundedSender<String>) -> std::io::Result<()> {
    let mut request = String::new();
    loop {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await?;
        request.push_str(&String::from_utf8_lossy(&piece[..read]));
        if read == 0 || is_whole(&request) {
            break;
        }
    }
    let _gone = sink.send(request);
    let answer = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(answer.as_bytes()).await
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let head = head.to_lowercase();
    let length = head.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
    length.is_some_and(|length: usize| body.len() >= length)
}

#[tokio::test(flavor = "multi_thread")]
async fn g7_a_job_that_panics_reaches_sentry() {
    let (address, mut envelopes) = sentry().await;
    let dsn = format!("http://public@{address}/42");
    let reports = report_errors(&dsn, Some("test"), Vec::new()).unwrap();
    init_tracing(LogFormat::Json, "error").unwrap();

    let db = TestDb::new().await;
    let panicking = job(Does::Panic).max_attempts(1);
    let panicking = stevedore_queue::enqueue(&db.pool, &panicking)
        .await
        .unwrap();
    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, panicking.job_id, "dead").await;
    let mut report = String::new();
    // The job's end is an error of its own, and a report.
    while !report.contains("panicked: ") {
        report = envelopes.recv().await.unwrap();
    }
    worker.stop().await;
    tokio::task::spawn_blocking(move || drop(reports))
        .await
        .unwrap();

    assert!(report.starts_with("POST /api/42/envelope/ "), "{report}");
    for part in [
        r#""type":"event""#,
        "panicked: a handler panicked",
        "tests/it/support.rs",
        r#""environment":"test""#,
    ] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
}
