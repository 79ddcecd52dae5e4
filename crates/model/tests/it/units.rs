//! How far the units of a line have come, and how long states held.

use crate::shop::{Shop, order};

/// Cancelled, fulfilled, shipped, delivered, returned units of a line.
async fn units(shop: &Shop, sku: &str) -> String {
    shop.text(&format!(
        "select concat_ws(' ', quantity_cancelled, quantity_fulfilled, quantity_shipped,
           quantity_delivered, quantity_returned)
         from order_items where sku = '{sku}'"
    ))
    .await
}

async fn fulfilments_become(shop: &Shop, sku: &str, status: &str) {
    shop.run(&format!(
        "update fulfillments as f set status = '{status}'
         from fulfillment_items as fi join order_items as oi using (tenant_id, order_item_id)
         where fi.fulfillment_id = f.fulfillment_id and oi.sku = '{sku}'"
    ))
    .await;
}

#[tokio::test]
async fn a12_lines_count_their_units_on_the_way_whoever_moves_the_fulfilment() {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("cod", &[("MUG-1", 3), ("DATA", 1)]))
        .await;
    assert_eq!(units(&shop, "MUG-1").await, "0 0 0 0 0");
    for (status, expected) in [
        ("picking", "0 0 0 0 0"),
        ("packed", "0 3 0 0 0"),
        ("shipped", "0 3 3 0 0"),
        ("delivered", "0 3 3 3 0"),
    ] {
        fulfilments_become(&shop, "MUG-1", status).await;
        assert_eq!(units(&shop, "MUG-1").await, expected, "{status}");
    }
    assert_eq!(units(&shop, "DATA").await, "0 0 0 0 0");
    fulfilments_become(&shop, "DATA", "submitted").await;
    fulfilments_become(&shop, "DATA", "delivered").await;
    assert_eq!(units(&shop, "DATA").await, "0 1 1 1 0");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a12_packed_goods_that_are_cancelled_count_no_more() {
    let shop = Shop::stocked(10).await;
    let order_id = shop.placed(&order("cod", &[("MUG-1", 3)])).await;
    fulfilments_become(&shop, "MUG-1", "picking").await;
    fulfilments_become(&shop, "MUG-1", "packed").await;
    shop.run(&format!("select sp_cancel_order({order_id}, 'x', 'y')"))
        .await;
    assert_eq!(units(&shop, "MUG-1").await, "0 0 0 0 0");
    assert_eq!(shop.stock("MUG-1").await, (10, 0, 0));
}

#[tokio::test]
async fn a12_units_obey_their_chain_whoever_writes_them() {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("cod", &[("MUG-1", 3)])).await;
    for units in [
        "quantity_cancelled = -1",
        "quantity_cancelled = 4",
        "quantity_cancelled = 1",
        "quantity_fulfilled = 4",
        "quantity_shipped = 1",
        "quantity_delivered = 1",
        "quantity_returned = 1",
        "quantity_returned = -1",
        "quantity = -3, total_price = -3 * unit_price",
    ] {
        let text = format!("update order_items set {units}");
        assert_eq!(shop.sql(&text).await, Err("23514".into()), "{units}");
    }
    let counted = "update order_items set quantity_fulfilled = 1, quantity_shipped = 1";
    assert_eq!(shop.sql(counted).await, Err("42501".into()));
}

#[tokio::test]
async fn a6_history_says_how_long_each_state_held() {
    let shop = Shop::stocked(10).await;
    let at = |minute: i64, text: &str| {
        format!("set stevedore.now = '2030-01-01T00:{minute:02}:00Z'; {text}; reset stevedore.now")
    };
    shop.run(&at(
        0,
        "select create_order('{\"customer\": {\"name\": \"x\"}, \"currency\": \"GHS\",
           \"payment_method\": \"stripe\", \"lines\": [{\"sku\": \"MUG-1\", \"quantity\": 1}],
           \"shipping_address\": {\"city\": \"Accra\"}}')",
    ))
    .await;
    shop.run(&at(2, "select sp_confirm_order(1, 'boss', 'paid')"))
        .await;
    shop.run(&at(3, "update orders set payment_status = 'paid'"))
        .await;
    shop.run(&at(7, "update fulfillments set status = 'picking'"))
        .await;
    let held = "select string_agg(concat_ws(' ', axis, to_status, held_ms / 60000), ', '
                  order by history_id)
                from order_state_history";
    assert_eq!(
        shop.text(held).await,
        "order pending, order confirmed 2, fulfillment pending, payment paid 3, \
         fulfillment picking 5, order processing 5"
    );
}
