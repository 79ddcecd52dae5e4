//! What few jobs have: others to wait for, a period for the unique key, replacement.

use std::time::Duration;

use serde_json::Value;
use stevedore_model::problems::{Fields, problem};
use stevedore_queue::{NewJob, OnFailure, Predecessor, Replace, Step, UniqueScope};

/// How many jobs one may wait for, and how many one request may hold.
const JOBS_MAX: usize = 10_000;
const POSITIONS: std::ops::RangeInclusive<i64> = 0..=JOBS_MAX as i64 - 1;
const JOB_IDS: std::ops::RangeInclusive<i64> = 0..=999_999_999_999_999_999;
/// A year.
const PERIOD_SECONDS_MAX: f64 = 31_536_000.0;

/// These parts of a job.
#[derive(Debug, Default)]
pub struct Flow {
    after: Vec<(Predecessor, OnFailure)>,
    unique_period: Option<Duration>,
    replace: Vec<Replace>,
}

impl Flow {
    /// Reads them.
    pub fn of(fields: &mut Fields<'_>, has_key: bool, scope: Option<UniqueScope>) -> Self {
        Flow {
            after: after(fields),
            unique_period: unique_period(fields, has_key, scope),
            replace: replace(fields, has_key),
        }
    }

    /// Gives them to a job.
    pub fn apply(self, mut job: NewJob) -> NewJob {
        for (predecessor, on_failure) in self.after {
            job = job.after_with(predecessor, on_failure);
        }
        if let Some(period) = self.unique_period {
            job = job.unique_for(period);
        }
        if !self.replace.is_empty() {
            job = job.replace(&self.replace);
        }
        job
    }
}

fn after(fields: &mut Fields<'_>) -> Vec<(Predecessor, OnFailure)> {
    let usual = on_failure(fields);
    let Some(after) = fields.any("after") else {
        if usual.is_some() {
            let _: Option<()> = fields.wrong("on_failure", "needs_after", "needs after beside it");
        }
        return Vec::new();
    };
    let Some(edges) = after.as_array() else {
        let _: Option<()> = fields.wrong("after", "wrong_type", "must be an array");
        return Vec::new();
    };
    if edges.len() > JOBS_MAX {
        let message = format!("must name at most {JOBS_MAX} jobs");
        let _: Option<()> = fields.wrong("after", "too_many", &message);
        return Vec::new();
    }
    let path = fields.path_of("after");
    let read = |(place, edge)| read_edge(fields, &format!("{path}[{place}]"), edge, usual);
    edges.iter().enumerate().filter_map(read).collect()
}

/// A job's id, or an object with `job_id` or `position`, and perhaps `on_failure`.
fn read_edge(
    fields: &mut Fields<'_>,
    path: &str,
    value: &Value,
    usual: Option<OnFailure>,
) -> Option<(Predecessor, OnFailure)> {
    let problems = fields.problems();
    if let Some(job_id) = value.as_i64().filter(|id| JOB_IDS.contains(id)) {
        return Some((Predecessor::Job(job_id), usual.unwrap_or_default()));
    }
    if !value.is_object() {
        let message = "must be the id of a job, or an object with job_id or position";
        problems.push(problem(path.to_owned(), "wrong_type", message));
        return None;
    }
    let mut edge = Fields::of(value, path, problems)?;
    let job_id = edge.integer("job_id", JOB_IDS);
    let position = edge.integer("position", POSITIONS);
    let named = [edge.any("job_id"), edge.any("position")];
    let own = on_failure(&mut edge);
    let predecessor = match named.iter().flatten().count() {
        1 => job_id.map(Predecessor::Job).or_else(|| {
            Some(Predecessor::Step(Step::at(
                usize::try_from(position?).ok()?,
            )))
        }),
        _ => edge.wrong("job_id", "required", "needs either job_id or position"),
    };
    edge.finish();
    Some((predecessor?, own.or(usual).unwrap_or_default()))
}

fn on_failure(fields: &mut Fields<'_>) -> Option<OnFailure> {
    match fields.text("on_failure", 1..=100)? {
        "cancel" => Some(OnFailure::Cancel),
        "run" => Some(OnFailure::Run),
        "wait" => Some(OnFailure::Wait),
        _ => {
            let message = "must be `cancel`, `run` or `wait`";
            fields.wrong("on_failure", "unknown_on_failure", message)
        }
    }
}

fn unique_period(
    fields: &mut Fields<'_>,
    has_key: bool,
    scope: Option<UniqueScope>,
) -> Option<Duration> {
    let Some(value) = fields.any("unique_period") else {
        return match scope {
            Some(UniqueScope::Period) => {
                let message = "is needed by the unique_scope `period`";
                fields.wrong("unique_period", "required", message)
            }
            _ => None,
        };
    };
    let Some(seconds) = value.as_f64() else {
        return fields.wrong("unique_period", "wrong_type", "must be a number of seconds");
    };
    if !(seconds > 0.0 && seconds <= PERIOD_SECONDS_MAX) {
        let message = "must be more than no second, and a year at most";
        return fields.wrong("unique_period", "out_of_range", message);
    }
    if !has_key {
        let message = "needs a unique_key beside it";
        return fields.wrong("unique_period", "needs_unique_key", message);
    }
    if scope.is_some_and(|scope| scope != UniqueScope::Period) {
        let message = "must be `period` beside unique_period, or be left out";
        return fields.wrong("unique_scope", "needs_period", message);
    }
    Some(Duration::from_secs_f64(seconds))
}

fn replace(fields: &mut Fields<'_>, has_key: bool) -> Vec<Replace> {
    let Some(value) = fields.any("replace") else {
        return Vec::new();
    };
    let read = |what: &Value| match what.as_str() {
        Some("args") => Some(Replace::Args),
        Some("run_at") => Some(Replace::RunAt),
        _ => None,
    };
    let replace = value.as_array();
    let Some(replace) = replace.and_then(|all| all.iter().map(read).collect::<Option<_>>()) else {
        let message = "must be an array of `args` and `run_at`";
        let _: Option<()> = fields.wrong("replace", "unknown_replace", message);
        return Vec::new();
    };
    if !has_key {
        let message = "needs a unique_key beside it";
        let _: Option<()> = fields.wrong("replace", "needs_unique_key", message);
    }
    replace
}
