//! What a job is to the one who writes it: its arguments, its policy, its handler, its end.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::context::JobContext;
use crate::enqueue::NewJob;
use crate::schedule::Schedule;
use crate::waits::Wait;

/// One kind of job: the implementing type is its arguments, [`Job::run`] its handler.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use stevedore_queue::{Done, Failure, Job, JobContext};
///
/// #[derive(Serialize, Deserialize)]
/// struct Greet {
///     name: String,
/// }
///
/// impl Job for Greet {
///     type Environment = ();
///     const KIND: &'static str = "greet";
///
///     async fn run(self, ctx: &mut JobContext, _env: &()) -> Result<Done, Failure> {
///         tracing::info!(job.id = ctx.job_id(), "hello, {}", self.name);
///         Ok(Done::completed())
///     }
/// }
/// ```
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// Every handle to the outside that handlers may touch; one value for all kinds of a worker.
    type Environment: Send + Sync + 'static;

    /// The name of this kind in the database: 1 to 100 of letters, digits and `_ . : / -`. Rows
    /// outlive releases, so a kind is renamed by registering both names for a while.
    const KIND: &'static str;

    /// What it does, in a sentence for whoever looks at the queue and did not write it.
    const DESCRIPTION: &'static str = "";

    /// The queue that jobs of this kind go to unless the enqueue says otherwise.
    const QUEUE: &'static str = "default";

    /// Retries, timeout and schedule of this kind. Asked once, when the worker is built.
    fn policy(env: &Self::Environment) -> Policy {
        let _ = env;
        Policy::default()
    }

    /// Runs one attempt.
    ///
    /// It may run again: after an error, a timeout, or the death of its worker. What it writes to
    /// PostgreSQL in a transaction that ends with [`JobContext::complete_in`] happens exactly once;
    /// for calls to the outside there is [`JobContext::idempotency_key`].
    ///
    /// The future is dropped at its next `await` when the timeout passes, when the lease is lost,
    /// and when a shutdown's grace period ends. Cancellation only raises
    /// [`JobContext::cancelled`]: the handler decides when it is safe to stop.
    fn run(
        self,
        ctx: &mut JobContext,
        env: &Self::Environment,
    ) -> impl Future<Output = Result<Done, Failure>> + Send;
}

/// How jobs of one kind are treated.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How long to wait after each failed attempt.
    pub retry: RetryPolicy,
    /// Attempts before a job is dead, from 1 to 1000. A job's own `max_attempts` goes before this.
    pub max_attempts: u16,
    /// How long one attempt may take before it is dropped and counts as failed.
    pub timeout: Duration,
    /// When jobs of this kind come by themselves; their arguments are `{}`.
    pub schedule: Option<Schedule>,
}

impl Default for Policy {
    /// Ten attempts over about an hour and a half, five minutes each, no schedule.
    fn default() -> Self {
        Policy {
            retry: RetryPolicy::default(),
            max_attempts: 10,
            timeout: Duration::from_mins(5),
            schedule: None,
        }
    }
}

/// How long a failed job waits for its next attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryPolicy {
    /// `base`, then twice that, and so on up to `max`; each with a jitter of ±25 % that is a hash
    /// of job and attempt, so that jobs which failed together do not come back together.
    Exponential {
        /// The wait after the first failure.
        base: Duration,
        /// No wait is longer.
        max: Duration,
    },
    /// The wait after the first failure, after the second, …; the last one repeats. Exact, without
    /// jitter. An empty list means at once.
    Fixed(Vec<Duration>),
    /// What a function says, see [`RetryPolicy::function`].
    Function(RetryFunction),
}

/// The wait before the next attempt as a function of the job's id and of how often it has failed
/// (from 1). Two are equal when they are the same object.
#[derive(Clone)]
pub struct RetryFunction(Arc<dyn Fn(i64, u32) -> Duration + Send + Sync>);

impl PartialEq for RetryFunction {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for RetryFunction {}

impl fmt::Debug for RetryFunction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RetryFunction")
    }
}

impl Default for RetryPolicy {
    /// Exponential from 10 seconds to one hour.
    fn default() -> Self {
        RetryPolicy::Exponential {
            base: Duration::from_secs(10),
            max: Duration::from_hours(1),
        }
    }
}

impl RetryPolicy {
    /// Waits that a function chooses from the job's id and how often it has failed (from 1). Should
    /// it panic, the default policy's wait is taken.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use stevedore_queue::RetryPolicy;
    /// let squares = RetryPolicy::function(|_, failures| Duration::from_secs(5) * failures.pow(2));
    /// assert_eq!(squares.delay(1, 3), Duration::from_secs(45));
    /// ```
    pub fn function(delay: impl Fn(i64, u32) -> Duration + Send + Sync + 'static) -> Self {
        RetryPolicy::Function(RetryFunction(Arc::new(delay)))
    }

    /// The wait before the next attempt of a job that failed for the `failures`th time (from 1).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use stevedore_queue::RetryPolicy;
    /// let minutes = [5, 15, 60].map(Duration::from_mins);
    /// let policy = RetryPolicy::Fixed(minutes.to_vec());
    /// assert_eq!(policy.delay(1, 1), Duration::from_mins(5));
    /// assert_eq!(policy.delay(1, 9), Duration::from_mins(60));
    /// ```
    #[must_use]
    pub fn delay(&self, job_id: i64, failures: u32) -> Duration {
        let failures = failures.max(1);
        match self {
            RetryPolicy::Exponential { base, max } => {
                let doublings = (failures - 1).min(31);
                let wait = base.saturating_mul(1 << doublings).min(*max);
                wait.mul_f64(0.75 + 0.5 * jitter(job_id, failures))
                    .min(*max)
            }
            RetryPolicy::Fixed(waits) => {
                let place = usize::try_from(failures - 1).unwrap_or(usize::MAX);
                let last = waits.last().copied().unwrap_or_default();
                waits.get(place).copied().unwrap_or(last)
            }
            RetryPolicy::Function(RetryFunction(delay)) => {
                // A panic here would leave the attempt without an end.
                let delay = AssertUnwindSafe(|| delay(job_id, failures));
                catch_unwind(delay)
                    .unwrap_or_else(|_| RetryPolicy::default().delay(job_id, failures))
            }
        }
    }
}

/// A number in [0, 1) that is always the same for a job's attempt: splitmix64 of both.
pub(crate) fn jitter(job_id: i64, failures: u32) -> f64 {
    let mut hash = job_id.cast_unsigned() ^ (u64::from(failures) << 48);
    hash = hash.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    // 53 bits are what a double holds exactly.
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// That an attempt reached its end. Made by [`Done::completed`], [`Done::waiting`] or
/// [`JobContext::complete_in`].
#[derive(Debug)]
#[must_use = "return it from the handler"]
pub struct Done {
    pub(crate) ending: Ending,
}

/// What is left to do for an attempt that reached its end.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The worker completes the job, soon after the handler returned.
    ByWorker(Leavings),
    /// The handler's own transaction did.
    InTransaction,
    /// The job is parked until the event of this name.
    Waiting(String),
}

/// What a completed job leaves behind.
#[derive(Debug, Default)]
pub(crate) struct Leavings {
    pub(crate) result: Option<Box<RawValue>>,
    pub(crate) follow_ups: Vec<NewJob>,
}

impl Done {
    /// The job did what it should; the worker completes it now.
    pub fn completed() -> Self {
        Done {
            ending: Ending::ByWorker(Leavings::default()),
        }
    }

    /// The job goes on when the event comes, or when its time is over: its handler then runs again,
    /// and asks again. That is no attempt, and while it waits it holds neither slot nor lease.
    pub fn waiting(wait: Wait) -> Self {
        Done {
            ending: Ending::Waiting(wait.name),
        }
    }

    pub(crate) fn in_transaction() -> Self {
        Done {
            ending: Ending::InTransaction,
        }
    }

    /// Keeps what the job gave, together with its completion.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    ///
    /// # Panics
    /// If the job was completed in a transaction, or waits: see [`JobContext::save_result_in`].
    pub fn with_result(mut self, result: &impl Serialize) -> Result<Self, serde_json::Error> {
        self.leavings().result = Some(serde_json::value::to_raw_value(result)?);
        Ok(self)
    }

    /// Enqueues another job in the transaction that completes this one: exactly once, and not at
    /// all when the lease was lost. It carries the trace context of this job unless it has one of
    /// its own. If it cannot be enqueued, this attempt counts as failed.
    ///
    /// # Panics
    /// If the job was completed in a transaction, or waits: see [`JobContext::enqueue_in`].
    pub fn then(mut self, job: NewJob) -> Self {
        self.leavings().follow_ups.push(job);
        self
    }

    fn leavings(&mut self) -> &mut Leavings {
        match &mut self.ending {
            Ending::ByWorker(leavings) => leavings,
            Ending::InTransaction => panic!("the transaction has completed the job already"),
            Ending::Waiting(_) => panic!("the job is not completed, it waits"),
        }
    }
}

/// How an attempt ended that did not complete its job.
///
/// Any error turns into [`Failure::Retry`] by `?`:
///
/// ```
/// # use stevedore_queue::Failure;
/// fn parse(text: &str) -> Result<u8, Failure> {
///     Ok(text.parse()?)
/// }
/// assert!(matches!(parse("x"), Err(Failure::Retry { after: None, .. })));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// It failed. Again later, or dead if this was the last attempt.
    Retry {
        /// What went wrong; the whole chain is kept with the attempt.
        error: anyhow::Error,
        /// How long to wait instead of what the kind's policy says.
        after: Option<Duration>,
    },
    /// Not now: again after this long. Does not count as an attempt.
    Snooze(Duration),
    /// Somebody cancelled it, and the handler stopped; says why or where.
    Cancelled(String),
    /// There is nothing to do any more; says why. Finished, and not an error.
    Discard(String),
    /// It failed and no retry can help: dead at once.
    Fatal(anyhow::Error),
}

impl Failure {
    /// Retry after a time that the outside asked for, instead of what the policy says.
    pub fn retry_after(error: impl Into<anyhow::Error>, after: Duration) -> Self {
        Failure::Retry {
            error: error.into(),
            after: Some(after),
        }
    }

    /// It failed for good.
    pub fn fatal(error: impl Into<anyhow::Error>) -> Self {
        Failure::Fatal(error.into())
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Retry {
            error: error.into(),
            after: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn exponential_waits_stay_within_a_quarter_of_the_doubled_base_and_below_the_maximum(
            job_id in any::<i64>(),
            failures in 1_u32..100,
        ) {
            let base = Duration::from_millis(100);
            let max = Duration::from_secs(60);
            let wait = RetryPolicy::Exponential { base, max }.delay(job_id, failures);
            let doubled = base.saturating_mul(1 << (failures - 1).min(31)).min(max);
            prop_assert!(wait >= doubled.mul_f64(0.74) && wait <= doubled.mul_f64(1.26));
            prop_assert!(wait <= max);
            let again = RetryPolicy::Exponential { base, max }.delay(job_id, failures);
            prop_assert_eq!(wait, again);
        }
    }

    #[test]
    fn jitter_spreads_neighbouring_jobs() {
        let spread: Vec<f64> = (1..=1000).map(|job_id| jitter(job_id, 1)).collect();
        let mean = spread.iter().sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        assert!(spread.iter().any(|one| *one < 0.05) && spread.iter().any(|one| *one > 0.95));
    }

    #[test]
    fn a_function_that_panics_does_not_take_the_retry_along() {
        let policy = RetryPolicy::function(|_, _| panic!("no idea"));
        assert_eq!(policy.delay(1, 2), RetryPolicy::default().delay(1, 2));
    }

    #[test]
    fn an_empty_list_of_waits_means_at_once() {
        assert_eq!(RetryPolicy::Fixed(vec![]).delay(1, 1), Duration::ZERO);
    }
}
