//! Many jobs at once: lists, bulk changes, descriptors.

use std::collections::BTreeMap;

use serde_json::json;
use sqlx::PgPool;
use stevedore_queue::{
    BulkChange, BulkError, JobFilter, JobState, NewJob, bulk, count_bulk, enqueue, enqueue_many,
    find, kinds, list, queues, workers,
};
use stevedore_testkit::TestDb;

use crate::support::{Does, Worker, calm, count, put, until, until_drained, view};

fn of_kind(kind: &str) -> NewJob {
    NewJob::new(kind, &json!({})).unwrap()
}

async fn enqueued(pool: &PgPool, job: NewJob) -> i64 {
    enqueue(pool, &job).await.unwrap().job_id
}

fn dead_of(kind: &str) -> JobFilter {
    JobFilter {
        states: vec![JobState::Dead],
        kind: Some(kind.to_owned()),
        ..JobFilter::default()
    }
}

/// Jobs that used up their attempts.
async fn bury(pool: &PgPool, kind: &str, jobs: i64, error: &str) {
    sqlx::query(
        "insert into queue.dead_jobs (job_id, died_at, run_at, created_at, attempt, forgiven,
           priority, queue, kind, args, last_error)
         select nextval('queue.jobs_job_id_seq'), clock_now(), clock_now(), clock_now(), 3, 0, 0,
           'default', $1, '{}', $3
         from generate_series(1, $2)",
    )
    .bind(kind)
    .bind(jobs)
    .bind(error)
    .execute(pool)
    .await
    .unwrap();
}

async fn ids(pool: &PgPool, filter: &JobFilter) -> Vec<i64> {
    let page = list(pool, filter, None, 1000).await.unwrap();
    page.jobs.iter().map(|job| job.job_id).collect()
}

#[tokio::test]
async fn a_list_shows_every_state_newest_first_and_pages_by_id() {
    let db = TestDb::new().await;
    let done = put(&db.pool, Does::Complete).await;
    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, done, "completed").await;
    worker.stop().await;
    bury(&db.pool, "act", 2, "no").await;
    let ready = put(&db.pool, Does::Complete).await;

    let all = list(&db.pool, &JobFilter::default(), None, 10)
        .await
        .unwrap();
    let states: Vec<&str> = all.jobs.iter().map(|job| job.state.as_str()).collect();
    assert_eq!(states, ["ready", "dead", "dead", "completed"]);
    assert_eq!((all.jobs[0].job_id, all.next), (ready, None));

    let first = list(&db.pool, &JobFilter::default(), None, 3)
        .await
        .unwrap();
    let before = first.next;
    assert_eq!(before, Some(first.jobs[2].job_id));
    let second = list(&db.pool, &JobFilter::default(), before, 3)
        .await
        .unwrap();
    assert_eq!((second.jobs.len(), second.jobs[0].job_id), (1, done));
    assert_eq!(second.next, None);
}

#[tokio::test]
async fn each_field_of_a_filter_narrows_it() {
    let db = TestDb::new().await;
    let group = enqueued(&db.pool, of_kind("a").group_key("g")).await;
    let unique = of_kind("b").unique_key("u").queue("other");
    let unique = enqueued(&db.pool, unique).await;
    let args = NewJob::new("c", &json!({"shop": 7, "more": [1]})).unwrap();
    let args = enqueued(&db.pool, args).await;
    bury(&db.pool, "d", 1, "Connection REFUSED (os error 111)").await;
    let dead = ids(&db.pool, &dead_of("d")).await[0];

    let filters = [
        (json!({"group_key": "g"}), vec![group]),
        (json!({"unique_key": "u"}), vec![unique]),
        (json!({"queue": "other"}), vec![unique]),
        (json!({"args": {"shop": 7}}), vec![args]),
        (json!({"error": "connection refused"}), vec![dead]),
        (json!({"error": "%"}), vec![]),
        (json!({"kind": "a", "states": ["dead"]}), vec![]),
        (
            json!({"states": ["ready"], "from_id": unique}),
            vec![args, unique],
        ),
        (json!({"to_id": unique}), vec![unique, group]),
        (json!({"ids": [dead, group]}), vec![dead, group]),
        (json!({"created_before": "2020-01-01T00:00:00Z"}), vec![]),
        (json!({"ended_after": "2020-01-01T00:00:00Z"}), vec![dead]),
        (json!({"kind": "it's \\ \"quoted\""}), vec![]),
    ];
    for (filter, expected) in filters {
        let parsed: JobFilter = serde_json::from_value(filter.clone()).unwrap();
        assert_eq!(ids(&db.pool, &parsed).await, expected, "{filter}");
    }
    let wrong = sqlx::query("select queue.list_jobs('{\"knid\": \"a\"}')")
        .execute(&db.pool)
        .await;
    assert!(wrong.unwrap_err().to_string().contains("knid"));
}

#[tokio::test]
async fn a_page_of_long_history_reads_few_rows() {
    let db = TestDb::new().await;
    let pool = db.pool_of(1);
    sqlx::query(
        "insert into queue.finished_jobs (job_id, finished_at, run_at, created_at, attempt,
           forgiven, priority, state, queue, kind, args)
         select nextval('queue.jobs_job_id_seq'), clock_now(), clock_now(), clock_now(), 1, 0, 0,
           'completed', 'default', 'a', '{}'
         from generate_series(1, 100000)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let page = list(&pool, &JobFilter::default(), None, 50).await.unwrap();
    assert_eq!(page.jobs.len(), 50);
    sqlx::query("select pg_stat_force_next_flush()")
        .execute(&pool)
        .await
        .unwrap();
    let read = count(
        &pool,
        "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_all_tables
         where schemaname = 'queue' and relname like 'finished_jobs%'",
    )
    .await;
    assert!(read <= 200, "{read} rows read");
}

#[tokio::test]
async fn point_8_dead_jobs_are_found_by_their_error_and_retried_in_bulk() {
    let db = TestDb::new().await;
    bury(&db.pool, "a", 450, "timeout").await;
    bury(&db.pool, "a", 3, "bad input").await;
    let filter = JobFilter {
        error: Some("Timeout".to_owned()),
        ..dead_of("a")
    };
    let would = count_bulk(&db.pool, &BulkChange::Retry, &filter, 1000).await;
    assert_eq!(would.unwrap(), 450);
    assert_eq!(count(&db.pool, "select count(*) from queue.jobs").await, 0);

    let mut steps = Vec::new();
    let done = bulk(&db.pool, &BulkChange::Retry, &filter, u64::MAX, |step| {
        steps.push(step.changed);
    });
    let done = done.await.unwrap();
    assert_eq!((done.matched, done.changed), (450, 450));
    assert_eq!(steps, [200, 400, 450], "each batch commits by itself");
    let ready = "select count(*) from queue.jobs where state = 'ready'";
    assert_eq!(count(&db.pool, ready).await, 450);
    assert_eq!(
        count(&db.pool, "select count(*) from queue.dead_jobs").await,
        3
    );
}

#[tokio::test]
async fn point_8_a_dead_job_whose_key_is_taken_stays_dead_and_the_others_are_retried() {
    let db = TestDb::new().await;
    bury(&db.pool, "a", 3, "no").await;
    sqlx::query(
        "update queue.dead_jobs set unique_key = 'k' || job_id, unique_scope = 'unfinished'",
    )
    .execute(&db.pool)
    .await
    .unwrap();
    let dead = ids(&db.pool, &dead_of("a")).await;
    let holder = of_kind("a").unique_key(format!("k{}", dead[1]));
    enqueue(&db.pool, &holder).await.unwrap();
    let done = bulk(&db.pool, &BulkChange::Retry, &dead_of("a"), 10, |_| {}).await;
    let done = done.unwrap();
    assert_eq!((done.matched, done.changed), (3, 2));
    assert_eq!(ids(&db.pool, &dead_of("a")).await, [dead[1]]);
}

#[tokio::test]
async fn point_9_a_bulk_cancel_ends_what_waits_and_tells_what_runs() {
    let db = TestDb::new().await;
    let running = put(&db.pool, Does::UntilCancelled).await;
    let worker = Worker::start(&db.pool, calm());
    worker.stage.until_begun(1).await;
    let other: Vec<NewJob> = (0..5).map(|_| of_kind("other")).collect();
    let other = enqueue_many(&db.pool, &other).await.unwrap();

    let everything = JobFilter::default();
    let done = bulk(&db.pool, &BulkChange::Cancel, &everything, 100, |_| {}).await;
    assert_eq!(done.unwrap().changed, 6);
    assert_eq!(view(&db.pool, other[4].job_id).await.state, "cancelled");
    until(&db.pool, running, "cancelled").await;
    worker.stop().await;
}

#[tokio::test]
async fn jobs_are_moved_and_prioritised_in_bulk_and_a_limit_is_kept() {
    let db = TestDb::new().await;
    for _ in 0..3 {
        put(&db.pool, Does::Complete).await;
    }
    let all = JobFilter::default();
    let away = BulkChange::Move {
        queue: "elsewhere".to_owned(),
    };
    let moved = bulk(&db.pool, &away, &all, 2, |_| {}).await.unwrap();
    assert_eq!(moved.changed, 2);
    let last = BulkChange::Prioritise { priority: 50 };
    assert_eq!(
        bulk(&db.pool, &last, &all, 9, |_| {})
            .await
            .unwrap()
            .changed,
        3
    );
    let found: Vec<(String, i16)> =
        sqlx::query_as("select queue, priority from queue.jobs order by job_id")
            .fetch_all(&db.pool)
            .await
            .unwrap();
    let expected = [("elsewhere", 50), ("elsewhere", 50), ("default", 50)];
    assert_eq!(
        found,
        expected.map(|(queue, priority)| (queue.to_owned(), priority))
    );

    // They are where a worker of that queue finds them.
    let settings = stevedore_queue::RunnerSettings {
        queues: vec!["elsewhere".to_owned(), "default".to_owned()],
        ..calm()
    };
    let worker = Worker::start(&db.pool, settings);
    until_drained(&db.pool).await;
    worker.stop().await;

    for wrong in [
        BulkChange::Prioritise { priority: 1000 },
        BulkChange::Move {
            queue: "no spaces".to_owned(),
        },
    ] {
        put(&db.pool, Does::Complete).await;
        let refused = bulk(&db.pool, &wrong, &all, 9, |_| {}).await.unwrap_err();
        assert!(matches!(refused, BulkError::Invalid(_)), "{refused:?}");
    }
}

#[tokio::test]
async fn dead_jobs_are_deleted_and_no_others() {
    let db = TestDb::new().await;
    bury(&db.pool, "a", 5, "no").await;
    let waits = enqueued(&db.pool, of_kind("a")).await;
    let filter = JobFilter {
        kind: Some("a".to_owned()),
        ..JobFilter::default()
    };
    let done = bulk(&db.pool, &BulkChange::Delete, &filter, 100, |_| {}).await;
    assert_eq!(done.unwrap().changed, 5);
    assert_eq!(ids(&db.pool, &filter).await, [waits]);
    assert!(find(&db.pool, waits).await.unwrap().is_some());
}

#[tokio::test]
async fn who_waits_for_the_retry_of_a_deleted_dead_job_is_cancelled() {
    let db = TestDb::new().await;
    bury(&db.pool, "a", 1, "no").await;
    let filter = JobFilter {
        kind: Some("a".to_owned()),
        ..JobFilter::default()
    };
    let dead = ids(&db.pool, &filter).await[0];
    let waiting = of_kind("b").after_with(dead, stevedore_queue::OnFailure::Wait);
    let waiting = enqueued(&db.pool, waiting).await;
    assert_eq!(
        find(&db.pool, waiting).await.unwrap().unwrap().state,
        "waiting"
    );
    let done = bulk(&db.pool, &BulkChange::Delete, &filter, 100, |_| {}).await;
    assert_eq!(done.unwrap().changed, 1);
    assert_eq!(
        find(&db.pool, waiting).await.unwrap().unwrap().state,
        "cancelled"
    );
}

#[tokio::test]
async fn a_bulk_change_skips_what_somebody_else_holds() {
    let db = TestDb::new().await;
    let held = enqueued(&db.pool, of_kind("a")).await;
    enqueue(&db.pool, &of_kind("a")).await.unwrap();
    let mut tx = db.pool.begin().await.unwrap();
    sqlx::query("select from queue.jobs where job_id = $1 for update")
        .bind(held)
        .execute(&mut *tx)
        .await
        .unwrap();
    let all = JobFilter::default();
    let done = bulk(&db.pool, &BulkChange::Cancel, &all, 100, |_| {}).await;
    let done = done.unwrap();
    assert_eq!((done.matched, done.changed), (2, 1));
}

#[tokio::test]
async fn a_worker_describes_its_kinds_when_it_starts() {
    let db = TestDb::new().await;
    put(&db.pool, Does::Complete).await;
    let worker = Worker::start(&db.pool, calm());
    until_drained(&db.pool).await;
    let known = kinds(&db.pool).await.unwrap();
    let act = known.iter().find(|kind| kind.kind == "act").unwrap();
    assert_eq!(act.descriptor["queue"], "default");
    assert_eq!(act.descriptor["max_attempts"], 3);
    assert_eq!(act.descriptor["timeout_ms"], 60_000);
    assert_eq!(
        act.descriptor["retry"],
        json!({"policy": "fixed", "waits_ms": [1]})
    );
    assert_eq!(
        (act.workers, act.worker_names.as_slice()),
        (1, &["test".to_owned()][..])
    );
    assert!(act.completed_per_minute > 0.0 && act.failed_per_minute == 0.0);
    assert_eq!(act.failure_share, Some(0.0));
    let alive = workers(&db.pool, false).await.unwrap();
    assert_eq!((alive[0].name.as_str(), alive[0].running), ("test", 0));
    worker.stop().await;
    assert_eq!(workers(&db.pool, false).await.unwrap().len(), 0);
    assert_eq!(workers(&db.pool, true).await.unwrap()[0].state, "stopped");
}

#[tokio::test]
async fn point_17_unknown_kinds_wait_and_are_counted_and_named() {
    let db = TestDb::new().await;
    let worker = Worker::start(&db.pool, calm());
    enqueue(&db.pool, &of_kind("from_the_future"))
        .await
        .unwrap();
    let known = put(&db.pool, Does::Complete).await;
    until(&db.pool, known, "completed").await;
    let views = kinds(&db.pool).await.unwrap();
    let orphaned: Vec<_> = views.iter().filter(|kind| kind.is_orphaned()).collect();
    assert_eq!(orphaned.len(), 1);
    assert_eq!(orphaned[0].kind, "from_the_future");
    assert_eq!(orphaned[0].jobs, BTreeMap::from([("ready".to_owned(), 1)]));
    worker.stop().await;
}

#[tokio::test]
async fn a_queue_is_described_with_its_backlog_and_its_pace() {
    let db = TestDb::new().await;
    put(&db.pool, Does::Complete).await;
    let worker = Worker::start(&db.pool, calm());
    until_drained(&db.pool).await;
    worker.stop().await;
    for _ in 0..4 {
        put(&db.pool, Does::Complete).await;
    }
    let all = queues(&db.pool).await.unwrap();
    let queue = all.iter().find(|queue| queue.queue == "default").unwrap();
    assert_eq!(queue.jobs, BTreeMap::from([("ready".to_owned(), 4)]));
    assert_eq!((queue.paused, queue.workers), (false, 0));
    assert!(queue.drained_in_seconds.unwrap() > 0.0, "{queue:?}");
}
