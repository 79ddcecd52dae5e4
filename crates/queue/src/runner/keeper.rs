//! Keeps the worker's leases: proves that it lives, and puts back the jobs of workers that do not.
//!
//! On a thread and a connection of its own, so that neither handlers that block the runtime nor a
//! drained pool can make a living worker look dead.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::core::Core;
use crate::meters;

/// How long a connection, a beat or a new registration may take at least, however short the
/// heartbeat: on a busy machine an answer that comes late still tells whether the worker counts,
/// while a connection that was dropped tells nothing and costs a handshake.
const ANSWER_MIN: Duration = Duration::from_secs(5);

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
                runtime.block_on(keep(&core, &end));
                // Fails when nobody waits any more.
                let _ = ending.send(());
            })?;
        Ok(Keeper { ended })
    }

    /// Waits until the thread has ended.
    pub(crate) async fn stopped(self) {
        // An error means that it panicked; there is nothing left to wait for.
        let _ = self.ended.await;
    }
}

async fn keep(core: &Core, end: &CancellationToken) {
    let every = core.settings.heartbeat.mul_f64(0.4);
    let mut connection = None;
    loop {
        let wait = tokio::select! {
            () = end.cancelled() => break,
            beaten = beat(core, &mut connection) => match beaten {
                Ok(()) => every,
                Err(error) => {
                    tracing::warn!(%error, "heartbeat failed");
                    meters::lease_renewed("error");
                    connection = None;
                    soon(every)
                }
            },
        };
        tokio::select! {
            () = end.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
            () = core.wake_keeper.notified() => {}
        }
    }
    // Dropping it closes the socket, without waiting for a server that may be gone.
    drop(connection);
}

/// The wait after a failure.
fn soon(every: Duration) -> Duration {
    (every / 4).min(Duration::from_millis(500))
}

/// Gives each step its own time, so that a slow one does not use up that of the next.
async fn within<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(limit, step)
        .await
        .unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))
}

async fn beat(core: &Core, connection: &mut Option<PgConnection>) -> Result<(), sqlx::Error> {
    let limit = core.settings.heartbeat.max(ANSWER_MIN);
    let db = match connection {
        Some(db) => db,
        None => connection.insert(within(limit, core.pool.connect_options().connect()).await?),
    };
    let registration = core.registration();
    let beaten = sqlx::query_file!(
        "../../sql/queries/queue_workers/heartbeat.sql",
        registration.worker_id
    )
    .fetch_one(&mut *db);
    let beaten = within(limit, beaten).await?;
    core.eldest.store(beaten.eldest, Ordering::Relaxed);
    for job_id in beaten.cancelled {
        core.cancel(job_id);
    }
    if beaten.alive {
        meters::lease_renewed("ok");
    } else {
        tracing::error!(
            worker.id = registration.worker_id,
            "declared dead after too long a silence: dropping all handlers, beginning anew",
        );
        meters::lease_renewed("lost");
        within(limit, core.register(&mut *db)).await?;
        registration.lose();
    }
    // Half a heartbeat: while it lasts this worker does not beat.
    if let Err(error) = within(core.settings.heartbeat / 2, rescue(core, db)).await {
        tracing::warn!(%error, "jobs of dead workers could not be looked for");
        *connection = None;
    }
    Ok(())
}

async fn rescue(core: &Core, db: &mut PgConnection) -> Result<(), sqlx::Error> {
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
        meters::finished(
            &job.queue,
            &job.kind,
            if job.fate == "dead" { "dead" } else { "lost" },
        );
    }
    if !rescued.is_empty() {
        core.wake_claimer.notify_one();
    }
    Ok(())
}
