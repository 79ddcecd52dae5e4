//! Dashboards and alerts name only metrics that are exported, and each alert has its runbook.
//!
//! Whether the queries answer is for `.ci/check-observability`, which asks a running fleet.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use promql_parser::parser::{self, Expr};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;
use stevedore_telemetry::catalogue::{Kind, all};

/// What Prometheus itself, and every process's collector, add to our own.
const METRICS_OF_OTHERS: &[&str] = &[
    "ALERTS",
    "up",
    "probe_ssl_earliest_cert_expiry",
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(repository().join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == extension))
        .collect();
    found.sort();
    found
}

fn dashboards() -> Vec<(String, Value)> {
    files("grafana/dashboards", "json")
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect()
}

/// The texts of the files in grafana/alerts whose names end like this.
fn alert_files(end: &str) -> Vec<String> {
    files("grafana/alerts", "yml")
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(end))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// Alerts and recorded series.
fn rules() -> Vec<Value> {
    alert_files(".rules.yml")
        .iter()
        .flat_map(|text| {
            let file: Value = serde_yaml_ng::from_str(text).unwrap();
            let groups = file["groups"].as_array().unwrap().clone();
            groups.into_iter()
        })
        .flat_map(|group| group["rules"].as_array().unwrap().clone())
        .collect()
}

fn alerts() -> Vec<Value> {
    let rules = rules().into_iter();
    rules.filter(|rule| rule["alert"].is_string()).collect()
}

/// Panels that show data, those inside collapsed rows too.
fn panels(dashboard: &Value) -> Vec<&Value> {
    let top = dashboard["panels"].as_array().unwrap();
    let inner = top.iter().filter_map(|panel| panel["panels"].as_array());
    top.iter()
        .chain(inner.flatten())
        .filter(|panel| panel["type"] != "row")
        .collect()
}

/// Every query of the repository, with where it stands.
fn queries() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (file, dashboard) in &dashboards() {
        for panel in panels(dashboard) {
            for target in panel["targets"].as_array().unwrap() {
                let place = format!("{file}: {}", panel["title"]);
                found.push((place, target["expr"].as_str().unwrap().to_owned()));
            }
        }
    }
    for rule in rules() {
        let place = format!("alert {}, record {}", rule["alert"], rule["record"]);
        found.push((place, rule["expr"].as_str().unwrap().to_owned()));
    }
    found
}

#[derive(Default)]
struct Names(BTreeSet<String>);

impl ExprVisitor for Names {
    type Error = String;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, String> {
        let selector = match expr {
            Expr::VectorSelector(selector) => selector,
            Expr::MatrixSelector(range) => &range.vs,
            _ => return Ok(true),
        };
        let name = selector.name.clone();
        self.0.insert(name.ok_or("a selector without a name")?);
        Ok(true)
    }
}

/// The metrics that a query names.
fn names(query: &str) -> Result<BTreeSet<String>, String> {
    // Grafana puts a duration there; any will do to parse it.
    let expr = parser::parse(&query.replace("$__rate_interval", "1m"))?;
    let mut names = Names::default();
    walk_expr(&mut names, &expr)?;
    Ok(names.0)
}

/// All series names that `/metrics` may have.
fn exported() -> BTreeSet<String> {
    let ours = all().flat_map(|metric| match metric.kind {
        Kind::Histogram(_) => ["_bucket", "_count", "_sum"]
            .map(|end| format!("{}{end}", metric.name))
            .to_vec(),
        Kind::Counter | Kind::Gauge => vec![metric.name.to_owned()],
    });
    let recorded = rules().into_iter();
    let recorded = recorded.filter_map(|rule| rule["record"].as_str().map(ToOwned::to_owned));
    ours.chain(recorded)
        .chain(METRICS_OF_OTHERS.iter().map(ToString::to_string))
        .collect()
}

#[test]
fn every_query_names_only_exported_metrics() {
    let exported = exported();
    let queries = queries();
    assert!(queries.len() > 200, "found {} queries", queries.len());
    for (place, query) in queries {
        let names = names(&query).unwrap_or_else(|error| panic!("{place}: {error}\n{query}"));
        // A promise's allowance is a number.
        let is_number = query.starts_with("vector(");
        assert!(
            is_number || !names.is_empty(),
            "{place} names no metric: {query}"
        );
        for name in names {
            assert!(
                exported.contains(&name),
                "{place}: no process exports {name}"
            );
        }
    }
}

#[test]
fn every_alert_has_a_runbook_of_its_name_and_every_runbook_an_alert() {
    let pages: BTreeSet<_> = files("docs/runbooks", "md")
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "README")
        .collect();
    let mut names = BTreeSet::new();
    for rule in alerts() {
        let name = rule["alert"].as_str().unwrap().to_owned();
        let runbook = rule["annotations"]["runbook"].as_str();
        assert_eq!(runbook, Some(format!("docs/runbooks/{name}.md").as_str()));
        names.insert(name);
    }
    assert_eq!(names, pages);
}

#[test]
fn every_runbook_says_what_to_do() {
    for path in files("docs/runbooks", "md") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name == "README" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&format!("# {name}\n")), "{name}: title");
        for heading in [
            "Meaning",
            "Impact",
            "Diagnosis",
            "Mitigation",
            "Escalation",
            "How this was tested",
        ] {
            assert!(
                text.contains(&format!("\n## {heading}\n")),
                "{name}: no {heading}"
            );
        }
    }
}

#[test]
fn every_alert_has_a_rule_test_a_severity_and_an_existing_dashboard() {
    let tests = alert_files(".test.yml").concat();
    let dashboards: BTreeSet<_> = dashboards()
        .into_iter()
        .map(|(_, dashboard)| dashboard["uid"].as_str().unwrap().to_owned())
        .collect();
    for rule in alerts() {
        let name = rule["alert"].as_str().unwrap();
        assert!(
            tests.contains(&format!("alertname: {name}\n")),
            "{name}: no rule test fires it"
        );
        let ends = |line: &str| {
            line.contains(&format!("alertname: {name}, ")) && line.contains("exp_alerts: []")
        };
        assert!(tests.lines().any(ends), "{name}: in no rule test it ends");
        let severity = rule["labels"]["severity"].as_str().unwrap();
        assert!(["page", "ticket"].contains(&severity), "{name}: {severity}");
        let dashboard = rule["annotations"]["dashboard"].as_str().unwrap();
        assert!(
            dashboards.contains(dashboard),
            "{name}: no dashboard {dashboard}"
        );
        for text in ["summary", "description"] {
            assert!(rule["annotations"][text].is_string(), "{name}: no {text}");
        }
    }
}

#[test]
fn dashboards_are_read_only_with_the_data_source_as_a_variable() {
    for (file, dashboard) in dashboards() {
        assert_eq!(dashboard["editable"], false, "{file}");
        assert_eq!(
            dashboard["templating"]["list"][0]["type"], "datasource",
            "{file}"
        );
        for panel in panels(&dashboard) {
            let title = &panel["title"];
            assert_eq!(
                panel["datasource"]["uid"], "${datasource}",
                "{file}: {title}"
            );
            assert!(
                panel["description"].is_string(),
                "{file}: {title} explains nothing"
            );
            let has_unit = panel["fieldConfig"]["defaults"]["unit"].is_string();
            assert!(
                has_unit || panel["type"] == "table",
                "{file}: {title} has no unit"
            );
        }
    }
}

#[test]
fn panels_have_ids_of_their_own_and_do_not_overlap() {
    for (file, dashboard) in dashboards() {
        let mut ids = BTreeSet::new();
        let mut cells = BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let title = &panel["title"];
            assert!(
                ids.insert(panel["id"].as_u64().unwrap()),
                "{file}: id of {title}"
            );
            let side = |name: &str| panel["gridPos"][name].as_u64().unwrap();
            assert!(side("x") + side("w") <= 24, "{file}: {title} is too wide");
            for x in side("x")..side("x") + side("w") {
                for y in side("y")..side("y") + side("h") {
                    assert!(cells.insert((x, y)), "{file}: {title} overlaps");
                }
            }
        }
    }
}

#[test]
fn a_runbook_named_by_a_panel_exists() {
    let alerts: BTreeSet<_> = alerts()
        .iter()
        .map(|rule| rule["alert"].as_str().unwrap().to_owned())
        .collect();
    for (file, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            for link in panel["links"].as_array().into_iter().flatten() {
                let url = link["url"].as_str().unwrap();
                let page = url.strip_prefix("${runbooks}/").unwrap();
                let name = page.strip_suffix(".md").unwrap();
                assert!(alerts.contains(name), "{file}: no runbook {page}");
            }
            let description = panel["description"].as_str().unwrap();
            for word in description.split(|c: char| !c.is_alphanumeric()) {
                if word.starts_with("Stevedore") && word.len() > "Stevedore".len() {
                    assert!(alerts.contains(word), "{file}: no alert {word}");
                }
            }
        }
    }
}
