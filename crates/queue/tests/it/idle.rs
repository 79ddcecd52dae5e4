//! What an idle fleet costs, and how soon it is awake.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use stevedore_queue::{RunnerSettings, enqueue};
use stevedore_testkit::{TestDb, wait_for};

use crate::support::{Does, Stage, Worker, calm, count, job, put, until, view};

fn fleet(pool: &PgPool, workers: usize, settings: &RunnerSettings) -> (Arc<Stage>, Vec<Worker>) {
    let stage = Arc::new(Stage::default());
    let start = |_| Worker::on(pool, settings.clone(), Arc::clone(&stage));
    let workers = (0..workers).map(start).collect();
    (stage, workers)
}

async fn until_resting(pool: &PgPool, workers: i64) {
    wait_for("all workers to rest", async || {
        let resting = "select count(*) from queue.workers
            where alive_until > clock_timestamp() + 2 * heartbeat_ms * interval '1 ms'";
        (count(pool, resting).await == workers).then_some(())
    })
    .await;
}

/// Transactions of the database so far, of other sessions than this one's: each statement of a
/// worker is one.
async fn transactions(pool: &PgPool) -> i64 {
    sqlx::query("select pg_stat_clear_snapshot()")
        .execute(pool)
        .await
        .unwrap();
    count(
        pool,
        "select xact_commit from pg_stat_database where datname = current_database()",
    )
    .await
}

/// Tables of the database that autovacuum has come to so far, each time counted.
async fn vacuums(pool: &PgPool) -> i64 {
    count(
        pool,
        "select sum(autovacuum_count + autoanalyze_count)::bigint from pg_stat_all_tables",
    )
    .await
}

#[tokio::test]
async fn point_13_an_idle_fleet_of_ten_workers_issues_less_than_sixty_queries_a_minute() {
    let db = TestDb::new().await;
    let pool = db.pool_of(40);
    let (_stage, workers) = fleet(&pool, 10, &RunnerSettings::default());
    until_resting(&db.pool, 10).await;
    let beats = "select count(*) from queue.workers where heartbeat_at > started_at";
    assert_eq!(count(&db.pool, beats).await, 10);
    let own = db.pool_of(1);
    transactions(&own).await;
    // What the start left to be counted is counted by then: PostgreSQL is ten seconds late.
    tokio::time::sleep(Duration::from_secs(13)).await;
    let window = Duration::from_secs(20);
    let mut windows = Vec::new();
    // Autovacuum's transactions count as well, and it comes once a minute at least, more often and
    // longer the more there is to do: a window that saw it tells nothing of the fleet.
    for _ in 0..9 {
        let (before, seen) = (transactions(&own).await, vacuums(&own).await);
        tokio::time::sleep(window).await;
        let (after, seen) = (transactions(&own).await, vacuums(&own).await - seen);
        // The three of each look are this test's.
        let a_minute = (after - before - 3).max(0) * 60 / i64::try_from(window.as_secs()).unwrap();
        windows.push((a_minute, seen));
        if (1..60).contains(&a_minute) {
            break;
        }
    }
    let (a_minute, _) = windows.last().unwrap();
    assert!(
        (1..60).contains(a_minute),
        "queries a minute, and tables that autovacuum came to: {windows:?}"
    );
    drop(workers);
}

#[tokio::test]
async fn point_13_idle_workers_take_turns_and_one_that_falls_silent_is_passed_over() {
    let db = TestDb::new().await;
    let pool = db.pool_of(40);
    let settings = RunnerSettings {
        heartbeat: Duration::from_millis(400),
        ..RunnerSettings::default()
    };
    let (_stage, mut workers) = fleet(&pool, 4, &settings);
    until_resting(&db.pool, 4).await;
    let chores = "select count(distinct worker_id) from queue.workers where chores_at is not null";
    wait_for("each worker to have had its turn", async || {
        (count(&db.pool, chores).await == 4).then_some(())
    })
    .await;
    // Three of four vanish without a word. (Their keepers are threads: they see the end.)
    let last = workers.remove(0);
    for worker in workers {
        worker.running.abort();
    }
    let job_id = put(&db.pool, Does::Complete).await;
    until(&db.pool, job_id, "completed").await;
    last.stop().await;
}

#[tokio::test]
async fn point_3_a_claim_takes_back_the_long_promise_of_a_resting_worker() {
    let db = TestDb::new().await;
    let settings = RunnerSettings {
        concurrency: 2,
        ..calm()
    };
    let worker = Worker::start(&db.pool, settings);
    until_resting(&db.pool, 1).await;
    let promised = "select (alive_until > clock_timestamp() + 1.3 * heartbeat_ms
        * interval '1 ms')::integer::bigint from queue.workers";
    assert_eq!(count(&db.pool, promised).await, 1);
    let job_id = put(&db.pool, Does::Gate).await;
    until(&db.pool, job_id, "running").await;
    // In the transaction of the claim: who sees the one sees the other.
    assert_eq!(count(&db.pool, promised).await, 0);
    worker.stage.gate.add_permits(1);
    until(&db.pool, job_id, "completed").await;
    worker.stop().await;
}

#[tokio::test]
async fn point_13_a_lost_notification_costs_half_a_heartbeat() {
    let db = TestDb::new().await;
    let pool = db.pool_of(40);
    let settings = RunnerSettings {
        heartbeat: Duration::from_secs(1),
        poll_max: Duration::from_secs(3600),
        ..calm()
    };
    let (_stage, workers) = fleet(&pool, 3, &settings);
    until_resting(&db.pool, 3).await;
    let mut tx = db.pool.begin().await.unwrap();
    sqlx::query("alter table queue.jobs disable trigger queue_jobs_wake")
        .execute(&mut *tx)
        .await
        .unwrap();
    let unheard = enqueue(&mut *tx, &job(Does::Complete)).await.unwrap();
    sqlx::query("alter table queue.jobs enable trigger queue_jobs_wake")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let started = Instant::now();
    until(&db.pool, unheard.job_id, "completed").await;
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test]
async fn point_13_a_scheduled_job_starts_on_time_and_not_every_worker_asks() {
    let db = TestDb::new().await;
    let pool = db.pool_of(60);
    let (_stage, workers) = fleet(&pool, 10, &calm());
    until_resting(&db.pool, 10).await;
    for _ in 0..3 {
        let soon: chrono::DateTime<chrono::Utc> =
            sqlx::query_scalar("select clock_timestamp() + interval '400 ms'")
                .fetch_one(&db.pool)
                .await
                .unwrap();
        let job = enqueue(&db.pool, &job(Does::Complete).run_at(soon))
            .await
            .unwrap();
        until(&db.pool, job.job_id, "completed").await;
        let done = view(&db.pool, job.job_id).await;
        let late = done.claimed_at.unwrap() - done.run_at;
        eprintln!("{late} late");
        assert!(
            late.num_milliseconds() >= 0 && late.num_milliseconds() < 500,
            "{late}"
        );
    }
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test]
async fn point_13_one_listening_connection_per_process_and_one_notification_per_queue() {
    let db = TestDb::new().await;
    let worker = Worker::start(&db.pool, calm());
    until_resting(&db.pool, 1).await;
    let listening = "select count(*) from pg_stat_activity
        where datname = current_database() and query like 'LISTEN %'";
    assert_eq!(count(&db.pool, listening).await, 1);
    worker.stop().await;

    let mut listener = sqlx::postgres::PgListener::connect_with(&db.pool)
        .await
        .unwrap();
    listener.listen("queue_jobs").await.unwrap();
    let mut tx = db.pool.begin().await.unwrap();
    for queue in ["a", "b", "a"] {
        let jobs = vec![job(Does::Complete).queue(queue); 10];
        stevedore_queue::enqueue_many(&mut *tx, &jobs)
            .await
            .unwrap();
        enqueue(&mut *tx, &jobs[0]).await.unwrap();
    }
    tx.commit().await.unwrap();
    sqlx::query("notify queue_jobs, 'end'")
        .execute(&db.pool)
        .await
        .unwrap();
    let mut heard = Vec::new();
    while heard.last().is_none_or(|last| last != "end") {
        heard.push(listener.recv().await.unwrap().payload().to_owned());
    }
    assert_eq!(heard, ["a", "b", "end"]);
}
