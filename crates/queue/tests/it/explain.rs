//! `queue.explain`: why a job does not run, and when it will.

use sqlx::PgPool;
use stevedore_queue::{enqueue, enqueue_many};
use stevedore_testkit::TestDb;

use crate::support::{Does, Worker, calm, job, put, until, until_drained};

/// The reasons, and whether an estimate could be given.
async fn explain(pool: &PgPool, job_id: i64) -> (Vec<String>, bool) {
    let rows: Vec<(String, bool)> =
        sqlx::query_as("select reason, estimate is not null from queue.explain($1)")
            .bind(job_id)
            .fetch_all(pool)
            .await
            .unwrap();
    let estimated = rows.iter().all(|(_, estimated)| *estimated);
    (
        rows.into_iter().map(|(reason, _)| reason).collect(),
        estimated,
    )
}

async fn sql(pool: &PgPool, statement: &'static str) {
    sqlx::query(statement).execute(pool).await.unwrap();
}

/// A worker row that nothing runs behind.
async fn register(pool: &PgPool, concurrency: i32) {
    sqlx::query("select queue.register_worker('w', '', array['default'], array['act'], $1, 60000)")
        .bind(concurrency)
        .execute(pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn first_9_what_lies_in_the_fleet_is_named() {
    let db = TestDb::new().await;
    let first = put(&db.pool, Does::Complete).await;
    let second = put(&db.pool, Does::Complete).await;
    assert_eq!(
        explain(&db.pool, first).await,
        (vec!["no_worker".into()], false)
    );
    register(&db.pool, 1).await;
    assert_eq!(explain(&db.pool, first).await, (vec!["next".into()], true));
    // How fast the queue goes is not known yet.
    assert_eq!(
        explain(&db.pool, second).await,
        (vec!["behind".into()], false)
    );

    sql(
        &db.pool,
        "select queue.pause('default'), queue.pause_kind('act')",
    )
    .await;
    let paused = vec!["queue_paused".into(), "kind_paused".into()];
    assert_eq!(explain(&db.pool, first).await, (paused, false));
    sql(
        &db.pool,
        "select queue.resume('default'), queue.resume_kind('act')",
    )
    .await;

    sql(&db.pool, "select queue.set_limit('kind', 'act', 0)").await;
    assert_eq!(
        explain(&db.pool, first).await,
        (vec!["limit".into()], false)
    );
    sql(
        &db.pool,
        "select queue.set_limit('kind', 'act', null, 0.5, 1)",
    )
    .await;
    sql(&db.pool, "update queue.limits set tokens = 0").await;
    assert_eq!(explain(&db.pool, first).await, (vec!["rate".into()], true));
    sql(&db.pool, "select queue.set_limit('kind', 'act')").await;

    let claim = "select count(*) from queue.claim_next(
        1, array['default'], array['act'], array[5]::smallint[], 1)";
    sql(&db.pool, claim).await;
    assert_eq!(
        explain(&db.pool, first).await,
        (vec!["running".into()], true)
    );
    assert_eq!(
        explain(&db.pool, second).await,
        (vec!["workers_busy".into()], false)
    );
}

#[tokio::test]
async fn first_9_what_lies_in_the_job_is_named() {
    let db = TestDb::new().await;
    register(&db.pool, 10).await;
    let later: i64 = sqlx::query_scalar(
        "select job_id from queue.enqueue('act', p_run_at => clock_now() + interval '1 hour')",
    )
    .fetch_one(&db.pool)
    .await
    .unwrap();
    assert_eq!(
        explain(&db.pool, later).await,
        (vec!["scheduled".into()], true)
    );

    let grouped = vec![job(Does::Complete).group_key("g"); 2];
    let grouped = enqueue_many(&db.pool, &grouped).await.unwrap();
    let (reasons, estimated) = explain(&db.pool, grouped[1].job_id).await;
    assert_eq!((reasons, estimated), (vec!["group".into()], false));

    let after = job(Does::Complete).after(later);
    let after = enqueue(&db.pool, &after).await.unwrap().job_id;
    assert_eq!(
        explain(&db.pool, after).await,
        (vec!["dependency".into()], false)
    );
}

#[tokio::test]
async fn first_9_ended_jobs_say_how_and_unknown_ones_are_an_error() {
    let db = TestDb::new().await;
    let fatal = put(&db.pool, Does::Fatal).await;
    let complete = put(&db.pool, Does::Complete).await;
    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, fatal, "dead").await;
    until_drained(&db.pool).await;
    worker.stop().await;
    assert_eq!(explain(&db.pool, fatal).await.0, ["dead"]);
    assert_eq!(explain(&db.pool, complete).await.0, ["completed"]);
    let unknown = sqlx::query("select * from queue.explain(987654321)")
        .fetch_all(&db.pool)
        .await
        .unwrap_err();
    let code = unknown
        .as_database_error()
        .and_then(|error| error.code().map(Into::into));
    assert_eq!(code, Some(String::from("P0NOF")));
}

#[tokio::test]
async fn first_9_the_estimate_follows_from_how_fast_the_queue_went_lately() {
    let db = TestDb::new().await;
    enqueue_many(&db.pool, &vec![job(Does::Complete); 200])
        .await
        .unwrap();
    let worker = Worker::start(&db.pool, calm());
    until_drained(&db.pool).await;
    worker.stop().await;
    register(&db.pool, 1).await;
    let waiting = enqueue_many(&db.pool, &vec![job(Does::Complete); 50])
        .await
        .unwrap();
    let seconds: f64 = sqlx::query_scalar(
        "select extract(epoch from estimate - now())::float8 from queue.explain($1)",
    )
    .bind(waiting[49].job_id)
    .fetch_one(&db.pool)
    .await
    .unwrap();
    // 200 in at most the last minute: 49 take at most a quarter of that.
    assert!(seconds > 0.0 && seconds < 16.0, "{seconds}");
}
