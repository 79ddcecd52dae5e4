//! Makes scheduled jobs ready when they are due: retries, snoozes, jobs enqueued for later.
//!
//! Nobody asks the database when that is. What this worker schedules it knows, of what others
//! enqueue it hears, and the beats tell the rest. At a due time the workers go by rank, each a
//! moment after the one before, unless they hear that it is done.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::core::Core;
use super::deadline::{ANSWER_MAX, Lent, within};

/// How many jobs one statement promotes.
const BATCH: i32 = 1000;
/// Another worker's claim on a row, or a clock read a moment early, must not make a loop without
/// waits.
const AGAIN_MIN: Duration = Duration::from_millis(2);

/// Promotes until the shutdown.
pub(crate) async fn run(core: Arc<Core>) {
    let promoting = async {
        let mut backoff = Backoff::default();
        loop {
            until_due(&core).await;
            core.fleet.promoting();
            match promote(&core).await {
                Ok(next_in) => {
                    backoff.reset();
                    if let Some(next_in) = next_in {
                        core.fleet.promoted(next_in.max(AGAIN_MIN));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "due jobs could not be made ready");
                    core.fleet.promoted(backoff.next());
                }
            }
        }
    };
    tokio::select! {
        () = core.shutdown.cancelled() => {}
        () = promoting => {}
    }
}

/// Waits until something is due; who hears of nothing looks after `poll_max`.
async fn until_due(core: &Core) {
    let poll_at = Instant::now().checked_add(core.settings.poll_max);
    loop {
        let listening = core.is_listening();
        let due = core.fleet.promote_at(listening);
        let at = if listening {
            due
        } else {
            due.into_iter().chain(poll_at).min()
        };
        let waiting = async {
            match at {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = waiting => return,
            () = core.fleet.due_moved.notified() => {}
        }
    }
}

/// Promotes what is due, and says in how long the next is.
async fn promote(core: &Core) -> Result<Option<Duration>, sqlx::Error> {
    loop {
        let mut db = Lent::of(&core.pool).await?;
        let answer = sqlx::query_file!(
            "../../sql/queries/queue_jobs/promote.sql",
            BATCH,
            core.is_listening()
        )
        .fetch_one(&mut *db);
        let answer = within(ANSWER_MAX, answer).await;
        let row = db.give_back(answer)?;
        if row.promoted > 0 {
            core.look_everywhere();
        }
        if row.promoted < BATCH {
            let next = row.next_in_ms.and_then(|ms| u64::try_from(ms).ok());
            return Ok(next.map(Duration::from_millis));
        }
    }
}
