//! What SQL enqueues is what the worker takes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stevedore_model::{TenantId, orders};
use stevedore_worker::jobs::{KINDS, decodes};

use crate::shop::{GOOD_NUMBER, Shop};

/// Kinds that wait for their worker: asked for by the database, done by no release so far. Their
/// jobs are kept, and `stevedore jobs kinds` says that nobody takes them.
const UNSERVED: [&str; 0] = [];

#[test]
fn every_kind_named_in_sql_is_a_kind_of_the_worker() {
    let mut named = BTreeSet::new();
    let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql");
    let files = ["functions", "triggers"].map(|folder| sql_files(&sql.join(folder)));
    // The queue's own files speak of kinds in general.
    let is_queues = |file: &&PathBuf| {
        file.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("queue_"))
    };
    for file in files.iter().flatten().filter(|file| !is_queues(file)) {
        let text = std::fs::read_to_string(file).expect("a file");
        named.extend(kinds_named(&text));
    }
    let expected = BTreeSet::from(["fulfil_order".to_owned(), "send_notification".to_owned()]);
    assert!(
        named.is_superset(&expected),
        "the search finds too little: {named:?}"
    );
    let unknown: Vec<_> = named
        .iter()
        .filter(|kind| !KINDS.contains(&kind.as_str()) && !UNSERVED.contains(&kind.as_str()))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[tokio::test]
async fn every_job_that_triggers_enqueue_decodes() {
    let shop = Shop::new().await;
    shop.order(GOOD_NUMBER).await;
    let cancelled = shop.order(GOOD_NUMBER).await;
    orders::cancel(
        shop.pool(),
        TenantId::SHOP,
        cancelled,
        "customer",
        "ordered twice",
    )
    .await
    .expect("cancelled");
    let jobs: Vec<(String, Value)> = sqlx::query_as("select kind, args from queue.jobs")
        .fetch_all(shop.pool())
        .await
        .expect("jobs");
    let kinds: BTreeSet<_> = jobs.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["fulfil_order", "send_notification"]));
    for (kind, args) in &jobs {
        assert_eq!(decodes(kind, args), Some(true), "{kind} {args}");
    }
}

#[test]
fn scheduled_jobs_take_the_empty_arguments_they_get() {
    for kind in ["expire_reservations", "clean_up", "refresh_analytics"] {
        assert_eq!(decodes(kind, &serde_json::json!({})), Some(true), "{kind}");
    }
    assert_eq!(decodes("fulfil_order", &serde_json::json!({})), Some(false));
    assert_eq!(decodes("unheard_of", &serde_json::json!({})), None);
}

fn sql_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => sql_files(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect()
}

/// The literals behind `'kind',` (in a job as JSON) and `p_kind =>`.
fn kinds_named(sql: &str) -> Vec<String> {
    ["'kind', '", "p_kind => '"]
        .iter()
        .flat_map(|mark| sql.split(mark).skip(1))
        .filter_map(|rest| rest.split_once('\'').map(|(kind, _)| kind.to_owned()))
        .collect()
}
