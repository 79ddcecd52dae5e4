//! What the pages and the catalogue say about the database holds for an installed one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use stevedore_telemetry::catalogue::{ALL, Exporter};
use stevedore_testkit::TestDb;

/// What a reader of a runbook fills in.
const PLACEHOLDERS: &[(&str, &str)] = &[
    ("<job_id>", "1"),
    ("<kind>", "fulfil_order"),
    ("<order_id>", "1"),
    ("<part of the error>", "timed out"),
    ("<pid>", "0"),
    ("<queue>", "fulfilment"),
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
async fn the_view_of_gauges_and_the_catalogue_list_the_same() {
    let db = TestDb::new().await;
    sqlx::query("select queue.enqueue(p_kind => 'any')")
        .execute(db.pool())
        .await
        .unwrap();
    let read: Vec<String> = sqlx::query_scalar("select distinct metric from vw_gauges")
        .fetch_all(db.pool())
        .await
        .unwrap();
    let listed = ALL
        .iter()
        .filter(|metric| metric.is_exported && metric.exporter == Exporter::Monitor)
        // The sampler itself sets this one.
        .filter(|metric| metric.name != "stevedore_monitor_last_success_timestamp_seconds")
        .map(|metric| metric.name.to_owned());
    assert_eq!(
        read.into_iter().collect::<BTreeSet<_>>(),
        listed.collect::<BTreeSet<_>>()
    );
}
