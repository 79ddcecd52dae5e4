//! What ten workers ask of the database when there is nothing to do.

use std::time::Duration;

use super::latency::by_default;
use crate::bench::Bench;
use crate::fleet::{Clock, Worker};

const SECTION: &str = "idle";
const WORKERS: usize = 10;
/// Workers ask more at first: who is there, what is due.
const SETTLING: Duration = Duration::from_secs(5);

/// Counts transactions: of a worker's queries nearly all are one each.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    bench.screen.plan(1);
    bench.screen.step("ten idle workers");
    bench.stage.clear().await?;
    let clock = Clock::new(0);
    let workers: Vec<Worker> = (0..WORKERS)
        .map(|number| {
            let mut settings = by_default();
            settings.name = format!("bench-{number}");
            Worker::start(&bench.stage, settings, &clock)
        })
        .collect::<anyhow::Result<_>>()?;
    tokio::time::sleep(SETTLING).await;
    let before = transactions(bench).await?;
    let watched = bench.settings.idle_for();
    tokio::time::sleep(watched).await;
    let count = transactions(bench).await? - before;
    for worker in workers {
        worker.stop().await?;
    }
    let per_min = count / watched.as_secs_f64() * 60.0;
    bench.report.add(
        SECTION,
        "transactions of ten workers",
        "a minute",
        &[per_min],
    );
    bench.report.headline("idle_queries_per_min", per_min);
    Ok(())
}

/// Sessions with little to do tell late what they did (within ten seconds): what is missing at the
/// end was there to be missed at the beginning.
async fn transactions(bench: &Bench) -> anyhow::Result<f64> {
    Ok(bench.stage.counters().await?.commits())
}
