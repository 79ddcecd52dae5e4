//! `stevedore jobs` as its users meet it.

use std::process::{Output, Stdio};

use secrecy::ExposeSecret;
use serde_json::Value;
use stevedore_testkit::TestDb;

use crate::{stderr, stdout, stevedore};

pub fn jobs(db: &TestDb, arguments: &[&str]) -> Output {
    let mut all = vec!["jobs"];
    all.extend(arguments);
    stevedore(&all)
        .env("DATABASE_URL", db.url().expose_secret())
        .stdin(Stdio::null())
        .output()
        .expect("the command can be started")
}

pub fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_str(&stdout(output)).expect("one JSON document")
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

/// Two jobs that wait, one of another queue and kind, and three that died.
pub async fn some_jobs(db: &TestDb) {
    for statement in [
        "select queue.enqueue(p_kind => 'send_mail', p_args => '{\"to\": 7}')",
        "select queue.enqueue(p_kind => 'send_mail', p_group_key => 'g')",
        "select queue.enqueue(p_kind => 'import', p_queue => 'slow')",
        "insert into queue.dead_jobs (job_id, died_at, run_at, created_at, claimed_at, worker_id,
           attempt, forgiven, priority, max_attempts, queue, kind, args, last_error)
         select nextval('queue.jobs_job_id_seq'), clock_now(), clock_now(), clock_now(),
           clock_now(), 1, 3, 0, 0, 3, 'default', 'send_mail', '{}',
           'connection timed out: ' || repeat('a long story ', 20)
         from generate_series(1, 3)",
    ] {
        sqlx::query(statement)
            .execute(db.pool())
            .await
            .expect("the jobs are made");
    }
}

#[tokio::test]
async fn a_list_is_a_table_of_at_most_100_columns_without_colours_in_a_pipe() {
    let db = TestDb::new().await;
    some_jobs(&db).await;
    let output = jobs(&db, &["list"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(text.lines().count(), 7, "{text}");
    assert!(!text.contains('\u{1b}'), "colours are for terminals");
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    let dead = stdout(&jobs(
        &db,
        &["list", "--state", "dead", "--error", "TIMED OUT"],
    ));
    assert_eq!(dead.lines().count(), 4, "{dead}");
}

#[tokio::test]
async fn lists_and_pages_are_json_for_programs() {
    let db = TestDb::new().await;
    some_jobs(&db).await;
    let first = json(&jobs(&db, &["list", "--limit", "4", "--json"]));
    assert_eq!(first["jobs"].as_array().map(Vec::len), Some(4));
    let next = first["next"].to_string();
    let rest = json(&jobs(&db, &["list", "--before-id", &next, "--json"]));
    assert_eq!(rest["jobs"].as_array().map(Vec::len), Some(2));
    assert_eq!(rest["next"], Value::Null);
    let by_args = json(&jobs(&db, &["list", "--args", r#"{"to": 7}"#, "--json"]));
    assert_eq!(by_args["jobs"][0]["kind"], "send_mail");
    assert_eq!(
        json(&jobs(&db, &["list", "--after", "1h", "--json"]))["jobs"][5]["job_id"],
        1
    );
}

#[tokio::test]
async fn one_job_is_shown_and_a_missing_one_is_exit_3() {
    let db = TestDb::new().await;
    some_jobs(&db).await;
    let shown = stdout(&jobs(&db, &["show", "1"]));
    assert!(
        shown.starts_with("job 1: send_mail in queue default, ready"),
        "{shown}"
    );
    assert!(shown.contains(r#"{"to":7}"#), "{shown}");
    assert_eq!(json(&jobs(&db, &["show", "1", "--json"]))["args"]["to"], 7);
    let missing = jobs(&db, &["show", "4711"]);
    assert_eq!(code(&missing), 3);
    assert!(
        stderr(&missing).contains("jobs list"),
        "{}",
        stderr(&missing)
    );
}

#[tokio::test]
async fn a_change_by_filter_is_counted_confirmed_and_done() {
    let db = TestDb::new().await;
    some_jobs(&db).await;
    let filter = ["retry", "--kind", "send_mail", "--error", "timed out"];
    let with = |more: &[&'static str]| jobs(&db, &[&filter[..], more].concat());

    assert_eq!(stdout(&with(&["--dry-run"])), "would retry 3 jobs\n");
    let unasked = with(&[]);
    assert_eq!(code(&unasked), 4);
    assert!(stderr(&unasked).contains("--yes"), "{}", stderr(&unasked));
    assert_eq!(stdout(&with(&["--yes"])), "put back 3 jobs\n");
    let again = with(&["--yes"]);
    assert_eq!(code(&again), 3, "{}", stdout(&again));
    assert!(
        stderr(&again).contains("only dead jobs"),
        "{}",
        stderr(&again)
    );
}

#[tokio::test]
async fn single_jobs_are_changed_without_a_question() {
    let db = TestDb::new().await;
    some_jobs(&db).await;
    assert_eq!(
        stdout(&jobs(&db, &["cancel", "1", "2"])),
        "cancelled 2 jobs\n"
    );
    assert_eq!(
        stdout(&jobs(&db, &["move", "3", "--to", "fast"])),
        "moved 1 job\n"
    );
    let urgent = jobs(&db, &["priority", "3", "--to", "-50", "--json"]);
    assert_eq!(json(&urgent)["changed"], 1);
    let shown = json(&jobs(&db, &["show", "3", "--json"]));
    assert_eq!(
        (&shown["queue"], &shown["priority"]),
        (&"fast".into(), &(-50).into())
    );
    assert_eq!(stdout(&jobs(&db, &["delete", "4"])), "deleted 1 job\n");
    let ended = jobs(&db, &["cancel", "1"]);
    assert_eq!(code(&ended), 3);
    assert!(
        stderr(&ended).contains("job 1 is cancelled"),
        "{}",
        stderr(&ended)
    );
}

#[tokio::test]
async fn a_change_of_everything_has_to_be_said() {
    let db = TestDb::new().await;
    some_jobs(&db).await;
    let vague = jobs(&db, &["cancel", "--yes"]);
    assert_eq!(code(&vague), 1);
    assert!(stderr(&vague).contains("--all"), "{}", stderr(&vague));
    assert_eq!(
        stdout(&jobs(&db, &["cancel", "--all", "--yes"])),
        "cancelled 3 jobs\n"
    );
}

#[tokio::test]
async fn queues_kinds_and_workers_are_described() {
    let db = TestDb::new().await;
    some_jobs(&db).await;
    assert!(
        jobs(&db, &["pause", "--queue", "slow", "--kind", "import"])
            .status
            .success()
    );
    let queues = stdout(&jobs(&db, &["queues"]));
    assert!(
        queues.contains("slow") && queues.contains("paused"),
        "{queues}"
    );
    let kinds = stdout(&jobs(&db, &["kinds"]));
    assert!(kinds.contains("no live worker knows it"), "{kinds}");
    let kinds = json(&jobs(&db, &["kinds", "--json"]));
    assert_eq!(
        (&kinds[0]["kind"], &kinds[0]["paused"]),
        (&"import".into(), &true.into())
    );
    assert!(
        jobs(&db, &["resume", "--queue", "slow", "--kind", "import"])
            .status
            .success()
    );
    let queues = json(&jobs(&db, &["queues", "--json"]));
    assert_eq!(queues[1]["paused"], false);
    assert!(stdout(&jobs(&db, &["workers"])).contains("no worker is alive"));
    for text in [
        stdout(&jobs(&db, &["stats"])),
        stdout(&jobs(&db, &["queues"])),
    ] {
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
    }
}

#[tokio::test]
async fn what_ends_is_told_line_by_line() {
    let db = TestDb::new().await;
    some_jobs(&db).await;
    assert!(jobs(&db, &["cancel", "1", "2"]).status.success());
    let tail = [
        "tail",
        "--since",
        "1h",
        "--lines",
        "2",
        "--interval",
        "10ms",
    ];
    let text = stdout(&jobs(&db, &tail));
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.contains("cancelled") && text.contains("default/send_mail"),
        "{text}"
    );
    let lines = stdout(&jobs(&db, &[&tail[..], &["--json"]].concat()));
    for line in lines.lines() {
        let ended: Value = serde_json::from_str(line).expect("one JSON document a line");
        assert_eq!(ended["outcome"], "cancelled");
    }
}

#[tokio::test]
async fn intake_limits_and_quotas_are_set_and_shown() {
    let db = TestDb::new().await;
    let set = [
        "limit",
        "intake",
        "mail",
        "--max-wait",
        "30s",
        "--max-waiting",
        "1000",
    ];
    assert!(jobs(&db, &set).status.success());
    let queues = json(&jobs(&db, &["queues", "--json"]));
    assert_eq!(
        (&queues[0]["max_wait_ms"], &queues[0]["max_waiting"]),
        (&30_000.into(), &1000.into())
    );
    let sender = [
        "limit",
        "sender",
        "key:0123456789abcdef",
        "--max-per-minute",
        "600",
    ];
    assert!(jobs(&db, &sender).status.success());
    let quota: i32 = sqlx::query_scalar("select max_per_minute from queue.quotas")
        .fetch_one(db.pool())
        .await
        .expect("there is one quota");
    assert_eq!(quota, 600);
}

#[tokio::test]
async fn a_wrong_command_line_is_exit_2_and_says_what_is_right() {
    let db = TestDb::new().await;
    let wrong = jobs(&db, &["list", "--state", "redy"]);
    assert_eq!(code(&wrong), 2);
    assert!(stderr(&wrong).contains("scheduled"), "{}", stderr(&wrong));
    assert_eq!(code(&jobs(&db, &["pause"])), 2);
    assert_eq!(code(&jobs(&db, &["priority", "1", "--to", "101"])), 2);
}

#[test]
fn the_help_of_each_verb_changes_only_on_purpose() {
    let verbs = [
        "",
        "list",
        "show",
        "explain",
        "stats",
        "tail",
        "retry",
        "move",
        "priority",
        "pause",
        "kinds",
        "workers",
        "schedules",
        "limit",
    ];
    let mut pages = String::new();
    for verb in verbs {
        let mut arguments = vec!["jobs"];
        arguments.extend((!verb.is_empty()).then_some(verb));
        arguments.push("--help");
        let output = stevedore(&arguments).output().expect("help can be printed");
        assert!(output.status.success(), "{verb}: {}", stderr(&output));
        let page = stdout(&output);
        let too_long = page.lines().find(|line| line.chars().count() > 100);
        assert_eq!(too_long, None, "{verb}");
        // What every command has is not repeated for each verb.
        let own = page.split("Database:").next().unwrap_or_default();
        pages.push_str(&format!("$ stevedore jobs {verb} --help\n{own}\n"));
    }
    insta::assert_snapshot!(pages);
}
