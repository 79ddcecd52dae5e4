//! Schedules: one job per tick, whoever ticks.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use stevedore_queue::{Policy, Schedule};
use stevedore_testkit::{TestDb, wait_for};

use crate::support::{Stage, Worker, calm, count};

#[tokio::test]
async fn ten_schedulers_make_one_job_of_a_tick() {
    let db = TestDb::new().await;
    let pool = db.pool_of(10);
    let tick = |at: &'static str| {
        let pool = pool.clone();
        async move {
            let mut tx = pool.begin().await.unwrap();
            sqlx::query("select set_config('stevedore.now', $1, true)")
                .bind(at)
                .execute(&mut *tx)
                .await
                .unwrap();
            let row: (Option<i64>, i64) =
                sqlx::query_as("select * from queue.tick('s', 'clean', 'default', 60000)")
                    .fetch_one(&mut *tx)
                    .await
                    .unwrap();
            tx.commit().await.unwrap();
            row
        }
    };
    for (at, expected) in [
        ("2030-01-01T00:00:10Z", 1),
        ("2030-01-01T00:00:59Z", 1),
        ("2030-01-01T00:01:00Z", 2),
        // An hour without anybody: only the newest tick runs.
        ("2030-01-01T01:00:30Z", 3),
        // A clock that went back makes no job again.
        ("2030-01-01T00:30:00Z", 3),
    ] {
        join_all((0..10).map(|_| tick(at))).await;
        assert_eq!(
            count(&pool, "select count(*) from queue.jobs").await,
            expected,
            "{at}"
        );
    }
    assert_eq!(tick("2030-01-01T01:00:30.250Z").await, (None, 29_750));
}

#[tokio::test]
async fn scheduled_kinds_run_by_themselves_once_a_tick_over_several_workers() {
    let db = TestDb::new().await;
    // `{}` is not what Act takes, so each of its ticks ends in the dead letter: enough to count.
    let stage = Stage::default();
    let policy = Policy {
        schedule: Some(Schedule::Every(Duration::from_millis(200))),
        ..stage.policy
    };
    let stage = Arc::new(Stage {
        policy,
        ..Stage::default()
    });
    let workers: Vec<Worker> = (0..3)
        .map(|_| Worker::on(&db.pool, calm(), Arc::clone(&stage)))
        .collect();
    wait_for("five ticks", async || {
        (count(&db.pool, "select count(*) from queue.dead_jobs").await >= 5).then_some(())
    })
    .await;
    for worker in workers {
        worker.stop().await;
    }
    let ticks = "select count(distinct unique_key) from queue.dead_jobs";
    let all = "select count(*) from queue.dead_jobs";
    assert_eq!(count(&db.pool, ticks).await, count(&db.pool, all).await);
}
