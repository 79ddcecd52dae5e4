//! The figures of a run: as a table, as JSON, as Markdown.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::stats::Summary;

/// All figures.
#[derive(Debug, Serialize)]
pub struct Report {
    postgres: String,
    cores: usize,
    rounds: u32,
    /// The figures that scripts ask for, by name.
    #[serde(flatten)]
    headlines: BTreeMap<&'static str, f64>,
    measures: Vec<Measure>,
    verdicts: Vec<Verdict>,
}

/// One thing that was measured.
#[derive(Debug, Serialize)]
pub struct Measure {
    section: &'static str,
    what: String,
    unit: &'static str,
    #[serde(flatten)]
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<Ratio>,
}

/// How a figure compares with another of the same run.
#[derive(Debug, Serialize)]
struct Ratio {
    value: f64,
    to: String,
}

/// What was promised, and what came of it.
#[derive(Debug, Serialize)]
struct Verdict {
    what: &'static str,
    value: f64,
    wanted: String,
    holds: bool,
}

/// A promise: a headline, what it means, and its bound.
struct Promise {
    headline: &'static str,
    what: &'static str,
    wanted: Wanted,
}

#[derive(Clone, Copy)]
enum Wanted {
    AtLeast(f64),
    Below(f64),
}

use Wanted::{AtLeast, Below};

impl Wanted {
    fn holds(self, value: f64) -> bool {
        match self {
            AtLeast(bound) => value >= bound,
            Below(bound) => value < bound,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AtLeast(bound) => write!(f, ">= {bound}"),
            Below(bound) => write!(f, "< {bound}"),
        }
    }
}

const fn promise(headline: &'static str, what: &'static str, wanted: Wanted) -> Promise {
    Promise {
        headline,
        what,
        wanted,
    }
}

const PROMISES: [Promise; 11] = [
    promise(
        "drain_to_ceiling",
        "drain, to the bare statements",
        AtLeast(0.6),
    ),
    promise(
        "drain_to_best_peer",
        "drain, to the best peer",
        AtLeast(2.0),
    ),
    promise(
        "enqueue_to_best_peer",
        "enqueue in batches, to the best peer",
        AtLeast(1.5),
    ),
    promise(
        "http_enqueue_per_s",
        "single enqueues per second over HTTP, 16 clients",
        AtLeast(5_000.0),
    ),
    promise(
        "pickup_p50_ms",
        "pick-up on an idle fleet, p50 in ms",
        Below(2.0),
    ),
    promise(
        "pickup_p99_ms",
        "pick-up on an idle fleet, p99 in ms",
        Below(10.0),
    ),
    promise(
        "held_to_fresh",
        "throughput under a held transaction, to fresh",
        AtLeast(0.95),
    ),
    promise(
        "held_p99_to_fresh",
        "pick-up p99 under a held transaction, to fresh",
        Below(3.0),
    ),
    promise(
        "history_to_fresh",
        "drain with finished jobs behind, to fresh",
        AtLeast(0.8),
    ),
    promise(
        "groups_to_plain",
        "drain with group keys, to without",
        AtLeast(0.9),
    ),
    promise(
        "idle_queries_per_min",
        "queries per minute of ten idle workers",
        Below(60.0),
    ),
];

impl Report {
    /// An empty one.
    pub fn new(postgres: &str, rounds: u32) -> Report {
        Report {
            postgres: postgres.to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            rounds,
            headlines: BTreeMap::new(),
            measures: Vec::new(),
            verdicts: Vec::new(),
        }
    }

    /// Adds what the rounds of one measurement gave; answers the median.
    pub fn add(
        &mut self,
        section: &'static str,
        what: impl Into<String>,
        unit: &'static str,
        rounds: &[f64],
    ) -> f64 {
        let summary = Summary::of(rounds);
        let what = what.into();
        self.measures.push(Measure {
            section,
            what,
            unit,
            summary,
            ratio: None,
        });
        summary.median
    }

    /// Says of the measure added last how it compares with another value.
    pub fn compare(&mut self, to: impl Into<String>, value: f64) {
        if let Some(measure) = self.measures.last_mut().filter(|_| value > 0.0) {
            let value = measure.summary.median / value;
            measure.ratio = Some(Ratio {
                value,
                to: to.into(),
            });
        }
    }

    /// Sets a figure that scripts ask for.
    pub fn headline(&mut self, name: &'static str, value: f64) {
        self.headlines.insert(name, value);
    }

    /// A figure that was set before.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.headlines.get(name).copied()
    }

    /// Compares what was measured with what is promised.
    pub fn judge(&mut self) {
        for promise in &PROMISES {
            if let Some(value) = self.get(promise.headline) {
                self.verdicts.push(Verdict {
                    what: promise.what,
                    value,
                    wanted: promise.wanted.to_string(),
                    holds: promise.wanted.holds(value),
                });
            }
        }
    }

    /// For docs/performance.md.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "PostgreSQL {}, {} cores, {} rounds.\n\n\
             | what | median | spread | ratio |\n|---|---:|---:|---|\n",
            self.postgres, self.cores, self.rounds
        );
        for measure in &self.measures {
            let Summary { median, low, high } = measure.summary;
            text += &format!(
                "| {}: {} | {} {} | {} – {} | {} |\n",
                measure.section,
                measure.what,
                number(median),
                measure.unit,
                number(low),
                number(high),
                measure.ratio_text(),
            );
        }
        if !self.verdicts.is_empty() {
            text += "\n| promised | | measured | |\n|---|---|---:|---|\n";
        }
        for verdict in &self.verdicts {
            let Verdict {
                what,
                wanted,
                value,
                ..
            } = verdict;
            text += &format!(
                "| {what} | {wanted} | {} | {} |\n",
                ratio(*value),
                verdict.word()
            );
        }
        text
    }
}

impl Measure {
    fn ratio_text(&self) -> String {
        self.ratio.as_ref().map_or_else(String::new, |found| {
            format!("{} of {}", ratio(found.value), found.to)
        })
    }
}

impl Verdict {
    fn word(&self) -> &'static str {
        if self.holds { "holds" } else { "does not hold" }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cores, rounds) = (self.cores, self.rounds);
        writeln!(
            f,
            "PostgreSQL {}, {cores} cores, rounds: {rounds}",
            self.postgres
        )?;
        let mut section = "";
        for measure in &self.measures {
            if measure.section != section {
                section = measure.section;
                writeln!(f, "\n{section}")?;
            }
            let Summary { median, low, high } = measure.summary;
            writeln!(
                f,
                "  {:<52} {:>9} {:<9} {:>20}  {}",
                measure.what,
                number(median),
                measure.unit,
                format!("{} – {}", number(low), number(high)),
                measure.ratio_text(),
            )?;
        }
        if !self.verdicts.is_empty() {
            writeln!(f, "\nverdicts")?;
        }
        for verdict in &self.verdicts {
            let Verdict {
                what,
                wanted,
                value,
                ..
            } = verdict;
            writeln!(
                f,
                "  {what:<52} {:>9} {wanted:<9} {}",
                ratio(*value),
                verdict.word()
            )?;
        }
        Ok(())
    }
}

/// With as many digits as mean something.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => thousands(value.round() as i64),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn ratio(value: f64) -> String {
    if value >= 100.0 {
        number(value)
    } else {
        format!("{value:.2}")
    }
}

fn thousands(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_as_many_digits_as_mean_something() {
        let texts = [1_234_567.0, 999.6, 42.25, 0.5, -1234.0].map(number);
        assert_eq!(texts, ["1,234,567", "1000", "42.2", "0.50", "-1,234"]);
    }

    #[test]
    fn scripts_find_the_figures_by_name_and_people_the_verdicts() {
        let mut report = Report::new("15.0", 3);
        report.add("drain", "2 workers", "jobs/s", &[100.0, 300.0, 200.0]);
        report.compare("pgbench", 400.0);
        report.headline("drain_to_ceiling", 0.5);
        report.judge();
        let json = serde_json::to_value(&report).expect("a report is JSON");
        assert_eq!(json["drain_to_ceiling"], 0.5);
        assert_eq!(json["measures"][0]["median"], 200.0);
        assert_eq!(json["measures"][0]["ratio"]["value"], 0.5);
        assert_eq!(json["verdicts"][0]["holds"], false);
        assert!(
            report
                .markdown()
                .contains("| 200 jobs/s | 100 – 300 | 0.50 of pgbench |")
        );
        assert!(report.to_string().contains("does not hold"));
    }
}
