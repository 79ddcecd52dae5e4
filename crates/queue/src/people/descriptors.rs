//! What there is: queues, kinds and workers, as a console shows them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;

use crate::enqueue::millis;
use crate::job::{Policy, RetryPolicy};

/// What a worker says about a kind when it registers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KindDescriptor {
    /// The queue that its jobs go to unless the enqueue says otherwise.
    pub queue: Option<String>,
    /// Attempts before a job is dead.
    pub max_attempts: Option<u16>,
    /// How long one attempt may take.
    pub timeout_ms: Option<i64>,
    /// How long it waits after failures.
    pub retry: Option<RetryDescriptor>,
    /// When jobs come by themselves, in words.
    pub schedule: Option<String>,
    /// What it does, in its author's words.
    pub description: Option<String>,
    /// The version of the worker that said this.
    pub version: Option<String>,
}

/// How long a kind waits after failures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RetryDescriptor {
    /// Doubling from `base_ms` up to `max_ms`.
    Exponential {
        /// The first wait.
        base_ms: i64,
        /// No wait is longer.
        max_ms: i64,
    },
    /// One after the other; the last one repeats.
    Fixed {
        /// The waits.
        waits_ms: Vec<i64>,
    },
    /// As its handler decides.
    #[serde(other)]
    Custom,
}

impl KindDescriptor {
    /// What is told of a kind with this policy.
    pub(crate) fn of(queue: &str, policy: &Policy, description: &str, version: &str) -> Self {
        KindDescriptor {
            queue: Some(queue.to_owned()),
            max_attempts: Some(policy.max_attempts),
            timeout_ms: Some(millis(policy.timeout)),
            retry: Some(retry_of(&policy.retry)),
            schedule: policy
                .schedule
                .as_ref()
                .and_then(|when| when.describe().ok()),
            description: (!description.is_empty()).then(|| description.to_owned()),
            version: (!version.is_empty()).then(|| version.to_owned()),
        }
    }
}

fn retry_of(policy: &RetryPolicy) -> RetryDescriptor {
    match policy {
        RetryPolicy::Exponential { base, max } => RetryDescriptor::Exponential {
            base_ms: millis(*base),
            max_ms: millis(*max),
        },
        RetryPolicy::Fixed(waits) => RetryDescriptor::Fixed {
            waits_ms: waits.iter().copied().map(millis).collect(),
        },
        RetryPolicy::Function(_) => RetryDescriptor::Custom,
    }
}

/// A kind: what its workers say about it, what there is to do, how it goes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindView {
    /// Its name.
    pub kind: String,
    /// What its workers say about it; empty when only workers of an old release, or none, know it.
    pub descriptor: serde_json::Value,
    /// When a worker last registered it, to the minute.
    pub registered_at: Option<DateTime<Utc>>,
    /// Whether no worker claims its jobs.
    pub paused: bool,
    /// Its limits, if it has some.
    pub limits: Option<serde_json::Value>,
    /// Unfinished and dead jobs by state.
    pub jobs: BTreeMap<String, i64>,
    /// How long its oldest ready job has been due.
    pub oldest_ready_seconds: Option<f64>,
    /// Attempts a minute that completed their job, lately.
    pub completed_per_minute: f64,
    /// Attempts a minute that failed or were lost, lately.
    pub failed_per_minute: f64,
    /// Which share of the attempts failed, lately; none when there was none.
    pub failure_share: Option<f64>,
    /// Live workers that have a handler for it. With none its jobs wait.
    pub workers: i64,
    /// Their names.
    pub worker_names: Vec<String>,
}

impl KindView {
    /// Whether it has jobs to run and nobody to run them.
    #[must_use]
    pub fn is_orphaned(&self) -> bool {
        let unfinished = self.jobs.iter().filter(|(state, _)| *state != "dead");
        self.workers == 0 && unfinished.map(|(_, jobs)| jobs).sum::<i64>() > 0
    }
}

/// Every kind that somebody knows of, by name. Reads the whole hot table: not for loops.
///
/// # Errors
/// Those of the database.
pub async fn kinds(db: impl PgExecutor<'_>) -> Result<Vec<KindView>, sqlx::Error> {
    let rows = sqlx::query_file!("../../sql/queries/queue_kinds/describe.sql")
        .fetch_all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(KindView {
                kind: row.kind,
                descriptor: row.descriptor,
                registered_at: row.registered_at,
                paused: row.paused,
                limits: row.limits,
                jobs: decoded(row.jobs)?,
                oldest_ready_seconds: row.oldest_ready_seconds,
                completed_per_minute: row.completed_per_minute,
                failed_per_minute: row.failed_per_minute,
                failure_share: row.failure_share,
                workers: row.workers,
                worker_names: row.worker_names,
            })
        })
        .collect()
}

/// A queue: its settings, what there is to do, how it goes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueView {
    /// Its name.
    pub queue: String,
    /// Whether no worker claims from it.
    pub paused: bool,
    /// What one step of priority is worth in waiting time; none: strictly by priority.
    pub ageing_seconds: Option<f64>,
    /// The front door refuses jobs while a new one would wait longer.
    pub max_wait_ms: Option<i64>,
    /// The front door refuses jobs while this many wait.
    pub max_waiting: Option<i64>,
    /// Its limits, if it has some.
    pub limits: Option<serde_json::Value>,
    /// Unfinished and dead jobs by state.
    pub jobs: BTreeMap<String, i64>,
    /// How long its oldest ready job has been due.
    pub oldest_ready_seconds: Option<f64>,
    /// Attempts a minute that completed their job, lately.
    pub completed_per_minute: f64,
    /// Attempts a minute that failed or were lost, lately.
    pub failed_per_minute: f64,
    /// Which share of the attempts failed, lately; none when there was none.
    pub failure_share: Option<f64>,
    /// When its backlog would be worked off at that pace; none when nothing moves.
    pub drained_in_seconds: Option<f64>,
    /// Live workers that take from it.
    pub workers: i64,
    /// Their names.
    pub worker_names: Vec<String>,
}

/// Every queue with settings, jobs or workers, by name. Reads the whole hot table: not for loops.
///
/// # Errors
/// Those of the database.
pub async fn queues(db: impl PgExecutor<'_>) -> Result<Vec<QueueView>, sqlx::Error> {
    let rows = sqlx::query_file!("../../sql/queries/queue_queues/describe.sql")
        .fetch_all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(QueueView {
                queue: row.queue,
                paused: row.paused,
                ageing_seconds: row.ageing_seconds,
                max_wait_ms: row.max_wait_ms,
                max_waiting: row.max_waiting,
                limits: row.limits,
                jobs: decoded(row.jobs)?,
                oldest_ready_seconds: row.oldest_ready_seconds,
                completed_per_minute: row.completed_per_minute,
                failed_per_minute: row.failed_per_minute,
                failure_share: row.failure_share,
                drained_in_seconds: row.drained_in_seconds,
                workers: row.workers,
                worker_names: row.worker_names,
            })
        })
        .collect()
}

fn decoded(jobs: serde_json::Value) -> Result<BTreeMap<String, i64>, sqlx::Error> {
    serde_json::from_value(jobs).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// A worker process.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkerView {
    /// New at each start.
    pub worker_id: i64,
    /// For people; need not be unique.
    pub name: String,
    /// The version of its program.
    pub version: String,
    /// `running`, `draining` (shutting down), `stopped` or `dead`.
    pub state: String,
    /// Queues that it takes jobs from.
    pub queues: Vec<String>,
    /// Kinds that it has handlers for.
    pub kinds: Vec<String>,
    /// Jobs that it runs at once.
    pub concurrency: i32,
    /// Jobs that it runs now.
    pub running: i64,
    /// When it registered.
    pub started_at: DateTime<Utc>,
    /// When it last proved that it lives.
    pub heartbeat_at: DateTime<Utc>,
    /// How long ago that was.
    pub silent_seconds: f64,
    /// When it stopped or was declared dead.
    pub stopped_at: Option<DateTime<Utc>>,
}

/// The workers that live, and with `gone` those that stopped or died, too; newest first.
///
/// # Errors
/// Those of the database.
pub async fn workers(db: impl PgExecutor<'_>, gone: bool) -> Result<Vec<WorkerView>, sqlx::Error> {
    sqlx::query_file_as!(
        WorkerView,
        "../../sql/queries/queue_workers/describe.sql",
        gone
    )
    .fetch_all(db)
    .await
}
