//! What the parts of a worker share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};
use tokio::sync::{Notify, RwLock, RwLockReadGuard, RwLockWriteGuard, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::RunnerSettings;
use super::deadline::{Lent, forget_idle};
use super::fleet::Fleet;
use super::lines::Lines;
use super::news::News;
use super::settler::Settlement;
use super::watch::Flow;
use crate::claimed::{ClaimedJob, Registration};
use crate::enqueue::millis;
use crate::meters;
use crate::registry::Registry;

/// How long a claim whose answer got lost may still be under way in the server: longer than any
/// sensible `statement_timeout`.
const DOUBT: Duration = Duration::from_secs(60);
/// How long a beat waits for a claim to end, to learn whether the worker may rest.
const CLAIM_WAIT: Duration = Duration::from_millis(100);

/// The state of a running worker.
pub(crate) struct Core {
    pub(crate) pool: PgPool,
    pub(crate) settings: RunnerSettings,
    pub(crate) registry: Registry,
    pub(crate) shutdown: CancellationToken,
    pub(crate) queues: Vec<String>,
    pub(crate) kinds: Vec<String>,
    /// The attempts that each of `kinds` allows.
    pub(crate) attempts_max: Vec<i16>,
    /// One permit for each job that may run at once.
    pub(crate) slots: Arc<Semaphore>,
    /// Where the ready jobs stand.
    pub(crate) lines: Lines,
    /// How jobs come.
    pub(crate) flow: Flow,
    /// There may be ready jobs.
    pub(crate) wake_claimer: Notify,
    /// What was heard of schedules.
    pub(crate) news: News,
    /// This worker may have been declared dead, or have missed a cancellation: beat now.
    pub(crate) wake_keeper: Notify,
    /// This is the worker that does what is done once for the fleet.
    pub(crate) eldest: AtomicBool,
    /// Notifications arrive; else the claimer polls more often.
    pub(crate) listening: AtomicBool,
    /// Turns between the queues.
    pub(crate) turn: AtomicUsize,
    /// What this worker knows of the others.
    pub(crate) fleet: Fleet,
    /// Notifications do not arrive although the listener is connected.
    pub(crate) deaf: Notify,
    /// Read while claiming, written while promising to rest: see [`Core::try_rest`].
    rest: RwLock<()>,
    registration: Mutex<Arc<Registration>>,
    /// Until then there may be jobs that this worker was granted and never heard of.
    doubtful_until: Mutex<Option<Instant>>,
    /// The cancellation tokens of the jobs that this worker holds, with their attempts. A job is
    /// held until its end is written down.
    running: Mutex<HashMap<i64, (i32, CancellationToken)>>,
    settlements: mpsc::UnboundedSender<Settlement>,
}

impl Core {
    pub(crate) fn new(
        pool: PgPool,
        settings: RunnerSettings,
        registry: Registry,
        shutdown: CancellationToken,
        settlements: mpsc::UnboundedSender<Settlement>,
    ) -> Arc<Self> {
        let entries = registry.sorted();
        let kinds = entries.iter().map(|(kind, _)| (*kind).to_owned()).collect();
        let attempts_max = entries
            .iter()
            .map(|(_, entry)| i16::try_from(entry.policy.max_attempts).unwrap_or(i16::MAX))
            .collect();
        let mut queues = settings.queues.clone();
        if queues.is_empty() {
            queues = entries
                .iter()
                .map(|(_, entry)| entry.queue.to_owned())
                .collect();
        }
        queues.sort_unstable();
        queues.dedup();
        Arc::new(Core {
            slots: Arc::new(Semaphore::new(settings.concurrency)),
            fleet: Fleet::new(settings.heartbeat),
            pool,
            settings,
            shutdown,
            queues,
            kinds,
            attempts_max,
            lines: Lines::default(),
            flow: Flow::default(),
            wake_claimer: Notify::new(),
            news: News::default(),
            wake_keeper: Notify::new(),
            eldest: AtomicBool::new(false),
            listening: AtomicBool::new(false),
            turn: AtomicUsize::new(0),
            deaf: Notify::new(),
            rest: RwLock::new(()),
            // Nothing is claimed before `register` has replaced this.
            registration: Mutex::new(Registration::new(0)),
            doubtful_until: Mutex::new(None),
            running: Mutex::new(HashMap::new()),
            settlements,
            registry,
        })
    }

    /// The current registration.
    pub(crate) fn registration(&self) -> Arc<Registration> {
        Arc::clone(&locked(&self.registration))
    }

    /// Registers this process as a worker, from now on under a new id.
    pub(crate) async fn register(&self, db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
        let settings = &self.settings;
        let row = sqlx::query_file!(
            "../../sql/queries/queue_workers/register.sql",
            settings.name,
            settings.version,
            &self.queues,
            &self.kinds,
            i32::try_from(settings.concurrency).unwrap_or(i32::MAX),
            i32::try_from(millis(settings.heartbeat)).unwrap_or(i32::MAX),
            Json(self.registry.descriptors(&settings.version)) as _,
        )
        .fetch_one(db)
        .await?;
        *locked(&self.registration) = Registration::new(row.worker_id);
        Ok(())
    }

    /// There may be ready jobs anywhere: the claimer looks at all lines, from their heads.
    pub(crate) fn look_everywhere(&self) {
        self.lines.refilled(None);
        self.wake_claimer.notify_one();
    }

    /// Remembers a claimed job, so that it can be cancelled.
    pub(crate) fn hold(&self, job: &ClaimedJob) {
        locked(&self.running).insert(job.job_id, (job.attempt, job.cancel.clone()));
        self.fleet.claimed();
    }

    /// Says that a claim is under way, until the jobs that it brings are held.
    pub(crate) async fn claiming(&self) -> RwLockReadGuard<'_, ()> {
        self.rest.read().await
    }

    /// Whether this worker may promise its next sign of life for much later: it holds nothing,
    /// claims nothing as long as the guard lives, and would hear of work and of the others.
    pub(crate) async fn try_rest(&self) -> Option<RwLockWriteGuard<'_, ()>> {
        if !self.may_rest() {
            return None;
        }
        // A claim that is under way is over soon, and mostly finds nothing.
        let guard = tokio::time::timeout(CLAIM_WAIT, self.rest.write());
        let guard = guard.await.ok()?;
        self.may_rest().then_some(guard)
    }

    /// Whether more jobs could run. Free slots do not tell: the claimer holds them while it waits.
    pub(crate) fn has_room(&self) -> bool {
        locked(&self.running).len() < self.settings.concurrency
    }

    /// Whether this worker could rest, but for claims.
    pub(crate) fn may_rest(&self) -> bool {
        self.is_listening()
            && !self.shutdown.is_cancelled()
            && !self.is_in_doubt()
            && self.fleet.is_quiet()
            && locked(&self.running).is_empty()
    }

    /// Raises the cancellation of a job, if this worker holds it.
    pub(crate) fn cancel(&self, job_id: i64) {
        if let Some((_, cancel)) = locked(&self.running).get(&job_id) {
            cancel.cancel();
        }
    }

    /// Lets go of attempts whose end is written down. A later attempt of the same job stays held.
    pub(crate) fn release(&self, leases: impl Iterator<Item = (i64, i32)>) {
        let mut running = locked(&self.running);
        for (job_id, attempt) in leases {
            if running
                .get(&job_id)
                .is_some_and(|(held, _)| *held == attempt)
            {
                running.remove(&job_id);
            }
        }
    }

    /// The jobs that this worker knows to have.
    pub(crate) fn held(&self) -> Vec<i64> {
        locked(&self.running).keys().copied().collect()
    }

    /// A connection broke: a claim may have been granted whose answer never came.
    pub(crate) fn doubt(&self) {
        *locked(&self.doubtful_until) = Some(Instant::now() + DOUBT);
        // It may hold leases that it knows nothing of: it must be missed soon.
        self.fleet.claimed();
    }

    /// The keeper's connection broke or does not answer: the others may be no better, and who waits
    /// on them would find out much later.
    pub(crate) fn suspect_connections(&self) {
        forget_idle(&self.pool);
        self.deaf.notify_one();
    }

    pub(crate) fn is_in_doubt(&self) -> bool {
        locked(&self.doubtful_until).is_some_and(|until| Instant::now() < until)
    }

    /// The end of an attempt is to be written down.
    pub(crate) fn settle(&self, settlement: Settlement) {
        // Fails only after the settler has ended, that is when a shutdown has given up on handlers
        // that do not yield; their jobs are rescued.
        let _ = self.settlements.send(settlement);
    }

    /// Tells the fleet that this worker takes no more jobs. Best effort: only people read it.
    pub(crate) async fn announce_draining(&self) {
        self.announce(true).await;
    }

    /// Tells the fleet that this worker is gone, so that nobody waits for its heartbeat.
    pub(crate) async fn announce_stopped(&self) {
        self.announce(false).await;
    }

    async fn announce(&self, draining: bool) {
        let worker_id = self.registration().worker_id;
        let told = sqlx::query_file!(
            "../../sql/queries/queue_workers/stop.sql",
            worker_id,
            draining
        )
        .fetch_optional(&self.pool);
        match tokio::time::timeout(Duration::from_secs(2), told).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the database did not hear of the stop"),
            Err(_) => tracing::warn!("the database did not hear of the stop in time"),
        }
    }

    /// The `queue` label of what this worker measures for all its queues together.
    pub(crate) fn label(&self) -> &str {
        match self.queues.as_slice() {
            [queue] => queue,
            _ => "all",
        }
    }

    /// Free slots do not tell who is busy: see [`Core::has_room`].
    pub(crate) fn meter_slots(&self) {
        let total = self.settings.concurrency;
        let busy = locked(&self.running).len().min(total);
        meters::slots(self.label(), total, busy);
    }

    pub(crate) fn meter_kinds(&self) {
        for (kind, entry) in self.registry.sorted() {
            meters::registered(entry.queue, kind);
        }
        for result in ["hit", "empty", "error"] {
            meters::claims(self.label(), result);
        }
    }

    pub(crate) fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Relaxed)
    }

    /// Lets the next jobs of these groups go, where places are free.
    pub(crate) async fn free_groups(&self, group_keys: &[String]) -> Result<(), sqlx::Error> {
        let mut db = Lent::of(&self.pool).await?;
        let freed = sqlx::query_file!("../../sql/queries/queue_jobs/free_groups.sql", group_keys)
            .fetch_one(&mut *db)
            .await;
        db.give_back(freed).map(|_| ())
    }

    pub(crate) fn is_eldest(&self) -> bool {
        self.eldest.load(Ordering::Relaxed)
    }
}

/// The data of a mutex. A panic while it was held cannot have left it half changed: each use is one
/// assignment, insertion or removal.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
