//! Payments, what providers say of them, and refunds.

use stevedore_model::orders;
use tokio::task::JoinSet;

use crate::shop::{SHOP, Shop, order};

/// What one event does: `record_payment_event()` with named arguments.
fn event(id: &str, kind: &str, rest: &str) -> String {
    format!(
        "select from record_payment_event('stripe', '{id}', '{kind}', p_order_id => 1,
         p_payment_ref => 'pi_1'{rest})"
    )
}

/// A shop with a pending order of two cups: 20.00 to pay by card.
async fn waiting() -> Shop {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("stripe", &[("MUG-1", 2)])).await;
    shop
}

impl Shop {
    async fn states(&self) -> (String, String) {
        let order = self.order(1).await;
        (order.order_status, order.payment_status)
    }

    async fn assert_states(&self, order_status: &str, payment_status: &str) {
        assert_eq!(
            self.states().await,
            (order_status.into(), payment_status.into())
        );
    }
}

#[tokio::test]
async fn f4_a_captured_payment_confirms_its_order_once_however_often_it_is_told() {
    let shop = waiting().await;
    let captured = event("ev_1", "captured", ", p_amount => 2000");
    shop.run(&captured).await;
    shop.run(&captured).await;
    shop.run(&event("ev_2", "captured", "")).await;
    shop.assert_states("confirmed", "paid").await;
    assert_eq!(shop.stock("MUG-1").await, (10, 0, 2));
    let amounts = "select concat_ws(' ', amount, captured_amount, status) from payments";
    assert_eq!(shop.text(amounts).await, "2000 2000 paid");
    assert_eq!(
        shop.number("select count(*) from payment_events").await,
        2,
        "the second event of the fact is kept, the repetition is not"
    );
    shop.run(&event("ev_3", "failed", "")).await;
    shop.assert_states("confirmed", "paid").await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f4_the_same_events_in_any_order_end_the_same() {
    let events = [
        event("ev_1", "failed", ", p_occurred_at => '2026-01-01 10:00Z'"),
        event(
            "ev_2",
            "captured",
            ", p_amount => 2000, p_occurred_at => '2026-01-01 10:01Z'",
        ),
        event(
            "ev_3",
            "refunded",
            ", p_amount => 500, p_reference => 're_1'",
        ),
    ];
    for places in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let shop = waiting().await;
        for place in places {
            shop.run(&events[place]).await;
        }
        assert_eq!(
            shop.states().await,
            ("confirmed".into(), "partially_refunded".into()),
            "{places:?}"
        );
        assert_eq!(shop.stock("MUG-1").await, (10, 0, 2), "{places:?}");
        let refunded = "select concat_ws(' ', captured_amount, refunded_amount) from payments";
        assert_eq!(shop.text(refunded).await, "2000 500", "{places:?}");
        let refunds = "select sum(amount) from refunds where status = 'succeeded'";
        assert_eq!(shop.number(refunds).await, 500, "{places:?}");
        shop.assert_books_balance().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f4_one_event_told_on_many_connections_at_once_has_one_effect() {
    let shop = waiting().await;
    let pool = shop.db.pool_of(8);
    let mut running = JoinSet::new();
    for number in 0..24 {
        let pool = pool.clone();
        // Two ids for one fact, each told a dozen times.
        let id = if number % 2 == 0 { "ev_1" } else { "ev_2" };
        let text = event(id, "captured", ", p_amount => 2000");
        running.spawn(async move {
            sqlx::raw_sql(sqlx::AssertSqlSafe(text))
                .execute(&pool)
                .await
        });
    }
    for told in running.join_all().await {
        told.unwrap();
    }
    shop.assert_states("confirmed", "paid").await;
    let effects = "select count(*) from payment_events where effect_key is not null";
    assert_eq!(shop.number(effects).await, 1);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f4_a_failed_payment_gives_the_stock_back_and_a_new_attempt_takes_it_again() {
    let shop = waiting().await;
    shop.run(&event("ev_1", "failed", "")).await;
    shop.assert_states("payment_failed", "failed").await;
    assert_eq!(shop.stock("MUG-1").await, (10, 0, 0));
    shop.run("select open_payment(1, 'razorpay', p_session_ref => 'order_9')")
        .await;
    shop.assert_states("pending", "pending").await;
    assert_eq!(shop.stock("MUG-1").await, (10, 2, 0));
    shop.run(
        "select from record_payment_event('razorpay', 'ev_1', 'captured',
           p_session_ref => 'order_9', p_payment_ref => 'pay_9', p_amount => 2000)",
    )
    .await;
    shop.assert_states("confirmed", "paid").await;
    let second = "select provider_payment_id from payments where payment_id = 2";
    assert_eq!(shop.text(second).await, "pay_9");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f4_money_that_comes_too_late_takes_the_stock_again_or_goes_back() {
    let shop = waiting().await;
    shop.run(
        "update orders set expires_at = clock_now();
         update inventory_reservations set expires_at = clock_now()",
    )
    .await;
    shop.run(&event("ev_1", "captured", "")).await;
    shop.assert_states("confirmed", "paid").await;
    assert_eq!(shop.stock("MUG-1").await, (10, 0, 2));

    let shop = waiting().await;
    shop.run(&event("ev_1", "failed", "")).await;
    shop.placed(&order("cod", &[("MUG-1", 9)])).await;
    shop.run(&event("ev_2", "captured", "")).await;
    shop.assert_states("cancelled", "paid").await;
    let refund = "select concat_ws(' ', amount, status) from refunds";
    assert_eq!(shop.text(refund).await, "2000 pending");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f4_what_was_paid_for_an_order_that_is_cancelled_goes_back_once() {
    let shop = waiting().await;
    shop.run(&event("ev_1", "captured", "")).await;
    let cancel = || orders::cancel(shop.pool(), SHOP, 1, "Ama", "changed my mind");
    cancel().await.unwrap();
    cancel().await.unwrap();
    assert_eq!(shop.number("select sum(amount) from refunds").await, 2000);
    let jobs = "select count(*) from queue.jobs where kind = 'refund_payment' and state = 'ready'";
    assert_eq!(shop.number(jobs).await, 1);
    shop.run("select settle_refund(1, 're_1'), settle_refund(1, 're_1')")
        .await;
    let told = event(
        "ev_2",
        "refunded",
        ", p_amount => 2000, p_reference => 're_1'",
    );
    shop.run(&told).await;
    shop.assert_states("cancelled", "refunded").await;
    assert_eq!(shop.stock("MUG-1").await, (10, 0, 0));

    let shop = waiting().await;
    orders::cancel(shop.pool(), SHOP, 1, "Ama", "no")
        .await
        .unwrap();
    shop.run(&event("ev_1", "captured", "")).await;
    shop.assert_states("cancelled", "paid").await;
    assert_eq!(shop.number("select sum(amount) from refunds").await, 2000);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f4_a_refund_that_the_provider_refuses_can_be_asked_for_again() {
    let shop = waiting().await;
    shop.run(&event("ev_1", "captured", "")).await;
    let ask = |amount: i64, key: &str| {
        format!("select request_refund(1, {amount}, 'broken', '{key}', 'boss')")
    };
    shop.run(&ask(1500, "a")).await;
    shop.run(&ask(1500, "a")).await;
    assert_eq!(shop.sql(&ask(1400, "a")).await, Err("P0IDM".into()));
    assert_eq!(shop.sql(&ask(501, "b")).await, Err("P0VAL".into()));
    assert_eq!(shop.sql(&ask(0, "b")).await, Err("P0VAL".into()));
    shop.run("select settle_refund(1, p_failure => 'the card is closed')")
        .await;
    shop.assert_states("confirmed", "paid").await;
    shop.run(&ask(2000, "b")).await;
    shop.run("select settle_refund(2, 're_2')").await;
    shop.assert_states("confirmed", "refunded").await;
    let none = "select count(*) where request_refund(1, null, 'x', 'c', 'boss') is null";
    assert_eq!(shop.number(none).await, 1, "nothing is left");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f4_a_payment_in_parts_and_one_of_two_payments_are_given_back() {
    let shop = waiting().await;
    shop.run(&event(
        "ev_1",
        "captured",
        ", p_amount => 1200, p_reference => 'ch_1'",
    ))
    .await;
    shop.assert_states("pending", "partially_paid").await;
    shop.run(
        "select from record_payment_event('bank_transfer', 'statement 7', 'captured',
           p_order_id => 1, p_amount => 800)",
    )
    .await;
    shop.assert_states("confirmed", "paid").await;
    shop.run("select request_refund(1, 1500, 'x', 'k', 'boss')")
        .await;
    let parts = "select string_agg(payment_id || ':' || amount, ' ' order by part) from refunds";
    assert_eq!(shop.text(parts).await, "1:1200 2:300");
    let jobs = "select count(*) from queue.jobs where kind = 'refund_payment'";
    assert_eq!(
        shop.number(jobs).await,
        1,
        "a bank transfer is given back by hand"
    );
    shop.run("select settle_refund(2)").await;
    assert_eq!(
        shop.sql("select settle_refund(1)").await,
        Err("P0VAL".into()),
        "a provider names its refund"
    );
    shop.assert_states("confirmed", "partially_refunded").await;
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f4_refunds_asked_for_at_once_never_give_back_more_than_was_paid() {
    let shop = waiting().await;
    shop.run(&event("ev_1", "captured", "")).await;
    let pool = shop.db.pool_of(8);
    let mut running = JoinSet::new();
    for number in 0..16 {
        let pool = pool.clone();
        let ask = format!("select request_refund(1, 300, 'x', 'k{number}', 'boss')");
        running.spawn(async move {
            sqlx::raw_sql(sqlx::AssertSqlSafe(ask))
                .execute(&pool)
                .await
                .is_ok()
        });
    }
    let won = running.join_all().await.into_iter().filter(|won| *won);
    assert_eq!(won.count(), 6);
    assert_eq!(shop.number("select sum(amount) from refunds").await, 1800);
    shop.assert_books_balance().await;
}

/// Asks for a refund by hand.
fn refund(amount: i64, currency: &str, status: &str) -> String {
    format!(
        "insert into refunds (payment_id, order_id, currency, amount, reason, status,
           idempotency_key, requested_by)
         values (1, 1, '{currency}', {amount}, 'x', '{status}', 'x', 'x')"
    )
}

#[tokio::test]
async fn f4_no_more_is_captured_than_authorised_nor_given_back_than_captured_by_hand_either() {
    let shop = waiting().await;
    shop.run(&event("ev_1", "authorized", ", p_amount => 2000"))
        .await;
    shop.assert_states("pending", "authorized").await;
    let capture = |amount: i64| {
        format!(
            "insert into payment_events (payment_id, provider, provider_event_id, event_type,
               amount, effect_key)
             values (1, 'stripe', 'hand {amount}', 'captured', {amount}, 'captured:{amount}')"
        )
    };
    assert_eq!(
        shop.sql(&refund(1, "GHS", "pending")).await,
        Err("23514".into()),
        "nothing was captured"
    );
    assert_eq!(
        shop.sql(&capture(2001)).await,
        Err("23514".into()),
        "more than was authorised"
    );
    shop.run(&capture(2000)).await;
    shop.assert_states("confirmed", "paid").await;
    for (text, expected) in [
        (refund(2001, "GHS", "pending"), "23514"),
        (refund(1, "USD", "pending"), "23503"),
        (refund(1, "GHS", "succeeded"), "42501"),
        (refund(-1, "GHS", "pending"), "23514"),
    ] {
        assert_eq!(shop.sql(&text).await, Err(expected.into()), "{text}");
    }
    shop.run(&refund(2000, "GHS", "pending")).await;
    let settle = "update refunds set status = 'succeeded'";
    assert_eq!(shop.sql(settle).await, Err("42501".into()));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f4_payments_are_in_their_orders_currency_and_moved_by_their_events_alone() {
    let shop = waiting().await;
    shop.run(&event("ev_1", "captured", "")).await;
    for (text, expected) in [
        (
            "insert into payments (order_id, provider, currency, amount)
             values (1, 'stripe', 'USD', 5)",
            "23514",
        ),
        (
            "insert into payments (order_id, provider, currency, amount, captured_amount, status)
             values (1, 'stripe', 'GHS', 5, 5, 'paid')",
            "42501",
        ),
        ("update payments set captured_amount = 1", "42501"),
        ("update payments set status = 'refunded'", "42501"),
        ("update payments set amount = 1", "42501"),
        ("delete from payments", "42501"),
        ("update payment_events set amount = 1", "42501"),
        ("delete from payment_events", "42501"),
        ("truncate refunds cascade", "42501"),
        (
            "select from record_payment_event('stripe', 'x', 'captured', p_payment_ref => 'pi_1',
               p_currency => 'USD')",
            "P0VAL",
        ),
        (
            "select from record_payment_event('stripe', 'x', 'captured', p_payment_ref => 'pi_2')",
            "P0NOF",
        ),
        ("update orders set payment_status = 'authorized'", "P0STT"),
    ] {
        assert_eq!(shop.sql(text).await, Err(expected.into()), "{text}");
    }
    shop.assert_books_balance().await;
}
