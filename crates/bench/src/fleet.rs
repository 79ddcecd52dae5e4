//! The workers that are measured, in this process and in others.

use std::io::{BufRead, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use stevedore_database::{DatabaseSettings, connect, process};
use stevedore_queue::{
    CancellationToken, Done, Failure, Job, JobContext, Runner, RunnerError, RunnerSettings,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;

use crate::stage::Stage;

/// The queue of every job that is measured.
pub const QUEUE: &str = "bench";
/// How often a worker process tells how many jobs it has run.
const TELL_EVERY: Duration = Duration::from_millis(5);
/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// A measurement that makes no progress for so long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// A job that does nothing but be run.
#[derive(Serialize, Deserialize)]
pub struct Tick {
    /// Which one it is.
    pub number: u64,
    /// Whether it writes a row to `bench.deeds`, in the transaction that completes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub writes: bool,
}

impl Job for Tick {
    type Environment = Clock;
    const KIND: &'static str = "bench_tick";
    const QUEUE: &'static str = QUEUE;

    async fn run(self, ctx: &mut JobContext, clock: &Clock) -> Result<Done, Failure> {
        if !self.writes {
            clock.started(self.number);
            return Ok(Done::completed());
        }
        let mut tx = ctx.begin().await?;
        sqlx::query("insert into bench.deeds (job_id, number) values ($1, $2)")
            .bind(ctx.job_id())
            .bind(i64::try_from(self.number)?)
            .execute(&mut *tx)
            .await?;
        let done = ctx.complete_in(&mut tx).await?;
        tx.commit().await?;
        clock.started(self.number);
        Ok(done)
    }
}

/// Counts jobs that have begun, and notes when.
pub struct Clock {
    zero: Instant,
    handled: AtomicU64,
    /// Nanoseconds since `zero`, by number; 0: not yet.
    starts: Vec<AtomicU64>,
}

impl Clock {
    /// Notes the times of the jobs with numbers below `stamps`.
    pub fn new(stamps: usize) -> Arc<Clock> {
        Arc::new(Clock {
            zero: Instant::now(),
            handled: AtomicU64::new(0),
            starts: (0..stamps).map(|_| AtomicU64::new(0)).collect(),
        })
    }

    fn started(&self, number: u64) {
        if let Some(start) = usize::try_from(number)
            .ok()
            .and_then(|place| self.starts.get(place))
        {
            start.store(self.now(), Ordering::Relaxed);
        }
        self.handled.fetch_add(1, Ordering::Relaxed);
    }

    /// Nanoseconds since the clock was made.
    pub fn now(&self) -> u64 {
        u64::try_from(self.zero.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// When the job with this number began.
    pub fn start_of(&self, number: usize) -> Option<u64> {
        let start = self.starts.get(number)?.load(Ordering::Relaxed);
        (start > 0).then_some(start)
    }

    /// How many have begun.
    pub fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }
}

/// How a fleet looks.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Workers in this process, or worker processes.
    pub workers: usize,
    /// Whether each worker is a process of its own.
    pub processes: bool,
    /// Most jobs that one claim takes; twice as many may be held.
    pub batch: usize,
    /// Whether processes count what they do, as those of a real fleet; those in this process do.
    pub metered: bool,
}

impl Shape {
    /// For a table.
    pub fn name(&self) -> String {
        let what = match (self.processes, self.workers) {
            (true, 1) => "process",
            (true, _) => "processes",
            (false, 1) => "worker",
            (false, _) => "workers",
        };
        format!("{} {what}, batch {}", self.workers, self.batch)
    }
}

/// Settings of a worker that is to drain: claims of a given size, and one more under way.
pub fn draining(batch: usize) -> RunnerSettings {
    RunnerSettings {
        queues: vec![QUEUE.to_owned()],
        concurrency: (batch * 2).min(10_000),
        batch,
        ..RunnerSettings::default()
    }
}

/// A worker in this process.
pub struct Worker {
    stop: CancellationToken,
    running: JoinHandle<Result<(), RunnerError>>,
    pool: sqlx::PgPool,
}

impl Worker {
    /// Starts it, with connections of its own.
    pub fn start(
        stage: &Stage,
        settings: RunnerSettings,
        clock: &Arc<Clock>,
    ) -> anyhow::Result<Worker> {
        let stop = CancellationToken::new();
        let pool = stage.connect(10)?;
        let runner = Runner::builder(pool.clone(), Arc::clone(clock), settings)
            .register::<Tick>()
            .build();
        let running = tokio::spawn(runner.run(stop.clone()));
        Ok(Worker {
            stop,
            running,
            pool,
        })
    }

    /// Stops it and closes its connections, so that the server has counted everything.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.running.await??;
        self.pool.close().await;
        Ok(())
    }
}

/// Drains a filled queue; answers how long it took, from the start of the workers (of several
/// processes: from the word to begin) until no job is left.
pub async fn drain(stage: &Stage, shape: Shape, jobs: u64) -> anyhow::Result<Duration> {
    if shape.processes {
        drain_by_children(stage, shape, jobs).await
    } else {
        drain_here(stage, shape, jobs).await
    }
}

async fn drain_here(stage: &Stage, shape: Shape, jobs: u64) -> anyhow::Result<Duration> {
    let clock = Clock::new(0);
    let began = Instant::now();
    let workers = (0..shape.workers).map(|number| {
        let mut settings = draining(shape.batch);
        settings.name = format!("bench-{number}");
        Worker::start(stage, settings, &clock)
    });
    let workers: Vec<Worker> = workers.collect::<anyhow::Result<_>>()?;
    until_handled(jobs, || clock.handled()).await?;
    stage.until_empty().await?;
    let took = began.elapsed();
    for worker in workers {
        worker.stop().await?;
    }
    Ok(took)
}

/// Waits until so many jobs have run.
pub async fn until_handled(jobs: u64, handled: impl Fn() -> u64) -> anyhow::Result<()> {
    let mut last = (Instant::now(), 0);
    loop {
        let now = handled();
        if now >= jobs {
            return Ok(());
        }
        if now > last.1 {
            last = (Instant::now(), now);
        }
        if last.0.elapsed() > PATIENCE {
            bail!("{now} of {jobs} jobs ran, and no more for {PATIENCE:?}");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn drain_by_children(stage: &Stage, shape: Shape, jobs: u64) -> anyhow::Result<Duration> {
    let handled: Arc<Vec<AtomicU64>> =
        Arc::new((0..shape.workers).map(|_| AtomicU64::new(0)).collect());
    let mut children = Vec::new();
    for place in 0..shape.workers {
        children.push(WorkerProcess::start(&stage.url, shape, &handled, place).await?);
    }
    let began = Instant::now();
    for child in &mut children {
        child.input.write_all(b"go\n").await?;
    }
    let sum = || handled.iter().map(|one| one.load(Ordering::Relaxed)).sum();
    until_handled(jobs, sum).await?;
    stage.until_empty().await?;
    let took = began.elapsed();
    for child in children {
        child.stop().await?;
    }
    Ok(took)
}

/// A worker in a process of its own.
struct WorkerProcess {
    child: Child,
    input: ChildStdin,
}

impl WorkerProcess {
    /// Starts it, connected and waiting for the word.
    async fn start(
        url: &SecretString,
        shape: Shape,
        handled: &Arc<Vec<AtomicU64>>,
        place: usize,
    ) -> anyhow::Result<WorkerProcess> {
        let mut command = Command::new(std::env::current_exe().context("where is stevedore?")?);
        command
            .args(["bench", "worker", "--batch"])
            .arg(shape.batch.to_string())
            .args((!shape.metered).then_some("--unmetered"))
            .env("DATABASE_URL", url.expose_secret())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        process::die_with_parent(command.as_std_mut(), libc::SIGKILL);
        let mut child = command.spawn().context("cannot start a worker process")?;
        let input = child.stdin.take().context("its stdin is piped")?;
        let output = child.stdout.take().context("its stdout is piped")?;
        let mut lines = BufReader::new(output).lines();
        // The first line says that it is connected.
        lines
            .next_line()
            .await?
            .context("a worker process ended early")?;
        let handled = Arc::clone(handled);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let (Ok(count), Some(mine)) = (line.parse(), handled.get(place)) {
                    mine.store(count, Ordering::Relaxed);
                }
            }
        });
        Ok(WorkerProcess { child, input })
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.input);
        let status = self.child.wait().await?;
        if status.success() {
            Ok(())
        } else {
            bail!("a worker process ended with {status}")
        }
    }
}

/// Settings of `stevedore bench worker`.
#[derive(Args)]
pub struct ChildSettings {
    /// Most jobs that one claim takes
    #[arg(long)]
    batch: usize,
    /// Count nothing, to see what counting costs
    #[arg(long)]
    pub(crate) unmetered: bool,
    /// The database that is measured
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: SecretString,
}

/// Connects, waits for a line on stdin, works until stdin ends; tells on stdout how many jobs ran.
pub async fn be_child(settings: ChildSettings) -> anyhow::Result<()> {
    let pool = connect(&DatabaseSettings::new(settings.database_url))?;
    drop(pool.acquire().await?);
    let (go, began) = tokio::sync::oneshot::channel();
    let stop = CancellationToken::new();
    let end = stop.clone();
    std::thread::spawn(move || {
        let mut lines = std::io::stdin().lock().lines();
        let _ = lines.next();
        let _ = go.send(());
        for _ in lines {}
        end.cancel();
    });
    tell("connected")?;
    began
        .await
        .context("stdin ended before the word to begin")?;
    let clock = Clock::new(0);
    let runner = Runner::builder(pool.clone(), Arc::clone(&clock), draining(settings.batch))
        .register::<Tick>()
        .build();
    let mut running = tokio::spawn(runner.run(stop));
    let mut told = 0;
    loop {
        tokio::select! {
            ended = &mut running => {
                pool.close().await;
                return Ok(ended??);
            }
            () = tokio::time::sleep(TELL_EVERY) => {}
        }
        let handled = clock.handled();
        if handled > told {
            tell(&handled.to_string())?;
            told = handled;
        }
    }
}

fn tell(what: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{what}")?;
    output.flush()
}
