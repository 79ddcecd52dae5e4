//! Each finding of the doctor, provoked on a real server.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use stevedore_model::doctor::{Finding, examine};
use stevedore_testkit::{TestDb, wait_for};

pub const LONG: Duration = Duration::from_secs(3600);

async fn run(db: &TestDb, sql: &str) {
    db.pool()
        .execute(AssertSqlSafe(sql.to_owned()))
        .await
        .unwrap();
}

async fn find(db: &TestDb, held: Duration, finding: &str, subject: &str) -> Option<Finding> {
    let findings = examine(db.pool(), held, Some(10)).await.unwrap();
    let mut findings = findings.into_iter();
    findings.find(|it| it.finding == finding && it.subject.contains(subject))
}

async fn await_finding(db: &TestDb, finding: &str, subject: &str) -> Finding {
    wait_for(&format!("{finding} of {subject}"), async || {
        find(db, LONG, finding, subject).await
    })
    .await
}

#[tokio::test]
async fn j6_a_fresh_database_has_nothing_that_must_not_wait() {
    let db = TestDb::new().await;
    let findings = examine(db.pool(), LONG, Some(1)).await.unwrap();
    let findings = findings.iter().filter(|it| it.subject != "the server");
    // Settings and slots are the server's, which other tests share.
    let ours: Vec<_> = findings
        .filter(|it| !it.is_notice() && it.finding != "setting" && it.finding != "replication_slot")
        .collect();
    assert!(ours.is_empty(), "{ours:?}");
}

#[tokio::test]
async fn j6_a_held_transaction_and_who_waits_for_it_are_told_with_their_sessions() {
    let db = TestDb::new().await;
    run(
        &db,
        "create table held (n integer); insert into held values (1)",
    )
    .await;
    let mut holder = db.pool().begin().await.unwrap();
    holder
        .execute("set local application_name = 'holder'; update held set n = 2")
        .await
        .unwrap();
    let mut waiter = db.pool().acquire().await.unwrap();
    waiter
        .execute("set application_name = 'waiter'")
        .await
        .unwrap();
    let waiting = tokio::spawn(async move { waiter.execute("update held set n = 3").await });
    let held = wait_for("the held transaction", async || {
        find(&db, Duration::ZERO, "held_transaction", "holder").await
    })
    .await;
    assert!(held.evidence.contains("idle in transaction"), "{held:?}");
    assert!(held.advice.contains("pg_terminate_backend("), "{held:?}");
    let wait = wait_for("the wait", async || {
        find(&db, Duration::ZERO, "lock_wait", "waiter").await
    })
    .await;
    assert!(wait.evidence.contains("update held set n = 3"), "{wait:?}");
    assert_eq!(find(&db, LONG, "held_transaction", "holder").await, None);
    holder.rollback().await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn j6_indexes_that_are_invalid_unused_or_there_twice_are_told() {
    let db = TestDb::new().await;
    run(
        &db,
        "create table goods (a integer, b integer);
         insert into goods select n, n from generate_series(1, 60000) as n;
         create index goods_a_idx on goods (a);
         create index goods_a_again_idx on goods (a)",
    )
    .await;
    run(&db, "insert into goods values (1, 1)").await;
    let twice = db
        .pool()
        .execute("create unique index concurrently goods_key on goods (b)")
        .await;
    assert!(twice.is_err(), "b is not unique");
    let invalid = await_finding(&db, "invalid_index", "goods_key").await;
    assert_eq!(invalid.severity, "critical");
    assert!(
        invalid
            .advice
            .starts_with("drop index concurrently goods_key;"),
        "{invalid:?}"
    );
    await_finding(&db, "unused_index", "goods_a_idx").await;
    let twice = await_finding(&db, "duplicate_index", "goods_a_idx").await;
    assert!(twice.evidence.contains("goods_a_again_idx"), "{twice:?}");
}

#[tokio::test]
async fn j6_dead_rows_missing_indexes_and_missing_statistics_are_told() {
    let db = TestDb::new().await;
    run(
        &db,
        "create table heap (n integer) with (autovacuum_enabled = off);
         create table parents (n integer primary key);
         create table children (n integer references parents on delete cascade)
           with (autovacuum_enabled = off);
         insert into parents select generate_series(1, 100);
         insert into children select 1 + n % 100 from generate_series(1, 20000) as n;
         insert into heap select generate_series(1, 40000);
         delete from heap where n % 2 = 0",
    )
    .await;
    let mut reader = PgConnection::connect_with(&db.pool().connect_options())
        .await
        .unwrap();
    for _ in 0..101 {
        reader.execute("select count(*) from heap").await.unwrap();
    }
    reader.close().await.unwrap(); // which tells the server what it counted
    let dead = await_finding(&db, "dead_rows", "table heap").await;
    assert!(
        dead.evidence.contains("20000 dead rows beside 20000"),
        "{dead:?}"
    );
    await_finding(&db, "no_statistics", "table heap").await;
    await_finding(&db, "missing_index", "table heap").await;
    let child = await_finding(&db, "missing_index", "table children").await;
    assert_eq!(child.advice, "create index concurrently on children (n);");
}

#[tokio::test]
async fn j6_the_end_of_a_sequence_and_settings_that_lose_orders_are_told() {
    let db = TestDb::new().await;
    run(
        &db,
        "create sequence small as smallint; select setval('small', 30000)",
    )
    .await;
    let end = await_finding(&db, "sequence_end", "small").await;
    assert_eq!(
        (end.severity.as_str(), end.evidence.as_str()),
        ("critical", "30000 of 32767 numbers are used")
    );
    let mut careless = db.pool().begin().await.unwrap();
    careless
        .execute("set local synchronous_commit = off")
        .await
        .unwrap();
    let findings = examine(&mut *careless, LONG, None).await.unwrap();
    let setting = findings
        .iter()
        .find(|it| it.subject == "synchronous_commit");
    assert_eq!(setting.expect("it is told").severity, "warning");
}

#[tokio::test]
async fn j6_pools_that_may_open_more_connections_than_there_are_are_told() {
    let db = TestDb::new().await;
    run(
        &db,
        "select queue.register_worker('w', '1', '{q}', '{k}', 1, 5000)",
    )
    .await;
    let findings = examine(db.pool(), LONG, Some(100_000)).await.unwrap();
    let pools = findings.iter().find(|it| it.finding == "pools");
    assert!(
        pools.expect("it is told").evidence.contains("100002"),
        "{pools:?}"
    );
}
