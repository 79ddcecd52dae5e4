//! What the pages and the catalogue say about the database holds for an installed one.

use std::fs;
use std::path::Path;

use stevedore_telemetry::catalogue::{Exporter, all};
use stevedore_testkit::TestDb;

/// What a reader of a runbook fills in.
const PLACEHOLDERS: &[(&str, &str)] = &[
    ("<job_id>", "1"),
    ("<endpoint_id>", "1"),
    ("<kind>", "fulfil_order"),
    ("<order_id>", "1"),
    ("<part of the error>", "timed out"),
    ("<pid>", "0"),
    ("<provider>", "at_ishare"),
    ("<queue>", "fulfilment"),
    ("<sku>", "MUG-1"),
    ("<stage>", "pending"),
];

/// The indented or flush ```sql blocks of a page.
fn sql_blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "```sql" {
            let block: Vec<_> = lines
                .by_ref()
                .take_while(|line| line.trim() != "```")
                .collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

#[tokio::test]
async fn every_statement_of_a_runbook_runs() {
    let db = TestDb::new().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbooks");
    let mut statements = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        for block in sql_blocks(&fs::read_to_string(&path).unwrap()) {
            let sql = PLACEHOLDERS
                .iter()
                .fold(block, |sql, (name, value)| sql.replace(name, value));
            let mut tx = db.pool().begin().await.unwrap();
            let ran = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone()))
                .execute(&mut *tx)
                .await;
            if let Err(error) = ran {
                panic!("{}: {error}\n{sql}", path.display());
            }
            tx.rollback().await.unwrap();
            statements += 1;
        }
    }
    assert!(statements > 15, "found {statements} blocks");
}

#[tokio::test]
async fn the_view_of_gauges_has_only_listed_ones() {
    let db = TestDb::new().await;
    let read: Vec<String> = sqlx::query_scalar("select distinct metric from vw_gauges")
        .fetch_all(db.pool())
        .await
        .unwrap();
    assert!(!read.is_empty());
    for name in read {
        let metric = all().find(|metric| metric.name == name);
        let metric = metric.unwrap_or_else(|| panic!("{name} is not in the catalogue"));
        assert_eq!(metric.exporter, Exporter::Monitor, "{name}");
    }
}
