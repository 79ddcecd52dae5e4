//! Keeps the worker's leases: proves that it lives, and puts back the jobs of workers that do not.
//!
//! On a thread and a connection of its own, so that neither handlers that block the runtime nor a
//! drained pool can make a living worker look dead.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::core::Core;
use crate::meters;

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
        let beat = tokio::time::timeout(core.settings.heartbeat, beat(core, &mut connection));
        let wait = tokio::select! {
            () = end.cancelled() => break,
            beaten = beat => match beaten {
                Ok(Ok(())) => every,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "heartbeat failed");
                    failed(&mut connection, every)
                }
                Err(_) => {
                    tracing::warn!("heartbeat was not answered in time");
                    failed(&mut connection, every)
                }
            },
        };
        tokio::select! {
            () = end.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
            () = core.wake_keeper.notified() => {}
        }
    }
    if let Some(connection) = connection {
        // It is closed either way.
        let _ = connection.close().await;
    }
}

/// Drops the connection, and says how long to wait before a new one is tried.
fn failed(connection: &mut Option<PgConnection>, every: Duration) -> Duration {
    *connection = None;
    meters::lease_renewed("error");
    (every / 4).min(Duration::from_millis(500))
}

async fn beat(core: &Core, connection: &mut Option<PgConnection>) -> Result<(), sqlx::Error> {
    let db = match connection {
        Some(db) => db,
        None => connection.insert(core.pool.connect_options().connect().await?),
    };
    let registration = core.registration();
    let beaten = sqlx::query_file!(
        "../../sql/queries/queue_workers/heartbeat.sql",
        registration.worker_id
    )
    .fetch_one(&mut *db)
    .await?;
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
        core.register(&mut *db).await?;
        registration.lose();
    }
    rescue(core, db).await
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
