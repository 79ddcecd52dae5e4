//! From a job's commit to its handler's start, when there is nothing else to do.

use std::time::Duration;

use super::latency::{Pace, report_percentiles, seen_by};
use crate::bench::Bench;

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
        let seen = seen_by(bench, 1, Pace { jobs, every: EVERY }).await?;
        if round > 0 {
            let (p50, p99) = seen.percentiles();
            p50s.push(p50);
            p99s.push(p99);
        }
    }
    let (p50, p99) = report_percentiles(bench, SECTION, &p50s, &p99s);
    bench.report.headline("pickup_p50_ms", p50);
    bench.report.headline("pickup_p99_ms", p99);
    Ok(())
}
