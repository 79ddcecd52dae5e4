//! The catalogue keeps its own rules, and its page says what it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stevedore_telemetry::catalogue::{BUILD_INFO, Kind, all, as_markdown};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_page_about_metrics_is_the_catalogue() {
    let page = repository().join("docs/metrics.md");
    #[expect(
        clippy::disallowed_methods,
        reason = "a developer asks this test to write the page"
    )]
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    if update {
        fs::write(&page, as_markdown()).unwrap();
    }
    let written = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == as_markdown(),
        "docs/metrics.md is not the catalogue: run UPDATE_DOCS=1 cargo test -p stevedore-telemetry"
    );
}

#[test]
fn names_keep_the_rules_of_prometheus() {
    for metric in all() {
        let name = metric.name;
        assert!(
            name.starts_with("stevedore_") || name.starts_with("http_server_"),
            "{name}"
        );
        assert_eq!(
            metric.kind == Kind::Counter,
            name.ends_with("_total"),
            "{name}: counters, and only they, end in _total"
        );
        assert!(!name.contains("_ms") && !name.contains("millis"), "{name}");
        assert!(!metric.help.ends_with('.'), "{name}: {}", metric.help);
    }
}

#[test]
fn no_name_is_there_twice() {
    let names: BTreeSet<_> = all().map(|metric| metric.name).collect();
    assert_eq!(names.len(), all().count());
}

#[test]
fn buckets_rise_and_there_are_some() {
    for metric in all() {
        if let Kind::Histogram(buckets) = metric.kind {
            assert!(!buckets.is_empty(), "{}", metric.name);
            assert!(buckets.is_sorted_by(|a, b| a < b), "{}", metric.name);
        }
    }
}

#[test]
fn no_label_can_hold_an_id() {
    for metric in all() {
        for label in metric.labels {
            assert!(
                !label.name.ends_with("id"),
                "{} {}",
                metric.name,
                label.name
            );
        }
    }
}

/// The text of all sources that may set a metric, but for the catalogue.
fn sources() -> String {
    let mut folders: Vec<_> = ["crates", "enqueue-api/src", "worker/src", "sql"]
        .map(|folder| repository().join(folder))
        .into();
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                let skipped = ["catalogue", "tests", "target"];
                if !skipped.iter().any(|name| path.ends_with(name)) {
                    folders.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|end| end == "rs" || end == "sql")
            {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}

#[test]
fn every_metric_is_set_somewhere() {
    let sources = sources();
    for metric in all().filter(|metric| metric.name != BUILD_INFO) {
        let is_set = ['"', '\'']
            .iter()
            .any(|quote| sources.contains(&format!("{quote}{}{quote}", metric.name)));
        assert!(is_set, "{}: nobody sets it", metric.name);
    }
}
