//! Looking without being told.
//!
//! A notification makes its transaction commit alone: while it waits for the disk, nobody else who
//! notifies can commit. So a worker to which jobs come by the hundred a second takes the watch: it
//! looks every few milliseconds, and those who enqueue, who see that, tell nobody. One worker of
//! the fleet does that for a queue; the others sleep on. What it cannot take at once, it tells them
//! itself, some fifty times a second at most.
//!
//! The watch is an advisory lock of the listener's session, so it ends with the worker. When jobs
//! come no more it ends in order: first those who enqueue tell again; then the worker waits for all
//! transactions that told nobody, waking the fleet as they end. `docs/decisions/0011` has it all.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgListener;
use tokio::sync::Notify;

use super::core::Core;
use super::deadline::{ANSWER_MAX, within};

/// How often a worker on watch looks.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(2);
/// So many signs of new jobs, none later than this after the one before, are a flow.
const HITS: u32 = 16;
const GAP: Duration = Duration::from_millis(10);
/// A claim of so many jobs that it was full counts however late it comes: there are more.
const FULL: usize = 16;
/// So long without jobs ends the watch.
const QUIET: Duration = Duration::from_millis(50);
/// How often the watch itself is looked after.
const TICK: Duration = Duration::from_millis(5);
/// A worker that has not looked for so long (its slots are all taken, or the database is slow) lets
/// the others look.
const LATE: Duration = Duration::from_millis(10);
/// How often it wakes them at most.
const WAKE_EVERY: Duration = Duration::from_millis(20);
/// How often it asks whether it may go on, and, when it may not, whether it may again.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// Waits for transactions that told nobody: at first, and, doubling, at most.
const UNSAID_MIN: Duration = Duration::from_millis(1);
const UNSAID_MAX: Duration = Duration::from_secs(1);
/// At most, when the worker stops: it does not wait for them long.
const UNSAID_STOPPING: Duration = Duration::from_millis(20);

/// How jobs come, as claims and notifications show. Shared by the claimer and the listener.
#[derive(Debug)]
pub(crate) struct Flow {
    state: Mutex<State>,
    rose: Notify,
    seen_to: Notify,
}

#[derive(Debug)]
struct State {
    hits: u32,
    hit_at: Instant,
    looked_at: Instant,
    /// There are more jobs than this worker took.
    is_behind: bool,
    /// This worker is on watch.
    is_watched: bool,
    /// It is, or transactions from then may not have ended.
    is_owing: bool,
}

impl Default for Flow {
    fn default() -> Self {
        let now = Instant::now();
        Flow {
            state: Mutex::new(State {
                hits: 0,
                hit_at: now,
                looked_at: now,
                is_behind: false,
                is_watched: false,
                is_owing: false,
            }),
            rose: Notify::new(),
            seen_to: Notify::new(),
        }
    }
}

impl Flow {
    /// A notification of new jobs came.
    pub(crate) fn heard(&self) {
        let mut state = self.state();
        // This worker's own, if it is on watch.
        if !state.is_watched {
            self.hit(&mut state, false);
        }
    }

    /// A claim brought so many jobs of those that were wanted.
    pub(crate) fn looked(&self, count: usize, wanted: usize) {
        let mut state = self.state();
        if count > 0 {
            self.hit(&mut state, count == wanted && count >= FULL);
        }
        state.looked_at = Instant::now();
        state.is_behind |= count == wanted;
    }

    fn hit(&self, state: &mut State, is_full: bool) {
        if state.hit_at.elapsed() > GAP && !is_full {
            state.hits = 0;
        }
        state.hits += 1;
        state.hit_at = Instant::now();
        if state.hits >= HITS && !state.is_watched {
            self.rose.notify_one();
        }
    }

    /// Whether to look without being told.
    pub(crate) fn is_watched(&self) -> bool {
        self.state().is_watched
    }

    fn set_watched(&self, is_watched: bool) {
        let mut state = self.state();
        state.is_watched = is_watched;
        state.is_owing = true;
        state.hits = 0;
        state.hit_at = Instant::now();
    }

    fn set_seen_to(&self) {
        self.state().is_owing = false;
        self.seen_to.notify_one();
    }

    /// Waits until all that was enqueued while this worker was on watch has been seen to.
    pub(crate) async fn seen_to(&self) {
        while self.state().is_owing {
            self.seen_to.notified().await;
        }
    }

    fn is_rising(&self) -> bool {
        self.state().hits >= HITS && !self.is_quiet()
    }

    fn is_quiet(&self) -> bool {
        self.state().hit_at.elapsed() > QUIET
    }

    /// Whether jobs may be there that this worker does not take now; says so once.
    fn takes_others(&self) -> bool {
        let mut state = self.state();
        std::mem::take(&mut state.is_behind) || state.looked_at.elapsed() > LATE
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No step above can panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The watch of a worker, looked after by its listener.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    phase: Phase,
    /// The worker that began it.
    worker_id: i64,
    watched: Vec<String>,
    /// Queues of earlier watches, where transactions that told nobody may not have ended.
    unsaid: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Phase {
    #[default]
    Off,
    /// Not before an instant.
    Resting(Instant),
    On {
        asked_at: Instant,
        woke_at: Instant,
    },
    /// The session broke; in the server it may live on, and hold the watch.
    Lost(Instant),
    /// There may be unsaid jobs: when it was asked, and how long after that to ask again.
    Ending {
        asked_at: Instant,
        wait: Duration,
    },
}

impl Phase {
    fn ending(wait: Duration) -> Self {
        Phase::Ending {
            asked_at: Instant::now(),
            wait,
        }
    }
}

impl Watch {
    /// The session is gone, and a watch with it.
    pub(crate) fn lost(&mut self, core: &Core) {
        if matches!(self.phase, Phase::On { .. }) {
            self.end(core);
            self.phase = Phase::Lost(Instant::now());
        }
    }

    fn end(&mut self, core: &Core) {
        core.flow.set_watched(false);
        self.unsaid.append(&mut self.watched);
        self.phase = Phase::ending(Duration::ZERO);
    }

    /// Waits until there is something to do.
    pub(crate) async fn due(&self, core: &Core) {
        let at = match self.phase {
            Phase::Off => return core.flow.rose.notified().await,
            Phase::On { .. } => Instant::now() + TICK,
            Phase::Resting(at) | Phase::Lost(at) => at,
            Phase::Ending { asked_at, wait } => {
                tokio::select! {
                    () = tokio::time::sleep_until((asked_at + wait).into()) => return,
                    () = core.shutdown.cancelled() => {}
                }
                asked_at + wait.min(UNSAID_STOPPING)
            }
        };
        tokio::time::sleep_until(at.into()).await;
    }

    /// Does it.
    ///
    /// # Errors
    /// Those of the session, with which the watch is lost.
    pub(crate) async fn step(
        &mut self,
        core: &Core,
        session: &mut PgListener,
    ) -> Result<(), sqlx::Error> {
        match self.phase {
            Phase::Off => self.begin(core, session).await,
            Phase::Resting(_) => {
                self.phase = Phase::Off;
                Ok(())
            }
            Phase::On { asked_at, woke_at } => self.go_on(core, session, asked_at, woke_at).await,
            Phase::Lost(_) => self.end_lost(session).await,
            Phase::Ending { wait, .. } => {
                self.see_to_unsaid(core, session, wait).await?;
                // A transaction that stays open must not keep this worker from watching.
                if matches!(self.phase, Phase::Ending { .. }) && core.flow.is_rising() {
                    self.begin(core, session).await?;
                }
                Ok(())
            }
        }
    }

    async fn begin(&mut self, core: &Core, session: &mut PgListener) -> Result<(), sqlx::Error> {
        if core.shutdown.is_cancelled() || !core.flow.is_rising() {
            return Ok(());
        }
        self.worker_id = core.registration().worker_id;
        let query = sqlx::query_file!(
            "../../sql/queries/queue_workers/begin_watch.sql",
            self.worker_id
        );
        // Should the answer get lost, the watch may have begun.
        let now = Instant::now();
        let before = std::mem::replace(
            &mut self.phase,
            Phase::On {
                asked_at: now,
                woke_at: now,
            },
        );
        core.flow.set_watched(true);
        self.watched.clone_from(&core.queues);
        self.watched = within(ANSWER_MAX, query.fetch_one(session)).await?.watched;
        if self.watched.is_empty() {
            core.flow.set_watched(false);
            self.phase = match before {
                Phase::Off => Phase::Resting(now + ASK_EVERY),
                before => before,
            };
            if self.unsaid.is_empty() {
                core.flow.set_seen_to();
            }
        }
        core.wake_claimer.notify_one();
        Ok(())
    }

    async fn go_on(
        &mut self,
        core: &Core,
        session: &mut PgListener,
        mut asked_at: Instant,
        mut woke_at: Instant,
    ) -> Result<(), sqlx::Error> {
        let mut is_over = core.shutdown.is_cancelled() || core.flow.is_quiet();
        if !is_over && asked_at.elapsed() > ASK_EVERY {
            let worker_id = core.registration().worker_id;
            let query = sqlx::query_file!(
                "../../sql/queries/queue_workers/may_watch.sql",
                worker_id,
                &self.watched
            );
            is_over = !within(ANSWER_MAX, query.fetch_one(&mut *session))
                .await?
                .may;
            asked_at = Instant::now();
        }
        if is_over {
            let query = sqlx::query_file!(
                "../../sql/queries/queue_workers/end_watch.sql",
                &self.watched
            );
            within(ANSWER_MAX, query.fetch_one(session)).await?;
            self.end(core);
            return Ok(());
        }
        if woke_at.elapsed() > WAKE_EVERY && core.flow.takes_others() {
            let query = sqlx::query_file!(
                "../../sql/queries/queue_workers/wake_others.sql",
                &self.watched
            );
            within(ANSWER_MAX, query.fetch_one(session)).await?;
            woke_at = Instant::now();
        }
        self.phase = Phase::On { asked_at, woke_at };
        Ok(())
    }

    async fn end_lost(&mut self, session: &mut PgListener) -> Result<(), sqlx::Error> {
        let query = sqlx::query_file!(
            "../../sql/queries/queue_workers/end_watches.sql",
            self.worker_id
        );
        self.phase = if within(ANSWER_MAX, query.fetch_one(session)).await?.ended {
            Phase::ending(Duration::ZERO)
        } else {
            Phase::Lost(Instant::now() + ASK_EVERY)
        };
        Ok(())
    }

    async fn see_to_unsaid(
        &mut self,
        core: &Core,
        session: &mut PgListener,
        wait: Duration,
    ) -> Result<(), sqlx::Error> {
        let query = sqlx::query_file!(
            "../../sql/queries/queue_workers/after_watch.sql",
            &self.unsaid
        );
        self.unsaid = within(ANSWER_MAX, query.fetch_one(session)).await?.unsaid;
        self.phase = if self.unsaid.is_empty() {
            core.flow.set_seen_to();
            Phase::Off
        } else {
            Phase::ending((wait * 2).clamp(UNSAID_MIN, UNSAID_MAX))
        };
        Ok(())
    }
}
