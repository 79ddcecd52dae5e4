//! Durable waits: jobs that park until an event comes from outside, or does not.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stevedore_queue::{
    CancellationToken, Done, Failure, Job, JobContext, NewJob, Resumed, Runner, WaitError, Waited,
    cancel, enqueue, resume_wait,
};
use stevedore_testkit::{TestDb, wait_for};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinHandle;

use crate::support::{calm, count, until, view};

/// What the handlers of a test share with the test.
struct Desk {
    /// Tokens that handlers gave out.
    tokens: Mutex<Vec<String>>,
    /// What they were woken with.
    seen: Mutex<Vec<Option<Value>>>,
    /// Handlers pass before they park.
    gate: Semaphore,
}

/// Waits for an event and keeps what came.
#[derive(Clone, Serialize, Deserialize)]
struct Await {
    /// Its name; none: a token.
    name: Option<String>,
    timeout_ms: u64,
    is_gated: bool,
    /// Whether it fails once after the event came.
    stumbles: bool,
}

impl Job for Await {
    type Environment = Desk;
    const KIND: &'static str = "await";

    async fn run(self, ctx: &mut JobContext, desk: &Desk) -> Result<Done, Failure> {
        let timeout = Duration::from_millis(self.timeout_ms);
        let waited = match &self.name {
            Some(name) => ctx.wait_for(name, timeout).await,
            None => ctx.wait_for_token("approval", timeout).await,
        };
        match waited {
            Ok(Waited::NotYet(wait)) => {
                desk.tokens.lock().await.push(wait.token().to_owned());
                if self.is_gated {
                    desk.gate.acquire().await?.forget();
                }
                Ok(Done::waiting(wait))
            }
            Ok(Waited::Resumed(payload)) => {
                desk.seen.lock().await.push(Some(payload));
                if self.stumbles && ctx.attempt() == 1 {
                    let error = anyhow::anyhow!("stumbled");
                    return Err(Failure::retry_after(error, Duration::ZERO));
                }
                Ok(Done::completed())
            }
            Ok(Waited::TimedOut) => {
                desk.seen.lock().await.push(None);
                Ok(Done::completed())
            }
            Err(error @ WaitError::Taken(_)) => Err(Failure::fatal(error)),
            Err(error) => Err(error.into()),
        }
    }
}

struct Office {
    db: TestDb,
    desk: Arc<Desk>,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

impl Office {
    async fn open() -> Self {
        let db = TestDb::new().await;
        let desk = Arc::new(Desk {
            tokens: Mutex::default(),
            seen: Mutex::default(),
            gate: Semaphore::new(0),
        });
        let runner = Runner::builder(db.pool.clone(), Arc::clone(&desk), calm())
            .register::<Await>()
            .build();
        let shutdown = CancellationToken::new();
        let running = runner.run(shutdown.clone());
        let running = tokio::spawn(async move { running.await.unwrap() });
        Office {
            db,
            desk,
            shutdown,
            running,
        }
    }

    async fn put(&self, job: &Await) -> i64 {
        let job = NewJob::of(job).unwrap().max_attempts(2);
        enqueue(&self.db.pool, &job).await.unwrap().job_id
    }

    async fn token(&self, number: usize) -> String {
        wait_for("a token", async || {
            self.desk.tokens.lock().await.get(number).cloned()
        })
        .await
    }

    async fn resume(&self, token: &str, payload: Value) -> Resumed {
        resume_wait(&self.db.pool, token, &payload).await.unwrap()
    }

    async fn close(self) -> Vec<Option<Value>> {
        self.shutdown.cancel();
        self.running.await.unwrap();
        self.desk.seen.lock().await.clone()
    }
}

fn by_token() -> Await {
    Await {
        name: None,
        timeout_ms: 3_600_000,
        is_gated: false,
        stumbles: false,
    }
}

fn by_name(name: &str) -> Await {
    Await {
        name: Some(name.to_owned()),
        ..by_token()
    }
}

#[tokio::test]
async fn a_parked_job_holds_nothing_and_goes_on_with_the_payload_when_its_token_is_resumed() {
    let office = Office::open().await;
    let job_id = office.put(&by_token()).await;
    let parked = until(&office.db.pool, job_id, "waiting").await;
    assert_eq!(
        (parked.worker_id, parked.attempt, parked.forgiven),
        (None, 1, 1)
    );
    let token = office.token(0).await;
    assert_eq!(token.len(), "wait_".len() + 64);

    assert_eq!(
        office.resume(&token, json!({"paid": 7})).await,
        Resumed::Resumed
    );
    let view = until(&office.db.pool, job_id, "completed").await;
    assert_eq!(view.attempts[0].outcome, "waited");
    // The second only hears that it is the second.
    assert_eq!(
        office.resume(&token, json!({"paid": 8})).await,
        Resumed::Already
    );
    assert_eq!(
        office.resume("wait_unknown", json!(null)).await,
        Resumed::Unknown
    );
    assert_eq!(office.close().await, [Some(json!({"paid": 7}))]);
}

#[tokio::test]
async fn the_token_itself_is_nowhere_in_the_database() {
    let office = Office::open().await;
    let job_id = office.put(&by_token()).await;
    until(&office.db.pool, job_id, "waiting").await;
    let token = office.token(0).await;
    let kept: bool = sqlx::query_scalar(
        "select exists (select from queue.wait_tokens as t where t::text like '%' || $1 || '%')
           or exists (select from queue.waits as w where w::text like '%' || $1 || '%')",
    )
    .bind(&token)
    .fetch_one(&office.db.pool)
    .await
    .unwrap();
    assert!(!kept);
    office.close().await;
}

#[tokio::test]
async fn an_event_that_comes_before_the_job_has_parked_is_not_lost() {
    let office = Office::open().await;
    let job = Await {
        is_gated: true,
        ..by_token()
    };
    let job_id = office.put(&job).await;
    let token = office.token(0).await;
    assert_eq!(view(&office.db.pool, job_id).await.state, "running");
    assert_eq!(office.resume(&token, json!(1)).await, Resumed::Resumed);
    office.desk.gate.add_permits(1);
    until(&office.db.pool, job_id, "completed").await;
    assert_eq!(office.close().await, [Some(json!(1))]);
}

#[tokio::test]
async fn an_event_known_by_name_may_come_before_anybody_waits_for_it() {
    let office = Office::open().await;
    let name = "provider:pay_123";
    assert_eq!(office.resume(name, json!("first")).await, Resumed::Early);
    assert_eq!(office.resume(name, json!("second")).await, Resumed::Already);
    let job_id = office.put(&by_name(name)).await;
    until(&office.db.pool, job_id, "completed").await;

    let later = office.put(&by_name("provider:pay_124")).await;
    until(&office.db.pool, later, "waiting").await;
    let resumed: String =
        sqlx::query_scalar("select queue.resume_wait('provider:pay_124', '{\"by\": \"sql\"}')")
            .fetch_one(&office.db.pool)
            .await
            .unwrap();
    assert_eq!(resumed, "resumed");
    until(&office.db.pool, later, "completed").await;
    let seen = office.close().await;
    assert_eq!(seen, [Some(json!("first")), Some(json!({"by": "sql"}))]);
}

#[tokio::test]
async fn a_name_belongs_to_one_job() {
    let office = Office::open().await;
    let first = office.put(&by_name("n")).await;
    until(&office.db.pool, first, "waiting").await;
    let second = office.put(&by_name("n")).await;
    let view = until(&office.db.pool, second, "dead").await;
    assert_eq!(view.last_error.as_deref(), Some("another job waits for n"));
    office.close().await;
}

#[tokio::test]
async fn a_job_whose_event_does_not_come_in_time_goes_on_without_and_the_event_is_told() {
    let office = Office::open().await;
    let job = Await {
        timeout_ms: 50,
        ..by_token()
    };
    let job_id = office.put(&job).await;
    until(&office.db.pool, job_id, "completed").await;
    let token = office.token(0).await;
    assert_eq!(office.resume(&token, json!(1)).await, Resumed::Expired);
    assert_eq!(office.close().await, [None]);
}

#[tokio::test]
async fn a_wait_is_no_attempt_and_a_retry_after_it_gets_the_same_payload() {
    let office = Office::open().await;
    let job = Await {
        stumbles: true,
        ..by_token()
    };
    let job_id = office.put(&job).await;
    until(&office.db.pool, job_id, "waiting").await;
    let token = office.token(0).await;
    office.resume(&token, json!("once")).await;
    let view = until(&office.db.pool, job_id, "completed").await;
    let outcomes: Vec<_> = view
        .attempts
        .iter()
        .map(|one| one.outcome.as_str())
        .collect();
    assert_eq!(outcomes, ["waited", "failed", "completed"]);
    assert_eq!(
        office.close().await,
        [Some(json!("once")), Some(json!("once"))]
    );
}

#[tokio::test]
async fn racing_resumptions_and_the_parking_wake_each_job_exactly_once() {
    let office = Office::open().await;
    let pool = office.db.pool_of(10);
    let mut jobs = Vec::new();
    for number in 0..50 {
        jobs.push(office.put(&by_name(&format!("race:{number}"))).await);
    }
    let racers = (0..100).map(|number| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let name = format!("race:{}", number % 50);
            resume_wait(&pool, &name, &number).await.unwrap()
        })
    });
    let answers = futures::future::try_join_all(racers).await.unwrap();
    let second = answers.iter().filter(|one| **one == Resumed::Already);
    assert_eq!(second.count(), 50);
    for job_id in jobs {
        until(&office.db.pool, job_id, "completed").await;
    }
    assert_eq!(office.close().await.len(), 50);
}

#[tokio::test]
async fn a_parked_job_can_be_cancelled() {
    let office = Office::open().await;
    let job_id = office.put(&by_token()).await;
    until(&office.db.pool, job_id, "waiting").await;
    cancel(&office.db.pool, job_id).await.unwrap();
    let token = office.token(0).await;
    office.resume(&token, json!(1)).await;
    assert_eq!(view(&office.db.pool, job_id).await.state, "cancelled");
    assert_eq!(
        count(&office.db.pool, "select count(*) from queue.jobs").await,
        0
    );
    office.close().await;
}
