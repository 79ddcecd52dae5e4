//! Point 12 of the contract: jobs that wait for other jobs.

use serde_json::json;
use stevedore_queue::{
    EnqueueError, NewJob, OnFailure, Workflow, WorkflowJobs, cancel, cancel_workflow, details,
    enqueue, enqueue_many, retry,
};
use stevedore_testkit::TestDb;

use crate::support::{
    Does, Worker, calm, count, effects, job, make_effects, put, until, until_drained, view,
};

fn kind(kind: &str) -> NewJob {
    NewJob::new(kind, &json!({})).unwrap()
}

/// Claims everything that is ready, as worker 1; answers the ids.
async fn claim(pool: &sqlx::PgPool) -> Vec<i64> {
    sqlx::query_scalar(
        "select job_id from queue.claim(
           1, array['default'], array['a', 'act'], array[5, 5]::smallint[], 1000) order by 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

async fn register(pool: &sqlx::PgPool) {
    sqlx::query("select queue.register_worker('w', '', '{default}', '{a,act}', 9, 60000)")
        .execute(pool)
        .await
        .unwrap();
}

async fn complete(pool: &sqlx::PgPool, job_id: i64) {
    let done: Vec<i64> = sqlx::query_scalar("select queue.complete(1, array[$1], array[1])")
        .bind(job_id)
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(done, [job_id]);
}

/// Edges whose later job began before the earlier one had ended.
async fn disorder(pool: &sqlx::PgPool) -> i64 {
    count(
        pool,
        "select count(*)
         from queue.dependencies as d
         join effects as before on before.job_id = d.after_job_id
         join effects as later on later.job_id = d.job_id
         where later.began < before.ended",
    )
    .await
}

async fn states(pool: &sqlx::PgPool, jobs: &WorkflowJobs) -> Vec<String> {
    let mut states = Vec::new();
    for job in jobs.all() {
        states.push(view(pool, job.job_id).await.state);
    }
    states
}

#[tokio::test]
async fn point_12_fan_out_and_fan_in_run_in_the_order_of_their_edges() {
    let db = TestDb::new().await;
    make_effects(&db.pool).await;
    let mut flow = Workflow::new();
    let first = flow.add(job(Does::Effect));
    // More urgent than what they wait for, and yet later.
    let parts = flow.fan_out(first, (0..20).map(|_| job(Does::Effect).priority(-50)));
    flow.fan_in(&parts, job(Does::Effect).priority(-100));
    let jobs = flow.enqueue(&db.pool).await.unwrap();
    assert_eq!(states(&db.pool, &jobs).await[1], "waiting");

    let worker = Worker::start(&db.pool, calm());
    until_drained(&db.pool).await;
    worker.stop().await;
    assert_eq!(effects(&db.pool).await.len(), 22);
    assert_eq!(disorder(&db.pool).await, 0);
}

#[tokio::test]
async fn point_12_a_dead_predecessor_cancels_runs_or_holds_as_each_edge_says() {
    let db = TestDb::new().await;
    let mut flow = Workflow::new();
    let dead = flow.add(job(Does::FailTimes(1)).max_attempts(1));
    let cancelled = flow.add(job(Does::Complete).after(dead));
    flow.add(job(Does::Complete).after(cancelled));
    flow.add(job(Does::Complete).after_with(dead, OnFailure::Run));
    let held = flow.add(job(Does::Complete).after_with(dead, OnFailure::Wait));
    let jobs = flow.enqueue(&db.pool).await.unwrap();

    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, jobs[dead].job_id, "dead").await;
    until(&db.pool, jobs.all()[3].job_id, "completed").await;
    assert_eq!(
        states(&db.pool, &jobs).await,
        ["dead", "cancelled", "cancelled", "completed", "waiting"]
    );
    let seen = details(&db.pool, jobs[dead].job_id).await.unwrap();
    let outcomes: Vec<_> = seen
        .before
        .iter()
        .map(|edge| edge.outcome.as_deref())
        .collect();
    assert_eq!(outcomes, [Some("dead"), Some("dead"), None]);
    let why = view(&db.pool, jobs[cancelled].job_id).await.last_error;
    let expected = format!("job {}, which it waited for, is dead", jobs[dead].job_id);
    assert_eq!(why.as_deref(), Some(expected.as_str()));

    // Its second life succeeds: the first failure was its first claim.
    assert!(retry(&db.pool, jobs[dead].job_id).await.unwrap());
    let _ = until(&db.pool, jobs[dead].job_id, "dead").await;
    worker.stop().await;
    sqlx::query("update queue.dead_jobs set args = '{\"does\": \"complete\"}'")
        .execute(&db.pool)
        .await
        .unwrap();
    assert!(retry(&db.pool, jobs[dead].job_id).await.unwrap());
    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, jobs[held].job_id, "completed").await;
    worker.stop().await;
}

#[tokio::test]
async fn point_12_two_last_predecessors_that_commit_at_the_same_moment_release_the_job() {
    let db = TestDb::new().await;
    let pool = db.pool_of(20);
    register(&pool).await;
    for _ in 0..20 {
        let mut flow = Workflow::new();
        let before: Vec<_> = (0..8).map(|_| flow.add(kind("a"))).collect();
        let last = flow.fan_in(&before, kind("other"));
        let jobs = flow.enqueue(&pool).await.unwrap();
        let claimed = claim(&pool).await;
        assert_eq!(claimed.len(), 8);
        let ends = claimed.into_iter().map(|job_id| {
            let pool = pool.clone();
            tokio::spawn(async move { complete(&pool, job_id).await })
        });
        futures::future::try_join_all(ends).await.unwrap();
        assert_eq!(view(&pool, jobs[last].job_id).await.state, "ready");
    }
}

#[tokio::test]
async fn point_12_open_transactions_that_end_predecessors_wait_for_each_other_and_miss_nothing() {
    let db = TestDb::new().await;
    let pool = db.pool_of(5);
    register(&pool).await;
    let first = enqueue(&pool, &kind("a")).await.unwrap().job_id;
    let second = enqueue(&pool, &kind("a")).await.unwrap().job_id;
    let last = kind("other").after(first).after(second);
    let last = enqueue(&pool, &last).await.unwrap().job_id;
    claim(&pool).await;

    // The first has ended, but not committed, when the second ends.
    let mut tx = pool.begin().await.unwrap();
    sqlx::query("select queue.complete_in(1, $1, 1)")
        .bind(first)
        .execute(&mut *tx)
        .await
        .unwrap();
    let other = tokio::spawn({
        let pool = pool.clone();
        async move { complete(&pool, second).await }
    });
    stevedore_testkit::wait_for("the second to wait for the first", async || {
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        (count(&pool, waiting).await == 1).then_some(())
    })
    .await;
    tx.commit().await.unwrap();
    other.await.unwrap();
    assert_eq!(view(&pool, last).await.state, "ready");
}

#[tokio::test]
async fn point_12_an_edge_made_while_its_predecessor_ends_is_not_missed() {
    let db = TestDb::new().await;
    let pool = db.pool_of(20);
    register(&pool).await;
    for _ in 0..40 {
        let before = enqueue(&pool, &kind("a")).await.unwrap().job_id;
        claim(&pool).await;
        let makers = (0..4).map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move {
                enqueue(&pool, &kind("other").after(before))
                    .await
                    .unwrap()
                    .job_id
            })
        });
        let makers: Vec<_> = makers.collect();
        complete(&pool, before).await;
        for maker in makers {
            let job_id = maker.await.unwrap();
            assert_eq!(view(&pool, job_id).await.state, "ready");
        }
    }
}

#[tokio::test]
async fn point_12_predecessors_that_have_ended_already_count_as_if_they_ended_now() {
    let db = TestDb::new().await;
    let completed = put(&db.pool, Does::Complete).await;
    let dead = put(&db.pool, Does::Fatal).await;
    let cancelled = put(&db.pool, Does::Gate).await;
    cancel(&db.pool, cancelled).await.unwrap();
    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, completed, "completed").await;
    until(&db.pool, dead, "dead").await;
    worker.stop().await;

    let after = |job_id: i64, policy| kind("other").after_with(job_id, policy);
    let jobs = [
        after(completed, OnFailure::Cancel),
        after(dead, OnFailure::Cancel),
        after(dead, OnFailure::Run),
        after(dead, OnFailure::Wait),
        after(cancelled, OnFailure::Wait),
        after(completed, OnFailure::Cancel).after(dead),
    ];
    let expected = [
        "ready",
        "cancelled",
        "ready",
        "waiting",
        "cancelled",
        "cancelled",
    ];
    for (job, expected) in enqueue_many(&db.pool, &jobs)
        .await
        .unwrap()
        .iter()
        .zip(expected)
    {
        assert_eq!(view(&db.pool, job.job_id).await.state, expected);
    }
    // Later, those that it is in line with: a step after a step that is cancelled at once.
    let mut flow = Workflow::new();
    let gone = flow.add(after(dead, OnFailure::Cancel));
    flow.add(kind("other").after(gone));
    let jobs = flow.enqueue(&db.pool).await.unwrap();
    assert_eq!(states(&db.pool, &jobs).await, ["cancelled", "cancelled"]);
}

#[tokio::test]
async fn point_12_from_sql_a_job_waits_with_one_more_parameter() {
    let db = TestDb::new().await;
    let before = put(&db.pool, Does::Complete).await;
    let after: i64 = sqlx::query_scalar(
        "select job_id from queue.enqueue(p_kind => 'act', p_args => '{\"does\": \"complete\"}',
           p_after => array[$1], p_on_failure => 'run')",
    )
    .bind(before)
    .fetch_one(&db.pool)
    .await
    .unwrap();
    assert_eq!(view(&db.pool, after).await.state, "waiting");
    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, after, "completed").await;
    worker.stop().await;
}

#[tokio::test]
async fn point_12_a_waiting_job_keeps_its_time_and_its_group() {
    let db = TestDb::new().await;
    register(&db.pool).await;
    let before = enqueue(&db.pool, &kind("a")).await.unwrap().job_id;
    let later = "2099-01-01T00:00:00Z".parse().unwrap();
    let jobs = [
        kind("other").after(before).run_at(later),
        kind("other").after(before).group_key("g"),
        kind("other").group_key("g"),
        kind("other").after(before).group_key("g"),
    ];
    let jobs = enqueue_many(&db.pool, &jobs).await.unwrap();
    assert_eq!(view(&db.pool, jobs[2].job_id).await.state, "ready");
    claim(&db.pool).await;
    complete(&db.pool, before).await;
    let mut states = Vec::new();
    for job in &jobs {
        states.push(view(&db.pool, job.job_id).await.state);
    }
    assert_eq!(states, ["scheduled", "blocked", "ready", "blocked"]);
}

#[tokio::test]
async fn point_12_a_workflow_is_cancelled_as_a_whole() {
    let db = TestDb::new().await;
    let mut flow = Workflow::new();
    let first = flow.add(kind("other"));
    let parts = flow.fan_out(first, [kind("other"), kind("other")]);
    let last = flow.fan_in(&parts, kind("other"));
    flow.add(kind("other").after_with(last, OnFailure::Run));
    let jobs = flow.enqueue(&db.pool).await.unwrap();
    let stranger = enqueue(&db.pool, &kind("other")).await.unwrap().job_id;

    let count = cancel_workflow(&db.pool, jobs[parts[0]].job_id)
        .await
        .unwrap();
    assert_eq!(count, 5);
    assert!(
        states(&db.pool, &jobs)
            .await
            .iter()
            .all(|state| state == "cancelled")
    );
    assert_eq!(view(&db.pool, stranger).await.state, "ready");
}

#[tokio::test]
async fn point_12_edges_that_make_no_sense_are_refused() {
    let db = TestDb::new().await;
    let mut flow = Workflow::new();
    let ahead = {
        let mut longer = Workflow::new();
        longer.add(kind("a"));
        longer.add(kind("a"))
    };
    flow.add(kind("a").after(ahead));
    for job in [
        flow.enqueue(&db.pool).await.map(|_| ()),
        enqueue(&db.pool, &kind("a").after(4711)).await.map(|_| ()),
    ] {
        match job.unwrap_err() {
            EnqueueError::Invalid(problems) => assert!(problems[0].field.ends_with("after")),
            other => panic!("not a refusal: {other:?}"),
        }
    }
    assert_eq!(count(&db.pool, "select count(*) from queue.jobs").await, 0);
}

#[tokio::test]
async fn point_12_a_chain_of_a_thousand_is_cancelled_by_its_first_link() {
    let db = TestDb::new().await;
    let mut flow = Workflow::new();
    let mut last = flow.add(kind("a"));
    for _ in 1..1000 {
        last = flow.add(kind("a").after(last));
    }
    let jobs = flow.enqueue(&db.pool).await.unwrap();
    cancel(&db.pool, jobs.all()[0].job_id).await.unwrap();
    assert_eq!(count(&db.pool, "select count(*) from queue.jobs").await, 0);
    assert_eq!(view(&db.pool, jobs[last].job_id).await.state, "cancelled");
}

#[tokio::test]
async fn point_12_under_repeatable_read_an_end_that_missed_another_is_refused() {
    let db = TestDb::new().await;
    let pool = db.pool_of(5);
    register(&pool).await;
    let first = enqueue(&pool, &kind("a")).await.unwrap().job_id;
    let second = enqueue(&pool, &kind("a")).await.unwrap().job_id;
    let last = kind("other").after(first).after(second);
    let last = enqueue(&pool, &last).await.unwrap().job_id;
    claim(&pool).await;

    let mut tx = pool.begin().await.unwrap();
    let old_snapshot = "set transaction isolation level repeatable read";
    sqlx::query(old_snapshot).execute(&mut *tx).await.unwrap();
    sqlx::query("select count(*) from queue.jobs")
        .execute(&mut *tx)
        .await
        .unwrap();
    complete(&pool, second).await;
    let late = enqueue(&pool, &kind("other").after(first))
        .await
        .unwrap()
        .job_id;
    let missed = sqlx::query("select queue.complete_in(1, $1, 1)")
        .bind(first)
        .execute(&mut *tx)
        .await
        .unwrap_err();
    assert_eq!(missed.as_database_error().unwrap().code().unwrap(), "40001");
    tx.rollback().await.unwrap();

    complete(&pool, first).await;
    assert_eq!(view(&pool, last).await.state, "ready");
    assert_eq!(view(&pool, late).await.state, "ready");
}

#[tokio::test]
async fn point_12_random_graphs_that_grow_while_two_workers_run_them_keep_their_order() {
    let db = TestDb::new().await;
    make_effects(&db.pool).await;
    let workers = [(); 2].map(|()| Worker::start(&db.pool, calm()));
    // Four enqueuers, each with edges to what it and the others put in before, done or not.
    let enqueuers = (0..4_u64).map(|seed| {
        let pool = db.pool.clone();
        tokio::spawn(async move {
            let mut known: Vec<i64> = Vec::new();
            let mut random = seed + 1;
            for _ in 0..30 {
                let mut flow = Workflow::new();
                let mut steps = Vec::new();
                for _ in 0..4 {
                    let mut next = job(Does::Effect);
                    for _ in 0..3 {
                        random = random
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1);
                        let pick = usize::try_from(random >> 40).unwrap();
                        if pick.is_multiple_of(2) && !steps.is_empty() {
                            next = next.after(steps[pick % steps.len()]);
                        } else if !known.is_empty() {
                            next = next.after(known[pick % known.len()]);
                        }
                    }
                    steps.push(flow.add(next));
                }
                let jobs = flow.enqueue(&pool).await.unwrap();
                known.extend(jobs.all().iter().map(|one| one.job_id));
            }
        })
    });
    futures::future::try_join_all(enqueuers).await.unwrap();
    until_drained(&db.pool).await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(effects(&db.pool).await.len(), 480);
    assert_eq!(disorder(&db.pool).await, 0);
    let open = "select count(*) from queue.dependencies where settled_at is null";
    assert_eq!(count(&db.pool, open).await, 0);
}
