//! What PostgreSQL alone could do: the bare statements of a queue, run by pgbench.
//!
//! No fence, no history, no retries, no groups: a table, one partial index, and the two statements
//! that nothing can do without. What our queue reaches of it is what its promises cost.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use sqlx::AssertSqlSafe;
use tempfile::TempDir;
use tokio::process::Command;

use crate::stage::Stage;

/// Clients of pgbench, each with a connection: as many as this kind of machine has cores.
const CLIENTS: u64 = 2;

const TABLE: &str = "
create table bench.ceiling (
  job_id bigint generated always as identity primary key,
  run_at timestamptz not null default now(),
  worker_id bigint,
  attempt integer not null default 0,
  priority smallint not null default 0,
  state text not null default 'ready',
  queue text not null default 'bench',
  kind text not null default 'bench_tick',
  args jsonb not null default '{}'
);
create index on bench.ceiling (queue, priority, run_at, job_id) where state = 'ready'";

const INSERT: &str = "
insert into bench.ceiling (args)
select jsonb_build_object('number', number) from generate_series(1, :batch) as number;
";

const DRAIN: &str = "
with claimed as (
  update bench.ceiling as j
  set state = 'running', attempt = j.attempt + 1, worker_id = :client_id
  from (
    select job_id from bench.ceiling
    where state = 'ready' and queue = 'bench'
    order by priority, run_at, job_id
    limit :batch
    for update skip locked
  ) as ready
  where j.job_id = ready.job_id
  returning j.job_id, j.kind, j.args
)
select array_agg(job_id) as ids, max(args::text) as args from claimed \\gset
delete from bench.ceiling where job_id = any (:ids::bigint[]);
";

/// pgbench and its scripts; its table lives as long as the section.
pub struct Ceiling<'s> {
    stage: &'s Stage,
    program: PathBuf,
    scripts: TempDir,
}

impl<'s> Ceiling<'s> {
    /// Finds pgbench beside the server's programs or in the search path. None: there is none.
    pub async fn prepare(stage: &'s Stage) -> anyhow::Result<Option<Ceiling<'s>>> {
        let beside = stage.programs.as_ref().map(|folder| folder.join("pgbench"));
        let candidates = beside.into_iter().chain([PathBuf::from("pgbench")]);
        for program in candidates {
            let asked = Command::new(&program)
                .arg("--version")
                .stdout(Stdio::null())
                .status();
            if asked.await.is_ok_and(|status| status.success()) {
                let scripts = tempfile::Builder::new()
                    .prefix("stevedore-bench-")
                    .tempdir()?;
                std::fs::write(scripts.path().join("insert.sql"), INSERT)?;
                std::fs::write(scripts.path().join("drain.sql"), DRAIN)?;
                create(stage, TABLE).await?;
                return Ok(Some(Ceiling {
                    stage,
                    program,
                    scripts,
                }));
            }
        }
        Ok(None)
    }

    /// Jobs per second of inserts of `batch` rows.
    pub async fn insert(&self, jobs: u64, batch: u64) -> anyhow::Result<f64> {
        self.empty().await?;
        self.run("insert.sql", jobs, batch).await
    }

    /// Jobs per second of claiming and deleting `batch` rows.
    pub async fn drain(&self, jobs: u64, batch: u64) -> anyhow::Result<f64> {
        self.empty().await?;
        sqlx::query(
            "insert into bench.ceiling (args) \
             select jsonb_build_object('number', number) from generate_series(1, $1) as number",
        )
        .bind(i64::try_from(jobs)?)
        .execute(&self.stage.pool)
        .await?;
        let _ = sqlx::query("checkpoint").execute(&self.stage.pool).await;
        self.run("drain.sql", jobs, batch).await
    }

    async fn empty(&self) -> anyhow::Result<()> {
        sqlx::query("truncate bench.ceiling")
            .execute(&self.stage.pool)
            .await?;
        Ok(())
    }

    async fn run(&self, script: &str, jobs: u64, batch: u64) -> anyhow::Result<f64> {
        let transactions = (jobs / batch / CLIENTS).max(1);
        let output = Command::new(&self.program)
            .args(["--no-vacuum", "--protocol=prepared"])
            .arg(format!("--client={CLIENTS}"))
            .arg(format!("--jobs={CLIENTS}"))
            .arg(format!("--transactions={transactions}"))
            .arg(format!("--define=batch={batch}"))
            .arg("--file")
            .arg(self.scripts.path().join(script))
            .arg(self.stage.url.expose_secret())
            .output()
            .await
            .context("cannot run pgbench")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let rate = said.lines().find_map(|line| {
            let words = line.strip_prefix("tps = ")?;
            words.split(' ').next()?.parse::<f64>().ok()
        });
        match rate {
            Some(per_s) if output.status.success() => Ok(per_s * batch as f64),
            _ => bail!("pgbench: {}", String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// Drops the table.
    pub async fn end(self) -> anyhow::Result<()> {
        drop_all(self.stage).await
    }
}

/// Makes tables of our own in a schema of our own.
pub async fn create(stage: &Stage, tables: &'static str) -> anyhow::Result<()> {
    drop_all(stage).await?;
    let sql = format!("create schema bench; {tables}");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&stage.pool)
        .await?;
    Ok(())
}

/// Drops them.
pub async fn drop_all(stage: &Stage) -> anyhow::Result<()> {
    let sql = "set client_min_messages = warning; drop schema if exists bench cascade; \
               reset client_min_messages";
    sqlx::raw_sql(sql).execute(&stage.pool).await?;
    Ok(())
}
