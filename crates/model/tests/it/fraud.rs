//! Fraud rules: orders that a person should see before they are confirmed.

use serde_json::{Value, json};
use stevedore_model::orders;

use crate::shop::{SHOP, Shop, order};
use crate::wallets::{order_by_hand, with_customers};

impl Shop {
    /// Makes one rule the only one that is enabled.
    async fn only_rule(&self, kind: &str, params: Value, score: i64) {
        self.run(&format!(
            "update fraud_rules set is_enabled = false;
             insert into fraud_rules (rule_code, kind, params, score, is_enabled, comment)
             values ('the_rule', '{kind}', '{params}', {score}, true, 'for the test')"
        ))
        .await;
    }

    async fn risk_of(&self, order_id: i64) -> String {
        let risk = format!(
            "select concat_ws(' ', order_status, risk_score) from orders
             where order_id = {order_id}"
        );
        self.text(&risk).await
    }
}

#[tokio::test]
async fn a8_no_rule_is_enabled_until_somebody_does_and_then_each_order_has_a_score() {
    let shop = Shop::stocked(100).await;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    assert_eq!(shop.risk_of(1).await, "confirmed", "not screened");
    let enabled = "select count(*) from fraud_rules where is_enabled";
    assert_eq!(shop.number(enabled).await, 0);
    shop.run("update fraud_rules set is_enabled = true").await;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    assert_eq!(shop.risk_of(2).await, "confirmed 0");
    shop.placed(&order("cod", &[("MUG-1", 60), ("MUG-2", 50)]))
        .await;
    assert_eq!(shop.risk_of(3).await, "confirmed 30", "some risk");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a8_a_risky_order_is_held_with_reasons_and_its_stock_until_a_person_lets_it_go_on() {
    let shop = Shop::stocked(100).await;
    let params = json!({"currency": "GHS", "at_least": 5_000});
    shop.only_rule("high_value", params, 75).await;
    shop.placed(&order("cod", &[("MUG-1", 4)])).await;
    assert_eq!(shop.risk_of(1).await, "confirmed 0");
    shop.placed(&order("cod", &[("MUG-1", 5)])).await;
    assert_eq!(shop.risk_of(2).await, "on_hold 75");
    assert!(shop.fulfillments(2).await.is_empty());
    let hold = "select concat_ws(': ', reason, notes) from order_holds";
    let why = "it costs GHS 5000, the rule starts at 5000";
    assert_eq!(shop.text(hold).await, format!("high_risk_of_fraud: {why}"));
    let risk: Value = serde_json::from_str(&shop.text("select explain_risk(2)").await).unwrap();
    assert_eq!(risk["risk_score"], 75);
    assert_eq!(risk["hold_score"], 70);
    assert_eq!(risk["reasons"][0]["detail"], why);
    assert_eq!(risk["reasons"][0]["comment"], "for the test");
    let kept = "select count(*) from inventory_reservations
        where status = 'reserved' and expires_at > clock_now() + interval '1 hour'";
    assert_eq!(shop.number(kept).await, 1, "the stock is kept meanwhile");

    orders::resume(shop.pool(), SHOP, 2, "boss", None)
        .await
        .unwrap();
    assert_eq!(shop.risk_of(2).await, "confirmed 75");
    assert_eq!(shop.fulfillments(2).await.len(), 1);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a8_paid_orders_are_screened_before_they_are_confirmed_too() {
    let shop = with_customers().await;
    shop.run("select post_wallet_entry('ama', 'top_up', 'GHS', 90000, null, null, 'x')")
        .await;
    let params = json!({"currency": "GHS", "at_least": 5_000});
    shop.only_rule("high_value", params, 75).await;
    shop.run(&order_by_hand(1, 5, "wallet", None)).await;
    assert_eq!(shop.states_of(1).await, "on_hold paid");
    shop.run(&order_by_hand(1, 5, "stripe", None)).await;
    shop.run("select from record_payment_event('stripe', 'ev_1', 'captured', p_order_id => 2)")
        .await;
    assert_eq!(shop.states_of(2).await, "on_hold paid");
    shop.run(&order_by_hand(1, 5, "bank_transfer", None)).await;
    let confirm = |id| orders::confirm(shop.pool(), SHOP, id, "boss", None);
    assert_eq!(confirm(3).await.unwrap().order_status, "on_hold");
    assert_eq!(confirm(3).await.unwrap().order_status, "confirmed");
    orders::resume(shop.pool(), SHOP, 1, "boss", None)
        .await
        .unwrap();
    assert_eq!(shop.states_of(1).await, "confirmed paid");
    orders::cancel(shop.pool(), SHOP, 2, "boss", "stolen card")
        .await
        .unwrap();
    assert_eq!(shop.states_of(2).await, "cancelled paid");
    assert_eq!(shop.number("select sum(amount) from refunds").await, 5_000);
    shop.assert_books_balance().await;
}

/// Each kind of rule, and what it says of the third of three orders.
fn kinds_of_rules() -> [(&'static str, Value, &'static str); 6] {
    [
        (
            "velocity_phone",
            json!({"orders": 2, "minutes": 30}),
            "3 orders with this phone in 30 minutes, the rule allows 2",
        ),
        (
            "velocity_email",
            json!({"orders": 2, "minutes": 30}),
            "3 orders with this email in 30 minutes, the rule allows 2",
        ),
        (
            "velocity_ip",
            json!({"orders": 2, "minutes": 30}),
            "3 orders with this ip in 30 minutes, the rule allows 2",
        ),
        (
            "address_mismatch",
            json!({"field": "country"}),
            "it is billed to another country than it is sent to",
        ),
        ("blocklist", json!({}), "the email domain is blocked: spam"),
        (
            "custom",
            json!({"measure": "line_units", "at_least": 3}),
            "line units: 3, the rule starts at 3",
        ),
    ]
}

#[tokio::test]
async fn a8_each_kind_of_rule_says_why_it_matches() {
    let here = json!({"recipient": "A", "address": "1", "city": "Accra", "country": "GH"});
    let abroad = json!({"recipient": "A", "address": "1", "city": "Lagos", "country": "NG"});
    for (kind, params, why) in kinds_of_rules() {
        let shop = Shop::stocked(100).await;
        shop.only_rule(kind, params, 100).await;
        shop.run(
            "insert into blocklist (kind, value, reason, expires_at) values
               ('email_domain', 'bad.example', 'spam', null),
               ('phone', '+233241234567', 'long ago', clock_now())",
        )
        .await;
        for number in 1..=3 {
            let mail = if number == 3 {
                "x@Bad.example"
            } else {
                "x@ok.example"
            };
            let mail = if kind == "velocity_email" {
                "x@ok.example"
            } else {
                mail
            };
            let billed = if number == 3 { &abroad } else { &here };
            shop.run(&format!(
                "with new as (
                   insert into orders (payment_method, currency, subtotal, total_amount,
                     customer_name, customer_email, customer_phone, ip_address, shipping_address,
                     billing_address)
                   values ('stripe', 'GHS', {number}000, {number}000, 'x', '{mail}',
                     '+233241234567', '10.0.0.1', '{here}', '{billed}')
                   returning order_id)
                 insert into order_items (order_id, variant_id, line_number, sku, title, quantity,
                   unit_price, total_price)
                 select new.order_id, variant_id, 1, sku, title, {number}, 1000, {number}000
                 from new, product_variants where sku = 'MUG-1'"
            ))
            .await;
            shop.run(&format!("select sp_confirm_order({number}, 'boss')"))
                .await;
        }
        assert_eq!(shop.risk_of(2).await, "confirmed 0", "{kind}");
        assert_eq!(shop.risk_of(3).await, "on_hold 100", "{kind}");
        let detail = "select detail from order_risk_reasons";
        assert_eq!(shop.text(detail).await, why);
    }
}

#[tokio::test]
async fn a8_rules_that_make_no_sense_are_refused() {
    let shop = Shop::open().await;
    for (kind, params) in [
        ("high_value", json!({"at_least": 5})),
        ("high_value", json!({"currency": "GHS", "at_least": "5"})),
        ("velocity_ip", json!({"orders": 5})),
        ("velocity_ip", json!({"orders": 5, "minutes": 100_000})),
        ("address_mismatch", json!({"field": "shoe size"})),
        ("custom", json!({"measure": "mood", "at_least": 1})),
        ("custom", json!([])),
        ("guess", json!({})),
    ] {
        let rule = format!(
            "insert into fraud_rules (rule_code, kind, params, score)
             values ('x', '{kind}', '{params}', 10)"
        );
        assert_eq!(
            shop.sql(&rule).await,
            Err("23514".into()),
            "{kind} {params}"
        );
    }
}
