//! Goods that come back: requested, approved, received, inspected, refunded or exchanged.

use crate::shop::{Shop, order};

/// A shop with one delivered and paid order: five of `MUG-1`, two of `MUG-2`, 70.00 in all.
async fn delivered() -> Shop {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("stripe", &[("MUG-1", 5), ("MUG-2", 2)]))
        .await;
    shop.run(
        "select record_payment_event('stripe', 'e1', 'captured', p_order_id => 1,
           p_payment_ref => 'pi_1', p_amount => 7000, p_currency => 'GHS')",
    )
    .await;
    for status in ["submitted", "accepted", "shipped", "delivered"] {
        shop.run(&format!("update fulfillments set status = '{status}'"))
            .await;
    }
    shop
}

/// Asks to send units of line 1 back.
fn request(units: i64, kind: &str) -> String {
    format!(
        "select sp_request_return(1, '[{{\"line_number\": 1, \"quantity\": {units},
           \"reason\": \"defective\"}}]', '{kind}', 'broken', 'ama')"
    )
}

async fn state(shop: &Shop) -> String {
    shop.text(
        "select concat_ws(' ', (select string_agg(status, ' ' order by return_id) from returns),
           order_status, (select sum(quantity_returned) from order_items where order_id = 1))
         from orders where order_id = 1",
    )
    .await
}

#[tokio::test]
async fn a13_a_return_is_received_restocked_and_refunded() {
    let shop = delivered().await;
    shop.run(&request(3, "refund")).await;
    let rma = shop.text("select rma_number from returns").await;
    assert!(rma.starts_with("RMA-") && rma.ends_with("-00001"), "{rma}");
    shop.run("select sp_move_return(1, 'approved', 'boss')")
        .await;
    shop.run("select sp_receive_return(1, '[{\"line_number\": 1, \"quantity\": 1}]', 'bob')")
        .await;
    assert_eq!(
        state(&shop).await,
        "partially_received partially_returned 1"
    );
    for _ in 0..2 {
        shop.run("select sp_receive_return(1, null, 'bob')").await;
    }
    let half = "[{\"line_number\": 1, \"restocked\": 2}]";
    let inspect = |items: &str| format!("select sp_inspect_return(1, '{items}', null, 'bob')");
    assert_eq!(shop.sql(&inspect(half)).await, Err("P0VAL".into()));
    for _ in 0..2 {
        shop.run(&inspect(
            "[{\"line_number\": 1, \"restocked\": 2, \"damaged\": 1}]",
        ))
        .await;
        shop.run("select sp_refund_return(1, null, 'boss')").await;
    }
    assert_eq!(state(&shop).await, "refunded partially_returned 3");
    assert_eq!(shop.stock("MUG-1").await, (7, 0, 0));
    let damaged = "select sum(damaged) from inventory_levels";
    assert_eq!(shop.number(damaged).await, 1, "written off");
    let refunds = "select string_agg(concat_ws(' ', amount, return_id), ',') from refunds";
    assert_eq!(shop.text(refunds).await, "3000 1", "twice is once");
    let log = "select string_agg(action, ' ' order by order_log_id) from order_logs
               where action like '%return%'";
    assert_eq!(
        shop.text(log).await,
        "request_return return_approved return_received return_received return_inspected \
         return_refunded"
    );
    let rest = "select sp_request_return(1, '[{\"line_number\": 1, \"quantity\": 2},
        {\"line_number\": 2, \"quantity\": 2}]', 'refund', null, 'ama');
        select sp_move_return(2, 'approved', 'boss'); select sp_receive_return(2, null, 'bob')";
    shop.run(rest).await;
    assert_eq!(state(&shop).await, "refunded received returned 7");
    shop.run(
        "select sp_inspect_return(2, null, 'KUM', 'bob'); select sp_refund_return(2, 500, 'x')",
    )
    .await;
    assert_eq!(shop.text(refunds).await, "3000 1,500 2");
    let there = "select sum(on_hand) from inventory_levels where location_id = 2";
    assert_eq!(shop.number(there).await, 4, "where they came to");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a13_no_more_comes_back_than_left_and_a_refusal_frees_it() {
    let shop = delivered().await;
    shop.run(&request(3, "refund")).await;
    assert_eq!(
        shop.sql(&request(3, "refund")).await,
        Err("P0VAL".into()),
        "3 and 3 of 5"
    );
    shop.run("select sp_move_return(1, 'rejected', 'boss', 'used')")
        .await;
    shop.run(&request(5, "refund")).await;
    for (text, expected) in [
        (request(6, "refund"), "P0VAL"),
        (request(0, "refund"), "P0VAL"),
        (request(1, "gift"), "23514"),
        ("select sp_move_return(1, 'approved', 'x')".into(), "P0STT"),
        ("select sp_move_return(99, 'approved', 'x')".into(), "P0NOF"),
        (
            "select sp_request_return(1, '[]', 'refund', null, 'x')".into(),
            "P0VAL",
        ),
        (
            "select sp_request_return(1, '[{\"line_number\": 9, \"quantity\": 1}]', 'refund', null,
               'x')"
                .into(),
            "P0VAL",
        ),
        ("update return_items set quantity = 9".into(), "42501"),
        (
            "update return_items set received_quantity = 5".into(),
            "P0STT",
        ),
        ("delete from returns".into(), "42501"),
        ("update returns set rma_number = 'x'".into(), "42501"),
        ("update returns set status = 'refunded'".into(), "P0STT"),
        (
            "update order_items set quantity_returned = 1".into(),
            "42501",
        ),
    ] {
        assert_eq!(shop.sql(&text).await, Err(expected.into()), "{text}");
    }
    let key = "select sp_request_return(1, '[{\"line_number\": 2, \"quantity\": 1}]', 'refund',
                 null, 'x', 'key-1')";
    assert_eq!(shop.number(key).await, shop.number(key).await);
    let pending = shop.placed(&order("cod", &[("MUG-3", 1)])).await;
    let early = format!(
        "select sp_request_return({pending}, '[{{\"line_number\": 1, \"quantity\": 1}}]',
           'refund', null, 'x')"
    );
    assert_eq!(
        shop.sql(&early).await,
        Err("P0VAL".into()),
        "nothing left yet"
    );
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a13_by_hand_it_is_received_when_it_is_there_and_inspected_when_it_was_looked_at() {
    let shop = delivered().await;
    shop.run(&request(2, "refund")).await;
    shop.run("update returns set status = 'approved'; update returns set status = 'in_transit'")
        .await;
    let received = "update returns set status = 'received'";
    assert_eq!(shop.sql(received).await, Err("P0STT".into()));
    let away = "update return_items set restocked_quantity = 1, location_id = 1";
    assert_eq!(shop.sql(away).await, Err("P0STT".into()), "it is not there");
    shop.run("update return_items set received_quantity = 2")
        .await;
    shop.run(received).await;
    let inspected = "update returns set status = 'inspected'";
    assert_eq!(shop.sql(inspected).await, Err("P0STT".into()));
    let back = "update return_items set received_quantity = 1";
    assert_eq!(shop.sql(back).await, Err("42501".into()));
    shop.run("update return_items set restocked_quantity = 2, location_id = 1")
        .await;
    shop.run(inspected).await;
    assert_eq!(shop.stock("MUG-1").await, (7, 0, 0));
    assert_eq!(state(&shop).await, "inspected partially_returned 2");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a13_an_exchange_is_a_new_linked_order_and_the_rest_goes_back() {
    let shop = delivered().await;
    shop.run(&request(3, "exchange")).await;
    shop.run(
        "select sp_move_return(1, 'approved', 'boss'); select sp_receive_return(1, null, 'bob');
         select sp_inspect_return(1, null, null, 'bob')",
    )
    .await;
    let exchange =
        "select sp_exchange_return(1, '[{\"sku\": \"MUG-3\", \"quantity\": 2}]', 'boss')";
    let order_id = shop.number(exchange).await;
    assert_eq!(shop.number(exchange).await, order_id, "twice is once");
    let new = shop.order(order_id).await;
    assert_eq!(
        (new.order_status.as_str(), new.subtotal, new.total_amount),
        ("confirmed", 2_000, 0)
    );
    assert_eq!(new.order_source, "exchange");
    assert_eq!(shop.stock("MUG-3").await, (10, 0, 2));
    assert_eq!(shop.number("select amount from refunds").await, 1_000);
    let link = "select exchange_order_id from returns";
    assert_eq!(shop.number(link).await, order_id);
    assert_eq!(state(&shop).await, "exchanged partially_returned 3");
    let dear = "select sp_refund_return(1, null, 'boss')";
    assert_eq!(shop.sql(dear).await, Err("P0STT".into()));
    shop.assert_books_balance().await;
}
