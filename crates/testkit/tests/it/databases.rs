//! A database per test.

use stevedore_testkit::TestDb;

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    let (one, other) = (TestDb::new().await, TestDb::new().await);
    sqlx::query("create table mine (id int)")
        .execute(one.pool())
        .await
        .unwrap();
    let seen: bool = sqlx::query_scalar("select to_regclass('mine') is not null")
        .fetch_one(other.pool())
        .await
        .unwrap();
    assert!(!seen);
}

#[tokio::test]
async fn a_dropped_database_is_gone() {
    let witness = TestDb::new().await;
    let gone = TestDb::new().await;
    let name: String = sqlx::query_scalar("select current_database()")
        .fetch_one(gone.pool())
        .await
        .unwrap();
    drop(gone);
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(&name)
            .fetch_one(witness.pool())
            .await
            .unwrap();
    assert!(!exists, "{name}");
}
