//! Promotion codes: what they take off, and how often.

use sqlx::AssertSqlSafe;
use stevedore_model::orders;
use tokio::task::JoinSet;

use crate::shop::{SHOP, Shop, sqlstate};
use crate::wallets::{order_by_hand, with_customers};

/// A shop with customers and one promotion.
async fn with_promotion(columns: &str, values: &str) -> Shop {
    let shop = with_customers().await;
    shop.run(&format!(
        "insert into promotions (code, {columns}) values ('TEA', {values})"
    ))
    .await;
    shop
}

impl Shop {
    /// Places two cups with the code; answers why not.
    async fn use_code(&self, customer: i64, take_off: i64) -> Result<(), String> {
        let order = order_by_hand(customer, 2, "stripe", Some(("tea", take_off)));
        let done = sqlx::raw_sql(AssertSqlSafe(order))
            .execute(self.pool())
            .await;
        done.map(|_| ()).map_err(|error| {
            assert_eq!(sqlstate(&error), "P0PRM", "{error}");
            let error = error.into_database_error().unwrap();
            let detail = error
                .downcast_ref::<sqlx::postgres::PgDatabaseError>()
                .detail()
                .unwrap();
            let problems: serde_json::Value = serde_json::from_str(detail).unwrap();
            problems[0]["code"].as_str().unwrap().to_owned()
        })
    }

    async fn redeemed(&self) -> i64 {
        self.number("select redeemed from promotions where code = 'TEA'")
            .await
    }
}

#[tokio::test]
async fn a15_the_discount_of_a_code_is_computed_by_the_database_and_must_match() {
    for (columns, values, discount) in [
        ("kind, value", "'percent', 15", 300),
        ("kind, value, currency", "'fixed', 450, 'GHS'", 450),
        ("kind, value, currency", "'fixed', 99999, 'GHS'", 2_000),
        (
            "kind, value, currency, max_discount",
            "'percent', 50, 'GHS', 700",
            700,
        ),
        ("kind", "'free_shipping'", 0),
    ] {
        let shop = with_promotion(columns, values).await;
        if discount < 2_000 {
            let wrong = shop.use_code(1, discount + 1).await;
            assert_eq!(wrong, Err("wrong_discount".into()), "{values}");
        }
        assert_eq!(shop.use_code(1, discount).await, Ok(()), "{values}");
        assert_eq!(shop.redeemed().await, 1);
        shop.assert_books_balance().await;
    }
}

#[tokio::test]
async fn a15_a_code_is_refused_with_the_reason() {
    for (columns, values, reason) in [
        (
            "kind, value, is_active",
            "'percent', 10, false",
            "not_active",
        ),
        (
            "kind, value, starts_at",
            "'percent', 10, clock_now() + interval '1 hour'",
            "not_started",
        ),
        (
            "kind, value, ends_at",
            "'percent', 10, clock_now()",
            "ended",
        ),
        (
            "kind, value, currency",
            "'percent', 10, 'USD'",
            "wrong_currency",
        ),
        (
            "kind, value, currency, min_subtotal",
            "'percent', 10, 'GHS', 2001",
            "below_minimum",
        ),
    ] {
        let shop = with_promotion(columns, values).await;
        assert_eq!(shop.use_code(1, 200).await, Err(reason.into()));
        assert_eq!(shop.redeemed().await, 0);
        assert_eq!(shop.number("select count(*) from orders").await, 0);
        assert_eq!(shop.stock("MUG-1").await, (1_000, 0, 0));
    }
    let shop = with_customers().await;
    assert_eq!(shop.use_code(1, 0).await, Err("unknown_code".into()));
}

#[tokio::test]
async fn a15_a_customer_uses_a_code_as_often_as_it_says_and_a_guest_must_be_known() {
    let shop = with_promotion("kind, value, max_per_customer", "'percent', 10, 1").await;
    assert_eq!(shop.use_code(1, 200).await, Ok(()));
    assert_eq!(
        shop.use_code(1, 200).await,
        Err("used_up_by_customer".into())
    );
    assert_eq!(shop.use_code(2, 200).await, Ok(()));
    let guest = order_by_hand(1, 2, "stripe", Some(("tea", 200)))
        .replace("'x',\n             1,", "'x', null,");
    assert_eq!(shop.sql(&guest).await, Err("P0PRM".into()));
    let known = |mail: &str| {
        guest
            .replace("customer_id", "customer_email, customer_id")
            .replace("'x', null,", &format!("'x', '{mail}', null,"))
    };
    shop.run(&known("a@example.com")).await;
    assert_eq!(
        shop.sql(&known("A@Example.com")).await,
        Err("P0PRM".into()),
        "the same address"
    );
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a15_a_use_is_given_back_once_when_its_order_is_closed() {
    let shop = with_promotion("kind, value, max_redemptions", "'percent', 10, 1").await;
    assert_eq!(shop.use_code(1, 200).await, Ok(()));
    assert_eq!(shop.use_code(2, 200).await, Err("used_up".into()));
    for _ in 0..2 {
        orders::cancel(shop.pool(), SHOP, 1, "Ama", "no")
            .await
            .unwrap();
    }
    assert_eq!(shop.redeemed().await, 0);
    assert_eq!(shop.use_code(2, 200).await, Ok(()));
    let second = "select max(order_id) from orders";
    let second = shop.number(second).await;
    shop.run(&format!(
        "update orders set expires_at = clock_now() where order_id = {second};
         select sp_expire_reservations()"
    ))
    .await;
    assert_eq!(shop.redeemed().await, 0);

    assert_eq!(shop.use_code(1, 200).await, Ok(()));
    let third = shop.number("select max(order_id) from orders").await;
    let fail = format!(
        "select from record_payment_event('stripe', 'ev_1', 'failed', p_order_id => {third})"
    );
    shop.run(&fail).await;
    assert_eq!(shop.redeemed().await, 0, "a failed payment frees the code");
    shop.run(&format!("select open_payment({third}, 'stripe', 'pi_2')"))
        .await;
    assert_eq!(shop.redeemed().await, 1, "a new attempt uses it again");
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a15_the_last_use_of_a_code_goes_to_one_of_many() {
    let shop = with_promotion("kind, value, max_redemptions", "'percent', 10, 3").await;
    let pool = shop.db.pool_of(12);
    let mut running = JoinSet::new();
    for number in 0..24 {
        let pool = pool.clone();
        let order = order_by_hand(1 + number % 2, 2, "cod", Some(("TEA", 200)));
        running.spawn(async move {
            let done = sqlx::raw_sql(AssertSqlSafe(order)).execute(&pool).await;
            done.map(|_| ()).map_err(|error| sqlstate(&error))
        });
    }
    let tried = running.join_all().await;
    assert_eq!(tried.iter().filter(|tried| tried.is_ok()).count(), 3);
    let mut refused = tried.iter().filter_map(|tried| tried.as_ref().err());
    assert!(refused.all(|state| state == "P0PRM"), "{tried:?}");
    assert_eq!(shop.redeemed().await, 3);
    assert_eq!(shop.number("select count(*) from orders").await, 3);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a15_nobody_counts_uses_by_hand() {
    let shop = with_promotion("kind, value, max_redemptions", "'percent', 10, 1").await;
    assert_eq!(shop.use_code(1, 200).await, Ok(()));
    shop.run(&order_by_hand(1, 1, "stripe", None)).await;
    let use_by_hand = "insert into promo_redemptions (promotion_id, order_id, currency,
        discount_amount) values (1, 2, 'GHS', 5)";
    for (text, expected) in [
        (use_by_hand, "23514"),
        ("update promotions set redeemed = 0", "42501"),
        ("update promotions set code = 'X'", "42501"),
        (
            "insert into promotions (code, kind, value, redeemed) values ('B', 'percent', 1, 1)",
            "42501",
        ),
        (
            "insert into promotions (code, kind, value) values ('B', 'percent', 101)",
            "23514",
        ),
        (
            "insert into promotions (code, kind, value) values ('B', 'fixed', 5)",
            "23514",
        ),
        (
            "insert into promotions (code, kind, value) values ('TEA', 'percent', 5)",
            "23505",
        ),
        ("delete from promo_redemptions", "42501"),
        ("update promo_redemptions set discount_amount = 1", "42501"),
    ] {
        assert_eq!(shop.sql(text).await, Err(expected.into()), "{text}");
    }
    shop.run("update promo_redemptions set returned_at = clock_now()")
        .await;
    let again = "update promo_redemptions set returned_at = null";
    assert_eq!(shop.sql(again).await, Err("42501".into()));
    assert_eq!(shop.redeemed().await, 0);
    shop.assert_books_balance().await;
}
