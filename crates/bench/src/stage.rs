//! The database that is measured.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use secrecy::SecretString;
use sqlx::PgPool;
use stevedore_database::{
    DatabaseSettings, InstallOptions, Installation, PrivateServer, PrivateServerOptions, connect,
    install,
};
use stevedore_queue::{NewJob, enqueue_many};

use crate::fleet::Tick;
use crate::screen::Screen;

/// Jobs in one enqueue while a queue is filled.
const FILL_BATCH: u64 = 1000;
/// Connections that fill it.
const FILL_CONNECTIONS: u64 = 2;

/// A database whose queue is ours for the run.
pub struct Stage {
    /// How to reach it.
    pub url: SecretString,
    /// For preparing and looking; what is measured has pools of its own.
    pub pool: PgPool,
    /// What runs there, for people.
    pub postgres: String,
    /// The folder of the server's programs, where `pgbench` may lie, too.
    pub programs: Option<PathBuf>,
    server: Option<PrivateServer>,
}

/// What PostgreSQL counts.
#[derive(Clone, Copy, Debug)]
pub struct Counters {
    wal_bytes: f64,
    commits: f64,
}

impl Counters {
    /// Transactions committed.
    pub fn commits(&self) -> f64 {
        self.commits
    }
}

/// What a measurement cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Bytes of write-ahead log.
    pub wal_bytes: f64,
    /// Transactions.
    pub commits: f64,
}

impl Stage {
    /// Starts a private server, or looks whether the given database may be used.
    pub async fn set(given: Option<&SecretString>, screen: &Screen) -> anyhow::Result<Stage> {
        let server = match given {
            Some(_) => None,
            None => Some(PrivateServer::start(PrivateServerOptions::default()).await?),
        };
        let url = match (given, &server) {
            (Some(url), _) => url.clone(),
            (None, Some(server)) => server.url(),
            (None, None) => unreachable!("a server was started above"),
        };
        let mut wanted = DatabaseSettings::new(url.clone());
        // Filling a table with millions of rows takes minutes.
        wanted.database_statement_timeout = Duration::from_secs(3600);
        wanted.database_idle_in_transaction_timeout = Duration::ZERO;
        let pool = connect(&wanted)?;
        install(&url, InstallOptions::default()).await?;
        let alive = stevedore_queue::workers_alive(&pool).await?;
        ensure!(
            alive == 0,
            "{alive} workers run on this database; a measurement needs its own"
        );
        let jobs: bool = sqlx::query_scalar("select exists (select from queue.jobs)")
            .fetch_one(&pool)
            .await?;
        ensure!(
            !jobs,
            "there are jobs in this database; a measurement needs an empty one"
        );
        let version: String = sqlx::query_scalar("show server_version")
            .fetch_one(&pool)
            .await?;
        let programs = match &server {
            Some(server) => Some(server.installation().bin.clone()),
            None => Installation::discover().ok().map(|found| found.bin),
        };
        let postgres = version.split(' ').next().unwrap_or_default().to_owned();
        let whose = if server.is_some() { "private" } else { "given" };
        screen.tell(&format!("PostgreSQL {postgres}, {whose}"));
        Ok(Stage {
            url,
            pool,
            postgres,
            programs,
            server,
        })
    }

    /// Another database of a private server.
    pub fn url_of(&self, database: &str) -> Option<SecretString> {
        self.server.as_ref().map(|server| server.url_of(database))
    }

    /// A pool as a real program has it.
    pub fn connect(&self, connections: u32) -> anyhow::Result<PgPool> {
        let mut settings = DatabaseSettings::new(self.url.clone());
        settings.database_pool_max = connections;
        Ok(connect(&settings)?)
    }

    /// Empties the queue, and lets the server write down what it has put off, so that one round
    /// does not pay for the one before.
    pub async fn clear(&self) -> anyhow::Result<()> {
        self.clear_jobs().await?;
        sqlx::query("truncate queue.finished_jobs")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// As [`Self::clear`], but leaves history.
    pub async fn clear_jobs(&self) -> anyhow::Result<()> {
        sqlx::query("truncate queue.jobs, queue.attempts_log")
            .execute(&self.pool)
            .await?;
        // Needs a right that the user of a given database may not have; then it is noisier.
        let _ = sqlx::query("checkpoint").execute(&self.pool).await;
        Ok(())
    }

    /// Puts no-op jobs into the queue `bench`, numbered from 0.
    pub async fn fill(&self, jobs: u64) -> anyhow::Result<()> {
        self.fill_with(jobs, Kind::default()).await
    }

    /// As [`Self::fill`], with jobs of a kind.
    pub async fn fill_with(&self, jobs: u64, kind: Kind) -> anyhow::Result<()> {
        let pool = self.connect(2)?;
        let filling = (0..FILL_CONNECTIONS).map(|lane| {
            let pool = &pool;
            async move {
                let starts = (0..jobs).step_by(FILL_BATCH as usize);
                for start in starts
                    .skip(lane as usize)
                    .step_by(FILL_CONNECTIONS as usize)
                {
                    let batch = batch_with(start, FILL_BATCH.min(jobs - start), kind)?;
                    enqueue_many(pool, &batch).await?;
                }
                anyhow::Ok(())
            }
        });
        let filled: anyhow::Result<Vec<()>> = futures_of(filling).await;
        filled?;
        pool.close().await;
        Ok(())
    }

    /// Waits until no job is left.
    pub async fn until_empty(&self) -> anyhow::Result<()> {
        let question = "select exists (select from queue.jobs)";
        while sqlx::query_scalar::<_, bool>(question)
            .fetch_one(&self.pool)
            .await?
        {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// What the server has counted so far. Sessions tell when they end, so end them before.
    pub async fn counters(&self) -> anyhow::Result<Counters> {
        let (wal_bytes, commits): (f64, f64) = sqlx::query_as(
            "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8, \
             (select xact_commit::float8 from pg_stat_database \
              where datname = current_database())",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Counters { wal_bytes, commits })
    }

    /// What was used since then.
    pub async fn cost_since(&self, before: Counters) -> anyhow::Result<Cost> {
        let now = self.counters().await?;
        Ok(Cost {
            wal_bytes: now.wal_bytes - before.wal_bytes,
            commits: now.commits - before.commits,
        })
    }

    /// Dead rows of the hot table, and its bytes with indexes.
    pub async fn hot_table(&self) -> anyhow::Result<(f64, f64)> {
        sqlx::query_as(
            "select pg_stat_get_dead_tuples('queue.jobs'::regclass)::float8, \
             pg_total_relation_size('queue.jobs')::float8",
        )
        .fetch_one(&self.pool)
        .await
        .context("the size of queue.jobs")
    }

    /// Leaves a given database as it was, and ends a private one.
    pub async fn strike(self) -> anyhow::Result<()> {
        self.clear().await?;
        self.pool.close().await;
        if let Some(server) = self.server {
            server.stop().await?;
        }
        Ok(())
    }
}

/// What jobs are like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kind {
    /// They belong to so many groups, by turns.
    pub groups: Option<u64>,
    /// They write, in the transaction that completes them.
    pub writes: bool,
}

/// No-op jobs with these numbers.
pub fn batch_of(start: u64, count: u64) -> anyhow::Result<Vec<NewJob>> {
    batch_with(start, count, Kind::default())
}

fn batch_with(start: u64, count: u64, kind: Kind) -> anyhow::Result<Vec<NewJob>> {
    let job = |number| {
        let job = NewJob::of(&Tick {
            number,
            writes: kind.writes,
        })?;
        anyhow::Ok(match kind.groups {
            Some(groups) => job.group_key(format!("group-{}", number % groups)),
            None => job,
        })
    };
    (start..start + count).map(job).collect()
}

/// Runs futures side by side on this task; the first failure ends all.
pub async fn futures_of<T>(
    futures: impl IntoIterator<Item = impl Future<Output = anyhow::Result<T>>>,
) -> anyhow::Result<Vec<T>> {
    futures::future::try_join_all(futures).await
}
