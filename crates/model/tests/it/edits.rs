//! Orders are edited until their goods went: units, lines, addresses, split fulfilments.

use crate::shop::{Shop, order};

const EDIT: &str = "select sp_edit_order(1, '[{\"line_number\": 1, \"quantity\":";

/// Sets the units of line 1 as a person would.
fn set_units(quantity: i64) -> String {
    format!("{EDIT} {quantity}}}]', null, 'ann', 'asked by phone')")
}

/// Units of each fulfilment that is not cancelled, with its state.
async fn work(shop: &Shop) -> String {
    shop.text(
        "select coalesce(string_agg(what, ', ' order by what), 'none') from (
           select status || ' ' || string_agg(sku || ' ' || units, ' ' order by sku) as what
           from (
             select fulfillment_id, f.status, sku, sum(fi.quantity) as units
             from fulfillments as f
             join fulfillment_items as fi using (tenant_id, order_id, fulfillment_id)
             join order_items as oi using (tenant_id, order_id, order_item_id)
             where f.status <> 'cancelled'
             group by fulfillment_id, f.status, sku) as i
           group by fulfillment_id, status) as f",
    )
    .await
}

async fn total(shop: &Shop) -> i64 {
    shop.number("select total_amount from orders").await
}

#[tokio::test]
async fn a12_units_go_up_and_down_and_stock_sums_and_work_follow() {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("cod", &[("MUG-1", 4), ("DATA", 1)]))
        .await;
    shop.run(&set_units(1)).await;
    assert_eq!(shop.stock("MUG-1").await, (10, 0, 1));
    assert_eq!(total(&shop).await, 2_000);
    assert_eq!(work(&shop).await, "pending DATA 1, pending MUG-1 1");
    shop.run(&set_units(7)).await;
    assert_eq!(shop.stock("MUG-1").await, (10, 0, 7));
    assert_eq!(total(&shop).await, 8_000);
    assert_eq!(work(&shop).await, "pending DATA 1, pending MUG-1 7");
    assert_eq!(shop.sql(&set_units(12)).await, Err("P0INV".into()));
    shop.run(&set_units(7)).await;
    let changes = "select string_agg(concat_ws(' ', action, quantity, changed_by), ', '
                     order by order_change_id) from order_changes";
    assert_eq!(
        shop.text(changes).await,
        "cancel_units 3 ann, add_units 6 ann",
        "asking for what is there changes nothing"
    );
    let jobs = "select count(*) from queue.jobs where kind = 'fulfil_order'";
    assert_eq!(shop.number(jobs).await, 2, "withdrawn work has no job");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a12_lines_come_and_go_and_a_pending_order_is_edited_too() {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("stripe", &[("MUG-1", 2)])).await;
    shop.run(
        "select sp_edit_order(1, '[{\"sku\": \"MUG-2\", \"quantity\": 3},
           {\"line_number\": 1, \"quantity\": 0}]', '{\"city\": \"Kumasi\"}', 'ann')",
    )
    .await;
    assert_eq!(shop.stock("MUG-1").await, (10, 0, 0));
    assert_eq!(shop.stock("MUG-2").await, (10, 3, 0));
    assert_eq!(total(&shop).await, 3_000);
    shop.run("select sp_confirm_order(1, 'boss')").await;
    assert_eq!(work(&shop).await, "pending MUG-2 3");
    shop.run("select sp_edit_order(1, '[{\"sku\": \"HAND\", \"quantity\": 1}]', null, 'ann')")
        .await;
    assert_eq!(work(&shop).await, "pending HAND 1, pending MUG-2 3");
    assert_eq!(shop.stock("HAND").await, (10, 0, 1));
    let nothing_left = "select sp_edit_order(1, '[{\"line_number\": 2, \"quantity\": 0},
        {\"line_number\": 3, \"quantity\": 0}]', null, 'ann')";
    assert_eq!(shop.sql(nothing_left).await, Err("P0STT".into()));
    for lines in [
        "[{\"line_number\": 9, \"quantity\": 1}]",
        "[{\"line_number\": 2, \"quantity\": -1}]",
        "[{\"line_number\": 2, \"quantity\": 1.5}]",
        "[{\"line_number\": 2}]",
        "[{\"quantity\": 2}]",
        "[{\"sku\": \"NO\", \"quantity\": 2}]",
        "[{\"sku\": \"DATA\", \"quantity\": 2}]",
        "[{\"sku\": \"MUG-1\", \"quantity\": 0}]",
        "[7]",
        "{}",
    ] {
        let text = format!("select sp_edit_order(1, '{lines}', null, 'ann')");
        assert_eq!(shop.sql(&text).await, Err("P0VAL".into()), "{lines}");
    }
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a12_a_split_order_leaves_in_parts_and_the_rest_is_cancelled() {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("cod", &[("MUG-1", 5)])).await;
    shop.run("select sp_split_fulfillment(1, '[{\"order_item_id\": 1, \"quantity\": 2}]', 'ann')")
        .await;
    assert_eq!(work(&shop).await, "pending MUG-1 2, pending MUG-1 3");
    for status in ["picking", "packed", "shipped"] {
        shop.run(&format!(
            "update fulfillments set status = '{status}' where fulfillment_id = 2"
        ))
        .await;
    }
    let status = "select order_status from orders";
    assert_eq!(shop.text(status).await, "partially_shipped");
    assert_eq!(shop.stock("MUG-1").await, (8, 0, 3));
    assert_eq!(shop.sql(&set_units(1)).await, Err("P0STT".into()));
    assert_eq!(
        shop.sql(&set_units(6)).await,
        Err("P0STT".into()),
        "too late for more"
    );
    shop.run(&set_units(2)).await;
    assert_eq!(work(&shop).await, "shipped MUG-1 2");
    assert_eq!(shop.text(status).await, "shipped", "all of it that is left");
    assert_eq!(shop.stock("MUG-1").await, (8, 0, 0));
    assert_eq!(total(&shop).await, 2_000);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a12_what_is_with_a_provider_stays_and_its_stock_too() {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("cod", &[("MUG-1", 5)])).await;
    shop.run(
        "select sp_split_fulfillment(1, '[{\"order_item_id\": 1, \"quantity\": 2}]', 'ann');
         update fulfillments set status = 'submitted' where fulfillment_id = 2",
    )
    .await;
    let address = "update orders set shipping_address = '{}'";
    assert_eq!(shop.sql(address).await, Err("P0STT".into()));
    for items in [
        "[{\"order_item_id\": 1, \"quantity\": 3}]",
        "[{\"order_item_id\": 1, \"quantity\": 4}]",
        "[{\"order_item_id\": 1, \"quantity\": 0}]",
        "[{\"order_item_id\": 9, \"quantity\": 1}]",
        "[]",
    ] {
        let text = format!("select sp_split_fulfillment(1, '{items}', 'ann')");
        assert_eq!(shop.sql(&text).await, Err("P0VAL".into()), "{items}");
    }
    let begun =
        "select sp_split_fulfillment(2, '[{\"order_item_id\": 1, \"quantity\": 1}]', 'ann')";
    assert_eq!(shop.sql(begun).await, Err("P0STT".into()));
    for text in [
        "update fulfillment_items set quantity = 1 where fulfillment_id = 2",
        "delete from fulfillment_items where fulfillment_id = 2",
        "update order_changes set quantity = 1",
        "delete from order_changes",
        "update orders set subtotal = 1, total_amount = 1",
    ] {
        assert_eq!(shop.sql(text).await, Err("42501".into()), "{text}");
    }
    let more = "update fulfillment_items set quantity = 4 where fulfillment_id = 1";
    assert_eq!(shop.sql(more).await, Err("23514".into()));
    shop.run(&set_units(4)).await;
    assert_eq!(work(&shop).await, "pending MUG-1 2, submitted MUG-1 2");
    shop.run(&set_units(8)).await;
    assert_eq!(work(&shop).await, "pending MUG-1 6, submitted MUG-1 2");
    shop.run(
        "update fulfillments set status = 'accepted' where fulfillment_id = 2;
              update fulfillments set status = 'shipped' where fulfillment_id = 2",
    )
    .await;
    assert_eq!(shop.stock("MUG-1").await, (8, 0, 6));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a12_a_change_by_hand_is_a_change_like_any_other() {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("cod", &[("MUG-1", 5), ("MUG-2", 1)]))
        .await;
    shop.run(
        "insert into order_changes (order_id, action, order_item_id, quantity)
         values (1, 'cancel_units', 1, 2), (1, 'cancel_units', 2, 1)",
    )
    .await;
    assert_eq!(work(&shop).await, "pending MUG-1 3");
    assert_eq!(total(&shop).await, 3_000);
    for (values, expected) in [
        ("(1, 'cancel_units', 1, 4)", "P0VAL"),
        ("(1, 'cancel_units', 1, -1)", "23514"),
        ("(1, 'add_units', 99, 1)", "23503"),
        ("(1, 'add_line', 1, 1)", "23514"),
        ("(1, 'nonsense', 1, 1)", "23514"),
    ] {
        let text = format!(
            "insert into order_changes (order_id, action, order_item_id, quantity) values {values}"
        );
        assert_eq!(shop.sql(&text).await, Err(expected.into()), "{values}");
    }
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a12_what_was_paid_too_much_goes_back_and_what_is_due_is_told() {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("stripe", &[("MUG-1", 5)])).await;
    shop.run(
        "select record_payment_event('stripe', 'e1', 'captured', p_order_id => 1,
           p_payment_ref => 'pi_1', p_amount => 5000, p_currency => 'GHS')",
    )
    .await;
    assert_eq!(work(&shop).await, "pending MUG-1 5");
    shop.run(&set_units(3)).await;
    shop.run(&set_units(2)).await;
    let refunds = "select string_agg(amount::text, ' ' order by refund_id) from refunds";
    assert_eq!(shop.text(refunds).await, "2000 1000");
    let due = "(select sp_edit_order(1, '[{\"line_number\": 1, \"quantity\": 4}]', null, 'ann')
                ->>'amount_due')";
    assert_eq!(shop.text(due).await, "2000");
    shop.run("select sp_cancel_order(1, 'ann', 'no')").await;
    assert_eq!(shop.text(refunds).await, "2000 1000 2000");
    shop.assert_books_balance().await;
}
