//! Workers that die, freeze, or come back late.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use stevedore_queue::{RunnerSettings, enqueue_many};
use stevedore_testkit::{TestDb, wait_for};

use crate::support::{
    Does, Stage, Worker, calm, count, effects, job, make_effects, put, until, until_drained,
};

/// Fast enough for a test, slow enough for a busy machine.
fn quick() -> RunnerSettings {
    RunnerSettings {
        heartbeat: Duration::from_millis(1000),
        ..calm()
    }
}

/// A worker that registers, and is never heard of again.
async fn silent_worker(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select queue.register_worker('silent', '', array['default'], array['act'], 8, 1000)",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// Declares a worker dead, and puts its jobs back, in one transaction: other workers' keepers must
/// not do it first.
async fn declare_dead(pool: &PgPool, worker_id: i64) -> Vec<i64> {
    let mut tx = pool.begin().await.unwrap();
    sqlx::query("update queue.workers set state = 'dead' where worker_id = $1")
        .bind(worker_id)
        .execute(&mut *tx)
        .await
        .unwrap();
    let rescued = sqlx::query_scalar("select job_id from queue.rescue()")
        .fetch_all(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    rescued
}

#[tokio::test]
async fn a_zombies_transaction_aborts_and_the_job_takes_effect_exactly_once() {
    let db = TestDb::new().await;
    make_effects(&db.pool).await;
    let job_id = put(&db.pool, Does::EffectAfterGate).await;
    // Its one slot is taken, its next heartbeat a minute away, and no listener comes up late and
    // has it beat again: it cannot know that it is dead.
    let busy = RunnerSettings {
        concurrency: 1,
        listen: false,
        ..calm()
    };
    let zombie = Worker::start(&db.pool, busy);
    zombie.stage.until_begun(1).await;
    let held = until(&db.pool, job_id, "running").await;
    // The heartbeat with which it starts has to be over, or that one tells it.
    wait_for("the first heartbeat", async || {
        let beaten = "select count(*) from queue.workers where heartbeat_at > started_at";
        (count(&db.pool, beaten).await == 1).then_some(())
    })
    .await;
    assert_eq!(
        declare_dead(&db.pool, held.worker_id.unwrap()).await,
        [job_id]
    );

    // Another worker runs it while the zombie still stands before its completion.
    let other = Worker::start(&db.pool, calm());
    other.stage.until_begun(1).await;
    other.stage.gate.add_permits(1);
    let done = until(&db.pool, job_id, "completed").await;
    assert_ne!(done.worker_id, held.worker_id);

    zombie.stage.gate.add_permits(1);
    wait_for("the zombie's handler to end", async || {
        (zombie
            .stage
            .running
            .load(std::sync::atomic::Ordering::SeqCst)
            == 0)
            .then_some(())
    })
    .await;
    zombie.stop().await;
    other.stop().await;
    assert_eq!(effects(&db.pool).await, [job_id]);
    let outcomes: Vec<_> = done
        .attempts
        .iter()
        .map(|attempt| attempt.outcome.as_str())
        .collect();
    assert_eq!(outcomes, ["lost", "completed"]);
}

#[tokio::test]
async fn what_a_zombie_writes_through_its_worker_is_fenced() {
    let db = TestDb::new().await;
    let stage = Arc::new(Stage::default());
    let jobs = [job(Does::Gate), job(Does::Gate)];
    let ids = enqueue_many(&db.pool, &jobs).await.unwrap();
    let busy = RunnerSettings {
        concurrency: 2,
        ..calm()
    };
    let zombie = Worker::on(&db.pool, busy, Arc::clone(&stage));
    stage.until_begun(2).await;
    let worker_id = until(&db.pool, ids[0].job_id, "running")
        .await
        .worker_id
        .unwrap();
    assert_eq!(declare_dead(&db.pool, worker_id).await.len(), 2);

    stage.gate.add_permits(2);
    zombie.shutdown.cancel();
    zombie.running.await.unwrap().unwrap();
    for id in ids {
        let view = crate::support::view(&db.pool, id.job_id).await;
        assert_ne!(view.worker_id, Some(worker_id), "{view:?}");
        assert!(
            view.state == "ready" || view.state == "completed",
            "{view:?}"
        );
    }
}

#[tokio::test]
async fn a_worker_that_finds_itself_declared_dead_drops_its_handlers_and_begins_anew() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::Hang).await;
    let worker = Worker::start(&db.pool, quick());
    worker.stage.until_begun(1).await;
    let first = until(&db.pool, job_id, "running").await;
    declare_dead(&db.pool, first.worker_id.unwrap()).await;

    // It claims the job again, under a new id. (It may have claimed it under the old one before: a
    // claim that was under way is found by the next rescue.)
    wait_for("the job to run under a new registration", async || {
        let now = crate::support::view(&db.pool, job_id).await;
        (now.state == "running" && now.worker_id > first.worker_id).then_some(())
    })
    .await;
    wait_for("the first handler to be dropped", async || {
        (worker
            .stage
            .running
            .load(std::sync::atomic::Ordering::SeqCst)
            == 1)
            .then_some(())
    })
    .await;
    worker.running.abort();
}

#[tokio::test]
async fn a_silent_workers_jobs_run_elsewhere_within_twice_its_heartbeat() {
    let db = TestDb::new().await;
    let worker_id = silent_worker(&db.pool).await;
    let job_id = put(&db.pool, Does::Complete).await;
    let claimed = count(
        &db.pool,
        "select count(*) from queue.claim(
           (select max(worker_id) from queue.workers), array['default'], array['act'],
           array[3]::smallint[], 10)",
    )
    .await;
    assert_eq!(claimed, 1);

    let worker = Worker::start(&db.pool, quick());
    let done = until(&db.pool, job_id, "completed").await;
    worker.stop().await;
    assert_eq!(done.attempts[0].worker_id, worker_id);
    assert_eq!(done.attempts[0].outcome, "lost");
    let silence = done.attempts[1].started_at - done.attempts[0].started_at;
    // Twice the heartbeat is two seconds; the rest is a busy machine's.
    assert!(silence.num_milliseconds() < 5_000, "{silence}");
}

#[tokio::test]
async fn a_job_that_keeps_killing_its_workers_ends_in_the_dead_letter() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::Complete).await;
    for _ in 0..3 {
        let worker_id = silent_worker(&db.pool).await;
        sqlx::query(
            "select queue.claim($1, array['default'], array['act'], array[3]::smallint[], 10)",
        )
        .bind(worker_id)
        .execute(&db.pool)
        .await
        .unwrap();
        assert_eq!(declare_dead(&db.pool, worker_id).await, [job_id]);
    }
    let view = crate::support::view(&db.pool, job_id).await;
    assert_eq!(view.state, "dead");
    assert!(view.last_error.unwrap().contains("died"));
}

#[tokio::test]
async fn point_3_whoever_holds_the_row_of_a_dead_worker_holds_up_no_rescue() {
    let db = TestDb::new().await;
    let held = silent_worker(&db.pool).await;
    silent_worker(&db.pool).await;
    sqlx::query(
        "update queue.workers
        set state = 'dead', stopped_at = clock_timestamp() - interval '1 minute'",
    )
    .execute(&db.pool)
    .await
    .unwrap();
    let mut holder = db.pool.begin().await.unwrap();
    sqlx::query("select from queue.workers where worker_id = $1 for update")
        .bind(held)
        .execute(&mut *holder)
        .await
        .unwrap();
    let mut rescuer = db.pool.acquire().await.unwrap();
    sqlx::raw_sql("set lock_timeout = '1ms'; select queue.rescue()")
        .execute(&mut *rescuer)
        .await
        .unwrap();
    let cleared = "select count(*) from queue.workers where cleared";
    assert_eq!(count(&db.pool, cleared).await, 1);
    holder.rollback().await.unwrap();
    rescuer.detach();
}

/// How many jobs the child of the next test is given.
const CHILD_JOBS: usize = 20;
const CHILD_URL: &str = "STEVEDORE_QUEUE_TEST_CHILD_URL";

#[tokio::test]
async fn jobs_of_a_process_that_was_killed_run_again_and_take_effect_once() {
    let db = TestDb::new().await;
    make_effects(&db.pool).await;
    let jobs = vec![job(Does::EffectAfterGate); CHILD_JOBS];
    enqueue_many(&db.pool, &jobs).await.unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "leases::child_process",
            "--ignored",
            "--nocapture",
        ])
        .env(CHILD_URL, secret(&db))
        .spawn()
        .unwrap();
    wait_for("the child to hold all jobs", async || {
        let sql = "select count(*) from queue.jobs where state = 'running'";
        (count(&db.pool, sql).await == i64::try_from(CHILD_JOBS).unwrap()).then_some(())
    })
    .await;
    child.kill().unwrap();
    child.wait().unwrap();

    let stage = Arc::new(Stage::default());
    stage.gate.add_permits(CHILD_JOBS);
    let worker = Worker::on(&db.pool, quick(), stage);
    until_drained(&db.pool).await;
    worker.stop().await;
    assert_eq!(effects(&db.pool).await.len(), CHILD_JOBS);
    let lost = "select count(*) from queue.attempts where outcome = 'lost'";
    assert_eq!(
        count(&db.pool, lost).await,
        i64::try_from(CHILD_JOBS).unwrap()
    );
    let completed = "select count(distinct job_id) from queue.finished_jobs";
    assert_eq!(
        count(&db.pool, completed).await,
        i64::try_from(CHILD_JOBS).unwrap()
    );
}

/// Not a test: the process that the test above kills.
#[tokio::test]
#[ignore = "the child process of another test"]
#[expect(
    clippy::disallowed_methods,
    reason = "how the parent tells its child where to work"
)]
async fn child_process() {
    let Ok(url) = std::env::var(CHILD_URL) else {
        return;
    };
    let pool = PgPool::connect(&url).await.unwrap();
    let settings = RunnerSettings {
        concurrency: CHILD_JOBS,
        ..quick()
    };
    // Handlers hold a connection each at the gate.
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(u32::try_from(CHILD_JOBS).unwrap() + 5)
        .connect_with((*pool.connect_options()).clone())
        .await
        .unwrap();
    let worker = Worker::start(&pool, settings);
    worker.running.await.unwrap().unwrap();
}

fn secret(db: &TestDb) -> String {
    use secrecy::ExposeSecret;
    db.url().expose_secret().to_owned()
}
