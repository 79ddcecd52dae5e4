//! Routing rules: what they say of service and account reaches the provider.

use std::time::Duration;

use stevedore_testkit::wait_for;

use crate::shop::Shop;
use crate::vendors::{know_providers, parcel, print, print_and_box};

async fn shop() -> Shop {
    let mut shop = Shop::new().await;
    know_providers(&mut shop);
    print_and_box(&shop).await;
    shop
}

#[tokio::test]
async fn d1_a_rules_service_is_what_the_provider_is_asked_for() {
    let shop = shop().await;
    shop.execute(
        "insert into routing_rules (product_kind, countries, provider_code, service)
        values ('physical', '{GB}', 'prodigi', 'Overnight')",
    )
    .await;
    shop.place(print()).await;
    let worker = shop.worker();
    wait_for("the print to be made", async || {
        (shop.simulator.state().prodigi.orders.len() == 1).then_some(())
    })
    .await;
    wait_for("what was asked for to be on record", async || {
        let asked = r#"select count(*) from fulfillment_logs
            where action = 'trigger'
              and api_request::text like '%"shippingMethod": "Overnight"%'"#;
        (shop.number(asked).await > 0).then_some(())
    })
    .await;
    worker.stop().await;
}

#[tokio::test]
async fn d1_a_rules_account_waits_for_the_worker_that_has_it() {
    let mut shop = shop().await;
    shop.settings.fulfilment.fulfilment_retry_delays = vec![Duration::from_millis(50)];
    shop.execute(
        "insert into routing_rules (product_kind, countries, provider_code, account)
        values ('physical', '{IN}', 'shiprocket', 'second@shop.example')",
    )
    .await;
    shop.place(parcel()).await;
    let first = shop.worker();
    wait_for(
        "the worker to find that it has another account",
        async || {
            let refused = "select count(*) from queue.jobs
            where kind = 'fulfil_order' and last_error like '%our account second@shop.example%'";
            (shop.number(refused).await > 0).then_some(())
        },
    )
    .await;
    first.stop().await;
    assert!(shop.simulator.state().shiprocket.orders.is_empty());
    shop.settings.providers.shiprocket.shiprocket_email = Some("second@shop.example".to_owned());
    let second = shop.worker();
    wait_for("the box to be booked", async || {
        (shop.simulator.state().shiprocket.orders.len() == 1).then_some(())
    })
    .await;
    second.stop().await;
}
