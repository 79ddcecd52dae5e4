//! Jobs of many callers in few transactions.

use std::time::Duration;

use sqlx::PgPool;

use crate::batches::{Batches, Limits};
use crate::enqueue::{EnqueueError, Enqueued, NewJob, enqueue, enqueue_many};

/// Jobs that one transaction takes at most.
const BATCH_JOBS_MAX: usize = 200;

/// Transactions at once: while one waits for the disk, the next is made up.
const BATCHES_MAX: usize = 2;
/// How long those who were just answered are waited for: a client's next request takes less.
const LINGER: Duration = Duration::from_millis(1);

/// Enqueues for many tasks of a process at once: jobs that come while others are being written go
/// together into the next transaction. A caller gets its answer after the commit, as with
/// [`enqueue`]; alone it waits no longer, and with many the database commits once for all.
///
/// A job with a unique key, or that comes after others, is enqueued by itself: it may have to wait
/// for another transaction, which must not hold up the others.
///
/// Clones share their batches.
#[derive(Clone, Debug)]
pub struct Batcher {
    pool: PgPool,
    batches: Batches<NewJob, Result<Enqueued, EnqueueError>>,
}

impl Batcher {
    /// Enqueues over two connections of its own, made as those of this pool are; what is enqueued
    /// by itself goes through the pool.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        let limits = Limits {
            batch: BATCH_JOBS_MAX,
            batches: BATCHES_MAX,
            linger: LINGER,
        };
        let writing = limits.connections(&pool);
        let batches = Batches::new(limits, move |jobs| write(writing.clone(), jobs));
        Batcher { pool, batches }
    }

    /// Enqueues one job; it is committed when this returns.
    ///
    /// # Errors
    /// As [`enqueue`].
    pub async fn enqueue(&self, job: NewJob) -> Result<Enqueued, EnqueueError> {
        if job.is_alone() {
            return enqueue(&self.pool, &job).await;
        }
        self.batches.ask(job).await.unwrap_or_else(|| Err(lost()))
    }
}

async fn write(pool: PgPool, jobs: Vec<NewJob>) -> Vec<Result<Enqueued, EnqueueError>> {
    if let [job] = jobs.as_slice() {
        return vec![enqueue(&pool, job).await];
    }
    match enqueue_many(&pool, &jobs).await {
        Ok(enqueued) => enqueued.into_iter().map(Ok).collect(),
        Err(error) if is_refused(&error) => {
            // One of them is at fault, and nothing was written: each by itself.
            let mut results = Vec::with_capacity(jobs.len());
            for job in &jobs {
                results.push(enqueue(&pool, job).await);
            }
            results
        }
        Err(error) => {
            tracing::warn!(%error, jobs = jobs.len(), "a batch of jobs was not written");
            jobs.iter().map(|_| Err(lost())).collect()
        }
    }
}

/// Whether the database answered, and with no: then nothing of the transaction is left.
fn is_refused(error: &EnqueueError) -> bool {
    match error {
        EnqueueError::Invalid(_) | EnqueueError::Encode(_) => true,
        EnqueueError::Database(error) => error.as_database_error().is_some(),
    }
}

/// The connection broke: whether the job is there cannot be known.
fn lost() -> EnqueueError {
    let what = "the connection was lost while a batch of jobs was written".to_owned();
    EnqueueError::Database(sqlx::Error::Protocol(what))
}
