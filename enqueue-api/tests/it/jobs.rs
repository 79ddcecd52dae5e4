//! Jobs over HTTP.

use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::support::Api;

#[tokio::test]
async fn a_job_is_enqueued_and_can_be_looked_at() {
    let api = Api::new().await;
    let answer = api
        .post(
            "/v1/jobs",
            &json!({
                "kind": "shop.audit",
                "args": { "order": 7, "deep": { "text": "é\n" } },
                "queue": "reports",
                "priority": -5,
                "run_at": "2100-01-01T00:00:00+01:00",
                "max_attempts": 3,
                "unique_key": "audit:7",
                "unique_scope": "waiting",
                "group_key": "order:7",
            }),
        )
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let enqueued: wire::EnqueuedJob = serde_json::from_value(answer.body.clone()).unwrap();
    assert!(enqueued.inserted);
    let location = format!("/v1/jobs/{}", enqueued.job_id);
    assert_eq!(answer.header("location"), location);

    let job: wire::Job = serde_json::from_value(api.get(&location).await.body).unwrap();
    assert_eq!(
        (job.kind.as_str(), job.queue.as_str()),
        ("shop.audit", "reports")
    );
    assert_eq!(
        (job.state.as_str(), job.priority, job.max_attempts),
        ("scheduled", -5, Some(3))
    );
    assert_eq!(job.run_at.to_rfc3339(), "2099-12-31T23:00:00+00:00");
    assert_eq!(job.args, json!({ "order": 7, "deep": { "text": "é\n" } }));
    assert_eq!(job.unique_key.as_deref(), Some("audit:7"));
    assert_eq!(job.unique_scope.as_deref(), Some("waiting"));
    assert_eq!(job.group_key.as_deref(), Some("order:7"));
}

#[tokio::test]
async fn the_answer_of_a_job_is_the_documented_one() {
    let api = Api::new().await;
    let answer = api
        .post("/v1/jobs", &json!({ "kind": "audit", "args": { "n": 1 } }))
        .await;
    let job = api.get(answer.header("location")).await.body;
    insta::assert_json_snapshot!(job, {
        ".job_id" => "[id]", ".run_at" => "[time]", ".created_at" => "[time]",
        ".trace_context" => "[traceparent]",
    });
}

#[tokio::test]
async fn a_second_job_with_the_same_unique_key_is_the_first() {
    let api = Api::new().await;
    let job = json!({ "kind": "audit", "unique_key": "audit:1" });
    let first = api.post("/v1/jobs", &job).await;
    let second = api.post("/v1/jobs", &job).await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 200));
    assert_eq!(second.body["inserted"], false);
    assert_eq!(second.body["job_id"], first.body["job_id"]);
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(api.count("select count(*) from queue.jobs").await, 1);
}

#[tokio::test]
async fn everything_wrong_with_a_job_is_told_at_once() {
    let api = Api::new().await;
    let answer = api
        .post(
            "/v1/jobs",
            &json!({
                "args": [1],
                "queue": "no spaces",
                "priority": 101,
                "run_at": "tomorrow",
                "max_attempts": 2.5,
                "unique_key": "",
                "unique_scope": "forever",
                "group_key": 7,
                "delay": 5,
            }),
        )
        .await;
    assert_eq!(answer.problem(), (422, "validation_failed"));
    let mut fields = answer.fields();
    fields.sort();
    let expected = [
        ("args", "wrong_type"),
        ("delay", "unknown_field"),
        ("group_key", "wrong_type"),
        ("kind", "required"),
        ("max_attempts", "wrong_type"),
        ("priority", "out_of_range"),
        ("queue", "invalid_name"),
        ("run_at", "invalid_timestamp"),
        ("unique_key", "too_short"),
        ("unique_scope", "unknown_unique_scope"),
    ];
    let expected = expected.map(|(field, code)| (field.to_owned(), code.to_owned()));
    assert_eq!(fields, expected);
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn nul_characters_in_jobs_are_422_wherever_they_are() {
    let api = Api::new().await;
    for (job, field) in [
        (json!({ "kind": "a\0" }), "kind"),
        (json!({ "kind": "a", "unique_key": "\0" }), "unique_key"),
        (
            json!({ "kind": "a", "args": { "x": ["ok", { "y": "\0" }] } }),
            "args.x[1].y",
        ),
        (json!({ "kind": "a", "args": { "\0": 1 } }), "args"),
        (json!({ "kind": "a", "\0": 1 }), ""),
    ] {
        let answer = api.post("/v1/jobs", &job).await;
        assert_eq!(answer.problem(), (422, "validation_failed"), "{job}");
        let found = answer
            .fields()
            .contains(&(field.to_owned(), "nul_character".to_owned()));
        assert!(found, "{job}: {}", answer.text);
    }
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn a_rule_that_only_the_queue_knows_is_422_too() {
    let api = Api::new().await;
    let answer = api
        .post(
            "/v1/jobs",
            &json!({ "kind": "a", "unique_key": "é".repeat(400) }),
        )
        .await;
    assert_eq!(
        answer.problem(),
        (422, "validation_failed"),
        "the queue limits bytes"
    );
    assert_eq!(answer.fields()[0].0, "unique_key");
}

#[tokio::test]
async fn a_batch_is_enqueued_whole_and_answered_in_its_order() {
    let api = Api::new().await;
    let held = api
        .post("/v1/jobs", &json!({ "kind": "a", "unique_key": "held" }))
        .await;
    let batch = json!({ "jobs": [
        { "kind": "a" },
        { "kind": "a", "unique_key": "held" },
        { "kind": "b", "unique_key": "new" },
        { "kind": "b", "unique_key": "new" },
    ] });
    let answer = api.post("/v1/jobs/batch", &batch).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let batch: wire::EnqueuedBatch = serde_json::from_value(answer.body).unwrap();
    assert_eq!((batch.inserted, batch.deduplicated), (2, 2));
    let inserted: Vec<bool> = batch.jobs.iter().map(|job| job.inserted).collect();
    assert_eq!(inserted, [true, false, true, false]);
    assert_eq!(batch.jobs[1].job_id, held.body["job_id"]);
    assert_eq!(batch.jobs[3].job_id, batch.jobs[2].job_id);
}

#[tokio::test]
async fn ten_thousand_jobs_are_one_batch_and_one_more_is_refused() {
    let api = Api::new().await;
    let batch = |jobs: usize| {
        let jobs: Vec<Value> = (0..jobs)
            .map(|n| json!({ "kind": "a", "args": { "n": n } }))
            .collect();
        json!({ "jobs": jobs })
    };
    let refused = api.post("/v1/jobs/batch", &batch(10_001)).await;
    assert_eq!(refused.problem(), (422, "validation_failed"));
    assert_eq!(
        refused.fields(),
        [("jobs".to_owned(), "out_of_range".to_owned())]
    );
    assert_eq!(api.rows_written().await, 0);
    let answer = api.post("/v1/jobs/batch", &batch(10_000)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["inserted"]),
        (200, &json!(10_000))
    );
    assert_eq!(api.count("select count(*) from queue.jobs").await, 10_000);
}

#[tokio::test]
async fn one_bad_job_refuses_its_whole_batch_and_is_named() {
    let api = Api::new().await;
    let batch = json!({ "jobs": [{ "kind": "a" }, 7, { "kind": "" }, { "kind": "a", "x": 1 }] });
    let answer = api.post("/v1/jobs/batch", &batch).await;
    assert_eq!(answer.problem(), (422, "validation_failed"));
    let expected = [
        ("jobs[1]", "wrong_type"),
        ("jobs[2].kind", "too_short"),
        ("jobs[3].x", "unknown_field"),
    ];
    assert_eq!(
        answer.fields(),
        expected.map(|(f, c)| (f.to_owned(), c.to_owned()))
    );
    for (body, expected) in [
        (json!({}), ("jobs", "required")),
        (json!({ "jobs": [] }), ("jobs", "out_of_range")),
        (json!({ "jobs": {} }), ("jobs", "wrong_type")),
        (
            json!({ "jobs": [{ "kind": "a" }], "more": 1 }),
            ("more", "unknown_field"),
        ),
    ] {
        let answer = api.post("/v1/jobs/batch", &body).await;
        assert_eq!(answer.problem(), (422, "validation_failed"), "{body}");
        assert_eq!(
            answer.fields(),
            [(expected.0.to_owned(), expected.1.to_owned())],
            "{body}"
        );
    }
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn a_batch_of_only_bad_jobs_lists_a_hundred_problems_and_counts_the_rest() {
    let api = Api::new().await;
    let jobs: Vec<Value> = (0..5000).map(|_| json!({})).collect();
    let answer = api.post("/v1/jobs/batch", &json!({ "jobs": jobs })).await;
    assert_eq!(answer.problem(), (422, "validation_failed"));
    assert_eq!(
        (answer.fields().len(), &answer.body["errors_total"]),
        (100, &json!(5000))
    );
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_once_and_an_ended_one_is_not() {
    let api = Api::new().await;
    let job = api.post("/v1/jobs", &json!({ "kind": "a" })).await;
    let path = format!("{}/cancel", job.header("location"));
    let cancelled = api.post_bytes(&path, "").await;
    assert_eq!(
        (cancelled.status.as_u16(), &cancelled.body["state"]),
        (200, &json!("cancelled"))
    );
    assert_eq!(
        api.post_bytes(&path, "").await.problem(),
        (409, "job_state_conflict")
    );
    assert_eq!(
        api.post_bytes("/v1/jobs/77/cancel", "").await.problem(),
        (404, "job_not_found")
    );
}

#[tokio::test]
async fn a_dead_job_is_retried_and_a_waiting_one_is_not() {
    let api = Api::new().await;
    let job = api
        .post("/v1/jobs", &json!({ "kind": "a", "unique_key": "k" }))
        .await;
    let path = format!("{}/retry", job.header("location"));
    assert_eq!(
        api.post_bytes(&path, "").await.problem(),
        (409, "job_state_conflict")
    );
    bury(&api).await;
    let retried = api.post_bytes(&path, "").await;
    assert_eq!(
        (retried.status.as_u16(), &retried.body["state"]),
        (200, &json!("ready"))
    );

    bury(&api).await;
    api.post("/v1/jobs", &json!({ "kind": "a", "unique_key": "k" }))
        .await;
    assert_eq!(
        api.post_bytes(&path, "").await.problem(),
        (409, "job_state_conflict")
    );
    assert_eq!(
        api.post_bytes("/v1/jobs/77/retry", "").await.problem(),
        (404, "job_not_found")
    );
}

/// Moves all waiting jobs to the dead ones, as workers do after the last attempt.
async fn bury(api: &Api) {
    sqlx::query(
        "with ended as (delete from queue.jobs returning *)
         insert into queue.dead_jobs (job_id, died_at, run_at, created_at, claimed_at, worker_id,
             attempt, forgiven, priority, max_attempts, queue, kind, args, unique_key,
             unique_scope, group_key, trace_context, last_error)
         select job_id, clock_now(), run_at, created_at, clock_now(), 1, 1, 0, priority,
             coalesce(max_attempts, 1), queue, kind, args, unique_key, unique_scope, group_key,
             trace_context, 'no'
         from ended",
    )
    .execute(api.db.pool())
    .await
    .unwrap();
}
