//! Groups: never two at once, in their order, and no job left behind.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use stevedore_queue::{RunnerSettings, cancel, enqueue, enqueue_many, retry};
use stevedore_testkit::{TestDb, wait_for};

use crate::support::{
    Does, Stage, Worker, calm, count, effects, job, make_effects, until, until_drained, view,
};

#[tokio::test]
async fn jobs_of_a_group_start_one_after_the_other_in_their_order() {
    let db = TestDb::new().await;
    let jobs: Vec<_> = (0..30)
        .map(|_| job(Does::Complete).group_key("g"))
        .collect();
    let ids = enqueue_many(&db.pool, &jobs).await.unwrap();
    let urgent = job(Does::Complete).group_key("g").priority(-1);
    let urgent = enqueue(&db.pool, &urgent).await.unwrap().job_id;
    let worker = Worker::start(&db.pool, calm());
    until_drained(&db.pool).await;
    assert_eq!(worker.stage.running_max.load(Ordering::SeqCst), 1);
    worker.stop().await;

    let started: Vec<i64> =
        sqlx::query_scalar("select job_id from queue.finished_jobs order by claimed_at, job_id")
            .fetch_all(&db.pool)
            .await
            .unwrap();
    let mut expected: Vec<i64> = ids.iter().map(|id| id.job_id).collect();
    // The first was ready before the urgent one came.
    expected.insert(1, urgent);
    assert_eq!(started, expected);
}

#[tokio::test]
async fn groups_do_not_overlap_over_several_workers_and_single_enqueues() {
    let db = TestDb::new().await;
    make_effects(&db.pool).await;
    let pool = db.pool_of(30);
    let stages: Vec<Arc<Stage>> = (0..4).map(|_| Arc::default()).collect();
    let workers: Vec<Worker> = stages
        .iter()
        .map(|stage| {
            let settings = RunnerSettings {
                concurrency: 8,
                // A job whose neighbour commits at the same moment waits for the next sweep.
                heartbeat: Duration::from_secs(2),
                ..calm()
            };
            Worker::on(&pool, settings, Arc::clone(stage))
        })
        .collect();
    let producers = (0..8).map(|producer| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for place in 0..25 {
                let group = format!("g{}", (producer + place) % 3);
                let job = job(Does::Effect).group_key(group);
                enqueue(&pool, &job).await.unwrap();
            }
        })
    });
    futures::future::try_join_all(producers).await.unwrap();
    until_drained(&pool).await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(effects(&pool).await.len(), 200);
    let overlaps = "with ran as (
          select e.job_id, f.group_key, e.began, e.ended
          from effects as e join queue.finished_jobs as f using (job_id))
        select count(*) from ran as a join ran as b
        on a.group_key = b.group_key and a.job_id < b.job_id
        and a.began < b.ended and b.began < a.ended";
    assert_eq!(count(&pool, overlaps).await, 0);
}

/// Jobs whose transactions overlap with that of another of their group, or that began before one
/// that was enqueued earlier.
const DISORDER: &str = "
    with ran as (
      select e.job_id, f.group_key, e.began, e.ended
      from effects as e join queue.finished_jobs as f using (job_id))
    select count(*)
    from ran as a join ran as b on a.group_key = b.group_key and a.job_id < b.job_id
    where b.began < a.ended";

#[tokio::test]
async fn jobs_that_their_handlers_complete_follow_one_another_without_waiting_for_a_sweep() {
    let db = TestDb::new().await;
    make_effects(&db.pool).await;
    let pool = db.pool_of(20);
    // Many more than sweeps come in the test's minute.
    let jobs: Vec<_> = (0..90)
        .map(|place| job(Does::Effect).group_key(format!("g{}", place % 3)))
        .collect();
    enqueue_many(&db.pool, &jobs).await.unwrap();
    let workers = [(); 2].map(|()| Worker::start(&pool, calm()));
    until_drained(&db.pool).await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(effects(&db.pool).await.len(), 90);
    assert_eq!(count(&db.pool, DISORDER).await, 0);
}

#[tokio::test]
async fn a_handler_that_fails_after_its_commit_does_not_hold_up_its_group() {
    let db = TestDb::new().await;
    make_effects(&db.pool).await;
    let jobs = vec![job(Does::EffectThenFail).group_key("g"); 12];
    enqueue_many(&db.pool, &jobs).await.unwrap();
    let worker = Worker::start(&db.pool, calm());
    until_drained(&db.pool).await;
    worker.stop().await;
    let completed = "select count(*) from queue.finished_jobs where state = 'completed'";
    assert_eq!(count(&db.pool, completed).await, 12);
    assert_eq!(effects(&db.pool).await.len(), 12);
}

#[tokio::test]
async fn two_who_free_a_group_at_once_do_not_make_two_of_its_jobs_ready() {
    let db = TestDb::new().await;
    let jobs = vec![job(Does::Complete).group_key("g"); 3];
    enqueue_many(&db.pool, &jobs).await.unwrap();
    sqlx::query("delete from queue.jobs where state = 'ready'")
        .execute(&db.pool)
        .await
        .unwrap();
    let mut first = db.pool.begin().await.unwrap();
    sqlx::query(FREE).execute(&mut *first).await.unwrap();
    let pool = db.pool.clone();
    let second = tokio::spawn(async move { sqlx::query(FREE).execute(&pool).await });
    wait_for("the second to wait for the first", async || {
        let waiting = "select count(*) from pg_locks as l join pg_database as d
            on d.oid = l.database and d.datname = current_database()
            where l.locktype = 'advisory' and not l.granted";
        (count(&db.pool, waiting).await == 1).then_some(())
    })
    .await;
    first.commit().await.unwrap();
    second.await.unwrap().unwrap();
    let ready = "select count(*) from queue.jobs where state = 'ready'";
    assert_eq!(count(&db.pool, ready).await, 1);
}

const FREE: &str = "select queue.free_groups(array['g'])";

#[tokio::test]
async fn a_claim_says_which_groups_may_have_become_free_meanwhile() {
    let db = TestDb::new().await;
    // Two enqueues that do not see each other: both jobs are ready.
    let (mut one, mut two) = (
        db.pool.begin().await.unwrap(),
        db.pool.begin().await.unwrap(),
    );
    let grouped = job(Does::Complete).group_key("g");
    let first = enqueue(&mut *one, &grouped).await.unwrap().job_id;
    enqueue(&mut *two, &grouped).await.unwrap();
    one.commit().await.unwrap();
    two.commit().await.unwrap();
    let ready = "select count(*) from queue.jobs where state = 'ready'";
    assert_eq!(count(&db.pool, ready).await, 2);

    let worker_id: i64 = sqlx::query_scalar(
        "select queue.register_worker('w', '', array['default'], array['act'], 9, 60000)",
    )
    .fetch_one(&db.pool)
    .await
    .unwrap();
    sqlx::query(
        "select from queue.claim_next(
        $1, array['default'], array['act'], array[3]::smallint[], 1)",
    )
    .bind(worker_id)
    .execute(&db.pool)
    .await
    .unwrap();
    let mut claiming = db.pool.begin().await.unwrap();
    let parked: Vec<String> = sqlx::query_scalar(
        "select jsonb_array_elements_text(claimed.args)
        from queue.claim_next(
          $1, array['default'], array['act'], array[3]::smallint[], 9) as claimed
        where claimed.job_id is null",
    )
    .bind(worker_id)
    .fetch_all(&mut *claiming)
    .await
    .unwrap();
    assert_eq!(parked, ["g"]);
    // Whoever ends the first one now still sees the second ready.
    sqlx::query("select queue.complete($1, array[$2::bigint], array[1])")
        .bind(worker_id)
        .bind(first)
        .execute(&db.pool)
        .await
        .unwrap();
    claiming.commit().await.unwrap();
    assert_eq!(count(&db.pool, ready).await, 0);
    sqlx::query(FREE).execute(&db.pool).await.unwrap();
    assert_eq!(count(&db.pool, ready).await, 1);
}

#[tokio::test]
async fn a_job_that_waits_for_its_retry_does_not_hold_up_its_group() {
    let db = TestDb::new().await;
    let slow = job(Does::RetryAfterMs(3_600_000)).group_key("g");
    let jobs = [slow, job(Does::Complete).group_key("g")];
    let ids = enqueue_many(&db.pool, &jobs).await.unwrap();
    assert_eq!(view(&db.pool, ids[1].job_id).await.state, "blocked");
    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, ids[1].job_id, "completed").await;
    worker.stop().await;
    assert_eq!(view(&db.pool, ids[0].job_id).await.state, "scheduled");
}

#[tokio::test]
async fn whatever_ends_the_first_of_a_group_lets_the_next_go() {
    let db = TestDb::new().await;
    let jobs = vec![job(Does::Fatal).group_key("g"); 4];
    let ids = enqueue_many(&db.pool, &jobs).await.unwrap();
    let state = async |place: usize| view(&db.pool, ids[place].job_id).await.state;
    assert_eq!(
        (state(0).await, state(1).await),
        ("ready".into(), "blocked".into())
    );
    cancel(&db.pool, ids[0].job_id).await.unwrap();
    assert_eq!(
        (state(1).await, state(2).await),
        ("ready".into(), "blocked".into())
    );

    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, ids[3].job_id, "dead").await;
    worker.stop().await;
    assert!(retry(&db.pool, ids[1].job_id).await.unwrap());
    assert!(retry(&db.pool, ids[2].job_id).await.unwrap());
    assert_eq!(
        (state(1).await, state(2).await),
        ("ready".into(), "blocked".into())
    );
}

#[tokio::test]
async fn a_group_that_nobody_released_is_swept() {
    let db = TestDb::new().await;
    let jobs = vec![job(Does::Complete).group_key("g"); 2];
    enqueue_many(&db.pool, &jobs).await.unwrap();
    // The trace of an enqueue and a completion that did not see each other.
    sqlx::query("delete from queue.jobs where state = 'ready'")
        .execute(&db.pool)
        .await
        .unwrap();
    let worker = Worker::start(&db.pool, calm());
    until_drained(&db.pool).await;
    worker.stop().await;
}
