//! Schedules that people make, pause and remove while workers run.

use sqlx::PgPool;
use stevedore_queue::schedules::{self, NewSchedule, ScheduleView, SchedulesError};
use stevedore_queue::{Cron, Dst, Missed, Schedule};
use stevedore_testkit::{TestDb, wait_for};

use crate::support::{Worker, calm, count};

const MADE: &str = "select (select count(*) from queue.jobs where unique_key is not null)
    + (select count(*) from queue.finished_jobs where unique_key is not null)";

fn every_second(name: &str) -> NewSchedule {
    NewSchedule::new(name, "act", Schedule::Cron(Cron::new("* * * * * *")))
        .args(serde_json::json!({"does": "complete"}))
}

async fn one(pool: &PgPool, name: &str) -> ScheduleView {
    let mut found = schedules::list(pool, Some(name)).await.unwrap();
    assert_eq!(found.len(), 1, "{name}");
    found.remove(0)
}

async fn until_more(pool: &PgPool, than: i64) {
    wait_for("a tick", async || {
        (count(pool, MADE).await > than).then_some(())
    })
    .await;
}

#[tokio::test]
async fn point_11_a_schedule_made_at_run_time_reaches_a_running_worker_at_once() {
    let db = TestDb::new().await;
    let worker = Worker::start(&db.pool, calm());
    worker.stage.until_begun(0).await;
    wait_for("the worker to listen", async || {
        let listening = "select count(*) from pg_stat_activity
            where datname = current_database() and query like 'LISTEN%'";
        (count(&db.pool, listening).await > 0).then_some(())
    })
    .await;
    assert_eq!(
        schedules::upsert(&db.pool, &every_second("a"))
            .await
            .unwrap(),
        1
    );
    until_more(&db.pool, 1).await;
    let seen = one(&db.pool, "a").await;
    assert!(
        seen.next_tick_at.is_some() && seen.last_job_id.is_some(),
        "{seen:?}"
    );

    // The same again changes nothing.
    assert_eq!(
        schedules::upsert(&db.pool, &every_second("a"))
            .await
            .unwrap(),
        1
    );
    // Once it is paused, no tick that is under way counts.
    assert!(schedules::pause(&db.pool, "a").await.unwrap());
    let made = count(&db.pool, MADE).await;
    let last = one(&db.pool, "a").await.last_tick_at;
    schedules::upsert(&db.pool, &every_second("b"))
        .await
        .unwrap();
    until_more(&db.pool, made + 1).await;
    let paused = one(&db.pool, "a").await;
    assert!(paused.paused && paused.last_tick_at == last);

    assert!(schedules::resume(&db.pool, "a").await.unwrap());
    wait_for("it to tick again", async || {
        (one(&db.pool, "a").await.last_tick_at > last).then_some(())
    })
    .await;
    for name in ["a", "b"] {
        assert!(schedules::remove(&db.pool, name).await.unwrap());
        assert!(!schedules::remove(&db.pool, name).await.unwrap());
    }
    assert!(schedules::list(&db.pool, None).await.unwrap().is_empty());
    worker.stop().await;
}

#[tokio::test]
async fn point_11_a_schedule_runs_now_when_it_is_asked_to_also_while_it_is_paused() {
    let db = TestDb::new().await;
    let shop = every_second("shop")
        .queue("slow")
        .priority(7)
        .group_key("shop");
    schedules::upsert(&db.pool, &shop).await.unwrap();
    schedules::pause(&db.pool, "shop").await.unwrap();
    let job_id = schedules::run_now(&db.pool, "shop").await.unwrap().unwrap();
    let job = stevedore_queue::find(&db.pool, job_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (job.queue.as_str(), job.priority, job.group_key.as_deref()),
        ("slow", 7, Some("shop"))
    );
    assert_eq!(job.args, serde_json::json!({"does": "complete"}));
    assert_eq!(one(&db.pool, "shop").await.last_job_id, Some(job_id));
    for name in ["none"] {
        assert_eq!(schedules::run_now(&db.pool, name).await.unwrap(), None);
        assert!(!schedules::pause(&db.pool, name).await.unwrap());
        assert!(!schedules::resume(&db.pool, name).await.unwrap());
    }
}

#[tokio::test]
async fn point_11_what_is_written_is_what_is_shown_with_the_ticks_to_come() {
    let db = TestDb::new().await;
    let cron = Cron::new("30 2 * * *")
        .zone("Europe/Berlin")
        .dst(Dst::Both)
        .missed(Missed::CatchUp(5));
    let when = Schedule::Cron(cron);
    schedules::upsert(&db.pool, &NewSchedule::new("s", "act", when.clone()))
        .await
        .unwrap();
    let view = one(&db.pool, "s").await;
    assert_eq!(view.when(), when);
    assert_eq!(
        view.upcoming(3).unwrap(),
        when.upcoming(view.now_at, 3).unwrap()
    );
    assert_eq!(view.when().describe().unwrap(), "At 02:30.");
}

#[tokio::test]
async fn point_11_bad_schedules_are_refused_by_rust_and_sql_with_what_to_write() {
    let db = TestDb::new().await;
    let bad = NewSchedule::new("s", "act", Schedule::Cron(Cron::new("0 25 * * *")));
    let refused = schedules::upsert(&db.pool, &bad).await.unwrap_err();
    assert!(
        refused.to_string().contains("\"25\" is no hour"),
        "{refused}"
    );
    let bad = NewSchedule::new("a b", "", Schedule::Cron(Cron::new("@daily"))).priority(101);
    let Err(SchedulesError::Invalid(problems)) = schedules::upsert(&db.pool, &bad).await else {
        panic!("it was taken");
    };
    let fields: Vec<&str> = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(fields, ["schedule", "kind", "priority"]);

    for (sql, says) in [
        (
            "select queue.upsert_schedule('s', 'act', '* * *')",
            "must have five fields",
        ),
        (
            "select queue.upsert_schedule('s', 'act')",
            "give either an expression",
        ),
        (
            "select queue.upsert_schedule('s', 'act', '@daily', 'Mars/Base')",
            "IANA database",
        ),
        (
            "select queue.upsert_schedule('s', 'act', '@daily', p_dst => 'x')",
            "dst must be",
        ),
        (
            "select queue.upsert_schedule('s', 'act', p_every => '1 millisecond')",
            "at least 100 ms",
        ),
    ] {
        let error = sqlx::query(sql).execute(&db.pool).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn point_11_what_only_workers_can_read_is_shown_as_a_problem_and_others_go_on() {
    let db = TestDb::new().await;
    sqlx::query("select queue.upsert_schedule('bad', 'act', '0 25 * * *')")
        .execute(&db.pool)
        .await
        .unwrap();
    // Somebody broke a row by hand: its jobs cannot be enqueued.
    schedules::upsert(&db.pool, &every_second("broken"))
        .await
        .unwrap();
    sqlx::query("update queue.schedules set args = '[]' where schedule = 'broken'")
        .execute(&db.pool)
        .await
        .unwrap();
    schedules::upsert(&db.pool, &every_second("good"))
        .await
        .unwrap();
    let worker = Worker::start(&db.pool, calm());
    until_more(&db.pool, 0).await;
    let problem = one(&db.pool, "bad").await.problem.unwrap();
    assert!(problem.contains("\"25\" is no hour"), "{problem}");
    wait_for("the broken one to say why", async || {
        let problem = one(&db.pool, "broken").await.problem?;
        problem.contains("args must be an object").then_some(())
    })
    .await;
    // Put right, it is no problem any more.
    let right = NewSchedule::new("bad", "act", Schedule::Cron(Cron::new("0 2 * * *")));
    schedules::upsert(&db.pool, &right).await.unwrap();
    assert_eq!(one(&db.pool, "bad").await.problem, None);
    worker.stop().await;
}
