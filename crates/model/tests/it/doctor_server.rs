//! What the doctor finds about a whole server, each on one of its own.

use secrecy::ExposeSecret;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use stevedore_database::{InstallOptions, PrivateServer, PrivateServerOptions, install};
use stevedore_model::doctor::{Finding, examine};
use stevedore_testkit::{TestDb, wait_for};

use super::doctor::LONG;

/// A server with these settings and the schema, and a connection to it.
async fn server(settings: &[(&str, &str)]) -> (PrivateServer, PgConnection) {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let options = PrivateServerOptions {
        settings: settings.iter().map(own).collect(),
        ..PrivateServerOptions::for_tests()
    };
    let server = PrivateServer::start(options).await.unwrap();
    install(&server.url(), InstallOptions::default())
        .await
        .unwrap();
    let connection = PgConnection::connect(server.url().expose_secret())
        .await
        .unwrap();
    (server, connection)
}

async fn find(db: &mut PgConnection, finding: &str) -> Vec<Finding> {
    let findings = examine(&mut *db, LONG, None).await.unwrap();
    findings
        .into_iter()
        .filter(|it| it.finding == finding)
        .collect()
}

async fn run(db: &mut PgConnection, sql: &str) {
    db.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
}

#[tokio::test]
async fn j6_slow_statements_are_told_by_pg_stat_statements_and_its_absence_without_it() {
    let without = TestDb::new().await;
    let there = "select exists (
      select from pg_available_extensions where name = 'pg_stat_statements')";
    let mut other = without.pool().acquire().await.unwrap();
    let absent = find(&mut other, "no_statement_statistics").await;
    assert!(
        absent[0].advice.contains("shared_preload_libraries"),
        "{absent:?}"
    );
    if !sqlx::query_scalar::<_, bool>(there)
        .fetch_one(&mut *other)
        .await
        .unwrap()
    {
        eprintln!("NOT TESTED: this PostgreSQL came without pg_stat_statements");
        return;
    }
    let (server, mut db) = server(&[("shared_preload_libraries", "pg_stat_statements")]).await;
    run(&mut db, "create extension pg_stat_statements").await;
    assert_eq!(find(&mut db, "slow_statement").await, []);
    for _ in 0..3 {
        run(&mut db, "select pg_sleep(0.11) as the_slow_one").await;
    }
    run(&mut db, "select 1 as the_quick_one").await;
    let slow = find(&mut db, "slow_statement").await;
    assert_eq!(slow.len(), 1, "{slow:?}");
    assert!(slow[0].subject.contains("the_slow_one"), "{slow:?}");
    assert!(slow[0].evidence.starts_with("3 calls, "), "{slow:?}");
    assert_eq!(find(&mut db, "no_statement_statistics").await, []);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn j6_slots_without_a_reader_early_checkpoints_and_forgotten_transactions_are_told() {
    let settings = [
        // A slot needs it; servers of tests write less.
        ("wal_level", "replica"),
        ("max_prepared_transactions", "2"),
        ("max_slot_wal_keep_size", "1MB"),
        ("max_wal_size", "32MB"),
        ("autovacuum", "off"),
    ];
    let (server, mut db) = server(&settings).await;
    run(
        &mut db,
        "select pg_create_physical_replication_slot('left', true)",
    )
    .await;
    let slot = find(&mut db, "replication_slot").await;
    assert_eq!(
        (slot[0].severity.as_str(), slot[0].subject.as_str()),
        ("warning", "slot left")
    );
    assert!(
        slot[0].advice.contains("pg_drop_replication_slot('left')"),
        "{slot:?}"
    );

    run(&mut db, "create table heap (n integer)").await;
    for _ in 0..21 {
        run(&mut db, "insert into heap values (1)").await;
        run(&mut db, "select pg_switch_wal()").await;
        run(&mut db, "checkpoint").await;
    }
    // It kept more than it may, so its reader can never come back.
    assert_eq!(
        find(&mut db, "replication_slot").await[0].severity,
        "critical"
    );
    let early = wait_for("the checkpoints", async || {
        find(&mut db, "checkpoints").await.into_iter().next()
    })
    .await;
    assert!(early.advice.contains("max_wal_size"), "{early:?}");

    for statement in [
        "begin",
        "insert into heap values (2)",
        "prepare transaction 'forgotten'",
        "set stevedore.now = '2100-01-01 00:00:00Z'",
    ] {
        run(&mut db, statement).await;
    }
    let prepared = find(&mut db, "prepared_transaction").await;
    assert_eq!(prepared[0].subject, "transaction forgotten");
    assert!(
        prepared[0]
            .advice
            .ends_with("rollback prepared 'forgotten';"),
        "{prepared:?}"
    );
    server.stop().await.unwrap();
}

#[tokio::test]
async fn j6_transactions_that_get_old_are_told_long_before_the_server_stops() {
    let (server, mut db) = server(&[("autovacuum", "off")]).await;
    assert_eq!(find(&mut db, "transaction_age").await, []);
    // Half a thousand million transactions take days: their number is counted from the other end.
    run(&mut db, "set allow_system_table_mods = on").await;
    for (used, severity) in [(600_000_000_u64, "warning"), (1_500_000_000, "critical")] {
        let sql = format!(
            "update pg_database set datfrozenxid = ((txid_current() + 4294967296 - {used})
               % 4294967296)::text::xid where datname = 'template1'"
        );
        run(&mut db, &sql).await;
        let old = find(&mut db, "transaction_age").await;
        let told = (old[0].severity.as_str(), old[0].subject.as_str());
        assert_eq!(told, (severity, "database template1"));
        assert!(old[0].advice.starts_with("vacuum (freeze"), "{old:?}");
    }
    server.stop().await.unwrap();
}
