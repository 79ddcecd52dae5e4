//! Orders are held for several reasons at once, and go on when the last one is released.

use stevedore_model::{fulfillments, orders};

use crate::shop::{SHOP, Shop, order};

async fn open_holds(shop: &Shop) -> String {
    shop.text(
        "select coalesce(string_agg(reason || ' ' || notes, ', ' order by order_hold_id), 'none')
         from order_holds where released_at is null",
    )
    .await
}

async fn status(shop: &Shop) -> String {
    shop.text("select order_status from orders").await
}

#[tokio::test]
async fn a7_an_order_held_for_two_reasons_goes_on_with_the_last_release() {
    let shop = Shop::stocked(5).await;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    let fraud = "select sp_add_hold(1, 'high_risk_of_fraud', 'new buyer', 'boss')";
    let hold = shop.number(fraud).await;
    assert_eq!(shop.number(fraud).await, hold, "twice is once");
    shop.run("select sp_add_hold(1, 'incorrect_address', 'no such street', 'boss')")
        .await;
    assert_eq!(
        open_holds(&shop).await,
        "high_risk_of_fraud new buyer, incorrect_address no such street"
    );
    let reasons = "select array_to_string(hold_reasons, ' ') from vw_pending_orders";
    assert_eq!(
        shop.text(reasons).await,
        "high_risk_of_fraud incorrect_address"
    );
    shop.run("select sp_release_hold(1, 1, 'boss', 'is fine')")
        .await;
    assert_eq!(status(&shop).await, "on_hold");
    shop.run("select sp_release_hold(1, 1, 'boss', 'again')")
        .await;
    assert_eq!(
        shop.text("select sp_release_hold(1, 2, 'boss', 'asked')")
            .await,
        "true"
    );
    assert_eq!(status(&shop).await, "confirmed");
    let log = "select string_agg(action, ' ' order by order_log_id) from order_logs";
    assert_eq!(shop.text(log).await, "hold hold release release");
    let unknown = "select sp_release_hold(1, 9, 'boss')";
    assert_eq!(shop.sql(unknown).await, Err("P0NOF".into()));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a7_holds_and_states_agree_whoever_writes_which() {
    let shop = Shop::stocked(5).await;
    shop.placed(&order("stripe", &[("MUG-1", 1)])).await;
    shop.run("update orders set order_status = 'on_hold'").await;
    assert_eq!(open_holds(&shop).await, "other ");
    shop.run("update orders set order_status = 'pending'").await;
    assert_eq!(open_holds(&shop).await, "none");
    shop.run("insert into order_holds (order_id, reason) values (1, 'awaiting_payment')")
        .await;
    assert_eq!(status(&shop).await, "on_hold");
    for (text, expected) in [
        ("update order_holds set notes = 'x'", "42501"),
        ("delete from order_holds", "42501"),
        ("update order_holds set released_at = clock_now()", "42501"),
        (
            "insert into order_holds (order_id, reason) values (1, 'x')",
            "23514",
        ),
    ] {
        assert_eq!(shop.sql(text).await, Err(expected.into()), "{text}");
    }
    shop.run(
        "update order_holds set released_at = clock_now(), released_by = 'me'
         where released_at is null",
    )
    .await;
    assert_eq!(status(&shop).await, "pending", "it was never confirmed");
    shop.run("select sp_add_hold(1, 'other', 'x', 'me'); select sp_cancel_order(1, 'me', 'y')")
        .await;
    assert_eq!(open_holds(&shop).await, "none");
    let closed = "select sp_add_hold(1, 'other', 'z', 'me')";
    assert_eq!(shop.sql(closed).await, Err("P0STT".into()));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a7_a_failed_fulfilment_holds_its_order_beside_other_reasons() {
    let shop = Shop::stocked(5).await;
    let order_id = shop.placed(&order("cod", &[("DATA", 1)])).await;
    let fulfillment_id = shop.fulfillments(order_id).await[0];
    fulfillments::begin(shop.pool(), SHOP, fulfillment_id)
        .await
        .unwrap()
        .unwrap();
    shop.run("select sp_add_hold(1, 'high_risk_of_fraud', '', 'boss')")
        .await;
    shop.run("select sp_fail_fulfillment(1, 'bad_phone', 'no such number')")
        .await;
    assert_eq!(
        open_holds(&shop).await,
        "high_risk_of_fraud , delivery_failed bad_phone: no such number"
    );
    let view = orders::resume(shop.pool(), SHOP, order_id, "boss", Some("both settled"))
        .await
        .unwrap();
    assert_eq!(view.order_status, "confirmed");
    assert_eq!(open_holds(&shop).await, "none");
    let by = "select string_agg(distinct released_by, ' ') from order_holds";
    assert_eq!(shop.text(by).await, "boss");
    shop.assert_books_balance().await;
}
