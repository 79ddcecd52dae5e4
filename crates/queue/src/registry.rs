//! Which handler runs which kind.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::value::RawValue;
use sqlx::PgPool;

use crate::claimed::ClaimedJob;
use crate::context::JobContext;
use crate::enqueue::{NewJob, holds_nul};
use crate::job::{Ending, Failure, Job, Leavings, Policy, RetryPolicy};
use crate::people::KindDescriptor;

/// The same limit as for arguments.
const RESULT_BYTES_MAX: usize = 1 << 20;

/// How an attempt ended, with everything decided but what the database decides.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The job is completed.
    Completed,
    /// The job is completed and leaves something behind.
    CompletedWith(Box<Leavings>),
    /// The job says that its own transaction completed it.
    InTransaction,
    /// Parked until the event of this name; does not count.
    Waiting(String),
    /// Again after the delay, unless it was the last attempt.
    Failed { error: String, delay: Duration },
    /// Dead at once.
    Fatal { error: String },
    /// Again after the delay; does not count.
    Snoozed(Duration),
    /// The handler stopped because somebody cancelled it.
    Cancelled(String),
    /// Nothing to do any more.
    Discarded(String),
    /// The worker shut down while it ran; does not count.
    Released,
    /// The worker shut down before it began; leaves no trace.
    Unstarted,
    /// The lease was lost while it ran: nothing may be written for it.
    LeaseLost,
}

/// A registered kind, its type forgotten.
pub(crate) trait Handler: Send + Sync {
    fn run(&self, job: Arc<ClaimedJob>, pool: PgPool) -> BoxFuture<'static, Outcome>;
}

/// One registered kind.
pub(crate) struct Entry {
    pub(crate) queue: &'static str,
    pub(crate) description: &'static str,
    pub(crate) policy: Policy,
    pub(crate) handler: Box<dyn Handler>,
}

/// All kinds of a worker.
#[derive(Default)]
pub(crate) struct Registry {
    entries: HashMap<&'static str, Entry>,
    /// A kind that was registered twice, to be reported when the worker runs.
    pub(crate) duplicate: Option<&'static str>,
}

impl Registry {
    pub(crate) fn register<J: Job>(&mut self, env: &Arc<J::Environment>) {
        let policy = J::policy(env);
        let entry = Entry {
            queue: J::QUEUE,
            description: J::DESCRIPTION,
            handler: Box::new(Typed::<J> {
                policy: policy.clone(),
                env: Arc::clone(env),
                job: PhantomData,
            }),
            policy,
        };
        if self.entries.insert(J::KIND, entry).is_some() {
            self.duplicate = Some(J::KIND);
        }
    }

    pub(crate) fn get(&self, kind: &str) -> Option<&Entry> {
        self.entries.get(kind)
    }

    /// The kinds with their entries, in order of name.
    pub(crate) fn sorted(&self) -> Vec<(&'static str, &Entry)> {
        let mut entries: Vec<_> = self
            .entries
            .iter()
            .map(|(kind, entry)| (*kind, entry))
            .collect();
        entries.sort_unstable_by_key(|(kind, _)| *kind);
        entries
    }

    /// What the fleet is told of each kind.
    pub(crate) fn descriptors(&self, version: &str) -> BTreeMap<&'static str, KindDescriptor> {
        let describe = |(kind, entry): (&'static str, &Entry)| {
            let of = KindDescriptor::of(entry.queue, &entry.policy, entry.description, version);
            (kind, of)
        };
        self.sorted().into_iter().map(describe).collect()
    }

    /// What a failure of this job means that its handler did not decide: a panic, a timeout.
    pub(crate) fn failed(&self, job: &ClaimedJob, error: String) -> Outcome {
        let delay = self.retry_delay(&job.kind, job.job_id, job.counted_attempt());
        Outcome::Failed { error, delay }
    }

    /// How long a job waits after it failed for the `failures`th time.
    pub(crate) fn retry_delay(&self, kind: &str, job_id: i64, failures: u32) -> Duration {
        self.get(kind).map_or(Duration::ZERO, |entry| {
            entry.policy.retry.delay(job_id, failures)
        })
    }
}

/// The handler of `J`.
struct Typed<J: Job> {
    policy: Policy,
    env: Arc<J::Environment>,
    job: PhantomData<fn() -> J>,
}

impl<J: Job> Handler for Typed<J> {
    fn run(&self, job: Arc<ClaimedJob>, pool: PgPool) -> BoxFuture<'static, Outcome> {
        let env = Arc::clone(&self.env);
        let retry = self.policy.retry.clone();
        Box::pin(async move {
            let payload: J = match serde_json::from_str(job.args.get()) {
                Ok(payload) => payload,
                Err(error) => {
                    let error = format!("the arguments are not those of {}: {error}", J::KIND);
                    return Outcome::Fatal { error };
                }
            };
            let mut context = JobContext::new(Arc::clone(&job), pool);
            match payload.run(&mut context, &env).await {
                Ok(done) => ended(&job, &retry, done.ending),
                Err(Failure::Retry { error, after }) => Outcome::Failed {
                    error: format!("{error:#}"),
                    delay: after.unwrap_or_else(|| retry.delay(job.job_id, job.counted_attempt())),
                },
                Err(Failure::Snooze(wait)) => Outcome::Snoozed(wait),
                Err(Failure::Cancelled(why)) => Outcome::Cancelled(why),
                Err(Failure::Discard(why)) => Outcome::Discarded(why),
                Err(Failure::Fatal(error)) => Outcome::Fatal {
                    error: format!("{error:#}"),
                },
            }
        })
    }
}

/// What a handler's success asks of the database.
fn ended(job: &ClaimedJob, retry: &RetryPolicy, ending: Ending) -> Outcome {
    let mut leavings = match ending {
        Ending::InTransaction => return Outcome::InTransaction,
        Ending::Waiting(name) => return Outcome::Waiting(name),
        Ending::ByWorker(leavings) => leavings,
    };
    if leavings.result.is_none() && leavings.follow_ups.is_empty() {
        return Outcome::Completed;
    }
    if let Some(problem) = problem(&leavings) {
        return Outcome::Failed {
            error: problem,
            delay: retry.delay(job.job_id, job.counted_attempt()),
        };
    }
    let trace_context = job.trace_context.as_deref();
    let follow_ups = std::mem::take(&mut leavings.follow_ups);
    leavings.follow_ups = follow_ups
        .into_iter()
        .map(|follow_up| follow_up.inherit_trace(trace_context))
        .collect();
    Outcome::CompletedWith(Box::new(leavings))
}

/// What PostgreSQL could not even read.
fn problem(leavings: &Leavings) -> Option<String> {
    let too_large = |result: &RawValue| result.get().len() > RESULT_BYTES_MAX;
    match &leavings.result {
        Some(result) if holds_nul(result) => {
            return Some("the result must not hold the character NUL".to_owned());
        }
        Some(result) if too_large(result) => {
            return Some(format!("the result is over {RESULT_BYTES_MAX} bytes"));
        }
        _ => {}
    }
    let problems = |follow_up: &NewJob| follow_up.problems("").into_iter().next();
    let first = leavings.follow_ups.iter().find_map(problems)?;
    Some(format!(
        "what follows cannot be enqueued: {}",
        first.message
    ))
}
