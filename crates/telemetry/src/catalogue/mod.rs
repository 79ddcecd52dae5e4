//! Every metric of the fleet: name, type, labels, buckets, help. `docs/metrics.md` is this table.
//!
//! Rules: the prefix `stevedore_` except where a standard names the metric; base units (seconds, no
//! milliseconds); counters end in `_total`; every label has few values, known beforehand, and never
//! an id, a mail address or a message. To add a metric, add its line to one of the tables and run
//! `UPDATE_DOCS=1 cargo test -p stevedore-telemetry`.

mod events;
mod monitor;
mod table;
mod words;

use std::fmt::Write;

use Exporter::{Api, Every, Monitor, Worker};
pub use table::BUILD_INFO;

/// Every metric, in the order of the docs.
pub fn all() -> impl Iterator<Item = &'static Metric> {
    [
        table::OF_PROCESSES,
        events::OF_EVENTS,
        monitor::OF_THE_FLEET,
    ]
    .into_iter()
    .flatten()
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The name, as Prometheus sees it (a histogram adds `_bucket`, `_sum` and `_count`).
    pub name: &'static str,
    /// Counter, gauge, or histogram with its buckets.
    pub kind: Kind,
    /// Its labels, in the order of the docs.
    pub labels: &'static [Label],
    /// Which process exports it.
    pub exporter: Exporter,
    /// One sentence, without a full stop: HELP in `/metrics`.
    pub help: &'static str,
}

/// The type of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only grows; read it through `rate` or `increase`.
    Counter,
    /// A level, now.
    Gauge,
    /// A distribution, with the upper bounds of its buckets.
    Histogram(&'static [f64]),
}

/// A label and the values it takes.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// The label's name.
    pub name: &'static str,
    /// The values it may take.
    pub values: Values,
}

/// Which values a label takes.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    /// These and no others, so that a counter can start at zero for each.
    Closed(&'static [&'static str]),
    /// A small set that the deployment decides (its queues, its routes); says which.
    Named(&'static str),
}

/// Which process exports a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exporter {
    /// Each API process.
    Api,
    /// Each worker process.
    Worker,
    /// Each API and worker process.
    Every,
    /// A reading of the database, which is the same whoever takes it: one process samples at a
    /// time. Use `max`, not `sum`, over processes.
    Monitor,
}

impl Metric {
    /// Every combination of label values, if all labels are closed; nothing otherwise.
    pub fn closed_label_sets(&self) -> Vec<Vec<(&'static str, &'static str)>> {
        let mut sets = vec![Vec::new()];
        for label in self.labels {
            let Values::Closed(values) = label.values else {
                return Vec::new();
            };
            sets = sets
                .into_iter()
                .flat_map(|set| {
                    values.iter().map(move |value| {
                        let mut longer = set.clone();
                        longer.push((label.name, *value));
                        longer
                    })
                })
                .collect();
        }
        sets
    }
}

/// The page `docs/metrics.md`.
pub fn as_markdown() -> String {
    let mut page = String::from(PAGE_HEAD);
    for (exporter, title) in [
        (Api, "API"),
        (Worker, "Workers"),
        (Every, "API and workers"),
        (Monitor, "The fleet as the database sees it"),
    ] {
        let metrics = all().filter(|metric| metric.exporter == exporter);
        write_section(&mut page, title, metrics);
    }
    page.push_str(PAGE_PROCESS);
    page
}

fn write_section<'a>(page: &mut String, title: &str, metrics: impl Iterator<Item = &'a Metric>) {
    writeln!(page, "## {title}\n").expect("a String takes all text");
    for metric in metrics {
        write_metric(page, metric).expect("a String takes all text");
    }
}

fn write_metric(page: &mut String, metric: &Metric) -> std::fmt::Result {
    let kind = match metric.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram(_) => "histogram",
    };
    writeln!(page, "### `{}`\n\n{kind}: {}.\n", metric.name, metric.help)?;
    for label in metric.labels {
        match label.values {
            Values::Closed(values) => {
                let list = values.join("`, `");
                writeln!(page, "- `{}`: `{list}`", label.name)?;
            }
            Values::Named(what) => writeln!(page, "- `{}`: {what}", label.name)?,
        }
    }
    if let Kind::Histogram(buckets) = metric.kind {
        let list: Vec<_> = buckets.iter().map(ToString::to_string).collect();
        writeln!(page, "- buckets: {}", list.join(", "))?;
    }
    if !metric.labels.is_empty() || matches!(metric.kind, Kind::Histogram(_)) {
        writeln!(page)?;
    }
    Ok(())
}

const PAGE_HEAD: &str = "# Metrics

<!-- Written by `UPDATE_DOCS=1 cargo test -p stevedore-telemetry` from its src/catalogue. -->

Every API and worker process answers `GET /metrics` in the text format of Prometheus. Names carry
their unit (`_seconds`), counters end in `_total`, and no label holds an id, an address or a
message, so the number of series depends on how many queues and job kinds you run, not on traffic.

Numbers about the queue as a whole (how many jobs wait, how old the oldest is) come from the
database and are sampled by one process at a time; read them with `max by (queue) (...)`. Numbers
about a process (its slots, its attempts) are added up with `sum`.

No series has exemplars: they need the OpenMetrics format, and `metrics-exporter-prometheus` writes
Prometheus' older text format alone. From a number to a request or a job the way is the log: each
line has its trace id, and what a line tells is named as the labels are.

Three to look at first:

- `max by (queue) (stevedore_queue_oldest_ready_age_seconds)`: how long the oldest job that could
  run has been waiting. If this is small, the fleet keeps up, whatever the backlog.
- `sum by (outcome) (rate(stevedore_jobs_finished_total[5m]))`: what becomes of attempts.
- `sum by (queue) (stevedore_worker_slots_busy) / sum by (queue) (stevedore_worker_slots)`: near 1,
  more workers would help.

Users of OpenTelemetry's messaging conventions will find `messaging.client.sent.messages` as
`stevedore_jobs_enqueued_total`, `messaging.client.consumed.messages` as
`stevedore_job_claims_total{result=\"hit\"}`, `messaging.client.operation.duration` as
`stevedore_job_claim_duration_seconds`, and `messaging.process.duration` as
`stevedore_job_run_duration_seconds`.

";

const PAGE_PROCESS: &str = "## The process itself

`process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_virtual_memory_bytes`,
`process_open_fds`, `process_max_fds`, `process_threads` and `process_start_time_seconds`, as every
Prometheus client names them.
";
