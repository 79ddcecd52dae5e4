//! The pool of a process while its server comes and goes.

use std::time::Duration;

use stevedore_database::{
    ConnectError, DatabaseSettings, PrivateServer, PrivateServerOptions, connect,
    wait_until_reachable,
};
use stevedore_testkit::wait_for;

#[tokio::test]
async fn a_pool_survives_restarts_and_crashes_of_its_server() {
    let server = PrivateServer::start(PrivateServerOptions::for_tests())
        .await
        .unwrap();
    let pool = connect(&DatabaseSettings::new(server.url())).unwrap();
    sqlx::query("create table kept (id int)")
        .execute(&pool)
        .await
        .unwrap();

    server.restart().await.unwrap();
    sqlx::query("insert into kept values (1)")
        .execute(&pool)
        .await
        .unwrap();
    server.crash_and_restart().await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from kept")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn a_process_may_start_before_its_server() {
    let nowhere = "postgres:///x?host=/nonexistent&user=postgres";
    let mut settings = DatabaseSettings::new(nowhere);
    settings.database_acquire_timeout = Duration::from_millis(50);
    let pool = connect(&settings).unwrap();
    let error = wait_until_reachable(&pool, Duration::from_millis(100))
        .await
        .unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_broken_url_is_an_error_that_does_not_show_the_password() {
    let error = connect(&DatabaseSettings::new("mysql://u:hunter2@[h")).unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn settings_reach_the_session() {
    let db = stevedore_testkit::TestDb::new().await;
    let shown: (String, String, String) = sqlx::query_as(
        "select current_setting('statement_timeout'), current_setting('timezone'),
                current_setting('application_name')",
    )
    .fetch_one(db.pool())
    .await
    .unwrap();
    assert_eq!(
        shown,
        ("30s".into(), "UTC".into(), "stevedore tests".into())
    );
}

#[tokio::test]
async fn waiting_for_a_server_ends_when_it_is_there() {
    let server = PrivateServer::start(PrivateServerOptions::for_tests())
        .await
        .unwrap();
    let pool = connect(&DatabaseSettings::new(server.url())).unwrap();
    let restarting = async { server.restart().await.unwrap() };
    let waiting = wait_for("a connection", async || {
        wait_until_reachable(&pool, Duration::from_secs(5))
            .await
            .ok()
    });
    tokio::join!(restarting, waiting);
}
