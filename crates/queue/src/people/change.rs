//! Changing one job, one queue, one kind.

use serde::Serialize;
use sqlx::PgExecutor;

use crate::enqueue::EnqueueError;

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

/// Stops all claims of a kind, fleet-wide and at once; other kinds of its queues go on. What runs,
/// runs on.
///
/// # Errors
/// Those of the database.
pub async fn pause_kind(db: impl PgExecutor<'_>, kind: &str) -> Result<(), sqlx::Error> {
    sqlx::query_file!("../../sql/queries/queue_kinds/pause.sql", kind)
        .fetch_optional(db)
        .await?;
    Ok(())
}

/// Lets workers claim jobs of a paused kind again.
///
/// # Errors
/// Those of the database.
pub async fn resume_kind(db: impl PgExecutor<'_>, kind: &str) -> Result<(), sqlx::Error> {
    sqlx::query_file!("../../sql/queries/queue_kinds/resume.sql", kind)
        .fetch_optional(db)
        .await?;
    Ok(())
}
