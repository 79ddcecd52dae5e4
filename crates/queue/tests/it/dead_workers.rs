//! Workers that are killed or frozen, as processes of their own.

use std::time::{Duration, Instant};

use sqlx::PgPool;
use stevedore_queue::{CancellationToken, RunnerSettings, enqueue, enqueue_many};
use stevedore_testkit::{TestDb, wait_for};

use crate::children::{Child, DEATH_LOCK, Way, deed, make_deeds, worker};
use crate::support::{Does, Worker, count, put, until, until_drained, view};

const QUICK: Duration = Duration::from_millis(1000);

async fn until_begun(pool: &PgPool, jobs: i64) {
    wait_for(&format!("{jobs} deeds to begin"), async || {
        (count(pool, "select count(*) from deeds_begun").await == jobs).then_some(())
    })
    .await;
}

#[tokio::test]
async fn point_3_a_killed_workers_jobs_start_elsewhere_within_ten_seconds_by_default() {
    let db = TestDb::new().await;
    make_deeds(&db.pool).await;
    let job_id = enqueue(&db.pool, &deed(Way::Hang)).await.unwrap().job_id;
    let defaults = RunnerSettings::default();
    let mut victim = Child::start(&db, defaults.heartbeat);
    until_begun(&db.pool, 1).await;
    let others = resting_workers(&db).await;

    let killed = Instant::now();
    victim.kill();
    until(&db.pool, job_id, "completed").await;
    let silence = killed.elapsed();
    eprintln!("started elsewhere after {silence:?}");
    assert!(silence < 2 * defaults.heartbeat, "{silence:?}");
    others.iter().for_each(CancellationToken::cancel);
}

/// Three workers with default settings. They rest: they have promised more than the six seconds of
/// those that hold something. (They take turns to look, so each of their promises is at another of
/// its ends.)
async fn resting_workers(db: &TestDb) -> [CancellationToken; 3] {
    let pool = db.pool_of(20);
    let workers = [(); 3].map(|()| worker(&pool, RunnerSettings::default()));
    wait_for("the others to rest", async || {
        let resting = "select count(*) from queue.workers
            where alive_until > clock_timestamp() + interval '10 seconds'";
        (count(&db.pool, resting).await == 3).then_some(())
    })
    .await;
    workers
}

#[tokio::test]
async fn point_3_a_group_goes_on_within_ten_seconds_of_a_death_between_commit_and_settlement() {
    let db = TestDb::new().await;
    make_deeds(&db.pool).await;
    let mut held = db.pool.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(DEATH_LOCK)
        .execute(&mut *held)
        .await
        .unwrap();
    let jobs = [Way::DieAfterCommit, Way::AtOnce].map(|way| deed(way).group_key("g"));
    let ids = enqueue_many(&db.pool, &jobs).await.unwrap();
    let defaults = RunnerSettings::default();
    let mut victim = Child::start(&db, defaults.heartbeat);
    until_begun(&db.pool, 1).await;
    let others = resting_workers(&db).await;

    held.commit().await.unwrap();
    victim.wait();
    let died = Instant::now();
    until(&db.pool, ids[1].job_id, "completed").await;
    let stalled = died.elapsed();
    eprintln!("the group went on after {stalled:?}");
    assert!(stalled < 2 * defaults.heartbeat, "{stalled:?}");
    for id in &ids {
        let view = view(&db.pool, id.job_id).await;
        let outcomes: Vec<_> = view.attempts.iter().map(|a| a.outcome.as_str()).collect();
        assert_eq!(outcomes, ["completed"], "{view:?}");
    }
    assert_eq!(count(&db.pool, "select count(*) from deeds").await, 2);
    others.iter().for_each(CancellationToken::cancel);
}

#[tokio::test]
async fn point_3_a_frozen_worker_that_goes_on_changes_nothing_that_it_lost() {
    let db = TestDb::new().await;
    make_deeds(&db.pool).await;
    let ways = [Way::Dally, Way::CommitLate, Way::LeaveToWorker, Way::Fail];
    let ids = enqueue_many(&db.pool, &ways.map(deed)).await.unwrap();
    let zombie = Child::start(&db, QUICK);
    until_begun(&db.pool, 4).await;
    let zombie_id = view(&db.pool, ids[0].job_id).await.worker_id;
    // Its open transaction locks the job that it has completed and not committed.
    wait_for("the uncommitted completion", async || {
        let locked: Option<i64> = sqlx::query_scalar(
            "select job_id from queue.jobs where job_id = $1 for update skip locked",
        )
        .bind(ids[1].job_id)
        .fetch_optional(&db.pool)
        .await
        .unwrap();
        locked.is_none().then_some(())
    })
    .await;
    zombie.freeze();

    let pool = db.pool_of(20);
    let settings = RunnerSettings {
        heartbeat: QUICK,
        ..RunnerSettings::default()
    };
    let other = worker(&pool, settings);
    until_drained(&db.pool).await;
    let silent_since = "select (extract(epoch from heartbeat_at) * 1000000)::bigint
        from queue.workers order by worker_id limit 1";
    let before = count(&db.pool, silent_since).await;
    zombie.thaw();
    wait_for("the zombie to begin anew", async || {
        let registered = "select count(*) from queue.workers where name like 'child-%'";
        (count(&db.pool, registered).await == 2).then_some(())
    })
    .await;
    // It works: so it is through with what it had.
    let more = enqueue_many(&db.pool, &vec![deed(Way::AtOnce); 50])
        .await
        .unwrap();
    until_drained(&db.pool).await;

    for id in &ids {
        let view = view(&db.pool, id.job_id).await;
        let outcomes: Vec<_> = view.attempts.iter().map(|a| a.outcome.as_str()).collect();
        assert_eq!(outcomes, ["lost", "completed"], "{view:?}");
        assert_ne!(view.worker_id, zombie_id);
    }
    let effects: Vec<(i64, i64)> =
        sqlx::query_as("select job_id, attempt from deeds order by job_id limit 4")
            .fetch_all(&db.pool)
            .await
            .unwrap();
    let expected: Vec<_> = ids.iter().map(|id| (id.job_id, 2)).collect();
    assert_eq!(effects, expected);
    let all = i64::try_from(ids.len() + more.len()).unwrap();
    assert_eq!(count(&db.pool, "select count(*) from deeds").await, all);
    assert_eq!(
        count(&db.pool, silent_since).await,
        before,
        "it extended what it had lost"
    );
    other.cancel();
}

#[tokio::test]
async fn point_3_a_worker_whose_future_is_dropped_says_nothing_more_and_loses_its_jobs() {
    let db = TestDb::new().await;
    let pool = db.pool_of(20);
    let settings = RunnerSettings {
        heartbeat: QUICK,
        ..RunnerSettings::default()
    };
    let job_id = put(&db.pool, Does::Hang).await;
    let dropped = Worker::start(&pool, settings.clone());
    until(&db.pool, job_id, "running").await;
    dropped.running.abort();
    let other = Worker::start(&pool, settings);
    let attempts = wait_for("the job to begin elsewhere", async || {
        let attempts = view(&db.pool, job_id).await.attempts;
        (attempts.len() > 1).then_some(attempts)
    })
    .await;
    let outcomes: Vec<_> = attempts.iter().map(|a| a.outcome.as_str()).collect();
    assert_eq!(outcomes, ["lost", "running"], "{attempts:?}");
    other.shutdown.cancel();
}

/// Jobs of the next test, and the groups that they are of; `STEVEDORE_KILL_TEST_JOBS=100000` runs
/// it at length.
#[expect(clippy::disallowed_methods, reason = "the scale of a run by hand")]
fn kill_test_jobs() -> usize {
    let jobs = std::env::var("STEVEDORE_KILL_TEST_JOBS").ok();
    jobs.and_then(|jobs| jobs.parse().ok()).unwrap_or(5000)
}

const GROUPS: usize = 40;
const WORKERS: usize = 8;
/// A kill now and then: on the average each worker lives for eight of these.
const KILL_EVERY: Duration = Duration::from_millis(1200);

#[tokio::test]
async fn point_4_groups_of_one_over_eight_workers_killed_at_random_never_overlap() {
    let db = TestDb::new().await;
    make_deeds(&db.pool).await;
    let jobs = kill_test_jobs();
    for first in (0..jobs).step_by(5000) {
        let batch: Vec<_> = (first..jobs.min(first + 5000))
            .map(|job| deed(Way::AtOnce).group_key(format!("g{}", job % GROUPS)))
            .collect();
        enqueue_many(&db.pool, &batch).await.unwrap();
    }
    let started = Instant::now();
    let mut children: Vec<_> = (0..WORKERS).map(|_| Child::start(&db, QUICK)).collect();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut kills = 0;
    let mut kill_at = Instant::now() + 2 * KILL_EVERY;
    while count(
        &db.pool,
        "select count(*) from (select from queue.jobs limit 1) as j",
    )
    .await
        > 0
    {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if Instant::now() < kill_at {
            continue;
        }
        kill_at = Instant::now() + KILL_EVERY;
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let victim = &mut children[usize::try_from(random % 8).unwrap()];
        sqlx::query("insert into killed (pid) values ($1)")
            .bind(i64::from(victim.pid()))
            .execute(&db.pool)
            .await
            .unwrap();
        victim.kill();
        *victim = Child::start(&db, QUICK);
        kills += 1;
    }
    let took = started.elapsed();
    drop(children);
    let lost = "select count(*) from queue.attempts_log where outcome = 'lost'";
    let lost = count(&db.pool, lost).await;
    eprintln!("{jobs} jobs, {kills} kills, {lost} attempts lost, {took:?}");
    assert!(kills > 0 && lost > 0, "{kills} kills, {lost} attempts lost");

    let jobs = i64::try_from(jobs).unwrap();
    let completed = "select count(distinct job_id) from queue.finished_jobs
        where state = 'completed'";
    assert_eq!(count(&db.pool, completed).await, jobs, "lost");
    assert_eq!(
        count(&db.pool, "select count(*) from deeds").await,
        jobs,
        "twice"
    );
    assert_eq!(count(&db.pool, OVERLAPS).await, 0, "overlaps");
}

/// Attempts that began before another of their group had ended: by its effect, which is written
/// before the commit, or by the death of its process, noted before the kill.
const OVERLAPS: &str = "
    with attempts as (
      select b.group_key, b.at as began, coalesce(d.at, least(k.at, l.finished_at), b.at) as ended
      from deeds_begun as b
      left join deeds as d using (job_id, attempt)
      left join killed as k on k.pid = b.pid and k.at > b.at
      left join queue.attempts_log as l using (job_id, attempt)
    ),
    rows as (
      select began, max(ended) over (
        partition by group_key order by began
        rows between unbounded preceding and 1 preceding) as busy_until
      from attempts
    )
    select count(*) from rows where began < busy_until";
