//! The small commands: what they print, and their exit codes.

use std::process::Output;

use secrecy::ExposeSecret;
use serde_json::Value;
use stevedore_testkit::TestDb;

use crate::{stderr, stdout, stevedore};

fn run(db: &TestDb, arguments: &[&str]) -> Output {
    stevedore(arguments)
        .env("DATABASE_URL", db.url().expose_secret())
        .output()
        .expect("the command can be started")
}

#[tokio::test]
async fn migrating_an_installed_database_does_nothing_and_says_so() {
    let db = TestDb::new().await;
    let output = run(&db, &["migrate", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report: Value = serde_json::from_str(&stdout(&output)).expect("one JSON object");
    assert_eq!(report["migrations"], serde_json::json!([]), "{report}");
    assert_eq!(report["objects"], serde_json::json!([]), "{report}");
}

#[tokio::test]
async fn a_key_is_shown_once_and_can_be_revoked() {
    let db = TestDb::new().await;
    let create = [
        "keys",
        "create",
        "--name",
        "web",
        "--scope",
        "orders:write",
        "--json",
    ];
    let output = run(&db, &create);
    assert!(output.status.success(), "{}", stderr(&output));
    let created: Value = serde_json::from_str(&stdout(&output)).expect("one JSON object");
    let (token, key_id) = (created["token"].as_str(), created["key_id"].as_str());
    let (token, key_id) = (token.expect("a token"), key_id.expect("an id"));

    let listed = stdout(&run(&db, &["keys", "list"]));
    assert!(
        listed.contains(key_id) && listed.contains("web"),
        "{listed}"
    );
    let secret = token
        .rsplit('_')
        .next()
        .expect("the secret is the last part");
    assert!(!listed.contains(secret), "a list must not show secrets");

    assert!(run(&db, &["keys", "revoke", key_id]).status.success());
    let again = run(&db, &["keys", "revoke", "0000000000000000"]);
    assert!(!again.status.success());
    assert!(stderr(&again).contains("keys list"), "{}", stderr(&again));
}

#[tokio::test]
async fn an_unknown_scope_is_refused_with_the_list_of_scopes() {
    let db = TestDb::new().await;
    let output = run(
        &db,
        &["keys", "create", "--name", "x", "--scope", "order:write"],
    );
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("orders:write"),
        "{}",
        stderr(&output)
    );
}

#[tokio::test]
async fn an_empty_shop_has_balanced_books() {
    let db = TestDb::new().await;
    let output = run(&db, &["check"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "the books balance\n");
}

#[test]
fn without_a_database_a_command_says_what_to_set() {
    let output = stevedore(&["check"])
        .output()
        .expect("the command can be started");
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("--database-url"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn every_command_has_help_with_an_example_or_a_reason() {
    for command in [
        "demo",
        "migrate",
        "api",
        "worker",
        "simulator",
        "keys",
        "check",
    ] {
        let output = stevedore(&[command, "--help"])
            .output()
            .expect("help can be printed");
        assert!(output.status.success(), "{command}: {}", stderr(&output));
        let help = stdout(&output);
        assert!(
            help.contains("Usage:") && help.len() > 400,
            "{command}: {help}"
        );
    }
}

#[tokio::test]
async fn g8_an_endpoints_secret_is_shown_once_and_what_failed_is_sent_again() {
    let db = TestDb::new().await;
    let url = "https://app.example.com/hooks";
    let created = run(&db, &["endpoints", "create", url, "--kind", "order"]);
    assert!(created.status.success(), "{}", stderr(&created));
    let secret = stdout(&created);
    assert!(secret.starts_with("whsec_"), "{secret}");
    let listed = stdout(&run(&db, &["endpoints", "list"]));
    assert!(
        listed.contains(url) && !listed.contains("whsec_"),
        "{listed}"
    );
    let rotated = run(&db, &["endpoints", "rotate", "1"]);
    assert_ne!(stdout(&rotated), secret);
    assert!(run(&db, &["endpoints", "disable", "1"]).status.success());
    let refused = run(&db, &["endpoints", "replay", "1"]);
    assert!(
        stderr(&refused).contains("disabled"),
        "{}",
        stderr(&refused)
    );
    assert!(run(&db, &["endpoints", "enable", "1"]).status.success());
    let replayed = stdout(&run(&db, &["endpoints", "replay", "1", "--delivered"]));
    assert_eq!(replayed.trim(), "sends 0 again");
    assert!(!run(&db, &["endpoints", "enable", "9"]).status.success());
}

#[tokio::test]
async fn j4_what_was_put_away_of_an_order_is_shown() {
    let db = TestDb::new().await;
    db.fill(20).await;
    let text = "set stevedore.now = '2040-01-01'; select archive_orders('90 days', 1)";
    sqlx::raw_sql(text).execute(db.pool()).await.unwrap();
    let order = "select order_id from archived_orders";
    let order: i64 = sqlx::query_scalar(order)
        .fetch_one(db.pool())
        .await
        .unwrap();
    let shown = run(&db, &["archive", "show", &order.to_string()]);
    let shown = stdout(&shown);
    assert!(shown.contains("put away at 2040-01-01"), "{shown}");
    assert!(
        shown.contains("\norder_state_history\n  axis=order "),
        "{shown}"
    );
    let json = run(&db, &["archive", "show", "--json", &order.to_string()]);
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert!(
        json[0]["document"]["order_state_history"].is_array(),
        "{json}"
    );
    let nobody = run(&db, &["archive", "show", "999"]);
    assert!(stderr(&nobody).contains("there is no order 999"));
}
