//! Orders that are cancelled after their provider got them.

use std::time::Duration;

use stevedore_model::TenantId;
use stevedore_model::orders::{self, OrderView};
use stevedore_providers::{Cancellation, IdempotencyKey, Journal, Reference};
use stevedore_simulator::{Fault, FaultRule};
use stevedore_testkit::wait_for;
use stevedore_worker::Environment;

use crate::conversation::request;
use crate::shop::{GOOD_NUMBER, Shop};
use crate::vendors::{know_providers, parcel, print, print_and_box};

/// Longer than a test: whoever waits so long does nothing by itself.
const LATER: Duration = Duration::from_hours(1);

async fn shop() -> Shop {
    let mut shop = Shop::new().await;
    know_providers(&mut shop);
    print_and_box(&shop).await;
    shop.settings.providers.prodigi.prodigi_ask_again = LATER;
    shop.settings.fulfilment.fulfilment_retry_delays = vec![LATER];
    shop
}

async fn cancel(shop: &Shop, order_id: i64) -> OrderView {
    let tenant = TenantId::SHOP;
    orders::cancel(shop.pool(), tenant, order_id, "Ama", "too many")
        .await
        .expect("a provider is asked")
}

/// Waits until the order's fulfilment is so.
async fn fulfilment(shop: &Shop, order_id: i64, status: &str) {
    wait_for(&format!("the fulfilment to be {status}"), async || {
        let view = shop.view(order_id).await;
        (view.fulfillments[0].status == status).then_some(())
    })
    .await;
}

#[tokio::test]
async fn d7_an_order_that_its_provider_has_is_cancelled_there_and_then_here() {
    let shop = shop().await;
    // Shiprocket takes it, and finds no courier for it.
    let rule = FaultRule::always(Fault::ServerError).at("shiprocket");
    shop.simulator.plan(rule.path("/courier/assign/awb"));
    let order_id = shop.place(parcel()).await;
    let worker = shop.worker();
    wait_for("the first attempt to end", async || {
        let failures = "select sum(failures)::bigint from fulfillments";
        (shop.number(failures).await == 1).then_some(())
    })
    .await;

    let view = cancel(&shop, order_id).await;
    assert_eq!(view.order_status, "processing", "nobody knows yet");
    let view = shop.wait_for_status(order_id, "cancelled").await;
    assert_eq!(view.fulfillments[0].status, "cancelled");
    let by: Option<String> = sqlx::query_scalar("select cancelled_by from orders")
        .fetch_one(shop.pool())
        .await
        .expect("an order");
    assert_eq!(by.as_deref(), Some("Ama"));
    let logged = "select count(*) from fulfillment_logs
        where action = 'cancel' and status = 'success' and api_response::text like '%cancelled%'";
    assert_eq!(shop.number(logged).await, 1);
    shop.wait_until_idle().await;
    worker.stop().await;
    assert_eq!(shop.simulator.state().shiprocket.duplicates, 0);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn d7_a_provider_that_gives_nothing_up_delivers_and_a_person_hears_of_it() {
    let shop = shop().await;
    let order_id = shop.place(print()).await;
    let worker = shop.worker();
    fulfilment(&shop, order_id, "accepted").await;

    // It is sent by the second look, and the first was taken when it was placed.
    cancel(&shop, order_id).await;
    let view = shop.wait_for_status(order_id, "shipped").await;
    assert_eq!(view.fulfillments[0].status, "shipped");
    let refused = ["delivery", "medium", "cancel_too_late"].map(str::to_owned);
    assert_eq!(shop.errors(order_id).await, [refused.into()]);
    let tickets = "select count(*) from tickets where category = 'delivery'";
    assert_eq!(shop.number(tickets).await, 1);
    let again = orders::cancel(shop.pool(), TenantId::SHOP, order_id, "Ama", "too many").await;
    assert!(again.is_err(), "it has left");
    shop.wait_until_idle().await;
    worker.stop().await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn d7_the_database_has_exactly_those_providers_asked_that_can_be_asked() {
    let shop = shop().await;
    let env = Environment::new(&shop.settings, shop.pool()).expect("settings");
    assert_eq!(env.providers.len(), 3, "a provider is not configured here");
    let reference = Reference {
        key: IdempotencyKey::new("nothing-has-this").expect("a key"),
        provider_order_id: None,
    };
    for (code, provider) in &env.providers {
        sqlx::query("update product_variants set fulfillment_provider = $1")
            .bind(code)
            .execute(shop.pool())
            .await
            .expect("a catalogue");
        let order_id = shop.order(GOOD_NUMBER).await;
        let is_asked: bool = sqlx::query_scalar(
            "with sent as (
              update fulfillments set status = 'submitted'
              where order_id = $1 returning tenant_id)
            select ask_to_cancel(tenant_id, $1, 'Ama', 'too many') from sent",
        )
        .bind(order_id)
        .fetch_one(shop.pool())
        .await
        .expect("an answer");
        let answer = provider
            .cancel(&request(), &reference, &mut Journal::new())
            .await;
        let can_ask = !matches!(answer, Ok(Cancellation::NotOffered));
        assert_eq!(is_asked, can_ask, "{code}");
    }
}
