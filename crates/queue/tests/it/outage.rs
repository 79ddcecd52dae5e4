//! The database goes away, and comes back.

use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use stevedore_database::{InstallOptions, PrivateServer, PrivateServerOptions, install};
use stevedore_queue::{RunnerSettings, enqueue_many};
use stevedore_testkit::{TestDb, wait_for};

use crate::support::{
    Does, Worker, calm, count, effects, job, make_effects, put, until, until_drained,
};

#[tokio::test]
async fn killed_connections_under_load_lose_nothing_and_double_nothing() {
    let db = TestDb::new().await;
    make_effects(&db.pool).await;
    let pool = db.pool_of(20);
    enqueue_many(&pool, &vec![job(Does::Effect).max_attempts(100); 500])
        .await
        .unwrap();
    let worker = Worker::start(&pool, calm());
    for round in 1..=4 {
        worker.stage.until_begun(round * 80).await;
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .execute(&db.pool)
        .await
        .unwrap();
    }
    until_drained(&db.pool).await;
    worker.stop().await;
    let mut effects = effects(&db.pool).await;
    assert_eq!(effects.len(), 500);
    effects.dedup();
    assert_eq!(effects.len(), 500);
}

#[tokio::test]
async fn a_server_that_crashes_under_load_loses_nothing_and_its_workers_go_on() {
    let server = PrivateServer::start(PrivateServerOptions::for_tests())
        .await
        .unwrap();
    install(&server.url(), InstallOptions::default())
        .await
        .unwrap();
    let pool = PgPoolOptions::new()
        .max_connections(20)
        .acquire_timeout(Duration::from_secs(5))
        .connect(server.url().expose_secret())
        .await
        .unwrap();
    make_effects(&pool).await;
    enqueue_many(&pool, &vec![job(Does::Effect).max_attempts(100); 1000])
        .await
        .unwrap();
    let settings = RunnerSettings {
        heartbeat: Duration::from_secs(5),
        ..calm()
    };
    let workers = [
        Worker::start(&pool, settings.clone()),
        Worker::start(&pool, settings),
    ];
    for round in 1..=2 {
        wait_for("more effects", async || {
            (effects_or_none(&pool).await? >= round * 200).then_some(())
        })
        .await;
        server.crash_and_restart().await.unwrap();
    }
    wait_for("the queue to be drained", async || {
        let left: i64 = sqlx::query_scalar("select count(*) from queue.jobs")
            .fetch_one(&pool)
            .await
            .ok()?;
        (left == 0).then_some(())
    })
    .await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(effects(&pool).await.len(), 1000);
    let ids = "select count(distinct job_id) from effects";
    assert_eq!(count(&pool, ids).await, 1000);
    server.stop().await.unwrap();
}

async fn effects_or_none(pool: &PgPool) -> Option<i64> {
    sqlx::query_scalar("select count(*) from effects")
        .fetch_one(pool)
        .await
        .ok()
}

/// A claim that commits just before its connection breaks: leased, and nobody knows.
#[tokio::test]
async fn a_job_whose_claim_was_never_answered_runs_after_all() {
    let db = TestDb::new().await;
    let pool = db.pool_of(20);
    let first = put(&pool, Does::Complete).await;
    let worker = Worker::start(&pool, calm());
    let worker_id = until(&pool, first, "completed").await.worker_id;

    // Enqueued and claimed in one transaction, so that the worker itself never sees it.
    let mut tx = db.pool.begin().await.unwrap();
    let lost = stevedore_queue::enqueue(&mut *tx, &job(Does::Complete))
        .await
        .unwrap()
        .job_id;
    let claimed: Vec<i64> = sqlx::query_scalar(
        "select c.job_id
         from queue.workers as w,
           queue.claim(w.worker_id, w.queues, w.kinds, array_fill(9::smallint,
             array[cardinality(w.kinds)]), 1) as c
         where w.worker_id = $1",
    )
    .bind(worker_id)
    .fetch_all(&mut *tx)
    .await
    .unwrap();
    assert_eq!(claimed, [lost]);
    tx.commit().await.unwrap();

    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .execute(&db.pool)
    .await
    .unwrap();
    let done = until(&db.pool, lost, "completed").await;
    assert_eq!(
        done.attempts.len(),
        1,
        "that claim counts for nothing: {done:?}"
    );
    worker.stop().await;
}
