//! Every query file can be answered by indexes.
//!
//! With sequential scans made as dear as can be, one that is left in a plan means that no index can
//! serve the query: on the small tables of a test nobody would notice, on a year's worth of rows
//! everybody does. Plans are generic, as for a prepared statement whose parameters are unknown.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use stevedore_testkit::TestDb;

use super::tree::{Text, assert_none, texts};

/// Files that read a whole table on purpose, and why that is cheap enough.
const MAY_SCAN: &[(&str, &str)] = &[
    (
        "sql/queries/orders/tally.sql",
        "the end of a demo: everything there is, counted once",
    ),
    (
        "sql/queries/doctor/examine.sql",
        "reads catalogues, statistics and the few workers, for whoever is on call",
    ),
    (
        "sql/queries/provider_gates/list.sql",
        "one row for each provider and account, for whoever is on call",
    ),
    (
        "sql/queries/gauges/read.sql",
        "one row for each provider and account, for the one sampler",
    ),
    (
        "sql/queries/retry_operations/statistics.sql",
        "counts the dead jobs of a shop, for whoever is on call",
    ),
    (
        "sql/queries/queue_jobs/sample.sql",
        "counts all unfinished jobs, for the one sampler",
    ),
    (
        "sql/queries/queue_jobs/drained.sql",
        "for tests, whose databases are small",
    ),
    (
        "sql/queries/queue_jobs/stats.sql",
        "counts all unfinished jobs, for people and one sampler",
    ),
];

#[tokio::test]
async fn every_query_can_use_an_index() {
    let db = TestDb::new().await;
    let mut connection = db.pool().acquire().await.unwrap();
    let settings = "set enable_seqscan = off; set plan_cache_mode = force_generic_plan;";
    connection.execute(settings).await.unwrap();
    // Later releases skip through indexes that the oldest can't use: it tells what needs a place.
    let oldest = "select current_setting('server_version_num')::integer < 160000";
    let is_oldest: bool = sqlx::query_scalar(oldest)
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    let mut findings = Vec::new();
    for query in texts(&["sql/queries"], &[".sql"]) {
        let scans = scans_of(&mut connection, &query).await;
        let may = MAY_SCAN.iter().any(|(path, _)| *path == query.path);
        if !scans.is_empty() && !may {
            findings.push(format!("{}: {}", query.path, scans.join(", ")));
        }
        if scans.is_empty() && may && is_oldest {
            findings.push(format!("{}: needs no place in MAY_SCAN", query.path));
        }
    }
    assert_none("no index serves it", findings);
}

/// The sequential scans in the plan of a query.
async fn scans_of(connection: &mut PgConnection, query: &Text) -> Vec<String> {
    let mut transaction = connection.begin().await.unwrap();
    let fail = |error: sqlx::Error| panic!("{}: {error}", query.path);
    let prepare = format!(
        "prepare examined as {}",
        query.text.trim_end().trim_end_matches(';')
    );
    transaction
        .execute(AssertSqlSafe(prepare))
        .await
        .unwrap_or_else(fail);
    let parameters: i32 = sqlx::query_scalar(
        "select cardinality(parameter_types) from pg_prepared_statements where name = 'examined'",
    )
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    let nulls = vec!["null"; usize::try_from(parameters).unwrap()].join(", ");
    let nulls = if nulls.is_empty() {
        nulls
    } else {
        format!("({nulls})")
    };
    let explain = format!("explain (costs off) execute examined{nulls}");
    let plan = sqlx::raw_sql(AssertSqlSafe(explain))
        .fetch_all(&mut *transaction)
        .await
        .unwrap();
    transaction.execute("deallocate examined").await.unwrap();
    transaction.rollback().await.unwrap();
    plan.iter()
        .map(|row| {
            row.get::<String, _>(0)
                .trim()
                .trim_start_matches("->")
                .trim()
                .to_owned()
        })
        .filter(|line| line.starts_with("Seq Scan") || line.starts_with("Parallel Seq Scan"))
        .collect()
}
