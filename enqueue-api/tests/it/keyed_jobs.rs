//! The same enqueue twice is one: Idempotency-Key on jobs.

use futures::future::join_all;
use serde_json::json;

use crate::support::Api;

#[tokio::test]
async fn first_6_a_repetition_gets_the_first_answer_and_makes_no_second_job() {
    let api = Api::new().await;
    let job = json!({ "kind": "a", "args": { "x": 1, "y": 2 } });
    let first = api.post_keyed("/v1/jobs", "k1", &job).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.header("idempotency-replayed"), "");
    let rows = api.rows_written().await;

    let shuffled = r#"{ "args": {"y": 2,  "x": 1}, "kind":"a" }"#;
    for body in [job.to_string(), shuffled.to_owned()] {
        let again = api.post_keyed_bytes("/v1/jobs", "k1", body).await;
        assert_eq!((again.status.as_u16(), &again.text), (201, &first.text));
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("location"), first.header("location"));
    }
    assert_eq!(api.rows_written().await, rows);
}

#[tokio::test]
async fn first_6_the_first_answer_is_replayed_after_the_job_has_ended() {
    let api = Api::new().await;
    let job = json!({ "kind": "a", "unique_key": "u" });
    let first = api.post_keyed("/v1/jobs", "k1", &job).await;
    let cancel = format!("{}/cancel", first.header("location"));
    assert_eq!(api.post_bytes(&cancel, "").await.status, 200);
    let again = api.post_keyed("/v1/jobs", "k1", &job).await;
    assert_eq!((again.status.as_u16(), &again.text), (201, &first.text));
    assert_eq!(api.count("select count(*) from queue.jobs").await, 0);
}

#[tokio::test]
async fn first_6_a_job_that_was_there_before_is_replayed_as_such() {
    let api = Api::new().await;
    let job = json!({ "kind": "a", "unique_key": "u" });
    api.post("/v1/jobs", &job).await;
    for replayed in ["", "true"] {
        let answer = api.post_keyed("/v1/jobs", "k1", &job).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["inserted"]),
            (200, &json!(false))
        );
        assert_eq!(answer.header("idempotency-replayed"), replayed);
    }
}

#[tokio::test]
async fn first_6_sixteen_racing_requests_with_one_key_make_one_job() {
    let api = Api::new().await;
    let job = json!({ "kind": "a" });
    let answers = join_all((0..16).map(|_| api.post_keyed("/v1/jobs", "race", &job))).await;
    for answer in &answers {
        assert_eq!(
            (answer.status.as_u16(), &answer.text),
            (201, &answers[0].text)
        );
    }
    let replayed = answers
        .iter()
        .filter(|answer| answer.header("idempotency-replayed") == "true");
    assert_eq!(replayed.count(), 15);
    assert_eq!(api.count("select count(*) from queue.jobs").await, 1);
}

#[tokio::test]
async fn first_6_a_key_used_for_another_request_is_422() {
    let api = Api::new().await;
    let job = json!({ "kind": "a" });
    assert_eq!(api.post_keyed("/v1/jobs", "k2", &job).await.status, 201);
    let rows = api.rows_written().await;
    let other = api
        .post_keyed("/v1/jobs", "k2", &json!({ "kind": "b" }))
        .await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused"));
    let batch = json!({ "jobs": [{ "kind": "a" }] });
    let other = api.post_keyed("/v1/jobs/batch", "k2", &batch).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused"));
    assert_eq!(api.rows_written().await, rows);
}

#[tokio::test]
async fn first_6_a_key_in_flight_is_409_with_retry_after() {
    let api = Api::new().await;
    let mut transaction = api.db.pool().begin().await.unwrap();
    sqlx::query("select claim_idempotency_key(current_tenant_id(), 'k4', 'jobs.enqueue', '\\x00')")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let answer = api
        .post_keyed("/v1/jobs", "k4", &json!({ "kind": "a" }))
        .await;
    assert_eq!(answer.problem(), (409, "idempotency_key_in_flight"));
    assert_eq!(answer.header("retry-after"), "1");
    transaction.rollback().await.unwrap();
    let answer = api
        .post_keyed("/v1/jobs", "k4", &json!({ "kind": "a" }))
        .await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn first_6_a_refused_request_leaves_nothing_and_does_not_use_up_its_key() {
    let api = Api::new().await;
    // Only the queue knows this rule: it counts bytes.
    let long = json!({ "kind": "a", "unique_key": "é".repeat(400) });
    let refused = api.post_keyed("/v1/jobs", "k3", &long).await;
    assert_eq!(refused.problem(), (422, "validation_failed"));
    assert_eq!(refused.fields()[0].0, "unique_key");
    assert_eq!(api.rows_written().await, 0);
    let good = api
        .post_keyed("/v1/jobs", "k3", &json!({ "kind": "a" }))
        .await;
    assert_eq!(good.status, 201);
    for key in ["", "has space", &"x".repeat(256)] {
        let answer = api
            .post_keyed("/v1/jobs", key, &json!({ "kind": "a" }))
            .await;
        assert_eq!(answer.problem(), (400, "invalid_idempotency_key"));
    }
}

#[tokio::test]
async fn first_6_a_batch_is_one_request_and_replayed_whole() {
    let api = Api::new().await;
    let batch = json!({ "jobs": [{ "kind": "a" }, { "kind": "b", "unique_key": "u" }] });
    let first = api.post_keyed("/v1/jobs/batch", "k5", &batch).await;
    assert_eq!(
        (first.status.as_u16(), &first.body["inserted"]),
        (200, &json!(2))
    );
    let again = api.post_keyed("/v1/jobs/batch", "k5", &batch).await;
    assert_eq!(again.text, first.text);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(api.count("select count(*) from queue.jobs").await, 2);
}
