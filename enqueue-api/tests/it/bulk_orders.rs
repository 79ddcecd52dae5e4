//! Many orders in one request, and many requests in one transaction.

use futures::future::join_all;
use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::shop::{MUGS, an_order, an_order_of_mugs, open_shop};
use crate::support::Api;

async fn open() -> Api {
    let api = Api::new().await;
    open_shop(&api.db).await;
    api
}

fn statuses(results: &wire::BulkOrders) -> Vec<u16> {
    results.results.iter().map(|result| result.status).collect()
}

#[tokio::test]
async fn a16_each_order_of_a_bulk_request_has_its_own_result() {
    let api = open().await;
    let mut wrong = an_order();
    wrong["currency"] = json!("CEDI");
    wrong["lines"][0]["sku"] = json!("NONE");
    let body = json!({ "orders": [an_order(), wrong, an_order_of_mugs(MUGS + 1), 7] });
    let answer = api.post("/v1/bulk/orders", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let results: wire::BulkOrders = serde_json::from_value(answer.body).unwrap();
    assert_eq!(statuses(&results), [201, 422, 409, 422]);
    assert_eq!((results.placed, results.refused), (1, 3));
    let problem = results.results[1].problem.as_ref().unwrap();
    let codes: Vec<&str> = problem.errors.iter().map(|e| e.code.as_str()).collect();
    assert_eq!(codes, ["unknown_currency", "unknown_sku"]);
    assert_eq!(
        results.results[2].problem.as_ref().unwrap().code,
        "out_of_stock"
    );
}

#[tokio::test]
async fn a16_a_repeated_bulk_request_places_only_what_was_refused_before() {
    let api = open().await;
    let body = json!({ "orders": [an_order(), an_order_of_mugs(MUGS + 1)] });
    let first = api.post_keyed("/v1/bulk/orders", "k", &body).await;
    let first: wire::BulkOrders = serde_json::from_value(first.body).unwrap();
    assert_eq!(statuses(&first), [201, 409]);
    sqlx::query("select sp_receive_stock('MUG-RED', (select code from locations limit 1), 1)")
        .execute(api.db.pool())
        .await
        .unwrap();
    let again = api.post_keyed("/v1/bulk/orders", "k", &body).await;
    let again: wire::BulkOrders = serde_json::from_value(again.body).unwrap();
    assert_eq!(statuses(&again), [201, 201]);
    let replayed: Vec<_> = again.results.iter().map(|r| r.replayed).collect();
    assert_eq!(replayed, [Some(true), Some(false)]);
}

#[tokio::test]
async fn a16_a_list_that_is_none_or_too_long_is_refused_whole() {
    let api = open().await;
    for (body, code) in [
        (json!({}), "required"),
        (json!({ "orders": 3 }), "wrong_type"),
        (json!({ "orders": [] }), "out_of_range"),
        (json!({ "orders": vec![1; 1001] }), "out_of_range"),
        (json!({ "orders": [1], "order": 1 }), "unknown_field"),
    ] {
        let answer = api.post("/v1/bulk/orders", &body).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert_eq!(answer.body["errors"][0]["code"], code);
    }
}

#[tokio::test]
async fn a2_orders_that_come_at_once_each_get_their_own_answer() {
    let api = open().await;
    let bodies: Vec<(String, Value)> = (0..60)
        .map(|n| match n % 3 {
            0 => (format!("key-{n}"), an_order()),
            1 => ("the-same".to_owned(), an_order()),
            _ => (format!("key-{n}"), an_order_of_mugs(2)),
        })
        .collect();
    let sent = bodies
        .iter()
        .map(|(key, body)| api.post_keyed("/v1/orders", key, body));
    let answers = join_all(sent).await;
    let count = |status: u16| answers.iter().filter(|a| a.status == status).count();
    // 20 bundles; one more, told 20 times; and of the pairs of mugs as many as there are.
    let pairs = usize::try_from(MUGS / 2).unwrap();
    assert_eq!((count(201), count(409)), (40 + pairs, 20 - pairs));
    let same: Vec<&Value> = answers
        .iter()
        .zip(&bodies)
        .filter(|(_, (key, _))| key == "the-same")
        .map(|(answer, _)| &answer.body)
        .collect();
    assert!(same.iter().all(|body| *body == same[0]));
    let orders: i64 = sqlx::query_scalar("select count(*) from orders")
        .fetch_one(api.db.pool())
        .await
        .unwrap();
    assert_eq!(orders, i64::try_from(21 + pairs).unwrap());
}
