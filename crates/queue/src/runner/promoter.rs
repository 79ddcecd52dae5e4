//! Makes scheduled jobs ready when they are due: retries, snoozes, jobs enqueued for later.

use std::sync::Arc;
use std::time::Duration;

use super::backoff::Backoff;
use super::core::Core;

/// How many jobs one statement promotes.
const BATCH: i32 = 1000;

/// Promotes until the shutdown.
pub(crate) async fn run(core: Arc<Core>) {
    let promoting = async {
        let mut backoff = Backoff::default();
        loop {
            let wait = match promote(&core).await {
                Ok(wait) => {
                    backoff.reset();
                    wait
                }
                Err(error) => {
                    tracing::warn!(%error, "due jobs could not be made ready");
                    backoff.next()
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = core.wake_promoter.notified() => {}
            }
        }
    };
    tokio::select! {
        () = core.shutdown.cancelled() => {}
        () = promoting => {}
    }
}

/// Promotes what is due, and says how long nothing else will be.
async fn promote(core: &Core) -> Result<Duration, sqlx::Error> {
    loop {
        let row = sqlx::query_file!("../../sql/queries/queue_jobs/promote_due.sql", BATCH)
            .fetch_one(&core.pool)
            .await?;
        if row.promoted > 0 {
            core.lines.refilled(None);
            core.wake_claimer.notify_one();
        }
        if row.promoted < BATCH {
            let next = row.next_in_ms.and_then(|ms| u64::try_from(ms).ok());
            let next = next.map_or(Duration::MAX, Duration::from_millis);
            // Another worker's claim on a row, or a clock read a moment early, must not make a
            // loop without waits.
            return Ok(next.clamp(Duration::from_millis(1), core.settings.poll_max));
        }
    }
}
