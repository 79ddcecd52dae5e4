//! Jobs: enqueue one or many, look at one, cancel it, retry it.

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stevedore_model::problems::{FieldProblem, Fields, problem};
use stevedore_queue::{Cancelled, ENQUEUE_JOBS_MAX, EnqueueError, Enqueued};

use crate::auth::{Caller, JobsRead, JobsWrite};
use crate::body::{BatchBody, JsonBody};
use crate::job_request;
use crate::json::take_out_nuls;
use crate::observe::RequestTrace;
use crate::problem::{Kind, Problem, Result};
use crate::routes::path_id::{self, Id};
use crate::state::ApiState;
use crate::wire;

/// Enqueue a job
///
/// With a `unique_key`, a job of the same key that has not finished is answered instead of making
/// a second one: then the status is 200 and `inserted` is false. So a request that may or may not
/// have arrived can be repeated.
#[utoipa::path(
    post, path = "/v1/jobs", tag = "jobs", operation_id = "enqueue_job",
    security(("api_key" = ["jobs:write"])),
    request_body(content = wire::JobRequest, content_type = "application/json"),
    responses(
        (status = 201, description = "The job is enqueued.", body = wire::EnqueuedJob,
         headers(("Location" = String, description = "Path of the job.")),
         links(
            ("read" = (operation_id = "get_job",
                parameters(("job_id" = "$response.body#/job_id")))),
            ("cancel" = (operation_id = "cancel_job",
                parameters(("job_id" = "$response.body#/job_id")))),
         )),
        (status = 200, description = "There was such a job already; its id is answered.",
         body = wire::EnqueuedJob,
         headers(("Location" = String, description = "Path of the job."))),
        wire::BodyErrors,
    )
)]
pub async fn enqueue(
    _caller: Caller<JobsWrite>,
    State(state): State<ApiState>,
    Extension(RequestTrace(trace)): Extension<RequestTrace>,
    JsonBody(mut body): JsonBody,
) -> Result<Response> {
    let mut problems = take_out_nuls(&mut body);
    let job = job_request::parse(&body, "", &trace, &mut problems);
    let (Some(job), true) = (job, problems.is_empty()) else {
        return Err(Problem::invalid(problems));
    };
    let enqueued = stevedore_queue::enqueue(state.pool(), &job)
        .await
        .map_err(refused)?;
    let status = if enqueued.inserted {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let location = format!("/v1/jobs/{}", enqueued.job_id);
    Ok((status, [(LOCATION, location)], Json(answer(&enqueued))).into_response())
}

/// Enqueue many jobs
///
/// Up to 10,000 in one transaction: all of them or, when one is invalid, none.
#[utoipa::path(
    post, path = "/v1/jobs/batch", tag = "jobs", operation_id = "enqueue_jobs",
    security(("api_key" = ["jobs:write"])),
    request_body(content = wire::JobBatchRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "Every job is enqueued, or was before.",
         body = wire::EnqueuedBatch),
        wire::BodyErrors,
    )
)]
pub async fn enqueue_batch(
    _caller: Caller<JobsWrite>,
    State(state): State<ApiState>,
    Extension(RequestTrace(trace)): Extension<RequestTrace>,
    BatchBody(mut body): BatchBody,
) -> Result<Json<Value>> {
    let mut problems = take_out_nuls(&mut body);
    let mut jobs = Vec::new();
    for (index, item) in batch_items(&body, &mut problems).iter().enumerate() {
        jobs.extend(job_request::parse(
            item,
            &format!("jobs[{index}]"),
            &trace,
            &mut problems,
        ));
    }
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let enqueued = stevedore_queue::enqueue_many(state.pool(), &jobs)
        .await
        .map_err(refused)?;
    let inserted = enqueued.iter().filter(|job| job.inserted).count();
    Ok(Json(json!({
        "jobs": enqueued.iter().map(answer).collect::<Vec<_>>(),
        "inserted": inserted,
        "deduplicated": enqueued.len() - inserted,
    })))
}

fn batch_items<'v>(body: &'v Value, problems: &mut Vec<FieldProblem>) -> &'v [Value] {
    if let Some(mut fields) = Fields::of(body, "", problems) {
        let _ = fields.require("jobs");
        fields.finish();
    }
    match body.get("jobs") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(items)) if (1..=ENQUEUE_JOBS_MAX).contains(&items.len()) => items,
        Some(Value::Array(items)) => {
            let message = format!(
                "must hold 1 to {ENQUEUE_JOBS_MAX} jobs, not {}",
                items.len()
            );
            problems.push(problem("jobs".into(), "out_of_range", &message));
            &[]
        }
        Some(_) => {
            problems.push(problem(
                "jobs".into(),
                "wrong_type",
                "must be an array of jobs",
            ));
            &[]
        }
    }
}

fn answer(enqueued: &Enqueued) -> Value {
    json!({ "job_id": enqueued.job_id, "inserted": enqueued.inserted })
}

/// Look at a job
///
/// Whatever its state, with all its attempts, until its retention time is over.
#[utoipa::path(
    get, path = "/v1/jobs/{job_id}", tag = "jobs", operation_id = "get_job",
    security(("api_key" = ["jobs:read"])),
    params(("job_id" = i64, Path, minimum = 1, description = "The job's id.", example = 1)),
    responses(
        (status = 200, description = "The job as it is now.", body = wire::Job),
        wire::JobNotFound,
        wire::ReadErrors,
    )
)]
pub async fn read(
    _caller: Caller<JobsRead>,
    State(state): State<ApiState>,
    job: Id<path_id::Job>,
) -> Result<Response> {
    show(&state, &job).await
}

async fn show(state: &ApiState, job: &Id<path_id::Job>) -> Result<Response> {
    let found = stevedore_queue::find(state.pool(), job.0).await?;
    found
        .map(|view| Json(view).into_response())
        .ok_or_else(|| job.missing())
}

/// Cancel a job
///
/// A job that waits is cancelled at once; one that runs is asked to stop, and its handler decides.
#[utoipa::path(
    post, path = "/v1/jobs/{job_id}/cancel", tag = "jobs", operation_id = "cancel_job",
    security(("api_key" = ["jobs:write"])),
    params(("job_id" = i64, Path, minimum = 1, description = "The job's id.", example = 1)),
    responses(
        (status = 200, description = "The job as it is now.", body = wire::Job),
        wire::JobNotFound,
        wire::JobRefused,
        wire::ReadErrors,
    )
)]
pub async fn cancel(
    _caller: Caller<JobsWrite>,
    State(state): State<ApiState>,
    job: Id<path_id::Job>,
) -> Result<Response> {
    let cancelled = stevedore_queue::cancel(state.pool(), job.0).await?;
    let happened = !matches!(cancelled, Cancelled::NotFound);
    after(&state, &job, happened, "It has ended already.").await
}

/// Retry a dead job
///
/// Gives a job that used up its attempts new ones, from now on.
#[utoipa::path(
    post, path = "/v1/jobs/{job_id}/retry", tag = "jobs", operation_id = "retry_job",
    security(("api_key" = ["jobs:write"])),
    params(("job_id" = i64, Path, minimum = 1, description = "The job's id.", example = 1)),
    responses(
        (status = 200, description = "The job as it is now.", body = wire::Job),
        wire::JobNotFound,
        wire::JobRefused,
        wire::ReadErrors,
    )
)]
pub async fn retry(
    _caller: Caller<JobsWrite>,
    State(state): State<ApiState>,
    job: Id<path_id::Job>,
) -> Result<Response> {
    let retried = stevedore_queue::retry(state.pool(), job.0)
        .await
        .map_err(refused_retry)?;
    after(&state, &job, retried, "It is not dead.").await
}

/// The job after it was acted upon; when nothing happened, why.
async fn after(
    state: &ApiState,
    job: &Id<path_id::Job>,
    happened: bool,
    why_not: &'static str,
) -> Result<Response> {
    let response = show(state, job).await?;
    if happened {
        Ok(response)
    } else {
        Err(Problem::new(Kind::JobStateConflict, why_not))
    }
}

/// The only thing wrong with a dead job can be its unique key, which another job holds by now.
fn refused_retry(error: EnqueueError) -> Problem {
    match error {
        EnqueueError::Invalid(_) => Problem::new(
            Kind::JobStateConflict,
            "Another job holds its unique key by now.",
        ),
        other => refused(other),
    }
}

fn refused(error: EnqueueError) -> Problem {
    match error {
        EnqueueError::Invalid(problems) => {
            let fields = problems.into_iter().map(|found| FieldProblem {
                field: found.field,
                code: found.code.into(),
                message: found.message,
            });
            Problem::invalid(fields.collect())
        }
        EnqueueError::Database(error) => error.into(),
        other => {
            tracing::error!(
                error = &other as &dyn std::error::Error,
                "an enqueue failed"
            );
            Problem::new(
                Kind::Internal,
                "The request failed. The trace id leads to the cause.",
            )
        }
    }
}
