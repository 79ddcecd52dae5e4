//! Parcels that are asked for: each at its time, never twice at once, never faster than allowed.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::DateTime;
use stevedore_providers::{
    CallRate, Capabilities, Carrier, Journal, ProviderError, TrackingEvent, TrackingNumber,
    TrackingStatus, TrackingUpdate,
};
use stevedore_queue::{Runner, RunnerSettings};
use stevedore_testkit::wait_for;
use stevedore_worker::{Environment, jobs};
use tokio_util::sync::CancellationToken;

use crate::shop::Shop;

const PER_SECOND: u32 = 50;
/// Ticks come every second here; the rest is a busy machine's.
const LATE_MAX: Duration = Duration::from_secs(10);

/// A carrier in this process that remembers what it was asked, and when.
struct Fake {
    rate: CallRate,
    calls: Mutex<Vec<Instant>>,
    asked: Mutex<HashMap<String, u32>>,
    status: TrackingStatus,
    /// Parcels of which one has something to tell.
    parcels_per_news: u32,
}

impl Fake {
    fn new(rate: CallRate, status: TrackingStatus, parcels_per_news: u32) -> Arc<Self> {
        Arc::new(Self {
            rate,
            calls: Mutex::default(),
            asked: Mutex::default(),
            status,
            parcels_per_news,
        })
    }

    fn asked(&self) -> (usize, u32) {
        let asked = self.asked.lock().expect("asked");
        (asked.len(), asked.values().copied().max().unwrap_or(0))
    }

    fn looks(&self) -> u64 {
        let asked = self.asked.lock().expect("asked");
        asked.values().map(|looks| u64::from(*looks)).sum()
    }

    /// The most calls within any one second.
    fn busiest_second(&self) -> usize {
        let calls = self.calls.lock().expect("calls");
        let within = |start: &Instant| {
            let in_it = |call: &&Instant| {
                call.checked_duration_since(*start)
                    .is_some_and(|after| after < Duration::from_secs(1))
            };
            calls.iter().filter(in_it).count()
        };
        calls.iter().map(within).max().unwrap_or(0)
    }
}

#[async_trait]
impl Carrier for Fake {
    fn code(&self) -> &'static str {
        "fake"
    }

    fn account(&self) -> &str {
        "default"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            track_batch: NonZeroUsize::new(100),
            rates: false,
            labels: false,
            finds_labels: false,
            voids: false,
            rate: self.rate,
        }
    }

    async fn track(
        &self,
        numbers: &[TrackingNumber],
        _journal: &mut Journal,
    ) -> Result<Vec<TrackingUpdate>, ProviderError> {
        self.calls.lock().expect("calls").push(Instant::now());
        let mut asked = self.asked.lock().expect("asked");
        Ok(numbers
            .iter()
            .map(|number| {
                *asked.entry(number.as_str().to_owned()).or_default() += 1;
                let nth: u32 = number.as_str()[2..].parse().expect("TN and a number");
                let is_news = nth.is_multiple_of(self.parcels_per_news);
                let event = is_news.then(|| TrackingEvent {
                    status: Some(self.status),
                    code: "X".into(),
                    occurred_at: DateTime::from_timestamp(1_790_000_000, 0).expect("a time"),
                    description: "seen".into(),
                    location: None,
                    carrier_event_id: None,
                });
                TrackingUpdate {
                    carrier: "fake",
                    tracking_number: number.clone(),
                    events: event.into_iter().collect(),
                    estimated_delivery: None,
                }
            })
            .collect())
    }
}

/// So many parcels, each of an order of its own; these are copies of the shop's first, made without
/// triggers, for orders are not what is tested here.
async fn parcels(shop: &Shop, count: i64) {
    let mut tx = shop.pool().begin().await.expect("a transaction");
    sqlx::query("set local session_replication_role = replica")
        .execute(&mut *tx)
        .await
        .expect("a superuser");
    for copy in COPIES {
        let copied = sqlx::query(copy).bind(count).execute(&mut *tx).await;
        copied.expect("copies");
    }
    tx.commit().await.expect("committed");
    shop.execute("analyze").await;
    shop.execute(
        "insert into shipments (tenant_id, order_id, fulfillment_id, carrier_code, tracking_number)
        select tenant_id, order_id, fulfillment_id, 'fake', 'TN' || fulfillment_id - 1000
        from fulfillments where fulfillment_id > 1000",
    )
    .await;
    shop.execute("update tracking_schedule set next_poll_at = clock_now()")
        .await;
}

/// $1 copies of the first order, its line, its fulfilment, and what is in that.
const COPIES: [&str; 4] = [
    "insert into orders
    select copy.*
    from orders as o
    cross join generate_series(1, $1) as n
    cross join lateral jsonb_populate_record(o, jsonb_build_object(
      'order_id', 1000 + n, 'order_number', 'COPY-' || n)) as copy
    where o.order_id = 1",
    "insert into order_items
    select copy.*
    from order_items as i
    cross join generate_series(1, $1) as n
    cross join lateral jsonb_populate_record(i, jsonb_build_object(
      'order_item_id', 1000 + n, 'order_id', 1000 + n)) as copy
    where i.order_item_id = 1",
    "insert into fulfillments
    select copy.*
    from fulfillments as f
    cross join generate_series(1, $1) as n
    cross join lateral jsonb_populate_record(f, jsonb_build_object(
      'fulfillment_id', 1000 + n, 'order_id', 1000 + n, 'reference', gen_random_uuid())) as copy
    where f.fulfillment_id = 1",
    "insert into fulfillment_items
    select copy.*
    from fulfillment_items as fi
    cross join generate_series(1, $1) as n
    cross join lateral jsonb_populate_record(fi, jsonb_build_object(
      'fulfillment_item_id', 1000 + n, 'fulfillment_id', 1000 + n, 'order_id', 1000 + n,
      'order_item_id', 1000 + n, 'reservation_id', null)) as copy
    where fi.fulfillment_item_id = 1",
];

struct Poller {
    shutdown: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Poller {
    fn start(shop: &Shop, carrier: &Arc<Fake>) -> Self {
        let mut settings = shop.settings.clone();
        settings.upkeep.poll_tracking_every = Duration::from_secs(1);
        let mut env = Environment::new(&settings, shop.pool()).expect("settings");
        env.carriers.insert("fake", Arc::clone(carrier) as _);
        let env = Arc::new(env);
        let runner = RunnerSettings {
            name: format!("poller-{:p}", Arc::as_ptr(carrier)),
            queues: vec!["maintenance".into()],
            heartbeat: Duration::from_secs(1),
            poll_max: Duration::from_millis(100),
            ..RunnerSettings::default()
        };
        let builder = Runner::builder(shop.pool().clone(), Arc::clone(&env), runner);
        let runner = jobs::register(builder, &env).build();
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let task = tokio::spawn(async move {
            runner.run(stop).await.expect("the runner");
        });
        Self { shutdown, task }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.expect("no panic");
    }
}

/// Parcels of the big run: 100,000 take a while; a quick run proves the same on fewer.
#[expect(clippy::disallowed_methods, reason = "the scale of a run by hand")]
fn scale() -> i64 {
    let asked = std::env::var("STEVEDORE_TEST_SHIPMENTS").ok();
    asked.map_or(2_000, |number| number.parse().expect("a number"))
}

/// Resident memory of this process, in MiB, worker and test together.
fn memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

/// Waits until the last answers are written down. Parcels that are being asked for have a lease of
/// minutes, and those that were told wait for six hours, ±10 %.
async fn all_are_told(shop: &Shop) {
    wait_for("the last answers to be written down", async || {
        let left = "select count(*) from tracking_schedule
            where next_poll_at < clock_now() + interval '5 hours'";
        (shop.number(left).await == 0).then_some(())
    })
    .await;
}

/// Has all parcels become due one after another, half as fast as the rate allows, and waits until
/// each was asked for; answers how late the latest was.
async fn kept_schedule(shop: &Shop, carrier: &Fake, count: i64) -> Duration {
    sqlx::query(
        "update tracking_schedule
        set next_poll_at = clock_now() + random() * greatest($1 / 2500, 3) * interval '1 second'",
    )
    .bind(count)
    .execute(shop.pool())
    .await
    .expect("a schedule");
    let mut late = Duration::ZERO;
    while carrier.looks() < 2 * count.unsigned_abs() {
        let waiting: f64 = sqlx::query_scalar(
            "select greatest(0, extract(epoch from clock_now() - min(next_poll_at)))
              ::double precision
            from tracking_schedule",
        )
        .fetch_one(shop.pool())
        .await
        .expect("the parcel that waits longest");
        late = late.max(Duration::from_secs_f64(waiting));
        assert!(late < LATE_MAX, "{late:?} late");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    all_are_told(shop).await;
    late
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e2_every_due_parcel_is_asked_for_once_within_the_rate_and_again_at_its_time_only() {
    let shop = Shop::new().await;
    shop.order(crate::shop::GOOD_NUMBER).await;
    let count = scale();
    parcels(&shop, count).await;
    let per = Duration::from_secs(1);
    let rate = CallRate {
        calls: PER_SECOND,
        per,
    };
    let carrier = Fake::new(rate, TrackingStatus::InfoReceived, 20);
    let began = Instant::now();
    let poller = Poller::start(&shop, &carrier);
    let all = usize::try_from(count).expect("a count");
    let patience = Duration::from_secs(60 + count.unsigned_abs() / 200);
    while carrier.asked().0 < all {
        assert!(
            began.elapsed() < patience,
            "{:?} of {count}",
            carrier.asked()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let took = began.elapsed();
    all_are_told(&shop).await;
    assert_eq!(carrier.asked(), (all, 1), "a parcel was asked for twice");
    let late = kept_schedule(&shop, &carrier, count).await;
    poller.stop().await;
    assert_eq!(
        carrier.asked(),
        (all, 2),
        "a parcel was asked for too often"
    );
    assert!(late < LATE_MAX, "a parcel was asked for {late:?} late");
    let busiest = carrier.busiest_second();
    assert!(
        busiest <= PER_SECOND as usize,
        "{busiest} calls in a second"
    );
    let soon = "select count(*) from tracking_schedule
        where next_poll_at < clock_now() + interval '5 hours'";
    assert_eq!(
        shop.number(soon).await,
        0,
        "told parcels wait for six hours, ±10 %"
    );
    let memory = memory_mib();
    eprintln!(
        "{count} parcels, all due: {took:?}; due one after another: {late:?} late at most; \
         {busiest} calls in the busiest second; {memory} MiB"
    );
    assert!(memory < 200, "{memory} MiB");
}

#[tokio::test]
async fn e2_a_parcel_that_has_arrived_is_not_asked_for_any_more() {
    let shop = Shop::new().await;
    shop.order(crate::shop::GOOD_NUMBER).await;
    parcels(&shop, 3).await;
    let per = Duration::from_secs(1);
    let carrier = Fake::new(CallRate { calls: 100, per }, TrackingStatus::Delivered, 1);
    let poller = Poller::start(&shop, &carrier);
    wait_for("all parcels to arrive", async || {
        let left = "select count(*) from tracking_schedule";
        (shop.number(left).await == 0).then_some(())
    })
    .await;
    poller.stop().await;
    let arrived = "select count(*) from shipments where status = 'delivered'";
    assert_eq!(shop.number(arrived).await, 3);
    assert_eq!(carrier.asked(), (3, 1));
}
