//! One change to many jobs, in short transactions.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};

use super::filter::JobFilter;

/// Jobs that one transaction of a bulk change touches: some 50 ms of locks.
const BATCH_JOBS: u64 = 200;

/// What to do with the jobs that fit a filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum BulkChange {
    /// Waiting and running jobs: as [`cancel`](super::cancel).
    Cancel,
    /// Dead jobs: as [`retry`](super::retry). One whose unique key another job holds stays dead.
    Retry,
    /// Jobs that do not run: into another queue.
    Move {
        /// Where to.
        queue: String,
    },
    /// Jobs that do not run: another priority, from -100 (first) to 100 (last).
    Prioritise {
        /// The new one.
        priority: i16,
    },
    /// Dead jobs: gone for good.
    Delete,
}

impl BulkChange {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            BulkChange::Cancel => "cancel",
            BulkChange::Retry => "retry",
            BulkChange::Move { .. } => "move",
            BulkChange::Prioritise { .. } => "prioritise",
            BulkChange::Delete => "delete",
        }
    }
}

/// Why a bulk change stopped. What it had changed by then stays changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// It asks for something that cannot be, such as a priority of 1000.
    #[error("{0}")]
    Invalid(String),
    /// The database failed.
    #[error("the database did not do it")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for BulkError {
    fn from(error: sqlx::Error) -> Self {
        let refused = error.as_database_error().and_then(|refusal| {
            let invalid = refusal
                .code()
                .is_some_and(|code| matches!(&*code, "22023" | "23514"));
            invalid.then(|| refusal.message().to_owned())
        });
        refused.map_or(BulkError::Database(error), BulkError::Invalid)
    }
}

/// How far a bulk change has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkProgress {
    /// Jobs that fitted.
    pub matched: u64,
    /// Jobs that were changed. The others were being changed by somebody else in that moment, or
    /// could not be: a dead job whose unique key another job holds by now.
    pub changed: u64,
    /// Give this as `after` for the next batch; none: all are done.
    pub last_id: Option<i64>,
}

/// How many jobs a bulk change would touch now, counted up to `limit`: its dry run.
///
/// # Errors
/// [`BulkError`].
pub async fn count_bulk(
    db: impl PgExecutor<'_>,
    change: &BulkChange,
    filter: &JobFilter,
    limit: u64,
) -> Result<u64, BulkError> {
    let row = sqlx::query_file!(
        "../../sql/queries/queue_jobs/count_bulk.sql",
        change.name(),
        Json(filter) as _,
        i64::try_from(limit).unwrap_or(i64::MAX)
    )
    .fetch_one(db)
    .await?;
    Ok(u64::try_from(row.jobs).unwrap_or(0))
}

/// One batch of a bulk change: the jobs above the id `after` (0 at first), at most `limit` and
/// never more than 1000.
///
/// # Errors
/// [`BulkError`]; nothing of the batch is changed then.
pub async fn bulk_step(
    db: impl PgExecutor<'_>,
    change: &BulkChange,
    filter: &JobFilter,
    after: i64,
    limit: u64,
) -> Result<BulkProgress, BulkError> {
    let (queue, priority) = match change {
        BulkChange::Move { queue } => (Some(queue.as_str()), None),
        BulkChange::Prioritise { priority } => (None, Some(*priority)),
        _ => (None, None),
    };
    let row = sqlx::query_file!(
        "../../sql/queries/queue_jobs/bulk.sql",
        change.name(),
        Json(filter) as _,
        after,
        i32::try_from(limit).unwrap_or(i32::MAX),
        queue,
        priority
    )
    .fetch_one(db)
    .await?;
    Ok(BulkProgress {
        matched: u64::try_from(row.matched).unwrap_or(0),
        changed: u64::try_from(row.changed).unwrap_or(0),
        last_id: row.last_id,
    })
}

/// Changes the jobs that fit a filter, at most `limit`, in batches that each commit by themselves,
/// and tells `progress` after each. To stop it, drop the future.
///
/// # Errors
/// [`BulkError`]; the batches before it stay done.
pub async fn bulk(
    pool: &PgPool,
    change: &BulkChange,
    filter: &JobFilter,
    limit: u64,
    mut progress: impl FnMut(&BulkProgress),
) -> Result<BulkProgress, BulkError> {
    let mut done = BulkProgress::default();
    let mut after = 0;
    while done.matched < limit {
        let batch = BATCH_JOBS.min(limit - done.matched);
        let step = bulk_step(pool, change, filter, after, batch).await?;
        done.matched += step.matched;
        done.changed += step.changed;
        done.last_id = step.last_id;
        progress(&done);
        match step.last_id {
            Some(last_id) => after = last_id,
            None => break,
        }
    }
    Ok(done)
}
