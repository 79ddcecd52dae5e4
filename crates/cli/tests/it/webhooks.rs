//! Webhooks and processes that are killed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use ring::hmac;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use stevedore_database::process;
use stevedore_model::orders::{self, NewOrder};
use stevedore_model::{TenantId, books};
use stevedore_testkit::TestDb;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::processes::{api, kill, worker};
use crate::stevedore;

/// Rounds of sending until the process is killed.
const ROUNDS: usize = 4;
const SENDERS: usize = 16;
/// Times that one event is sent at the same moment.
const TIMES: usize = 50;
/// What an API needs for the webhooks of these tests, and a worker.
const API: [(&str, &str); 3] = [
    ("DHL_WEBHOOK_TOKENS", "old,t0ken"),
    ("DPD_WEBHOOK_TOKENS", "t0ken"),
    ("STRIPE_WEBHOOK_SECRETS", STRIPE_SECRET),
];
const WORKER: [(&str, &str); 2] = [("WORKER_QUEUES", "webhooks"), ("DPD_BUCODE", "010")];
const STRIPE_SECRET: &str = "whsec_test";

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
        let (mut child, address) = api(&db, &API);
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

/// A shop with an order that waits for its money, and with a parcel of another at DPD; answers the
/// first order's id.
async fn shop(db: &TestDb) -> i64 {
    let text = include_str!("../../../../enqueue-api/tests/shop.sql");
    sqlx::raw_sql(text).execute(&db.pool).await.expect("a shop");
    let place = async |payment_method: &str| {
        let order = json!({
            "customer": {"name": "Ama Mensah", "email": "ama@example.com", "phone": "0241234567"},
            "currency": "GHS",
            "payment_method": payment_method,
            "lines": [{"sku": "MTN-1GB", "quantity": 1, "recipient_phone": "0241234567"}],
        });
        let order = NewOrder::parse(&order).expect("an order");
        let placed = orders::place(&db.pool, TenantId::SHOP, &order, None, [0; 32], None).await;
        placed.expect("placed").order_id
    };
    let (unpaid, confirmed) = (place("stripe").await, place("cod").await);
    sqlx::query(
        "insert into shipments (order_id, fulfillment_id, carrier_code, tracking_number)
        select order_id, fulfillment_id, 'dpd', '01005012345678'
        from fulfillments
        where order_id = $1",
    )
    .bind(confirmed)
    .execute(&db.pool)
    .await
    .expect("a parcel");
    unpaid
}

/// That the order was paid, as Stripe tells it.
fn paid(address: &str, order_id: i64) -> reqwest::RequestBuilder {
    let body = json!({
        "id": "evt_1", "object": "event", "type": "payment_intent.succeeded",
        "created": 1_800_000_000, "livemode": true,
        "data": {"object": {
            "id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount": 1200,
            "amount_received": 1200, "amount_capturable": 0, "currency": "ghs",
            "metadata": {"order_id": order_id.to_string()}, "last_payment_error": null,
        }},
    });
    let body = body.to_string();
    #[expect(
        clippy::disallowed_methods,
        reason = "what the sender's own clock says"
    )]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let time = now.expect("after 1970").as_secs();
    let key = hmac::Key::new(hmac::HMAC_SHA256, STRIPE_SECRET.as_bytes());
    let tag = hmac::sign(&key, format!("{time}.{body}").as_bytes());
    let signature = format!("t={time},v1={}", hex::encode(tag));
    let request = reqwest::Client::new().post(format!("http://{address}/v1/webhooks/stripe"));
    request.header("stripe-signature", signature).body(body)
}

/// That the parcel arrived, as DPD tells it.
fn delivered(address: &str) -> reqwest::RequestBuilder {
    reqwest::Client::new().get(format!(
        "http://{address}/v1/webhooks/dpd?token=t0ken&pushid=1&pnr=01005012345678\
         &status=delivery_customer&statusdate=20112026080000&depot=0176"
    ))
}

/// Sends both events so many times at the same moment, to both processes.
async fn send_at_once(addresses: &[String; 2], order_id: i64) {
    let ready = Arc::new(Barrier::new(2 * TIMES));
    let mut senders = JoinSet::new();
    for number in 0..2 * TIMES {
        let address = &addresses[number / 2 % 2];
        let request = match number % 2 {
            0 => paid(address, order_id),
            _ => delivered(address),
        };
        let ready = Arc::clone(&ready);
        senders.spawn(async move {
            ready.wait().await;
            request.send().await.expect("it is answered").status()
        });
    }
    for status in senders.join_all().await {
        assert_eq!(status, 200);
    }
}

/// Waits until both events have had their effect.
async fn processed(db: &TestDb) {
    stevedore_testkit::wait_for("both events to be processed", async || {
        let left = "select count(*) from webhook_events where status <> 'processed'
            union all select count(*) from queue.jobs where kind = 'ingest_webhook'";
        let left: Vec<i64> = sqlx::query_scalar(left)
            .fetch_all(&db.pool)
            .await
            .expect("they are counted");
        (left == [0, 0]).then_some(())
    })
    .await;
}

/// All that the two events did, each counted.
async fn effects(db: &TestDb) -> Value {
    let sql = "select jsonb_build_object(
        'events', (select count(*) from webhook_events),
        'facts', (select count(*) from payment_events),
        'captured', (select sum(captured_amount) from payments),
        'confirmed', (
          select count(*) from order_state_history as h
          where h.axis = 'order' and h.to_status = 'confirmed'
            and h.order_id in (select order_id from payments)),
        'paid', (
          select count(*) from order_state_history as h
          where h.axis = 'payment' and h.to_status = 'paid'
            and h.order_id in (select order_id from payments)),
        'fulfilments', (
          select count(*) from fulfillments where order_id in (select order_id from payments)),
        'receipts', (
          select count(*) from notification_queue
          where notification_type = 'payment_receipt' and channel = 'email'),
        'movements', (select count(*) from stock_movements),
        'allocated', (select sum(allocated) from inventory_levels),
        'tracked', (select count(*) from tracking_events where source = 'webhook'),
        'arrived', (select count(*) from shipments where status = 'delivered'),
        'told', (
          select count(*) from notification_queue
          where notification_type = 'order_delivered' and channel = 'email'),
        'published', (
          select jsonb_object_agg(kind, times)
          from (
            select kind, count(*) as times
            from shop_events
            where kind in ('payment.paid', 'shipment.delivered')
            group by kind
          ) as e))";
    let counted = sqlx::query_scalar(sql).fetch_one(&db.pool).await;
    counted.expect("they are counted")
}

#[tokio::test(flavor = "multi_thread")]
async fn f2_a_webhook_sent_fifty_times_at_once_is_applied_once() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let db = TestDb::new().await;
    let order_id = shop(&db).await;
    let ((one, first), (other, second)) = (api(&db, &API), api(&db, &API));
    let workers = [(); 2].map(|()| worker(&db, &WORKER));
    let addresses = [first, second];

    send_at_once(&addresses, order_id).await;
    processed(&db).await;
    let once = effects(&db).await;
    for (effect, times) in [
        ("events", 2),
        ("facts", 1),
        ("captured", 1200),
        ("confirmed", 1),
        ("paid", 1),
        ("fulfilments", 1),
        ("receipts", 1),
        ("tracked", 1),
        ("arrived", 1),
    ] {
        assert_eq!(once[effect], times, "{effect} of {once}");
    }
    assert_eq!(
        once["published"],
        json!({"payment.paid": 1, "shipment.delivered": 1})
    );

    // Once more when it has had its effect, and once more by hand.
    send_at_once(&addresses, order_id).await;
    assert_eq!(effects(&db).await, once);
    let sql = "select webhook_event_id::text from webhook_events order by webhook_event_id";
    let events: Vec<String> = sqlx::query_scalar(sql)
        .fetch_all(&db.pool)
        .await
        .expect("the events are read");
    let mut replay = stevedore(&["webhooks", "replay"]);
    replay
        .args(events)
        .env("DATABASE_URL", db.url().expose_secret());
    assert!(replay.status().expect("it runs").success());
    processed(&db).await;
    assert_eq!(effects(&db).await, once);
    let wrong = books::discrepancies(&db.pool).await.expect("the books");
    assert!(wrong.is_empty(), "{wrong:?}");
    for child in workers.into_iter().chain([one, other]) {
        kill(child);
    }
}
