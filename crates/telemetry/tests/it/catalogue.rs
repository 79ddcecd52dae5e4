//! The catalogue keeps its own rules, and its page says what it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stevedore_telemetry::catalogue::{ALL, Kind, as_markdown};

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
    for metric in ALL {
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
    let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), ALL.len());
}

#[test]
fn buckets_rise_and_there_are_some() {
    for metric in ALL {
        if let Kind::Histogram(buckets) = metric.kind {
            assert!(!buckets.is_empty(), "{}", metric.name);
            assert!(buckets.is_sorted_by(|a, b| a < b), "{}", metric.name);
        }
    }
}

#[test]
fn no_label_can_hold_an_id() {
    for metric in ALL {
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
