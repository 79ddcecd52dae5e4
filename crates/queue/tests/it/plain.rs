//! The fast way of jobs without keys and groups: nobody can tell it from the long one.

use futures::future::join_all;
use serde_json::{Value, json};
use sqlx::PgPool;
use stevedore_queue::{Batcher, EnqueueError, NewJob, enqueue_many};
use stevedore_testkit::TestDb;

/// All of a job but its id and times.
async fn row(pool: &PgPool, job_id: i64) -> Value {
    sqlx::query_scalar(
        "select to_jsonb(j) - 'job_id' - 'created_at' \
           - case when j.state = 'ready' then array['run_at', 'order_at'] else '{}' end \
           || jsonb_build_object('head_start', j.order_at - j.run_at) \
         from queue.jobs as j where job_id = $1",
    )
    .bind(job_id)
    .fetch_one(pool)
    .await
    .unwrap()
}

fn jobs() -> Vec<Value> {
    vec![
        json!({"kind": "a"}),
        json!({"kind": "b", "args": {"n": 1, "long": "x".repeat(1000)}, "queue": "other"}),
        json!({"kind": "a", "args": {}, "priority": -7, "max_attempts": 3}),
        json!({"kind": "a", "args": {}, "run_at": "2100-01-01T00:00:00Z", "priority": 5}),
        json!({"kind": "c.d/e", "args": {}, "trace_context": "00-aa-bb-01"}),
    ]
}

fn new_job(job: &Value) -> NewJob {
    let text = |name: &str| job[name].as_str().map(str::to_owned);
    let args = job.get("args").cloned().unwrap_or(json!({}));
    let mut new = NewJob::new(job["kind"].as_str().unwrap(), &args).unwrap();
    if let Some(queue) = text("queue") {
        new = new.queue(queue);
    }
    if let Some(priority) = job["priority"].as_i64() {
        new = new.priority(i16::try_from(priority).unwrap());
    }
    if let Some(attempts) = job["max_attempts"].as_u64() {
        new = new.max_attempts(u16::try_from(attempts).unwrap());
    }
    if let Some(run_at) = text("run_at") {
        new = new.run_at(run_at.parse().unwrap());
    }
    if let Some(trace) = text("trace_context") {
        new = new.trace_context(trace);
    }
    new
}

async fn assert_both_ways_store_the_same(pool: &PgPool) {
    // One job with a group sends the whole array the long way.
    let mut long = jobs();
    long.push(json!({"kind": "a", "group_key": "g"}));
    let long: Vec<i64> = sqlx::query_scalar("select job_id from queue.enqueue_many($1)")
        .bind(Value::Array(long))
        .fetch_all(pool)
        .await
        .unwrap();
    let fast: Vec<NewJob> = jobs().iter().map(new_job).collect();
    let fast = enqueue_many(pool, &fast).await.unwrap();
    assert_eq!(fast.len(), jobs().len());
    for ((fast, long), job) in fast.iter().zip(long).zip(jobs()) {
        assert!(fast.inserted);
        assert_eq!(row(pool, fast.job_id).await, row(pool, long).await, "{job}");
    }
    assert!(fast.is_sorted_by_key(|job| job.job_id));
}

#[tokio::test]
async fn point_1_plain_jobs_are_stored_as_all_others_are() {
    let db = TestDb::new().await;
    assert_both_ways_store_the_same(&db.pool).await;
}

#[tokio::test]
async fn point_4_plain_jobs_find_their_place_in_queues_with_ageing_and_kinds_with_a_line() {
    let db = TestDb::new().await;
    sqlx::raw_sql(
        "insert into queue.queues (queue, ageing) values ('default', interval '1 minute'); \
         insert into queue.kinds (kind, own_line) values ('a', true)",
    )
    .execute(&db.pool)
    .await
    .unwrap();
    assert_both_ways_store_the_same(&db.pool).await;
}

#[tokio::test]
async fn point_17_all_that_is_wrong_with_plain_jobs_is_said_with_their_places() {
    let db = TestDb::new().await;
    let fine = || NewJob::new("fine", &json!({})).unwrap();
    let jobs = [
        fine(),
        NewJob::new("not fine", &json!({})).unwrap(),
        fine().priority(101),
        NewJob::new("fine", &json!([1])).unwrap(),
        fine().max_attempts(0),
        fine().queue(""),
        NewJob::new("fine", &json!({"x": "y".repeat(1 << 20)})).unwrap(),
    ];
    let refused = enqueue_many(&db.pool, &jobs).await;
    let Err(EnqueueError::Invalid(problems)) = refused else {
        panic!("not refused: {refused:?}");
    };
    let fields: Vec<&str> = problems.iter().map(|found| found.field.as_str()).collect();
    let expected = [
        "jobs[1].kind",
        "jobs[2].priority",
        "jobs[3].args",
        "jobs[4].max_attempts",
        "jobs[5].queue",
        "jobs[6].args",
    ];
    assert_eq!(fields, expected);
    let left: i64 = sqlx::query_scalar("select count(*) from queue.jobs")
        .fetch_one(&db.pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn jobs_of_many_tasks_at_once_leave_the_pool_to_others() {
    let db = TestDb::new().await;
    let pool = db.pool_of(8);
    let batcher = Batcher::new(pool.clone());
    for _ in 0..5 {
        let job = |n: i32| NewJob::new("a", &json!({ "n": n })).unwrap();
        let jobs = (0..20).map(|n| batcher.enqueue(job(n)));
        assert!(join_all(jobs).await.iter().all(Result::is_ok));
    }
    assert_eq!(pool.size(), 0, "they have connections of their own");
    let stored: i64 = sqlx::query_scalar("select count(*) from queue.jobs")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(stored, 100);
}
