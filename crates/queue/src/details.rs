//! What few jobs have, for people: progress, result, edges, waits.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::PgExecutor;

use crate::workflow::OnFailure;

/// What a job says of itself, and whom and what it waits for; beside [`JobView`](crate::JobView).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct JobDetails {
    /// How far it is, 0 to 100, if it said so.
    pub percent: Option<i16>,
    /// What it is doing.
    pub message: Option<String>,
    /// Where its next attempt goes on.
    pub checkpoint: Option<serde_json::Value>,
    /// What it gave.
    pub result: Option<serde_json::Value>,
    /// When it last said anything of that.
    pub updated_at: Option<DateTime<Utc>>,
    /// Whom it waits, or waited, for; at most 1000.
    pub after: Vec<EdgeView>,
    /// Who waits, or waited, for it; at most 1000.
    pub before: Vec<EdgeView>,
    /// The events from outside that it waits, or waited, for.
    pub waits: Vec<WaitView>,
}

/// One edge of a workflow, seen from one of its jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeView {
    /// The job at the other end.
    pub job_id: i64,
    /// What becomes of the job that waits when the other is dead or cancelled.
    pub on_failure: OnFailure,
    /// How the one that is waited for ended: `completed`, `discarded`, `cancelled` or `dead`; none
    /// while it has not; `abandoned`: the one that waits was cancelled before.
    pub outcome: Option<String>,
    /// When that was.
    pub settled_at: Option<DateTime<Utc>>,
}

/// One event from outside that a job waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitView {
    /// What its handler calls it.
    pub name: String,
    /// When it first asked.
    pub created_at: DateTime<Utc>,
    /// How long it waits.
    pub expires_at: DateTime<Utc>,
    /// When it was resumed or expired.
    pub ended_at: Option<DateTime<Utc>>,
    /// `resumed` or `expired`; none while it waits.
    pub outcome: Option<String>,
    /// What came.
    pub payload: Option<serde_json::Value>,
}

/// What a job says of itself, and whom and what it waits for; empty for most jobs.
///
/// # Errors
/// Those of the database.
pub async fn details(db: impl PgExecutor<'_>, job_id: i64) -> Result<JobDetails, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/queue_job_data/details.sql", job_id)
        .fetch_one(db)
        .await?;
    Ok(JobDetails {
        percent: row.percent,
        message: row.message,
        checkpoint: row.checkpoint,
        result: row.result,
        updated_at: row.updated_at,
        after: decode(row.after)?,
        before: decode(row.before)?,
        waits: decode(row.waits)?,
    })
}

fn decode<T: DeserializeOwned>(json: serde_json::Value) -> Result<T, sqlx::Error> {
    serde_json::from_value(json).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
