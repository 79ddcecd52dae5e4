//! Any POST with an `Idempotency-Key` counts once.

use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::shop::{an_order, an_order_of_mugs, open_shop};
use crate::support::Api;

async fn placed(api: &Api, order: &Value) -> i64 {
    let answer = api.post("/v1/orders", order).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.body["order_id"].as_i64().unwrap()
}

#[tokio::test]
async fn h4_a_repeated_post_gets_the_first_answer_byte_for_byte_and_changes_nothing() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let order = placed(&api, &an_order_of_mugs(1)).await;
    let path = format!("/v1/orders/{order}/hold");
    let body = json!({ "reason": "other", "notes": "a doubt" });
    let first = api.post_keyed(&path, "k1", &body).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(first.header("idempotency-replayed"), "");
    // Meanwhile the order goes on: the repetition is answered as the first was.
    let on = api
        .post(&format!("/v1/orders/{order}/resume"), &json!({}))
        .await;
    assert_eq!(on.status, 200, "{}", on.text);
    let again = api
        .post_keyed_bytes(&path, "k1", r#"{ "notes":"a doubt",  "reason":"other" }"#)
        .await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("content-type"), first.header("content-type"));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(api.count("select count(*) from order_holds").await, 1);
}

#[tokio::test]
async fn a_key_of_one_post_is_no_key_of_another() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let order = placed(&api, &an_order_of_mugs(1)).await;
    let hold = format!("/v1/orders/{order}/hold");
    let body = json!({ "reason": "other", "notes": "a doubt" });
    assert_eq!(api.post_keyed(&hold, "k1", &body).await.status, 200);
    let resume = format!("/v1/orders/{order}/resume");
    for (path, body) in [
        (&hold, json!({ "reason": "other", "notes": "another" })),
        (&resume, json!({})),
        (&"/v1/orders".to_owned(), an_order()),
    ] {
        let answer = api.post_keyed(path, "k1", &body).await;
        assert_eq!(answer.problem(), (422, "idempotency_key_reused"), "{path}");
    }
}

#[tokio::test]
async fn a_refused_post_leaves_nothing_and_its_key_is_free() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let order = placed(&api, &an_order_of_mugs(1)).await;
    let path = format!("/v1/orders/{order}/cancel");
    let refused = api.post_keyed(&path, "k1", &json!({})).await;
    assert_eq!(refused.problem(), (422, "validation_failed"));
    let broken = api.post_keyed_bytes(&path, "k1", "{").await;
    assert_eq!(broken.problem(), (400, "malformed_json"));
    let cancelled = api
        .post_keyed(&path, "k1", &json!({ "reason": "twice" }))
        .await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.text);
}

#[tokio::test]
async fn sixteen_racing_posts_with_one_key_have_one_effect() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let mut mugs = an_order_of_mugs(2);
    mugs["payment_method"] = json!("cod");
    placed(&api, &mugs).await;
    let code = "select code from locations order by priority, location_id limit 1";
    let code: String = sqlx::query_scalar(code)
        .fetch_one(api.db.pool())
        .await
        .unwrap();
    let body = json!({ "location": code });
    let racing = (0..16).map(|_| api.post_keyed("/v1/pick-lists", "race", &body));
    let answers = join_all(racing).await;
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        assert_eq!(answer.text, answers[0].text);
    }
    let replayed = answers
        .iter()
        .filter(|answer| answer.header("idempotency-replayed") == "true");
    assert_eq!(replayed.count(), 15);
    assert_eq!(api.count("select count(*) from pick_batches").await, 1);
}

#[tokio::test]
async fn a_repetition_needs_the_rights_of_the_first() {
    let mut api = Api::new().await;
    open_shop(&api.db).await;
    let order = placed(&api, &an_order_of_mugs(1)).await;
    let path = format!("/v1/orders/{order}/cancel");
    let body = json!({ "reason": "twice" });
    assert_eq!(api.post_keyed(&path, "k1", &body).await.status, 200);
    api.key = api.key_with(&["orders:read"]).await;
    let answer = api.post_keyed(&path, "k1", &body).await;
    assert_eq!(answer.problem(), (403, "insufficient_scope"));
    api.key = "stv_nobody".to_owned();
    assert_eq!(api.post_keyed(&path, "k1", &body).await.problem().0, 401);
}

/// Their own senders name each event, and a secret that is shown once is not kept for a day.
const KEYLESS: [&str; 5] = [
    "/v1/webhooks/{source}",
    "/api/webhooks/{source}",
    "/v1/orders/{order_id}/tokens",
    "/v1/customers/{customer_id}/tokens",
    "/v1/unsubscribe/{token}",
];

#[tokio::test]
async fn every_post_takes_an_idempotency_key() {
    let api = Api::new().await;
    let document = api.get("/api/openapi.json").await.body;
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(post) = item.get("post") else {
            continue;
        };
        let takes = post["parameters"].as_array().is_some_and(|parameters| {
            parameters
                .iter()
                .any(|one| one["name"] == "Idempotency-Key")
        });
        assert_eq!(takes, !KEYLESS.contains(&path.as_str()), "{path}");
    }
}
