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
/// Between two orders.
const PAUSE: Duration = Duration::from_millis(25);
/// What a busy machine adds, whoever is down.
const NOISE: Duration = Duration::from_millis(300);
/// Orders that another provider may take.
const ROUTED: usize = 5;

/// Places bundles, and prints beside them; answers how long 99 of 100 bundles took at most.
async fn slowest(shop: &Shop, orders: u32) -> Duration {
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
    let seconds: f64 = sqlx::query_scalar(
        "select percentile_cont(0.99) within group (
           order by extract(epoch from delivered_at - created_at)::double precision)
         from fulfillments
         where provider_code = 'at_ishare' and fulfillment_id > $1",
    )
    .bind(before)
    .fetch_one(shop.pool())
    .await
    .expect("a time");
    Duration::from_secs_f64(seconds)
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
    let worker = shop.worker();
    slowest(&shop, 10).await;
    let usual = slowest(&shop, orders).await;

    let prodigi = |fault| shop.simulator.plan(FaultRule::always(fault).at("prodigi"));
    prodigi(fault);
    let in_outage = slowest(&shop, orders).await;
    eprintln!("p99 of {orders} orders: {usual:?}, beside an outage {in_outage:?} ({fault:?})");
    assert!(
        in_outage < usual.mul_f64(1.1) + NOISE,
        "{usual:?} {in_outage:?}"
    );
    let failed = "select sum(failures)::bigint from fulfillments";
    let failed = shop.number(failed).await;
    assert!(
        failed <= 10 + under_way,
        "it was called {failed} times in vain"
    );

    for _ in 0..ROUTED {
        shop.place(parcel()).await;
    }
    wait_for("the boxes to be with the next of their route", async || {
        let boxes = shop.simulator.state().shiprocket.orders;
        (boxes.len() == ROUTED).then_some(())
    })
    .await;

    prodigi(Fault::Latency { milliseconds: 1 });
    wait_for("the breaker to close by itself", async || {
        let shut = "select count(*) from provider_gates where state <> 'closed'";
        (shop.number(shut).await == 0).then_some(())
    })
    .await;
    wait_for("all prints to be made", async || {
        let made = shop.simulator.state().prodigi.orders;
        (made.len() == 2 * orders as usize + 10).then_some(())
    })
    .await;
    worker.stop().await;
    assert_eq!(shop.simulator.state().prodigi.duplicates, 0);
}

#[tokio::test]
async fn d9_a_provider_that_fails_neither_slows_the_others_nor_stays_shut() {
    goes_down(Fault::ServerError, false).await;
}

#[tokio::test]
async fn d9_a_provider_that_hangs_neither_slows_the_others_nor_stays_shut() {
    goes_down(Fault::Silence, true).await;
}
