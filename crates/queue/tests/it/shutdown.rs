//! Stopping a worker: what runs may end, the rest is handed back, nothing is counted as a failure.

use std::time::Duration;

use stevedore_queue::{RunnerSettings, enqueue_many};
use stevedore_testkit::TestDb;

use crate::support::{Does, Worker, calm, count, job, put, until, view};

#[tokio::test]
async fn point_14_running_handlers_end_within_the_grace_and_nothing_new_is_claimed() {
    let db = TestDb::new().await;
    let settings = RunnerSettings {
        concurrency: 2,
        ..calm()
    };
    let ids = enqueue_many(&db.pool, &vec![job(Does::Gate); 3])
        .await
        .unwrap();
    let worker = Worker::start(&db.pool, settings);
    worker.stage.until_begun(2).await;
    worker.shutdown.cancel();
    until_worker(&db.pool, "draining").await;
    worker.stage.gate.add_permits(3);
    let stage = worker.stage.clone();
    worker.stop().await;
    assert_eq!(stage.begun(), 2);
    assert_eq!(view(&db.pool, ids[0].job_id).await.state, "completed");
    assert_eq!(view(&db.pool, ids[1].job_id).await.state, "completed");
    assert_eq!(view(&db.pool, ids[2].job_id).await.state, "ready");
    until_worker(&db.pool, "stopped").await;
}

async fn until_worker(pool: &sqlx::PgPool, state: &str) {
    stevedore_testkit::wait_for(&format!("the worker to be {state}"), async || {
        let is: String = sqlx::query_scalar("select state from queue.workers")
            .fetch_one(pool)
            .await
            .unwrap();
        (is == state).then_some(())
    })
    .await;
}

#[tokio::test]
async fn point_14_what_still_runs_after_the_grace_is_handed_back_without_an_attempt() {
    let db = TestDb::new().await;
    let settings = RunnerSettings {
        grace: Duration::from_millis(50),
        ..calm()
    };
    let job_id = put(&db.pool, Does::Hang).await;
    let worker = Worker::start(&db.pool, settings);
    worker.stage.until_begun(1).await;
    worker.stop().await;
    let view = view(&db.pool, job_id).await;
    assert_eq!(
        (view.state.as_str(), view.attempt, view.forgiven),
        ("ready", 1, 1)
    );
    assert_eq!(view.attempts[0].outcome, "released");
    assert_eq!(view.last_error, None);
}

#[tokio::test]
async fn point_14_a_stop_under_load_leaves_no_job_leased() {
    let db = TestDb::new().await;
    enqueue_many(&db.pool, &vec![job(Does::Complete); 3000])
        .await
        .unwrap();
    let worker = Worker::start(&db.pool, calm());
    worker.stage.until_begun(50).await;
    worker.stop().await;
    let running = "select count(*) from queue.jobs where state = 'running'";
    assert_eq!(count(&db.pool, running).await, 0);
    let all = "select (select count(*) from queue.jobs)
        + (select count(*) from queue.finished_jobs where state = 'completed')";
    assert_eq!(count(&db.pool, all).await, 3000);

    let next = Worker::start(&db.pool, calm());
    crate::support::until_drained(&db.pool).await;
    next.stop().await;
}

#[tokio::test]
async fn point_14_a_worker_told_to_stop_before_it_began_just_ends() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::Complete).await;
    let worker = Worker::start(&db.pool, calm());
    worker.shutdown.cancel();
    worker.stop().await;
    let state = view(&db.pool, job_id).await.state;
    assert!(state == "ready" || state == "completed", "{state}");
    // Whoever comes next finishes it.
    let next = Worker::start(&db.pool, calm());
    until(&db.pool, job_id, "completed").await;
    next.stop().await;
}
