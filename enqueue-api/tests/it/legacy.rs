//! The paths of earlier shops, with the bodies that their front ends send.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::shop::{BUNDLE, an_order, open_shop};
use crate::support::{Answer, Api};

fn ok(answer: &Answer) -> &Value {
    assert!(answer.status.is_success(), "{}", answer.text);
    assert_eq!(answer.body["success"], true, "{}", answer.text);
    &answer.body
}

/// As an earlier shop's front end orders.
fn old_order() -> Value {
    json!({
        "user_id": 42,
        "customer_name": "Ama Mensah",
        "customer_email": "ama@example.com",
        "customerPhone": "0241234567",
        "currency": "GHS",
        "paymentMethod": "cod",
        "items": [{ "product_id": BUNDLE, "quantity": 2, "price": 1200, "phone": "0241234567" }],
        "totalAmount": 2400,
    })
}

#[tokio::test]
async fn h7_an_old_front_end_places_and_follows_an_order() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let placed = api.post_keyed("/api/orders", "k", &old_order()).await;
    let order = ok(&placed)["order_id"].as_i64().unwrap();
    let again = api.post_keyed("/api/orders", "k", &old_order()).await;
    assert_eq!(ok(&again)["order_id"], order);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let status = api.get(&format!("/api/orders/{order}/status")).await;
    assert_eq!(ok(&status)["status"], "confirmed");
    let events = api.get(&format!("/api/orders/{order}/events")).await;
    assert!(ok(&events)["events"].as_array().unwrap().len() >= 2);
    let list = api
        .get("/api/orders?userId=42&status=CONFIRMED&limit=5")
        .await;
    assert_eq!(ok(&list)["orders"].as_array().unwrap().len(), 1);
    let staff = api.get("/api/orders/management?status=paid").await;
    assert_eq!(ok(&staff)["orders"].as_array().unwrap().len(), 0);
    let clean = api.get(&format!("/v1/orders/{order}")).await;
    assert_eq!(clean.body["lines"][0]["quantity"], 2);
}

#[tokio::test]
async fn h7_a_purchase_is_an_order_of_one_line() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let mut body = json!({
        "productId": BUNDLE, "phoneNumber": "0241234567", "customer_name": "Ama",
        "currency": "GHS", "payment_method": "cod",
    });
    let bought = api.post("/api/orders/purchase", &body).await;
    let order = ok(&bought)["order_id"].as_i64().unwrap();
    let clean = api.get(&format!("/v1/orders/{order}")).await;
    assert_eq!(clean.body["lines"][0]["recipient_phone"], "+233241234567");
    body["price"] = json!(12.5);
    let float = api.post("/api/orders/purchase", &body).await;
    assert_eq!(float.problem(), (422, "validation_failed"));
    assert_eq!(float.body["success"], false);
    assert_eq!(float.body["error"], float.body["detail"]);
}

#[tokio::test]
async fn h7_staff_confirm_hold_and_cancel_under_the_old_paths() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let mut body = old_order();
    body["paymentMethod"] = json!("mobile_money");
    let order = ok(&api.post("/api/orders", &body).await)["order_id"]
        .as_i64()
        .unwrap();
    let path = format!("/api/orders/{order}");
    let held = api
        .post(
            &format!("{path}/status"),
            &json!({ "status": "on_hold", "notes": "a doubt" }),
        )
        .await;
    assert_eq!(ok(&held)["order_status"], "on_hold");
    let on = json!({ "status": "processing" });
    assert_eq!(
        ok(&api.post(&format!("{path}/status"), &on).await)["order_status"],
        "pending"
    );
    let shipped = json!({ "status": "shipped" });
    let refused = api.post(&format!("{path}/status"), &shipped).await;
    assert_eq!(
        refused.fields(),
        [("status".to_owned(), "unknown".to_owned())]
    );
    let confirmed = api
        .post(&format!("{path}/confirm"), &json!({ "notes": "paid" }))
        .await;
    assert_eq!(ok(&confirmed)["order_status"], "confirmed");
    let cancelled = api.post(&format!("{path}/cancel"), &json!({})).await;
    assert_eq!(ok(&cancelled)["order_status"], "cancelled");
}

#[tokio::test]
async fn d7_fulfilment_is_triggered_retried_and_looked_at() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let order = ok(&api.post("/api/orders", &old_order()).await)["order_id"]
        .as_i64()
        .unwrap();
    // Its provider did not answer, and the next attempt is in an hour.
    let later = "update queue.jobs set state = 'scheduled', attempt = 1,
        run_at = clock_now() + interval '1 hour' where kind = 'fulfil_order'";
    sqlx::query(later).execute(api.db.pool()).await.unwrap();
    let path = "/api/orders/fulfillment";
    let standing = api.get(&format!("{path}?orderId={order}")).await;
    assert_eq!(ok(&standing)["fulfillments"][0]["status"], "pending");
    let nothing = api
        .post(path, &json!({ "orderId": order, "action": "verify" }))
        .await;
    assert_eq!(nothing.problem(), (409, "illegal_transition"));
    let retried = api
        .post(path, &json!({ "orderId": order, "action": "retry" }))
        .await;
    assert_eq!(ok(&retried)["jobs"], 1);
    let ready = "select count(*) from queue.jobs where kind = 'fulfil_order'
        and state in ('ready', 'blocked')";
    assert_eq!(api.count(ready).await, 1);
    let held = json!({ "reason": "other", "notes": "a doubt" });
    assert_eq!(
        api.post(&format!("/v1/orders/{order}/hold"), &held)
            .await
            .status,
        200
    );
    let trigger = json!({ "orderId": order.to_string(), "action": "trigger" });
    assert_eq!(
        api.post(path, &trigger).await.problem(),
        (409, "illegal_transition")
    );
    let retried = api
        .post(path, &json!({ "order_id": order, "action": "retry" }))
        .await;
    assert_eq!(ok(&retried)["status"], "confirmed");
    let wrong = api.post(path, &json!({ "action": "explode" })).await;
    assert_eq!(wrong.fields().len(), 2);
    let none = api.post(path, &json!({ "orderId": 99 })).await;
    assert_eq!(none.problem(), (404, "order_not_found"));
    let prodigi = api
        .get(&format!("/api/dropship/prodigi?orderId={order}"))
        .await;
    assert_eq!(ok(&prodigi)["fulfillments"], json!([]));
}

#[tokio::test]
async fn h7_shipping_pages_find_their_numbers() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    assert_eq!(api.post("/v1/orders", &an_order()).await.status, 201);
    let parcel = json!({
        "carrier_code": "dhl", "tracking_number": "D1",
        "estimated_delivery_at": "2020-01-01T00:00:00Z",
    });
    assert_eq!(
        api.post("/v1/fulfillments/1/shipments", &parcel)
            .await
            .status,
        201
    );
    let list = api.get("/api/admin/shipping?carrier=dhl").await;
    assert_eq!(ok(&list)["shipments"][0]["tracking_number"], "D1");
    let watch = api.get("/api/admin/monitoring/shipping").await;
    assert_eq!(
        (
            &ok(&watch)["late"],
            &watch.body["issues"][0]["carrier_code"]
        ),
        (&json!(1), &json!("dhl"))
    );
    ok(&api.get("/api/admin/shipping/metrics").await);
    for name in ["trackingNumber", "awb"] {
        assert_eq!(
            ok(&api.get(&format!("/api/tracking?{name}=D1")).await)["carrier_code"],
            "dhl"
        );
    }
    assert_eq!(
        api.get("/api/tracking").await.problem(),
        (404, "shipment_not_found")
    );
    assert_eq!(api.get("/api/status").await.body["status"], "ok");
}

/// The paths that earlier shops' front ends and providers know, with what is said to them.
const EARLIER: [(&str, &[&str]); 20] = [
    ("/api/orders", &["get", "post"]),
    ("/api/orders/management", &["get"]),
    ("/api/orders/{order_id}/status", &["get", "post"]),
    ("/api/orders/{order_id}/confirm", &["post"]),
    ("/api/orders/{order_id}/cancel", &["post"]),
    ("/api/orders/{order_id}/events", &["get"]),
    ("/api/orders/purchase", &["post"]),
    ("/api/orders/fulfillment", &["get", "post"]),
    ("/api/dropship/prodigi", &["get", "post"]),
    ("/api/notifications", &["get", "post"]),
    ("/api/webhooks/{source}", &["post"]),
    ("/api/tracking", &["get"]),
    ("/api/realtime/events", &["get"]),
    ("/api/admin/shipping", &["get"]),
    ("/api/admin/shipping/metrics", &["get"]),
    ("/api/admin/monitoring/shipping", &["get"]),
    ("/api/admin/health", &["get", "post"]),
    ("/api/health", &["get"]),
    ("/api/status", &["get"]),
    ("/api/docs", &[]),
];

#[tokio::test]
async fn h7_every_earlier_path_is_served_and_its_mapping_written_down() {
    let api = Api::new().await;
    let document = api.get("/api/openapi.json").await.body;
    let page = include_str!("../../../docs/legacy-api.md");
    for (path, methods) in EARLIER {
        let written = path.replace("{order_id}", "{id}");
        let row = page
            .lines()
            .find(|line| line.starts_with("| `") && line.contains(&format!("{written}`")))
            .or_else(|| {
                page.lines()
                    .find(|line| line.contains(&format!("{written}?")))
            });
        assert!(row.is_some(), "{path} is not in docs/legacy-api.md");
        for method in methods {
            let operation = &document["paths"][path][method];
            assert!(operation.is_object(), "{method} {path} is not described");
            let name = method.to_uppercase();
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            let path = path
                .replace("{order_id}", "1")
                .replace("{source}", "stripe");
            let body = Body::from("{}");
            let request = Request::builder().method(method).uri(&path).body(body);
            let answer = api.send(request.unwrap()).await;
            let code = answer.body["code"].as_str().unwrap_or_default();
            assert_ne!(code, "route_not_found", "{name} {path}");
            assert_ne!(answer.status, 405, "{name} {path}");
        }
    }
    let docs = api.get("/api/docs").await.status;
    assert!(docs.is_success() || docs.is_redirection(), "{docs}");
}
