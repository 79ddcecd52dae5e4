//! How fast webhooks are taken: proven, stored with their jobs, answered.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::bail;
use clap::Args;
use ring::hmac;
use serde::Serialize;
use serde_json::json;
use stevedore_enqueue_api::ApiSettings;

use crate::http::{Api, Client};
use crate::screen::Screen;
use crate::stage::Stage;
use crate::stats::percentile;

const SECRET: &str = "whsec_bench";

/// Settings of `stevedore bench webhooks`.
#[derive(Args, Debug)]
#[command(after_help = "\
On a private PostgreSQL with the durability of a real one, over HTTP. Clients, API and database \
share this machine's cores. Every event is signed as Stripe signs, is new, and is committed with \
its job before it is answered; no worker runs.

Examples:
  stevedore bench webhooks
  stevedore bench webhooks --events 5000 --clients 16
  stevedore bench webhooks --json | tail -1 | jq .events_per_s")]
pub struct WebhooksSettings {
    /// Events to send
    #[arg(long, value_name = "N", default_value_t = 50_000,
        value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    events: u64,

    /// Clients that send them, each over a connection of its own
    #[arg(long, value_name = "C", default_value_t = 64,
        value_parser = clap::value_parser!(u64).range(1..=1000))]
    clients: u64,

    /// Print the result as one JSON object, the last line on stdout
    #[arg(long)]
    json: bool,
}

/// What was seen.
#[derive(Debug, Serialize)]
struct Seen {
    events: u64,
    clients: u64,
    events_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// Measures and prints.
///
/// # Errors
/// If the API answers anything but that an event is stored, or one of them is not.
pub async fn run(settings: WebhooksSettings) -> anyhow::Result<()> {
    let screen = Screen::new();
    screen.plan(2);
    let stage = Stage::set(None, &screen).await?;
    let mut api = ApiSettings::default();
    api.webhooks.stripe_webhook_secrets = vec![SECRET.into()];
    let api = Api::start_with(&stage, "orders:read", api).await?;

    screen.step("warm-up");
    let early = settings.events / 20;
    send(&api, settings.clients, 0..early).await?;
    screen.step(&format!("{} events", settings.events));
    let all = early..early + settings.events;
    let (seconds, latencies_ms) = send(&api, settings.clients, all.clone()).await?;
    let stored: i64 = sqlx::query_scalar(
        "select count(*) from webhook_events as e
        where exists (
          select from queue.jobs as j
          where j.kind = 'ingest_webhook'
            and (j.args->>'webhook_event_id')::bigint = e.webhook_event_id)",
    )
    .fetch_one(&stage.pool)
    .await?;
    if stored.unsigned_abs() != all.end {
        bail!("{stored} of {} events are stored with a job", all.end);
    }
    api.stop().await?;
    screen.finish();

    let seen = Seen {
        events: settings.events,
        clients: settings.clients,
        events_per_s: settings.events as f64 / seconds,
        p50_ms: percentile(&latencies_ms, 0.5),
        p99_ms: percentile(&latencies_ms, 0.99),
    };
    print(&seen, settings.json)?;
    stage.strike().await
}

/// The clients send these events together, each one after the other; how long it took in all, and
/// each of them, sorted.
async fn send(
    api: &Api,
    clients: u64,
    events: std::ops::Range<u64>,
) -> anyhow::Result<(f64, Vec<f64>)> {
    let sending = api.share_out(clients, events, async |client, number, _| {
        send_one(client, number).await
    });
    let (mut latencies_ms, seconds) = sending.await?;
    latencies_ms.sort_by(f64::total_cmp);
    Ok((seconds, latencies_ms))
}

async fn send_one(client: &mut Client, number: u64) -> anyhow::Result<f64> {
    let body = json!({
        "id": format!("evt_{number}"),
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": { "object": {
            "id": format!("pi_{number}"),
            "object": "payment_intent",
            "amount": 1200,
            "currency": "ghs",
            "metadata": { "order_id": number.to_string() },
        } },
    });
    let body = body.to_string();
    let header = format!("stripe-signature: {}\r\n", signature(&body));
    let began = Instant::now();
    if client
        .post_with("/v1/webhooks/stripe", &header, &body)
        .await?
        != 200
    {
        bail!("the API answered {}", client.said());
    }
    Ok(began.elapsed().as_secs_f64() * 1000.0)
}

fn signature(body: &str) -> String {
    let now = unix_time().as_secs();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag = hmac::sign(&key, format!("{now}.{body}").as_bytes());
    format!("t={now},v1={}", hex::encode(tag))
}

#[expect(
    clippy::disallowed_methods,
    reason = "what the sender's own clock says"
)]
fn unix_time() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "the result is the command's output")]
fn print(seen: &Seen, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(seen)?);
        return Ok(());
    }
    let Seen {
        events,
        clients,
        events_per_s,
        p50_ms,
        p99_ms,
    } = seen;
    println!("{events} webhooks, {clients} clients");
    println!("  events_per_s  {events_per_s:>9.0}   p50_ms {p50_ms:.1}   p99_ms {p99_ms:.1}");
    Ok(())
}
