//! Webhooks to the shop's own apps, over HTTP.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::support::{Answer, Api};

async fn patch(api: &Api, path: &str, body: &Value) -> Answer {
    let request = api
        .request(Method::PATCH, path)
        .header("content-type", "application/json");
    api.send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

#[tokio::test]
async fn g8_endpoints_are_added_shown_without_secrets_changed_and_deleted() {
    let api = Api::new().await;
    let new = json!({ "url": "https://app.example.com/hooks?k=1", "kinds": ["order"] });
    let created = api.post("/v1/webhook-endpoints", &new).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let created: wire::WebhookSecret = serde_json::from_value(created.body).unwrap();
    assert!(created.secret.starts_with("whsec_"));
    let path = format!("/v1/webhook-endpoints/{}", created.endpoint_id);

    let shown = api.get(&path).await;
    assert!(!shown.text.contains("whsec_"), "{}", shown.text);
    let shown: wire::WebhookEndpoint = serde_json::from_value(shown.body).unwrap();
    assert_eq!(shown.kinds, Some(vec!["order".to_owned()]));
    let rotated = api
        .post(&format!("{path}/rotate"), &json!({ "overlap_seconds": 60 }))
        .await;
    let rotated: wire::WebhookSecret = serde_json::from_value(rotated.body).unwrap();
    assert_ne!(rotated.secret, created.secret);

    let change = json!({ "kinds": [], "ordering": "fifo", "lanes": 3, "state": "disabled" });
    assert_eq!(patch(&api, &path, &change).await.status, 204);
    let list = api.get("/v1/webhook-endpoints").await;
    let list: wire::WebhookEndpointList = serde_json::from_value(list.body).unwrap();
    let changed = &list.endpoints[0];
    assert_eq!((changed.kinds.clone(), changed.lanes), (None, 3));
    assert_eq!(changed.disabled_reason.as_deref(), Some("by hand"));
    assert!(changed.previous_secret_until.is_some());
    let refused = api.post(&format!("{path}/replay"), &json!({})).await;
    assert_eq!(refused.problem(), (409, "illegal_transition"));

    let deleted = patch(&api, &path, &json!({ "state": "deleted" })).await;
    assert_eq!(deleted.status, 204);
    let gone = (404, "webhook_endpoint_not_found");
    assert_eq!(api.get(&path).await.problem(), gone);
    assert_eq!(patch(&api, &path, &change).await.problem(), gone);
    let rotated = api.post_bytes(&format!("{path}/rotate"), "").await;
    assert_eq!(rotated.problem(), gone);
}

#[tokio::test]
async fn g8_what_an_endpoint_cannot_be_is_told_at_once() {
    let api = Api::new().await;
    let wrong = json!({
        "url": "ftp://app.example.com", "kinds": ["Order!"], "ordering": "lifo", "lanes": 0,
        "state": "gone", "x": 1
    });
    let refused = api.post("/v1/webhook-endpoints", &wrong).await;
    assert_eq!(refused.problem(), (422, "validation_failed"));
    assert_eq!(refused.fields().len(), 6, "{}", refused.text);
    let none = api.post("/v1/webhook-endpoints", &json!({})).await;
    assert_eq!(none.problem(), (422, "validation_failed"));
}

#[tokio::test]
async fn g8_deliveries_and_their_calls_are_listed_and_sent_again() {
    let api = Api::new().await;
    let new = json!({ "url": "https://app.example.com/hooks" });
    api.post("/v1/webhook-endpoints", &new).await;
    sqlx::raw_sql(
        "insert into webhook_deliveries
           (endpoint_id, event_id, kind, lane, status, body, ended_at)
         select 1, n, 'order.placed', 0, 'failed', '{}', clock_now()
         from generate_series(1, 3) as n;
         insert into webhook_attempts (delivery_id, duration_ms, status, response)
         values (2, 12, 500, 'no')",
    )
    .execute(api.db.pool())
    .await
    .unwrap();
    let path = "/v1/webhook-endpoints/1";
    let page = api
        .get(&format!("{path}/deliveries?status=failed&limit=2"))
        .await;
    let page: wire::WebhookDeliveryList = serde_json::from_value(page.body).unwrap();
    assert_eq!((page.deliveries.len(), page.next.is_some()), (2, true));
    let calls = api.get(&format!("{path}/deliveries/2/attempts")).await;
    let calls: wire::WebhookAttemptList = serde_json::from_value(calls.body).unwrap();
    assert_eq!(calls.attempts[0].response.as_deref(), Some("no"));
    let replayed = async |body: Value| {
        let answer = api.post(&format!("{path}/replay"), &body).await;
        serde_json::from_value::<wire::WebhookReplayed>(answer.body)
            .unwrap()
            .replayed
    };
    assert_eq!(replayed(json!({ "delivery_id": 2 })).await, 1);
    assert_eq!(replayed(json!({ "from": "2020-01-01T00:00:00Z" })).await, 2);
    assert_eq!(
        replayed(json!({ "until": "2020-01-01T00:00:00Z" })).await,
        0
    );
    let unknown = api
        .post(&format!("{path}/replay"), &json!({ "delivery_id": 99 }))
        .await;
    assert_eq!(unknown.problem(), (404, "webhook_endpoint_not_found"));
    let wrong = api
        .post(
            &format!("{path}/replay"),
            &json!({ "statuses": ["x"], "from": "then" }),
        )
        .await;
    assert_eq!(wrong.fields().len(), 2, "{}", wrong.text);
}
