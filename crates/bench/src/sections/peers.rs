//! Other queues on the same server, by turns with ours.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sqlx::AssertSqlSafe;
use stevedore_queue::enqueue_many;
use tokio::process::Command;

use crate::bench::Bench;
use crate::fleet::{Shape, drain};
use crate::stage::batch_of;

const SECTION: &str = "peers";
const DATABASE: &str = "stevedore_bench_peers";
/// How long all peers together may take for one round.
const PATIENCE: Duration = Duration::from_secs(900);
const BATCH: u64 = 1000;

/// A line of a peer's script.
#[derive(Deserialize)]
struct Line {
    peer: String,
    enqueue_per_s: f64,
    drain_per_s: f64,
}

/// The rounds of one queue.
#[derive(Default)]
struct Rates {
    enqueue: Vec<f64>,
    drain: Vec<f64>,
}

/// Runs the folder's script `run` once a round, with `DATABASE_URL` of an empty database of the
/// same server and `JOBS`; each line of its stdout is a JSON object.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let mut peers: BTreeMap<String, Rates> = BTreeMap::new();
    let mut ours = Rates::default();
    let mut in_server = Vec::new();
    bench.screen.plan(2 * (bench.settings.rounds() + 1));
    for round in bench.rounds() {
        bench.step("peers", round);
        let lines = run_peers(bench).await?;
        bench.step("ours, beside the peers", round);
        let made_there = enqueue_in_server(bench).await?;
        let (enqueue, drain) = run_ours(bench).await?;
        if round == 0 {
            continue;
        }
        in_server.push(made_there);
        ours.enqueue.push(enqueue);
        ours.drain.push(drain);
        for line in lines {
            let rates = peers.entry(line.peer).or_default();
            rates.enqueue.push(line.enqueue_per_s);
            rates.drain.push(line.drain_per_s);
        }
    }
    let our_enqueue = bench
        .report
        .add(SECTION, "ours, enqueue", "jobs/s", &ours.enqueue);
    let our_in_server = bench
        .report
        .add(SECTION, "ours, enqueue by SQL", "jobs/s", &in_server);
    let our_drain = bench
        .report
        .add(SECTION, "ours, drain", "jobs/s", &ours.drain);
    let (mut best_enqueue, mut best_drain): (f64, f64) = (0.0, 0.0);
    for (peer, rates) in &peers {
        let enqueue = bench.report.add(
            SECTION,
            format!("{peer}, enqueue"),
            "jobs/s",
            &rates.enqueue,
        );
        bench.report.compare("ours", our_enqueue);
        let drain = bench
            .report
            .add(SECTION, format!("{peer}, drain"), "jobs/s", &rates.drain);
        bench.report.compare("ours", our_drain);
        best_enqueue = best_enqueue.max(enqueue);
        best_drain = best_drain.max(drain);
    }
    if best_drain > 0.0 {
        bench
            .report
            .headline("drain_to_best_peer", our_drain / best_drain);
        bench.report.headline(
            "enqueue_to_best_peer",
            our_enqueue.max(our_in_server) / best_enqueue,
        );
    }
    bench.stage.clear().await
}

/// Batches of 1,000 that the server makes itself, by one statement: as the drivers of peers do that
/// have a function for it.
async fn enqueue_in_server(bench: &Bench) -> anyhow::Result<f64> {
    let stage = &bench.stage;
    let jobs = bench.settings.jobs();
    stage.clear().await?;
    let began = Instant::now();
    sqlx::query(
        "select count(queue.enqueue_columns(
          b.args, '{bench_tick}', '{bench}', '{null}', '{null}', '{null}', '{null}'))
        from (
          select array_agg(jsonb_build_object('number', n)) as args
          from generate_series(0, $1 - 1) as n
          group by n / $2
        ) as b",
    )
    .bind(i64::try_from(jobs)?)
    .bind(i64::try_from(BATCH)?)
    .execute(&stage.pool)
    .await?;
    Ok(jobs as f64 / began.elapsed().as_secs_f64())
}

/// Batches of 1,000 by one client, then a drain by two workers.
async fn run_ours(bench: &Bench) -> anyhow::Result<(f64, f64)> {
    let stage = &bench.stage;
    let jobs = bench.settings.jobs();
    stage.clear().await?;
    let pool = stage.connect(2)?;
    drop(pool.acquire().await?);
    let began = Instant::now();
    for start in (0..jobs).step_by(BATCH as usize) {
        enqueue_many(&pool, &batch_of(start, BATCH)?).await?;
    }
    let enqueued = began.elapsed().as_secs_f64();
    pool.close().await;
    let count = jobs.div_ceil(BATCH) * BATCH;
    let shape = Shape {
        workers: 2,
        processes: false,
        batch: bench.settings.batch,
        metered: true,
    };
    let drained = drain(stage, shape, count).await?.as_secs_f64();
    Ok((count as f64 / enqueued, count as f64 / drained))
}

async fn run_peers(bench: &Bench) -> anyhow::Result<Vec<Line>> {
    let folder = bench
        .settings
        .peers
        .as_ref()
        .context("no folder of peers was given")?;
    let url = new_database(bench).await?;
    let running = Command::new(folder.join("run"))
        .current_dir(folder)
        .env("DATABASE_URL", url.expose_secret())
        .env("JOBS", bench.settings.jobs().to_string())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output();
    let Ok(output) = tokio::time::timeout(PATIENCE, running).await else {
        bail!("the peers did not end within {PATIENCE:?}");
    };
    let output = output.with_context(|| format!("cannot run {}/run", folder.display()))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    drop_database(bench).await?;
    Ok(lines)
}

async fn new_database(bench: &Bench) -> anyhow::Result<SecretString> {
    drop_database(bench).await?;
    let sql = format!("create database {DATABASE}");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&bench.stage.pool)
        .await?;
    let _ = sqlx::query("checkpoint").execute(&bench.stage.pool).await;
    bench
        .stage
        .url_of(DATABASE)
        .context("peers are measured on a private server only")
}

async fn drop_database(bench: &Bench) -> anyhow::Result<()> {
    let sql = format!("drop database if exists {DATABASE} with (force)");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&bench.stage.pool)
        .await?;
    Ok(())
}
