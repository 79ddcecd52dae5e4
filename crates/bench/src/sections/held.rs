//! The same steady rate while a transaction holds an old snapshot, so that no dead row can go.

use sqlx::Connection;

use super::sustained::sustain;
use crate::bench::Bench;
use crate::fleet::{Shape, drain};

const SECTION: &str = "held";

/// Measures fresh, then again with a transaction that was begun before; both for as long. Each is
/// followed by a drain.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    bench.screen.plan(2);
    bench.screen.step("held transaction: fresh first");
    bench.stage.clear().await?;
    let fresh = once(bench).await?;

    bench.screen.step("held transaction: held");
    bench.stage.clear().await?;
    let mut holder = bench.stage.pool.acquire().await?.detach();
    sqlx::raw_sql("begin isolation level repeatable read; select count(*) from queue.jobs")
        .execute(&mut holder)
        .await?;
    let held = once(bench).await?;
    sqlx::raw_sql("rollback").execute(&mut holder).await?;
    holder.close().await?;

    let lasts = humantime::format_duration(bench.settings.held_for());
    let report = &mut bench.report;
    report.add(
        SECTION,
        format!("handled fresh, for {lasts}"),
        "jobs/s",
        &[fresh.per_s],
    );
    report.add(
        SECTION,
        format!("handled held, for {lasts}"),
        "jobs/s",
        &[held.per_s],
    );
    report.compare("fresh", fresh.per_s);
    report.add(SECTION, "pick-up p99 at the end, fresh", "ms", &[fresh.p99]);
    report.add(SECTION, "pick-up p99 at the end, held", "ms", &[held.p99]);
    report.compare("fresh", fresh.p99);
    report.add(
        SECTION,
        "drain afterwards, fresh",
        "jobs/s",
        &[fresh.drain_per_s],
    );
    report.add(
        SECTION,
        "drain afterwards, held",
        "jobs/s",
        &[held.drain_per_s],
    );
    report.compare("fresh", fresh.drain_per_s);
    report.add(
        SECTION,
        "dead rows at the end, held",
        "rows",
        &[held.dead_rows],
    );
    report.add(SECTION, "hot table at the end, held", "MB", &[held.hot_mb]);
    report.headline("held_to_fresh", held.per_s / fresh.per_s);
    report.headline("held_p99_to_fresh", held.p99 / fresh.p99.max(0.001));
    report.headline("held_drain_to_fresh", held.drain_per_s / fresh.drain_per_s);
    bench.stage.clear().await
}

struct Once {
    per_s: f64,
    p99: f64,
    drain_per_s: f64,
    dead_rows: f64,
    hot_mb: f64,
}

async fn once(bench: &Bench) -> anyhow::Result<Once> {
    let seen = sustain(bench, bench.settings.held_for()).await?;
    let (dead_rows, hot_bytes) = bench.stage.hot_table().await?;
    let jobs = bench.settings.jobs();
    bench.stage.fill(jobs).await?;
    let shape = Shape {
        workers: 2,
        processes: false,
        batch: bench.settings.batch,
        metered: true,
    };
    let took = drain(&bench.stage, shape, jobs).await?;
    Ok(Once {
        per_s: seen.per_s,
        p99: seen.percentiles_at_the_end().1,
        drain_per_s: jobs as f64 / took.as_secs_f64(),
        dead_rows,
        hot_mb: hot_bytes / 1e6,
    })
}
