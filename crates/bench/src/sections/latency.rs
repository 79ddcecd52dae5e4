//! How long jobs wait for their handlers when they come at a given pace.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use stevedore_queue::{NewJob, RunnerSettings, enqueue};

use crate::bench::Bench;
use crate::fleet::{Clock, QUEUE, Tick, Worker, until_handled};
use crate::stage::futures_of;
use crate::stats::percentile;

/// Clients that enqueue, so that one slow commit does not hold up the pace.
const CLIENTS: usize = 8;

/// When jobs come.
#[derive(Clone, Copy)]
pub struct Pace {
    /// How many in all.
    pub jobs: usize,
    /// The time between two.
    pub every: Duration,
}

impl Pace {
    /// So many a second for so long.
    pub fn of(per_s: u32, lasts: Duration) -> Pace {
        let every = Duration::from_secs(1) / per_s;
        Pace {
            jobs: (lasts.as_nanos() / every.as_nanos()) as usize,
            every,
        }
    }
}

/// What was seen.
pub struct Seen {
    /// Milliseconds from the commit (as the one who enqueued learns of it) to the handler's start,
    /// in order of enqueue.
    pub waits_ms: Vec<f64>,
    /// Jobs handled per second, from the first enqueue to the last handler.
    pub per_s: f64,
}

impl Seen {
    /// Percentiles 50 and 99 of all waits.
    pub fn percentiles(&self) -> (f64, f64) {
        percentiles(&self.waits_ms)
    }

    /// The same of the last third: what it comes to after a while.
    pub fn percentiles_at_the_end(&self) -> (f64, f64) {
        percentiles(&self.waits_ms[self.waits_ms.len() * 2 / 3..])
    }
}

fn percentiles(waits: &[f64]) -> (f64, f64) {
    let mut sorted = waits.to_vec();
    sorted.sort_by(f64::total_cmp);
    (percentile(&sorted, 0.5), percentile(&sorted, 0.99))
}

/// Adds the percentiles of all rounds to a section; answers the medians.
pub fn report_percentiles(
    bench: &mut Bench,
    section: &'static str,
    p50s: &[f64],
    p99s: &[f64],
) -> (f64, f64) {
    let report = &mut bench.report;
    let p50 = report.add(section, "commit to handler, p50", "ms", p50s);
    let p99 = report.add(section, "commit to handler, p99", "ms", p99s);
    (p50, p99)
}

/// A worker as it comes, for our queue.
pub fn by_default() -> RunnerSettings {
    RunnerSettings {
        queues: vec![QUEUE.to_owned()],
        ..RunnerSettings::default()
    }
}

/// What so many workers with default settings make of jobs at a pace.
pub async fn seen_by(bench: &Bench, workers: usize, pace: Pace) -> anyhow::Result<Seen> {
    let pool = bench.stage.connect(8)?;
    let clock = Clock::new(pace.jobs);
    let start = |_| Worker::start(&bench.stage, by_default(), &clock);
    let workers: Vec<Worker> = (0..workers).map(start).collect::<anyhow::Result<_>>()?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let seen = watch(&pool, &clock, pace).await?;
    for worker in workers {
        worker.stop().await?;
    }
    pool.close().await;
    Ok(seen)
}

/// Enqueues one by one at a pace and watches when each job begins. `clock` is that of the workers
/// and has a stamp for each job.
async fn watch(pool: &PgPool, clock: &Arc<Clock>, pace: Pace) -> anyhow::Result<Seen> {
    let committed: Vec<AtomicU64> = (0..pace.jobs).map(|_| AtomicU64::new(0)).collect();
    let handled_before = clock.handled();
    let began = Instant::now();
    let clients = (0..CLIENTS).map(|client| {
        let committed = &committed;
        async move {
            for number in (client..pace.jobs).step_by(CLIENTS) {
                let due = began + pace.every * u32::try_from(number)?;
                tokio::time::sleep_until(due.into()).await;
                enqueue(
                    pool,
                    &NewJob::of(&Tick {
                        number: number as u64,
                        writes: false,
                    })?,
                )
                .await?;
                committed[number].store(clock.now(), Ordering::Relaxed);
            }
            anyhow::Ok(())
        }
    });
    futures_of(clients).await?;
    until_handled(pace.jobs as u64, || clock.handled() - handled_before).await?;
    let took = began.elapsed();
    let waits_ms = committed
        .iter()
        .enumerate()
        .filter_map(|(number, committed)| {
            let start = clock.start_of(number)?;
            // A handler may begin before the news of the commit has reached the one who enqueued.
            Some(start.saturating_sub(committed.load(Ordering::Relaxed)) as f64 / 1e6)
        });
    Ok(Seen {
        waits_ms: waits_ms.collect(),
        per_s: pace.jobs as f64 / took.as_secs_f64(),
    })
}
