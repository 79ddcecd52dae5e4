//! What one worker does for the fleet, the eldest that runs: samples the gauges, creates and drops
//! history partitions. Which one it is follows from the heartbeats (`queue.heartbeat`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Duty;
use super::core::Core;
use crate::meters;
use crate::people::{self, QueueStat};

/// How often history partitions are looked after.
const MAINTAIN_EVERY: Duration = Duration::from_hours(1);
/// A sampling that takes long is repeated rarely: it uses at most this share of the time.
const SAMPLING_SHARE_MAX: u32 = 20;
/// The states that each queue has a gauge for, also at zero.
const STATES: [&str; 5] = ["scheduled", "ready", "blocked", "running", "dead"];

/// Does its duties until the shutdown.
pub(crate) async fn run(core: Arc<Core>, duty: Option<Duty>) {
    tokio::select! {
        () = core.shutdown.cancelled() => {}
        () = serve(&core, duty) => {}
    }
}

async fn serve(core: &Core, duty: Option<Duty>) {
    // Queues whose gauges this process has set: they are zeroed when another takes over.
    let mut known = BTreeSet::new();
    let mut maintained: Option<Instant> = None;
    loop {
        let started = Instant::now();
        if core.is_eldest() {
            if let Err(error) = sample(core, &mut known).await {
                tracing::warn!(%error, "the gauges could not be sampled");
            }
            if let Some(duty) = &duty
                && let Err(error) = duty(core.pool.clone()).await
            {
                tracing::warn!(error = format!("{error:#}"), "a further sampling failed");
            }
            if maintained.is_none_or(|at| at.elapsed() >= MAINTAIN_EVERY) && maintain(core).await {
                maintained = Some(Instant::now());
            }
        } else if !known.is_empty() {
            clear(&mut known);
        }
        let wait = core
            .settings
            .sample_every
            .max(started.elapsed() * SAMPLING_SHARE_MAX);
        tokio::time::sleep(wait).await;
    }
}

async fn maintain(core: &Core) -> bool {
    match people::maintain_partitions(&core.pool, &core.settings.retention).await {
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

async fn sample(core: &Core, known: &mut BTreeSet<String>) -> Result<(), sqlx::Error> {
    let stats = people::stats(&core.pool).await?;
    let settings = sqlx::query_file!("../../sql/queries/queue_queues/paused.sql")
        .fetch_all(&core.pool)
        .await?;
    let alive = people::workers_alive(&core.pool).await?;
    known.extend(core.queues.iter().cloned());
    known.extend(stats.iter().map(|stat| stat.queue.clone()));
    known.extend(settings.iter().map(|setting| setting.queue.clone()));
    for queue in known.iter() {
        meter_queue(queue, &stats);
        let paused = settings
            .iter()
            .any(|setting| setting.queue == *queue && setting.paused);
        meters::paused(queue, paused);
    }
    meters::workers_alive(alive as f64);
    meters::sampled();
    Ok(())
}

fn meter_queue(queue: &str, stats: &[QueueStat]) {
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
fn clear(known: &mut BTreeSet<String>) {
    for queue in known.iter() {
        meter_queue(queue, &[]);
        meters::paused(queue, false);
    }
    meters::workers_alive(0.0);
    known.clear();
}
