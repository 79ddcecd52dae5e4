//! What it costs that jobs of one group never overlap.

use super::ceiling;
use crate::bench::Bench;
use crate::fleet::{Shape, drain};
use crate::stage::Kind;

const SECTION: &str = "groups";
/// Groups that the jobs belong to by turns.
const GROUPS: u64 = 1000;
/// Worker processes whose handlers write.
const WRITING_PROCESSES: usize = 8;
/// Jobs that a claim of theirs takes; twice as many run at once, which is what a worker has by
/// default.
const WRITING_BATCH: usize = 16;
/// Of the jobs of a drain so many are enough of those that commit one by one.
const WRITING_SHARE: u64 = 10;

const DEEDS: &str = "create table bench.deeds (job_id bigint, number bigint)";

/// The same drain with and without group keys, by turns: of jobs whose handlers complete them in a
/// transaction of their own, over several processes, and of jobs that do nothing, in this one.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    ceiling::create(&bench.stage, DEEDS).await?;
    bench.screen.plan(4 * (bench.settings.rounds() + 1));
    let writing = drain_both(bench, true).await?;
    let idle = drain_both(bench, false).await?;
    bench.report.headline("groups_to_plain", writing);
    bench.report.headline("groups_to_plain_no_op", idle);
    ceiling::drop_all(&bench.stage).await?;
    bench.stage.clear().await
}

/// Answers the rate with groups, in parts of the one without.
async fn drain_both(bench: &mut Bench, writes: bool) -> anyhow::Result<f64> {
    let (jobs, workers, batch, what) = if writes {
        let jobs = bench.settings.jobs() / WRITING_SHARE;
        let what = "transactional handlers";
        (jobs, WRITING_PROCESSES, WRITING_BATCH, what)
    } else {
        let settings = &bench.settings;
        (settings.jobs(), 2, settings.batch, "no-op jobs")
    };
    let shape = Shape {
        workers,
        processes: writes,
        batch,
        metered: true,
    };
    let mut rates = [(None, Vec::new()), (Some(GROUPS), Vec::new())];
    for round in bench.rounds() {
        for (groups, rates) in &mut rates {
            let with = if groups.is_some() { "with" } else { "without" };
            bench.step(&format!("{what} {with} groups"), round);
            bench.stage.clear().await?;
            let kind = Kind {
                groups: *groups,
                writes,
            };
            bench.stage.fill_with(jobs, kind).await?;
            let took = drain(&bench.stage, shape, jobs).await?;
            if round > 0 {
                rates.push(jobs as f64 / took.as_secs_f64());
            }
        }
    }
    let [(_, plain), (_, grouped)] = &rates;
    let name = format!("drain of {what} without group keys");
    let plain = bench.report.add(SECTION, name, "jobs/s", plain);
    let name = format!("drain of {what} with {GROUPS} groups");
    let grouped = bench.report.add(SECTION, name, "jobs/s", grouped);
    bench.report.compare("without", plain);
    Ok(grouped / plain)
}
