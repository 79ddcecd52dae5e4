//! Webhooks and processes that are killed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use secrecy::ExposeSecret;
use stevedore_database::process;
use stevedore_testkit::TestDb;
use tokio::task::JoinSet;

use crate::stevedore;

/// Rounds of sending until the process is killed.
const ROUNDS: usize = 4;
const SENDERS: usize = 16;

fn api(db: &TestDb) -> (Child, String) {
    let mut command = stevedore(&["api", "--bind", "127.0.0.1:0"]);
    command
        .env("DATABASE_URL", db.url().expose_secret())
        .env("DHL_WEBHOOK_TOKENS", "old,t0ken")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    process::die_with_parent(&mut command, libc::SIGKILL);
    let mut child = command.spawn().expect("the API can be started");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    let mut lines = output.lines().map_while(Result::ok);
    let address = lines.find_map(|line| {
        let (_, rest) = line.split_once("127.0.0.1:")?;
        let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some(format!("127.0.0.1:{port}"))
    });
    (child, address.expect("the API says where it listens"))
}

async fn send_until_refused(
    address: String,
    sender: usize,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
) {
    let client = reqwest::Client::new();
    for number in 0.. {
        let body = format!(
            r#"{{"parcel":"{sender}-{number}-{}"}}"#,
            uuid::Uuid::new_v4()
        );
        let sent = client
            .post(format!("http://{address}/v1/webhooks/dhl?token=t0ken"))
            .body(body.clone())
            .send();
        match sent.await {
            Ok(answer) if answer.status() == 200 => {
                acknowledged.lock().expect("the list").insert(body);
            }
            _ => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f2_killing_the_api_never_loses_an_event_that_it_acknowledged() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let db = TestDb::new().await;
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    for round in 1..=ROUNDS {
        let (mut child, address) = api(&db);
        let before = acknowledged.lock().expect("the list").len();
        let mut senders = JoinSet::new();
        for sender in 0..SENDERS {
            let list = Arc::clone(&acknowledged);
            senders.spawn(send_until_refused(address.clone(), sender, list));
        }
        stevedore_testkit::wait_for("some to be acknowledged", async || {
            let now = acknowledged.lock().expect("the list").len();
            (now >= before + 50 * round).then_some(())
        })
        .await;
        process::signal(child.id(), libc::SIGKILL);
        senders.join_all().await;
        child.wait().expect("it has ended");
    }
    let stored: Vec<String> = sqlx::query_scalar(
        "select convert_from(e.body, 'UTF8')
        from webhook_events as e
        where (
          select count(*) from queue.jobs as j
          where j.kind = 'ingest_webhook'
            and (j.args->>'webhook_event_id')::bigint = e.webhook_event_id) = 1",
    )
    .fetch_all(&db.pool)
    .await
    .expect("they are read");
    let stored: BTreeSet<String> = stored.into_iter().collect();
    let acknowledged = acknowledged.lock().expect("the list");
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(acknowledged.len() >= 50 * ROUNDS);
}
