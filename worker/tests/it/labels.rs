//! The own warehouse over all of it: packed, labelled by a real carrier's wire, given back.

use serde_json::{Value, json};
use stevedore_model::TenantId;
use stevedore_model::catalog::{self, NewProduct, NewVariant, VariantKind};
use stevedore_model::inventory;
use stevedore_model::words::{Currency, Money};
use stevedore_simulator::SimulatedCarrier::{RoyalMail, Ups};
use stevedore_simulator::{CARRIER_USER, CarrierFault, Fault, SimulatedCarrier};
use stevedore_testkit::wait_for;

use crate::shop::Shop;

const TENANT: TenantId = TenantId::SHOP;

async fn warehouse() -> Shop {
    let mut shop = Shop::new().await;
    open_warehouse(&mut shop).await;
    shop
}

/// Gives the shop a warehouse in Leeds that uses UPS and Royal Mail, with ten mugs.
pub async fn open_warehouse(shop: &mut Shop) {
    let user = || Some(CARRIER_USER.to_owned());
    let secret = || Some(shop.simulator.at_ishare_api_key().to_owned().into());
    let carriers = &mut shop.settings.providers.carriers;
    carriers.ups.ups_client_id = user();
    carriers.ups.ups_client_secret = secret();
    carriers.ups.ups_account_number = Some("A1B2C3".to_owned());
    carriers.ups.ups_api_url = Some(shop.simulator.carrier_url(Ups));
    carriers.ups.ups_settle = std::time::Duration::ZERO;
    carriers.royal_mail.royal_mail_client_id = user();
    carriers.royal_mail.royal_mail_client_secret = secret();
    carriers.royal_mail.royal_mail_username = user();
    carriers.royal_mail.royal_mail_password = secret();
    carriers.royal_mail.royal_mail_posting_location = Some("9000292273".to_owned());
    carriers.royal_mail.royal_mail_api_url = shop.simulator.carrier_url(RoyalMail);
    let product = NewProduct {
        code: "mug",
        name: "Enamel mug",
    };
    let product_id = catalog::upsert_product(shop.pool(), TENANT, &product).await;
    let variant = NewVariant {
        product_id: product_id.expect("a product"),
        sku: "MUG",
        title: "Enamel mug",
        kind: VariantKind::Physical,
        price: Money {
            amount: 1_250,
            currency: Currency::parse("GBP").expect("a currency"),
        },
        fulfillment_provider: Some("warehouse"),
        requires_recipient_phone: false,
        attributes: json!({}),
        track_inventory: true,
        low_stock_threshold: 1,
    };
    catalog::upsert_variant(shop.pool(), TENANT, &variant)
        .await
        .expect("a variant");
    inventory::receive_stock(shop.pool(), TENANT, "MUG", "ACC", 10, Some("delivery"))
        .await
        .expect("stock");
    shop.execute(
        r#"update locations set address = '{"recipient": "Stevedore", "address": "1 Dock Road",
          "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB", "phone": "+441134960000"}'"#,
    )
    .await;
    shop.execute(
        "insert into carrier_services (carrier_code, service, price, currency, days)
        values ('ups', '11', null, null, null), ('royal_mail', 'TPLN', 450, 'GBP', 3)",
    )
    .await;
}

/// An order for a mug.
pub fn mug() -> Value {
    json!({
        "customer": {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+447700900123"},
        "currency": "GBP",
        "payment_method": "cod",
        "lines": [{"sku": "MUG", "quantity": 1}],
        "shipping_address": {
            "recipient": "Ada Lovelace", "phone": "+447700900123", "address": "12 Harbour Street",
            "city": "York", "postal_code": "YO1 7HH", "country": "GB",
        },
    })
}

/// An order for a mug, picked and packed; its label is wanted.
async fn packed(shop: &Shop) {
    shop.place(mug()).await;
    shop.execute("select sp_create_pick_batch('ACC')").await;
    shop.execute("select sp_confirm_pick(1, 1)").await;
    shop.execute("select sp_pack_parcel(1, 640, 300, 200, 100)")
        .await;
}

async fn label(shop: &Shop, wanted: &str) -> String {
    wait_for(&format!("the label to be {wanted}"), async || {
        let text: String = sqlx::query_scalar(
            "select coalesce(string_agg(concat_ws(' ', carrier_code, status), ', '
            order by shipping_label_id), '') from shipping_labels",
        )
        .fetch_one(shop.pool())
        .await
        .expect("labels");
        text.ends_with(wanted).then_some(text)
    })
    .await
}

/// What is on record of calls to carriers.
async fn logged(shop: &Shop) -> Vec<String> {
    sqlx::query_scalar(
        "select concat_ws(' ', provider_code, action, attempt_number, status)
        from fulfillment_logs order by fulfillment_log_id",
    )
    .fetch_all(shop.pool())
    .await
    .expect("logs")
}

/// A purchase that no job makes any more waits for a person, and the order says why.
#[tokio::test]
async fn d5_a_label_whose_job_died_is_parked_and_the_order_shows_it_once() {
    let shop = warehouse().await;
    packed(&shop).await;
    shop.execute("select sp_begin_label(1, 'ups', '11')").await;
    shop.execute(
        "with gone as (delete from queue.jobs where kind = 'buy_label' returning *)
        insert into queue.dead_jobs (job_id, kind, queue, unique_key, args, run_at, created_at,
          attempt, forgiven, max_attempts, priority, died_at, last_error)
        select job_id, kind, queue, unique_key, args, run_at, created_at, 3, 0, 3, priority,
          clock_now(), 'its worker died'
        from gone",
    )
    .await;
    for told in [1, 0] {
        let park = "select park_dead_labels()::bigint";
        assert_eq!(shop.number(park).await, told);
    }
    assert_eq!(label(&shop, "parked").await, "ups parked");
    let shown = ["delivery", "critical", "job_dead"].map(str::to_owned);
    assert_eq!(shop.errors(1).await, [shown.into()]);
}

fn sold(shop: &Shop) -> usize {
    let state = shop.simulator.carriers();
    assert_eq!(state.duplicates, 0);
    state.labels.values().map(Vec::len).sum()
}

fn plan(shop: &Shop, carrier: SimulatedCarrier, operation: &str, fault: Fault) {
    shop.simulator.plan_carrier(CarrierFault {
        carrier,
        operation: operation.to_owned(),
        times: Some(1),
        percent: None,
        fault,
    });
}

#[tokio::test]
async fn d5_a_packed_parcel_gets_the_cheapest_label_and_may_give_it_back() {
    let shop = warehouse().await;
    packed(&shop).await;
    let worker = shop.worker();
    assert_eq!(label(&shop, "bought").await, "royal_mail bought");
    let printed = "select count(*) from shipping_labels as b join shipments as s
        using (tenant_id, shipment_id)
        where b.content like '^XA%' and s.tracking_number like 'AA%'";
    assert_eq!(shop.number(printed).await, 1);
    assert_eq!(sold(&shop), 1);
    shop.execute("select sp_begin_void(1)").await;
    label(&shop, "voided").await;
    assert_eq!(sold(&shop), 0);
    worker.stop().await;
    shop.assert_books_balance().await;
    assert_eq!(
        logged(&shop).await,
        ["royal_mail label 1 success", "royal_mail void 1 success"]
    );
    let told = "select count(*) from fulfillment_logs
        where (api_request::text || api_response::text) ~ 'Lovelace|Harbour|07700900123|XlhB'
          or api_request is null or api_response is null";
    assert_eq!(shop.number(told).await, 0, "people or labels are on record");
}

#[tokio::test]
async fn d1_a_refused_service_fails_over_to_the_next_best() {
    let shop = warehouse().await;
    plan(&shop, RoyalMail, "label", Fault::Code { code: 1433 });
    packed(&shop).await;
    let worker = shop.worker();
    assert_eq!(
        label(&shop, "bought").await,
        "royal_mail failed, ups bought"
    );
    assert_eq!(sold(&shop), 1);
    worker.stop().await;
    assert_eq!(
        logged(&shop).await,
        ["royal_mail label 1 failed", "ups label 2 success"]
    );
}

#[tokio::test]
async fn d8_a_label_whose_answer_is_lost_is_looked_up_or_left_to_a_person() {
    let shop = warehouse().await;
    shop.execute("delete from carrier_services where carrier_code = 'royal_mail'")
        .await;
    plan(&shop, Ups, "label", Fault::AcceptedServerError);
    packed(&shop).await;
    let worker = shop.worker();
    assert_eq!(label(&shop, "bought").await, "ups bought");
    assert_eq!(sold(&shop), 1);
    worker.stop().await;

    let shop = warehouse().await;
    plan(&shop, RoyalMail, "label", Fault::AcceptedServerError);
    packed(&shop).await;
    let worker = shop.worker();
    assert_eq!(label(&shop, "parked").await, "royal_mail parked");
    assert_eq!(sold(&shop), 1, "and no other carrier is asked");
    worker.stop().await;
}
