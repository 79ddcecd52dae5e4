//! Workers of the release before and of this one on one queue. The old one is played by its SQL:
//! the texts with which the release before called the database, word for word.

use std::time::Duration;

use sqlx::PgPool;
use stevedore_queue::{RunnerSettings, enqueue_many};
use stevedore_testkit::{TestDb, wait_for};
use tokio_util::sync::CancellationToken;

use crate::children::{Child, Way, deed, make_deeds, worker};
use crate::support::{count, until_drained};

/// `sql/queries/` of the release before, without its comments.
mod old {
    pub const REGISTER: &str =
        r#"select queue.register_worker($1, $2, $3, $4, $5, $6) as "worker_id!""#;
    pub const HEARTBEAT: &str = r#"select alive as "alive!", eldest as "eldest!", cancelled as
        "cancelled!" from queue.heartbeat($1)"#;
    pub const STOP: &str = "select queue.stop_worker($1, $2)::text as done";
    pub const RESCUE: &str = r#"select job_id as "job_id!", queue as "queue!", kind as "kind!",
        fate as "fate!" from queue.rescue()"#;
    pub const CLAIM: &str = r#"select job_id as "job_id!", attempt as "attempt!",
        forgiven as "forgiven!", max_attempts as "max_attempts!", priority as "priority!",
        queue as "queue!", kind as "kind!", args::text as "args!", group_key, trace_context,
        run_at as "run_at!", claimed_at as "claimed_at!" from queue.claim($1, $2, $3, $4, $5)"#;
    pub const COMPLETE: &str = r#"select queue.complete($1, $2, $3) as "completed!""#;
    pub const COMPLETE_IN: &str = "select queue.complete_in($1, $2, $3)::text as done";
    pub const UNCOMMITTED: &str = r#"select queue.uncommitted($1, $2, $3) as "leased!""#;
    pub const SETTLE: &str = r#"select job_id as "job_id!", fate as "fate!"
        from queue.settle($1, $2, $3, $4, $5, $6)"#;
    pub const PROMOTE_DUE: &str =
        r#"select promoted as "promoted!", next_in_ms from queue.promote_due($1)"#;
    pub const TICK: &str = r#"select job_id, next_in_ms as "next_in_ms!"
        from queue.tick($1, $2, $3, $4)"#;
    pub const FIND: &str = r#"select job_id as "job_id!", kind as "kind!", queue as "queue!",
        state as "state!", priority as "priority!", args as "args!", attempt as "attempt!",
        forgiven as "forgiven!", max_attempts, run_at as "run_at!", created_at as "created_at!",
        claimed_at, finished_at, worker_id, worker, unique_key, unique_scope, group_key,
        trace_context, cancel_requested as "cancel_requested!", last_error,
        attempts as "attempts!" from queue.job($1)"#;
    pub const HAND_BACK_UNHELD: &str = r#"with
        unheld as (
          select job_id, attempt
          from queue.jobs
          where worker_id = $1
            and state = 'running'
            and job_id <> all($2::bigint[])
        ),
        leases as (
          select
            array_agg(job_id order by job_id) as job_ids,
            array_agg(attempt order by job_id) as attempts,
            array_agg('unstarted'::text) as outcomes,
            array_agg(0::bigint) as delays,
            array_agg(''::text) as errors
          from unheld
        )
        select settled.job_id as "job_id!"
        from leases
        cross join lateral queue.settle($1, job_ids, attempts, outcomes, delays, errors) as settled
        where job_ids is not null"#;
}

const HEARTBEAT: Duration = Duration::from_millis(1000);

/// A worker of the release before.
#[derive(Clone)]
struct OldWorker {
    pool: PgPool,
    worker_id: i64,
}

impl OldWorker {
    async fn register(pool: &PgPool) -> Self {
        let worker_id = sqlx::query_scalar(old::REGISTER)
            .bind("old")
            .bind("0.1.0")
            .bind(["default"])
            .bind(["deed"])
            .bind(8)
            .bind(i32::try_from(HEARTBEAT.as_millis()).unwrap())
            .fetch_one(pool)
            .await
            .unwrap();
        OldWorker {
            pool: pool.clone(),
            worker_id,
        }
    }

    /// One round of its keeper, promoter and scheduler.
    async fn keep(&self) {
        let (alive, _eldest, _cancelled): (bool, bool, Vec<i64>) = sqlx::query_as(old::HEARTBEAT)
            .bind(self.worker_id)
            .fetch_one(&self.pool)
            .await
            .unwrap();
        assert!(alive, "declared dead while it proved that it lives");
        sqlx::query(old::RESCUE).execute(&self.pool).await.unwrap();
        sqlx::query_as::<_, (i32, Option<i64>)>(old::PROMOTE_DUE)
            .bind(1000)
            .fetch_one(&self.pool)
            .await
            .unwrap();
    }

    async fn claim(&self, limit: i32) -> Vec<(i64, i32)> {
        let claimed = sqlx::query_as(old::CLAIM)
            .bind(self.worker_id)
            .bind(["default"])
            .bind(["deed"])
            .bind([1000_i16])
            .bind(limit)
            .fetch_all(&self.pool)
            .await;
        match claimed {
            Ok(claimed) => {
                let claimed: Vec<OldRow> = claimed;
                claimed.into_iter().map(|row| (row.0, row.1)).collect()
            }
            // Another worker took a job of the group in the same instant.
            Err(error) if is_race(&error) => Vec::new(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Writes the effect and completes, as handlers and the settler did.
    async fn run(&self, job_id: i64, attempt: i32, batch: bool) {
        let mut tx = self.pool.begin().await.unwrap();
        sqlx::query("insert into deeds (job_id, attempt) values ($1, $2)")
            .bind(job_id)
            .bind(i64::from(attempt))
            .execute(&mut *tx)
            .await
            .unwrap();
        if batch {
            let completed: Vec<i64> = sqlx::query_scalar(old::COMPLETE)
                .bind(self.worker_id)
                .bind([job_id])
                .bind([attempt])
                .fetch_one(&mut *tx)
                .await
                .unwrap();
            assert_eq!(completed, [job_id]);
        } else {
            sqlx::query(old::COMPLETE_IN)
                .bind(self.worker_id)
                .bind(job_id)
                .bind(attempt)
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let leased: Vec<i64> = sqlx::query_scalar(old::UNCOMMITTED)
            .bind(self.worker_id)
            .bind([job_id])
            .bind([attempt])
            .fetch_one(&self.pool)
            .await
            .unwrap();
        assert!(leased.is_empty());
    }

    async fn settle(&self, job_id: i64, attempt: i32, outcome: &str, delay_ms: i64) {
        let settled = sqlx::query(old::SETTLE)
            .bind(self.worker_id)
            .bind([job_id])
            .bind([attempt])
            .bind([outcome])
            .bind([delay_ms])
            .bind([""])
            .fetch_all(&self.pool)
            .await
            .unwrap();
        assert_eq!(settled.len(), 1);
    }

    /// Works until told to stop: each job in one of the ways in which attempts ended.
    async fn work(self, shutdown: CancellationToken) {
        let mut keep_at = std::time::Instant::now();
        while !shutdown.is_cancelled() {
            if std::time::Instant::now() >= keep_at {
                self.keep().await;
                keep_at = std::time::Instant::now() + HEARTBEAT.mul_f64(0.4);
            }
            let claimed = self.claim(8).await;
            if claimed.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            for (place, (job_id, attempt)) in claimed.into_iter().enumerate() {
                match place % 8 {
                    0 if attempt == 1 => self.settle(job_id, attempt, "failed", 5).await,
                    1 if attempt == 1 => self.settle(job_id, attempt, "snoozed", 5).await,
                    2 if attempt == 1 => self.settle(job_id, attempt, "released", 0).await,
                    place => self.run(job_id, attempt, place % 2 == 0).await,
                }
            }
            sqlx::query(old::HAND_BACK_UNHELD)
                .bind(self.worker_id)
                .bind(Vec::<i64>::new())
                .execute(&self.pool)
                .await
                .unwrap();
        }
        for draining in [true, false] {
            sqlx::query(old::STOP)
                .bind(self.worker_id)
                .bind(draining)
                .execute(&self.pool)
                .await
                .unwrap();
        }
    }
}

/// What the old claim answers, by the types that it was compiled for.
type OldRow = (
    i64,
    i32,
    i32,
    i16,
    i16,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    chrono::DateTime<chrono::Utc>,
    chrono::DateTime<chrono::Utc>,
);

/// By the name that the release before knew, or by today's: it tries again in both cases.
fn is_race(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

const JOBS: usize = 2000;

fn settings() -> RunnerSettings {
    RunnerSettings {
        heartbeat: HEARTBEAT,
        concurrency: 8,
        batch: 8,
        ..RunnerSettings::default()
    }
}

#[tokio::test]
async fn point_18_an_old_and_a_new_worker_share_a_queue_without_loss() {
    let db = TestDb::new().await;
    make_deeds(&db.pool).await;
    let soon: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select clock_timestamp() + interval '1 second'")
            .fetch_one(&db.pool)
            .await
            .unwrap();
    let jobs: Vec<_> = (0..JOBS)
        .map(|place| match place % 5 {
            0 => deed(Way::AtOnce).group_key(format!("g{}", place % 70)),
            1 => deed(Way::AtOnce).run_at(soon),
            _ => deed(Way::AtOnce),
        })
        .collect();
    enqueue_many(&db.pool, &jobs).await.unwrap();
    // It claims, and is never heard of again: the others wait for its promise, no longer.
    let silent = OldWorker::register(&db.pool).await;
    assert_eq!(silent.claim(10).await.len(), 10);

    let pool = db.pool_of(30);
    let old = OldWorker::register(&pool).await;
    let shutdown = CancellationToken::new();
    let old_id = old.worker_id;
    let working = tokio::spawn(old.work(shutdown.clone()));
    let new = worker(&pool, settings());
    until_drained(&db.pool).await;
    shutdown.cancel();
    working.await.unwrap();
    new.cancel();

    let jobs = i64::try_from(JOBS).unwrap();
    assert_eq!(count(&db.pool, "select count(*) from deeds").await, jobs);
    let done = "select count(distinct job_id) from deeds join queue.finished_jobs using (job_id)
        where state = 'completed'";
    assert_eq!(count(&db.pool, done).await, jobs);
    let by_old: i64 =
        sqlx::query_scalar("select count(*) from queue.finished_jobs where worker_id = $1")
            .bind(old_id)
            .fetch_one(&db.pool)
            .await
            .unwrap();
    assert!(
        by_old > 0 && by_old < jobs,
        "{by_old} of {jobs} by the old worker"
    );
    let lost = "select count(*) from queue.attempts_log where outcome = 'lost'";
    assert_eq!(
        count(&db.pool, lost).await,
        10,
        "the old and the new lived all the time"
    );
}

#[tokio::test]
async fn point_18_an_old_worker_rescues_the_jobs_of_a_new_one_that_died() {
    let db = TestDb::new().await;
    make_deeds(&db.pool).await;
    enqueue_many(&db.pool, &vec![deed(Way::Hang); 5])
        .await
        .unwrap();
    let mut new = Child::start(&db, HEARTBEAT);
    wait_for("the new worker to hold all jobs", async || {
        (count(&db.pool, "select count(*) from deeds_begun").await == 5).then_some(())
    })
    .await;
    let old = OldWorker::register(&db.pool).await;
    let shutdown = CancellationToken::new();
    let working = tokio::spawn(old.work(shutdown.clone()));
    new.kill();
    until_drained(&db.pool).await;
    shutdown.cancel();
    working.await.unwrap();
    assert_eq!(
        count(&db.pool, "select count(distinct job_id) from deeds").await,
        5
    );
}

#[tokio::test]
async fn point_18_an_old_scheduler_and_an_old_api_server_are_answered() {
    let db = TestDb::new().await;
    for _ in 0..2 {
        let (_job_id, next_in_ms): (Option<i64>, i64) = sqlx::query_as(old::TICK)
            .bind("deed")
            .bind("deed")
            .bind("default")
            .bind(3_600_000_i64)
            .fetch_one(&db.pool)
            .await
            .unwrap();
        assert!(next_in_ms > 0);
    }
    let job_id: i64 = sqlx::query_scalar("select job_id from queue.jobs")
        .fetch_one(&db.pool)
        .await
        .unwrap();
    let found = sqlx::query(old::FIND)
        .bind(job_id)
        .fetch_all(&db.pool)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
}
