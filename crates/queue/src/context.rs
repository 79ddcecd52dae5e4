//! What a handler knows of its attempt, and may do with it.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use tokio_util::sync::CancellationToken;

use crate::claimed::ClaimedJob;
use crate::enqueue::{EnqueueError, Enqueued, NewJob, enqueue};
use crate::job::Done;

/// One attempt of one job, as its handler sees it.
#[derive(Debug)]
pub struct JobContext {
    job: Arc<ClaimedJob>,
    pool: PgPool,
}

impl JobContext {
    pub(crate) fn new(job: Arc<ClaimedJob>, pool: PgPool) -> Self {
        JobContext { job, pool }
    }

    /// The job's identity.
    #[must_use]
    pub fn job_id(&self) -> i64 {
        self.job.job_id
    }

    /// The job's kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.job.kind
    }

    /// The queue it was taken from.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.job.queue
    }

    /// Which attempt this is, from 1. Snoozes and hand-backs at shutdown do not count.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.job.counted_attempt()
    }

    /// How many attempts the job has in all.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        u32::try_from(self.job.max_attempts).unwrap_or(1)
    }

    /// Whether a failure of this attempt makes the job dead.
    #[must_use]
    pub fn is_last_attempt(&self) -> bool {
        self.attempt() >= self.max_attempts()
    }

    /// A key for one step of the job that is the same in all its attempts, for outside systems
    /// that take such keys: a request sent twice has one effect.
    ///
    /// `step` tells the calls of one handler apart. Keys are unique in one database.
    #[must_use]
    pub fn idempotency_key(&self, step: &str) -> String {
        format!("{}-{}-{step}", self.job.kind, self.job.job_id)
    }

    /// The W3C `traceparent` of whoever enqueued the job.
    #[must_use]
    pub fn trace_context(&self) -> Option<&str> {
        self.job.trace_context.as_deref()
    }

    /// Raised within a second after somebody cancelled the job. The handler decides when it is
    /// safe to stop, and then returns [`Failure::Cancelled`](crate::Failure::Cancelled); whatever
    /// else it returns, the job is not run again.
    #[must_use]
    pub fn cancelled(&self) -> CancellationToken {
        self.job.cancel.clone()
    }

    /// Takes tokens from the bucket of a key, such as the provider that is called next, fleet-wide
    /// (`queue.set_limit('key', …)`). Nothing when it took them; else how long until they will be
    /// there: return [`Failure::Snooze`](crate::Failure::Snooze) with it, which is no attempt.
    /// A key without a limit never runs dry.
    ///
    /// # Errors
    /// Those of the database; also when the bucket can never hold so many.
    pub async fn take_tokens(
        &self,
        key: &str,
        tokens: u32,
    ) -> Result<Option<Duration>, sqlx::Error> {
        let row = sqlx::query_file!(
            "../../sql/queries/queue_jobs/take_tokens.sql",
            key,
            i32::try_from(tokens).unwrap_or(i32::MAX),
        )
        .fetch_one(&self.pool)
        .await?;
        let wait = Duration::from_millis(row.wait_ms.unsigned_abs());
        Ok((!wait.is_zero()).then_some(wait))
    }

    /// The worker's connections.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Begins a transaction in which everything that is enqueued or logged carries the job's trace
    /// context (setting `stevedore.traceparent`).
    ///
    /// # Errors
    /// Those of the database.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        if let Some(trace_context) = self.trace_context() {
            sqlx::query_file!("../../sql/queries/queue_jobs/trace.sql", trace_context)
                .fetch_one(&mut *tx)
                .await?;
        }
        Ok(tx)
    }

    /// Completes the job inside the handler's own transaction: its writes and the job's end commit
    /// together or not at all. Call it last, commit, and return what it gave: then the worker lets
    /// the next job of its group go.
    ///
    /// If the commit fails, return its error as usual. If the transaction is not committed although
    /// the handler returns [`Done`], the attempt counts as failed.
    ///
    /// # Errors
    /// [`CompleteError::LeaseLost`] when another worker holds the job by now, or it has ended: the
    /// transaction is aborted, so nothing of this attempt can be written.
    pub async fn complete_in(&mut self, tx: &mut PgConnection) -> Result<Done, CompleteError> {
        let lease = &self.job;
        sqlx::query_file!(
            "../../sql/queries/queue_jobs/complete_in.sql",
            lease.worker_id,
            lease.job_id,
            lease.attempt,
        )
        .fetch_one(tx)
        .await
        .map_err(|error| {
            match error.as_database_error().and_then(|error| error.code()) {
                Some(code) if code == "P0LSE" => CompleteError::LeaseLost(lease.lost()),
                _ => CompleteError::Database(error),
            }
        })?;
        Ok(Done::in_transaction())
    }

    /// Enqueues a job that follows from this one, in the handler's transaction: it exists exactly
    /// if that commits, so together with [`JobContext::complete_in`] exactly once. It carries the
    /// trace context of this job unless it has one of its own.
    ///
    /// # Errors
    /// As [`enqueue`].
    pub async fn enqueue_in(
        &self,
        tx: &mut PgConnection,
        job: &NewJob,
    ) -> Result<Enqueued, EnqueueError> {
        let job = job.clone().inherit_trace(self.trace_context());
        enqueue(tx, &job).await
    }

    /// The claim that this attempt stands on.
    pub(crate) fn lease(&self) -> &ClaimedJob {
        &self.job
    }
}

/// The attempt no longer holds its job: the worker was silent too long, and the job was given to
/// another, or has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lease of job {job_id} was lost: attempt {attempt} is no longer the running one")]
pub struct LeaseLost {
    /// Which job.
    pub job_id: i64,
    /// The attempt that lost it, as in `queue.jobs.attempt`.
    pub attempt: i32,
}

/// Why a job was not completed in its handler's transaction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompleteError {
    /// The lease was lost; the transaction is aborted.
    #[error(transparent)]
    LeaseLost(#[from] LeaseLost),
    /// The database did not take it.
    #[error("the job could not be completed in its transaction")]
    Database(#[source] sqlx::Error),
}
