//! Whatever enqueues, claims, ends, deaths and cancellations do in whatever order, no job is lost,
//! doubled, or in two states, and no group has two running.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::{PgPool, Row};
use stevedore_testkit::TestDb;

#[derive(Clone, Debug)]
enum Step {
    Enqueue {
        group: Option<u8>,
        unique: Option<u8>,
        later: bool,
    },
    Claim {
        worker: u8,
        limit: u8,
    },
    Complete {
        worker: u8,
        nth: u8,
    },
    Settle {
        worker: u8,
        nth: u8,
        outcome: &'static str,
        delayed: bool,
    },
    Cancel {
        nth: u8,
    },
    Die {
        worker: u8,
    },
    Promote,
    Retry {
        nth: u8,
    },
}

const WORKERS: u8 = 3;

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop::sample::select(vec![
        "failed",
        "fatal",
        "snoozed",
        "released",
        "unstarted",
        "cancelled",
        "discarded",
    ]);
    prop_oneof![
        4 => (prop::option::of(0_u8..3), prop::option::of(0_u8..3), any::<bool>())
            .prop_map(|(group, unique, later)| Step::Enqueue { group, unique, later }),
        3 => (0..WORKERS, 1_u8..5).prop_map(|(worker, limit)| Step::Claim { worker, limit }),
        2 => (0..WORKERS, 0_u8..4).prop_map(|(worker, nth)| Step::Complete { worker, nth }),
        3 => (0..WORKERS, 0_u8..4, outcome, any::<bool>()).prop_map(
            |(worker, nth, outcome, delayed)| Step::Settle { worker, nth, outcome, delayed }),
        1 => (0_u8..8).prop_map(|nth| Step::Cancel { nth }),
        1 => (0..WORKERS).prop_map(|worker| Step::Die { worker }),
        2 => Just(Step::Promote),
        1 => (0_u8..4).prop_map(|nth| Step::Retry { nth }),
    ]
}

/// The workers' ids and the leases that they believe to hold, lost ones among them.
struct Model {
    pool: PgPool,
    workers: Vec<i64>,
    leases: Vec<(usize, i64, i32)>,
    enqueued: i64,
}

impl Model {
    async fn new(pool: PgPool) -> Self {
        sqlx::query(
            "truncate queue.jobs, queue.finished_jobs, queue.dead_jobs, queue.attempts_log,
               queue.workers",
        )
        .execute(&pool)
        .await
        .unwrap();
        let mut model = Model {
            pool,
            workers: Vec::new(),
            leases: Vec::new(),
            enqueued: 0,
        };
        for _ in 0..WORKERS {
            let worker_id = model.register().await;
            model.workers.push(worker_id);
        }
        model
    }

    async fn register(&self) -> i64 {
        sqlx::query_scalar(
            "select queue.register_worker('w', '', array['default'], array['a'], 9, 3600000)",
        )
        .fetch_one(&self.pool)
        .await
        .unwrap()
    }

    fn lease(&self, worker: u8, nth: u8) -> Option<(i64, i32)> {
        let own = self
            .leases
            .iter()
            .filter(|lease| lease.0 == usize::from(worker));
        let own: Vec<_> = own.collect();
        let (_, job_id, attempt) = *own.get(usize::from(nth) % own.len().max(1))?;
        Some((*job_id, *attempt))
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Enqueue {
                group,
                unique,
                later,
            } => self.enqueue(*group, *unique, *later).await,
            Step::Claim { worker, limit } => self.claim(*worker, *limit).await,
            Step::Complete { worker, nth } => {
                if let Some((job_id, attempt)) = self.lease(*worker, *nth) {
                    sqlx::query("select queue.complete($1, array[$2], array[$3])")
                        .bind(self.workers[usize::from(*worker)])
                        .bind(job_id)
                        .bind(attempt)
                        .execute(&self.pool)
                        .await
                        .unwrap();
                }
            }
            Step::Settle {
                worker,
                nth,
                outcome,
                delayed,
            } => {
                if let Some((job_id, attempt)) = self.lease(*worker, *nth) {
                    sqlx::query(
                        "select * from queue.settle(
                           $1, array[$2], array[$3], array[$4], array[$5], array['why'])",
                    )
                    .bind(self.workers[usize::from(*worker)])
                    .bind(job_id)
                    .bind(attempt)
                    .bind(*outcome)
                    .bind(i64::from(*delayed) * 3_600_000)
                    .execute(&self.pool)
                    .await
                    .unwrap();
                }
            }
            Step::Cancel { nth } => self.on_nth_of("queue.jobs", "queue.cancel", *nth).await,
            Step::Retry { nth } => self.on_nth_of("queue.dead_jobs", "queue.retry", *nth).await,
            Step::Die { worker } => self.die(usize::from(*worker)).await,
            Step::Promote => {
                sqlx::query("update queue.jobs set run_at = now() where state = 'scheduled'")
                    .execute(&self.pool)
                    .await
                    .unwrap();
                sqlx::query("select * from queue.promote_due(3)")
                    .execute(&self.pool)
                    .await
                    .unwrap();
            }
        }
    }

    async fn enqueue(&mut self, group: Option<u8>, unique: Option<u8>, later: bool) {
        let row = sqlx::query(
            "select inserted from queue.enqueue(p_kind => 'a', p_group_key => $1,
               p_unique_key => $2, p_max_attempts => 3::smallint,
               p_run_at => case when $3 then now() + interval '1 hour' end)",
        )
        .bind(group.map(|group| format!("g{group}")))
        .bind(unique.map(|unique| format!("u{unique}")))
        .bind(later)
        .fetch_one(&self.pool)
        .await
        .unwrap();
        self.enqueued += i64::from(row.get::<bool, _>(0));
    }

    async fn claim(&mut self, worker: u8, limit: u8) {
        let claimed: Vec<(i64, i32)> = sqlx::query_as(
            "select job_id, attempt from queue.claim(
               $1, array['default'], array['a'], array[3]::smallint[], $2)",
        )
        .bind(self.workers[usize::from(worker)])
        .bind(i32::from(limit))
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let leases = claimed
            .into_iter()
            .map(|(job, attempt)| (usize::from(worker), job, attempt));
        self.leases.extend(leases);
    }

    /// The worker is declared dead, and keeps believing in its leases under its new id.
    async fn die(&mut self, worker: usize) {
        sqlx::query("update queue.workers set state = 'dead' where worker_id = $1")
            .bind(self.workers[worker])
            .execute(&self.pool)
            .await
            .unwrap();
        sqlx::query("select * from queue.rescue()")
            .execute(&self.pool)
            .await
            .unwrap();
        self.workers[worker] = self.register().await;
    }

    async fn on_nth_of(&self, table: &str, function: &str, nth: u8) {
        let sql = format!(
            "select {function}(job_id) from (
               select job_id from {table} order by job_id offset $1 limit 1) as one"
        );
        let done = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(i64::from(nth))
            .execute(&self.pool)
            .await;
        if let Err(error) = done {
            // A dead job whose unique key somebody else holds.
            assert_eq!(error.as_database_error().unwrap().code().unwrap(), "P0JOB");
        }
    }

    async fn check(&self) {
        let row = sqlx::query(
            "with everywhere as (
               select job_id from queue.jobs
               union all select job_id from queue.finished_jobs
               union all select job_id from queue.dead_jobs)
             select
               (select count(*) from everywhere),
               (select count(distinct job_id) from everywhere),
               (select count(*) from queue.jobs as j where state = 'blocked' and not exists (
                 select from queue.jobs as b where b.group_key = j.group_key
                 and b.state in ('ready', 'running'))),
               (select count(*) from (
                 select from queue.jobs where state = 'running' and group_key is not null
                 group by group_key having count(*) > 1) as doubled),
               (select count(*) from queue.jobs where attempt - forgiven > max_attempts)",
        )
        .fetch_one(&self.pool)
        .await
        .unwrap();
        let numbers: Vec<i64> = (0..5).map(|column| row.get(column)).collect();
        assert_eq!(numbers, [self.enqueued, self.enqueued, 0, 0, 0]);
    }
}

#[test]
fn no_sequence_of_steps_breaks_the_invariants() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let db = runtime.block_on(TestDb::new());
    let mut runner = TestRunner::new(Config {
        cases: 40,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&prop::collection::vec(step(), 1..60), |steps| {
            runtime.block_on(async {
                let mut model = Model::new(db.pool.clone()).await;
                for step in &steps {
                    model.take(step).await;
                    model.check().await;
                }
            });
            Ok(())
        })
        .unwrap();
    drop(db);
}
