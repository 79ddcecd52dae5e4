//! What is kept of an order beside its states: errors, durations, what people did.

use crate::shop::{Shop, order};

#[tokio::test]
async fn a9_errors_are_recorded_counted_and_settled_once() {
    let shop = Shop::stocked(5).await;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    for (category, severity) in [
        ("delivery", "critical"),
        ("payment", "high"),
        ("stock", "medium"),
        ("database", "low"),
        ("api", "low"),
        ("unknown", "low"),
    ] {
        shop.run(&format!(
            "select sp_record_error(1, '{category}', '{severity}', 'test', 'it_broke', 'It broke',
               '{{\"part\": 7}}', 'at main.rs:1', 'T-1')"
        ))
        .await;
    }
    let count = "select error_count from orders";
    assert_eq!(shop.number(count).await, 6);
    for _ in 0..2 {
        shop.run("select sp_resolve_error(1, 'boss', 'mended', 'T-2')")
            .await;
    }
    assert_eq!(shop.number(count).await, 5);
    let settled = "select concat_ws(' ', resolved_by, resolution, ticket_ref, stack)
                   from order_errors where is_resolved";
    assert_eq!(shop.text(settled).await, "boss mended T-2 at main.rs:1");
    assert_eq!(
        shop.number("select count(*) from order_logs where action = 'resolve_error'")
            .await,
        1
    );
    for (text, expected) in [
        ("update order_errors set message = 'x'", "42501"),
        ("select sp_resolve_error(99, 'x')", "P0NOF"),
        (
            "select sp_record_error(99, 'api', 'low', 'x', 'x', 'x')",
            "P0NOF",
        ),
        (
            "select sp_record_error(1, 'x', 'low', 'x', 'x', 'x')",
            "23514",
        ),
        (
            "select sp_record_error(1, 'api', 'x', 'x', 'x', 'x')",
            "23514",
        ),
    ] {
        assert_eq!(shop.sql(text).await, Err(expected.into()), "{text}");
    }
}

/// Runs SQL as if it were this many minutes into 2030.
async fn at(shop: &Shop, minute: i64, text: &str) {
    shop.run(&format!(
        "set stevedore.now = '2030-01-01T00:{minute:02}:00Z'; {text}; reset stevedore.now"
    ))
    .await;
}

#[tokio::test]
async fn a10_metrics_say_how_long_each_stage_took() {
    let shop = Shop::stocked(5).await;
    at(
        &shop,
        0,
        "select create_order('{\"customer\": {\"name\": \"x\"}, \"currency\": \"GHS\",
           \"payment_method\": \"stripe\", \"lines\": [{\"sku\": \"MUG-1\", \"quantity\": 1}],
           \"shipping_address\": {\"city\": \"Accra\"}}')",
    )
    .await;
    let rows = "select count(*) from order_metrics";
    assert_eq!(shop.number(rows).await, 0, "placing alone writes none");
    at(&shop, 2, "select sp_add_hold(1, 'other', 'x', 'y')").await;
    at(&shop, 5, "select sp_resume_order(1, 'y')").await;
    at(&shop, 6, "select sp_confirm_order(1, 'y')").await;
    at(&shop, 7, "update orders set payment_status = 'paid'").await;
    at(&shop, 10, "update fulfillments set status = 'submitted'").await;
    at(
        &shop,
        11,
        "select sp_retry_fulfillment(1, 'busy', 'try again')",
    )
    .await;
    at(&shop, 12, "update fulfillments set status = 'submitted'").await;
    at(&shop, 13, "update fulfillments set status = 'accepted'").await;
    at(&shop, 20, "update fulfillments set status = 'shipped'").await;
    at(&shop, 40, "update fulfillments set status = 'delivered'").await;
    let minutes = "select concat_ws(' ', placed_to_confirmed_ms / 60000,
        confirmed_to_fulfilled_ms / 60000, fulfilled_to_shipped_ms / 60000,
        shipped_to_delivered_ms / 60000, total_processing_duration_ms / 60000,
        on_hold_ms / 60000, retry_count, to_char(paid_at, 'MI'), to_char(begun_at, 'MI'))
      from order_metrics";
    assert_eq!(shop.text(minutes).await, "6 14 0 20 40 3 1 07 10");
    assert_eq!(shop.number(rows).await, 1);
}

#[tokio::test]
async fn a11_every_action_leaves_a_row_with_its_actor() {
    let shop = Shop::stocked(5).await;
    shop.placed(&order("stripe", &[("MUG-1", 1)])).await;
    shop.run(
        "select sp_hold_order(1, 'ann', 'odd');
         select sp_resume_order(1, 'bob', 'fine');
         select sp_confirm_order(1, 'cat', 'paid');
         update orders set customer_name = 'Kofi', shipping_address = '{\"city\": \"Kumasi\"}';
         select sp_create_shipment(1, 'dpd', 'D1', p_actor => 'dan');
         select sp_cancel_order(1, 'eve', 'too late')",
    )
    .await;
    let log = "select string_agg(concat_ws(' ', action, actor), ', ' order by order_log_id)
               from order_logs";
    let me = shop.text("select current_user").await;
    assert_eq!(
        shop.text(log).await,
        format!("hold ann, resume bob, confirm cat, change {me}, ship dan, cancel eve")
    );
    let columns = "select details->>'columns' from order_logs where action = 'change'";
    assert_eq!(
        shop.text(columns).await,
        "[\"customer_name\", \"shipping_address\"]",
        "what changed, without personal data"
    );
    let timeline = "select count(*) from vw_order_timeline where order_id = 1";
    let both =
        "select (select count(*) from order_logs) + (select count(*) from order_state_history)";
    assert_eq!(shop.number(timeline).await, shop.number(both).await);
    let stale = "select expect_version(current_tenant_id(), 1, 0)";
    assert_eq!(shop.sql(stale).await, Err("P0VER".into()));
}
