//! The worker: claims jobs, runs their handlers, writes down how they ended.
//!
//! Its parts, one file each; each is a loop that survives every error of the database:
//! - [`claimer`]: takes jobs while slots are free, woken by notifications or by its poll
//! - [`lines`]: remembers where the ready jobs stand when looking for them is dear
//! - [`settler`]: writes the ends of attempts, as many at once as have come
//! - [`keeper`]: proves that the worker lives, puts back the jobs of those that do not
//! - [`listener`]: hears of new jobs and cancellations
//! - [`watch`]: looks without being told, when jobs come by the hundred a second
//! - [`fleet`]: what it knows of the other workers, and so when it has to do anything at all
//! - [`promoter`]: makes scheduled jobs ready when they are due
//! - [`scheduler`]: ticks the schedules of the registered kinds; hears by [`news`] of others' ticks
//! - [`duties`]: what one worker of the fleet does for all: gauges, history partitions

mod backoff;
mod claimer;
pub(crate) mod core;
mod deadline;
mod duties;
mod fleet;
mod keeper;
mod lines;
mod listener;
mod news;
mod promoter;
mod scheduler;
mod settings;
pub(crate) mod settler;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::PgPool;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

pub use settings::{RunnerError, RunnerSettings};

use crate::apalis_backend;
use crate::job::Job;
use crate::meters;
use crate::registry::Registry;
use backoff::Backoff;
use core::Core;
use settler::Settlement;

/// Work that one worker of the fleet does after each sampling of the gauges.
pub(crate) type Duty = Box<dyn Fn(PgPool) -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>;

/// How long handlers that do not yield, results that cannot be written and a database that does not
/// answer may hold up the end of a shutdown, after its grace. The end of each part comes out of it.
const LAST_WAIT: Duration = Duration::from_secs(5);
/// How long transactions may, that enqueued while this worker was on watch.
const WATCH_LAST_WAIT: Duration = Duration::from_millis(500);
/// What of it handlers get that do not yield, and then results that cannot be written.
const HANDLERS_LAST_WAIT: Duration = Duration::from_secs(2);
const RESULTS_LAST_WAIT: Duration = Duration::from_secs(4);

/// Collects the kinds of a worker. Made by [`Runner::builder`].
pub struct RunnerBuilder<E> {
    pool: PgPool,
    env: Arc<E>,
    settings: RunnerSettings,
    registry: Registry,
    duty: Option<Duty>,
}

impl<E: Send + Sync + 'static> RunnerBuilder<E> {
    /// Adds a kind. The worker claims jobs of the kinds that are registered, and no other.
    #[must_use]
    pub fn register<J: Job<Environment = E>>(mut self) -> Self {
        self.registry.register::<J>(&self.env);
        self
    }

    /// Adds work that exactly one worker of the fleet does at each sampling of the gauges: the
    /// place to sample gauges of your own.
    #[must_use]
    pub fn also_sample<F, Fut>(mut self, sample: F) -> Self
    where
        F: Fn(PgPool) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.duty = Some(Box::new(move |pool| Box::pin(sample(pool))));
        self
    }

    /// The worker, ready to run.
    #[must_use]
    pub fn build(self) -> Runner {
        Runner {
            pool: self.pool,
            settings: self.settings,
            registry: self.registry,
            duty: self.duty,
        }
    }
}

/// A worker process' worth of job running.
pub struct Runner {
    pool: PgPool,
    settings: RunnerSettings,
    registry: Registry,
    duty: Option<Duty>,
}

impl Runner {
    /// Begins to build a worker. `env` is what all its handlers get.
    ///
    /// The pool needs a few connections beyond what handlers hold: the worker itself uses up to
    /// three at a time. Its heartbeat and its listener have connections of their own.
    pub fn builder<E: Send + Sync + 'static>(
        pool: PgPool,
        env: Arc<E>,
        settings: RunnerSettings,
    ) -> RunnerBuilder<E> {
        RunnerBuilder {
            pool,
            env,
            settings,
            registry: Registry::default(),
            duty: None,
        }
    }

    /// Works until `shutdown` is raised, then stops claiming, lets handlers end within the grace
    /// period, hands back the rest, and returns.
    ///
    /// Losing the database is no reason to return: the worker waits for it, at first also.
    ///
    /// # Errors
    /// [`RunnerError`] when it cannot begin: its settings or kinds make no sense, or the database
    /// has no queue.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), RunnerError> {
        self.settings.check(&self.registry)?;
        let (settlements, settled) = mpsc::unbounded_channel();
        let core = Core::new(
            self.pool,
            self.settings,
            self.registry,
            shutdown.clone(),
            settlements,
        );
        if !register(&core).await? {
            return Ok(());
        }
        tracing::info!(
            worker.id = core.registration().worker_id,
            worker.name = core.settings.name,
            worker.concurrency = core.settings.concurrency,
            queues = ?core.queues,
            kinds = ?core.kinds,
            "worker started",
        );
        meters::draining(false);
        core.meter_slots();
        core.meter_kinds();
        let parts = Parts::start(&core, self.duty, settled)?;
        parts.run_until_stopped(&core).await;
        tracing::info!(worker.name = core.settings.name, "worker stopped");
        Ok(())
    }
}

/// Registers the worker, waiting for the database if need be. False: shut down before it came.
async fn register(core: &Core) -> Result<bool, RunnerError> {
    let mut backoff = Backoff::default();
    loop {
        match core.register(&core.pool).await {
            Ok(()) => return Ok(true),
            Err(error) if error.as_database_error().is_some_and(is_missing_object) => {
                return Err(RunnerError::NotInstalled(error));
            }
            Err(error) => {
                tracing::warn!(error = %error, "the database cannot be reached, waiting");
            }
        }
        tokio::select! {
            () = backoff.wait() => {}
            () = core.shutdown.cancelled() => return Ok(false),
        }
    }
}

/// Undefined function, table or schema: the queue is not installed there.
fn is_missing_object(error: &dyn sqlx::error::DatabaseError) -> bool {
    matches!(error.code().as_deref(), Some("42883" | "42P01" | "3F000"))
}

/// The running parts of a worker.
struct Parts {
    /// Ends the parts that must outlive the handlers.
    end: CancellationToken,
    handlers: JoinHandle<()>,
    settler: JoinHandle<()>,
    keeper: keeper::Keeper,
    others: Vec<JoinHandle<()>>,
}

impl Parts {
    fn start(
        core: &Arc<Core>,
        duty: Option<Duty>,
        settled: mpsc::UnboundedReceiver<Settlement>,
    ) -> Result<Self, RunnerError> {
        let end = CancellationToken::new();
        let keeper =
            keeper::Keeper::start(Arc::clone(core), end.clone()).map_err(RunnerError::Thread)?;
        let (claimed, jobs) = mpsc::unbounded_channel();
        let worker = apalis_backend::work(Arc::clone(core), jobs);
        let handlers = tokio::spawn(async move {
            if let Err(error) = worker.await {
                tracing::error!(%error, "the apalis worker ended early");
            }
        });
        let settler = tokio::spawn(settler::run(Arc::clone(core), settled, end.clone()));
        let mut others = vec![
            tokio::spawn(claimer::run(Arc::clone(core), claimed)),
            tokio::spawn(lines::run(Arc::clone(core))),
            tokio::spawn(promoter::run(Arc::clone(core))),
            tokio::spawn(scheduler::run(Arc::clone(core))),
            tokio::spawn(duties::run(Arc::clone(core), duty)),
        ];
        if core.settings.listen {
            others.push(tokio::spawn(listener::run(Arc::clone(core), end.clone())));
        }
        Ok(Parts {
            end,
            handlers,
            settler,
            keeper,
            others,
        })
    }

    /// The shutdown, step by step.
    async fn run_until_stopped(mut self, core: &Arc<Core>) {
        // The handlers end by themselves only if apalis' worker fails: then there is no use in
        // going on, and the shutdown hands back what was claimed.
        tokio::select! {
            () = core.shutdown.cancelled() => {}
            _ = &mut self.handlers => core.shutdown.cancel(),
        }
        tracing::info!(grace = ?core.settings.grace, "worker stopping");
        meters::draining(true);
        let grace_ends = Instant::now() + core.settings.grace;
        let (_, ended) = tokio::join!(
            core.announce_draining(),
            ended_by(&mut self.handlers, grace_ends),
        );
        let grace_ends = grace_ends.min(Instant::now());
        if !ended {
            core.registration().stop.cancel();
            if !ended_by(&mut self.handlers, grace_ends + HANDLERS_LAST_WAIT).await {
                tracing::error!("handlers do not yield, leaving them to the rescue of others");
            }
        }
        // Whom nobody told would hear of its jobs from the next beat only.
        let _ = timeout(WATCH_LAST_WAIT, core.flow.seen_to()).await;
        self.end.cancel();
        if !ended_by(&mut self.settler, grace_ends + RESULTS_LAST_WAIT).await {
            tracing::error!("results cannot be written, leaving them to the rescue of others");
            self.settler.abort();
        }
        let last = grace_ends + LAST_WAIT;
        if timeout_at(last, self.keeper.stopped()).await.is_err() {
            tracing::error!("the keeper does not end, leaving it behind");
        }
        for part in &self.others {
            part.abort();
        }
        core.announce_stopped().await;
    }
}

impl Drop for Parts {
    /// Also when nobody waits for the end, since the runner's future or its runtime went: a worker
    /// that does nothing any more must not go on saying that it lives, or its jobs were nobody's.
    fn drop(&mut self) {
        self.end.cancel();
        self.handlers.abort();
        self.settler.abort();
        for part in &self.others {
            part.abort();
        }
    }
}

/// Whether a part ends in time. One that has ended is not waited for again.
async fn ended_by(part: &mut JoinHandle<()>, by: Instant) -> bool {
    part.is_finished() || timeout_at(by, part).await.is_ok()
}
