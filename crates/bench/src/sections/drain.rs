//! No-op jobs, claimed, run and completed, beside the bare statements in the same minutes.

use super::ceiling::Ceiling;
use crate::bench::Bench;
use crate::fleet::{Shape, drain};

const SECTION: &str = "drain";
/// What the bare statements take at a time.
const CEILING_BATCHES: [u64; 2] = [100, 500];

/// The rounds of one fleet.
struct Runs {
    shape: Shape,
    per_s: Vec<f64>,
    wal_bytes: Vec<f64>,
    commits: Vec<f64>,
    dead_rows: Vec<f64>,
    hot_bytes: Vec<f64>,
}

/// Measures fleets by turns with the ceiling, so that a noisy minute hits both.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let mut fleets: Vec<Runs> = shapes(bench).into_iter().map(Runs::of).collect();
    let mut ceilings = CEILING_BATCHES.map(|batch| (batch, Vec::new()));
    let steps = (fleets.len() + ceilings.len()) as u32 * (bench.settings.rounds() + 1);
    bench.screen.plan(steps);
    let jobs = bench.settings.jobs();
    let ceiling = Ceiling::prepare(&bench.stage).await?;
    if ceiling.is_none() {
        bench
            .screen
            .tell("pgbench is not there: no ratio to the bare statements");
    }
    for round in bench.rounds() {
        for (batch, rates) in &mut ceilings {
            let Some(ceiling) = &ceiling else { continue };
            bench.step(&format!("bare statements, batch {batch}"), round);
            let per_s = ceiling.drain(jobs, *batch).await?;
            if round > 0 {
                rates.push(per_s);
            }
        }
        for runs in &mut fleets {
            bench.step(&format!("drain, {}", runs.shape.name()), round);
            runs.run(bench, jobs, round > 0).await?;
        }
    }
    if let Some(ceiling) = ceiling {
        ceiling.end().await?;
    }
    report(bench, &fleets, &ceilings);
    bench.stage.clear().await
}

fn shapes(bench: &Bench) -> Vec<Shape> {
    let batch = bench.settings.batch;
    let here = |workers, batch| Shape {
        workers,
        processes: false,
        batch,
        metered: true,
    };
    let mut shapes = vec![here(1, batch), here(2, batch)];
    if !bench.settings.quick {
        shapes.extend([here(4, batch), here(2, 10), here(2, 100), here(2, 1000)]);
    }
    shapes.push(Shape {
        workers: 2,
        processes: true,
        batch,
        metered: true,
    });
    shapes
}

impl Runs {
    fn of(shape: Shape) -> Runs {
        Runs {
            shape,
            per_s: Vec::new(),
            wal_bytes: Vec::new(),
            commits: Vec::new(),
            dead_rows: Vec::new(),
            hot_bytes: Vec::new(),
        }
    }

    async fn run(&mut self, bench: &Bench, jobs: u64, counts: bool) -> anyhow::Result<()> {
        let stage = &bench.stage;
        // Small claims take long; their rate needs fewer jobs to show.
        let jobs = if self.shape.batch < 100 {
            jobs / 5
        } else {
            jobs
        };
        stage.clear().await?;
        stage.fill(jobs).await?;
        let before = stage.counters().await?;
        let took = drain(stage, self.shape, jobs).await?;
        let cost = stage.cost_since(before).await?;
        let (dead_rows, hot_bytes) = stage.hot_table().await?;
        if counts {
            let each = jobs as f64;
            self.per_s.push(each / took.as_secs_f64());
            self.wal_bytes.push(cost.wal_bytes / each);
            self.commits.push(cost.commits / each);
            self.dead_rows.push(dead_rows);
            self.hot_bytes.push(hot_bytes / 1e6);
        }
        Ok(())
    }
}

fn report(bench: &mut Bench, fleets: &[Runs], ceilings: &[(u64, Vec<f64>)]) {
    let report = &mut bench.report;
    let mut best_ceiling: f64 = 0.0;
    for (batch, rates) in ceilings.iter().filter(|(_, rates)| !rates.is_empty()) {
        let what = format!("bare statements by pgbench, batch {batch}");
        best_ceiling = best_ceiling.max(report.add(SECTION, what, "jobs/s", rates));
    }
    let mut best: (f64, Option<&Runs>) = (0.0, None);
    for runs in fleets {
        let median = report.add(SECTION, runs.shape.name(), "jobs/s", &runs.per_s);
        report.compare("bare statements", best_ceiling);
        if median > best.0 {
            best = (median, Some(runs));
        }
    }
    let Some(runs) = best.1 else { return };
    report.headline("drain_per_s", best.0);
    if best_ceiling > 0.0 {
        report.headline("ceiling_drain_per_s", best_ceiling);
        report.headline("drain_to_ceiling", best.0 / best_ceiling);
    }
    let of = runs.shape.name();
    let wal = report.add(
        SECTION,
        format!("WAL per job, {of}"),
        "bytes",
        &runs.wal_bytes,
    );
    report.headline("wal_bytes_per_job", wal);
    report.add(
        SECTION,
        format!("commits per job, {of}"),
        "commits",
        &runs.commits,
    );
    report.add(
        SECTION,
        format!("dead rows left, {of}"),
        "rows",
        &runs.dead_rows,
    );
    report.add(
        SECTION,
        format!("hot table after, {of}"),
        "MB",
        &runs.hot_bytes,
    );
}
