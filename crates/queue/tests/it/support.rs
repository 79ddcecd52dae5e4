//! One job that does what its arguments say, and a worker around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use stevedore_queue::{
    CancellationToken, Done, Failure, Job, JobContext, JobView, NewJob, Policy, RetryPolicy,
    Runner, RunnerError, RunnerSettings, enqueue, find,
};
use stevedore_testkit::wait_for;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// What the handlers of a test share with the test.
#[derive(Debug)]
pub struct Stage {
    /// Handlers that have begun.
    pub begun: AtomicUsize,
    /// Handlers that are between beginning and end.
    pub running: AtomicUsize,
    /// The most that ever were.
    pub running_max: AtomicUsize,
    /// Jobs that wait for the test pass when it adds permits.
    pub gate: Semaphore,
    /// The policy of [`Act`].
    pub policy: Policy,
}

impl Default for Stage {
    fn default() -> Self {
        Stage {
            begun: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            running_max: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            policy: Policy {
                retry: RetryPolicy::Fixed(vec![Duration::from_millis(1)]),
                max_attempts: 3,
                timeout: Duration::from_secs(60),
                schedule: None,
            },
        }
    }
}

impl Stage {
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    pub async fn until_begun(&self, count: usize) {
        wait_for(&format!("{count} handlers to begin"), async || {
            (self.begun() >= count).then_some(())
        })
        .await;
    }
}

/// What an [`Act`] does.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    Complete,
    /// Inserts its id into `effects` and completes, in one transaction.
    Effect,
    /// As `Effect`, but waits at the gate before it completes.
    EffectAfterGate,
    /// As `Effect`, but fails after the commit.
    EffectThenFail,
    /// Fails with an error that has a cause.
    Fail,
    /// Fails in its first attempts, then completes.
    FailTimes(u32),
    Panic,
    Hang,
    SnoozeOnce,
    Discard,
    Fatal,
    RetryAfterMs(u64),
    /// Waits for the test to open the gate.
    Gate,
    /// Waits until it is cancelled.
    UntilCancelled,
    /// Says that its transaction completed it, but rolls it back.
    ForgetCommit,
    /// Enqueues another job in the transaction that completes it.
    Follow,
}

/// The one job of these tests.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Act {
    pub does: Does,
}

/// Lowers the count of running handlers however the handler ends.
struct Running<'a>(&'a Stage);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Job for Act {
    type Environment = Stage;
    const KIND: &'static str = "act";

    fn policy(stage: &Stage) -> Policy {
        stage.policy.clone()
    }

    async fn run(self, ctx: &mut JobContext, stage: &Stage) -> Result<Done, Failure> {
        let running = stage.running.fetch_add(1, Ordering::SeqCst) + 1;
        stage.running_max.fetch_max(running, Ordering::SeqCst);
        let _running = Running(stage);
        stage.begun.fetch_add(1, Ordering::SeqCst);
        act(self.does, ctx, stage).await
    }
}

async fn act(does: Does, ctx: &mut JobContext, stage: &Stage) -> Result<Done, Failure> {
    match does {
        Does::Complete => Ok(Done::completed()),
        Does::Effect => effect(ctx, None).await,
        Does::EffectAfterGate => effect(ctx, Some(stage)).await,
        Does::EffectThenFail => {
            let _committed = effect(ctx, None).await?;
            Err(anyhow::anyhow!("after the commit").into())
        }
        Does::Fail => Err(anyhow::anyhow!("the cause").context("it failed").into()),
        Does::FailTimes(times) if ctx.attempt() <= times => {
            Err(anyhow::anyhow!("attempt {}", ctx.attempt()).into())
        }
        Does::FailTimes(_) => Ok(Done::completed()),
        Does::Panic => panic!("a handler panicked"),
        Does::Hang => std::future::pending().await,
        Does::SnoozeOnce if stage.begun() == 1 => Err(Failure::Snooze(Duration::from_millis(1))),
        Does::SnoozeOnce => Ok(Done::completed()),
        Does::Discard => Err(Failure::Discard("nothing to do".to_owned())),
        Does::Fatal => Err(Failure::fatal(anyhow::anyhow!("hopeless"))),
        Does::RetryAfterMs(wait) => {
            let error = anyhow::anyhow!("busy");
            Err(Failure::retry_after(error, Duration::from_millis(wait)))
        }
        Does::Gate => {
            stage.gate.acquire().await?.forget();
            Ok(Done::completed())
        }
        Does::UntilCancelled => {
            ctx.cancelled().cancelled().await;
            Err(Failure::Cancelled("asked to stop".to_owned()))
        }
        Does::ForgetCommit => {
            let mut tx = ctx.begin().await?;
            let done = ctx.complete_in(&mut tx).await?;
            tx.rollback().await?;
            Ok(done)
        }
        Does::Follow => {
            let mut tx = ctx.begin().await?;
            let next = Act {
                does: Does::Complete,
            };
            enqueue(&mut *tx, &NewJob::of(&next)?).await?;
            let done = ctx.complete_in(&mut tx).await?;
            tx.commit().await?;
            Ok(done)
        }
    }
}

async fn effect(ctx: &mut JobContext, gate: Option<&Stage>) -> Result<Done, Failure> {
    let mut tx = ctx.begin().await?;
    sqlx::query("insert into effects (job_id, attempt) values ($1, $2)")
        .bind(ctx.job_id())
        .bind(i64::from(ctx.attempt()))
        .execute(&mut *tx)
        .await?;
    if let Some(stage) = gate {
        stage.gate.acquire().await?.forget();
    }
    sqlx::query("update effects set ended = clock_timestamp() where job_id = $1")
        .bind(ctx.job_id())
        .execute(&mut *tx)
        .await?;
    let done = ctx.complete_in(&mut tx).await?;
    tx.commit().await?;
    Ok(done)
}

/// Makes the table that [`Does::Effect`] writes. No key: doing it twice must show.
pub async fn make_effects(pool: &PgPool) {
    sqlx::query(
        "create table effects (
           job_id bigint not null,
           attempt bigint not null,
           began timestamptz not null default clock_timestamp(),
           ended timestamptz)",
    )
    .execute(pool)
    .await
    .expect("the table is made");
}

pub async fn effects(pool: &PgPool) -> Vec<i64> {
    sqlx::query_scalar("select job_id from effects order by job_id")
        .fetch_all(pool)
        .await
        .expect("the effects are read")
}

pub fn job(does: Does) -> NewJob {
    NewJob::of(&Act { does }).expect("it serialises")
}

pub async fn put(pool: &PgPool, does: Does) -> i64 {
    enqueue(pool, &job(does))
        .await
        .expect("it is enqueued")
        .job_id
}

/// Settings under which nothing happens by the clock within a test, so that what happens is what
/// the test made happen.
pub fn calm() -> RunnerSettings {
    RunnerSettings {
        name: "test".to_owned(),
        heartbeat: Duration::from_secs(60),
        grace: Duration::from_secs(20),
        ..RunnerSettings::default()
    }
}

/// A worker that runs until it is stopped, or dropped without a shutdown.
pub struct Worker {
    pub stage: Arc<Stage>,
    pub shutdown: CancellationToken,
    pub running: JoinHandle<Result<(), RunnerError>>,
}

impl Worker {
    pub fn start(pool: &PgPool, settings: RunnerSettings) -> Self {
        Worker::on(pool, settings, Arc::default())
    }

    pub fn on(pool: &PgPool, settings: RunnerSettings, stage: Arc<Stage>) -> Self {
        let runner = Runner::builder(pool.clone(), Arc::clone(&stage), settings)
            .register::<Act>()
            .build();
        let shutdown = CancellationToken::new();
        Worker {
            running: tokio::spawn(runner.run(shutdown.clone())),
            shutdown,
            stage,
        }
    }

    /// Stops it and waits for the end.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.running
            .await
            .expect("the worker does not panic")
            .expect("the worker ends well");
    }
}

pub async fn view(pool: &PgPool, job_id: i64) -> JobView {
    find(pool, job_id)
        .await
        .expect("the job is read")
        .expect("there is such a job")
}

/// Waits until a job is in a state.
pub async fn until(pool: &PgPool, job_id: i64, state: &str) -> JobView {
    wait_for(&format!("job {job_id} to be {state}"), async || {
        let view = view(pool, job_id).await;
        (view.state == state).then_some(view)
    })
    .await
}

pub async fn count(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql)
        .fetch_one(pool)
        .await
        .expect("it is counted")
}

/// Waits until nothing is unfinished.
pub async fn until_drained(pool: &PgPool) {
    wait_for("the queue to be drained", async || {
        (count(pool, "select count(*) from queue.jobs").await == 0).then_some(())
    })
    .await;
}
