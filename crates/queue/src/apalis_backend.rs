//! Jobs as apalis tasks: a backend over claimed jobs, and one worker that runs all kinds.
//!
//! The only file that uses apalis. Claiming, leases and completion are ours (apalis' own backends
//! have no fencing); the worker, its tower layers and its draining at shutdown are apalis'.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use apalis::layers::WorkerBuilderExt;
use apalis::layers::catch_panic::CatchPanicLayer;
use apalis::prelude::{
    Backend, BoxDynError, ParallelizeLayer, Task, TaskBuilder, TaskId, WorkerBuilder,
    WorkerContext, WorkerError,
};
use apalis_core::backend::BackendConfig;
use apalis_core::backend::finalize::Ephemeral;
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tower::Service;
use tower::layer::util::Identity;

use crate::claimed::ClaimedJob;
use crate::layers::{CarriesJob, KindTimeoutLayer, SettleLayer, SpanLayer};
use crate::registry::Outcome;
use crate::runner::core::Core;
use crate::runner::settler::Settlement;

type JobTask = Task<Arc<ClaimedJob>>;

impl CarriesJob for JobTask {
    fn job(&self) -> &Arc<ClaimedJob> {
        &self.args
    }
}

/// Yields the jobs that the claimer claimed. Ends when the claimer has ended; what it had claimed
/// but nobody began is then handed back.
struct ClaimedJobs {
    jobs: mpsc::UnboundedReceiver<Arc<ClaimedJob>>,
    core: Arc<Core>,
}

impl Backend for ClaimedJobs {
    type Task = JobTask;
    // Claiming survives every error of the database, so the worker never sees one.
    type Error = Infallible;

    fn poll_ready(
        &mut self,
        _: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Option<Result<JobTask, Infallible>>> {
        loop {
            let job = match self.jobs.poll_recv(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => {
                    // Without it the worker would wait for ever, even when its last handler has
                    // ended. Fails only when it had not begun.
                    let _ = worker.stop();
                    return Poll::Ready(None);
                }
                Poll::Ready(Some(job)) => job,
            };
            if self.core.shutdown.is_cancelled() {
                self.core.settle(Settlement::unstarted(&job));
                continue;
            }
            return Poll::Ready(Some(Ok(task(job))));
        }
    }

    fn poll_close(
        &mut self,
        _: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

fn task(job: Arc<ClaimedJob>) -> JobTask {
    let attempt = usize::try_from(job.attempt - 1).unwrap_or(0);
    TaskBuilder::new(Arc::clone(&job))
        .task_id(TaskId::from_int(job.job_id.cast_unsigned()))
        .attempt(attempt)
        .build()
}

impl BackendConfig for ClaimedJobs {
    type Args = Arc<ClaimedJob>;
    type Id = i64;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}

/// The innermost service: finds the handler of the job's kind and runs it.
#[derive(Clone)]
struct Dispatch {
    core: Arc<Core>,
}

impl Service<JobTask> for Dispatch {
    type Response = Outcome;
    type Error = BoxDynError;
    type Future = BoxFuture<'static, Result<Outcome, BoxDynError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxDynError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, task: JobTask) -> Self::Future {
        let job = task.args;
        let Some(entry) = self.core.registry.get(&job.kind) else {
            // Cannot be: only registered kinds are claimed. Another worker may know it.
            return Box::pin(std::future::ready(Ok(Outcome::Released)));
        };
        let attempt = entry.handler.run(job, self.core.pool.clone());
        Box::pin(async move { Ok(attempt.await) })
    }
}

/// Runs what arrives on `jobs` until its sender is gone and every handler has ended.
///
/// Layers, outermost first: a tokio task per job, the tracing span, the end of the attempt, the
/// limit of jobs at once, panics caught, the kind's timeout.
pub(crate) fn work(
    core: Arc<Core>,
    jobs: mpsc::UnboundedReceiver<Arc<ClaimedJob>>,
) -> BoxFuture<'static, Result<(), WorkerError>> {
    let panicked: fn(&Box<dyn std::any::Any + Send>) -> Panicked = Panicked::of;
    let worker = WorkerBuilder::new(core.settings.name.as_str())
        .backend(ClaimedJobs {
            jobs,
            core: Arc::clone(&core),
        })
        .layer(ParallelizeLayer::new(tokio::spawn))
        .layer(SpanLayer)
        .layer(SettleLayer {
            core: Arc::clone(&core),
        })
        .concurrency(core.settings.concurrency)
        .layer(CatchPanicLayer::with_panic_handler(panicked))
        .layer(KindTimeoutLayer {
            core: Arc::clone(&core),
        })
        .build(Dispatch { core });
    Box::pin(worker.run())
}

/// The message of a handler's panic.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
struct Panicked(String);

impl Panicked {
    fn of(payload: &Box<dyn std::any::Any + Send>) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Panicked(text.unwrap_or_else(|| "without a message".to_owned()))
    }
}
