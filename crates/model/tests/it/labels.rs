//! Labels of the own warehouse: packed, bought once, given back.

use stevedore_model::retention::{Retention, Table, clean_up};

use crate::shop::{Shop, order};

/// An order whose goods are picked in the own warehouse, and two services that may take it.
async fn picked() -> Shop {
    let shop = Shop::stocked(10).await;
    shop.run(
        r#"update product_variants set fulfillment_provider = 'warehouse', weight_g = 300;
         update locations set address = '{"recipient": "Stevedore", "address": "1 Dock Road",
           "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB", "phone": "+441134960000"}';
         insert into carrier_services (carrier_code, service, price, currency, days, weight_g_max)
         values ('ups', '11', 980, 'GBP', 2, 30000),
           ('royal_mail', 'TPLN', 450, 'GBP', null, 2000)"#,
    )
    .await;
    shop.placed(&order("cod", &[("MUG-1", 2)])).await;
    let jobs = "select count(*) from queue.jobs where kind = 'fulfil_order'";
    assert_eq!(shop.number(jobs).await, 0, "nobody else fulfils it");
    shop.run("select sp_create_pick_batch('ACC'); select sp_confirm_pick(1, 2)")
        .await;
    shop
}

async fn begin(shop: &Shop) -> i64 {
    let begin = "select coalesce(max(attempt), 0) from sp_begin_label(1, 'ups', '11')";
    shop.number(begin).await
}

const FINISH: &str = "select sp_finish_label(1, '1Z1', '1Z1', 'zpl', '^XA^XZ', 980, 'GBP')";

#[tokio::test]
async fn d5_a_packed_parcel_asks_for_its_label_with_what_was_measured() {
    let shop = picked().await;
    shop.run("select sp_pack_parcel(1, p_weight_g => 2100, p_actor => 'Kofi')")
        .await;
    let kinds = "select string_agg(kind, ' ') from queue.jobs where kind like '%label'";
    assert_eq!(shop.text(kinds).await, "buy_label");
    let plan = "select label_plan(1) #>> '{parcel,weight_g}'";
    assert_eq!(shop.text(plan).await, "2100");
    // Too heavy for one of them.
    let services = "select string_agg(s ->> 'service', ' ')
        from jsonb_array_elements(label_plan(1) -> 'services') as s";
    assert_eq!(shop.text(services).await, "11");
    shop.run("select sp_pack_parcel(1, p_weight_g => 700)")
        .await;
    assert_eq!(shop.text(services).await, "TPLN 11");
    shop.run("select sp_pack_parcel(1, p_carrier_code => 'ups')")
        .await;
    assert_eq!(shop.text(services).await, "11");
    assert_eq!(shop.text(plan).await, "600", "what the catalogue says");
}

#[tokio::test]
async fn d8_a_parcel_never_has_two_labels() {
    let shop = picked().await;
    assert_eq!(begin(&shop).await, 0, "it is not packed");
    shop.run("select sp_pack_parcel(1)").await;
    assert_eq!((begin(&shop).await, begin(&shop).await), (1, 2));
    let second = "insert into shipping_labels (order_id, fulfillment_id, carrier_code, service)
        values (1, 1, 'dpd', '101')";
    assert_eq!(shop.sql(second).await, Err("23505".into()));
    for _ in 0..2 {
        shop.run(FINISH).await;
    }
    assert_eq!(begin(&shop).await, 0, "it has one");
    let state = "select concat_ws(' ', b.status, s.carrier_code, s.tracking_number, s.cost)
        from shipping_labels as b join shipments as s using (tenant_id, shipment_id)";
    assert_eq!(shop.text(state).await, "bought ups 1Z1 980");
    let again = "select sp_pack_parcel(1)";
    assert_eq!(shop.sql(again).await, Err("P0STT".into()));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn d5_a_refused_service_is_left_out_until_it_is_packed_anew() {
    let shop = picked().await;
    shop.run("select sp_pack_parcel(1)").await;
    begin(&shop).await;
    shop.run("select sp_fail_label(1, 'failed', '120205', 'no such city', false)")
        .await;
    let services = "select string_agg(s ->> 'service', ' ')
        from jsonb_array_elements(label_plan(1) -> 'services') as s";
    assert_eq!(shop.text(services).await, "TPLN");
    let errors = "select count(*) from order_errors";
    assert_eq!(shop.number(errors).await, 0, "another service is left");
    shop.run("select sp_pack_parcel(1)").await;
    assert_eq!(shop.text(services).await, "TPLN 11");
}

#[tokio::test]
async fn d8_what_nobody_knows_waits_for_a_person() {
    let shop = picked().await;
    shop.run("select sp_pack_parcel(1)").await;
    begin(&shop).await;
    shop.run("select sp_fail_label(1, 'parked', 'label_unknown', 'no answer')")
        .await;
    assert_eq!(begin(&shop).await, 0, "nobody buys another");
    let error = "select concat_ws(' ', category, severity, code) from order_errors";
    assert_eq!(shop.text(error).await, "delivery critical label_unknown");
    shop.run("select sp_release_label(1, 'Ada')").await;
    assert_eq!(begin(&shop).await, 1);
    let none = "select sp_release_label(1)";
    assert_eq!(shop.sql(none).await, Err("P0NOF".into()));
}

#[tokio::test]
async fn d5_a_label_goes_back_while_its_parcel_is_here() {
    let shop = picked().await;
    shop.run("select sp_pack_parcel(1)").await;
    begin(&shop).await;
    shop.run(FINISH).await;
    for _ in 0..2 {
        shop.run("select sp_begin_void(1)").await;
    }
    shop.run("select sp_finish_void(1, '190117', 'too late')")
        .await;
    let status = "select concat_ws(' ', b.status, s.status)
        from shipping_labels as b join shipments as s using (tenant_id, shipment_id)";
    assert_eq!(shop.text(status).await, "bought pending");
    shop.run("select sp_begin_void(1); select sp_finish_void(1)")
        .await;
    assert_eq!(shop.text(status).await, "voided cancelled");
    shop.run("select sp_pack_parcel(1)").await;
    assert_eq!(begin(&shop).await, 1, "and another may be bought");
    shop.run("select sp_finish_label(2, '1Z2', '1Z2', 'zpl', '^XA^XZ')")
        .await;
    shop.run("select record_tracking_event(2, 'in_transit', clock_now())")
        .await;
    assert_eq!(
        shop.sql("select sp_begin_void(2)").await,
        Err("P0STT".into())
    );
    assert_eq!(
        shop.sql("select sp_begin_void(9)").await,
        Err("P0NOF".into())
    );
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn j4_what_is_printed_of_an_old_label_goes_and_its_price_stays() {
    let shop = picked().await;
    shop.run("select sp_pack_parcel(1)").await;
    begin(&shop).await;
    shop.run(FINISH).await;
    let mut connection = shop.pool().acquire().await.unwrap();
    let mut forget = async || {
        let kept = Retention::default();
        let forgotten = clean_up(&mut connection, Table::ShippingLabels, &kept, 10).await;
        forgotten.unwrap()
    };
    assert_eq!(forget().await, 0);
    shop.run("update shipping_labels set bought_at = clock_now() - interval '91 days'")
        .await;
    assert_eq!((forget().await, forget().await), (1, 0));
    let left = "select price || coalesce(content::text, ' no content') from shipping_labels";
    assert_eq!(shop.text(left).await, "980 no content");
}
