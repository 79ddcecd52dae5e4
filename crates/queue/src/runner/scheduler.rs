//! Ticks the schedules of the registered kinds. Every worker does; the database lets one of them
//! enqueue each tick's job.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use super::backoff::Backoff;
use super::core::Core;
use crate::enqueue::millis;
use crate::job::Schedule;

/// Ticks until the shutdown.
pub(crate) async fn run(core: Arc<Core>) {
    let schedules = core
        .registry
        .sorted()
        .into_iter()
        .filter_map(|(kind, entry)| {
            let Schedule::Every(every) = entry.policy.schedule?;
            Some(tick(&core, kind, entry.queue, millis(every)))
        });
    let ticking = join_all(schedules);
    tokio::select! {
        () = core.shutdown.cancelled() => {}
        _ = ticking => {}
    }
}

async fn tick(core: &Core, kind: &str, queue: &str, every_ms: i64) {
    let mut backoff = Backoff::default();
    loop {
        let ticked = sqlx::query_file!(
            "../../sql/queries/queue_schedules/tick.sql",
            kind,
            kind,
            queue,
            every_ms,
        )
        .fetch_one(&core.pool)
        .await;
        let wait = match ticked {
            Ok(row) => {
                backoff.reset();
                // A moment late is right, a moment early would be the old tick again.
                Duration::from_millis(u64::try_from(row.next_in_ms).unwrap_or(0) + 1)
            }
            Err(error) => {
                tracing::warn!(%error, job.kind = kind, "schedule could not be ticked");
                backoff.next()
            }
        };
        tokio::time::sleep(wait).await;
    }
}
