//! What it costs that jobs of one group never overlap.

use crate::bench::Bench;
use crate::fleet::{Shape, drain};

const SECTION: &str = "groups";
/// Groups that the jobs belong to by turns.
const GROUPS: u64 = 1000;

/// The same drain with and without group keys, by turns.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let jobs = bench.settings.jobs();
    let shape = Shape {
        workers: 2,
        processes: false,
        batch: bench.settings.batch,
    };
    let mut rates = [(None, Vec::new()), (Some(GROUPS), Vec::new())];
    bench.screen.plan(2 * (bench.settings.rounds() + 1));
    for round in bench.rounds() {
        for (groups, rates) in &mut rates {
            bench.step(
                if groups.is_some() {
                    "with groups"
                } else {
                    "without groups"
                },
                round,
            );
            bench.stage.clear().await?;
            bench.stage.fill(jobs, *groups).await?;
            let took = drain(&bench.stage, shape, jobs).await?;
            if round > 0 {
                rates.push(jobs as f64 / took.as_secs_f64());
            }
        }
    }
    let [(_, plain), (_, grouped)] = &rates;
    let plain = bench
        .report
        .add(SECTION, "drain without group keys", "jobs/s", plain);
    let what = format!("drain with {GROUPS} groups");
    let grouped = bench.report.add(SECTION, what, "jobs/s", grouped);
    bench.report.compare("without", plain);
    bench.report.headline("groups_to_plain", grouped / plain);
    bench.stage.clear().await
}
