//! What a client has already is not sent again.

use axum::body::Body;
use axum::http::Method;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use serde_json::json;

use crate::shop::{an_order_of_mugs, open_shop};
use crate::support::{Answer, Api};

async fn get(api: &Api, path: &str, known: &str) -> Answer {
    let request = api.request(Method::GET, path).header(IF_NONE_MATCH, known);
    api.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn h2_a_read_is_304_until_something_that_it_shows_changes() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    assert_eq!(
        api.post("/v1/orders", &an_order_of_mugs(1)).await.status,
        201
    );
    for path in [
        "/v1/orders/1",
        "/v1/orders",
        "/v1/stock",
        "/api/orders/1/status",
    ] {
        let first = api.get(path).await;
        let tag = first.header("etag");
        let same = get(&api, path, &format!("\"x\", W/{tag}")).await;
        assert_eq!(
            (same.status.as_u16(), same.text.as_str()),
            (304, ""),
            "{path}"
        );
        assert_eq!(same.header("etag"), tag);
        assert_eq!(get(&api, path, "\"x\"").await.status, 200, "{path}");
    }
    let before = api.get("/v1/orders/1").await.header("etag").to_owned();
    // Not a column of the order: its version stays, what is shown changes.
    let error = "select sp_record_error(1, 'api', 'low', 'test', 'x', 'y')";
    sqlx::query(error).execute(api.db.pool()).await.unwrap();
    assert_eq!(get(&api, "/v1/orders/1", &before).await.status, 200);
}

#[tokio::test]
async fn a12_the_tag_of_a_read_order_is_the_version_that_a_change_names() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    assert_eq!(
        api.post("/v1/orders", &an_order_of_mugs(1)).await.status,
        201
    );
    let tag = api.get("/v1/orders/1").await.header("etag").to_owned();
    let cancel = |tag: &str| {
        api.request(Method::POST, "/v1/orders/1/cancel")
            .header("content-type", "application/json")
            .header(IF_MATCH, tag)
            .body(Body::from(json!({ "reason": "twice" }).to_string()))
            .unwrap()
    };
    let hold = json!({ "reason": "other" });
    assert_eq!(api.post("/v1/orders/1/hold", &hold).await.status, 200);
    assert_eq!(
        api.send(cancel(&tag)).await.problem(),
        (412, "order_changed")
    );
    let tag = api.get("/v1/orders/1").await.header("etag").to_owned();
    assert_eq!(api.send(cancel(&tag)).await.status, 200);
}
