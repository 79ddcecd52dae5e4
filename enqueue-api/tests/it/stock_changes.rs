//! What people do to stock and parcels, over HTTP.

use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::shop::{MUG, an_order_of_mugs, open_shop};
use crate::support::{Answer, Api};

fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> T {
    assert!(answer.status.is_success(), "{}", answer.text);
    serde_json::from_value(answer.body.clone()).unwrap()
}

async fn codes(api: &Api) -> (String, String) {
    sqlx::query("insert into locations (code, name) values ('KSI', 'Kumasi')")
        .execute(api.db.pool())
        .await
        .unwrap();
    let code = "select code from locations join inventory_levels using (tenant_id, location_id)
        join inventory_items using (tenant_id, inventory_item_id) where sku = 'MUG-RED'";
    let code = sqlx::query_scalar(code)
        .fetch_one(api.db.pool())
        .await
        .unwrap();
    (code, "KSI".to_owned())
}

async fn put(api: &Api, path: &str, body: &Value) -> Answer {
    let request = api
        .request(Method::PUT, path)
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_string().into())
        .unwrap();
    api.send(request).await
}

#[tokio::test]
async fn b6_goods_are_received_once_per_key_and_signed_in_the_ledger() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let (here, _) = codes(&api).await;
    let body = json!({ "sku": MUG, "location": here, "quantity": 5 });
    let path = "/v1/stock/receipts";
    let first: wire::OnHand = read(&api.post_keyed(path, "k", &body).await);
    assert_eq!(first.on_hand, 25);
    let again = api.post_keyed(path, "k", &body).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    let more: wire::OnHand = read(&api.post(path, &body).await);
    assert_eq!(more.on_hand, 30);
    let signed = "select count(*) from stock_movements where actor = 'api:test'";
    assert_eq!(api.count(signed).await, 2);
    for (field, value) in [("sku", json!("MOON")), ("location", json!("MOON"))] {
        let mut body = body.clone();
        body[field] = value;
        let refused = api.post(path, &body).await;
        assert_eq!(refused.fields(), [(field.to_owned(), "unknown".to_owned())]);
    }
}

#[tokio::test]
async fn b6_a_correction_compares_with_what_was_seen() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let (here, _) = codes(&api).await;
    let mut body = json!({
        "sku": MUG, "location": here, "expected": 20, "counted": 18, "reason": "two broke"
    });
    let done: wire::StockAdjusted = read(&api.post("/v1/stock/adjustments", &body).await);
    assert_eq!((done.correction, done.on_hand), (-2, 18));
    body["counted"] = json!(17);
    let late = api.post("/v1/stock/adjustments", &body).await;
    assert_eq!(late.problem(), (422, "validation_failed"));
}

#[tokio::test]
async fn b7_a_policy_is_set_and_wrong_ones_are_named() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let path = format!("/v1/stock/{MUG}/policy");
    let set: wire::PolicySet = read(&put(&api, &path, &json!({ "backorder_limit": 3 })).await);
    assert_eq!(set.levels, 1);
    let wrong = put(
        &api,
        &path,
        &json!({ "backorder_limit": -1, "colour": "red" }),
    )
    .await;
    assert_eq!(wrong.fields().len(), 2, "{}", wrong.text);
    let none = put(&api, "/v1/stock/MOON/policy", &json!({})).await;
    assert_eq!(none.problem(), (404, "stock_not_found"));
}

#[tokio::test]
async fn b1_a_transfer_leaves_and_arrives() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let (from, to) = codes(&api).await;
    let lines = json!([{ "sku": MUG, "quantity": 6 }]);
    let body = json!({ "from": from, "to": to, "lines": lines, "note": "for the fair" });
    let made: wire::Transfer = read(&api.post("/v1/transfers", &body).await);
    assert_eq!((made.status.as_str(), made.items[0].quantity), ("draft", 6));
    let path = format!("/v1/transfers/{}", made.transfer_id);
    let early = api.post(&format!("{path}/receive"), &json!({})).await;
    assert_eq!(early.problem(), (409, "illegal_transition"));
    let shipped: wire::Transfer = read(&api.post(&format!("{path}/ship"), &json!({})).await);
    assert_eq!(shipped.status, "shipped");
    let some = json!({ "lines": [{ "sku": MUG, "quantity": 2 }] });
    let part: wire::Transfer = read(&api.post(&format!("{path}/receive"), &some).await);
    assert_eq!(
        (part.status.as_str(), part.items[0].received_quantity),
        ("shipped", 2)
    );
    let all: wire::Transfer = read(&api.post(&format!("{path}/receive"), &json!({})).await);
    assert_eq!(all.status, "received");
    let listed: wire::TransferList = read(&api.get("/v1/transfers?status=received,draft").await);
    assert_eq!(listed.transfers.len(), 1);
    let too_many = json!({ "from": from, "to": to, "lines": [{ "sku": MUG, "quantity": 99 }] });
    let short: wire::Transfer = read(&api.post("/v1/transfers", &too_many).await);
    let path = format!("/v1/transfers/{}", short.transfer_id);
    let refused = api.post(&format!("{path}/ship"), &json!({})).await;
    assert_eq!(refused.problem(), (409, "out_of_stock"));
    let cancelled: wire::Transfer = read(&api.post(&format!("{path}/cancel"), &json!({})).await);
    assert_eq!(cancelled.status, "cancelled");
    let none = api.post("/v1/transfers/99/ship", &json!({})).await;
    assert_eq!(none.problem(), (404, "stock_not_found"));
}

#[tokio::test]
async fn b6_a_count_goes_into_the_books() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let (here, _) = codes(&api).await;
    let body = json!({ "location": here, "skus": [MUG] });
    let count: wire::StockCount = read(&api.post("/v1/counts", &body).await);
    assert_eq!(count.lines[0].expected, 20);
    let path = format!("/v1/counts/{}", count.stock_count_id);
    let lines = json!({ "lines": [{ "sku": MUG, "counted": 19 }] });
    let counted: wire::StockCount = read(&api.post(&format!("{path}/lines"), &lines).await);
    assert_eq!(counted.lines[0].counted, Some(19));
    let why = json!({ "reason": "yearly" });
    let done: wire::CountCompleted = read(&api.post(&format!("{path}/complete"), &why).await);
    assert_eq!(
        (done.count.status.as_str(), done.again.len()),
        ("completed", 0)
    );
    let levels: wire::Stock = read(&api.get("/v1/stock").await);
    assert!(
        levels
            .levels
            .iter()
            .any(|level| level.sku == MUG && level.on_hand == 19)
    );
}

#[tokio::test]
async fn e1_a_parcel_is_handed_over_listed_and_tracked_by_anybody() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let mut mugs = an_order_of_mugs(2);
    mugs["payment_method"] = json!("cod");
    assert_eq!(api.post("/v1/orders", &mugs).await.status, 201);
    let list: wire::FulfillmentList = read(&api.get("/v1/fulfillments?order_id=1").await);
    let fulfillment = &list.fulfillments[0];
    let path = format!("/v1/fulfillments/{}", fulfillment.fulfillment_id);
    let one: wire::FulfillmentRow = read(&api.get(&path).await);
    assert_eq!(one.order_number, fulfillment.order_number);
    let body = json!({ "carrier_code": "royal_mail", "tracking_number": "RM1GB" });
    let wrong = json!({ "carrier_code": "Royal", "tracking_url": "javascript:1" });
    let wrong = api.post(&format!("{path}/shipments"), &wrong).await;
    assert_eq!(wrong.fields().len(), 2);
    for _ in 0..2 {
        let made: wire::ShipmentRow = read(&api.post(&format!("{path}/shipments"), &body).await);
        assert_eq!(made.tracking_number.as_deref(), Some("RM1GB"));
    }
    let list: wire::ShipmentList = read(&api.get("/v1/shipments?tracking_number=RM1GB").await);
    assert_eq!(list.shipments.len(), 1);
    let request = axum::http::Request::get("/v1/tracking/RM1GB");
    let answer = api
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    let tracking: wire::Tracking = read(&answer);
    assert_eq!(tracking.status, "pending");
    assert!(
        !answer.text.contains("Kofi") && !answer.text.contains("order"),
        "{}",
        answer.text
    );
    let none = api.get("/v1/tracking/RM2GB").await;
    assert_eq!(none.problem(), (404, "shipment_not_found"));
    let manual = api.post(&format!("{path}/retry"), &json!({})).await;
    assert_eq!(
        manual.problem(),
        (409, "illegal_transition"),
        "nobody asks a provider for it"
    );
}
