//! What a worker process does when it is told to stop: once, and again.

use std::process::Child;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use stevedore_database::process;
use stevedore_testkit::{TestDb, wait_for};

use crate::processes::worker;

/// It waits for its jobs longer than a test does.
fn patient_worker(db: &TestDb) -> Child {
    let settings = [
        ("WORKER_GRACE", "60s"),
        ("EXPIRE_RESERVATIONS_EVERY", "100ms"),
    ];
    worker(db, &settings)
}

async fn until(pool: &PgPool, what: &str, sql: &'static str) {
    wait_for(what, async || {
        let is: bool = sqlx::query_scalar(sql)
            .fetch_one(pool)
            .await
            .expect("it is read");
        is.then_some(())
    })
    .await;
}

async fn exit_code(child: &mut Child) -> Option<i32> {
    wait_for("the worker to end", async || {
        child.try_wait().expect("it can be asked")
    })
    .await
    .code()
}

#[tokio::test]
async fn point_14_a_first_signal_waits_for_what_runs_and_a_second_ends_at_once() {
    let db = TestDb::new().await;
    // Its handler waits for this lock, for all of the grace and longer.
    let mut lock = db.pool.begin().await.expect("a transaction");
    sqlx::query("lock table inventory_reservations in access exclusive mode")
        .execute(&mut *lock)
        .await
        .expect("the lock");
    let mut child = patient_worker(&db);
    let running = "select exists (select from queue.jobs
        where kind = 'expire_reservations' and state = 'running')";
    until(&db.pool, "the job to run", running).await;

    process::signal(child.id(), libc::SIGTERM);
    let draining = "select exists (select from queue.workers where state = 'draining')";
    until(&db.pool, "the worker to drain", draining).await;
    assert!(child.try_wait().expect("it can be asked").is_none());

    let second = Instant::now();
    process::signal(child.id(), libc::SIGINT);
    assert_eq!(exit_code(&mut child).await, Some(130));
    assert!(
        second.elapsed() < Duration::from_secs(2),
        "{:?}",
        second.elapsed()
    );
}

#[tokio::test]
async fn point_14_one_signal_is_enough_for_an_idle_worker() {
    let db = TestDb::new().await;
    let mut child = patient_worker(&db);
    let working = "select exists (select from queue.workers where state = 'running')";
    until(&db.pool, "the worker to work", working).await;
    process::signal(child.id(), libc::SIGTERM);
    assert_eq!(exit_code(&mut child).await, Some(0));
    let stopped = "select exists (select from queue.workers where state = 'stopped')";
    until(&db.pool, "the worker to have said goodbye", stopped).await;
}
