//! One provider is down: what that costs the orders of the others, and those that may go elsewhere.

use std::num::NonZeroU16;
use std::time::Duration;

use stevedore_simulator::{Fault, FaultRule};
use stevedore_testkit::wait_for;

use crate::mortal::scale;
use crate::shop::{GOOD_NUMBER, Shop};
use crate::vendors::{know_providers, parcel, print, print_and_box};

/// Orders of each provider; by hand more: `STEVEDORE_TEST_OUTAGE=1000`.
const ORDERS: u32 = 40;
/// With and without an outage in turn, so that whatever else the machine does meets both.
const ROUNDS: u32 = 10;
/// Between two orders.
const PAUSE: Duration = Duration::from_millis(25);
/// What a busy machine adds, whoever is down.
const NOISE: Duration = Duration::from_millis(300);
/// Orders that another provider may take.
const ROUTED: usize = 5;

/// Places bundles, and prints beside them; answers how long each bundle took, in seconds.
async fn round(shop: &Shop, orders: u32) -> Vec<f64> {
    let before = "select coalesce(max(fulfillment_id), 0) from fulfillments";
    let before = shop.number(before).await;
    for _ in 0..orders {
        shop.place(print()).await;
        shop.order(GOOD_NUMBER).await;
        tokio::time::sleep(PAUSE).await;
    }
    wait_for("all bundles to be delivered", async || {
        let left = "select count(*) from fulfillments
            where provider_code = 'at_ishare' and status <> 'delivered'";
        (shop.number(left).await == 0).then_some(())
    })
    .await;
    sqlx::query_scalar(
        "select extract(epoch from delivered_at - created_at)::double precision
         from fulfillments
         where provider_code = 'at_ishare' and fulfillment_id > $1",
    )
    .bind(before)
    .fetch_all(shop.pool())
    .await
    .expect("times")
}

/// What so many of a hundred took at most.
fn percentile(seconds: &mut [f64], percent: usize) -> Duration {
    seconds.sort_by(f64::total_cmp);
    let nth = (seconds.len() * percent).div_ceil(100).max(1);
    Duration::from_secs_f64(seconds[nth - 1])
}

/// Says how long bundles took without and beside an outage, and holds it to what a busy machine may
/// add.
fn compare(fault: Fault, usual: &mut [f64], beside: &mut [f64]) {
    let orders = usual.len();
    for percent in [50, 90, 99] {
        let (usual, beside) = (percentile(usual, percent), percentile(beside, percent));
        let ratio = beside.as_secs_f64() / usual.as_secs_f64();
        eprintln!(
            "{fault:?}, {orders} orders each: p{percent} {usual:?}, beside {beside:?}: {ratio:.3}"
        );
    }
    // Of a few orders the 99th of a hundred is the slowest: any pause of the machine.
    let percent = if orders < 100 { 90 } else { 99 };
    let (usual, beside) = (percentile(usual, percent), percentile(beside, percent));
    assert!(beside < usual.mul_f64(1.1) + NOISE, "{usual:?} {beside:?}");
}

/// A shop whose prints Prodigi makes, and whose boxes for India it would be asked for first.
async fn shop() -> Shop {
    let mut shop = Shop::new().await;
    know_providers(&mut shop);
    print_and_box(&shop).await;
    shop.execute("select sp_receive_stock('DATA-MTN-1', 'ACC', 10000, 'delivery')")
        .await;
    shop.execute(
        "insert into provider_gates (provider, first_wait, longest_wait)
        values ('prodigi', '3 s', '3 s')",
    )
    .await;
    shop.execute(
        "insert into routing_rules (product_kind, countries, provider_code)
        values ('physical', '{IN}', 'prodigi')",
    )
    .await;
    shop.settings.fulfilment.fulfilment_attempts = NonZeroU16::new(25).expect("not zero");
    shop.settings.fulfilment.fulfilment_fail_over_after = Duration::from_secs(1);
    shop
}

/// When a provider `hangs`, calls may have begun before its breaker opened that fail after: no more
/// than the worker runs jobs.
async fn goes_down(fault: Fault, hangs: bool) {
    let orders = scale("STEVEDORE_TEST_OUTAGE", ORDERS);
    let shop = shop().await;
    let jobs = i64::try_from(shop.settings.worker_concurrency.get()).expect("a count");
    let under_way = if hangs { jobs } else { 0 };
    let rounds = if orders > ORDERS { ROUNDS } else { 1 };
    let worker = shop.worker();
    round(&shop, 10).await;
    let prodigi = |fault| shop.simulator.plan(FaultRule::always(fault).at("prodigi"));
    let (mut usual, mut beside) = (Vec::new(), Vec::new());
    for nth in 1..=rounds {
        usual.extend(round(&shop, orders / rounds).await);
        recover(&shop).await;
        let failed = "select coalesce(sum(failures), 0)::bigint from fulfillments";
        let before = shop.number(failed).await;
        prodigi(fault);
        beside.extend(round(&shop, orders / rounds).await);
        let failed = shop.number(failed).await - before;
        assert!(
            failed <= 10 + under_way,
            "it was called {failed} times in vain"
        );
        if nth == rounds {
            fail_over(&shop).await;
        }
        prodigi(Fault::Latency { milliseconds: 1 });
        recover(&shop).await;
    }
    worker.stop().await;
    let prodigi = shop.simulator.state().prodigi;
    assert_eq!(prodigi.duplicates, 0);
    assert_eq!(prodigi.orders.len(), 2 * usual.len() + 10);
    compare(fault, &mut usual, &mut beside);
}

/// Boxes that the broken provider would be asked for first.
async fn fail_over(shop: &Shop) {
    for _ in 0..ROUTED {
        shop.place(parcel()).await;
    }
    wait_for("the boxes to be with the next of their route", async || {
        let boxes = shop.simulator.state().shiprocket.orders;
        (boxes.len() == ROUTED).then_some(())
    })
    .await;
}

/// Everything that waited for the provider is made and sent, once it works again: nothing of one
/// round is left to the next.
async fn recover(shop: &Shop) {
    wait_for("the breaker to close by itself", async || {
        let shut = "select count(*) from provider_gates where state <> 'closed'";
        (shop.number(shut).await == 0).then_some(())
    })
    .await;
    wait_for("all prints to be made", async || {
        let left = "select count(*) from fulfillments
            where provider_code = 'prodigi' and handed_over_at is null and status <> 'cancelled'";
        (shop.number(left).await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn d9_a_provider_that_fails_neither_slows_the_others_nor_stays_shut() {
    goes_down(Fault::ServerError, false).await;
}

#[tokio::test]
async fn d9_a_provider_that_hangs_neither_slows_the_others_nor_stays_shut() {
    goes_down(Fault::Silence, true).await;
}
