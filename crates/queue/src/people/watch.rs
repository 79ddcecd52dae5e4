//! What happens, as it happens.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;

/// An attempt that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// When it started; none for a job that was cancelled before it ran.
    pub started_at: Option<DateTime<Utc>>,
    /// Whose attempt.
    pub job_id: i64,
    /// The queue of the job.
    pub queue: String,
    /// The kind of the job.
    pub kind: String,
    /// The attempt's number.
    pub attempt: i32,
    /// Who ran it.
    pub worker_id: Option<i64>,
    /// `completed`, `failed`, `dead` (failed, and was the last), `lost`, `snoozed`, `released`,
    /// `cancelled` or `discarded`.
    pub outcome: String,
    /// What went wrong.
    pub error: Option<String>,
}

/// The time of the database: what to give [`ended_since`] at first.
///
/// # Errors
/// Those of the database.
pub async fn now(db: impl PgExecutor<'_>) -> Result<DateTime<Utc>, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/queue_jobs/now.sql")
        .fetch_one(db)
        .await?;
    Ok(row.now)
}

/// The attempts that ended after a moment, oldest first, at most 1000. It reads the end of the
/// history only: where thousands end in a second, some are not seen.
///
/// # Errors
/// Those of the database.
pub async fn ended_since(
    db: impl PgExecutor<'_>,
    since: DateTime<Utc>,
    queue: Option<&str>,
    kind: Option<&str>,
) -> Result<Vec<Ended>, sqlx::Error> {
    sqlx::query_file_as!(
        Ended,
        "../../sql/queries/queue_jobs/ended_since.sql",
        since,
        queue,
        kind,
        1000
    )
    .fetch_all(db)
    .await
}
