//! The files of `sql/`.

use stevedore_database::Schema;
use stevedore_testkit::TestDb;

use super::install::{exists, install, schema, with_objects};

const TABLE: (&str, &str) = ("0001_a.sql", "create table a (id int, name text);");

/// A schema with one table and these objects.
fn with(objects: &[(&'static str, &'static str)]) -> Schema {
    with_objects(schema(&[TABLE]), objects)
}

async fn scalar(db: &TestDb, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(db.pool()).await.unwrap()
}

#[tokio::test]
async fn only_a_changed_object_is_replaced() {
    let db = TestDb::empty().await;
    let other = (
        "functions/other.sql",
        "create or replace function other() returns text return 'x';",
    );
    let first = (
        "functions/f.sql",
        "create or replace function f() returns text return 'old';",
    );
    let second = (
        "functions/f.sql",
        "create or replace function f() returns text return 'new';",
    );
    install(&db, &with(&[first, other])).await.unwrap();
    let report = install(&db, &with(&[second, other])).await.unwrap();
    assert_eq!(report.objects_installed, ["functions/f.sql"]);
    assert_eq!(scalar(&db, "select f()").await, "new");
}

#[tokio::test]
async fn a_new_signature_does_not_leave_the_old_one_behind() {
    let db = TestDb::empty().await;
    let one = "create or replace function f(p_a int) returns text language sql return 'one';";
    let two = "create or replace function f(p_a int, p_b int default 2) returns text
               language sql return 'two';";
    install(&db, &with(&[("functions/f.sql", one)]))
        .await
        .unwrap();
    let report = install(&db, &with(&[("functions/f.sql", two)]))
        .await
        .unwrap();
    assert_eq!(report.objects_dropped, ["routine public.f(p_a integer)"]);
    // With both in place this call would be ambiguous.
    assert_eq!(scalar(&db, "select f(1)").await, "two");
}

#[tokio::test]
async fn a_function_may_change_what_it_returns() {
    let db = TestDb::empty().await;
    let number = "create or replace function f() returns int language sql return 1;";
    let text = "create or replace function f() returns text language sql return 'one';";
    install(&db, &with(&[("functions/f.sql", number)]))
        .await
        .unwrap();
    install(&db, &with(&[("functions/f.sql", text)]))
        .await
        .unwrap();
    assert_eq!(scalar(&db, "select f()").await, "one");
}

#[tokio::test]
async fn a_view_may_lose_a_column_and_the_views_on_it_come_back() {
    let db = TestDb::empty().await;
    let wide = (
        "views/v.sql",
        "create or replace view v as select id, name from a;",
    );
    let narrow = (
        "views/v.sql",
        "create or replace view v as select id from a;",
    );
    let on_it = (
        "views/w.sql",
        "create or replace view w as select id from v;",
    );
    let on_that = (
        "views/x.sql",
        "create or replace view x as select w.id from w join v using (id);",
    );
    install(&db, &with(&[wide, on_it, on_that])).await.unwrap();
    let report = install(&db, &with(&[narrow, on_it, on_that]))
        .await
        .unwrap();
    assert_eq!(
        report.objects_installed,
        ["views/v.sql", "views/w.sql", "views/x.sql"]
    );
    assert!(exists(db.pool(), "v").await && exists(db.pool(), "w").await);
    with(&[narrow, on_it, on_that])
        .check_installed(db.pool())
        .await
        .unwrap();
}

#[tokio::test]
async fn an_object_that_somebody_dropped_comes_back() {
    let db = TestDb::empty().await;
    let schema = with(&[(
        "views/v.sql",
        "create or replace view v as select id from a;",
    )]);
    install(&db, &schema).await.unwrap();
    sqlx::query("drop view v").execute(db.pool()).await.unwrap();
    let error = schema.check_installed(db.pool()).await.unwrap_err();
    assert!(error.to_string().contains("sql/views/v.sql"), "{error}");
    install(&db, &schema).await.unwrap();
    assert!(exists(db.pool(), "v").await);
}

#[tokio::test]
async fn a_renamed_trigger_does_not_fire_twice() {
    let db = TestDb::empty().await;
    let trigger = |name: &str| {
        let text = format!(
            "create or replace function t() returns trigger language plpgsql
               as 'begin new.name := coalesce(new.name, '''') || ''!''; return new; end';
             create or replace trigger {name} before insert on a
               for each row execute function t();"
        );
        with(&[("triggers/t.sql", String::leak(text))])
    };
    install(&db, &trigger("before")).await.unwrap();
    let report = install(&db, &trigger("after")).await.unwrap();
    assert_eq!(report.objects_dropped, ["trigger before on public.a"]);
    sqlx::query("insert into a (id) values (1)")
        .execute(db.pool())
        .await
        .unwrap();
    assert_eq!(scalar(&db, "select name from a").await, "!");
}

#[tokio::test]
async fn a_file_that_left_sql_is_reported_until_its_object_is_dropped() {
    let db = TestDb::empty().await;
    let view = (
        "views/v.sql",
        "create or replace view v as select id from a;",
    );
    install(&db, &with(&[view])).await.unwrap();
    let report = install(&db, &with(&[])).await.unwrap();
    assert_eq!(report.objects_orphaned, ["views/v.sql"]);
    assert!(
        exists(db.pool(), "v").await,
        "the previous release may still read it"
    );

    let dropped = schema(&[TABLE, ("0002_drop_v.sql", "drop view v;")]);
    let report = install(&db, &dropped).await.unwrap();
    assert!(report.objects_orphaned.is_empty());
}

#[tokio::test]
async fn objects_moved_to_another_file_stay() {
    let db = TestDb::empty().await;
    let view = "create or replace view v as select id from a;";
    install(&db, &with(&[("views/old.sql", view)]))
        .await
        .unwrap();
    install(&db, &with(&[("views/new.sql", view)]))
        .await
        .unwrap();
    assert!(exists(db.pool(), "v").await);
}

#[tokio::test]
async fn a_renamed_parameter_of_a_function_that_a_trigger_uses_is_no_obstacle() {
    let db = TestDb::empty().await;
    let file = |parameter: &str| {
        let text = format!(
            "create or replace function helper({parameter} text) returns text return 'x';
             create or replace function t() returns trigger language plpgsql
               as 'begin new.name := helper(new.name); return new; end';
             create or replace trigger t before insert on a for each row execute function t();"
        );
        with(&[("triggers/t.sql", String::leak(text))])
    };
    install(&db, &file("p_old")).await.unwrap();
    // "cannot change name of input parameter": the whole file is dropped and made again.
    install(&db, &file("p_new")).await.unwrap();
    sqlx::query("insert into a (id) values (1)")
        .execute(db.pool())
        .await
        .unwrap();
    assert_eq!(scalar(&db, "select name from a").await, "x");
}
