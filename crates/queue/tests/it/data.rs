//! Points 2 and 15 of the contract: what a job leaves behind while it runs and when it ends.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stevedore_queue::{
    CancellationToken, DataError, Done, Failure, Job, JobContext, NewJob, Policy, RetryPolicy,
    Runner, details, enqueue,
};
use stevedore_testkit::{TestDb, wait_for};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::support::{calm, count, make_effects, until};

/// What a [`Walk`] does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum How {
    /// Ten steps with a checkpoint after each; fails after the fourth.
    Steps,
    /// As `Steps`, with an effect of each in the checkpoint's transaction.
    StepsInTransactions,
    /// Loses its lease, then saves.
    LoseThenSave,
    /// Saves in a transaction, loses its lease, then commits.
    SaveThenLose,
    /// Result and two follow-ups, completed by the worker.
    Then,
    /// The same in its own transaction.
    ThenInTransaction,
    /// A follow-up that nobody can enqueue, in the first attempt.
    ThenBad,
    /// Loses its lease before it returns follow-ups.
    ThenLost,
    /// Says where it is, and waits at the gate.
    Progress,
    Nothing,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Walk {
    how: How,
}

struct Road {
    gate: Semaphore,
}

impl Job for Walk {
    type Environment = Road;
    const KIND: &'static str = "walk";

    fn policy(_: &Road) -> Policy {
        Policy {
            retry: RetryPolicy::function(|_, _| Duration::from_millis(1)),
            max_attempts: 3,
            ..Policy::default()
        }
    }

    async fn run(self, ctx: &mut JobContext, road: &Road) -> Result<Done, Failure> {
        match self.how {
            How::Steps | How::StepsInTransactions => steps(ctx, &self.how).await,
            How::LoseThenSave => {
                lose(ctx).await?;
                let error = ctx.save_checkpoint(&1).await.unwrap_err();
                assert!(matches!(error, DataError::LeaseLost(_)), "{error:?}");
                assert!(ctx.progress(50, "late").await.is_err());
                Err(error.into())
            }
            How::SaveThenLose => {
                let mut tx = ctx.begin().await?;
                effect(ctx, &mut tx).await?;
                ctx.save_checkpoint_in(&mut tx, &1).await?;
                lose(ctx).await?;
                let error = tx.commit().await.unwrap_err();
                let code = error.as_database_error().unwrap().code().unwrap();
                assert_eq!(code, "P0LSE");
                Err(error.into())
            }
            How::Then => Ok(Done::completed()
                .then(walk(How::Nothing))
                .then(walk(How::Nothing).queue("elsewhere"))
                .with_result(&json!({"sum": 42}))?),
            How::ThenInTransaction => {
                let mut tx = ctx.begin().await?;
                ctx.enqueue_in(&mut tx, &walk(How::Nothing)).await?;
                ctx.save_result_in(&mut tx, &json!({"sum": 43})).await?;
                let done = ctx.complete_in(&mut tx).await?;
                tx.commit().await?;
                Ok(done)
            }
            How::ThenBad if ctx.attempt() == 1 => {
                Ok(Done::completed().then(walk(How::Nothing).priority(1000)))
            }
            How::ThenLost => {
                lose(ctx).await?;
                Ok(Done::completed().then(walk(How::Nothing)).with_result(&1)?)
            }
            How::Progress => {
                ctx.progress(200, "nearly\0there").await?;
                road.gate.acquire().await?.forget();
                Ok(Done::completed())
            }
            How::ThenBad | How::Nothing => Ok(Done::completed()),
        }
    }
}

async fn steps(ctx: &mut JobContext, how: &How) -> Result<Done, Failure> {
    let from = ctx.checkpoint::<u8>().await?.unwrap_or(0);
    for step in from..10 {
        if step == 4 && ctx.attempt() == 1 {
            return Err(anyhow::anyhow!("stumbled").into());
        }
        let mut tx = ctx.begin().await?;
        effect(ctx, &mut tx).await?;
        if *how == How::StepsInTransactions {
            ctx.save_checkpoint_in(&mut tx, &(step + 1)).await?;
            tx.commit().await?;
        } else {
            tx.commit().await?;
            ctx.save_checkpoint(&(step + 1)).await?;
        }
    }
    Ok(Done::completed())
}

async fn effect(ctx: &JobContext, tx: &mut sqlx::PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("insert into effects (job_id, attempt) values ($1, $2)")
        .bind(ctx.job_id())
        .bind(i64::from(ctx.attempt()))
        .execute(tx)
        .await?;
    Ok(())
}

/// As if its worker had been declared dead meanwhile; nobody takes the job from then on.
async fn lose(ctx: &JobContext) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update queue.jobs set state = 'scheduled', run_at = '2099-01-01', worker_id = null,
           claimed_at = null
         where job_id = $1",
    )
    .bind(ctx.job_id())
    .execute(ctx.pool())
    .await?;
    Ok(())
}

fn walk(how: How) -> NewJob {
    NewJob::of(&Walk { how }).unwrap()
}

struct Walker {
    db: TestDb,
    road: Arc<Road>,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

impl Walker {
    async fn start() -> Self {
        let db = TestDb::new().await;
        make_effects(&db.pool).await;
        let road = Arc::new(Road {
            gate: Semaphore::new(0),
        });
        let runner = Runner::builder(db.pool.clone(), Arc::clone(&road), calm())
            .register::<Walk>()
            .build();
        let shutdown = CancellationToken::new();
        let running = runner.run(shutdown.clone());
        Walker {
            db,
            road,
            shutdown,
            running: tokio::spawn(async move { running.await.unwrap() }),
        }
    }

    async fn put(&self, job: NewJob) -> i64 {
        enqueue(&self.db.pool, &job).await.unwrap().job_id
    }

    async fn result(&self, job_id: i64) -> Option<Value> {
        sqlx::query_scalar("select result from queue.job_data where job_id = $1")
            .bind(job_id)
            .fetch_optional(&self.db.pool)
            .await
            .unwrap()
    }

    /// Stops the worker; its database lives on with what this gives.
    async fn stop(self) -> TestDb {
        self.shutdown.cancel();
        self.running.await.unwrap();
        self.db
    }
}

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[tokio::test]
async fn a_retry_goes_on_from_the_last_checkpoint() {
    for how in [How::Steps, How::StepsInTransactions] {
        let walker = Walker::start().await;
        let job_id = walker.put(walk(how)).await;
        until(&walker.db.pool, job_id, "completed").await;
        let pool = &walker.db.pool;
        assert_eq!(count(pool, "select count(*) from effects").await, 10);
        let second = "select count(*) from effects where attempt = 2";
        assert_eq!(count(pool, second).await, 6);
        walker.stop().await;
    }
}

#[tokio::test]
async fn whoever_lost_the_lease_saves_nothing_not_even_in_a_transaction_begun_before() {
    for how in [How::LoseThenSave, How::SaveThenLose, How::ThenLost] {
        let walker = Walker::start().await;
        let job_id = walker.put(walk(how)).await;
        until(&walker.db.pool, job_id, "scheduled").await;
        let pool = walker.db.pool.clone();
        let _db = walker.stop().await;
        assert_eq!(count(&pool, "select count(*) from queue.job_data").await, 0);
        assert_eq!(count(&pool, "select count(*) from effects").await, 0);
        assert_eq!(count(&pool, "select count(*) from queue.jobs").await, 1);
        assert_eq!(
            count(&pool, "select count(*) from queue.finished_jobs").await,
            0
        );
    }
}

#[tokio::test]
async fn point_15_progress_and_result_can_be_seen() {
    let walker = Walker::start().await;
    let job_id = walker.put(walk(How::Progress)).await;
    let progress = wait_for("its progress", async || {
        let query = "select percent, message from queue.job_data where job_id = $1";
        let row = sqlx::query_as::<_, (i16, String)>(query).bind(job_id);
        row.fetch_optional(&walker.db.pool).await.unwrap()
    })
    .await;
    assert_eq!(progress, (100, "nearly\u{fffd}there".to_owned()));
    walker.road.gate.add_permits(1);

    let by_worker = walker.put(walk(How::Then)).await;
    let in_transaction = walker.put(walk(How::ThenInTransaction)).await;
    until(&walker.db.pool, by_worker, "completed").await;
    until(&walker.db.pool, in_transaction, "completed").await;
    let seen = details(&walker.db.pool, by_worker).await.unwrap();
    assert_eq!(seen.result, Some(json!({"sum": 42})));
    let seen = details(&walker.db.pool, job_id).await.unwrap();
    assert_eq!((seen.percent, seen.result), (Some(100), None));
    assert_eq!(walker.result(by_worker).await, Some(json!({"sum": 42})));
    assert_eq!(
        walker.result(in_transaction).await,
        Some(json!({"sum": 43}))
    );
    walker.stop().await;
}

#[tokio::test]
async fn what_follows_is_enqueued_with_the_completion_and_carries_the_trace() {
    let walker = Walker::start().await;
    let pool = walker.db.pool.clone();
    let by_worker = walker.put(walk(How::Then).trace_context(TRACE)).await;
    let in_transaction = walker
        .put(walk(How::ThenInTransaction).trace_context(TRACE))
        .await;
    until(&pool, by_worker, "completed").await;
    until(&pool, in_transaction, "completed").await;
    // One is in a queue that nobody serves; the other two run.
    wait_for("the followers to run", async || {
        (count(&pool, "select count(*) from queue.finished_jobs").await == 4).then_some(())
    })
    .await;
    let _db = walker.stop().await;
    let strangers = "select count(*)
         from (
           select trace_context from queue.jobs
           union all
           select trace_context from queue.finished_jobs
         ) as job
         where trace_context is distinct from
           '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'";
    assert_eq!(count(&pool, strangers).await, 0);
    let elsewhere = "select count(*) from queue.jobs where queue = 'elsewhere'";
    assert_eq!(count(&pool, elsewhere).await, 1);
}

#[tokio::test]
async fn a_job_whose_follower_is_refused_is_not_completed_and_does_not_hold_up_others() {
    let walker = Walker::start().await;
    let bad = walker.put(walk(How::ThenBad)).await;
    let good = walker.put(walk(How::Then)).await;
    until(&walker.db.pool, good, "completed").await;
    let view = until(&walker.db.pool, bad, "completed").await;
    let error = view.attempts[0].error.as_deref().unwrap();
    assert!(error.contains("what follows cannot be enqueued"), "{error}");
    assert_eq!(view.attempts.len(), 2);
    walker.stop().await;
}

#[tokio::test]
async fn what_belongs_to_a_job_goes_with_its_history() {
    let walker = Walker::start().await;
    let job_id = walker.put(walk(How::Then)).await;
    until(&walker.db.pool, job_id, "completed").await;
    let pool = walker.db.pool.clone();
    let _db = walker.stop().await;
    let traces = "select count(*) from queue.job_data";
    sqlx::query("select queue.drop_traces('infinity')")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(count(&pool, traces).await, 1);
    sqlx::query("delete from queue.finished_jobs")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("select queue.drop_traces('infinity')")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(count(&pool, traces).await, 0);
}
