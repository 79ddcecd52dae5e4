//! From a job's commit to its handler's start, when there is nothing else to do.

use std::time::Duration;

use stevedore_queue::RunnerSettings;

use super::latency::{Pace, watch};
use crate::bench::Bench;
use crate::fleet::{Clock, QUEUE, Worker};

const SECTION: &str = "pick-up, idle";
/// Long enough that each job finds the fleet idle.
const EVERY: Duration = Duration::from_millis(20);
const JOBS: usize = 300;

/// Measures one worker with default settings.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let jobs = if bench.settings.quick { JOBS / 3 } else { JOBS };
    let (mut p50s, mut p99s) = (Vec::new(), Vec::new());
    bench.screen.plan(bench.settings.rounds() + 1);
    for round in bench.rounds() {
        bench.step("pick-up on an idle fleet", round);
        bench.stage.clear().await?;
        let pool = bench.stage.connect(8)?;
        let clock = Clock::new(jobs);
        let worker = Worker::start(&bench.stage, by_default(), &clock)?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let seen = watch(&pool, &clock, Pace { jobs, every: EVERY }).await?;
        worker.stop().await?;
        pool.close().await;
        if round > 0 {
            let (p50, p99) = seen.percentiles();
            p50s.push(p50);
            p99s.push(p99);
        }
    }
    let p50 = bench
        .report
        .add(SECTION, "commit to handler, p50", "ms", &p50s);
    let p99 = bench
        .report
        .add(SECTION, "commit to handler, p99", "ms", &p99s);
    bench.report.headline("pickup_p50_ms", p50);
    bench.report.headline("pickup_p99_ms", p99);
    Ok(())
}

/// A worker as it comes, for our queue.
pub fn by_default() -> RunnerSettings {
    RunnerSettings {
        queues: vec![QUEUE.to_owned()],
        ..RunnerSettings::default()
    }
}
