//! The whole path of an order, from its confirmation to its last mail.

use std::num::NonZeroU16;

use serde_json::Value;
use stevedore_model::{TenantId, fulfillments, orders};
use stevedore_simulator::{Fault, FaultRule};
use stevedore_testkit::wait_for;

use crate::shop::{GOOD_NUMBER, Shop, subjects};

#[tokio::test]
async fn an_order_is_delivered_once_and_its_customer_told_twice() {
    let shop = Shop::new().await;
    let order_id = shop.order(GOOD_NUMBER).await;
    let worker = shop.worker();
    let view = shop.wait_for_status(order_id, "delivered").await;
    let mails = shop.wait_for_mails(2).await;
    let number = &view.order_number;
    let expected = [
        format!("Your order {number} has been delivered"),
        format!("Your order {number} is confirmed"),
    ];
    assert_eq!(subjects(&mails), expected);
    assert!(mails.iter().all(|mail| mail.to == ["ama@example.com"]));
    shop.wait_until_idle().await;
    worker.stop().await;

    assert_eq!(shop.fulfilled(), (1, 0));
    shop.assert_books_balance().await;
    let logs: Vec<Value> = sqlx::query_scalar("select to_jsonb(l) from fulfillment_logs as l")
        .fetch_all(shop.pool())
        .await
        .expect("logs");
    let actions: Vec<_> = logs
        .iter()
        .filter_map(|log| log["action"].as_str())
        .collect();
    assert_eq!(actions, ["trigger", "verify"]);
    let kept = format!("{logs:?}");
    assert!(!kept.contains(GOOD_NUMBER) && !kept.contains(shop.simulator.at_ishare_api_key()));
    let sent = "select count(*) from notification_queue
        where status = 'sent' and provider_message_id like '<notification-%'";
    assert_eq!(shop.number(sent).await, 2);
}

#[tokio::test]
async fn server_errors_are_retried_until_it_works() {
    let shop = Shop::new().await;
    let order_id = shop.order("0270000500").await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "delivered").await;
    worker.stop().await;
    assert_eq!(shop.fulfilled(), (1, 0));
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 3);
}

#[tokio::test]
async fn a_refused_number_holds_the_order_at_once_and_tells_the_customer() {
    let shop = Shop::new().await;
    let order_id = shop.order("0270000422").await;
    let worker = shop.worker();
    let view = shop.wait_for_status(order_id, "on_hold").await;
    let mails = shop.wait_for_mails(2).await;
    assert_eq!(
        subjects(&mails)[1],
        format!("Your order {} is delayed", view.order_number)
    );
    shop.wait_until_idle().await;
    worker.stop().await;
    let error = ("delivery".to_owned(), "medium".to_owned(), "422".to_owned());
    assert_eq!(shop.errors(order_id).await, [error]);
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 1);
    assert_eq!(shop.number("select count(*) from queue.dead_jobs").await, 0);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_foreign_number_is_refused_before_any_call() {
    let shop = Shop::new().await;
    let order_id = shop.order("+442079460958").await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "on_hold").await;
    worker.stop().await;
    assert_eq!(shop.errors(order_id).await[0].2, "invalid_phone");
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 0);
}

#[tokio::test]
async fn an_answer_lost_after_success_makes_exactly_one_provider_order() {
    let shop = Shop::new().await;
    let lost = [
        "0270000504",
        "0270000505",
        "0270000501",
        "0270000201",
        "0270000413",
    ];
    let mut orders = Vec::new();
    for phone in lost {
        orders.push(shop.order(phone).await);
    }
    let worker = shop.worker();
    for order_id in orders {
        shop.wait_for_status(order_id, "delivered").await;
    }
    worker.stop().await;
    assert_eq!(shop.fulfilled(), (5, 0));
}

#[tokio::test]
async fn a_provider_that_stays_broken_holds_the_order_after_the_last_attempt() {
    let shop = Shop::new().await;
    let order_id = shop.order("0270000599").await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "on_hold").await;
    shop.wait_for_mails(2).await;
    worker.stop().await;
    let error = (
        "api".to_owned(),
        "high".to_owned(),
        "provider_transient".to_owned(),
    );
    assert_eq!(shop.errors(order_id).await, [error]);
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 3);
    let states = "select count(*) from fulfillments where status = 'failed'";
    assert_eq!(shop.number(states).await, 1);
}

#[tokio::test]
async fn refused_credentials_are_a_critical_error() {
    let mut shop = Shop::new().await;
    shop.settings.providers.at_ishare.at_ishare_api_key = Some("wrong-key".to_owned().into());
    let order_id = shop.order(GOOD_NUMBER).await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "on_hold").await;
    worker.stop().await;
    let error = (
        "api".to_owned(),
        "critical".to_owned(),
        "provider_unauthorized".to_owned(),
    );
    assert_eq!(shop.errors(order_id).await, [error]);
}

#[tokio::test]
async fn an_outcome_that_nobody_knows_is_parked_and_never_sent_again() {
    let mut shop = Shop::new().await;
    shop.settings.fulfilment.fulfilment_attempts = NonZeroU16::new(2).expect("not zero");
    shop.simulator
        .plan(FaultRule::always(Fault::AcceptedSilence));
    shop.simulator.plan(FaultRule::always(Fault::StatusError));
    let order_id = shop.order(GOOD_NUMBER).await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "on_hold").await;
    shop.wait_until_idle().await;
    worker.stop().await;
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 1);
    assert_eq!(shop.errors(order_id).await[0].0, "unknown");
    let parked = "select count(*) from fulfillments where status = 'on_hold' and lookup_first";
    assert_eq!(shop.number(parked).await, 1);
    let cancelled = orders::cancel(
        shop.pool(),
        TenantId::SHOP,
        order_id,
        "customer",
        "no patience",
    )
    .await;
    assert!(cancelled.is_err(), "nobody knows whether it was delivered");
}

#[tokio::test]
async fn a_parked_order_that_is_resumed_is_looked_up_not_sent_again() {
    let mut shop = Shop::new().await;
    shop.settings.fulfilment.fulfilment_attempts = NonZeroU16::new(1).expect("not zero");
    // The first attempt asks once after the silence; the second attempt's questions work.
    shop.simulator
        .plan(FaultRule::always(Fault::AcceptedSilence).first(1));
    shop.simulator
        .plan(FaultRule::always(Fault::StatusError).first(1));
    let order_id = shop.order(GOOD_NUMBER).await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "on_hold").await;
    orders::resume(shop.pool(), TenantId::SHOP, order_id, "kofi", None)
        .await
        .expect("resumed");
    shop.wait_for_status(order_id, "delivered").await;
    worker.stop().await;
    assert_eq!(shop.fulfilled(), (1, 0));
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 1);
}

#[tokio::test]
async fn a_slow_provider_is_asked_until_it_is_done() {
    let shop = Shop::new().await;
    let order_id = shop.order("0270000202").await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "delivered").await;
    worker.stop().await;
    assert_eq!(shop.fulfilled(), (1, 0));
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 1);
    assert!(shop.errors(order_id).await.is_empty());
}

#[tokio::test]
async fn an_order_cancelled_before_its_job_began_reaches_no_provider() {
    let shop = Shop::new().await;
    let order_id = shop.order(GOOD_NUMBER).await;
    orders::cancel(
        shop.pool(),
        TenantId::SHOP,
        order_id,
        "customer",
        "ordered twice",
    )
    .await
    .expect("cancelled");
    let worker = shop.worker();
    let mails = shop.wait_for_mails(2).await;
    assert!(
        subjects(&mails)[0].ends_with("has been cancelled"),
        "{:?}",
        subjects(&mails)
    );
    assert!(
        mails[0]
            .text
            .as_deref()
            .is_some_and(|text| text.contains("Reason: ordered twice."))
    );
    shop.wait_until_idle().await;
    worker.stop().await;
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 0);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_crash_between_the_providers_yes_and_our_commit_is_looked_up() {
    let shop = Shop::new().await;
    let order_id = shop.order(GOOD_NUMBER).await;
    let fulfillment_id = shop.view(order_id).await.fulfillments[0].fulfillment_id;
    // What a worker had done when it was killed: begun, and heard the provider's yes.
    let work = fulfillments::begin(shop.pool(), TenantId::SHOP, fulfillment_id)
        .await
        .expect("a query")
        .expect("work");
    let body = serde_json::json!({
        "recipient_number": GOOD_NUMBER,
        "gig": "1",
        "network": "MTN",
        "agent_api": shop.simulator.at_ishare_api_key(),
        "reference_id": format!("{}-1", work.reference),
    });
    let url = format!("{}/initiate.php", shop.simulator.at_ishare_url());
    // In a process of its own, no worker has chosen the TLS library yet.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .expect("a client");
    client
        .post(url)
        .json(&body)
        .send()
        .await
        .expect("an answer");

    let worker = shop.worker();
    shop.wait_for_status(order_id, "delivered").await;
    worker.stop().await;
    assert_eq!(shop.fulfilled(), (1, 0));
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 1);
}

#[tokio::test]
async fn an_attempt_that_was_overtaken_knows_it() {
    let shop = Shop::new().await;
    let order_id = shop.order(GOOD_NUMBER).await;
    let id = shop.view(order_id).await.fulfillments[0].fulfillment_id;
    let begin = async || {
        let work = fulfillments::begin(shop.pool(), TenantId::SHOP, id).await;
        work.expect("a query").expect("work")
    };
    let (first, second) = (begin().await, begin().await);
    assert!(!first.resumed && second.resumed);
    let is_current = async |attempt| {
        fulfillments::is_current(shop.pool(), TenantId::SHOP, id, attempt)
            .await
            .expect("a query")
    };
    assert!(!is_current(first.attempt).await);
    assert!(is_current(second.attempt).await);
}

#[tokio::test]
async fn two_workers_share_twenty_orders_and_deliver_each_once() {
    let shop = Shop::new().await;
    shop.execute("select sp_receive_stock('DATA-MTN-1', 'ACC', 50, 'delivery')")
        .await;
    let mut orders = Vec::new();
    for _ in 0..20 {
        orders.push(shop.order(GOOD_NUMBER).await);
    }
    let workers = [shop.worker(), shop.worker()];
    for order_id in orders {
        shop.wait_for_status(order_id, "delivered").await;
    }
    let received = wait_for("40 mails", async || {
        let mail = shop.simulator.state().mail;
        (mail.received >= 40).then_some((mail.received, mail.duplicates))
    })
    .await;
    assert_eq!(received, (40, 0));
    shop.wait_until_idle().await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(shop.fulfilled(), (20, 0));
    shop.assert_books_balance().await;
}
