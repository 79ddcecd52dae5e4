//! What each part of the house may know (docs, "Rooms").

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

use super::tree::{
    assert_none, lines_where, root, rust, rust_of_programs, sql, texts, without_comment, words,
};

/// Crate → the crates of ours that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("database", &[]),
    ("model", &[]),
    ("queue", &[]),
    ("telemetry", &[]),
    ("notices", &["model"]),
    ("providers", &["model"]),
    ("simulator", &["model", "telemetry"]),
    (
        "enqueue-api",
        &[
            "database",
            "model",
            "notices",
            "providers",
            "queue",
            "telemetry",
        ],
    ),
    ("console", &["model", "notices", "queue", "telemetry"]),
    (
        "worker",
        &[
            "database",
            "model",
            "notices",
            "providers",
            "queue",
            "telemetry",
        ],
    ),
    (
        "bench",
        &["database", "enqueue-api", "model", "queue", "telemetry"],
    ),
    (
        "cli",
        &[
            "bench",
            "console",
            "database",
            "enqueue-api",
            "model",
            "notices",
            "providers",
            "queue",
            "simulator",
            "telemetry",
            "worker",
        ],
    ),
    ("testkit", &["database"]),
];

/// What tests may use on top, wherever they are.
const TESTS_MAY_USE: &[&str] = &["database", "simulator", "telemetry", "testkit"];

/// The queue's words must fit any application. (An order may be an order of things,
/// and a notification one of the database.)
const DOMAIN_NOUNS: &[&str] = &[
    "carrier",
    "catalog",
    "customer",
    "customers",
    "fulfil",
    "fulfill",
    "fulfillment",
    "fulfillments",
    "inventory",
    "invoice",
    "order_id",
    "orders",
    "payment",
    "product",
    "products",
    "shipment",
    "sku",
    "stock",
    "tenant",
    "tenant_id",
];

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--locked",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn ours(name: &Value) -> Option<&str> {
    name.as_str().unwrap().strip_prefix("stevedore-")
}

#[test]
fn crates_use_only_the_crates_that_they_may() {
    let may_use: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut findings = Vec::new();
    for package in packages() {
        let name = ours(&package["name"]).unwrap();
        let allowed = may_use
            .get(name)
            .unwrap_or_else(|| panic!("{name} has no row in MAY_USE"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let Some(used) = ours(&dependency["name"]) else {
                continue;
            };
            let for_tests = dependency["kind"] == "dev";
            let may = allowed.contains(&used) || (for_tests && TESTS_MAY_USE.contains(&used));
            if !may {
                findings.push(format!("{name} → {used}"));
            }
        }
    }
    assert_none("the arrow points the wrong way", findings);
}

#[test]
fn versions_and_features_are_in_the_root_manifest_only() {
    let manifests = texts(&["crates", "worker", "enqueue-api"], &["Cargo.toml"]);
    let findings = lines_where(&manifests, |line| {
        let line = without_comment(line, "#");
        let is_inherited = line.contains("workspace = true");
        let has_version =
            line.contains("version = ") || line.contains("= \"") && line.contains('.');
        !is_inherited && (has_version && !line.contains("path = ") || line.contains("features = "))
    });
    assert_none("say it in [workspace.dependencies]", findings);
}

#[test]
fn apalis_is_named_in_one_file() {
    let mut ours = rust_of_programs();
    ours.retain(|file| file.path != "crates/queue/src/apalis_backend.rs");
    let names_it = |line: &str| without_comment(line, "//").contains("apalis::");
    assert_none(
        "only crates/queue/src/apalis_backend.rs knows apalis",
        lines_where(&ours, names_it),
    );
}

#[test]
fn the_queue_knows_no_noun_of_the_domain() {
    let mut ours = texts(&["crates/queue/src", "sql/queries"], &[".rs", ".sql"]);
    ours.extend(texts(
        &["sql/functions", "sql/views", "sql/triggers"],
        &[".sql"],
    ));
    ours.retain(|file| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        file.path.starts_with("crates/queue/")
            || file.path.starts_with("sql/queries/queue_")
            || name.starts_with("queue_")
    });
    let findings = lines_where(&ours, |line| {
        words(line).any(|word| DOMAIN_NOUNS.contains(&word))
    });
    assert_none("a noun of the domain in the queue", findings);
}

#[test]
fn routes_hold_no_sql() {
    let routes = texts(&["enqueue-api/src/routes"], &[".rs"]);
    let findings = lines_where(&routes, |line| {
        let line = without_comment(line, "//");
        line.contains("sqlx::query")
            || line.contains("query_file")
            || line.contains("PgPool::connect")
    });
    assert_none("a route calls model:: or queue::", findings);
}

#[test]
fn queries_of_programs_are_files() {
    let mut ours = rust_of_programs();
    // The installer works before there is a schema to check a query against.
    ours.retain(|file| !file.path.starts_with("crates/database/"));
    // The bench looks into the server's counters and at tables that it makes itself for a run.
    ours.retain(|file| !file.path.starts_with("crates/bench/"));
    let macros = [
        "query!(",
        "query_as!(",
        "query_scalar!(",
        "sqlx::query(",
        "sqlx::query_as(",
    ];
    let others = ["sqlx::query_scalar(", "sqlx::raw_sql(", "QueryBuilder"];
    let is_query = |line: &str| macros.iter().chain(&others).any(|call| line.contains(call));
    let mut findings = Vec::new();
    for mut file in ours {
        // Tests beside the code may ask what they like.
        file.text = file
            .text
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .to_owned();
        findings.extend(lines_where(&[file], |line| {
            is_query(without_comment(line, "//"))
        }));
    }
    assert_none(
        "put it into sql/queries/<table>/<verb>.sql and use query_file!",
        findings,
    );
}

#[test]
fn facts_take_the_time_of_the_database() {
    let clocks = [
        "now()",
        "current_timestamp",
        "clock_timestamp()",
        "statement_timestamp()",
    ];
    let mut ours = sql();
    ours.retain(|file| {
        // The clock itself; and the installer's ledger, which is there before the clock.
        !["migrations/0001_basics.sql", "sql/functions/clock_now.sql"].contains(&file.path.as_str())
            && !file.path.starts_with("crates/database/")
    });
    let findings = lines_where(&ours, |line| {
        let line = without_comment(line, "--").replace("clock_now()", "");
        clocks.iter().any(|clock| line.contains(clock))
    });
    assert_none("ask clock_now()", findings);
}

#[test]
fn providers_have_no_database_and_jobs_no_globals() {
    let providers = texts(&["crates/providers/src"], &[".rs"]);
    let mut findings = lines_where(&providers, |line| line.contains("sqlx"));
    let jobs = texts(&["worker/src/jobs"], &[".rs"]);
    findings.extend(lines_where(&jobs, |line| {
        let line = line.trim_start();
        line.starts_with("static ") || line.starts_with("pub static ") || line.contains("env::var")
    }));
    assert_none("not in this room", findings);
}

#[test]
fn programs_do_not_use_the_test_kit() {
    let names_it = |line: &str| line.contains("stevedore_testkit");
    let ours = rust()
        .into_iter()
        .filter(|file| file.path.contains("/src/"));
    let ours: Vec<_> = ours
        .filter(|file| !file.path.starts_with("crates/testkit/"))
        .collect();
    let mut findings = Vec::new();
    for mut file in ours {
        file.text = file
            .text
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .to_owned();
        findings.extend(lines_where(&[file], names_it));
    }
    assert_none("the test kit is for tests", findings);
}
