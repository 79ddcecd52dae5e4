//! Worker processes of their own, for tests to kill and to freeze: this same test program, told by
//! its environment to be a worker.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use stevedore_database::process;
use stevedore_queue::{
    CancellationToken, Done, Failure, Job, JobContext, NewJob, Policy, RetryPolicy, Runner,
    RunnerSettings,
};
use stevedore_testkit::TestDb;

const URL: &str = "STEVEDORE_QUEUE_TEST_CHILD_URL";
const HEARTBEAT_MS: &str = "STEVEDORE_QUEUE_TEST_CHILD_HEARTBEAT_MS";
/// The advisory lock at which [`Way::DieAfterCommit`] waits.
pub const DEATH_LOCK: i64 = 4711;
/// How long a handler dallies that does. Longer than a worker takes to be declared dead.
const DALLY: Duration = Duration::from_millis(2500);

/// How a [`Deed`] is done. In its second attempt it is done at once.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Way {
    /// Writes its effect and completes in one transaction.
    AtOnce,
    /// As that, but never ends.
    Hang,
    /// Dallies between the effect and its completion in their transaction.
    Dally,
    /// Completes in its transaction, and dallies before the commit.
    CommitLate,
    /// Once the test has let go of its lock, completes in its transaction, commits, and dies before
    /// its worker hears of it.
    DieAfterCommit,
    /// Dallies, and leaves the completion to the worker.
    LeaveToWorker,
    /// Dallies, and fails.
    Fail,
}

/// The one job of these processes. It notes each beginning at once, and its effect in the
/// transaction that completes it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Deed {
    pub way: Way,
}

impl Job for Deed {
    type Environment = ();
    const KIND: &'static str = "deed";

    fn policy((): &()) -> Policy {
        Policy {
            retry: RetryPolicy::Fixed(vec![Duration::from_millis(1)]),
            max_attempts: 1000,
            timeout: Duration::from_secs(600),
            schedule: None,
        }
    }

    async fn run(self, ctx: &mut JobContext, (): &()) -> Result<Done, Failure> {
        let attempt = i64::from(ctx.attempt());
        let way = if attempt == 1 { self.way } else { Way::AtOnce };
        sqlx::query(
            "insert into deeds_begun (job_id, attempt, pid, group_key)
             select $1, $2, $3, group_key from queue.jobs where job_id = $1",
        )
        .bind(ctx.job_id())
        .bind(attempt)
        .bind(i64::from(std::process::id()))
        .execute(ctx.pool())
        .await?;
        match way {
            Way::LeaveToWorker => {
                tokio::time::sleep(DALLY).await;
                return Ok(Done::completed());
            }
            Way::Fail => {
                tokio::time::sleep(DALLY).await;
                return Err(anyhow::anyhow!("too late to fail").into());
            }
            _ => {}
        }
        let mut tx = ctx.begin().await?;
        sqlx::query("insert into deeds (job_id, attempt) values ($1, $2)")
            .bind(ctx.job_id())
            .bind(attempt)
            .execute(&mut *tx)
            .await?;
        match way {
            Way::Hang => std::future::pending().await,
            Way::Dally => tokio::time::sleep(DALLY).await,
            Way::DieAfterCommit => {
                sqlx::query("select pg_advisory_xact_lock($1)")
                    .bind(DEATH_LOCK)
                    .execute(&mut *tx)
                    .await?;
            }
            _ => {}
        }
        let done = ctx.complete_in(&mut tx).await?;
        if matches!(way, Way::CommitLate) {
            tokio::time::sleep(DALLY).await;
        }
        tx.commit().await?;
        if matches!(way, Way::DieAfterCommit) {
            std::process::abort();
        }
        Ok(done)
    }
}

pub fn deed(way: Way) -> NewJob {
    NewJob::of(&Deed { way }).expect("it serialises")
}

/// Makes the tables that deeds write. No keys: doing it twice must show.
pub async fn make_deeds(pool: &PgPool) {
    for table in [
        "create table deeds_begun (job_id bigint, attempt bigint, pid bigint, group_key text,
           at timestamptz not null default clock_timestamp())",
        "create table deeds (job_id bigint, attempt bigint,
           at timestamptz not null default clock_timestamp())",
        "create table killed (pid bigint, at timestamptz not null default clock_timestamp())",
    ] {
        sqlx::query(table).execute(pool).await.expect("it is made");
    }
}

/// A worker of deeds in this process.
pub fn worker(pool: &PgPool, settings: RunnerSettings) -> CancellationToken {
    let runner = Runner::builder(pool.clone(), Arc::new(()), settings)
        .register::<Deed>()
        .build();
    let shutdown = CancellationToken::new();
    tokio::spawn(runner.run(shutdown.clone()));
    shutdown
}

/// A worker process. Killed when dropped.
pub struct Child {
    process: std::process::Child,
}

impl Child {
    /// Starts one, with the default settings but for the heartbeat.
    pub fn start(db: &TestDb, heartbeat: Duration) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("where is this test?"));
        command
            .args(["--exact", "children::child_process", "--ignored"])
            .env(URL, db.url().expose_secret())
            .env(HEARTBEAT_MS, heartbeat.as_millis().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        process::die_with_parent(&mut command, libc::SIGKILL);
        Child {
            process: command.spawn().expect("the child starts"),
        }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    pub fn freeze(&self) {
        process::signal(self.pid(), libc::SIGSTOP);
    }

    pub fn thaw(&self) {
        process::signal(self.pid(), libc::SIGCONT);
    }

    /// Waits until it has died by itself.
    pub fn wait(&mut self) {
        self.process.wait().expect("it ends");
    }

    /// Kills it, and waits until it is gone.
    pub fn kill(&mut self) {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it ends");
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Errors: it is gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Not a test: the worker process.
#[tokio::test]
#[ignore = "the child process of other tests"]
#[expect(
    clippy::disallowed_methods,
    reason = "how the parent tells its child where to work"
)]
async fn child_process() {
    let (Ok(url), Ok(heartbeat_ms)) = (std::env::var(URL), std::env::var(HEARTBEAT_MS)) else {
        return;
    };
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .connect(&url)
        .await
        .expect("the child connects");
    let settings = RunnerSettings {
        name: format!("child-{}", std::process::id()),
        concurrency: 6,
        heartbeat: Duration::from_millis(heartbeat_ms.parse().expect("milliseconds")),
        ..RunnerSettings::default()
    };
    Runner::builder(pool, Arc::new(()), settings)
        .register::<Deed>()
        .build()
        .run(CancellationToken::new())
        .await
        .expect("the child works until it is killed");
}
