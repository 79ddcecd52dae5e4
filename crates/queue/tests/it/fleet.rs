//! Many workers, many jobs: each runs once, in order, and nobody is forgotten.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use stevedore_queue::{
    CancellationToken, Done, Failure, Job, JobContext, NewJob, Runner, RunnerSettings, enqueue,
    enqueue_many,
};
use stevedore_testkit::{TestDb, wait_for};

use crate::support::{
    Act, Does, Worker, calm, count, effects, job, make_effects, put, until, until_drained,
};

#[tokio::test]
async fn each_of_a_thousand_jobs_runs_once_over_eight_workers() {
    let db = TestDb::new().await;
    make_effects(&db.pool).await;
    let pool = db.pool_of(40);
    let workers: Vec<Worker> = (0..8)
        .map(|_| {
            let settings = RunnerSettings {
                concurrency: 16,
                ..calm()
            };
            Worker::start(&pool, settings)
        })
        .collect();
    for _ in 0..10 {
        enqueue_many(&pool, &vec![job(Does::Effect); 100])
            .await
            .unwrap();
    }
    until_drained(&pool).await;
    let begun: usize = workers.iter().map(|worker| worker.stage.begun()).sum();
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(begun, 1000);
    let mut effects = effects(&pool).await;
    effects.dedup();
    assert_eq!(effects.len(), 1000);
    assert_eq!(
        count(&pool, "select count(*) from queue.finished_jobs").await,
        1000
    );
}

#[tokio::test]
async fn jobs_start_by_priority_then_time_then_order_of_enqueue() {
    let db = TestDb::new().await;
    let past = |minutes: i64| {
        let base: chrono::DateTime<chrono::Utc> = "2020-01-01T00:00:00Z".parse().unwrap();
        base + chrono::Duration::minutes(minutes)
    };
    let jobs = [
        job(Does::Complete).run_at(past(9)),
        job(Does::Complete).run_at(past(1)).priority(5),
        job(Does::Complete).run_at(past(3)),
        job(Does::Complete).run_at(past(3)),
        job(Does::Complete).run_at(past(8)).priority(-5),
    ];
    let ids = enqueue_many(&db.pool, &jobs).await.unwrap();
    let settings = RunnerSettings {
        concurrency: 1,
        ..calm()
    };
    let worker = Worker::start(&db.pool, settings);
    until_drained(&db.pool).await;
    worker.stop().await;
    let started: Vec<i64> =
        sqlx::query_scalar("select job_id from queue.finished_jobs order by claimed_at")
            .fetch_all(&db.pool)
            .await
            .unwrap();
    let expected = [4, 2, 3, 0, 1].map(|place: usize| ids[place].job_id);
    assert_eq!(started, expected);
}

#[tokio::test]
async fn a_new_job_wakes_an_idle_worker_long_before_its_next_poll() {
    let db = TestDb::new().await;
    let settings = RunnerSettings {
        poll_max: Duration::from_secs(3600),
        ..calm()
    };
    let worker = Worker::start(&db.pool, settings);
    let warm_up = put(&db.pool, Does::Complete).await;
    until(&db.pool, warm_up, "completed").await;
    for _ in 0..20 {
        let started = Instant::now();
        let next = put(&db.pool, Does::Complete).await;
        until(&db.pool, next, "completed").await;
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    // A scheduled job does not wait for the poll either.
    let soon = chrono::Duration::milliseconds(300);
    let at: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("select now()")
        .fetch_one(&db.pool)
        .await
        .unwrap();
    let later = enqueue(&db.pool, &job(Does::Complete).run_at(at + soon))
        .await
        .unwrap();
    let done = until(&db.pool, later.job_id, "completed").await;
    assert!(done.claimed_at.unwrap() >= done.run_at);
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_without_listen_finds_jobs_by_polling() {
    let db = TestDb::new().await;
    let settings = RunnerSettings {
        listen: false,
        ..calm()
    };
    let worker = Worker::start(&db.pool, settings);
    for _ in 0..3 {
        let next = put(&db.pool, Does::Complete).await;
        until(&db.pool, next, "completed").await;
    }
    worker.stop().await;
}

/// Another kind, on a queue of its own.
#[derive(Serialize, Deserialize)]
struct Elsewhere {}

impl Job for Elsewhere {
    type Environment = crate::support::Stage;
    const KIND: &'static str = "elsewhere";
    const QUEUE: &'static str = "elsewhere";

    async fn run(self, ctx: &mut JobContext, _: &Self::Environment) -> Result<Done, Failure> {
        assert_eq!(ctx.queue(), "elsewhere");
        assert_eq!(
            ctx.idempotency_key("pay"),
            format!("elsewhere-{}-pay", ctx.job_id())
        );
        Ok(Done::completed())
    }
}

#[tokio::test]
async fn a_worker_serves_the_queues_of_its_kinds_and_none_starves_another() {
    let db = TestDb::new().await;
    enqueue_many(&db.pool, &vec![job(Does::Complete); 200])
        .await
        .unwrap();
    let other = NewJob::of(&Elsewhere {}).unwrap();
    let other = enqueue(&db.pool, &other).await.unwrap().job_id;
    let settings = RunnerSettings {
        concurrency: 1,
        ..calm()
    };
    let runner = Runner::builder(db.pool.clone(), Arc::default(), settings)
        .register::<Act>()
        .register::<Elsewhere>()
        .build();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(runner.run(shutdown.clone()));
    let done = until(&db.pool, other, "completed").await;
    until_drained(&db.pool).await;
    shutdown.cancel();
    running.await.unwrap().unwrap();
    let before: i64 =
        sqlx::query_scalar("select count(*) from queue.finished_jobs where claimed_at < $1")
            .bind(done.claimed_at)
            .fetch_one(&db.pool)
            .await
            .unwrap();
    assert!(before < 50, "{before} jobs of the busy queue went before");
}

#[tokio::test]
async fn many_short_jobs_need_few_statements() {
    let db = TestDb::new().await;
    enqueue_many(&db.pool, &vec![job(Does::Complete); 5000])
        .await
        .unwrap();
    let settings = RunnerSettings {
        concurrency: 500,
        ..calm()
    };
    let started = Instant::now();
    let worker = Worker::start(&db.pool, settings);
    until_drained(&db.pool).await;
    eprintln!("5000 jobs drained in {:?}", started.elapsed());
    worker.stop().await;
    let claims = "select count(distinct claimed_at) from queue.finished_jobs";
    assert!(count(&db.pool, claims).await < 500);
}

#[tokio::test]
async fn a_second_type_of_the_same_kind_and_senseless_settings_are_refused() {
    let db = TestDb::new().await;
    let run = |settings: RunnerSettings, twice: bool| {
        let mut builder = Runner::builder(db.pool.clone(), Arc::default(), settings);
        builder = builder.register::<Act>();
        if twice {
            builder = builder.register::<Act>();
        }
        builder.build().run(CancellationToken::new())
    };
    let twice = run(calm(), true).await.unwrap_err();
    assert_eq!(twice.to_string(), "the kind act is registered twice");
    let none = RunnerSettings {
        concurrency: 0,
        ..calm()
    };
    let none = run(none, false).await.unwrap_err();
    assert_eq!(
        none.to_string(),
        "the worker's settings make no sense: concurrency must be 1 to 10000",
    );
    let empty = TestDb::empty().await;
    let error = Runner::builder(empty.pool.clone(), Arc::default(), calm())
        .register::<Act>()
        .build()
        .run(CancellationToken::new())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the queue is not installed in this database"
    );
}

#[tokio::test]
async fn the_eldest_of_the_running_workers_does_the_fleets_duties() {
    let db = TestDb::new().await;
    let sampled = Arc::new(std::sync::Mutex::new(Vec::new()));
    let fleet: Vec<_> = (0..3)
        .map(|member| {
            let sampled = Arc::clone(&sampled);
            let settings = RunnerSettings {
                name: format!("member-{member}"),
                sample_every: Duration::from_millis(10),
                heartbeat: Duration::from_millis(1000),
                ..calm()
            };
            let shutdown = CancellationToken::new();
            let runner = Runner::builder(db.pool.clone(), Arc::default(), settings)
                .register::<Act>()
                .also_sample(move |_pool| {
                    sampled.lock().unwrap().push(member);
                    async { Ok(()) }
                })
                .build();
            (shutdown.clone(), tokio::spawn(runner.run(shutdown)))
        })
        .collect();
    let samplers = async || {
        let mut samplers = std::mem::take(&mut *sampled.lock().unwrap());
        samplers.dedup();
        samplers
    };
    // Which member registered first is open; that the others fall silent is not.
    let eldest = wait_for("one member to sample alone", async || {
        let samplers = samplers().await;
        match samplers.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    })
    .await;
    fleet[eldest].0.cancel();
    wait_for("another member to take over", async || {
        samplers()
            .await
            .iter()
            .any(|member| *member != eldest)
            .then_some(())
    })
    .await;
    for (shutdown, running) in fleet {
        shutdown.cancel();
        running.await.unwrap().unwrap();
    }
}
