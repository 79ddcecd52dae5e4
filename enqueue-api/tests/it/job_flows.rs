//! Jobs that wait for others, keys held for a time, and replacement, over HTTP.

use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::support::Api;

async fn enqueued(api: &Api, job: &Value) -> wire::EnqueuedJob {
    let answer = api.post("/v1/jobs", job).await;
    assert!(answer.status.is_success(), "{}", answer.text);
    serde_json::from_value(answer.body).unwrap()
}

async fn state(api: &Api, job_id: i64) -> Value {
    api.get(&format!("/v1/jobs/{job_id}")).await.body["state"].clone()
}

#[tokio::test]
async fn point_12_a_job_waits_for_others_and_each_edge_says_what_a_failure_means() {
    let api = Api::new().await;
    let first = enqueued(&api, &json!({ "kind": "a" })).await.job_id;
    let strict = json!({ "kind": "b", "after": [first] });
    let strict = enqueued(&api, &strict).await.job_id;
    let lenient = json!({ "kind": "b", "after": [first], "on_failure": "run" });
    let lenient = enqueued(&api, &lenient).await.job_id;
    let own = json!({ "kind": "b", "after": [{ "job_id": first, "on_failure": "run" }],
        "on_failure": "cancel" });
    let own = enqueued(&api, &own).await.job_id;
    for waiting in [strict, lenient, own] {
        assert_eq!(state(&api, waiting).await, "waiting");
    }
    let cancelled = api
        .post(&format!("/v1/jobs/{first}/cancel"), &json!({}))
        .await;
    assert!(cancelled.status.is_success(), "{}", cancelled.text);
    assert_eq!(state(&api, strict).await, "cancelled");
    assert_eq!(state(&api, lenient).await, "ready");
    assert_eq!(state(&api, own).await, "ready");
}

#[tokio::test]
async fn point_12_a_batch_is_a_workflow_by_position() {
    let api = Api::new().await;
    let batch = json!({ "jobs": [
        { "kind": "fetch" },
        { "kind": "import", "after": [{ "position": 0 }] },
        { "kind": "report", "after": [{ "position": 0 }, { "position": 1 }] },
    ] });
    let answer = api.post("/v1/jobs/batch", &batch).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let batch: wire::EnqueuedBatch = serde_json::from_value(answer.body).unwrap();
    let mut states = Vec::new();
    for job in &batch.jobs {
        states.push(state(&api, job.job_id).await);
    }
    assert_eq!(states, ["ready", "waiting", "waiting"]);
    let edges = "select count(*) from queue.dependencies where settled_at is null";
    assert_eq!(api.count(edges).await, 3);
}

#[tokio::test]
async fn point_5_a_key_is_held_for_a_time_whatever_becomes_of_the_job() {
    let api = Api::new().await;
    let job = json!({ "kind": "a", "unique_key": "digest", "unique_period": 3600 });
    let first = enqueued(&api, &job).await;
    let cancelled = api
        .post(&format!("/v1/jobs/{}/cancel", first.job_id), &json!({}))
        .await;
    assert!(cancelled.status.is_success(), "{}", cancelled.text);
    let second = enqueued(&api, &job).await;
    assert_eq!((second.job_id, second.inserted), (first.job_id, false));
}

#[tokio::test]
async fn point_5_a_waiting_holder_of_the_key_takes_over_what_is_to_be_replaced() {
    let api = Api::new().await;
    let job = |number: i64, at: &str| {
        json!({ "kind": "a", "unique_key": "index", "args": { "number": number }, "run_at": at,
            "replace": ["args", "run_at"] })
    };
    let first = enqueued(&api, &job(1, "2100-01-01T00:00:00Z")).await;
    let second = enqueued(&api, &job(2, "2100-01-02T00:00:00Z")).await;
    assert_eq!((second.job_id, second.inserted), (first.job_id, false));
    let found = api.get(&format!("/v1/jobs/{}", first.job_id)).await.body;
    assert_eq!(found["args"]["number"], 2);
    assert_eq!(found["run_at"], "2100-01-02T00:00:00Z");
}

async fn assert_refused(cases: impl IntoIterator<Item = (Value, &str, &str)>) {
    let api = Api::new().await;
    for (mut job, field, code) in cases {
        job["kind"] = json!("a");
        let answer = api.post("/v1/jobs", &job).await;
        assert_eq!(answer.problem(), (422, "validation_failed"), "{job}");
        let expected = vec![(field.to_owned(), code.to_owned())];
        assert_eq!(answer.fields(), expected, "{job}: {}", answer.text);
    }
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn edges_that_make_no_sense_are_refused_where_they_stand() {
    assert_refused([
        (json!({ "after": 7 }), "after", "wrong_type"),
        (json!({ "after": [1.5] }), "after[0]", "wrong_type"),
        (json!({ "after": [-1] }), "after[0]", "wrong_type"),
        (json!({ "after": [1, {}] }), "after[1].job_id", "required"),
        (
            json!({ "after": [{ "job_id": 1, "position": 0 }] }),
            "after[0].job_id",
            "required",
        ),
        (
            json!({ "after": [{ "position": -1 }] }),
            "after[0].position",
            "out_of_range",
        ),
        (
            json!({ "after": [{ "job_id": 1, "then": "?" }] }),
            "after[0].then",
            "unknown_field",
        ),
        (
            json!({ "after": [{ "job_id": 1, "on_failure": "?" }] }),
            "after[0].on_failure",
            "unknown_on_failure",
        ),
        // What only the queue knows.
        (json!({ "after": [{ "position": 0 }] }), "after", "format"),
        (json!({ "after": [999_999] }), "after", "unknown"),
        (json!({ "on_failure": "run" }), "on_failure", "needs_after"),
    ])
    .await;
}

#[tokio::test]
async fn periods_and_replacement_that_make_no_sense_are_refused() {
    assert_refused([
        (
            json!({ "unique_period": 60 }),
            "unique_period",
            "needs_unique_key",
        ),
        (
            json!({ "unique_key": "k", "unique_period": 0 }),
            "unique_period",
            "out_of_range",
        ),
        (
            json!({ "unique_key": "k", "unique_period": "1h" }),
            "unique_period",
            "wrong_type",
        ),
        (
            json!({ "unique_key": "k", "unique_scope": "period" }),
            "unique_period",
            "required",
        ),
        (
            json!({ "unique_key": "k", "unique_scope": "waiting", "unique_period": 60 }),
            "unique_scope",
            "needs_period",
        ),
        (
            json!({ "replace": ["args"] }),
            "replace",
            "needs_unique_key",
        ),
        (
            json!({ "unique_key": "k", "replace": ["kind"] }),
            "replace",
            "unknown_replace",
        ),
    ])
    .await;
}
