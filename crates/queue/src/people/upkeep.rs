//! History: how long it stays, and its partitions.

use sqlx::PgExecutor;

use crate::enqueue::millis;

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
