//! What a worker process does when it is told to stop: once, and again.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use sqlx::PgPool;
use stevedore_database::process;
use stevedore_testkit::{TestDb, wait_for};

use crate::stevedore;

fn worker(db: &TestDb) -> Child {
    let mut command = stevedore(&["worker"]);
    command
        .env("DATABASE_URL", db.url().expose_secret())
        .env("WORKER_ADMIN_BIND", "127.0.0.1:0")
        .env("WORKER_GRACE", "60s")
        .env("EXPIRE_RESERVATIONS_EVERY", "100ms")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    process::die_with_parent(&mut command, libc::SIGKILL);
    command.spawn().expect("the worker can be started")
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
    let mut child = worker(&db);
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
    let mut child = worker(&db);
    let working = "select exists (select from queue.workers where state = 'running')";
    until(&db.pool, "the worker to work", working).await;
    process::signal(child.id(), libc::SIGTERM);
    assert_eq!(exit_code(&mut child).await, Some(0));
    let stopped = "select exists (select from queue.workers where state = 'stopped')";
    until(&db.pool, "the worker to have said goodbye", stopped).await;
}
