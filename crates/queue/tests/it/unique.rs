//! Point 5 of the contract: unique keys for a period, and replacement (debounce).

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use stevedore_queue::{
    EnqueueError, NewJob, OnFailure, Replace, UniqueScope, cancel, enqueue, enqueue_many,
};
use stevedore_testkit::TestDb;

use crate::support::{Does, Worker, calm, count, job, put, until, view};

const ARGS: &[Replace] = &[Replace::Args];
const BOTH: &[Replace] = &[Replace::Args, Replace::RunAt];

fn numbered(number: i64) -> NewJob {
    NewJob::new("a", &json!({ "n": number })).unwrap()
}

async fn time(pool: &sqlx::PgPool) -> DateTime<Utc> {
    sqlx::query_scalar("select clock_now()")
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn point_5_a_key_for_a_period_is_held_whatever_becomes_of_the_job() {
    let db = TestDb::new().await;
    let minutes = Duration::from_mins(10);
    let once = job(Does::Complete).unique_key("k").unique_for(minutes);
    let first = enqueue(&db.pool, &once).await.unwrap();
    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, first.job_id, "completed").await;
    worker.stop().await;
    let second = enqueue(&db.pool, &once).await.unwrap();
    assert_eq!((second.inserted, second.job_id), (false, first.job_id));

    // Ten minutes later, while the next job may still run.
    sqlx::query("update queue.unique_periods set expires_at = now()")
        .execute(&db.pool)
        .await
        .unwrap();
    let third = enqueue(&db.pool, &once).await.unwrap();
    assert!(third.inserted);
    cancel(&db.pool, third.job_id).await.unwrap();
    assert!(!enqueue(&db.pool, &once).await.unwrap().inserted);
    // Another scope is another space: this key is not held until the end of a job.
    let other = job(Does::Complete).unique_key("k");
    assert!(enqueue(&db.pool, &other).await.unwrap().inserted);
}

#[tokio::test]
async fn point_5_a_period_whose_enqueue_rolled_back_never_began() {
    let db = TestDb::new().await;
    let once = numbered(1)
        .unique_key("k")
        .unique_for(Duration::from_mins(10));
    let mut tx = db.pool.begin().await.unwrap();
    assert!(enqueue(&mut *tx, &once).await.unwrap().inserted);
    tx.rollback().await.unwrap();
    assert!(enqueue(&db.pool, &once).await.unwrap().inserted);
}

#[tokio::test]
async fn point_5_thirty_two_racers_make_one_job_for_a_period() {
    let db = TestDb::new().await;
    let pool = db.pool_of(32);
    for round in 0..5 {
        let racers = (0..32).map(|number| {
            let pool = pool.clone();
            let racer = numbered(number).unique_key(format!("k{round}"));
            let racer = racer.unique_for(Duration::from_mins(10));
            tokio::spawn(async move { enqueue(&pool, &racer).await.unwrap() })
        });
        let results = futures::future::try_join_all(racers).await.unwrap();
        assert_eq!(results.iter().filter(|one| one.inserted).count(), 1);
        assert!(results.iter().all(|one| one.job_id == results[0].job_id));
    }
    assert_eq!(count(&db.pool, "select count(*) from queue.jobs").await, 5);
}

#[tokio::test]
async fn point_5_thirty_two_racers_that_replace_leave_one_job_with_the_arguments_of_one_of_them() {
    let db = TestDb::new().await;
    let pool = db.pool_of(32);
    let worker = "select queue.register_worker('w', '', '{default}', '{a}', 9, 60000)";
    sqlx::query(worker).execute(&pool).await.unwrap();
    let racers = (0..32).map(|number| {
        let pool = pool.clone();
        let racer = numbered(number).unique_key("k").replace(ARGS);
        let racer = racer.unique_scope(UniqueScope::Waiting);
        tokio::spawn(async move {
            if number == 16 {
                // In the middle of it all somebody claims what there is.
                let claim = "select queue.claim(1, '{default}', '{a}', '{5}', 10)";
                sqlx::query(claim).execute(&pool).await.unwrap();
            }
            enqueue(&pool, &racer).await.unwrap()
        })
    });
    let results = futures::future::try_join_all(racers).await.unwrap();
    let made = results.iter().filter(|one| one.inserted).count();
    assert!((1..=2).contains(&made), "{made}");
    let waiting = "select count(*) from queue.jobs where state = 'ready'";
    assert!(count(&db.pool, waiting).await <= 1);
}

#[tokio::test]
async fn point_5_debounce_the_waiting_job_takes_the_last_arguments_and_time() {
    let db = TestDb::new().await;
    let now = time(&db.pool).await;
    let soon = |seconds| now + Duration::from_secs(seconds);
    let debounced = |number, run_at| {
        numbered(number)
            .unique_key("k")
            .run_at(run_at)
            .replace(BOTH)
    };
    let first = enqueue(&db.pool, &debounced(1, soon(60))).await.unwrap();
    let later = soon(120);
    let second = enqueue(&db.pool, &debounced(2, later)).await.unwrap();
    assert_eq!((second.inserted, second.job_id), (false, first.job_id));
    let view_now = view(&db.pool, first.job_id).await;
    assert_eq!(view_now.args, json!({"n": 2}));
    assert_eq!(view_now.run_at.timestamp(), later.timestamp());
    assert_eq!(view_now.state, "scheduled");

    // One that is due at once pulls it forward; one without `replace` changes nothing.
    let now = numbered(3).unique_key("k").replace(BOTH);
    enqueue(&db.pool, &now).await.unwrap();
    enqueue(&db.pool, &numbered(4).unique_key("k"))
        .await
        .unwrap();
    let view_now = view(&db.pool, first.job_id).await;
    assert_eq!(
        (view_now.state.as_str(), view_now.args),
        ("ready", json!({"n": 3}))
    );

    // And one that is later pushes it back again, arguments untouched.
    let only_time = numbered(5)
        .unique_key("k")
        .run_at(soon(60))
        .replace(&[Replace::RunAt]);
    enqueue(&db.pool, &only_time).await.unwrap();
    let view_now = view(&db.pool, first.job_id).await;
    assert_eq!(
        (view_now.state.as_str(), view_now.args),
        ("scheduled", json!({"n": 3}))
    );
}

#[tokio::test]
async fn point_5_a_running_job_is_not_touched_and_the_scope_says_whether_a_new_one_is_made() {
    let db = TestDb::new().await;
    for (scope, is_new) in [
        (UniqueScope::Unfinished, false),
        (UniqueScope::Waiting, true),
    ] {
        let gated = || {
            job(Does::Gate)
                .unique_key(format!("{scope:?}"))
                .unique_scope(scope)
        };
        let running = enqueue(&db.pool, &gated()).await.unwrap().job_id;
        let worker = Worker::start(&db.pool, calm());
        until(&db.pool, running, "running").await;
        let later = time(&db.pool).await + Duration::from_mins(60);
        let next = enqueue(&db.pool, &gated().run_at(later).replace(BOTH))
            .await
            .unwrap();
        assert_eq!(next.inserted, is_new);
        assert_eq!(view(&db.pool, running).await.state, "running");
        if is_new {
            assert_eq!(view(&db.pool, next.job_id).await.state, "scheduled");
        }
        worker.stage.gate.add_permits(1);
        until(&db.pool, running, "completed").await;
        worker.stop().await;
    }
}

#[tokio::test]
async fn point_5_all_of_it_from_sql_and_in_bulk() {
    let db = TestDb::new().await;
    let before = put(&db.pool, Does::Gate).await;
    for inserted in [true, false] {
        let answer: bool = sqlx::query_scalar(
            "select inserted from queue.enqueue(p_kind => 'a', p_unique_key => 'sql',
               p_unique_period => '10 minutes', p_replace => '{args,run_at}')",
        )
        .fetch_one(&db.pool)
        .await
        .unwrap();
        assert_eq!(answer, inserted);
    }
    let minute = Duration::from_mins(1);
    let jobs = [
        numbered(1).unique_key("k").unique_for(minute),
        numbered(2),
        numbered(3).unique_key("k").unique_for(minute).replace(ARGS),
        numbered(4).unique_key("u"),
        numbered(5).unique_key("u").replace(ARGS),
        numbered(6)
            .after_with(before, OnFailure::Run)
            .unique_key("sql")
            .unique_for(minute),
    ];
    let results = enqueue_many(&db.pool, &jobs).await.unwrap();
    let inserted: Vec<bool> = results.iter().map(|one| one.inserted).collect();
    assert_eq!(inserted, [true, true, false, true, false, false]);
    assert_eq!(results[2].job_id, results[0].job_id);
    assert_eq!(
        view(&db.pool, results[0].job_id).await.args,
        json!({"n": 3})
    );
    assert_eq!(
        view(&db.pool, results[3].job_id).await.args,
        json!({"n": 5})
    );
}

#[tokio::test]
async fn point_5_what_makes_no_sense_is_refused() {
    let db = TestDb::new().await;
    let bad = [
        numbered(1).unique_for(Duration::from_mins(1)),
        numbered(1).unique_key("k").unique_for(Duration::ZERO),
        numbered(1)
            .unique_key("k")
            .unique_scope(UniqueScope::Period),
        numbered(1).replace(ARGS),
    ];
    let expected = ["unique_scope", "unique_period", "unique_period", "replace"];
    for (bad, expected) in bad.iter().zip(expected) {
        match enqueue(&db.pool, bad).await.unwrap_err() {
            EnqueueError::Invalid(problems) => assert_eq!(problems[0].field, expected),
            other => panic!("not a refusal: {other:?}"),
        }
    }
}
