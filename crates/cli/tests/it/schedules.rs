//! `stevedore jobs schedules`.

use stevedore_testkit::TestDb;

use crate::jobs::{code, jobs, json};
use crate::{stderr, stdout};

async fn some_schedules(db: &TestDb) {
    sqlx::query(
        "select queue.upsert_schedule('clean', 'clean_up', '30 2 * * *', 'Europe/Berlin'),
           queue.upsert_schedule('pulse', 'beat', p_every => interval '10 minutes')",
    )
    .execute(db.pool())
    .await
    .expect("the schedules are made");
}

#[tokio::test]
async fn point_11_schedules_are_listed_with_their_next_ticks() {
    let db = TestDb::new().await;
    let none = stdout(&jobs(&db, &["schedules"]));
    assert!(none.contains("there is no schedule"), "{none}");
    some_schedules(&db).await;
    let listed = stdout(&jobs(&db, &["schedules"]));
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(
        listed.contains("clean_up") && listed.contains("pulse"),
        "{listed}"
    );
    for line in listed.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    let all = json(&jobs(&db, &["schedules", "list", "--json"]));
    assert_eq!(all[0]["schedule"], "clean");
    assert_eq!(all[0]["zone"], "Europe/Berlin");
    assert_eq!(all[1]["paused"], false);
}

#[tokio::test]
async fn point_11_ticks_are_previewed_by_calendar_and_zone() {
    let db = TestDb::new().await;
    some_schedules(&db).await;
    let shown = stdout(&jobs(
        &db,
        &["schedules", "preview", "clean", "--count", "3"],
    ));
    assert_eq!(shown.lines().count(), 3, "{shown}");
    for line in shown.lines() {
        // 02:30 in Berlin, in winter and in summer.
        assert!(
            line.contains(" 01:30:00 UTC") || line.contains(" 00:30:00 UTC"),
            "{line}"
        );
    }
    let ticks = json(&jobs(&db, &["schedules", "preview", "pulse", "--json"]));
    assert_eq!(ticks["ticks"].as_array().map(Vec::len), Some(10));
}

#[tokio::test]
async fn point_11_a_schedule_is_paused_resumed_and_run_now() {
    let db = TestDb::new().await;
    some_schedules(&db).await;
    let paused = || json(&jobs(&db, &["schedules", "--json"]))[0]["paused"].clone();
    assert_eq!(
        stdout(&jobs(&db, &["schedules", "pause", "clean"])),
        "paused clean\n"
    );
    assert_eq!(paused(), true);
    assert_eq!(
        json(&jobs(&db, &["schedules", "resume", "clean", "--json"]))["resumed"],
        true
    );
    assert_eq!(paused(), false);
    let run = json(&jobs(&db, &["schedules", "run", "clean", "--json"]));
    let job = json(&jobs(&db, &["show", &run["job_id"].to_string(), "--json"]));
    assert_eq!(job["kind"], "clean_up");
}

#[tokio::test]
async fn a_schedule_that_is_not_there_is_exit_3() {
    let db = TestDb::new().await;
    for verb in ["preview", "pause", "resume", "run"] {
        let output = jobs(&db, &["schedules", verb, "nightly"]);
        assert_eq!(code(&output), 3, "{verb}");
        assert!(
            stderr(&output).contains("there is no schedule nightly"),
            "{}",
            stderr(&output)
        );
    }
}
