//! Refusing jobs before the backlog hurts: for front doors that enqueue for others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};

use crate::enqueue::millis;
use crate::meters;

/// How old what a front door knows may be while it is busy.
const REFRESH: Duration = Duration::from_secs(1);

/// A refresh that takes long comes more seldom, so that it is never more than this part of the
/// database's work: 1/20.
const REFRESH_SHARE: u32 = 20;

/// What is older than this is not decided by: the next caller waits for news.
const STALE: Duration = Duration::from_secs(5);

/// Nobody is told to come back sooner or later than this.
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(300);

/// When to come back to a queue of which nobody can say how fast it goes.
const RETRY_UNKNOWN: Duration = Duration::from_secs(30);

/// How long a job must have waited before a queue counts as busy: until then its pace is that of
/// its senders and says nothing of what it could do.
const BUSY: Duration = Duration::from_secs(1);

/// Decides whether jobs are let in, by the service levels of their queues
/// ([`set_service_level`]) and the quotas of their senders ([`set_quota`]).
///
/// It costs no round trip: one process asks the database once a second, while it is asked itself,
/// and adds what it let in since. So several processes may together let in what they take in a
/// second too much, and the next second makes up for it: rates hold on average, however many
/// processes there are. When the database does not answer, nothing is refused here.
///
/// Clones share what they know.
#[derive(Clone, Debug)]
pub struct Admission {
    pool: PgPool,
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    known: Mutex<Known>,
    /// Held by the one who asks the database.
    asking: tokio::sync::Mutex<()>,
}

/// What is known, and what happened since.
#[derive(Debug, Default)]
struct Known {
    asked_at: Option<Instant>,
    ask_again_at: Option<Instant>,
    limits: Limits,
    /// Jobs that were let into the queues since.
    taken: HashMap<String, u64>,
    /// Jobs that senders with a quota sent, and the database does not know of.
    sent: HashMap<String, Sent>,
}

/// The answer of `queue.admission`.
#[derive(Debug, Default, Deserialize)]
struct Limits {
    queues: HashMap<String, QueueLimits>,
    quotas: HashMap<String, Quota>,
}

#[derive(Debug, Deserialize)]
struct QueueLimits {
    max_wait_ms: Option<u64>,
    max_waiting: Option<u64>,
    waiting: u64,
    oldest_ms: Option<f64>,
    drained_per_second: f64,
}

#[derive(Debug, Deserialize)]
struct Quota {
    max_waiting: Option<u64>,
    waiting: u64,
    max_per_minute: Option<u32>,
    balance: Option<f64>,
}

#[derive(Debug, Default)]
struct Sent {
    jobs: u64,
    job_ids: Vec<i64>,
}

#[derive(Serialize)]
struct SentBy<'a> {
    sender: &'a str,
    jobs: u64,
    job_ids: &'a [i64],
}

/// Why jobs are not let in, and when to ask again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// Why.
    pub reason: RefusalReason,
    /// When it may go better: between one second and five minutes.
    pub retry_after: Duration,
}

/// Why jobs are not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusalReason {
    /// A job would wait longer than the queue's service level allows.
    #[error("a job in {queue} would wait about {} s, and at most {} s are wanted",
        predicted.as_secs(), max_wait.as_secs_f64())]
    TooSlow {
        /// The queue.
        queue: String,
        /// How long it would wait: backlog by pace.
        predicted: Duration,
        /// The service level.
        max_wait: Duration,
    },
    /// As many jobs wait in the queue as may.
    #[error("{waiting} jobs wait in {queue}, and at most {max_waiting} may")]
    QueueFull {
        /// The queue.
        queue: String,
        /// How many wait.
        waiting: u64,
        /// How many may.
        max_waiting: u64,
    },
    /// The sender has as many unfinished jobs as it may have.
    #[error("{sender} has {waiting} unfinished jobs, and at most {max_waiting} are granted")]
    SenderFull {
        /// The sender.
        sender: String,
        /// How many it has.
        waiting: u64,
        /// How many it may have.
        max_waiting: u64,
    },
    /// The sender has sent as many jobs as it may in this time.
    #[error("{sender} may send {max_per_minute} jobs a minute and has")]
    SenderTooFast {
        /// The sender.
        sender: String,
        /// How many a minute.
        max_per_minute: u32,
    },
}

impl RefusalReason {
    /// Its name: `too_slow`, `queue_full`, `sender_full` or `sender_too_fast`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            RefusalReason::TooSlow { .. } => "too_slow",
            RefusalReason::QueueFull { .. } => "queue_full",
            RefusalReason::SenderFull { .. } => "sender_full",
            RefusalReason::SenderTooFast { .. } => "sender_too_fast",
        }
    }
}

impl Admission {
    /// Decides by what this database says. Asks nothing yet.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Admission {
            pool,
            inner: Arc::default(),
        }
    }

    /// Whether these senders may enqueue, each job by its queue. All names of who sends them have
    /// to agree: a key and its owner, say. Jobs that are let in are to be enqueued at once, and
    /// told to [`Self::sent`].
    ///
    /// # Errors
    /// The first [`Refusal`].
    pub async fn admit<'q>(
        &self,
        senders: &[&str],
        queues: impl IntoIterator<Item = &'q str>,
    ) -> Result<(), Refusal> {
        self.keep_up().await;
        let mut wanted: HashMap<&str, u64> = HashMap::new();
        for queue in queues {
            *wanted.entry(queue).or_default() += 1;
        }
        let mut known = self.known();
        let refused = senders
            .iter()
            .find_map(|sender| known.refuse_sender(sender))
            .or_else(|| wanted.keys().find_map(|queue| known.refuse_queue(queue)));
        if let Some(refusal) = refused {
            meters::admission_refused(refusal.reason.name());
            return Err(refusal);
        }
        let jobs = wanted.values().sum();
        known.take(senders, &wanted, jobs);
        Ok(())
    }

    /// Tells which jobs of a sender there are now, so that its unfinished ones can be counted.
    pub fn sent(&self, senders: &[&str], job_ids: impl IntoIterator<Item = i64> + Clone) {
        let mut known = self.known();
        for sender in senders {
            let counts = known.limits.quotas.get(*sender);
            if counts.is_some_and(|quota| quota.max_waiting.is_some()) {
                let sent = known.sent.entry((*sender).to_owned()).or_default();
                sent.job_ids.extend(job_ids.clone());
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // What a panic could leave behind is a count that is off by one request.
        self.inner
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that what is known is fresh. Only when nothing usable is known somebody waits.
    async fn keep_up(&self) {
        let now = Instant::now();
        let (usable, due) = {
            let known = self.known();
            let age = known.asked_at.map(|at| now.duration_since(at));
            let due = known.ask_again_at.is_none_or(|at| now >= at);
            (age.is_some_and(|age| age < STALE), due)
        };
        if !due {
            return;
        }
        if usable {
            if let Ok(guard) = self.inner.asking.try_lock() {
                drop(guard);
                let admission = self.clone();
                tokio::spawn(async move { admission.ask().await });
            }
        } else {
            self.ask().await;
        }
    }

    /// Asks the database, unless somebody did while this one waited for its turn.
    async fn ask(&self) {
        let _turn = self.inner.asking.lock().await;
        let started = Instant::now();
        let sent = {
            let mut known = self.known();
            if known.ask_again_at.is_some_and(|at| started < at) {
                return;
            }
            std::mem::take(&mut known.sent)
        };
        let answer = ask_for(&self.pool, &sent).await;
        let took = started.elapsed();
        let mut known = self.known();
        known.ask_again_at = Some(Instant::now() + REFRESH.max(took * REFRESH_SHARE));
        match answer {
            Ok(limits) => {
                known.limits = limits;
                known.taken.clear();
                known.asked_at = Some(started);
            }
            Err(error) => {
                tracing::warn!(%error, "service levels and quotas could not be read");
                for (sender, unsaid) in sent {
                    let again = known.sent.entry(sender).or_default();
                    again.jobs += unsaid.jobs;
                    again.job_ids.extend(unsaid.job_ids);
                }
            }
        }
    }
}

async fn ask_for(
    db: impl PgExecutor<'_>,
    sent: &HashMap<String, Sent>,
) -> Result<Limits, sqlx::Error> {
    let mut told: Vec<SentBy<'_>> = sent
        .iter()
        .map(|(sender, sent)| SentBy {
            sender,
            jobs: sent.jobs,
            job_ids: &sent.job_ids,
        })
        .collect();
    told.sort_unstable_by_key(|sent| sent.sender);
    let row = sqlx::query_file!(
        "../../sql/queries/queue_quotas/admission.sql",
        Json(told) as _
    )
    .fetch_one(db)
    .await?;
    serde_json::from_value(row.known).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

impl Known {
    fn take(&mut self, senders: &[&str], wanted: &HashMap<&str, u64>, jobs: u64) {
        for (queue, jobs) in wanted {
            if self.limits.queues.contains_key(*queue) {
                *self.taken.entry((*queue).to_owned()).or_default() += jobs;
            }
        }
        for sender in senders {
            if self.limits.quotas.contains_key(*sender) {
                self.sent.entry((*sender).to_owned()).or_default().jobs += jobs;
            }
        }
    }

    fn refuse_queue(&self, queue: &str) -> Option<Refusal> {
        let limits = self.limits.queues.get(queue)?;
        let waiting = limits.waiting + self.taken.get(queue).copied().unwrap_or(0);
        let pace = limits.drained_per_second;
        let oldest = Duration::from_secs_f64(limits.oldest_ms.unwrap_or(0.0).max(0.0) / 1000.0);
        if let Some(max_waiting) = limits.max_waiting.filter(|max| waiting >= *max) {
            let over = (waiting - max_waiting + 1) as f64;
            return Some(Refusal {
                reason: RefusalReason::QueueFull {
                    queue: queue.to_owned(),
                    waiting,
                    max_waiting,
                },
                retry_after: until(over, pace),
            });
        }
        let max_wait = Duration::from_millis(limits.max_wait_ms?);
        let predicted = if waiting > 0 && pace > 0.0 {
            Duration::try_from_secs_f64(waiting as f64 / pace).unwrap_or(Duration::MAX)
        } else {
            oldest
        };
        if predicted <= max_wait || oldest < BUSY.min(max_wait) {
            return None;
        }
        let over = (predicted - max_wait).as_secs_f64();
        Some(Refusal {
            reason: RefusalReason::TooSlow {
                queue: queue.to_owned(),
                predicted,
                max_wait,
            },
            retry_after: if pace > 0.0 {
                until(over, 1.0)
            } else {
                RETRY_UNKNOWN
            },
        })
    }

    fn refuse_sender(&self, sender: &str) -> Option<Refusal> {
        let quota = self.limits.quotas.get(sender)?;
        let since = self.sent.get(sender).map_or(0, |sent| sent.jobs);
        let waiting = quota.waiting + since;
        if let Some(max_waiting) = quota.max_waiting.filter(|max| waiting >= *max) {
            return Some(Refusal {
                reason: RefusalReason::SenderFull {
                    sender: sender.to_owned(),
                    waiting,
                    max_waiting,
                },
                retry_after: RETRY_UNKNOWN,
            });
        }
        let (max_per_minute, balance) = (quota.max_per_minute?, quota.balance?);
        let left = balance - since as f64;
        // A job needs a whole token; a batch is let in with one and leaves a debt.
        (left < 1.0).then(|| Refusal {
            reason: RefusalReason::SenderTooFast {
                sender: sender.to_owned(),
                max_per_minute,
            },
            retry_after: until(1.0 - left, f64::from(max_per_minute) / 60.0),
        })
    }
}

/// Whole seconds until so much is done at this pace, within bounds.
fn until(amount: f64, per_second: f64) -> Duration {
    if per_second <= 0.0 {
        return RETRY_UNKNOWN;
    }
    let seconds = (amount / per_second).ceil();
    Duration::try_from_secs_f64(seconds)
        .unwrap_or(RETRY_MAX)
        .clamp(RETRY_MIN, RETRY_MAX)
}

/// Until when front doors take jobs into a queue: while a new one would wait at most `max_wait`,
/// and while fewer than `max_waiting` wait. None: always.
///
/// # Errors
/// Those of the database.
pub async fn set_service_level(
    db: impl PgExecutor<'_>,
    queue: &str,
    max_wait: Option<Duration>,
    max_waiting: Option<i64>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/queue_queues/set_service_level.sql",
        queue,
        max_wait.map(millis),
        max_waiting
    )
    .fetch_optional(db)
    .await?;
    Ok(())
}

/// What one sender may enqueue through front doors: so many unfinished jobs, so many a minute (in a
/// bucket that holds a minute's worth). None of both: anything.
///
/// # Errors
/// Those of the database.
pub async fn set_quota(
    db: impl PgExecutor<'_>,
    sender: &str,
    max_waiting: Option<i64>,
    max_per_minute: Option<i32>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/queue_quotas/set.sql",
        sender,
        max_waiting,
        max_per_minute
    )
    .fetch_optional(db)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
