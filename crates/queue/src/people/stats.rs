//! How many jobs there are, and how many workers.

use serde::Serialize;
use sqlx::PgExecutor;

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
