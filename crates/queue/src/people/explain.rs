//! Why a job does not run, and when it will.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;

/// One thing that keeps a job from running, or what it does instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// What, for programs.
    pub reason: String,
    /// What, for people.
    pub detail: String,
    /// Until when for certain, if that is known.
    pub until: Option<DateTime<Utc>>,
    /// When it may run, as far as can be guessed.
    pub estimate: Option<DateTime<Utc>>,
}

/// Everything that keeps a job from running; empty when there is no such job.
///
/// # Errors
/// Those of the database.
pub async fn explain(db: impl PgExecutor<'_>, job_id: i64) -> Result<Vec<Obstacle>, sqlx::Error> {
    sqlx::query_file_as!(Obstacle, "../../sql/queries/queue_jobs/explain.sql", job_id)
        .fetch_all(db)
        .await
        .or_else(
            |error| match error.as_database_error().and_then(|error| error.code()) {
                Some(code) if code == "P0NOF" => Ok(Vec::new()),
                _ => Err(error),
            },
        )
}
