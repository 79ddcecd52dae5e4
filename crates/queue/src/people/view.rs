//! One job, with everything that is known of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;

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
