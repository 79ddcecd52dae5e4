//! What is done to orders on their way, over HTTP: holds, edits, splits, errors, returns, lists.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::shop::{an_order, an_order_of_mugs, open_shop};
use crate::support::{Answer, Api};

async fn open() -> Api {
    let api = Api::new().await;
    open_shop(&api.db).await;
    api
}

/// Places an order; answers its path.
async fn place(api: &Api, order: &Value) -> String {
    let placed = api.post("/v1/orders", order).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    placed.header("location").to_owned()
}

/// A confirmed order of five mugs.
async fn confirmed(api: &Api) -> String {
    let path = place(api, &an_order_of_mugs(5)).await;
    let answer = api
        .post(&format!("{path}/confirm"), &json!({ "notes": "x" }))
        .await;
    order_of(&answer);
    path
}

fn order_of(answer: &Answer) -> wire::Order {
    assert_eq!(answer.status, 200, "{}", answer.text);
    serde_json::from_value(answer.body.clone()).unwrap()
}

fn return_of(answer: &Answer) -> wire::Return {
    assert!(answer.status.is_success(), "{}", answer.text);
    serde_json::from_value(answer.body.clone()).unwrap()
}

async fn patch(api: &Api, path: &str, version: Option<&str>, body: &Value) -> Answer {
    let mut request = api
        .request(Method::PATCH, path)
        .header("content-type", "application/json");
    if let Some(version) = version {
        request = request.header("if-match", version);
    }
    api.send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

async fn run(api: &Api, sql: &'static str) {
    sqlx::raw_sql(sql).execute(api.db.pool()).await.unwrap();
}

#[tokio::test]
async fn a7_an_order_is_held_released_and_resumed_with_reasons() {
    let api = open().await;
    let path = place(&api, &an_order()).await;
    let hold = format!("{path}/hold");
    let held = api
        .post(
            &hold,
            &json!({ "reason": "high_risk_of_fraud", "notes": "new buyer" }),
        )
        .await;
    assert_eq!(order_of(&held).order_status, "on_hold");
    let held = order_of(&api.post(&hold, &json!({ "reason": "other" })).await);
    assert_eq!(held.holds.len(), 2);
    let wrong = api.post(&hold, &json!({ "reason": "mood", "x": 1 })).await;
    assert_eq!(wrong.problem(), (422, "validation_failed"));
    assert_eq!(wrong.fields().len(), 2);
    let release = format!("{path}/release");
    let first = json!({ "order_hold_id": held.holds[0].order_hold_id });
    assert_eq!(
        order_of(&api.post(&release, &first).await).order_status,
        "on_hold"
    );
    let unknown = api.post(&release, &json!({ "order_hold_id": 99 })).await;
    assert_eq!(unknown.problem(), (422, "validation_failed"));
    let nowhere = api.post("/v1/orders/99/release", &first).await;
    assert_eq!(nowhere.problem(), (404, "order_not_found"));
    let resumed = order_of(&api.post_bytes(&format!("{path}/resume"), "").await);
    assert_eq!(resumed.order_status, "confirmed");
    assert!(resumed.holds.iter().all(|hold| hold.released_at.is_some()));
    assert!(resumed.metrics.is_some());
    let again = api.post_bytes(&format!("{path}/resume"), "").await;
    assert_eq!(again.problem(), (409, "illegal_transition"));
    let cancelled = api
        .post(
            &format!("{path}/cancel"),
            &json!({ "reason": "x", "by": "customer" }),
        )
        .await;
    let by = order_of(&cancelled).cancelled_by.unwrap();
    assert!(by.starts_with("customer by api:"), "{by}");
}

#[tokio::test]
async fn a12_an_order_is_edited_only_as_its_editor_saw_it() {
    let api = open().await;
    let path = confirmed(&api).await;
    let seen = api.get(&path).await;
    let tag = seen.header("etag").to_owned();
    let version = format!("\"{}.", order_of(&seen).lock_version);
    assert!(tag.starts_with(&version), "{tag}");
    let fewer = json!({ "lines": [{ "line_number": 1, "quantity": 2 }], "reason": "asked" });
    let edited = patch(&api, &path, Some(&tag), &fewer).await;
    let order = order_of(&edited);
    assert_eq!(
        (order.subtotal, order.lines[0].quantity_cancelled),
        (9_000, 3)
    );
    assert_ne!(edited.header("etag"), tag);
    let stale = patch(&api, &path, Some(&tag), &fewer).await;
    assert_eq!(stale.problem(), (412, "order_changed"));
    let no_tag = patch(&api, &path, Some("7"), &fewer).await;
    assert_eq!(no_tag.problem(), (422, "validation_failed"));
    for (body, problem) in [
        (json!({}), (422, "validation_failed")),
        (
            json!({ "lines": [{ "line_number": 9, "quantity": 1 }] }),
            (422, "validation_failed"),
        ),
        (
            json!({ "lines": [{ "line_number": 1 }] }),
            (422, "validation_failed"),
        ),
        (
            json!({ "lines": [{ "line_number": 1, "quantity": 0 }] }),
            (409, "illegal_transition"),
        ),
        (
            json!({ "lines": [{ "line_number": 1, "quantity": 21 }] }),
            (409, "out_of_stock"),
        ),
        (
            json!({ "shipping_address": { "city": "Accra" } }),
            (422, "validation_failed"),
        ),
    ] {
        assert_eq!(
            patch(&api, &path, None, &body).await.problem(),
            problem,
            "{body}"
        );
    }
    let nowhere = patch(&api, "/v1/orders/99", None, &fewer).await;
    assert_eq!(nowhere.problem(), (404, "order_not_found"));
}

#[tokio::test]
async fn a12_a_fulfilment_is_split() {
    let api = open().await;
    let path = confirmed(&api).await;
    let order = order_of(&api.get(&path).await);
    let split = json!({
        "fulfillment_id": order.fulfillments[0].fulfillment_id,
        "items": [{ "line_number": 1, "quantity": 2 }],
    });
    let order = order_of(&api.post(&format!("{path}/split"), &split).await);
    let units: Vec<_> = order
        .fulfillments
        .iter()
        .map(|f| f.items[0].quantity)
        .collect();
    assert_eq!(units, [3, 2]);
    for body in [
        json!({ "fulfillment_id": 99, "items": [{ "line_number": 1, "quantity": 2 }] }),
        json!({ "fulfillment_id": 1, "items": [{ "line_number": 1 }] }),
        json!({ "fulfillment_id": 1, "items": [] }),
    ] {
        let refused = api.post(&format!("{path}/split"), &body).await;
        assert_eq!(refused.problem(), (422, "validation_failed"), "{body}");
    }
}

#[tokio::test]
async fn a9_errors_are_listed_and_settled() {
    let api = open().await;
    let path = place(&api, &an_order()).await;
    run(
        &api,
        "select sp_record_error(1, 'delivery', 'high', 'test', 'lost', 'It is lost.');
         select sp_record_error(1, 'stock', 'low', 'test', 'odd', 'It is odd.')",
    )
    .await;
    let listed = api
        .get("/v1/order-errors?category=delivery&severity=high")
        .await;
    let list: wire::OrderErrorList = serde_json::from_value(listed.body).unwrap();
    assert_eq!(
        (list.errors.len(), list.errors[0].code.as_str()),
        (1, "lost")
    );
    let body = json!({ "resolution": "found", "ticket_ref": "T-1" });
    let settled = api.post("/v1/order-errors/1/resolve", &body).await;
    let order = order_of(&settled);
    assert_eq!((order.error_count, order.errors.len()), (1, 2));
    let page = api.get("/v1/order-errors?limit=1&order_id=1").await;
    let page: wire::OrderErrorList = serde_json::from_value(page.body).unwrap();
    assert_eq!((page.errors[0].code.as_str(), page.next), ("odd", None));
    let settled = api.get("/v1/order-errors?resolved=true").await;
    assert_eq!(settled.body["errors"][0]["ticket_ref"], "T-1");
    let wrong = api.get("/v1/order-errors?category=x&nope=1&limit=0").await;
    assert_eq!(wrong.problem(), (422, "validation_failed"));
    assert_eq!(wrong.fields().len(), 3);
    let unknown = api.post_bytes("/v1/order-errors/99/resolve", "").await;
    assert_eq!(unknown.problem(), (404, "order_error_not_found"));
    assert_eq!(order_of(&api.get(&path).await).error_count, 1);
}

#[tokio::test]
async fn a7_orders_are_listed_page_by_page_and_by_what_they_are() {
    let api = open().await;
    for _ in 0..3 {
        place(&api, &an_order_of_mugs(1)).await;
    }
    place(&api, &an_order()).await;
    let mut seen = Vec::new();
    let mut next = Some(String::new());
    while let Some(after) = next {
        let after = if after.is_empty() {
            after
        } else {
            format!("&after={after}")
        };
        let page = api.get(&format!("/v1/orders?limit=3{after}")).await;
        let page: wire::OrderList = serde_json::from_value(page.body).unwrap();
        seen.extend(page.orders.iter().map(|order| order.order_id));
        next = page.next;
    }
    assert_eq!(seen, [4, 3, 2, 1]);
    let count = async |query: &str| {
        let page = api.get(&format!("/v1/orders?{query}")).await;
        let page: wire::OrderList = serde_json::from_value(page.body).unwrap();
        page.orders.len()
    };
    assert_eq!(count("order_status=pending").await, 3);
    assert_eq!(
        count("order_status=confirmed,on_hold&payment_status=pending").await,
        1
    );
    assert_eq!(count("order_source=web").await, 0);
    assert_eq!(count("customer=nobody").await, 0);
    assert_eq!(count("placed_after=2000-01-01T00:00:00Z").await, 4);
    assert_eq!(count("placed_before=2000-01-01T00:00:00Z").await, 0);
    let wrong = api
        .get("/v1/orders?order_status=lost&after=x&limit=1001&limit=1&a=b")
        .await;
    assert_eq!(wrong.problem(), (422, "validation_failed"));
    assert_eq!(wrong.fields().len(), 5);
}

#[tokio::test]
async fn a13_a_return_goes_from_request_to_refund_and_another_to_exchange() {
    let api = open().await;
    let path = confirmed(&api).await;
    run(
        &api,
        "update fulfillments set status = 'picking'; update fulfillments set status = 'packed';
         update fulfillments set status = 'shipped'; update fulfillments set status = 'delivered'",
    )
    .await;
    let wanted = json!({ "items": [{ "line_number": 1, "quantity": 2, "reason": "defective" }] });
    let returns = format!("{path}/returns");
    let first = api.post_keyed(&returns, "key-1", &wanted).await;
    let again = api.post_keyed(&returns, "key-1", &wanted).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(return_of(&first).return_id, return_of(&again).return_id);
    let at = first.header("location").to_owned();
    let approve = json!({ "status": "approved" });
    return_of(&api.post(&format!("{at}/status"), &approve).await);
    let early = api.post_bytes(&format!("{at}/refund"), "").await;
    assert_eq!(early.problem(), (409, "illegal_transition"));
    let one = json!({ "items": [{ "line_number": 1, "quantity": 1 }] });
    let partly = return_of(&api.post(&format!("{at}/receive"), &one).await);
    assert_eq!(partly.status, "partially_received");
    return_of(&api.post_bytes(&format!("{at}/receive"), "").await);
    let seen = json!({ "items": [{ "line_number": 1, "restocked": 1, "damaged": 1 }] });
    return_of(&api.post(&format!("{at}/inspect"), &seen).await);
    let refunded = return_of(&api.post_bytes(&format!("{at}/refund"), "").await);
    assert_eq!(
        (refunded.status.as_str(), refunded.refund_amount),
        ("refunded", Some(0))
    );
    assert_eq!(refunded.items[0].damaged_quantity, 1);

    let other = api
        .post(
            &returns,
            &json!({ "items": [{ "line_number": 1, "quantity": 3 }],
        "kind": "exchange" }),
        )
        .await;
    let at = other.header("location").to_owned();
    for (step, body) in [
        ("status", approve),
        ("receive", json!({})),
        ("inspect", json!({})),
    ] {
        return_of(&api.post(&format!("{at}/{step}"), &body).await);
    }
    let lines = json!({ "lines": [{ "sku": "MUG-RED", "quantity": 2 }] });
    let exchanged = return_of(&api.post(&format!("{at}/exchange"), &lines).await);
    let new = format!("/v1/orders/{}", exchanged.exchange_order_id.unwrap());
    assert_eq!(order_of(&api.get(&new).await).total_amount, 0);
    let order = order_of(&api.get(&path).await);
    assert_eq!(
        (order.order_status.as_str(), order.returns.len()),
        ("returned", 2)
    );
    assert_eq!(return_of(&api.get(&at).await).status, "exchanged");

    let wrong = json!({ "items": [{ "line_number": 1, "quantity": 0, "reason": "x" }], "kind": 1 });
    let refused = api.post(&returns, &wrong).await;
    assert_eq!(refused.fields().len(), 3, "{}", refused.text);
    assert_eq!(
        api.get("/v1/returns/99").await.problem(),
        (404, "return_not_found")
    );
}
