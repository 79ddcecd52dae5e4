//! The tower layers around every handler: its tracing span, the end of its attempt, its timeout.
//!
//! They work on any request that carries a claimed job, so they know nothing of the runtime that
//! calls them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use tower::{BoxError, Layer, Service};
use tracing::Instrument;

use crate::claimed::ClaimedJob;
use crate::registry::Outcome;
use crate::runner::core::Core;
use crate::runner::settler::Settlement;

/// A request that carries a claimed job.
pub(crate) trait CarriesJob {
    fn job(&self) -> &Arc<ClaimedJob>;
}

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// Runs the rest inside a span with the job's fields and its trace id.
#[derive(Clone, Debug)]
pub(crate) struct SpanLayer;

impl<S> Layer<S> for SpanLayer {
    type Service = Spanned<S>;

    fn layer(&self, inner: S) -> Spanned<S> {
        Spanned { inner }
    }
}

/// See [`SpanLayer`].
#[derive(Clone, Debug)]
pub(crate) struct Spanned<S> {
    inner: S,
}

impl<S, R> Service<R> for Spanned<S>
where
    R: CarriesJob,
    S: Service<R>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = tracing::instrument::Instrumented<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let job = request.job();
        let span = tracing::info_span!(
            "job",
            job.id = job.job_id,
            job.kind = %job.kind,
            job.queue = %job.queue,
            job.attempt = job.counted_attempt(),
            trace_id = job.trace_id(),
        );
        span.in_scope(|| self.inner.call(request))
            .instrument(span.clone())
    }
}

/// Ends the attempt: whatever happens inside becomes an outcome, which is measured, logged and
/// handed to the settler. Also what drops a handler whose lease is lost or whose grace is over.
#[derive(Clone)]
pub(crate) struct SettleLayer {
    pub(crate) core: Arc<Core>,
}

impl<S> Layer<S> for SettleLayer {
    type Service = Settled<S>;

    fn layer(&self, inner: S) -> Settled<S> {
        Settled {
            core: Arc::clone(&self.core),
            inner,
        }
    }
}

/// See [`SettleLayer`].
#[derive(Clone)]
pub(crate) struct Settled<S> {
    core: Arc<Core>,
    inner: S,
}

impl<S, R> Service<R> for Settled<S>
where
    R: CarriesJob,
    S: Service<R, Response = Outcome, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = BoxError;
    type Future = Answer<()>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Answer<()> {
        let job = Arc::clone(request.job());
        let core = Arc::clone(&self.core);
        if job.registration.stop.is_cancelled() {
            core.settle(Settlement::unstarted(&job));
            return Box::pin(std::future::ready(Ok(())));
        }
        let started = Instant::now();
        let attempt = self.inner.call(request);
        Box::pin(async move {
            let outcome = tokio::select! {
                biased;
                () = job.registration.stop.cancelled() => stopped(&job),
                ended = attempt => ended
                    .unwrap_or_else(|error| core.registry.failed(&job, chain(error.as_ref()))),
            };
            log(&job, &outcome);
            core.settle(Settlement::new(&job, outcome, started.elapsed()));
            Ok(())
        })
    }
}

fn stopped(job: &ClaimedJob) -> Outcome {
    if job.registration.is_lost() {
        Outcome::LeaseLost
    } else {
        Outcome::Released
    }
}

/// Says once, where it is handled, that an attempt failed.
fn log(job: &ClaimedJob, outcome: &Outcome) {
    match outcome {
        Outcome::Failed { error, delay } => tracing::warn!(
            attempts_max = job.max_attempts,
            retry_in_ms = delay.as_millis(),
            error,
            "attempt failed",
        ),
        Outcome::Fatal { error } => tracing::error!(error, "job failed for good"),
        Outcome::LeaseLost => tracing::warn!("lease lost, handler stopped"),
        Outcome::Released => tracing::info!("shutting down, job handed back"),
        _ => tracing::debug!("attempt ended"),
    }
}

/// An error with its causes, outermost first.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Drops a handler that takes longer than its kind may.
#[derive(Clone)]
pub(crate) struct KindTimeoutLayer {
    pub(crate) core: Arc<Core>,
}

impl<S> Layer<S> for KindTimeoutLayer {
    type Service = KindTimed<S>;

    fn layer(&self, inner: S) -> KindTimed<S> {
        KindTimed {
            core: Arc::clone(&self.core),
            inner,
        }
    }
}

/// See [`KindTimeoutLayer`].
#[derive(Clone)]
pub(crate) struct KindTimed<S> {
    core: Arc<Core>,
    inner: S,
}

impl<S, R> Service<R> for KindTimed<S>
where
    R: CarriesJob,
    S: Service<R, Response = Outcome>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = Outcome;
    type Error = BoxError;
    type Future = Answer<Outcome>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: R) -> Answer<Outcome> {
        let entry = self.core.registry.get(&request.job().kind);
        let timeout = entry.map_or_else(Default::default, |entry| entry.policy.timeout);
        let attempt = self.inner.call(request);
        Box::pin(async move {
            match tokio::time::timeout(timeout, attempt).await {
                Ok(ended) => ended.map_err(Into::into),
                Err(_) => Err(format!("timed out after {timeout:?}").into()),
            }
        })
    }
}
