//! What carriers and providers tell without being asked, from the inbox to its effect.

use std::time::Duration;

use serde_json::json;
use stevedore_model::TenantId;
use stevedore_model::catalog::{self, NewProduct, NewVariant, VariantKind};
use stevedore_model::inventory;
use stevedore_model::words::{Currency, Money};
use stevedore_simulator::CARRIER_USER;
use stevedore_simulator::SimulatedCarrier::RoyalMail;
use stevedore_testkit::wait_for;

use crate::shop::{GOOD_NUMBER, Shop};

const TENANT: TenantId = TenantId::SHOP;

/// A shop that knows DPD and Shiprocket, and has a parcel at each.
async fn shipping() -> Shop {
    let mut shop = Shop::new().await;
    let providers = &mut shop.settings.providers;
    providers.carriers.dpd.dpd_bucode = Some("010".to_owned());
    providers.shiprocket.shiprocket_email = Some("api@example.com".to_owned());
    providers.shiprocket.shiprocket_password = Some("secret".to_owned().into());
    providers.shiprocket.shiprocket_pickup_location = Some("Primary".to_owned());
    shop.order(GOOD_NUMBER).await;
    shop.execute(
        "insert into shipments (order_id, fulfillment_id, carrier_code, tracking_number)
        select order_id, fulfillment_id, carrier, number
        from fulfillments, (values ('dpd', '01005012345678'), ('shiprocket', '19041424751540'))
          as parcel (carrier, number)",
    )
    .await;
    // Nobody asks while the test looks.
    shop.execute("update tracking_schedule set next_poll_at = clock_now() + interval '1 day'")
        .await;
    shop
}

async fn state(shop: &Shop, carrier: &str) -> (String, i64) {
    sqlx::query_as(
        "select s.status, (select count(*) from tracking_events as e
            where e.shipment_id = s.shipment_id and e.source = 'webhook')
        from shipments as s where s.carrier_code = $1",
    )
    .bind(carrier)
    .fetch_one(shop.pool())
    .await
    .expect("a parcel")
}

fn dpd(push: u32, status: &str, hour: u32) -> String {
    format!(
        "pushid={push}&pnr=01005012345678&status={status}&statusdate=20112026{hour:02}0000\
        &depot=0176"
    )
}

#[tokio::test]
async fn e3_pushes_move_a_parcel_forward_in_whatever_order_and_however_often_they_come() {
    let shop = shipping().await;
    let worker = shop.worker();
    for (push, status, hour, expected, known) in [
        (2, "delivery_carload", 8, "out_for_delivery", 1),
        (1, "pickup_depot", 5, "out_for_delivery", 2),
        (3, "delivery_customer", 11, "delivered", 3),
        (2, "delivery_carload", 8, "delivered", 3),
    ] {
        // A push sent again after its row was cleaned up is an event of its own.
        let name = format!("{push}:{expected}");
        let event = shop
            .receive_text("dpd", &name, &dpd(push, status, hour))
            .await;
        shop.wait_for_event(event, "processed").await;
        let now = state(&shop, "dpd").await;
        assert_eq!(now, (expected.to_owned(), known), "{status}");
    }
    let parcel = json!({
        "awb": "19041424751540", "shipment_status": "IN TRANSIT", "shipment_status_id": 18,
        "current_timestamp": "21 11 2026 11:43:52", "etd": "2026-11-25 15:40:19", "scans": [],
    });
    let event = shop
        .receive_text("shiprocket", "1", &parcel.to_string())
        .await;
    shop.wait_for_event(event, "processed").await;
    assert_eq!(
        state(&shop, "shiprocket").await,
        ("in_transit".to_owned(), 1)
    );
    let asked_soon = "select count(*) from tracking_schedule as t
        join shipments as s using (tenant_id, shipment_id)
        where s.carrier_code = 'shiprocket' and t.next_poll_at < clock_now() + interval '14 hours'
          and s.estimated_delivery_at = '2026-11-25 15:40:19+05:30'";
    assert_eq!(
        shop.number(asked_soon).await,
        1,
        "the schedule follows the news"
    );
    worker.stop().await;
}

#[tokio::test]
async fn e3_pushes_about_parcels_of_others_are_ignored_and_unreadable_ones_are_dead() {
    let mut shop = shipping().await;
    shop.settings.inbox.webhook_attempts = 2.try_into().expect("more than none");
    let worker = shop.worker();
    let others = dpd(1, "pickup_depot", 5).replace("01005012345678", "99");
    let event = shop.receive_text("dpd", "1", &others).await;
    let ignored = shop.wait_for_event(event, "ignored").await;
    assert_eq!(
        ignored.attempts, 2,
        "tried again, in case the parcel becomes known"
    );
    assert!(ignored.error.expect("why").contains("no parcel of ours"));
    let event = shop.receive_text("dpd", "2", &dpd(2, "sideways", 5)).await;
    let ignored = shop.wait_for_event(event, "ignored").await;
    assert!(ignored.error.expect("why").contains("mean nothing"));
    let event = shop.receive_text("dpd", "3", "hello").await;
    shop.wait_for_event(event, "dead").await;
    worker.stop().await;
    assert_eq!(state(&shop, "dpd").await, ("pending".to_owned(), 0));
}

#[tokio::test]
async fn e3_a_push_of_royal_mail_has_the_parcels_that_it_names_asked_for_at_once() {
    let mut shop = Shop::new().await;
    let royal_mail = &mut shop.settings.providers.carriers.royal_mail;
    royal_mail.royal_mail_client_id = Some(CARRIER_USER.to_owned());
    royal_mail.royal_mail_client_secret =
        Some(shop.simulator.at_ishare_api_key().to_owned().into());
    royal_mail.royal_mail_api_url = shop.simulator.carrier_url(RoyalMail);
    shop.settings.inbox.webhook_attempts = 1.try_into().expect("more than none");
    shop.settings.upkeep.poll_tracking_every = Duration::from_millis(200);
    shop.order(GOOD_NUMBER).await;
    shop.execute(
        "insert into shipments (order_id, fulfillment_id, carrier_code, tracking_number)
        select order_id, fulfillment_id, 'royal_mail', 'JX123456785GB' from fulfillments",
    )
    .await;
    shop.execute("update tracking_schedule set next_poll_at = clock_now() + interval '1 day'")
        .await;
    let worker = shop.worker();
    let push = |number: &str| json!({"mailPieces": [{"mailPieceId": number}]}).to_string();
    let others = shop
        .receive_text("royal_mail", "1", &push("JX999999995GB"))
        .await;
    shop.wait_for_event(others, "ignored").await;
    let ours = shop
        .receive_text("royal_mail", "2", &push("jx123456785gb"))
        .await;
    shop.wait_for_event(ours, "processed").await;
    // The simulator knows no such parcel, so the look is one that told nothing.
    let looks = "select failures::bigint from tracking_schedule";
    wait_for("Royal Mail to be asked", async || {
        (shop.number(looks).await > 0).then_some(())
    })
    .await;
    shop.execute("delete from tracking_schedule").await;
    let late = shop
        .receive_text("royal_mail", "3", &push("JX123456785GB"))
        .await;
    let ignored = shop.wait_for_event(late, "ignored").await;
    assert!(ignored.error.expect("why").contains("followed no more"));
    worker.stop().await;
}

#[tokio::test]
async fn d3_a_callback_of_prodigi_has_its_order_asked_for_at_once() {
    let mut shop = Shop::new().await;
    let prodigi = &mut shop.settings.providers.prodigi;
    prodigi.prodigi_api_key = Some(shop.simulator.at_ishare_api_key().to_owned().into());
    prodigi.prodigi_api_url = Some(shop.simulator.vendor_url("prodigi"));
    prodigi.prodigi_ask_again = Duration::from_hours(6);
    let order_id = order_a_print(&shop).await;
    let worker = shop.worker();
    let reference: String = wait_for("the order to wait at Prodigi", async || {
        sqlx::query_scalar(
            "select f.reference::text from fulfillments as f
            join queue.jobs as j on j.unique_key = 'fulfil_order:' || f.fulfillment_id
            where f.provider_code = 'prodigi' and j.state = 'scheduled'
              and j.run_at > clock_now() + interval '5 hours'",
        )
        .fetch_optional(shop.pool())
        .await
        .expect("a query")
    })
    .await;
    let order = json!({"id": "ord_1", "merchantReference": reference});
    let callback = json!({"specversion": "1.0", "id": "evt_1", "data": {"order": order}});
    let event = shop
        .receive_text("prodigi", "evt_1", &callback.to_string())
        .await;
    shop.wait_for_event(event, "processed").await;
    shop.wait_for_status(order_id, "shipped").await;
    let late = shop
        .receive_text("prodigi", "evt_2", &callback.to_string())
        .await;
    shop.wait_for_event(late, "ignored").await;
    worker.stop().await;
}

async fn order_a_print(shop: &Shop) -> i64 {
    let product = NewProduct {
        code: "print",
        name: "Print",
    };
    let product_id = catalog::upsert_product(shop.pool(), TENANT, &product).await;
    let variant = NewVariant {
        product_id: product_id.expect("a product"),
        sku: "PRINT",
        title: "Print",
        kind: VariantKind::Physical,
        price: Money {
            amount: 1_250,
            currency: Currency::parse("GBP").expect("a currency"),
        },
        fulfillment_provider: Some("prodigi"),
        requires_recipient_phone: false,
        attributes: json!({"assets": [{"url": "https://shop.example/print.png"}]}),
        track_inventory: true,
        low_stock_threshold: 1,
    };
    let kept = catalog::upsert_variant(shop.pool(), TENANT, &variant).await;
    kept.expect("a variant");
    let received = inventory::receive_stock(shop.pool(), TENANT, "PRINT", "ACC", 1, None).await;
    received.expect("stock");
    let order = json!({
        "customer": {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+447700900123"},
        "currency": "GBP",
        "payment_method": "cod",
        "lines": [{"sku": "PRINT", "quantity": 1}],
        "shipping_address": {
            "recipient": "Ada Lovelace", "phone": "+447700900123", "address": "12 Harbour Street",
            "city": "York", "postal_code": "YO1 7HH", "country": "GB",
        },
    });
    shop.place(order).await
}
