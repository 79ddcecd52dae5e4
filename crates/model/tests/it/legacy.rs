//! The names that people and dashboards of earlier systems know.

use sqlx::Row;

use stevedore_model::fulfillments;

use crate::shop::{SHOP, Shop, order};

const PERFORMANCE: &str = "vw_order_performance where order_id =";

#[tokio::test]
async fn i1_the_old_names_answer_with_the_old_columns() {
    let shop = Shop::stocked(3).await;
    let delivered = shop.placed(&order("cod", &[("MUG-1", 3)])).await;
    shop.placed(&order("stripe", &[("MUG-2", 1)])).await;
    for fulfillment_id in shop.fulfillments(delivered).await {
        fulfillments::begin(shop.pool(), SHOP, fulfillment_id)
            .await
            .unwrap();
        fulfillments::deliver(shop.pool(), SHOP, fulfillment_id, None)
            .await
            .unwrap();
    }
    let queued = sqlx::query(
        "select queue_type, status, attempts, max_attempts, order_id, dedupe_key, last_error,
           run_at, lease_until, locked_by, priority
         from order_processing_queue
         where queue_type = 'fulfillment'",
    )
    .fetch_one(shop.pool())
    .await
    .unwrap();
    assert_eq!(queued.get::<i64, _>("order_id"), delivered);
    assert_eq!(queued.get::<String, _>("status"), "pending");
    assert_eq!(queued.get::<i32, _>("attempts"), 0);

    assert_eq!(
        shop.number("select count(*) from retry_operations").await,
        0
    );
    shop.run(
        "update queue.jobs set attempt = 2, last_error = 'timeout' where kind = 'fulfil_order'",
    )
    .await;
    let retried = "select concat_ws(' ', type, status, attempts) from retry_operations";
    assert_eq!(shop.text(retried).await, "fulfillment pending 2");

    let status = format!("select fulfillment_status from {PERFORMANCE} {delivered}");
    assert_eq!(shop.text(&status).await, "success");
    let took = format!("select total_processing_duration_ms from {PERFORMANCE} {delivered}");
    assert!(shop.number(&took).await >= 0);
    let pending = shop.text("select order_status from vw_pending_orders");
    assert_eq!(pending.await, "pending");
    for (sku, status) in [
        ("MUG-1", "OUT_OF_STOCK"),
        ("MUG-2", "LOW_STOCK"),
        ("HAND", "IN_STOCK"),
    ] {
        let asked = format!(
            "select stock_status from vw_inventory_status
             where sku = '{sku}' and location_code = 'ACC'"
        );
        assert_eq!(shop.text(&asked).await, status, "{sku}");
    }
}
