//! Keeps the worker's leases: proves that it lives, and puts back the jobs of workers that do not.
//!
//! On a thread and a connection of its own, so that neither handlers that block the runtime nor a
//! drained pool can make a living worker look dead.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::core::Core;
use super::deadline::within;
use super::fleet::{Beaten, Chores};
use crate::claimed::Registration;
use crate::meters;

/// How long a connection, a beat or a new registration may take at least, however short the
/// heartbeat: on a busy machine an answer that comes late still tells whether the worker counts,
/// while a connection that was dropped tells nothing and costs a handshake.
const ANSWER_MIN: Duration = Duration::from_secs(5);
/// When a beat comes again that found a claim in the way of rest.
const REST_AGAIN: Duration = Duration::from_secs(1);
/// As many jobs one call of `queue.rescue` puts back at most.
const RESCUED_MAX: usize = 1000;

/// The keeper's thread.
pub(crate) struct Keeper {
    ended: oneshot::Receiver<()>,
}

impl Keeper {
    pub(crate) fn start(core: Arc<Core>, end: CancellationToken) -> Result<Self, std::io::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (ending, ended) = oneshot::channel();
        std::thread::Builder::new()
            .name("queue-keeper".to_owned())
            .spawn(move || {
                // What is dropped with the last of it may need a runtime.
                runtime.block_on(async move {
                    keep(&core, &end).await;
                    drop(core);
                });
                // Fails when nobody waits any more.
                let _ = ending.send(());
            })?;
        Ok(Keeper { ended })
    }

    /// Waits until the thread has ended.
    pub(crate) async fn stopped(&mut self) {
        // An error means that it panicked; there is nothing left to wait for.
        let _ = (&mut self.ended).await;
    }
}

async fn keep(core: &Core, end: &CancellationToken) {
    let mut connection = None;
    loop {
        let failed_wait = tokio::select! {
            () = end.cancelled() => break,
            beaten = beat(core, &mut connection) => match beaten {
                Ok(()) => None,
                Err(error) => {
                    tracing::warn!(%error, "heartbeat failed");
                    meters::lease_renewed("error");
                    connection = None;
                    core.suspect_connections();
                    Some(soon(core.settings.heartbeat.mul_f64(0.4)))
                }
            },
        };
        tokio::select! {
            () = end.cancelled() => break,
            () = until_next(core, failed_wait) => {}
            () = core.wake_keeper.notified() => {}
        }
    }
    // Dropping it closes the socket, without waiting for a server that may be gone.
    drop(connection);
}

/// Waits until the next beat is due, which what this worker does and hears may move.
async fn until_next(core: &Core, failed_wait: Option<Duration>) {
    if let Some(wait) = failed_wait {
        return tokio::time::sleep(wait).await;
    }
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(core.fleet.next_beat().into()) => return,
            () = core.fleet.beat_moved.notified() => {}
        }
    }
}

/// The wait after a failure.
fn soon(every: Duration) -> Duration {
    (every / 4).min(Duration::from_millis(500))
}

async fn beat(core: &Core, connection: &mut Option<PgConnection>) -> Result<(), sqlx::Error> {
    let limit = core.settings.heartbeat.max(ANSWER_MIN);
    let db = match connection {
        Some(db) => db,
        None => connection.insert(within(limit, core.pool.connect_options().connect()).await?),
    };
    let registration = core.registration();
    // Claims wait for the length of a resting beat, or the promise that they take back could be
    // given just after.
    let rest = core.try_rest().await;
    let sent_at = Instant::now();
    let beaten = sqlx::query_file!(
        "../../sql/queries/queue_workers/beat.sql",
        registration.worker_id,
        rest.is_some(),
        core.fleet.is_watching(),
        core.fleet.is_quiet() && core.has_room(),
    )
    .fetch_one(&mut *db);
    let beaten = within(limit, beaten).await?;
    if !beaten.alive {
        return within(limit, begin_anew(core, &registration, db)).await;
    }
    meters::lease_renewed("ok");
    let again_in = beaten.again_in_ms.and_then(|ms| u64::try_from(ms).ok());
    let mut again_in = again_in.map_or(core.settings.heartbeat.mul_f64(0.4), Duration::from_millis);
    if rest.is_none() && core.may_rest() {
        // Only a claim was in the way.
        again_in = again_in.min(REST_AGAIN);
    }
    let did_chores = beaten.chores.unwrap_or(false);
    let is_deaf = core.fleet.beaten(&Beaten {
        sent_at,
        rank: u32::try_from(beaten.rank.unwrap_or(0)).unwrap_or(0),
        workers: u32::try_from(beaten.workers.unwrap_or(1)).unwrap_or(1),
        again_in,
        is_resting: rest.is_some(),
        now_ms: beaten.now_ms.unwrap_or(0),
        is_busy: beaten.busy.unwrap_or(true),
        chores: did_chores.then(|| Chores {
            told: beaten.told.unwrap_or(false),
            next_due_ms: beaten.next_due_ms,
        }),
    });
    drop(rest);
    if is_deaf && core.is_listening() {
        core.deaf.notify_one();
    }
    let is_eldest = beaten.eldest.unwrap_or(false);
    core.eldest.store(is_eldest, Ordering::Relaxed);
    for job_id in beaten.cancelled.unwrap_or_default() {
        core.cancel(job_id);
    }
    if beaten.ready.unwrap_or(false) {
        core.look_everywhere();
    }
    let todo = (
        beaten.rescue.unwrap_or(false),
        beaten.sweep.unwrap_or(false),
    );
    // Half a heartbeat: while it lasts this worker does not beat.
    if let Err(error) = within(core.settings.heartbeat / 2, chores(core, db, todo)).await {
        tracing::warn!(%error, "jobs of dead workers could not be looked for");
        *connection = None;
    }
    Ok(())
}

/// Others declared this worker dead.
async fn begin_anew(
    core: &Core,
    lost: &Registration,
    db: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    tracing::error!(
        worker.id = lost.worker_id,
        "declared dead after too long a silence: dropping all handlers, beginning anew",
    );
    meters::lease_renewed("lost");
    core.register(db).await?;
    lost.lose();
    core.wake_keeper.notify_one();
    Ok(())
}

/// What a beat found to be done for the fleet: to rescue, to sweep groups.
async fn chores(
    core: &Core,
    db: &mut PgConnection,
    (is_rescue, is_sweep): (bool, bool),
) -> Result<(), sqlx::Error> {
    if is_rescue {
        while rescue(core, db).await? >= RESCUED_MAX {}
    }
    if is_sweep {
        sqlx::query_file!("../../sql/queries/queue_jobs/sweep_groups.sql")
            .fetch_one(db)
            .await?;
    }
    Ok(())
}

/// Answers how many jobs it put back.
async fn rescue(core: &Core, db: &mut PgConnection) -> Result<usize, sqlx::Error> {
    let rescued = sqlx::query_file!("../../sql/queries/queue_jobs/rescue.sql")
        .fetch_all(db)
        .await?;
    for job in &rescued {
        tracing::warn!(
            job.id = job.job_id,
            job.kind,
            job.fate,
            "job of a dead worker put back"
        );
        meters::lease_expired(&job.queue);
        meters::finished_elsewhere(
            &job.queue,
            &job.kind,
            if job.fate == "dead" { "dead" } else { "lost" },
        );
    }
    if !rescued.is_empty() {
        core.wake_claimer.notify_one();
    }
    Ok(rescued.len())
}
