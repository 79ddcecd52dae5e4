//! The queue as a whole: lists of jobs, changes of many, queues, kinds and workers.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use stevedore_model::problems::{FieldProblem, Fields, problem};
use stevedore_queue::{
    BulkChange, BulkError, BulkProgress, JobFilter, KindView, QueueView, WorkerView,
};

use crate::auth::{Admin, Caller, JobsRead};
use crate::body::JsonBody;
use crate::csv;
use crate::json::take_out_nuls;
use crate::problem::{Problem, Result};
use crate::state::ApiState;
use crate::wire;

const LIST_JOBS_DEFAULT: u32 = 50;
const BULK_JOBS_DEFAULT: u64 = 1000;
const BULK_JOBS_MAX: i64 = 10_000;

/// List jobs
///
/// Of any state, the newest first; with `Accept: text/csv` all of them as CSV, without a limit
/// unless one is given. Pages are by id: jobs that come and go meanwhile shift nothing.
#[utoipa::path(
    get, path = "/v1/jobs", tag = "jobs", operation_id = "list_jobs",
    security(("api_key" = ["jobs:read"])),
    params(wire::JobListQuery),
    responses(
        (status = 200, description = "A page of the jobs that fit.", content(
            (wire::JobList = "application/json"),
            (String = "text/csv"),
        )),
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn list(
    _caller: Caller<JobsRead>,
    State(state): State<ApiState>,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let Asked {
        filter,
        before,
        limit,
    } = asked(pairs)?;
    if !csv::is_wanted(&headers) {
        let limit = limit.unwrap_or(LIST_JOBS_DEFAULT);
        let page = stevedore_queue::list(state.pool(), &filter, before, limit).await?;
        return Ok(Json(page).into_response());
    }
    let filter = Arc::new(filter);
    csv::respond("jobs", &wire::JOB_COLUMNS, before, move |before| {
        let (state, filter) = (state.clone(), Arc::clone(&filter));
        async move {
            let size = limit.unwrap_or(csv::PAGE_ROWS);
            let page = stevedore_queue::list(state.pool(), &filter, before, size).await?;
            let rows = page.jobs.iter().map(|job| json!(job)).collect();
            let next = page.next.filter(|_| limit.is_none());
            Ok((rows, next.map(Some)))
        }
    })
    .await
}

/// What the query of a list asks for.
#[derive(Debug, Default)]
struct Asked {
    filter: JobFilter,
    before: Option<i64>,
    limit: Option<u32>,
}

/// A query is as strict as a body: each name is known and given once, each value makes sense.
fn asked(pairs: Vec<(String, String)>) -> Result<Asked> {
    let mut problems = Vec::new();
    let mut asked = Asked::default();
    let mut fields = Map::new();
    for (name, text) in pairs {
        let known = wire::JOB_LIST_NAMES.contains(&name.as_str());
        if !known {
            problems.push(problem(
                name,
                "unknown_field",
                "is no parameter of this list",
            ));
        } else if fields.contains_key(&name) {
            problems.push(problem(name, "duplicate", "is given twice"));
        } else if text.contains('\0') {
            problems.push(problem(name, "nul_character", "contains a NUL character"));
        } else {
            let value = match name.as_str() {
                "state" => text.split(',').map(Value::from).collect(),
                _ => Value::from(text),
            };
            fields.insert(name, value);
        }
    }
    asked.before = number(&mut fields, "after", 1..=i64::MAX, &mut problems);
    if fields.contains_key("before") {
        let before = number(&mut fields, "before", 1..=i64::MAX, &mut problems);
        if asked.before.is_some() {
            let message = "is the earlier name of after";
            problems.push(problem("before".to_owned(), "duplicate", message));
        }
        asked.before = before;
    }
    let limit = number(&mut fields, "limit", 1..=1000, &mut problems);
    asked.limit = limit.and_then(|limit| u32::try_from(limit).ok());
    if let Some(states) = fields.remove("state") {
        fields.insert("states".to_owned(), states);
    }
    asked.filter = filter(fields, "", &mut problems);
    if problems.is_empty() {
        Ok(asked)
    } else {
        Err(Problem::invalid(problems))
    }
}

fn number(
    fields: &mut Map<String, Value>,
    name: &str,
    range: std::ops::RangeInclusive<i64>,
    problems: &mut Vec<FieldProblem>,
) -> Option<i64> {
    let text = fields.remove(name)?;
    let number = text.as_str().and_then(|text| text.parse().ok());
    let number = number.filter(|number| range.contains(number));
    if number.is_none() {
        let message = format!(
            "must be a whole number from {} to {}",
            range.start(),
            range.end()
        );
        problems.push(problem(name.to_owned(), "out_of_range", &message));
    }
    number
}

/// Reads a filter field by field, so that each wrong one is named.
fn filter(fields: Map<String, Value>, prefix: &str, problems: &mut Vec<FieldProblem>) -> JobFilter {
    let mut good = Map::new();
    for (name, value) in fields {
        let alone = json!({ name.clone(): value });
        match JobFilter::deserialize(&alone) {
            Ok(_) => good.extend(alone.as_object().cloned().unwrap_or_default()),
            Err(error) => {
                let code = match error.to_string().starts_with("unknown field") {
                    true => "unknown_field",
                    false => "invalid",
                };
                let field = match name.as_str() {
                    "states" if prefix.is_empty() => "state",
                    other => other,
                };
                problems.push(problem(
                    format!("{prefix}{field}"),
                    code,
                    &error.to_string(),
                ));
            }
        }
    }
    JobFilter::deserialize(Value::Object(good)).unwrap_or_default()
}

/// Change many jobs
///
/// Cancels, retries, moves, re-prioritises or deletes the jobs that fit a filter, in transactions
/// of 200 jobs. Answers when `limit` jobs are done: `next` says where to go on. What is done stays
/// done when a later part fails or the request is given up.
#[utoipa::path(
    post, path = "/v1/jobs/bulk", tag = "jobs", operation_id = "change_jobs",
    security(("api_key" = ["admin"])),
    request_body(content = wire::BulkRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "What was done.", body = wire::BulkAnswer),
        wire::BodyErrors,
    )
)]
pub async fn bulk(
    _caller: Caller<Admin>,
    State(state): State<ApiState>,
    JsonBody(mut body): JsonBody,
) -> Result<Json<Value>> {
    let mut problems = take_out_nuls(&mut body);
    let wanted = wanted(&body, &mut problems);
    let (Some(wanted), true) = (wanted, problems.is_empty()) else {
        return Err(Problem::invalid(problems));
    };
    let done = if wanted.dry_run {
        let matched =
            stevedore_queue::count_bulk(state.pool(), &wanted.change, &wanted.filter, wanted.limit);
        BulkProgress {
            matched: matched.await.map_err(refused)?,
            ..BulkProgress::default()
        }
    } else {
        carry_out(&state, &wanted).await?
    };
    Ok(Json(json!({
        "matched": done.matched, "changed": done.changed, "next": done.last_id })))
}

/// What a bulk request wants.
struct Wanted {
    change: BulkChange,
    filter: JobFilter,
    dry_run: bool,
    limit: u64,
    after: i64,
}

fn wanted(body: &Value, problems: &mut Vec<FieldProblem>) -> Option<Wanted> {
    let mut fields = Fields::of(body, "", problems)?;
    let action = fields.required_text("action", 1..=20).map(str::to_owned);
    let queue = fields.text("queue", 1..=100).map(str::to_owned);
    let priority = fields.integer("priority", -100..=100);
    let limit = fields.integer("limit", 1..=BULK_JOBS_MAX);
    let after = fields.integer("after", 0..=i64::MAX);
    let dry_run = fields.any("dry_run").cloned();
    let narrowed = fields.require("filter").cloned();
    fields.finish();
    let dry_run = match dry_run {
        None => false,
        Some(Value::Bool(dry_run)) => dry_run,
        Some(_) => {
            problems.push(problem(
                "dry_run".to_owned(),
                "wrong_type",
                "must be true or false",
            ));
            false
        }
    };
    let filter = match narrowed {
        Some(Value::Object(fields)) => filter(fields, "filter.", problems),
        Some(_) => {
            problems.push(problem(
                "filter".to_owned(),
                "wrong_type",
                "must be an object",
            ));
            return None;
        }
        None => return None,
    };
    let wrong = |field: &str, message: &str| problem(field.to_owned(), "required", message);
    let change = match (action?.as_str(), queue, priority) {
        ("cancel", None, None) => BulkChange::Cancel,
        ("retry", None, None) => BulkChange::Retry,
        ("delete", None, None) => BulkChange::Delete,
        ("move", Some(queue), None) => BulkChange::Move { queue },
        ("prioritise", None, Some(priority)) => BulkChange::Prioritise {
            priority: i16::try_from(priority).ok()?,
        },
        ("move", ..) => {
            problems.push(wrong("queue", "move needs a queue and no priority"));
            return None;
        }
        ("prioritise", ..) => {
            problems.push(wrong(
                "priority",
                "prioritise needs a priority and no queue",
            ));
            return None;
        }
        _ => {
            let message = "must be cancel, retry, delete (these without queue and priority), move \
                           or prioritise";
            problems.push(problem("action".to_owned(), "unknown_action", message));
            return None;
        }
    };
    Some(Wanted {
        change,
        filter,
        dry_run,
        limit: limit.map_or(BULK_JOBS_DEFAULT, i64::unsigned_abs),
        after: after.unwrap_or(0),
    })
}

async fn carry_out(state: &ApiState, wanted: &Wanted) -> Result<BulkProgress> {
    let (change, filter) = (&wanted.change, &wanted.filter);
    let mut done = BulkProgress {
        last_id: Some(wanted.after),
        ..BulkProgress::default()
    };
    while let Some(after) = done.last_id.filter(|_| done.matched < wanted.limit) {
        let batch = (wanted.limit - done.matched).min(200);
        let step = stevedore_queue::bulk_step(state.pool(), change, filter, after, batch);
        let step = step.await.map_err(refused)?;
        done.matched += step.matched;
        done.changed += step.changed;
        done.last_id = step.last_id;
    }
    Ok(done)
}

fn refused(error: BulkError) -> Problem {
    match error {
        BulkError::Database(error) => error.into(),
        other => Problem::invalid(vec![problem(String::new(), "invalid", &other.to_string())]),
    }
}

/// List queues
///
/// With their settings, their backlog, their pace, and when they will be worked off at it.
#[utoipa::path(
    get, path = "/v1/queues", tag = "jobs", operation_id = "list_queues",
    security(("api_key" = ["jobs:read"])),
    responses(
        (status = 200, description = "Every queue.", body = Vec<wire::Queue>),
        wire::ReadErrors,
    )
)]
pub async fn queues(
    _caller: Caller<JobsRead>,
    State(state): State<ApiState>,
) -> Result<Json<Vec<QueueView>>> {
    Ok(Json(stevedore_queue::queues(state.pool()).await?))
}

/// List kinds
///
/// What workers say about them, who serves them, how they go. A kind with jobs and no `workers`
/// is one that nobody knows: its jobs wait.
#[utoipa::path(
    get, path = "/v1/kinds", tag = "jobs", operation_id = "list_kinds",
    security(("api_key" = ["jobs:read"])),
    responses(
        (status = 200, description = "Every kind.", body = Vec<wire::JobKind>),
        wire::ReadErrors,
    )
)]
pub async fn kinds(
    _caller: Caller<JobsRead>,
    State(state): State<ApiState>,
) -> Result<Json<Vec<KindView>>> {
    Ok(Json(stevedore_queue::kinds(state.pool()).await?))
}

/// List workers
///
/// The processes that live, newest first.
#[utoipa::path(
    get, path = "/v1/workers", tag = "jobs", operation_id = "list_workers",
    security(("api_key" = ["jobs:read"])),
    responses(
        (status = 200, description = "Every live worker.", body = Vec<wire::Worker>),
        wire::ReadErrors,
    )
)]
pub async fn workers(
    _caller: Caller<JobsRead>,
    State(state): State<ApiState>,
) -> Result<Json<Vec<WorkerView>>> {
    Ok(Json(stevedore_queue::workers(state.pool(), false).await?))
}

macro_rules! switch {
    ($(
        $(#[$doc:meta])+
        $handler:ident = $path:literal, $id:literal, $change:path, $paused:literal;
    )+) => {
        $(
            $(#[$doc])+
            #[utoipa::path(
                post, path = $path, tag = "jobs", operation_id = $id,
                security(("api_key" = ["admin"])),
                params(("name" = String, Path, description = "Its name.", example = "default")),
                responses(
                    (status = 200, description = "Whether it is paused now.", body = wire::Paused),
                    wire::QueryRefused,
                    wire::ReadErrors,
                )
            )]
            pub async fn $handler(
                _caller: Caller<Admin>,
                State(state): State<ApiState>,
                Path(name): Path<String>,
            ) -> Result<Json<wire::Paused>> {
                $change(&mut *state.db().await?, named(&name)?).await?;
                Ok(Json(wire::Paused { paused: $paused }))
            }
        )+
    };
}

switch! {
    /// Pause a queue
    ///
    /// At once and fleet-wide, no worker takes jobs of it. What runs, runs on.
    pause_queue = "/v1/queues/{name}/pause", "pause_queue", stevedore_queue::pause, true;
    /// End the pause of a queue
    resume_queue = "/v1/queues/{name}/resume", "resume_queue", stevedore_queue::resume, false;
    /// Pause a kind
    ///
    /// At once and fleet-wide, no worker takes jobs of it, in whatever queue. What runs, runs on.
    pause_kind = "/v1/kinds/{name}/pause", "pause_kind", stevedore_queue::pause_kind, true;
    /// End the pause of a kind
    resume_kind = "/v1/kinds/{name}/resume", "resume_kind", stevedore_queue::resume_kind, false;
}

/// The name of a queue or a kind.
fn named(name: &str) -> Result<&str> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/-".contains(&byte);
    if (1..=100).contains(&name.len()) && name.bytes().all(legal) {
        return Ok(name);
    }
    let message = "may hold 1 to 100 letters, digits and _ . : / - only";
    Err(Problem::invalid(vec![problem(
        "name".to_owned(),
        "invalid_name",
        message,
    )]))
}
