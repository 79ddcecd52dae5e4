//! `stevedore jobs explain`.

use serde_json::Value;
use stevedore_testkit::TestDb;

use crate::jobs::{code, jobs, json, some_jobs};
use crate::{stderr, stdout};

async fn run(db: &TestDb, statement: &'static str) {
    sqlx::query(statement)
        .execute(db.pool())
        .await
        .expect("the statement is fine");
}

#[tokio::test]
async fn first_9_a_job_says_on_the_screen_why_it_does_not_run() {
    let db = TestDb::new().await;
    some_jobs(&db).await;
    run(&db, "select queue.pause('default')").await;
    run(
        &db,
        "select queue.enqueue(p_kind => 'import', p_run_at => '2100-01-01T00:00:00Z')",
    )
    .await;
    let told = stdout(&jobs(&db, &["explain", "1"]));
    assert!(told.contains("paused: "), "{told}");
    assert!(told.contains("no_worker: "), "{told}");
    let later = json(&jobs(&db, &["list", "--state", "scheduled", "--json"]));
    let later = later["jobs"][0]["job_id"].to_string();
    let told = stdout(&jobs(&db, &["explain", &later]));
    assert!(told.contains("until 2100-01-01 00:00:00 UTC"), "{told}");
}

#[tokio::test]
async fn first_9_reasons_are_json_for_programs_and_a_missing_job_is_exit_3() {
    let db = TestDb::new().await;
    some_jobs(&db).await;
    let told = json(&jobs(&db, &["explain", "1", "--json"]));
    let reasons: Vec<&Value> = told
        .as_array()
        .expect("a list")
        .iter()
        .map(|obstacle| &obstacle["reason"])
        .collect();
    assert!(reasons.contains(&&Value::from("no_worker")), "{told}");
    let missing = jobs(&db, &["explain", "4711"]);
    assert_eq!(code(&missing), 3);
    assert!(
        stderr(&missing).contains("there is no job 4711"),
        "{}",
        stderr(&missing)
    );
}
