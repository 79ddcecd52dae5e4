//! Help for tests of programs that use the queue: with a real database, without a fleet.
//!
//! - [`run_one`] runs one job here and now, and tells what became of it.
//! - [`Drain`] runs everything that is due, and what that enqueues, until nothing is left.
//! - [`assert_enqueued`] and [`assert_not_enqueued`] look at what waits, also inside a transaction
//!   that is not committed; when they fail they show what there is instead.
//!
//! Give each test a database of its own: queues are shared by all who use one.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use serde::{Deserialize, Serialize};
//! # use serde_json::json;
//! # use stevedore_queue::{Done, Failure, Job, JobContext, NewJob, enqueue, testing};
//! # #[derive(Serialize, Deserialize)]
//! # struct Greet { name: String }
//! # impl Job for Greet {
//! #     type Environment = ();
//! #     const KIND: &'static str = "greet";
//! #     async fn run(self, _: &mut JobContext, _: &()) -> Result<Done, Failure> {
//! #         Ok(Done::completed())
//! #     }
//! # }
//! # async fn example(pool: sqlx::PgPool) -> Result<(), Box<dyn std::error::Error>> {
//! let greet = Greet { name: "Ama".into() };
//! let job = testing::run_one(&pool, Arc::new(()), &greet).await;
//! assert_eq!(job.state, "completed");
//!
//! enqueue(&pool, &NewJob::of(&greet)?).await?;
//! testing::assert_enqueued(&pool, "greet", json!({"name": "Ama"})).await;
//!
//! let drained = testing::Drain::new(pool, Arc::new(())).register::<Greet>().run().await;
//! assert_eq!((drained.completed, drained.dead), (1, 0));
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{PgExecutor, PgPool};
use tokio_util::sync::CancellationToken;

use crate::enqueue::{NewJob, enqueue};
use crate::job::Job;
use crate::people::{JobView, find};
use crate::runner::{Runner, RunnerBuilder, RunnerSettings};

/// How long a helper waits for jobs before it fails the test.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Jobs shown by a failing assertion.
const SHOWN_MAX: usize = 10;

/// Runs one job with its real handler: through the database, in a queue of its own, so that nobody
/// else takes it and nothing else runs. Returns when it has ended or waits for a retry.
///
/// # Panics
/// When the job is refused, the database fails, or nothing comes of it within 30 seconds.
pub async fn run_one<J: Job>(pool: &PgPool, env: Arc<J::Environment>, job: &J) -> JobView {
    let name = unique_name();
    let job = NewJob::of(job).expect("the job can be written as JSON");
    let enqueued = enqueue(pool, &job.queue(&name)).await;
    let job_id = enqueued.expect("the job is accepted").job_id;
    let queues = vec![name.clone()];
    let builder = Runner::builder(pool.clone(), env, settings(name, queues)).register::<J>();
    running(builder, async || {
        let view = find(pool, job_id).await.expect("the database answers");
        let view = view.expect("the job exists");
        let is_at_rest = !matches!(view.state.as_str(), "ready" | "blocked" | "running");
        is_at_rest.then_some(view)
    })
    .await
}

/// Runs all jobs that are due, and those that they enqueue, until none is left.
#[must_use = "it does nothing until `run`"]
pub struct Drain<E> {
    pool: PgPool,
    builder: RunnerBuilder<E>,
    name: String,
    queues: BTreeSet<&'static str>,
}

/// What a [`Drain`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Jobs that ended well.
    pub completed: i64,
    /// Jobs that were cancelled or discarded.
    pub given_up: i64,
    /// Jobs that are out of attempts or failed for good.
    pub dead: i64,
    /// Jobs of its queues that wait: for a retry, or for their time.
    pub scheduled: i64,
}

impl<E: Send + Sync + 'static> Drain<E> {
    /// A drain without kinds.
    pub fn new(pool: PgPool, env: Arc<E>) -> Self {
        let name = unique_name();
        // Its queues are those of its kinds.
        let settings = settings(name.clone(), Vec::new());
        let builder = Runner::builder(pool.clone(), env, settings);
        Drain {
            pool,
            builder,
            name,
            queues: BTreeSet::new(),
        }
    }

    /// Runs jobs of this kind, too. Jobs of other kinds stay where they are.
    pub fn register<J: Job<Environment = E>>(mut self) -> Self {
        self.builder = self.builder.register::<J>();
        self.queues.insert(J::QUEUE);
        self
    }

    /// Works until nothing is due.
    ///
    /// # Panics
    /// When the database fails, or jobs are left after 30 seconds, such as jobs of a kind that
    /// was not registered in one of its queues.
    pub async fn run(self) -> Drained {
        let pool = self.pool;
        let queues: Vec<String> = self.queues.iter().map(|name| (*name).to_owned()).collect();
        running(self.builder, async || {
            let row = sqlx::query_file!(
                "../../sql/queries/queue_jobs/drained.sql",
                self.name,
                &queues
            )
            .fetch_one(&pool)
            .await
            .expect("the database answers");
            let drained = Drained {
                completed: row.completed,
                given_up: row.given_up,
                dead: row.dead,
                scheduled: row.scheduled,
            };
            (row.left == 0).then_some(drained)
        })
        .await
    }
}

/// Asserts that a job of this kind waits or runs whose arguments contain these.
///
/// # Panics
/// When there is none; the message shows those that there are.
pub async fn assert_enqueued(db: impl PgExecutor<'_>, kind: &str, args: Value) {
    let jobs = unfinished(db).await;
    let is_it = |job: &(String, Value)| job.0 == kind && contains(&job.1, &args);
    assert!(
        jobs.iter().any(is_it),
        "no job {kind} with {args} waits; {}",
        shown(&jobs)
    );
}

/// Asserts that no job of this kind waits or runs.
///
/// # Panics
/// When there is one; the message shows it.
pub async fn assert_not_enqueued(db: impl PgExecutor<'_>, kind: &str) {
    let jobs = unfinished(db).await;
    assert!(
        jobs.iter().all(|job| job.0 != kind),
        "jobs {kind} wait; {}",
        shown(&jobs)
    );
}

async fn unfinished(db: impl PgExecutor<'_>) -> Vec<(String, Value)> {
    let rows = sqlx::query_file!("../../sql/queries/queue_jobs/unfinished.sql")
        .fetch_all(db)
        .await
        .expect("the database answers");
    rows.into_iter().map(|row| (row.kind, row.args)).collect()
}

fn shown(jobs: &[(String, Value)]) -> String {
    if jobs.is_empty() {
        return "the queue is empty".to_owned();
    }
    let mut lines: Vec<String> = jobs
        .iter()
        .take(SHOWN_MAX)
        .map(|(kind, args)| format!("\n  {kind} {args}"))
        .collect();
    if jobs.len() > SHOWN_MAX {
        lines.push(format!("\n  and {} more", jobs.len() - SHOWN_MAX));
    }
    format!("there are:{}", lines.concat())
}

/// Whether all of `part` is in `whole`, as `@>` of PostgreSQL has it for objects.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| whole.get(name).is_some_and(|whole| contains(whole, part))),
        _ => whole == part,
    }
}

/// A worker that misses nothing and takes little: it polls, so it needs no connection to listen.
fn settings(name: String, queues: Vec<String>) -> RunnerSettings {
    RunnerSettings {
        name,
        queues,
        poll_max: Duration::from_millis(10),
        grace: Duration::from_secs(1),
        listen: false,
        ..RunnerSettings::default()
    }
}

/// Runs a worker until `look` finds something.
async fn running<E, T>(builder: RunnerBuilder<E>, look: impl AsyncFn() -> Option<T>) -> T
where
    E: Send + Sync + 'static,
{
    let stop = CancellationToken::new();
    let stop_at_the_end = stop.clone().drop_guard();
    let worker = tokio::spawn(builder.build().run(stop));
    let began = Instant::now();
    let found = loop {
        if let Some(found) = look().await {
            break found;
        }
        assert!(!worker.is_finished(), "the worker did not begin");
        assert!(
            began.elapsed() < PATIENCE,
            "jobs are left after {PATIENCE:?}"
        );
        tokio::time::sleep(LOOK_EVERY).await;
    };
    drop(stop_at_the_end);
    let ended = worker.await.expect("the worker does not panic");
    ended.expect("the worker could begin");
    found
}

fn unique_name() -> String {
    // Each RandomState is another one.
    format!(
        "testing-{:016x}",
        RandomState::new().build_hasher().finish()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_contain_those_that_a_test_cares_for() {
        let whole = json!({"to": 7, "mail": {"subject": "hi", "lines": [1, 2]}});
        assert!(contains(&whole, &json!({})));
        assert!(contains(&whole, &json!({"mail": {"subject": "hi"}})));
        assert!(!contains(&whole, &json!({"mail": {"subject": "ho"}})));
        assert!(!contains(&whole, &json!({"mail": {"lines": [1]}})));
    }
}
