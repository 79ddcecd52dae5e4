//! What one worker does for the fleet, the eldest that runs: samples the gauges, creates and drops
//! history partitions. Which one it is follows from the heartbeats (`queue.heartbeat`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Duty;
use super::core::Core;
use super::deadline::{Lent, within};
use crate::meters;
use crate::people::{self, Retention};

/// How often history partitions are looked after.
const MAINTAIN_EVERY: Duration = Duration::from_hours(1);
/// After a failure (a reader that holds the locks, say) the upkeep rests: days are created ahead,
/// so nothing presses, and each try makes completions queue behind its locks for a moment.
const MAINTAIN_AGAIN: Duration = Duration::from_mins(10);
/// A retention under which nothing is dropped: a hundred years.
const FOREVER: Duration = Duration::from_hours(100 * 365 * 24);
/// Queues that have gauges of their own. Who enqueues chooses the names, and each is a handful of
/// time series for ever: those beyond the limit are counted together, as `other`.
const SAMPLED_QUEUES_MAX: usize = 200;
/// The queue label of what is beyond the limit.
const OTHER: &str = "other";
/// A sampling that takes long is repeated rarely: it uses at most this share of the time.
const SAMPLING_SHARE_MAX: u32 = 20;
/// The states that each queue has a gauge for, also at zero.
const STATES: [&str; 6] = [
    "scheduled",
    "ready",
    "blocked",
    "waiting",
    "running",
    "dead",
];

/// The states in which a job keeps the fleet at work.
const AT_WORK: [&str; 3] = ["ready", "blocked", "running"];
/// While nothing is at work, each sample is good for so many.
const IDLE_SAMPLES: u32 = 4;
/// How long one sample may take. Counting is slow when there is much to count.
const SAMPLING_MAX: Duration = Duration::from_secs(60);

/// Jobs of one queue in one state.
struct Sampled {
    queue: String,
    state: String,
    jobs: i64,
    oldest_age_seconds: f64,
}

/// Does its duties until the shutdown.
pub(crate) async fn run(core: Arc<Core>, duty: Option<Duty>) {
    tokio::select! {
        () = core.shutdown.cancelled() => {}
        () = serve(&core, duty) => {}
    }
}

async fn serve(core: &Core, duty: Option<Duty>) {
    // Queues whose gauges this process has set: they are zeroed when another takes over, and stay
    // counted against the limit.
    let mut known = BTreeSet::new();
    let mut is_sampling = false;
    let mut maintain_at = Instant::now();
    loop {
        let started = Instant::now();
        let mut every = core.settings.sample_every;
        if core.is_eldest() {
            is_sampling = true;
            match sample(core, &mut known).await {
                Ok(true) => {}
                Ok(false) => every *= IDLE_SAMPLES,
                Err(error) => tracing::warn!(%error, "the gauges could not be sampled"),
            }
            if let Some(duty) = &duty
                && let Err(error) = duty(core.pool.clone()).await
            {
                tracing::warn!(error = format!("{error:#}"), "a further sampling failed");
            }
            if Instant::now() >= maintain_at {
                let fine = maintain(core).await;
                let wait = if fine { MAINTAIN_EVERY } else { MAINTAIN_AGAIN };
                maintain_at = Instant::now() + wait;
            }
        } else if is_sampling {
            is_sampling = false;
            clear(&known);
        }
        tokio::time::sleep(every.max(started.elapsed() * SAMPLING_SHARE_MAX)).await;
    }
}

async fn maintain(core: &Core) -> bool {
    // Two calls, so two transactions: days are created even while a reader keeps old ones from
    // being dropped.
    let forever = Retention {
        finished_jobs: FOREVER,
        attempts: FOREVER,
    };
    let created = upkeep(core, &forever).await;
    created && upkeep(core, &core.settings.retention).await
}

async fn upkeep(core: &Core, retention: &Retention) -> bool {
    match people::maintain_partitions(&core.pool, retention).await {
        Ok(changed) => {
            if !changed.is_empty() {
                tracing::info!(?changed, "history partitions created or dropped");
            }
            true
        }
        Err(error) => {
            tracing::warn!(%error, "history partitions could not be looked after");
            false
        }
    }
}

/// Answers whether the fleet has anything to do.
async fn sample(core: &Core, known: &mut BTreeSet<String>) -> Result<bool, sqlx::Error> {
    let mut db = Lent::of(&core.pool).await?;
    let rows = sqlx::query_file!("../../sql/queries/queue_jobs/sample.sql").fetch_all(&mut *db);
    let rows = within(SAMPLING_MAX, rows).await;
    let rows = db.give_back(rows)?;
    known.extend(core.queues.iter().cloned());
    let mut stats = Vec::new();
    let mut paused = BTreeSet::new();
    let mut unserved = BTreeMap::new();
    let mut alive = 0;
    for row in rows {
        match row.what.as_str() {
            "jobs" => {
                let is_told_apart = is_told_apart(known, &row.queue);
                stats.push(Sampled {
                    queue: if is_told_apart {
                        row.queue
                    } else {
                        OTHER.to_owned()
                    },
                    state: row.state,
                    jobs: row.amount,
                    oldest_age_seconds: row.oldest_age_seconds,
                });
            }
            "queue" => {
                is_told_apart(known, &row.queue);
                if row.amount != 0 {
                    paused.insert(row.queue);
                }
            }
            "unserved" => {
                is_told_apart(known, &row.queue);
                unserved.insert(row.queue, row.amount);
            }
            _ => alive = row.amount,
        }
    }
    // Nobody claims them: perhaps they stand in the way of others.
    let is_ready = |stat: &Sampled| stat.state == "ready" && stat.oldest_age_seconds > 1.0;
    if stats.iter().any(is_ready) {
        sqlx::query_file!("../../sql/queries/queue_jobs/separate_kinds.sql")
            .fetch_one(&core.pool)
            .await?;
    }
    if stats.iter().any(|stat| stat.queue == OTHER) {
        known.insert(OTHER.to_owned());
    }
    for queue in known.iter() {
        meter_queue(queue, &stats);
        meters::paused(queue, paused.contains(queue));
        meters::unserved(queue, unserved.get(queue).copied().unwrap_or(0) as f64);
    }
    meters::workers_alive(alive as f64);
    meters::sampled();
    Ok(stats
        .iter()
        .any(|stat| AT_WORK.contains(&stat.state.as_str())))
}

/// Whether a queue has gauges of its own, from now on if there is room.
fn is_told_apart(known: &mut BTreeSet<String>, queue: &str) -> bool {
    known.contains(queue) || (known.len() < SAMPLED_QUEUES_MAX && known.insert(queue.to_owned()))
}

fn meter_queue(queue: &str, stats: &[Sampled]) {
    let mut jobs = BTreeMap::from(STATES.map(|state| (state, 0)));
    let mut oldest = BTreeMap::from(STATES.map(|state| (state, 0.0_f64)));
    for stat in stats.iter().filter(|stat| stat.queue == queue) {
        *jobs.entry(&stat.state).or_default() += stat.jobs;
        let age = oldest.entry(&stat.state).or_default();
        *age = age.max(stat.oldest_age_seconds);
    }
    for (state, jobs) in jobs {
        meters::queue_jobs(queue, state, jobs as f64);
    }
    meters::oldest_ready(queue, oldest["ready"]);
    meters::oldest_running(queue, oldest["running"]);
}

/// Another worker samples now: what stood here would be counted twice.
fn clear(known: &BTreeSet<String>) {
    for queue in known {
        meter_queue(queue, &[]);
        meters::paused(queue, false);
        meters::unserved(queue, 0.0);
    }
    meters::workers_alive(0.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_beyond_the_limit_have_no_gauges_of_their_own() {
        let mut known = BTreeSet::new();
        for number in 0..SAMPLED_QUEUES_MAX {
            assert!(is_told_apart(&mut known, &number.to_string()));
        }
        assert!(!is_told_apart(&mut known, "one more"));
        assert!(is_told_apart(&mut known, "0"));
        assert_eq!(known.len(), SAMPLED_QUEUES_MAX);
    }
}
