//! From the JSON of a job to a [`NewJob`]. The queue checks the same rules in SQL, whoever
//! enqueues; they are checked here as well so that a client hears of everything at once, also of
//! what the typed [`NewJob`] cannot even say.

mod flow;

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use stevedore_model::problems::{FieldProblem, Fields};
use stevedore_queue::{NewJob, UniqueScope};
use stevedore_telemetry::trace::Traceparent;

use flow::Flow;

const NAME_CHARS: RangeInclusive<usize> = 1..=100;
const KEY_CHARS: RangeInclusive<usize> = 1..=500;
const PRIORITIES: RangeInclusive<i64> = -100..=100;
const ATTEMPTS: RangeInclusive<i64> = 1..=1000;

/// Reads one job that stands at `path` in the body. None when something about it is wrong, which
/// is then among `problems`. The job carries on the request's trace.
pub fn parse(
    value: &Value,
    path: &str,
    trace: &Traceparent,
    problems: &mut Vec<FieldProblem>,
) -> Option<NewJob> {
    let problems_before = problems.len();
    let mut fields = Fields::of(value, path, problems)?;
    let kind = name(&mut fields, "kind", true);
    let args = arguments(&mut fields);
    let queue = name(&mut fields, "queue", false);
    let priority = fields.integer("priority", PRIORITIES);
    let run_at = moment(&mut fields, "run_at");
    let max_attempts = fields.integer("max_attempts", ATTEMPTS);
    let unique_key = key(&mut fields, "unique_key");
    let unique_scope = unique_scope(&mut fields, unique_key.is_some());
    let group_key = key(&mut fields, "group_key");
    let flow = Flow::of(&mut fields, unique_key.is_some(), unique_scope);
    fields.finish();
    if problems.len() > problems_before {
        return None;
    }
    let mut job = NewJob::new(&kind?, &args?)
        .ok()?
        .trace_context(trace.to_string());
    if let Some(queue) = queue {
        job = job.queue(queue);
    }
    if let Some(priority) = priority {
        job = job.priority(i16::try_from(priority).ok()?);
    }
    if let Some(run_at) = run_at {
        job = job.run_at(run_at);
    }
    if let Some(most) = max_attempts {
        job = job.max_attempts(u16::try_from(most).ok()?);
    }
    if let Some(key) = unique_key {
        job = job.unique_key(key);
    }
    if let Some(scope) = unique_scope {
        job = job.unique_scope(scope);
    }
    if let Some(key) = group_key {
        job = job.group_key(key);
    }
    Some(flow.apply(job))
}

/// The name of a kind or a queue.
fn name(fields: &mut Fields<'_>, field: &'static str, required: bool) -> Option<String> {
    let text = match required {
        true => fields.required_text(field, NAME_CHARS)?,
        false => fields.text(field, NAME_CHARS)?,
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/-".contains(&byte);
    if text.bytes().all(legal) {
        return Some(text.to_owned());
    }
    let message = "may hold letters, digits and _ . : / - only";
    fields.wrong(field, "invalid_name", message)
}

fn arguments(fields: &mut Fields<'_>) -> Option<Value> {
    match fields.any("args") {
        None => Some(Value::Object(Map::new())),
        Some(args) if args.is_object() => Some(args.clone()),
        Some(_) => fields.wrong("args", "wrong_type", "must be an object"),
    }
}

fn key(fields: &mut Fields<'_>, field: &'static str) -> Option<String> {
    fields.text(field, KEY_CHARS).map(str::to_owned)
}

fn moment(fields: &mut Fields<'_>, field: &'static str) -> Option<DateTime<Utc>> {
    let text = fields.text(field, 1..=40)?;
    fields.parsed(field, text, |text| {
        DateTime::parse_from_rfc3339(text)
            .map(|moment| moment.to_utc())
            .map_err(|_| {
                let message = "must be a moment with its offset, such as 2030-01-01T08:00:00Z";
                ("invalid_timestamp", message.to_owned())
            })
    })
}

fn unique_scope(fields: &mut Fields<'_>, has_key: bool) -> Option<UniqueScope> {
    let scope = match fields.text("unique_scope", 1..=100)? {
        "waiting" => UniqueScope::Waiting,
        "unfinished" => UniqueScope::Unfinished,
        "period" => UniqueScope::Period,
        _ => {
            let message = "must be `waiting`, `unfinished` or `period`";
            return fields.wrong("unique_scope", "unknown_unique_scope", message);
        }
    };
    if !has_key {
        return fields.wrong(
            "unique_scope",
            "needs_unique_key",
            "needs a unique_key beside it",
        );
    }
    Some(scope)
}
