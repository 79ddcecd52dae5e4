//! Whoever edits something may say what they saw: if it is not that any more, they are refused.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::shop::{MUG, MUG_PRICE, an_order_of_mugs, open_shop};
use crate::support::{Answer, Api};

async fn edit(api: &Api, method: &Method, path: &str, tag: &str, body: &Value) -> Answer {
    let request = api
        .request(method.clone(), path)
        .header("content-type", "application/json")
        .header("if-match", tag);
    let body = Body::from(body.to_string());
    api.send(request.body(body).unwrap()).await
}

/// An edit by somebody who does not care what was there.
async fn put(api: &Api, path: &str, body: &Value) {
    let request = api
        .request(Method::PUT, path)
        .header("content-type", "application/json");
    let body = Body::from(body.to_string());
    let answer = api.send(request.body(body).unwrap()).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
}

async fn tag_of(api: &Api, path: &str) -> String {
    let read = api.get(path).await;
    assert_eq!(read.status, 200, "{path}: {}", read.text);
    read.header("etag").to_owned()
}

/// Two people read the same; the first edit counts, the second is refused, and after another look
/// it counts, too.
async fn two_editors(api: &Api, method: Method, path: &str, bodies: [Value; 2]) {
    let seen = tag_of(api, path).await;
    let first = edit(api, &method, path, &seen, &bodies[0]).await;
    assert!(first.status.is_success(), "{path}: {}", first.text);
    let second = edit(api, &method, path, &seen, &bodies[1]).await;
    assert_eq!(second.problem(), (412, "resource_changed"), "{path}");
    let seen = tag_of(api, path).await;
    // What the answer to an edit has as its tag, if it has one, is what reading has now.
    let told = first.header("etag");
    assert!(told.is_empty() || told == seen, "{path}: {told} {seen}");
    let again = edit(api, &method, path, &seen, &bodies[1]).await;
    assert!(again.status.is_success(), "{path}: {}", again.text);
    let anything = edit(api, &method, path, "*", &bodies[0]).await;
    assert!(anything.status.is_success(), "{path}: {}", anything.text);
}

#[tokio::test]
async fn a8_rules_and_blocked_people_are_not_overwritten_unseen() {
    let api = Api::new().await;
    let rule = |score: i64| json!({ "kind": "blocklist", "score": score, "is_enabled": true });
    let path = "/v1/fraud-rules/ours";
    let missing = edit(&api, &Method::PUT, path, "*", &rule(1)).await;
    assert_eq!(
        missing.problem(),
        (412, "resource_changed"),
        "nobody saw it"
    );
    assert_eq!(api.get(path).await.problem(), (404, "fraud_rule_not_found"));
    put(&api, path, &rule(10)).await;
    two_editors(&api, Method::PUT, path, [rule(20), rule(30)]).await;

    let why = |reason: &str| json!({ "reason": reason });
    let path = "/v1/blocklist/customer/Ama";
    assert_eq!(api.get(path).await.problem(), (404, "block_not_found"));
    put(&api, path, &why("first")).await;
    two_editors(&api, Method::PUT, path, [why("second"), why("third")]).await;
}

#[tokio::test]
async fn b7_a_policy_is_not_overwritten_unseen() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let path = format!("/v1/stock/{MUG}/policy");
    let limit = |units: i64| json!({ "backorder_limit": units });
    two_editors(&api, Method::PUT, &path, [limit(5), limit(6)]).await;
    let read = api.get(&path).await;
    assert_eq!(
        read.body["levels"][0]["backorder_limit"], 5,
        "{}",
        read.text
    );
    let nothing = api.get("/v1/stock/NOTHING/policy").await;
    assert_eq!(nothing.problem(), (404, "stock_not_found"));
}

#[tokio::test]
async fn a15_a_promotion_is_not_overwritten_unseen_and_its_use_is_no_edit() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let percent = |value: i64| json!({ "kind": "percent", "value": value });
    let path = "/v1/promotions/TEA10";
    put(&api, path, &percent(10)).await;
    two_editors(&api, Method::PUT, path, [percent(20), percent(30)]).await;

    let seen = tag_of(&api, path).await;
    let mut order = an_order_of_mugs(1);
    order["promo_code"] = json!("TEA10");
    order["discount_amount"] = json!(MUG_PRICE / 5);
    order["total_amount"] = json!(MUG_PRICE - MUG_PRICE / 5 + 500);
    let placed = api.post("/v1/orders", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    assert_ne!(tag_of(&api, path).await, seen, "it shows something else");
    let edited = edit(&api, &Method::PUT, path, &seen, &percent(40)).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
}

#[tokio::test]
async fn g4_preferences_and_endpoints_are_not_overwritten_unseen() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let mut order = an_order_of_mugs(1);
    order["customer"]["id"] = json!("ama");
    assert_eq!(api.post("/v1/orders", &order).await.status, 201);
    let path = "/v1/customers/ama/notification-preferences";
    let zone = |zone: &str| json!({ "time_zone": zone });
    let zones = [zone("Africa/Accra"), zone("Europe/Paris")];
    two_editors(&api, Method::PUT, path, zones).await;

    let endpoint = json!({ "url": "https://shop.example/hooks" });
    let made = api.post("/v1/webhook-endpoints", &endpoint).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/v1/webhook-endpoints/{}", made.body["endpoint_id"]);
    let named = |text: &str| json!({ "description": text });
    two_editors(&api, Method::PATCH, &path, [named("one"), named("two")]).await;
}

#[tokio::test]
async fn a13_a_return_is_not_moved_by_whoever_saw_an_older_one() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let placed = api.post("/v1/orders", &an_order_of_mugs(2)).await;
    let order = format!("/v1/orders/{}", placed.body["order_id"]);
    let confirmed = api.post(&format!("{order}/confirm"), &json!({})).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    for status in ["picking", "packed", "shipped", "delivered"] {
        let sql = "update fulfillments set status = $1";
        let moved = sqlx::query(sql).bind(status).execute(api.db.pool()).await;
        moved.unwrap();
    }
    let item = json!({ "line_number": 1, "quantity": 1, "reason": "defective" });
    let wanted = json!({ "items": [item] });
    let asked = api.post(&format!("{order}/returns"), &wanted).await;
    assert_eq!(asked.status, 201, "{}", asked.text);
    let path = format!("/v1/returns/{}", asked.body["return_id"]);
    let seen = tag_of(&api, &path).await;
    let moved = format!("{path}/status");
    let approve = json!({ "status": "approved" });
    let approved = edit(&api, &Method::POST, &moved, &seen, &approve).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    let receive = format!("{path}/receive");
    let late = edit(&api, &Method::POST, &receive, &seen, &json!({})).await;
    assert_eq!(late.problem(), (412, "resource_changed"));
    let seen = approved.header("etag");
    assert_eq!(seen, tag_of(&api, &path).await);
    let received = edit(&api, &Method::POST, &receive, seen, &json!({})).await;
    assert_eq!(received.status, 200, "{}", received.text);
}

/// Edits of one thing that people look at before: each says that it heeds `If-Match`.
#[tokio::test]
async fn every_edit_heeds_if_match() {
    let api = Api::new().await;
    let document = api.get("/api/openapi.json").await.body;
    let mut edits = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_step = method == "post" && path.starts_with("/v1/returns/{return_id}/");
            if !is_step && !["put", "patch"].contains(&method.as_str()) {
                continue;
            }
            edits += 1;
            let named = |name: &str| {
                let parameters = operation["parameters"].as_array();
                parameters.is_some_and(|all| all.iter().any(|one| one["name"] == name))
            };
            assert!(named("If-Match"), "{method} {path}");
            assert!(operation["responses"]["412"].is_object(), "{method} {path}");
            // What is compared can be read.
            let read = match path.split_once("}/") {
                Some((thing, _step)) if is_step => format!("{thing}}}"),
                _ => path.clone(),
            };
            assert!(document["paths"][&read]["get"].is_object(), "GET {read}");
        }
    }
    assert!(edits >= 12, "{edits}");
}
