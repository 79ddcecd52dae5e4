//! What people (consoles, command lines, web pages) ask of the queue and tell it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;

use crate::enqueue::{EnqueueError, millis};

/// One job, whatever its state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobView {
    /// Its identity.
    pub job_id: i64,
    /// Which handler runs it.
    pub kind: String,
    /// Which workers may take it.
    pub queue: String,
    /// `scheduled`, `ready`, `blocked` (its group is busy), `waiting` (for other jobs, or for an
    /// event from outside), `running`, `completed`, `dead`, `cancelled` or `discarded`; more may
    /// come.
    pub state: String,
    /// The smaller runs first.
    pub priority: i16,
    /// What the handler gets.
    pub args: serde_json::Value,
    /// Claims so far.
    pub attempt: i32,
    /// Those of them that do not count (snoozed, handed back): `attempt - forgiven` is compared
    /// with `max_attempts`.
    pub forgiven: i32,
    /// Attempts before it is dead; none until the first claim, unless the enqueue said so.
    pub max_attempts: Option<i16>,
    /// When it is, or was, due.
    pub run_at: DateTime<Utc>,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When its running, or last, attempt was claimed.
    pub claimed_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Who runs it, or ran it last.
    pub worker_id: Option<i64>,
    /// That worker's name.
    pub worker: Option<String>,
    /// Its unique key.
    pub unique_key: Option<String>,
    /// How long it holds that.
    pub unique_scope: Option<String>,
    /// Its group.
    pub group_key: Option<String>,
    /// The W3C `traceparent` of whoever enqueued it.
    pub trace_context: Option<String>,
    /// Somebody cancelled it while it was running.
    pub cancel_requested: bool,
    /// The error chain of its last failed attempt.
    pub last_error: Option<String>,
    /// All its attempts, in their order.
    pub attempts: Vec<AttemptView>,
}

/// One attempt of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptView {
    /// Its number, from 1.
    pub attempt: i32,
    /// `running`, `completed`, `failed`, `lost` (its worker died), `snoozed`, `waited` (for an
    /// event from outside), `released` (its worker shut down), `cancelled` or `discarded`.
    pub outcome: String,
    /// Who ran it.
    pub worker_id: i64,
    /// When it was claimed.
    pub started_at: DateTime<Utc>,
    /// When it ended; none while it runs.
    pub finished_at: Option<DateTime<Utc>>,
    /// The error chain, outermost first.
    pub error: Option<String>,
}

/// One job by its id; none when there is none or its history was dropped.
///
/// # Errors
/// Those of the database.
pub async fn find(db: impl PgExecutor<'_>, job_id: i64) -> Result<Option<JobView>, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/queue_jobs/find.sql", job_id)
        .fetch_optional(db)
        .await?;
    row.map(|row| {
        let attempts = serde_json::from_value(row.attempts)
            .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(JobView {
            job_id: row.job_id,
            kind: row.kind,
            queue: row.queue,
            state: row.state,
            priority: row.priority,
            args: row.args,
            attempt: row.attempt,
            forgiven: row.forgiven,
            max_attempts: row.max_attempts,
            run_at: row.run_at,
            created_at: row.created_at,
            claimed_at: row.claimed_at,
            finished_at: row.finished_at,
            worker_id: row.worker_id,
            worker: row.worker,
            unique_key: row.unique_key,
            unique_scope: row.unique_scope,
            group_key: row.group_key,
            trace_context: row.trace_context,
            cancel_requested: row.cancel_requested,
            last_error: row.last_error,
            attempts,
        })
    })
    .transpose()
}

/// What a cancellation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cancelled {
    /// It was waiting, and is finished now.
    Cancelled,
    /// It is running: its handler is told within a second, and it will not run again.
    Cancelling,
    /// There is no such job that is unfinished.
    NotFound,
}

fn cancelled(fate: Option<&str>) -> Cancelled {
    match fate {
        Some("cancelled") => Cancelled::Cancelled,
        Some(_) => Cancelled::Cancelling,
        None => Cancelled::NotFound,
    }
}

/// Cancels a waiting or running job.
///
/// # Errors
/// Those of the database.
pub async fn cancel(db: impl PgExecutor<'_>, job_id: i64) -> Result<Cancelled, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/queue_jobs/cancel.sql", job_id)
        .fetch_one(db)
        .await?;
    Ok(cancelled(row.fate.as_deref()))
}

/// Cancels the job that holds a unique key.
///
/// # Errors
/// Those of the database.
pub async fn cancel_by_unique_key(
    db: impl PgExecutor<'_>,
    key: &str,
) -> Result<Cancelled, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/queue_jobs/cancel_by_unique_key.sql", key)
        .fetch_optional(db)
        .await?;
    Ok(cancelled(row.and_then(|row| row.fate).as_deref()))
}

/// Puts a dead job back, ready at once and with all its attempts anew. False when there is no such
/// dead job.
///
/// # Errors
/// [`EnqueueError::Invalid`] when another job holds its unique key by now; otherwise those of the
/// database.
pub async fn retry(db: impl PgExecutor<'_>, job_id: i64) -> Result<bool, EnqueueError> {
    let row = sqlx::query_file!("../../sql/queries/queue_jobs/retry.sql", job_id)
        .fetch_one(db)
        .await?;
    Ok(row.revived)
}

/// Stops all claims from a queue, fleet-wide and at once. What runs, runs on.
///
/// # Errors
/// Those of the database.
pub async fn pause(db: impl PgExecutor<'_>, queue: &str) -> Result<(), sqlx::Error> {
    sqlx::query_file!("../../sql/queries/queue_queues/pause.sql", queue)
        .fetch_optional(db)
        .await?;
    Ok(())
}

/// Lets workers claim from a paused queue again.
///
/// # Errors
/// Those of the database.
pub async fn resume(db: impl PgExecutor<'_>, queue: &str) -> Result<(), sqlx::Error> {
    sqlx::query_file!("../../sql/queries/queue_queues/resume.sql", queue)
        .fetch_optional(db)
        .await?;
    Ok(())
}

/// How many jobs of one queue and kind are in one state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueStat {
    /// The queue.
    pub queue: String,
    /// The kind.
    pub kind: String,
    /// `scheduled`, `ready`, `blocked`, `waiting`, `running` or `dead`.
    pub state: String,
    /// How many.
    pub jobs: i64,
    /// Age of the oldest in seconds: since it was due (ready, blocked), claimed (running), dead,
    /// or enqueued (scheduled).
    pub oldest_age_seconds: f64,
}

/// Unfinished and dead jobs by queue, kind and state. Reads the whole hot table: not for loops.
///
/// # Errors
/// Those of the database.
pub async fn stats(db: impl PgExecutor<'_>) -> Result<Vec<QueueStat>, sqlx::Error> {
    sqlx::query_file_as!(QueueStat, "../../sql/queries/queue_jobs/stats.sql")
        .fetch_all(db)
        .await
}

/// Creates the history partitions of the coming days and drops those past their retention. The
/// eldest running worker calls this every hour by itself.
///
/// Answers the names of the partitions that it created and dropped.
///
/// # Errors
/// Those of the database.
pub async fn maintain_partitions(
    db: impl PgExecutor<'_>,
    retention: &Retention,
) -> Result<Vec<String>, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/queue_jobs/maintain_partitions.sql",
        millis(retention.finished_jobs),
        millis(retention.attempts),
    )
    .fetch_one(db)
    .await?;
    Ok(row.changed)
}

/// How long history stays. Dead jobs stay until somebody retries or deletes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Completed, cancelled and discarded jobs; whole days of UTC are dropped.
    pub finished_jobs: std::time::Duration,
    /// Attempts that did not succeed, and workers that are gone.
    pub attempts: std::time::Duration,
}

impl Default for Retention {
    /// A week of finished jobs, thirty days of attempts.
    fn default() -> Self {
        Retention {
            finished_jobs: std::time::Duration::from_hours(7 * 24),
            attempts: std::time::Duration::from_hours(30 * 24),
        }
    }
}

/// How many workers are alive, as far as the database knows.
///
/// # Errors
/// Those of the database.
pub async fn workers_alive(db: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/queue_workers/alive.sql")
        .fetch_one(db)
        .await?;
    Ok(row.alive)
}
