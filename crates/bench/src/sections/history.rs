//! A drain with finished jobs behind, beside one without.

use crate::bench::Bench;
use crate::fleet::{Shape, drain};

const SECTION: &str = "history";
/// Rows that one statement writes, so that the bar moves.
const CHUNK: u64 = 500_000;

/// Fresh first, then on top of history; the same fleet, as many rounds of each.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let rows = bench.settings.history();
    bench.screen.plan(2 * (bench.settings.rounds() + 1) + 1);
    bench.stage.clear().await?;
    let fresh = drains(bench, "without history").await?;
    bench.screen.step(&format!("writing {rows} finished jobs"));
    write_history(bench, rows).await?;
    let aged = drains(bench, "with history").await?;
    let fresh = bench
        .report
        .add(SECTION, "drain without history", "jobs/s", &fresh);
    let what = format!("drain with {rows} finished jobs");
    let aged = bench.report.add(SECTION, what, "jobs/s", &aged);
    bench.report.compare("without", fresh);
    bench.report.headline("history_to_fresh", aged / fresh);
    bench.stage.clear().await
}

async fn drains(bench: &Bench, what: &str) -> anyhow::Result<Vec<f64>> {
    let jobs = bench.settings.jobs();
    let shape = Shape {
        workers: 2,
        processes: false,
        batch: bench.settings.batch,
        metered: true,
    };
    let mut rates = Vec::new();
    for round in bench.rounds() {
        bench.step(what, round);
        bench.stage.clear_jobs().await?;
        bench.stage.fill(jobs).await?;
        let took = drain(&bench.stage, shape, jobs).await?;
        if round > 0 {
            rates.push(jobs as f64 / took.as_secs_f64());
        }
    }
    Ok(rates)
}

/// All of them today, in the partition that the drain writes to: the worst that can be.
async fn write_history(bench: &Bench, rows: u64) -> anyhow::Result<()> {
    for start in (0..rows).step_by(CHUNK as usize) {
        sqlx::query(
            "insert into queue.finished_jobs (job_id, finished_at, run_at, created_at, \
             claimed_at, worker_id, attempt, forgiven, priority, max_attempts, state, queue, kind, \
             args) \
             select -number, now(), now(), now(), now(), 0, 1, 0, 0, 10, 'completed', 'bench', \
             'bench_tick', jsonb_build_object('number', number) \
             from generate_series($1::bigint, $2::bigint) as number",
        )
        .bind(i64::try_from(start + 1)?)
        .bind(i64::try_from(rows.min(start + CHUNK))?)
        .execute(&bench.stage.pool)
        .await?;
    }
    Ok(())
}
