//! The same order twice is one order.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::shop::{an_order, an_order_of_mugs, open_shop};
use crate::support::{Answer, Api};

async fn place(api: &Api, key: &str, body: String) -> Answer {
    let request = api
        .request(Method::POST, "/v1/orders")
        .header(CONTENT_TYPE, "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body))
        .unwrap();
    api.send(request).await
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer_and_makes_no_second_order() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let first = place(&api, "k1", an_order().to_string()).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.header("idempotency-replayed"), "");
    let rows = api.rows_written().await;

    // The same request built anew: other white space, other order of keys.
    let shuffled: Vec<String> = an_order()
        .as_object()
        .unwrap()
        .iter()
        .rev()
        .map(|(key, value)| format!("\n  {} : {value}", Value::from(key.as_str())))
        .collect();
    for body in [
        an_order().to_string(),
        format!("{{{}}}", shuffled.join(",")),
    ] {
        let again = place(&api, "k1", body).await;
        assert_eq!((again.status.as_u16(), &again.text), (201, &first.text));
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("location"), first.header("location"));
    }
    assert_eq!(api.rows_written().await, rows);
}

#[tokio::test]
async fn sixteen_racing_requests_with_one_key_make_one_order() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let body = an_order_of_mugs(2).to_string();
    let racing = (0..16).map(|_| place(&api, "race", body.clone()));
    let answers = join_all(racing).await;
    let replayed = answers
        .iter()
        .filter(|a| a.header("idempotency-replayed") == "true")
        .count();
    for answer in &answers {
        assert_eq!(
            (answer.status.as_u16(), &answer.text),
            (201, &answers[0].text)
        );
    }
    assert_eq!(replayed, 15);
    assert_eq!(api.count("select count(*) from orders").await, 1);
    assert_eq!(
        api.count("select sum(quantity)::bigint from inventory_reservations")
            .await,
        2
    );
}

#[tokio::test]
async fn a_key_used_for_another_order_is_refused() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    assert_eq!(place(&api, "k2", an_order().to_string()).await.status, 201);
    let rows = api.rows_written().await;
    let other = place(&api, "k2", an_order_of_mugs(1).to_string()).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused"));
    assert_eq!(api.rows_written().await, rows);
}

#[tokio::test]
async fn a_refused_request_does_not_use_up_its_key() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let too_many = place(&api, "k3", an_order_of_mugs(21).to_string()).await;
    assert_eq!(too_many.problem(), (409, "out_of_stock"));
    assert_eq!(api.rows_written().await, 0);
    assert_eq!(
        place(&api, "k3", an_order_of_mugs(20).to_string())
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_key_in_flight_is_409_with_retry_after() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    // Another process is placing this order: it has claimed the key and not committed.
    let mut transaction = api.db.pool().begin().await.unwrap();
    sqlx::query(
        "select claim_idempotency_key(current_tenant_id(), 'k4', 'orders.create', '\\x00')",
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    let answer = place(&api, "k4", an_order().to_string()).await;
    assert_eq!(answer.problem(), (409, "idempotency_key_in_flight"));
    assert_eq!(answer.header("retry-after"), "1");
    transaction.rollback().await.unwrap();
    assert_eq!(place(&api, "k4", an_order().to_string()).await.status, 201);
}

#[tokio::test]
async fn unusable_keys_are_400() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let long = "k".repeat(256);
    let latin = HeaderValue::from_bytes(b"caf\xe9").unwrap();
    let keys = ["", " ", "two words", &long].map(|key| HeaderValue::from_str(key).unwrap());
    for key in keys.into_iter().chain([latin]) {
        let request = api
            .request(Method::POST, "/v1/orders")
            .header(CONTENT_TYPE, "application/json")
            .header("idempotency-key", key)
            .body(Body::from(an_order().to_string()))
            .unwrap();
        assert_eq!(
            api.send(request).await.problem(),
            (400, "invalid_idempotency_key")
        );
    }
    let twice = api
        .request(Method::POST, "/v1/orders")
        .header(CONTENT_TYPE, "application/json")
        .header("idempotency-key", "a")
        .header("idempotency-key", "b")
        .body(Body::from(an_order().to_string()))
        .unwrap();
    assert_eq!(
        api.send(twice).await.problem(),
        (400, "invalid_idempotency_key")
    );
    assert_eq!(api.rows_written().await, 0);
    let fits = "k".repeat(255);
    assert_eq!(place(&api, &fits, an_order().to_string()).await.status, 201);
}

#[tokio::test]
async fn without_a_key_each_request_is_an_order() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    for _ in 0..2 {
        assert_eq!(api.post("/v1/orders", &json!(an_order())).await.status, 201);
    }
    assert_eq!(api.count("select count(*) from orders").await, 2);
}
