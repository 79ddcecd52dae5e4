//! `sql/schema.sql` shows the whole schema, to be read and to see in a review what a change
//! changes.

use std::fs;

use stevedore_testkit::TestDb;

use super::tree::root;

const HEAD: &str = "\
-- The whole schema as it is installed. For reading: written by `make schema`, checked by a test,
-- run by nobody. What views, functions and triggers do is in sql/{views,functions,triggers}/.
";

#[tokio::test]
async fn the_golden_schema_is_the_installed_schema() {
    let db = TestDb::new().await;
    let objects: Vec<String> = sqlx::query_scalar(include_str!("schema.sql"))
        .fetch_all(db.pool())
        .await
        .unwrap();
    let installed = format!("{HEAD}\n{}\n", objects.join("\n\n"));
    let path = root().join("sql/schema.sql");
    if update() {
        fs::write(path, installed).unwrap();
        return;
    }
    let golden = fs::read_to_string(path).unwrap_or_default();
    let first = golden
        .lines()
        .zip(installed.lines())
        .position(|(old, new)| old != new);
    assert!(
        golden == installed,
        "sql/schema.sql differs from the installed schema at line {}: run `make schema`",
        first.unwrap_or_else(|| golden.lines().count().min(installed.lines().count())) + 1
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no command line of its own"
)]
fn update() -> bool {
    std::env::var_os("UPDATE_SCHEMA").is_some()
}
