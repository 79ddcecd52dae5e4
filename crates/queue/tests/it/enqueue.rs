//! Putting jobs in: transactions, unique keys, refusals, the three ways in.

use serde_json::json;
use sqlx::Row;
use stevedore_queue::{EnqueueError, NewJob, UniqueScope, cancel, enqueue, enqueue_many, find};
use stevedore_testkit::TestDb;

use crate::support::{Does, Worker, calm, count, job, until, view};

fn kind(kind: &str) -> NewJob {
    NewJob::new(kind, &json!({})).unwrap()
}

fn codes(error: EnqueueError) -> Vec<(String, String)> {
    match error {
        EnqueueError::Invalid(problems) => problems
            .into_iter()
            .map(|problem| (problem.field, problem.code))
            .collect(),
        other => panic!("not a refusal: {other:?}"),
    }
}

#[tokio::test]
async fn a_job_exists_exactly_if_the_callers_transaction_commits() {
    let db = TestDb::new().await;
    let mut tx = db.pool.begin().await.unwrap();
    let lost = enqueue(&mut *tx, &kind("a")).await.unwrap();
    tx.rollback().await.unwrap();
    let mut tx = db.pool.begin().await.unwrap();
    let kept = enqueue(&mut *tx, &kind("a")).await.unwrap();
    assert_eq!(find(&db.pool, kept.job_id).await.unwrap(), None);
    tx.commit().await.unwrap();

    assert_eq!(find(&db.pool, lost.job_id).await.unwrap(), None);
    assert_eq!(view(&db.pool, kept.job_id).await.state, "ready");
}

#[tokio::test]
async fn sql_and_rust_enqueue_the_same_job() {
    let db = TestDb::new().await;
    let from_sql: i64 = sqlx::query(
        "select job_id from queue.enqueue(p_kind => 'a', p_args => '{\"n\": 1}', p_queue => 'q',
           p_priority => 5::smallint, p_max_attempts => 7::smallint, p_unique_key => 'sql',
           p_group_key => 'g', p_trace_context => 't', p_run_at => '2040-01-01Z')",
    )
    .fetch_one(&db.pool)
    .await
    .unwrap()
    .get(0);
    let job = NewJob::new("a", &json!({"n": 1}))
        .unwrap()
        .queue("q")
        .priority(5)
        .max_attempts(7)
        .unique_key("rust")
        .group_key("g")
        .trace_context("t")
        .run_at("2040-01-01T00:00:00Z".parse().unwrap());
    let from_rust = enqueue(&db.pool, &job).await.unwrap().job_id;
    let in_bulk = job.unique_key("bulk");
    let from_bulk = enqueue_many(&db.pool, &[in_bulk]).await.unwrap()[0].job_id;

    let mut views = Vec::new();
    for job_id in [from_sql, from_rust, from_bulk] {
        let mut view = view(&db.pool, job_id).await;
        (view.job_id, view.unique_key) = (0, None);
        view.created_at = view.run_at;
        views.push(view);
    }
    assert_eq!(views[0], views[1]);
    assert_eq!(views[0], views[2]);
    assert_eq!(
        (views[0].state.as_str(), views[0].priority),
        ("scheduled", 5)
    );
}

#[tokio::test]
async fn the_trace_context_defaults_to_that_of_the_transaction() {
    let db = TestDb::new().await;
    let mut tx = db.pool.begin().await.unwrap();
    sqlx::query("select set_config('stevedore.traceparent', '00-abc-def-01', true)")
        .execute(&mut *tx)
        .await
        .unwrap();
    let job = enqueue(&mut *tx, &kind("a")).await.unwrap();
    tx.commit().await.unwrap();
    let view = view(&db.pool, job.job_id).await;
    assert_eq!(view.trace_context.as_deref(), Some("00-abc-def-01"));
}

#[tokio::test]
async fn racing_enqueues_with_one_unique_key_make_one_job_and_all_learn_its_id() {
    let db = TestDb::new().await;
    let pool = db.pool_of(20);
    let racers = (0..20).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move { enqueue(&pool, &kind("a").unique_key("k")).await.unwrap() })
    });
    let results = futures::future::try_join_all(racers).await.unwrap();
    assert_eq!(results.iter().filter(|result| result.inserted).count(), 1);
    assert!(
        results
            .iter()
            .all(|result| result.job_id == results[0].job_id)
    );
    assert_eq!(count(&db.pool, "select count(*) from queue.jobs").await, 1);
}

#[tokio::test]
async fn one_array_may_name_a_unique_key_twice_and_answers_stand_in_its_order() {
    let db = TestDb::new().await;
    let held = enqueue(&db.pool, &kind("a").unique_key("held"))
        .await
        .unwrap();
    let jobs = [
        kind("a").unique_key("new"),
        kind("a").unique_key("held"),
        kind("a"),
        kind("a").unique_key("new"),
    ];
    let results = enqueue_many(&db.pool, &jobs).await.unwrap();
    let inserted: Vec<bool> = results.iter().map(|result| result.inserted).collect();
    assert_eq!(inserted, [true, false, true, false]);
    assert_eq!(results[1].job_id, held.job_id);
    assert_eq!(results[3].job_id, results[0].job_id);
}

#[tokio::test]
async fn a_unique_key_is_free_again_after_its_scope() {
    let db = TestDb::new().await;
    let unfinished = enqueue(&db.pool, &kind("a").unique_key("u")).await.unwrap();
    cancel(&db.pool, unfinished.job_id).await.unwrap();
    assert!(
        enqueue(&db.pool, &kind("a").unique_key("u"))
            .await
            .unwrap()
            .inserted
    );

    let waiting = job(Does::Gate)
        .unique_key("w")
        .unique_scope(UniqueScope::Waiting);
    let lasting = job(Does::Gate).unique_key("l");
    let first = enqueue_many(&db.pool, &[waiting.clone(), lasting.clone()])
        .await
        .unwrap();
    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, first[0].job_id, "running").await;
    until(&db.pool, first[1].job_id, "running").await;
    assert!(enqueue(&db.pool, &waiting).await.unwrap().inserted);
    assert!(!enqueue(&db.pool, &lasting).await.unwrap().inserted);
    worker.stage.gate.add_permits(10);
    worker.stop().await;
}

#[tokio::test]
async fn everything_wrong_with_a_job_is_said_at_once() {
    let db = TestDb::new().await;
    let bad = NewJob::new("", &json!([1]))
        .unwrap()
        .priority(1000)
        .max_attempts(0);
    let bad = bad.queue("a b").unique_key("").group_key("x".repeat(501));
    let said = codes(enqueue(&db.pool, &bad).await.unwrap_err());
    let expected = [
        ("kind", "required"),
        ("queue", "format"),
        ("args", "type"),
        ("priority", "range"),
        ("max_attempts", "range"),
        ("unique_key", "length"),
        ("group_key", "length"),
    ];
    assert_eq!(
        said,
        expected.map(|(field, code)| (field.to_owned(), code.to_owned()))
    );

    let many = [kind("a"), kind(""), NewJob::new("b", &7).unwrap()];
    let said = codes(enqueue_many(&db.pool, &many).await.unwrap_err());
    let expected = [("jobs[1].kind", "required"), ("jobs[2].args", "type")];
    assert_eq!(
        said,
        expected.map(|(field, code)| (field.to_owned(), code.to_owned()))
    );
    assert_eq!(count(&db.pool, "select count(*) from queue.jobs").await, 0);
}

#[tokio::test]
async fn what_postgresql_cannot_store_or_others_cannot_read_is_refused() {
    let db = TestDb::new().await;
    let said = |job: NewJob| {
        let pool = db.pool.clone();
        async move { codes(enqueue(&pool, &job).await.unwrap_err()).remove(0) }
    };
    let named = |field: &str, code: &str| (field.to_owned(), code.to_owned());

    let nul = NewJob::new("a", &json!({"deep": [{"\0": 1}]})).unwrap();
    assert_eq!(said(nul).await, named("args", "nul"));
    assert_eq!(
        said(kind("a").unique_key("\0")).await,
        named("unique_key", "nul")
    );
    let large = NewJob::new("a", &json!({"text": "x".repeat(1 << 20)})).unwrap();
    assert_eq!(said(large).await, named("args", "too_large"));

    // Rust cannot write such a number; SQL can.
    let error = sqlx::query("select queue.enqueue('a', '{\"n\": [1e400]}')")
        .execute(&db.pool)
        .await
        .unwrap_err();
    assert_eq!(error.as_database_error().unwrap().code().unwrap(), "P0JOB");
    // A backslash before "u0000" is no NUL, and 400 digits in a string are no number.
    let fine = NewJob::new("a", &json!({"text": "\\u0000", "digits": "7".repeat(400)})).unwrap();
    assert!(enqueue(&db.pool, &fine).await.unwrap().inserted);
}

#[tokio::test]
async fn unknown_fields_and_shapeless_jobs_are_refused_in_bulk() {
    let db = TestDb::new().await;
    let error = sqlx::query(
        "select queue.enqueue_many('[7, {\"kind\": \"a\", \"prio\": 1, \"run_at\": \"now\"}]')",
    )
    .execute(&db.pool)
    .await
    .unwrap_err();
    let said = codes(error.into());
    let expected = [
        ("jobs[0]", "type"),
        ("jobs[1].run_at", "format"),
        ("jobs[1].prio", "unknown_field"),
    ];
    assert_eq!(
        said,
        expected.map(|(field, code)| (field.to_owned(), code.to_owned()))
    );
}

#[tokio::test]
async fn ten_thousand_jobs_go_in_at_once_and_one_more_does_not() {
    let db = TestDb::new().await;
    let mut jobs = vec![kind("a"); 10_000];
    let results = enqueue_many(&db.pool, &jobs).await.unwrap();
    assert!(results.is_sorted_by_key(|result| result.job_id));
    assert_eq!(
        count(&db.pool, "select count(*) from queue.jobs").await,
        10_000
    );
    jobs.push(kind("a"));
    let said = codes(enqueue_many(&db.pool, &jobs).await.unwrap_err());
    assert_eq!(said, [("jobs".to_owned(), "too_many".to_owned())]);
}
