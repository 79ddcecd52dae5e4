//! What the fleet's sampler reads and counts.

use std::collections::BTreeMap;

use stevedore_model::gauges::{self, Increment};
use stevedore_model::orders;
use stevedore_testkit::wait_for;

use crate::shop::{SHOP, Shop, order};

/// Adds what was counted to what was counted before: metric and state, and how much.
async fn count(shop: &Shop, total: &mut BTreeMap<(String, String), f64>) -> Vec<Increment> {
    let counted = gauges::count_events(shop.pool()).await.unwrap();
    for one in &counted {
        let label = one.labels.values().next().cloned().unwrap_or_default();
        *total.entry((one.metric.clone(), label)).or_default() += one.amount;
    }
    counted
}

fn of(total: &BTreeMap<(String, String), f64>, metric: &str, label: &str) -> f64 {
    let key = (format!("stevedore_{metric}"), label.to_owned());
    total.get(&key).copied().unwrap_or_default()
}

#[tokio::test]
async fn j1_what_happens_is_counted_once_whoever_asks() {
    let shop = Shop::stocked(10).await;
    let mut total = BTreeMap::new();
    // The first call says where to begin.
    assert_eq!(count(&shop, &mut total).await, []);

    let cancelled = shop.placed(&order("stripe", &[("MUG-1", 1)])).await;
    let value = shop.number("select total_amount from orders order by order_id desc limit 1");
    let value = value.await as f64;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    orders::cancel(shop.pool(), SHOP, cancelled, "ama", "no longer wanted")
        .await
        .unwrap();

    // Other tests' open transactions hold events back, for a moment.
    let mut durations = Vec::new();
    wait_for("the cancelled order to be counted", async || {
        let counted = count(&shop, &mut total).await;
        durations.extend(counted.into_iter().filter(|one| one.seconds.is_some()));
        (of(&total, "orders_total", "cancelled") > 0.0).then_some(())
    })
    .await;
    count(&shop, &mut total).await;
    assert!(
        (of(&total, "orders_total", "placed") - 2.0).abs() < 0.1,
        "{total:?}"
    );
    assert!((of(&total, "orders_total", "cancelled") - 1.0).abs() < 0.1);
    assert!((of(&total, "orders_total", "confirmed") - 1.0).abs() < 0.1);
    assert!(
        (of(&total, "order_value_total", "GHS") - value).abs() < 0.1,
        "{total:?}"
    );
    let stage = durations
        .iter()
        .find(|one| one.metric == "stevedore_order_stage_duration_seconds")
        .unwrap();
    assert!(stage.seconds.unwrap() < 60.0, "{stage:?}");
}

#[tokio::test]
async fn j1_a_position_of_another_cluster_is_given_up() {
    let shop = Shop::open().await;
    gauges::count_events(shop.pool()).await.unwrap();
    shop.run("update fleet_monitor set event_position = '99999999999999-0'")
        .await;
    assert_eq!(gauges::count_events(shop.pool()).await.unwrap(), []);
    let fresh = "select count(*) from fleet_monitor where event_position <> '99999999999999-0'";
    assert_eq!(shop.number(fresh).await, 1);
}

async fn discrepancies(shop: &Shop) -> f64 {
    let read = gauges::read(shop.pool()).await.unwrap();
    let found = read
        .iter()
        .find(|gauge| gauge.metric == "stevedore_stock_discrepancies");
    found.unwrap().value
}

#[tokio::test]
async fn j1_stock_that_does_not_add_up_is_found_and_forgotten_when_it_does_again() {
    let shop = Shop::stocked(10).await;
    gauges::count_events(shop.pool()).await.unwrap();
    let levels = shop.number("select count(*) from inventory_levels").await;
    let all = "select check_stock_sample(100, '0')";
    assert_eq!(shop.number(all).await, levels);
    assert!(discrepancies(&shop).await < 0.5);

    shop.run(
        "alter table inventory_levels disable trigger user;
         update inventory_levels set on_hand = on_hand + 1
         where inventory_item_id = (select min(inventory_item_id) from inventory_levels)",
    )
    .await;
    // Not yet: the pause between two rounds.
    assert_eq!(gauges::check_stock(shop.pool()).await.unwrap(), 0);
    // A round in small steps.
    let step = levels - 1;
    for looked in [step, 1] {
        let some = format!("select check_stock_sample({step}, '0')");
        assert_eq!(shop.number(&some).await, looked);
        assert!(discrepancies(&shop).await > 0.5);
    }
    shop.run(
        "update inventory_levels set on_hand = on_hand - 1
         where inventory_item_id = (select min(inventory_item_id) from inventory_levels)",
    )
    .await;
    shop.number(all).await;
    assert!(discrepancies(&shop).await < 0.5);
}

#[tokio::test]
async fn j1_every_gauge_is_there_while_nothing_is() {
    let shop = Shop::open().await;
    gauges::count_events(shop.pool()).await.unwrap();
    let read = gauges::read(shop.pool()).await.unwrap();
    for metric in [
        "stevedore_api_keys_expiring",
        "stevedore_pg_held_transaction_age_seconds",
        "stevedore_pg_replication_lag_seconds",
        "stevedore_pg_deadlocks_total",
        "stevedore_stock_discrepancies",
        "stevedore_tickets_open",
        "stevedore_webhook_endpoints",
    ] {
        assert!(read.iter().any(|gauge| gauge.metric == metric), "{metric}");
    }
    let is_table = |name: &str| {
        read.iter()
            .filter(|gauge| gauge.metric == "stevedore_pg_table_bytes")
            .any(|gauge| gauge.labels["table"] == name && gauge.value > 0.0)
    };
    assert!(is_table("orders") && is_table("queue.attempts_log"));
}
