//! Every SQL file is installed or used, and its name says what it holds.

use std::collections::BTreeSet;

use stevedore_testkit::TestDb;

use super::tree::{Text, assert_none, root, rust, rust_of_programs, texts};

fn install_order() -> Vec<String> {
    let list = std::fs::read_to_string(root().join("sql/install_order.txt")).unwrap();
    let lines = list
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The files that the install order has to list.
fn objects() -> Vec<Text> {
    let folders = ["sql/functions", "sql/triggers", "sql/views", "sql/policies"];
    texts(&folders, &[".sql"])
}

#[test]
fn every_object_is_listed_once_and_every_listed_object_exists() {
    let listed = install_order();
    let files: BTreeSet<String> = objects()
        .iter()
        .map(|file| file.path.strip_prefix("sql/").unwrap().to_owned())
        .collect();
    let as_set: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), as_set.len(), "something is listed twice");
    assert_none(
        "not in sql/install_order.txt",
        files.difference(&as_set).cloned().collect(),
    );
    assert_none(
        "in sql/install_order.txt only",
        as_set.difference(&files).cloned().collect(),
    );
}

#[test]
fn every_query_file_is_used() {
    let rust: String = rust().into_iter().map(|file| file.text).collect();
    let is_unused = |file: &Text| !rust.contains(file.path.strip_prefix("sql/").unwrap());
    let unused = texts(&["sql/queries"], &[".sql"])
        .into_iter()
        .filter(is_unused);
    assert_none("nobody runs it", unused.map(|file| file.path).collect());
}

#[test]
fn a_file_of_sql_lies_where_it_belongs() {
    let placed = [
        "sql/functions/",
        "sql/triggers/",
        "sql/views/",
        "sql/policies/",
        "sql/queries/",
    ];
    let is_lost = |file: &Text| {
        file.path != "sql/schema.sql" && !placed.iter().any(|folder| file.path.starts_with(folder))
    };
    let lost = texts(&["sql"], &[".sql"]).into_iter().filter(is_lost);
    assert_none(
        "not in a folder of its kind",
        lost.map(|file| file.path).collect(),
    );
}

#[test]
fn migrations_are_numbered_and_say_what_and_why() {
    let mut findings = Vec::new();
    for file in texts(&["migrations"], &[""]) {
        let name = file.path.strip_prefix("migrations/").unwrap();
        let is_named = name.len() > 9
            && name.ends_with(".sql")
            && name.as_bytes()[..4].iter().all(u8::is_ascii_digit)
            && name.as_bytes()[4] == b'_';
        if !is_named {
            findings.push(format!("{}: call it <4 digits>_<what>.sql", file.path));
        }
        if !file.text.starts_with("--") {
            findings.push(format!("{}: start it with what it does and why", file.path));
        }
    }
    assert_none("migrations", findings);
}

/// `routine queue.claim(p_worker text, …)` → `queue_claim`; `public` is not said.
fn file_name_of(identity: &str) -> String {
    let name = identity.split(' ').nth(1).unwrap_or_default();
    let name = name.split('(').next().unwrap_or_default();
    name.strip_prefix("public.")
        .unwrap_or(name)
        .replace('.', "_")
}

#[tokio::test]
async fn a_file_is_called_as_the_object_that_it_makes() {
    let db = TestDb::new().await;
    let rows: Vec<(String, Vec<String>)> = sqlx::query_as(
        "select path, identities from stevedore.installed_objects where path !~ '^policies/'",
    )
    .fetch_all(db.pool())
    .await
    .unwrap();
    let is_wrong = |(path, identities): &(String, Vec<String>)| {
        let stem = path
            .split('/')
            .nth(1)
            .unwrap_or_default()
            .trim_end_matches(".sql");
        let names: BTreeSet<String> = identities.iter().map(|id| file_name_of(id)).collect();
        let functions = names.len() == 1 || path.starts_with("triggers/");
        !names.contains(stem) || !functions
    };
    let findings = rows.iter().filter(|row| is_wrong(row));
    let findings = findings.map(|(path, made)| format!("{path} makes {}", made.join(", ")));
    assert_none("one object a file, called as the file", findings.collect());
}

/// Kinds whose jobs wait until a worker knows them, and what makes them wait.
const AWAITED: &[(&str, &str)] = &[];

/// The kinds of jobs that SQL enqueues: `p_kind => 'x'` and `'kind', 'x'`.
fn enqueued_kinds() -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    for file in objects()
        .into_iter()
        .filter(|file| !file.path.contains("/queue_"))
    {
        for mark in ["p_kind => '", "p_kind := '", "'kind', '"] {
            let after = file.text.split(mark).skip(1);
            kinds.extend(
                after
                    .filter_map(|text| text.split('\'').next())
                    .map(str::to_owned),
            );
        }
    }
    kinds
}

#[test]
fn every_kind_that_sql_enqueues_has_a_job() {
    let rust: String = rust_of_programs()
        .into_iter()
        .map(|file| file.text)
        .collect();
    let has_no_job = |kind: &String| !rust.contains(&format!("KIND: &'static str = \"{kind}\""));
    let is_awaited = |kind: &String| AWAITED.iter().any(|(awaited, _)| awaited == kind);
    let orphans = enqueued_kinds().into_iter().filter(has_no_job);
    let (awaited, orphans): (Vec<_>, Vec<_>) = orphans.partition(is_awaited);
    assert_eq!(
        awaited.len(),
        AWAITED.len(),
        "a job that is there is not awaited"
    );
    assert_none("no job of the worker has this kind", orphans);
}
