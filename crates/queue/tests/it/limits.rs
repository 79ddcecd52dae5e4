//! Limits, fairness, ageing and pauses: what a claim may take, and in which order.
//!
//! Most tests claim by SQL, as a worker does, so that nothing depends on the clock.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sqlx::PgPool;
use stevedore_queue::{NewJob, RunnerSettings, enqueue_many};
use stevedore_testkit::TestDb;

use crate::support::{Does, Stage, Worker, calm, count, job, until_drained};

async fn sql(pool: &PgPool, statement: &'static str) {
    sqlx::query(statement).execute(pool).await.unwrap();
}

/// Registers a worker that knows the kinds a and b.
async fn register(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select queue.register_worker('w', '', array['default'], array['a', 'b'], 100, 60000)",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// A claimed job, or the milliseconds after which to look again.
type Claimed = (Option<i64>, Option<i32>, Option<String>, Option<i64>);

async fn claim(pool: &PgPool, worker_id: i64, limit: i32) -> Vec<Claimed> {
    sqlx::query_as(
        "select job_id, attempt, kind, look_again_ms from queue.claim_next(
           $1, array['default'], array['a', 'b'], array[5, 5]::smallint[], $2)
         order by rank, order_at, job_id",
    )
    .bind(worker_id)
    .bind(limit)
    .fetch_all(pool)
    .await
    .unwrap()
}

/// Claims one job and completes it; answers its group.
async fn run_one(pool: &PgPool, worker_id: i64) -> Option<String> {
    sqlx::query_scalar(
        "with next as materialized (
           select * from queue.claim_next(
             $1, array['default'], array['a', 'b'], array[5, 5]::smallint[], 1)
         )
         select group_key from next
         where job_id is not null
           and cardinality(queue.complete($1, array[job_id], array[attempt])) = 1",
    )
    .bind(worker_id)
    .fetch_one(pool)
    .await
    .unwrap()
}

fn jobs(kind: &str, count: usize) -> Vec<NewJob> {
    vec![NewJob::new(kind, &serde_json::json!({})).unwrap(); count]
}

fn kinds(claimed: &[Claimed]) -> String {
    claimed.iter().filter_map(|row| row.2.clone()).collect()
}

#[tokio::test]
async fn point_4_a_group_with_three_places_runs_three_jobs_at_once_and_never_more() {
    let db = TestDb::new().await;
    sql(&db.pool, "select queue.set_limit('group', 'g', 3)").await;
    let jobs: Vec<_> = (0..60)
        .map(|_| job(Does::Complete).group_key("g"))
        .collect();
    enqueue_many(&db.pool, &jobs).await.unwrap();
    let gated: Vec<_> = (0..3)
        .map(|_| job(Does::Gate).group_key("g").priority(-1))
        .collect();
    enqueue_many(&db.pool, &gated).await.unwrap();
    let stage: Arc<Stage> = Arc::default();
    let workers = [0, 1].map(|_| Worker::on(&db.pool, calm(), Arc::clone(&stage)));
    // The three at the gate take all the places, so nothing else can end.
    stage.until_begun(6).await;
    let running = "select count(*) from queue.jobs where state = 'running'";
    assert!(count(&db.pool, running).await <= 3);
    stage.gate.add_permits(3);
    until_drained(&db.pool).await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(stage.running_max.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn point_4_a_lowered_group_limit_holds_for_those_that_come() {
    let db = TestDb::new().await;
    let worker_id = register(&db.pool).await;
    sql(&db.pool, "select queue.set_limit('group', 'g', 5)").await;
    let grouped: Vec<_> = jobs("a", 9)
        .into_iter()
        .map(|job| job.group_key("g"))
        .collect();
    enqueue_many(&db.pool, &grouped).await.unwrap();
    let held = claim(&db.pool, worker_id, 9).await;
    assert_eq!(held.len(), 5);
    sql(&db.pool, "select queue.set_limit('group', 'g', 2)").await;
    for (job_id, attempt, ..) in held {
        let running = "select count(*) from queue.jobs where state = 'running'";
        let before = count(&db.pool, running).await;
        sqlx::query("select queue.complete($1, array[$2], array[$3])")
            .bind(worker_id)
            .bind(job_id)
            .bind(attempt)
            .execute(&db.pool)
            .await
            .unwrap();
        claim(&db.pool, worker_id, 9).await;
        let after = count(&db.pool, running).await;
        assert_eq!(after, (before - 1).max(2));
    }
}

#[tokio::test]
async fn first_3_groups_take_turns_in_proportion_to_their_places() {
    let db = TestDb::new().await;
    let worker_id = register(&db.pool).await;
    sql(&db.pool, "select queue.set_limit('group', 'big', 3)").await;
    let of = |group: &str, count| -> Vec<NewJob> {
        let jobs = jobs("a", count).into_iter();
        jobs.map(|job| job.group_key(group)).collect()
    };
    // The big tenant was first, and has a hundred times as much.
    enqueue_many(&db.pool, &of("big", 1000)).await.unwrap();
    enqueue_many(&db.pool, &of("small", 10)).await.unwrap();
    let mut places = Vec::new();
    for place in 0..44 {
        if run_one(&db.pool, worker_id).await.as_deref() == Some("small") {
            places.push(place);
        }
    }
    assert_eq!(places.len(), 10, "{places:?}");
    let waits = places.windows(2).map(|pair| pair[1] - pair[0]);
    // The bound: between two of its jobs each place of the others is served once.
    assert!(waits.max() <= Some(4), "{places:?}");
}

#[tokio::test]
async fn point_4_priorities_are_strict_unless_the_queue_ages_them() {
    let db = TestDb::new().await;
    let worker_id = register(&db.pool).await;
    let enqueue_at = async |kind: &str, priority: i16, age: &str| {
        sqlx::query(
            "select queue.enqueue(p_kind => $1, p_priority => $2,
               p_run_at => now() - $3::text::interval)",
        )
        .bind(kind)
        .bind(priority)
        .bind(age)
        .execute(&db.pool)
        .await
        .unwrap();
    };
    enqueue_at("b", 10, "90 seconds").await;
    enqueue_at("a", 0, "1 second").await;
    sql(&db.pool, "select queue.set_ageing('default', '10 seconds')").await;
    // Ten steps are worth 100 seconds: 90 are not enough.
    assert_eq!(kinds(&claim(&db.pool, worker_id, 2).await), "ab");

    enqueue_at("b", 10, "110 seconds").await;
    enqueue_at("a", 0, "1 second").await;
    assert_eq!(kinds(&claim(&db.pool, worker_id, 2).await), "ba");

    enqueue_at("b", 10, "1 hour").await;
    enqueue_at("a", 0, "1 second").await;
    sql(&db.pool, "select queue.set_ageing('default', null)").await;
    assert_eq!(kinds(&claim(&db.pool, worker_id, 2).await), "ab");
}

#[tokio::test]
async fn point_10_jobs_at_once_of_a_kind_are_limited_fleet_wide_and_others_pass_them() {
    let db = TestDb::new().await;
    let workers = [register(&db.pool).await, register(&db.pool).await];
    sql(&db.pool, "select queue.set_limit('kind', 'a', 2)").await;
    enqueue_many(&db.pool, &jobs("a", 100)).await.unwrap();
    enqueue_many(&db.pool, &jobs("b", 3)).await.unwrap();
    let first = claim(&db.pool, workers[0], 50).await;
    assert_eq!(kinds(&first), "aabbb");
    let look_again = first.last().unwrap();
    assert!(look_again.0.is_none() && look_again.3 > Some(0));
    assert_eq!(kinds(&claim(&db.pool, workers[1], 50).await), "");
    let (job_id, attempt, ..) = first[0].clone();
    sqlx::query("select queue.complete($1, array[$2], array[$3])")
        .bind(workers[0])
        .bind(job_id)
        .bind(attempt)
        .execute(&db.pool)
        .await
        .unwrap();
    assert_eq!(kinds(&claim(&db.pool, workers[1], 50).await), "a");
}

#[tokio::test]
async fn point_10_limits_are_exact_however_many_claim_at_once() {
    let db = TestDb::new().await;
    sql(&db.pool, "select queue.set_limit('kind', 'act', 3)").await;
    sql(&db.pool, "select queue.set_limit('queue', 'default', 4)").await;
    let jobs = vec![job(Does::Complete); 300];
    enqueue_many(&db.pool, &jobs).await.unwrap();
    let stage: Arc<Stage> = Arc::default();
    let pool = db.pool_of(24);
    let workers = [0; 4].map(|_| {
        let settings = RunnerSettings {
            concurrency: 5,
            ..calm()
        };
        Worker::on(&pool, settings, Arc::clone(&stage))
    });
    // A job is running from its claim to the commit of its end, which is longer than its handler:
    // every snapshot must show it.
    let unfinished = "select count(*) from queue.jobs";
    let running = "select count(*) from queue.jobs where state = 'running'";
    let mut most = 0;
    while count(&pool, unfinished).await > 0 {
        most = most.max(count(&pool, running).await);
    }
    for worker in workers {
        worker.stop().await;
    }
    assert!((1..=3).contains(&most), "{most} at once");
}

#[tokio::test]
async fn point_10_starts_per_second_of_a_queue_are_limited() {
    let db = TestDb::new().await;
    sql(
        &db.pool,
        "select queue.set_limit('queue', 'default', null, 100, 10)",
    )
    .await;
    enqueue_many(&db.pool, &vec![job(Does::Complete); 60])
        .await
        .unwrap();
    let workers = [0, 1].map(|_| Worker::start(&db.pool, calm()));
    until_drained(&db.pool).await;
    for worker in workers {
        worker.stop().await;
    }
    // In any stretch of time no more start than the bucket held and gained.
    let excess = "select count(*) from queue.finished_jobs as first
        join lateral (
          select count(*) as jobs, max(claimed_at) as until from (
            select claimed_at from queue.finished_jobs as later
            where later.claimed_at >= first.claimed_at order by claimed_at limit 40) as stretch
        ) as s on true
        where s.jobs > 10.01 + 100 * extract(epoch from s.until - first.claimed_at)";
    assert_eq!(count(&db.pool, excess).await, 0);
}

#[tokio::test]
async fn point_10_a_bucket_for_handlers_gives_each_token_once() {
    let db = TestDb::new().await;
    sql(
        &db.pool,
        "select queue.set_limit('key', 'provider:x', null, 0.001, 7)",
    )
    .await;
    let pool = db.pool_of(10);
    let takers = (0..20).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move {
            sqlx::query_scalar::<_, i64>("select queue.take_tokens('provider:x')")
                .fetch_one(&pool)
                .await
                .unwrap()
        })
    });
    let waits = futures::future::try_join_all(takers).await.unwrap();
    assert_eq!(waits.iter().filter(|wait| **wait == 0).count(), 7);
    assert!(waits.iter().all(|wait| *wait == 0 || *wait > 900_000));
    let unlimited: i64 = sqlx::query_scalar("select queue.take_tokens('another', 5)")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(unlimited, 0);
}

#[tokio::test]
async fn point_9_a_paused_kind_is_not_claimed_and_does_not_stand_in_the_way() {
    let db = TestDb::new().await;
    let worker_id = register(&db.pool).await;
    enqueue_many(&db.pool, &jobs("a", 50)).await.unwrap();
    sql(&db.pool, "select queue.pause_kind('a')").await;
    enqueue_many(&db.pool, &jobs("a", 50)).await.unwrap();
    enqueue_many(&db.pool, &jobs("b", 2)).await.unwrap();
    assert_eq!(kinds(&claim(&db.pool, worker_id, 10).await), "bb");
    sql(&db.pool, "select queue.resume_kind('a')").await;
    assert_eq!(kinds(&claim(&db.pool, worker_id, 3).await), "aaa");
}

#[tokio::test]
async fn point_17_kinds_that_a_worker_does_not_know_do_not_stand_in_the_way() {
    let db = TestDb::new().await;
    let worker_id = register(&db.pool).await;
    enqueue_many(&db.pool, &jobs("unknown", 5)).await.unwrap();
    enqueue_many(&db.pool, &jobs("a", 5)).await.unwrap();
    sql(&db.pool, "select queue.separate_kinds()").await;
    let shared = "select count(*) from queue.jobs where line = ''";
    assert_eq!(count(&db.pool, shared).await, 5);
    assert_eq!(kinds(&claim(&db.pool, worker_id, 10).await), "aaaaa");
    let unknown = "select count(*) from queue.jobs where line = 'unknown' and state = 'ready'";
    assert_eq!(count(&db.pool, unknown).await, 5);
}
