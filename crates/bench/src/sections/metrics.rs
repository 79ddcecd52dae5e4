//! What counting costs: the same drain by processes that count and by others that do not, by turns;
//! and what the recorder alone takes for the three calls of a job.

use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::fleet::{Shape, drain};

const SECTION: &str = "metrics";
/// Enough that a look at the clock is nothing beside them.
const CALLS: u32 = 300_000;
/// The rate at which counting must be cheap.
const RATE: f64 = 30_000.0;

/// Measures both. Nobody scrapes; histograms are folded every few seconds, as always.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    bench.screen.plan(3 * (bench.settings.rounds() + 1));
    let shape = |metered| Shape {
        workers: 2,
        processes: true,
        batch: bench.settings.batch,
        metered,
    };
    let mut fleets = [
        ("not counted", shape(false), vec![]),
        ("counted", shape(true), vec![]),
    ];
    let mut calls = Vec::new();
    let batch = u32::try_from(bench.settings.batch)?;
    let jobs = bench.settings.jobs();
    for round in bench.rounds() {
        for (name, shape, rates) in &mut fleets {
            bench.step(&format!("drain, {name}"), round);
            bench.stage.clear().await?;
            bench.stage.fill(jobs).await?;
            let took = drain(&bench.stage, *shape, jobs).await?;
            if round > 0 {
                rates.push(jobs as f64 / took.as_secs_f64());
            }
        }
        // Whoever is second meets a warmer server.
        fleets.reverse();
        bench.step("the recorder alone", round);
        let took = record(CALLS, batch).as_secs_f64() / f64::from(CALLS);
        if round > 0 {
            calls.push(took * 1e9);
        }
    }
    fleets.sort_by_key(|(name, ..)| *name == "counted");
    let [bare, counted] =
        fleets.map(|(name, _, rates)| bench.report.add(SECTION, name, "jobs/s", &rates));
    bench.report.compare("not counted", bare);
    let each = bench
        .report
        .add(SECTION, "the recorder alone", "ns/job", &calls);
    bench
        .report
        .headline("metrics_share_of_drain", 1.0 - counted / bare);
    // Of one core: the rest of a job's work needs more than that one.
    bench
        .report
        .headline("metrics_share_of_core_at_30000", each * RATE / 1e9);
    bench.stage.clear().await
}

/// What the queue records of each job; as there, meters are looked up once for all jobs of a batch.
fn record(jobs: u32, batch: u32) -> Duration {
    let (queue, kind) = ("bench", "bench_tick");
    let began = Instant::now();
    for start in (0..jobs).step_by(batch as usize) {
        let finished = metrics::counter!("bench_jobs_finished_total", "queue" => queue.to_owned(),
            "kind" => kind.to_owned(), "outcome" => "succeeded");
        let ran = metrics::histogram!("bench_job_run_duration_seconds", "queue" => queue.to_owned(),
            "kind" => kind.to_owned(), "outcome" => "succeeded");
        let waited =
            metrics::histogram!("bench_job_wait_duration_seconds", "queue" => queue.to_owned());
        for job in start..jobs.min(start + batch) {
            let took = f64::from(job % 1_000) / 1e6;
            finished.increment(1);
            ran.record(took);
            waited.record(took);
        }
    }
    began.elapsed()
}
