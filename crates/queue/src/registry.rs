//! Which handler runs which kind.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::PgPool;

use crate::claimed::ClaimedJob;
use crate::context::JobContext;
use crate::job::{Completion, Done, Failure, Job, Policy};

/// How an attempt ended, with everything decided but what the database decides.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The job is completed, or claims to be in its own transaction.
    Completed(Completion),
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

    /// What a failure of this job means that its handler did not decide: a panic, a timeout.
    pub(crate) fn failed(&self, job: &ClaimedJob, error: String) -> Outcome {
        let delay = self.get(&job.kind).map_or(Duration::ZERO, |entry| {
            entry.policy.retry.delay(job.job_id, job.counted_attempt())
        });
        Outcome::Failed { error, delay }
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
                Ok(Done { how }) => Outcome::Completed(how),
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
