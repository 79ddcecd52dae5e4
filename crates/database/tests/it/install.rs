//! Migrations and the ledger.

use std::time::Duration;

use sqlx::PgPool;
use stevedore_database::{
    CheckError, InstallError, InstallOptions, InstallReport, Migration, Object, Schema,
};
use stevedore_testkit::TestDb;

/// A small schema of release 1.2.3.
pub fn schema(migrations: &[(&'static str, &'static str)]) -> Schema {
    Schema {
        release: "1.2.3".into(),
        migrations: migrations
            .iter()
            .map(|&(file, sql)| Migration::new(file, sql))
            .collect(),
        objects: Vec::new(),
    }
}

pub fn with_objects(mut schema: Schema, objects: &[(&'static str, &'static str)]) -> Schema {
    let object = |&(path, sql): &(&'static str, &'static str)| Object {
        path: path.into(),
        sql: sql.into(),
    };
    schema.objects = objects.iter().map(object).collect();
    schema
}

pub async fn install(db: &TestDb, schema: &Schema) -> Result<InstallReport, InstallError> {
    schema.install(db.url(), InstallOptions::default()).await
}

pub async fn exists(pool: &PgPool, relation: &str) -> bool {
    sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(relation)
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_fresh_database_gets_everything_and_passes_the_check() {
    let db = TestDb::empty().await;
    let schema = Schema::embedded();
    assert!(matches!(
        schema.check_installed(db.pool()).await,
        Err(CheckError::NotInstalled)
    ));

    let report = install(&db, &schema).await.unwrap();
    assert_eq!(report.migrations_applied.len(), schema.migrations.len());
    assert_eq!(report.objects_installed.len(), schema.objects.len());
    assert!(report.objects_dropped.is_empty() && report.objects_orphaned.is_empty());
    schema.check_installed(db.pool()).await.unwrap();
}

#[tokio::test]
async fn installing_again_does_nothing() {
    let db = TestDb::empty().await;
    let schema = Schema::embedded();
    install(&db, &schema).await.unwrap();
    assert!(install(&db, &schema).await.unwrap().is_noop());
    let installs: i64 = sqlx::query_scalar("select count(*) from stevedore.installs")
        .fetch_one(db.pool())
        .await
        .unwrap();
    assert_eq!(installs, 1);
}

#[tokio::test]
async fn a_dry_run_reports_and_changes_nothing() {
    let db = TestDb::empty().await;
    let schema = schema(&[("0001_a.sql", "create table a (id int);")]);
    let options = InstallOptions {
        dry_run: true,
        ..InstallOptions::default()
    };
    let report = schema.install(db.url(), options).await.unwrap();
    assert!(report.dry_run);
    assert_eq!(report.migrations_applied, ["0001_a.sql"]);
    assert!(!exists(db.pool(), "a").await);
    assert!(!exists(db.pool(), "stevedore.installs").await);
}

#[tokio::test]
async fn a_failure_leaves_nothing_behind_and_names_file_and_line() {
    let db = TestDb::empty().await;
    let schema = schema(&[
        ("0001_a.sql", "create table a (id int);"),
        (
            "0002_b.sql",
            "create table b (id int);\n\ncreate table a (id int);\n",
        ),
        (
            "0003_c.sql",
            "-- what: nothing\nalter table nowhere\n  add column x int;\nselect oops;",
        ),
    ]);
    let error = install(&db, &schema).await.unwrap_err();
    assert!(
        error.to_string().starts_with("migrations/0002_b.sql"),
        "{error}"
    );
    assert!(!exists(db.pool(), "a").await);
    assert!(!exists(db.pool(), "stevedore.installs").await);

    let broken = self::schema(&[("0001_a.sql", "create table a (id int);\nselect\n  oops;\n")]);
    let error = install(&db, &broken).await.unwrap_err();
    assert_eq!(error.to_string(), "migrations/0001_a.sql, line 3");
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let db = TestDb::empty().await;
    let one = ("0001_a.sql", "create table a (id int);");
    let newer = schema(&[one, ("0002_b.sql", "create table b (id int);")]);
    install(&db, &newer).await.unwrap();

    let older = schema(&[one]);
    let error = install(&db, &older).await.unwrap_err();
    assert!(
        matches!(error, InstallError::Refused(CheckError::Newer { .. })),
        "{error}"
    );
    let error = older.check_installed(db.pool()).await.unwrap_err();
    assert!(
        error.to_string().contains("migrations/0002_b.sql"),
        "{error}"
    );
}

#[tokio::test]
async fn an_older_release_does_not_put_older_objects_back() {
    let db = TestDb::empty().await;
    let one = ("0001_a.sql", "create table a (id int);");
    install(&db, &schema(&[one])).await.unwrap();
    let mut older = schema(&[one]);
    older.release = "1.2.2".into();
    let error = install(&db, &older).await.unwrap_err();
    assert!(error.to_string().contains("release 1.2.3"), "{error}");
}

#[tokio::test]
async fn a_migration_that_changed_after_it_ran_is_refused() {
    let db = TestDb::empty().await;
    install(&db, &schema(&[("0001_a.sql", "create table a (id int);")]))
        .await
        .unwrap();
    let changed = schema(&[("0001_a.sql", "create table a (id bigint);")]);
    let error = install(&db, &changed).await.unwrap_err();
    assert!(
        matches!(error, InstallError::Refused(CheckError::Changed { .. })),
        "{error}"
    );
    assert!(
        error.to_string().contains("migrations/0001_a.sql"),
        "{error}"
    );
}

#[tokio::test]
async fn an_older_database_is_told_to_migrate() {
    let db = TestDb::empty().await;
    let one = ("0001_a.sql", "create table a (id int);");
    install(&db, &schema(&[one])).await.unwrap();
    let newer = schema(&[one, ("0002_b.sql", "create table b (id int);")]);
    let error = newer.check_installed(db.pool()).await.unwrap_err();
    assert!(
        error.to_string().contains("migrations/0002_b.sql"),
        "{error}"
    );
    assert!(error.to_string().contains("stevedore migrate"), "{error}");
}

#[tokio::test]
async fn an_index_can_be_built_concurrently_in_a_file_of_its_own() {
    let db = TestDb::empty().await;
    let concurrently =
        "-- no-transaction\ncreate index concurrently if not exists a_id_idx on a (id);";
    let schema = schema(&[
        ("0001_a.sql", "create table a (id int);"),
        ("0002_index.sql", concurrently),
        ("0003_b.sql", "create table b (id int);"),
    ]);
    let report = install(&db, &schema).await.unwrap();
    assert_eq!(report.migrations_applied.len(), 3);
    assert!(exists(db.pool(), "a_id_idx").await && exists(db.pool(), "b").await);
    schema.check_installed(db.pool()).await.unwrap();
}

#[tokio::test]
async fn whoever_waits_too_long_for_another_installer_is_told_who_it_is() {
    let db = TestDb::empty().await;
    let mut other = db.pool().acquire().await.unwrap();
    let key = i64::from_be_bytes(*b"stevedor");
    sqlx::query("select pg_advisory_lock($1)")
        .bind(key)
        .execute(&mut *other)
        .await
        .unwrap();
    let options = InstallOptions {
        lock_patience: Duration::from_millis(50),
        ..InstallOptions::default()
    };
    let error = schema(&[]).install(db.url(), options).await.unwrap_err();
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(&mut *other)
        .await
        .unwrap();
    assert!(
        error.to_string().contains(&format!("Some({pid})")),
        "{error}"
    );
}
