//! One worker looks without being told when jobs come fast, and then enqueues do not notify. No job
//! may wait for a notification that nobody sent.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{PgConnection, PgPool};
use stevedore_queue::{RunnerSettings, enqueue};
use stevedore_testkit::{TestDb, wait_for};

use crate::support::{Does, Worker, calm, count, job, put, until_drained};

/// No beat and no poll comes to the help of a job that was forgotten.
fn alone() -> RunnerSettings {
    RunnerSettings {
        heartbeat: Duration::from_secs(3600),
        poll_max: Duration::from_secs(3600),
        ..calm()
    }
}

async fn register(db: &mut PgConnection, kinds: &[&str]) -> i64 {
    sqlx::query_scalar("select queue.register_worker('test', '', '{default}', $1, 1, 5000)")
        .bind(kinds)
        .fetch_one(db)
        .await
        .unwrap()
}

async fn begin_watch(db: &mut PgConnection, worker_id: i64) -> Vec<String> {
    sqlx::query_scalar("select queue.begin_watch($1)")
        .bind(worker_id)
        .fetch_one(db)
        .await
        .unwrap()
}

async fn end_watch(db: &mut PgConnection) {
    sqlx::query("select queue.end_watch('{default}')")
        .execute(db)
        .await
        .unwrap();
}

async fn after_watch(db: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar("select queue.after_watch('{default}')")
        .fetch_one(db)
        .await
        .unwrap()
}

/// Counts the notifications that have come.
async fn heard(listener: &mut PgListener, pool: &PgPool) -> usize {
    sqlx::query("notify queue_jobs, 'end'")
        .execute(pool)
        .await
        .unwrap();
    let mut count = 0;
    while listener.recv().await.unwrap().payload() != "end" {
        count += 1;
    }
    count
}

async fn listen(pool: &PgPool) -> PgListener {
    let mut listener = PgListener::connect_with(pool).await.unwrap();
    listener.listen("queue_jobs").await.unwrap();
    listener
}

#[tokio::test]
async fn point_13_who_enqueues_while_a_worker_watches_is_waited_for_and_not_told_of() {
    let db = TestDb::new().await;
    let mut listener = listen(&db.pool).await;
    let mut session = db.pool.acquire().await.unwrap();
    let worker_id = register(&mut session, &["act"]).await;

    put(&db.pool, Does::Complete).await;
    assert_eq!(heard(&mut listener, &db.pool).await, 1, "nobody watches");

    assert_eq!(begin_watch(&mut session, worker_id).await, ["default"]);
    let mut early = db.pool.begin().await.unwrap();
    enqueue(&mut *early, &job(Does::Complete)).await.unwrap();
    // Its snapshot is from the time of the watch, for ever.
    let mut old = db.pool.begin().await.unwrap();
    sqlx::query("set transaction isolation level repeatable read")
        .execute(&mut *old)
        .await
        .unwrap();
    sqlx::query("select from queue.workers")
        .execute(&mut *old)
        .await
        .unwrap();
    put(&db.pool, Does::Complete).await;
    assert_eq!(heard(&mut listener, &db.pool).await, 0);

    end_watch(&mut session).await;
    assert_eq!(after_watch(&mut session).await, ["default"], "one is open");
    assert_eq!(heard(&mut listener, &db.pool).await, 1);
    enqueue(&mut *old, &job(Does::Complete)).await.unwrap();
    old.commit().await.unwrap();
    assert_eq!(heard(&mut listener, &db.pool).await, 1, "it sees the end");
    early.commit().await.unwrap();
    assert_eq!(
        heard(&mut listener, &db.pool).await,
        0,
        "it was not to tell"
    );
    assert!(after_watch(&mut session).await.is_empty());
    assert_eq!(heard(&mut listener, &db.pool).await, 1, "all are awake now");
}

#[tokio::test]
async fn point_13_a_queue_is_watched_by_one_worker_that_can_take_all_that_comes() {
    let db = TestDb::new().await;
    let mut first = db.pool.acquire().await.unwrap();
    let mut second = db.pool.acquire().await.unwrap();
    let [one, two] = [
        register(&mut first, &["act"]).await,
        register(&mut second, &["act"]).await,
    ];
    assert_eq!(begin_watch(&mut first, one).await, ["default"]);
    assert!(begin_watch(&mut second, two).await.is_empty());
    end_watch(&mut first).await;
    assert_eq!(begin_watch(&mut second, two).await, ["default"]);
    end_watch(&mut second).await;

    let third = register(&mut first, &["act", "other"]).await;
    assert!(begin_watch(&mut second, two).await.is_empty());
    assert_eq!(begin_watch(&mut first, third).await, ["default"]);
}

#[tokio::test]
async fn point_13_the_watch_of_a_frozen_worker_ends_when_it_is_declared_dead() {
    let db = TestDb::new().await;
    let mut session = db.pool.acquire().await.unwrap();
    let worker_id = register(&mut session, &["act"]).await;
    assert_eq!(begin_watch(&mut session, worker_id).await, ["default"]);
    put(&db.pool, Does::Complete).await;
    let mut listener = listen(&db.pool).await;
    sqlx::query("update queue.workers set heartbeat_at = heartbeat_at - interval '1 hour'")
        .execute(&db.pool)
        .await
        .unwrap();
    sqlx::query("select from queue.rescue()")
        .execute(&db.pool)
        .await
        .unwrap();
    assert_eq!(heard(&mut listener, &db.pool).await, 1, "all look");
    put(&db.pool, Does::Complete).await;
    assert_eq!(
        heard(&mut listener, &db.pool).await,
        1,
        "as without a watch"
    );
    let ended = sqlx::query("select 1").execute(&mut *session).await;
    assert!(ended.is_err(), "its session was ended");
    session.detach();
}

const WATCHED: &str = "select count(*) from pg_locks
    join queue.workers on watch_pid = pid where locktype = 'advisory' and objsubid = 1";

/// Keeps jobs coming, as fast as they can, until a worker has the watch.
async fn until_watched(pool: &PgPool) {
    let flow = futures::future::join_all((0..8).map(|_| async {
        loop {
            put(pool, Does::Complete).await;
        }
    }));
    let watched = wait_for("a worker to be on watch", async || {
        (count(pool, WATCHED).await > 0).then_some(())
    });
    tokio::select! {
        () = watched => {}
        _ = flow => unreachable!("it goes on for ever"),
    }
}

#[tokio::test]
async fn point_14_a_worker_on_watch_that_stops_leaves_no_job_that_nobody_was_told_of() {
    let db = TestDb::new().await;
    let pool = db.pool_of(40);
    let worker = Worker::start(&pool, alone());
    // Holds up the stop until what the watch owes can be seen to.
    put(&db.pool, Does::Gate).await;
    worker.stage.until_begun(1).await;
    let stage = Arc::clone(&worker.stage);
    let late = loop {
        until_watched(&db.pool).await;
        let mut late = db.pool.begin().await.unwrap();
        enqueue(&mut *late, &job(Does::Complete)).await.unwrap();
        // Else the watch ended before, and this job is told of like any other.
        if count(&db.pool, WATCHED).await > 0 {
            break late;
        }
    };
    let other = Worker::start(&pool, alone());
    let stopping = tokio::spawn(worker.stop());
    wait_for("the stop to have begun", async || {
        let stopping = "select count(*) from queue.workers where state = 'draining'";
        (count(&db.pool, stopping).await == 1).then_some(())
    })
    .await;
    late.commit().await.unwrap();
    stage.gate.add_permits(1);
    stopping.await.unwrap();
    until_drained(&db.pool).await;
    other.stop().await;
}

#[tokio::test]
async fn point_13_no_job_is_forgotten_however_enqueues_and_watches_meet() {
    let db = TestDb::new().await;
    let pool = db.pool_of(60);
    let workers = [(); 3].map(|()| Worker::start(&pool, alone()));
    let mut listener = listen(&pool).await;
    let mut jobs = 0;
    for seed in 0..12 {
        let clients = (0..8).map(|client| {
            let pool = pool.clone();
            tokio::spawn(enqueue_at_random(pool, seed * 100 + client))
        });
        for made in futures::future::join_all(clients).await {
            jobs += made.unwrap();
        }
        // The last of them are what a worker that ends its watch could miss.
        until_drained(&pool).await;
    }
    let heard = heard(&mut listener, &pool).await;
    eprintln!("{jobs} transactions, {heard} notifications");
    for worker in workers {
        worker.stop().await;
    }
    assert!(heard < jobs, "watches were held");
}

/// Fast single jobs, with longer transactions between; answers how many there were.
async fn enqueue_at_random(pool: PgPool, seed: u64) -> usize {
    let mut random = seed + 1;
    let mut below = |limit: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % limit
    };
    let count = 20 + below(60);
    for _ in 0..count {
        let mut tx = pool.begin().await.unwrap();
        enqueue(&mut *tx, &job(Does::Complete)).await.unwrap();
        if below(25) == 0 {
            tokio::time::sleep(Duration::from_millis(1 + below(120))).await;
        }
        tx.commit().await.unwrap();
    }
    usize::try_from(count).unwrap()
}
