//! Ten processes that start at once.

use std::process::Child;

use secrecy::{ExposeSecret, SecretString};
use sqlx::{Executor, PgPool};
use stevedore_database::{InstallOptions, InstallReport, Schema, install};
use stevedore_testkit::TestDb;

use super::{
    install::{exists, schema},
    processes,
};

const INSTALLERS: usize = 10;

/// Runs in a process of its own: installs the embedded schema.
#[test]
#[ignore = "a role that another test plays"]
fn installer() {
    let Some(url) = processes::argument() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let report = runtime.block_on(install(&SecretString::from(url), InstallOptions::default()));
    println!("installed {}", report.unwrap().migrations_applied.len());
}

#[tokio::test]
async fn ten_processes_install_at_once_and_one_does_it() {
    let db = TestDb::empty().await;
    let start = |_| -> Child {
        processes::role("concurrent_install::installer", db.url().expose_secret())
            .spawn()
            .unwrap()
    };
    let children: Vec<Child> = (0..INSTALLERS).map(start).collect();
    let mut winners = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("installed "), "{said}");
        winners += usize::from(!said.contains("installed 0"));
    }
    assert_eq!(winners, 1);
    assert_eq!(
        rows(db.pool()).await,
        i64::try_from(Schema::embedded().migrations.len()).unwrap()
    );
    Schema::embedded().check_installed(db.pool()).await.unwrap();
}

#[tokio::test]
async fn ten_connections_build_an_index_concurrently_without_a_deadlock() {
    let db = TestDb::empty().await;
    // Whoever waits for the lock in a statement would block the build, and the build the lock.
    let index = "-- no-transaction\ncreate index concurrently if not exists a_id_idx on a (id);";
    let schema = schema(&[
        ("0001_a.sql", "create table a (id int);"),
        ("0002_index.sql", index),
    ]);
    let mut installs = tokio::task::JoinSet::new();
    for _ in 0..INSTALLERS {
        let (schema, url) = (schema.clone(), db.url().clone());
        installs.spawn(async move { schema.install(&url, InstallOptions::default()).await });
    }
    let reports: Vec<InstallReport> = installs
        .join_all()
        .await
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(reports.iter().filter(|report| !report.is_noop()).count(), 1);
    assert!(exists(db.pool(), "a_id_idx").await);
}

#[tokio::test]
async fn an_installer_that_dies_lets_the_next_one_in() {
    let db = TestDb::empty().await;
    let slow = schema(&[(
        "0001_a.sql",
        "create table a (id int); select pg_sleep(600);",
    )]);
    let (schema_too, url) = (slow.clone(), db.url().clone());
    let dying =
        tokio::spawn(async move { schema_too.install(&url, InstallOptions::default()).await });
    let pid: i32 =
        stevedore_testkit::wait_for("the installer to be in its migration", async || {
            sqlx::query_scalar(
                "select pid from pg_stat_activity
              where datname = current_database() and wait_event = 'PgSleep'",
            )
            .fetch_optional(db.pool())
            .await
            .unwrap()
        })
        .await;
    sqlx::query("select pg_terminate_backend($1)")
        .bind(pid)
        .execute(db.pool())
        .await
        .unwrap();
    dying.await.unwrap().unwrap_err();

    let quick = schema(&[("0001_a.sql", "create table a (id int);")]);
    quick
        .install(db.url(), InstallOptions::default())
        .await
        .unwrap();
    db.pool().execute("insert into a values (1)").await.unwrap();
}

async fn rows(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from stevedore.applied_migrations")
        .fetch_one(pool)
        .await
        .unwrap()
}
