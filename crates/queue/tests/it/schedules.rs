//! Schedules: one job per tick, whoever ticks, and none lost or made up.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use sqlx::PgPool;
use stevedore_queue::schedules::{self, NewSchedule};
use stevedore_queue::{Cron, Missed, Policy, RunnerError, Schedule};
use stevedore_testkit::{TestDb, wait_for};

use crate::support::{Does, Stage, Worker, calm, count};

const JOBS: &str = "select count(*) from queue.jobs";

/// What `queue.tick_schedule` answers: moved, job, revision, paused, next tick, now.
type Ticked = (
    bool,
    Option<i64>,
    i64,
    bool,
    Option<DateTime<Utc>>,
    DateTime<Utc>,
);

/// Runs a statement at another time.
async fn at<T>(pool: &PgPool, now: DateTime<Utc>, sql: &'static str) -> T
where
    T: Send + Unpin + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    let mut tx = pool.begin().await.unwrap();
    set_clock(&mut tx, now).await;
    let row = sqlx::query_as(sql).fetch_one(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    row
}

async fn set_clock(tx: &mut sqlx::PgConnection, now: DateTime<Utc>) {
    sqlx::query("select set_config('stevedore.now', $1, true)")
        .bind(now.to_rfc3339())
        .execute(tx)
        .await
        .unwrap();
}

/// Moves the schedule `s` on, as a worker at that time would that saw this state of it.
async fn move_on(
    pool: &PgPool,
    now: DateTime<Utc>,
    seen: Option<DateTime<Utc>>,
    ticks: &[DateTime<Utc>],
    next: Option<DateTime<Utc>>,
) -> Ticked {
    let mut tx = pool.begin().await.unwrap();
    set_clock(&mut tx, now).await;
    let row = sqlx::query_as(
        "select * from queue.tick_schedule(
           's', (select revision from queue.schedules where schedule = 's'), $1, $2, $3)",
    )
    .bind(seen)
    .bind(ticks)
    .bind(next)
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    row
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn act(name: &str, when: Schedule) -> NewSchedule {
    let args = serde_json::to_value(crate::support::Act {
        does: Does::Complete,
    });
    NewSchedule::new(name, "act", when).args(args.unwrap())
}

fn cron(expression: &str) -> Schedule {
    Schedule::Cron(Cron::new(expression))
}

/// A worker whose kind has this schedule. `{}` is not what Act takes, so each tick's job ends in
/// the dead letter: enough to count.
fn scheduled(pool: &PgPool, when: Schedule) -> Worker {
    let policy = Policy {
        schedule: Some(when),
        ..Stage::default().policy
    };
    let stage = Stage {
        policy,
        ..Stage::default()
    };
    Worker::on(pool, calm(), Arc::new(stage))
}

#[tokio::test]
async fn point_11_workers_of_the_release_before_make_one_job_of_a_tick() {
    let db = TestDb::new().await;
    let pool = db.pool_of(10);
    let tick = |now: &'static str| {
        let sql = "select * from queue.tick('s', 'clean', 'default', 60000)";
        at::<(Option<i64>, i64)>(&pool, instant(now), sql)
    };
    for (now, expected) in [
        ("2030-01-01T00:00:10Z", 1),
        ("2030-01-01T00:00:59Z", 1),
        ("2030-01-01T00:01:00Z", 2),
        // An hour without anybody: only the newest tick runs.
        ("2030-01-01T01:00:30Z", 3),
        // A clock that went back makes no job again.
        ("2030-01-01T00:30:00Z", 3),
    ] {
        join_all((0..10).map(|_| tick(now))).await;
        assert_eq!(count(&pool, JOBS).await, expected, "{now}");
    }
    assert_eq!(
        tick("2030-01-01T01:00:30.250Z").await,
        (None, 29_750),
        "milliseconds to the next tick"
    );
}

#[tokio::test]
async fn point_11_a_tick_is_made_once_by_workers_of_both_releases_together() {
    let db = TestDb::new().await;
    let old = "select * from queue.tick('s', 'clean', 'default', 60000)";
    let minute = |minute: u32| instant(&format!("2030-01-01T00:{minute:02}:00Z"));
    at::<(Option<i64>, i64)>(&db.pool, minute(0), old).await;
    let next = move_on(&db.pool, minute(0), None, &[], Some(minute(1)))
        .await
        .4;
    assert_eq!(next, Some(minute(1)));
    // The old one comes first: the new one finds it moved.
    at::<(Option<i64>, i64)>(&db.pool, minute(1), old).await;
    let late = move_on(&db.pool, minute(1), next, &[minute(1)], Some(minute(2))).await;
    assert!(!late.0 && late.4 == Some(minute(2)), "{late:?}");
    // The new one comes first: the old one finds it moved.
    let first = move_on(&db.pool, minute(2), late.4, &[minute(2)], Some(minute(3))).await;
    assert!(first.0 && first.1.is_some());
    let old_one: (Option<i64>, i64) = at(&db.pool, minute(2), old).await;
    assert_eq!(old_one, (None, 60_000));
    assert_eq!(count(&db.pool, JOBS).await, 3);
    // Paused, or with a calendar since, it does not tick for the old one either.
    assert!(schedules::pause(&db.pool, "s").await.unwrap());
    let paused: (Option<i64>, i64) = at(&db.pool, minute(3), old).await;
    assert_eq!(paused.0, None);
}

#[tokio::test]
async fn point_11_ten_racing_workers_make_one_job_and_none_before_its_time() {
    let db = TestDb::new().await;
    let pool = db.pool_of(10);
    schedules::upsert(&pool, &act("s", cron("0 * * * *")))
        .await
        .unwrap();
    let tick = instant("2030-01-01T01:00:00Z");
    let next = Some(tick + TimeDelta::hours(1));
    let before = tick - TimeDelta::minutes(5);
    assert!(move_on(&pool, before, None, &[], Some(tick)).await.0);
    // A worker whose clock is ahead.
    let early = move_on(
        &pool,
        tick - TimeDelta::milliseconds(1),
        Some(tick),
        &[tick],
        next,
    )
    .await;
    assert!(!early.0 && early.4 == Some(tick), "{early:?}");
    assert_eq!(count(&pool, JOBS).await, 0);

    let ticks = [tick];
    let race = (0..10).map(|_| move_on(&pool, tick, Some(tick), &ticks, next));
    let moved = join_all(race).await;
    assert_eq!(moved.iter().filter(|ticked| ticked.0).count(), 1);
    assert!(moved.iter().all(|ticked| ticked.4 == next), "{moved:?}");
    assert_eq!(count(&pool, JOBS).await, 1);
    // Who computes the same tick again, as after a clock was set back, makes no job again.
    let again = move_on(&pool, tick, next, &[tick], next).await;
    assert!(again.0 && again.1.is_none(), "{again:?}");
    assert_eq!(count(&pool, JOBS).await, 1);
}

#[tokio::test]
async fn point_11_a_0230_job_runs_once_on_both_changes() {
    let db = TestDb::new().await;
    let nightly = Schedule::Cron(Cron::new("30 2 * * *").zone("Europe/Berlin"));
    schedules::upsert(&db.pool, &act("s", nightly.clone()))
        .await
        .unwrap();
    for (from, instants) in [
        (
            "2030-03-29T12:00:00Z",
            ["2030-03-30T01:30", "2030-03-31T01:00", "2030-04-01T00:30"],
        ),
        (
            "2030-10-25T12:00:00Z",
            ["2030-10-26T00:30", "2030-10-27T00:30", "2030-10-28T01:30"],
        ),
    ] {
        let from = instant(from);
        let first = nightly.upcoming(from, 1).unwrap()[0];
        let seen: (Option<DateTime<Utc>>,) =
            at(&db.pool, from, "select next_tick_at from queue.schedules").await;
        move_on(&db.pool, from, seen.0, &[], Some(first)).await;
        // Two workers come by every quarter of an hour, for three days.
        for quarter in 1..=3 * 24 * 4 {
            let now = from + TimeDelta::minutes(15 * quarter);
            let (seen,): (DateTime<Utc>,) =
                at(&db.pool, now, "select next_tick_at from queue.schedules").await;
            if seen <= now {
                let next = nightly.upcoming(now, 1).unwrap().first().copied();
                for _worker in 0..2 {
                    move_on(&db.pool, now, Some(seen), &[seen], next).await;
                }
            }
        }
        let runs: Vec<String> = sqlx::query_scalar(
            "with gone as (delete from queue.jobs returning run_at)
             select to_char(run_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI')
             from gone order by run_at",
        )
        .fetch_all(&db.pool)
        .await
        .unwrap();
        assert_eq!(runs, instants);
    }
}

/// Ticks of the kind's jobs so far, as their unique keys say.
async fn keys(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("select unique_key from queue.dead_jobs order by job_id")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn point_11_ten_workers_make_one_job_of_each_tick_and_ask_little() {
    for when in [
        cron("* * * * * *"),
        Schedule::Every(Duration::from_millis(500)),
    ] {
        let db = TestDb::new().await;
        sqlx::raw_sql(
            "do $$ begin
               execute format('alter database %I set track_functions = pl', current_database());
             end $$",
        )
        .execute(&db.pool)
        .await
        .unwrap();
        let pools: Vec<PgPool> = (0..10).map(|_| db.pool_of(4)).collect();
        let workers: Vec<Worker> = pools
            .iter()
            .map(|pool| scheduled(pool, when.clone()))
            .collect();
        wait_for("four ticks", async || {
            (keys(&db.pool).await.len() >= 4).then_some(())
        })
        .await;
        for worker in workers {
            worker.stop().await;
        }
        for pool in pools {
            pool.close().await;
        }
        let keys = keys(&db.pool).await;
        let ticks: BTreeSet<&String> = keys.iter().collect();
        assert_eq!(ticks.len(), keys.len(), "{keys:?}");
        let calls = "select coalesce(sum(calls), 0)::bigint from pg_stat_user_functions
            where funcname = 'tick_schedule'";
        let calls = count(&db.pool, calls).await;
        // Ten at the start; then one a tick, and more only when this machine is busy.
        let ticks = i64::try_from(keys.len()).unwrap();
        assert!(calls <= 10 + 8 * ticks, "{calls} calls for {ticks} ticks");
    }
}

#[tokio::test]
async fn point_11_no_tick_is_lost_or_made_twice_while_workers_die_and_start() {
    let db = TestDb::new().await;
    let when = Schedule::Cron(Cron::new("* * * * * *").missed(Missed::CatchUp(1000)));
    for round in 1..=3 {
        // All that is theirs, their connections too, lives in a runtime that ends.
        let fleet = tokio::runtime::Runtime::new().unwrap();
        let workers = {
            let _inside = fleet.enter();
            [(); 3].map(|()| scheduled(&db.pool_of(5), when.clone()))
        };
        wait_for("two more ticks", async || {
            (keys(&db.pool).await.len() >= 2 * round).then_some(())
        })
        .await;
        // As if killed: none of them says goodbye.
        fleet.shutdown_background();
        drop(workers);
        wait_for("ticks that nobody makes", async || {
            let behind = "select count(*) from queue.schedules
                where next_tick_at < now() - interval '1 second'";
            (count(&db.pool, behind).await > 0).then_some(())
        })
        .await;
    }
    let made: Vec<i64> = sqlx::query_scalar(
        "select split_part(unique_key, '@', 2)::bigint as tick
         from (select unique_key from queue.jobs union all select unique_key
           from queue.dead_jobs) as jobs
         order by tick",
    )
    .fetch_all(&db.pool)
    .await
    .unwrap();
    assert!(
        made.is_sorted_by(|one, next| one + 1000 == *next),
        "{made:?}"
    );
}

#[tokio::test]
async fn point_11_missed_ticks_are_skipped_run_once_or_caught_up_with() {
    let db = TestDb::new().await;
    // Half an hour from the next tick and from the latest: none comes while this runs.
    let (latest, minute): (DateTime<Utc>, i32) = sqlx::query_as(
        "select latest, extract(minute from latest)::integer
         from date_trunc('minute', now() - interval '30 minutes') as latest",
    )
    .fetch_one(&db.pool)
    .await
    .unwrap();
    for (name, missed) in [
        ("skip", Missed::Skip),
        ("once", Missed::Once),
        ("some", Missed::CatchUp(3)),
        ("all", Missed::CatchUp(1000)),
    ] {
        let when = Schedule::Cron(Cron::new(format!("{minute} * * * *")).missed(missed));
        schedules::upsert(&db.pool, &act(name, when)).await.unwrap();
    }
    // Nobody was there for the last five hours.
    sqlx::query(
        "update queue.schedules
         set next_tick_at = $1 - interval '5 hours', last_tick_at = $1 - interval '6 hours'",
    )
    .bind(latest)
    .execute(&db.pool)
    .await
    .unwrap();
    let worker = Worker::start(&db.pool, calm());
    wait_for("all schedules to look ahead", async || {
        let behind = "select count(*) from queue.schedules where next_tick_at < now()";
        (count(&db.pool, behind).await == 0).then_some(())
    })
    .await;
    worker.stop().await;
    let ran: Vec<(String, i64, bool)> = sqlx::query_as(
        "select split_part(split_part(unique_key, ':', 2), '@', 1) as schedule, count(*),
           max(split_part(unique_key, '@', 2)::bigint)
             = extract(epoch from $1) * 1000
         from (select unique_key from queue.jobs union all select unique_key
           from queue.finished_jobs) as jobs
         group by schedule order by schedule",
    )
    .bind(latest)
    .fetch_all(&db.pool)
    .await
    .unwrap();
    let expected = [("all", 6), ("once", 1), ("some", 3)];
    let expected = expected.map(|(name, count)| (name.to_owned(), count, true));
    assert_eq!(ran, expected);
}

#[tokio::test]
async fn point_11_a_worker_whose_schedule_makes_no_sense_does_not_begin() {
    let db = TestDb::new().await;
    for (when, says) in [
        (
            cron("0 25 * * *"),
            "\"25\" is no hour; write * or values from 0 to 23",
        ),
        (cron("0 0 30 2 *"), "never comes"),
        (
            Schedule::Cron(Cron::new("@daily").zone("Berlin")),
            "write Europe/Berlin",
        ),
        (
            Schedule::Every(Duration::from_millis(1)),
            "at most every 100 ms",
        ),
    ] {
        let ended = scheduled(&db.pool, when).running.await.unwrap();
        let Err(RunnerError::Schedule("act", error)) = ended else {
            panic!("{ended:?}");
        };
        assert!(error.to_string().contains(says), "{error}");
    }
}
