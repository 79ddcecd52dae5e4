//! Many callers, few transactions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::PgPool;
use tokio::sync::oneshot;

use crate::enqueue::{EnqueueError, Enqueued, NewJob, enqueue, enqueue_many};

/// Jobs that one transaction takes at most.
const BATCH_JOBS_MAX: usize = 200;

/// Transactions at once: while one waits for the disk, the next is made up.
const BATCHES_MAX: usize = 2;

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
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: Vec<Waiting>,
    batches: usize,
}

#[derive(Debug)]
struct Waiting {
    job: NewJob,
    answer: oneshot::Sender<Result<Enqueued, EnqueueError>>,
}

impl Batcher {
    /// Enqueues through this pool, over at most two of its connections.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Batcher {
            pool,
            inner: Arc::default(),
        }
    }

    /// Enqueues one job; it is committed when this returns.
    ///
    /// # Errors
    /// As [`enqueue`].
    pub async fn enqueue(&self, job: NewJob) -> Result<Enqueued, EnqueueError> {
        if job.is_alone() {
            return enqueue(&self.pool, &job).await;
        }
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut inner = self.inner();
            inner.waiting.push(Waiting { job, answer });
            let begins = inner.batches < BATCHES_MAX;
            inner.batches += usize::from(begins);
            begins
        };
        if begins {
            // A task of its own: whoever began may give up, and the others still wait.
            tokio::spawn(self.clone().work());
        }
        answered.await.unwrap_or_else(|_| Err(lost()))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes batches until nobody waits.
    async fn work(self) {
        loop {
            let batch: Vec<Waiting> = {
                let mut inner = self.inner();
                if inner.waiting.is_empty() {
                    inner.batches -= 1;
                    return;
                }
                let count = inner.waiting.len().min(BATCH_JOBS_MAX);
                inner.waiting.drain(..count).collect()
            };
            self.write(batch).await;
        }
    }

    async fn write(&self, batch: Vec<Waiting>) {
        let (jobs, answers): (Vec<NewJob>, Vec<_>) = batch
            .into_iter()
            .map(|waiting| (waiting.job, waiting.answer))
            .unzip();
        if let [job] = jobs.as_slice() {
            let result = enqueue(&self.pool, job).await;
            if let Some(answer) = answers.into_iter().next() {
                let _ = answer.send(result);
            }
            return;
        }
        match enqueue_many(&self.pool, &jobs).await {
            Ok(enqueued) => {
                for (answer, enqueued) in answers.into_iter().zip(enqueued) {
                    // Who does not wait any more has its job all the same.
                    let _ = answer.send(Ok(enqueued));
                }
            }
            Err(error) if is_refused(&error) => {
                // One of them is at fault, and nothing was written: each by itself.
                for (job, answer) in jobs.iter().zip(answers) {
                    let _ = answer.send(enqueue(&self.pool, job).await);
                }
            }
            Err(error) => {
                tracing::warn!(%error, jobs = jobs.len(), "a batch of jobs was not written");
                for answer in answers {
                    let _ = answer.send(Err(lost()));
                }
            }
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
