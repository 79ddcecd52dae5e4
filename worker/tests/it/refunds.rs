//! Money that goes back, by the providers that took it.

use std::time::Duration;

use serde_json::Value;
use sqlx::AssertSqlSafe;
use stevedore_providers::{RazorpaySettings, StripeSettings};
use stevedore_simulator::{Fault, FaultRule};
use stevedore_testkit::wait_for;

use crate::shop::{GOOD_NUMBER, Shop, order};

/// Sets the shop up with Stripe and Razorpay.
pub fn know_refunds(shop: &mut Shop) {
    let key = shop.simulator.at_ishare_api_key().to_owned();
    let timeout = Duration::from_millis(500);
    shop.settings.providers.stripe = StripeSettings {
        stripe_secret_key: Some(key.clone().into()),
        stripe_api_url: shop.simulator.vendor_url("stripe"),
        stripe_timeout: timeout,
        ..StripeSettings::default()
    };
    shop.settings.providers.razorpay = RazorpaySettings {
        razorpay_key_id: Some(key.clone()),
        razorpay_key_secret: Some(key.into()),
        razorpay_api_url: shop.simulator.vendor_url("razorpay"),
        razorpay_timeout: timeout,
        ..RazorpaySettings::default()
    };
}

/// A shop with an order that was paid by this provider.
async fn paid(provider: &str, payment: &str) -> (Shop, i64) {
    let mut shop = Shop::new().await;
    know_refunds(&mut shop);
    let soon = Duration::from_millis(20);
    shop.settings.refunds.refund_retry_delays = vec![soon];
    shop.settings.refunds.refund_ask_again = soon;
    let mut order = order(GOOD_NUMBER);
    order["payment_method"] = Value::from(provider);
    let order_id = shop.place(order).await;
    run(
        &shop,
        format!(
            "select record_payment_event('{provider}', 'evt_paid', 'captured',
               p_order_id => {order_id}, p_payment_ref => '{payment}')"
        ),
    )
    .await;
    (shop, order_id)
}

async fn run(shop: &Shop, sql: String) {
    sqlx::query(AssertSqlSafe(sql))
        .execute(shop.pool())
        .await
        .expect("a statement");
}

async fn refund(shop: &Shop, order_id: i64, amount: i64, key: &str) {
    let sql = format!("select request_refund({order_id}, {amount}, 'broken', '{key}', 'kofi')");
    run(shop, sql).await;
}

async fn states(shop: &Shop) -> String {
    let sql = "select string_agg(status, ' ' order by refund_id) from refunds";
    sqlx::query_scalar(sql)
        .fetch_one(shop.pool())
        .await
        .expect("states")
}

async fn wait_for_states(shop: &Shop, expected: &str) {
    wait_for(&format!("refunds to be {expected}"), async || {
        (states(shop).await == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn f4_refunds_in_part_reach_the_provider_once_each_through_lost_answers() {
    for (provider, payment) in [("stripe", "pi_good"), ("razorpay", "pay_good")] {
        let (shop, order_id) = paid(provider, payment).await;
        for fault in [
            Fault::AcceptedSilence,
            Fault::ServerError,
            Fault::AcceptedCut,
        ] {
            shop.simulator
                .plan(FaultRule::always(fault).at(provider).first(1));
        }
        refund(&shop, order_id, 200, "first").await;
        refund(&shop, order_id, 200, "first").await;
        refund(&shop, order_id, 280, "rest").await;
        let worker = shop.worker();
        wait_for_states(&shop, "succeeded succeeded").await;
        worker.stop().await;
        let state = shop.simulator.state();
        let given = if provider == "stripe" {
            state.stripe
        } else {
            state.razorpay
        };
        assert_eq!((given.amount, given.duplicates), (480, 0), "{provider}");
        let left = "select captured_amount - refunded_amount from payments";
        assert_eq!(shop.number(left).await, 0);
        shop.assert_books_balance().await;
    }
}

#[tokio::test]
async fn f4_a_refund_that_banks_are_at_is_asked_for_until_it_is_over() {
    let (shop, order_id) = paid("stripe", "pi_pending").await;
    refund(&shop, order_id, 480, "all").await;
    let worker = shop.worker();
    wait_for_states(&shop, "succeeded").await;
    worker.stop().await;
    assert_eq!(shop.simulator.state().stripe.placing_calls, 1);
}

#[tokio::test]
async fn f4_a_refused_refund_is_failed_at_once_with_an_error_on_record() {
    let (shop, order_id) = paid("razorpay", "pay_refunded").await;
    refund(&shop, order_id, 480, "all").await;
    let worker = shop.worker();
    wait_for_states(&shop, "failed").await;
    worker.stop().await;
    let errors = shop.errors(order_id).await;
    let error = errors.iter().find(|error| error.0 == "payment");
    assert_eq!(
        error.map(|error| error.2.as_str()),
        Some("BAD_REQUEST_ERROR")
    );
}

#[tokio::test]
async fn f4_what_nobody_knows_stays_pending_until_somebody_has_it_asked_for_again() {
    let (mut shop, order_id) = paid("stripe", "pi_good").await;
    shop.settings.refunds.refund_attempts = std::num::NonZeroU16::new(1).expect("not zero");
    shop.simulator.plan(
        FaultRule::always(Fault::AcceptedSilence)
            .at("stripe")
            .first(1),
    );
    refund(&shop, order_id, 480, "all").await;
    let worker = shop.worker();
    wait_for("an error on record", async || {
        let errors = shop.errors(order_id).await;
        errors
            .iter()
            .any(|error| error.0 == "payment")
            .then_some(())
    })
    .await;
    assert_eq!(states(&shop).await, "pending");
    run(
        &shop,
        "select sp_retry_refund(refund_id) from refunds".to_owned(),
    )
    .await;
    wait_for_states(&shop, "succeeded").await;
    worker.stop().await;
    let stripe = shop.simulator.state().stripe;
    assert_eq!((stripe.placing_calls, stripe.amount), (1, 480));
}
