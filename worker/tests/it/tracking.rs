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

/// A carrier in this process that remembers what it was asked, and when.
struct Fake {
    rate: CallRate,
    calls: Mutex<Vec<Instant>>,
    asked: Mutex<HashMap<String, u32>>,
    status: TrackingStatus,
}

impl Fake {
    fn new(rate: CallRate, status: TrackingStatus) -> Arc<Self> {
        Arc::new(Self {
            rate,
            calls: Mutex::default(),
            asked: Mutex::default(),
            status,
        })
    }

    fn asked(&self) -> (usize, u32) {
        let asked = self.asked.lock().expect("asked");
        (asked.len(), asked.values().copied().max().unwrap_or(0))
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
                let event = TrackingEvent {
                    status: Some(self.status),
                    code: "X".into(),
                    occurred_at: DateTime::from_timestamp(1_790_000_000, 0).expect("a time"),
                    description: "seen".into(),
                    location: None,
                    carrier_event_id: None,
                };
                TrackingUpdate {
                    carrier: "fake",
                    tracking_number: number.clone(),
                    events: vec![event],
                    estimated_delivery: None,
                }
            })
            .collect())
    }
}

/// Parcels of one order each would make a test of orders; these share one.
async fn parcels(shop: &Shop, count: i64) {
    sqlx::query(
        "with f as (select tenant_id, order_id, fulfillment_id from fulfillments limit 1)
        insert into shipments (tenant_id, order_id, fulfillment_id, carrier_code, tracking_number)
        select f.tenant_id, f.order_id, f.fulfillment_id, 'fake', 'TN' || n
        from f, generate_series(1, $1) as n",
    )
    .bind(count)
    .execute(shop.pool())
    .await
    .expect("parcels");
    shop.execute("update tracking_schedule set next_poll_at = clock_now()")
        .await;
}

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
    let carrier = Fake::new(rate, TrackingStatus::InfoReceived);
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
    wait_for("the last answers to be written down", async || {
        let late = "select count(*) from tracking_schedule where next_poll_at < clock_now()";
        (shop.number(late).await == 0).then_some(())
    })
    .await;
    poller.stop().await;
    assert_eq!(carrier.asked(), (all, 1), "a parcel was asked for twice");
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
    eprintln!("{count} parcels in {took:?}, {busiest} calls in the busiest second, {memory} MiB");
    assert!(memory < 200, "{memory} MiB");
}

#[tokio::test]
async fn e2_a_parcel_that_has_arrived_is_not_asked_for_any_more() {
    let shop = Shop::new().await;
    shop.order(crate::shop::GOOD_NUMBER).await;
    parcels(&shop, 3).await;
    let per = Duration::from_secs(1);
    let carrier = Fake::new(CallRate { calls: 100, per }, TrackingStatus::Delivered);
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
