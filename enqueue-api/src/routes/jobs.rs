//! Enqueuing: one job or many.

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stevedore_model::keyed_jobs::{self, Keyed, KeyedError, KeyedJob};
use stevedore_model::problems::FieldProblem;
use stevedore_queue::{ENQUEUE_JOBS_MAX, EnqueueError, Enqueued, NewJob};

use crate::auth::{Caller, JobsWrite};
use crate::body::{self, BatchBody, JsonBody};
use crate::job_request;
use crate::json::{meaning_hash, take_out_nuls};
use crate::observe::RequestTrace;
use crate::problem::{Kind, Problem, Result};
use crate::routes::admission::too_many;
use crate::routes::idempotency::{self, REPLAYED};
use crate::state::ApiState;
use crate::wire;

/// What Idempotency-Keys of single jobs and of batches are used for; a key is for one of them.
const ENDPOINT_ONE: &str = "jobs.enqueue";
const ENDPOINT_BATCH: &str = "jobs.enqueue_batch";

/// Enqueue a job
///
/// Send an `Idempotency-Key` (a UUID, say) and repeat the request with the same key and body
/// whenever you are unsure whether it arrived: there is never a second job, and the repetition
/// gets the first answer with `Idempotency-Replayed: true`, whatever became of the job meanwhile.
/// Keys are remembered for 24 hours.
///
/// With a `unique_key`, a job of the same key that has not finished is answered instead of making
/// a second one: then the status is 200 and `inserted` is false.
///
/// 429 when the queue or the caller has as much to do as it may have; `Retry-After` is when the
/// backlog will have gone, at the pace at which it goes now.
#[utoipa::path(
    post, path = "/v1/jobs", tag = "jobs", operation_id = "enqueue_job",
    security(("api_key" = ["jobs:write"])),
    params(wire::IdempotencyKeyHeader),
    request_body(content = wire::JobRequest, content_type = "application/json"),
    responses(
        (status = 201, description = "The job is enqueued.", body = wire::EnqueuedJob,
         headers(
            ("Location" = String, description = "Path of the job."),
            ("Idempotency-Replayed" = bool,
                description = "`true` when this answer was given before."),
         ),
         links(
            ("read" = (operation_id = "get_job",
                parameters(("job_id" = "$response.body#/job_id")))),
            ("cancel" = (operation_id = "cancel_job",
                parameters(("job_id" = "$response.body#/job_id")))),
         )),
        (status = 200, description = "There was such a job already; its id is answered.",
         body = wire::EnqueuedJob,
         headers(("Location" = String, description = "Path of the job."))),
        wire::EnqueueErrors,
    )
)]
pub async fn enqueue(
    caller: Caller<JobsWrite>,
    State(state): State<ApiState>,
    Extension(RequestTrace(trace)): Extension<RequestTrace>,
    headers: HeaderMap,
    JsonBody(mut body): JsonBody,
) -> Result<Response> {
    let keyed = keyed(&caller, &headers, ENDPOINT_ONE, &body)?;
    let mut problems = take_out_nuls(&mut body);
    let job = job_request::parse(&body, "", &trace, &mut problems);
    let (Some(job), true) = (job, problems.is_empty()) else {
        return Err(Problem::invalid(problems));
    };
    let jobs = [job];
    let senders = caller.senders();
    let senders = [senders[0].as_str(), senders[1].as_str()];
    if let Err(refusal) = admit(&state, &senders, &jobs).await {
        let answered = already_answered(&state, keyed.as_ref()).await?;
        return answered.map(|jobs| single(&jobs, true)).ok_or(refusal);
    }
    let (answers, replayed) = match keyed {
        Some(keyed) => enqueue_keyed(&state, keyed, &jobs, "").await?,
        None => {
            let [job] = jobs;
            let enqueued = state.batcher().enqueue(job).await.map_err(refused)?;
            (vec![kept(&enqueued)], false)
        }
    };
    note(&state, &senders, &answers, replayed);
    Ok(single(&answers, replayed))
}

/// Enqueue many jobs
///
/// Up to 10,000 in one transaction: all of them or, when one is invalid, none. An
/// `Idempotency-Key` makes the whole request repeatable, as for a single job.
#[utoipa::path(
    post, path = "/v1/jobs/batch", tag = "jobs", operation_id = "enqueue_jobs",
    security(("api_key" = ["jobs:write"])),
    params(wire::IdempotencyKeyHeader),
    request_body(content = wire::JobBatchRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "Every job is enqueued, or was before.",
         body = wire::EnqueuedBatch,
         headers(("Idempotency-Replayed" = bool,
            description = "`true` when this answer was given before."))),
        wire::EnqueueErrors,
    )
)]
pub async fn enqueue_batch(
    caller: Caller<JobsWrite>,
    State(state): State<ApiState>,
    Extension(RequestTrace(trace)): Extension<RequestTrace>,
    headers: HeaderMap,
    BatchBody(mut body): BatchBody,
) -> Result<Response> {
    let keyed = keyed(&caller, &headers, ENDPOINT_BATCH, &body)?;
    let mut problems = take_out_nuls(&mut body);
    let mut jobs = Vec::new();
    for (index, item) in body::items(&body, "jobs", ENQUEUE_JOBS_MAX, &mut problems)
        .iter()
        .enumerate()
    {
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
    let senders = caller.senders();
    let senders = [senders[0].as_str(), senders[1].as_str()];
    if let Err(refusal) = admit(&state, &senders, &jobs).await {
        let answered = already_answered(&state, keyed.as_ref()).await?;
        return answered.map(|jobs| many(&jobs, true)).ok_or(refusal);
    }
    let (answers, replayed) = match keyed {
        Some(keyed) => enqueue_keyed(&state, keyed, &jobs, "jobs").await?,
        None => {
            let enqueued = stevedore_queue::enqueue_many(state.pool(), &jobs).await;
            let enqueued = enqueued.map_err(refused)?;
            (enqueued.iter().map(kept).collect(), false)
        }
    };
    note(&state, &senders, &answers, replayed);
    Ok(many(&answers, replayed))
}

/// The request's Idempotency-Key and what it stands for. The body counts as it came, NUL
/// characters and all.
fn keyed<'h>(
    caller: &Caller<JobsWrite>,
    headers: &'h HeaderMap,
    endpoint: &'static str,
    body: &Value,
) -> Result<Option<Keyed<'h>>> {
    let key = idempotency::key(headers)?;
    Ok(key.map(|key| Keyed {
        tenant: caller.tenant(),
        key,
        endpoint,
        request_hash: meaning_hash(body),
    }))
}

async fn enqueue_keyed(
    state: &ApiState,
    keyed: Keyed<'_>,
    jobs: &[NewJob],
    place: &str,
) -> Result<(Vec<KeyedJob>, bool)> {
    match keyed_jobs::enqueue(state.pool(), keyed, &jobs).await {
        Ok(done) => Ok((done.jobs, done.replayed)),
        Err(KeyedError::Invalid(problems)) => Err(invalid(problems, place)),
        Err(KeyedError::KeyReused) => Err(idempotency::reused()),
        Err(KeyedError::KeyInFlight) => Err(idempotency::in_flight()),
        Err(KeyedError::Database(error)) => Err(error.into()),
    }
}

/// The queue names the jobs of a batch `jobs[3]`; a single job has no such place.
fn invalid(problems: Value, place: &str) -> Problem {
    let mut found: Vec<stevedore_queue::Problem> =
        serde_json::from_value(problems).unwrap_or_default();
    if place.is_empty() {
        for problem in &mut found {
            problem.field = problem.field.replacen("jobs[0].", "", 1);
        }
    }
    refused(EnqueueError::Invalid(found))
}

/// The answer that a request had before: it stays true while nothing new is let in.
async fn already_answered(
    state: &ApiState,
    keyed: Option<&Keyed<'_>>,
) -> Result<Option<Vec<KeyedJob>>> {
    let Some(keyed) = keyed else {
        return Ok(None);
    };
    let answered = keyed_jobs::answered(state.pool(), *keyed).await?;
    Ok(answered.map(|done| done.jobs))
}

/// Whether the queues and the caller may have these jobs on top of what they have.
async fn admit(state: &ApiState, senders: &[&str], jobs: &[NewJob]) -> Result<()> {
    let queues = jobs.iter().map(NewJob::queue_name);
    let admitted = state.admission().admit(senders, queues).await;
    admitted.map_err(|refusal| too_many(&refusal))
}

fn note(state: &ApiState, senders: &[&str], answers: &[KeyedJob], replayed: bool) {
    if !replayed {
        let new = answers.iter().filter(|answer| answer.inserted);
        state
            .admission()
            .sent(senders, new.map(|answer| answer.job_id));
    }
}

fn kept(enqueued: &Enqueued) -> KeyedJob {
    KeyedJob {
        job_id: enqueued.job_id,
        inserted: enqueued.inserted,
    }
}

fn single(answers: &[KeyedJob], replayed: bool) -> Response {
    let Some(answer) = answers.first() else {
        tracing::error!("an enqueue was answered with nothing");
        return Problem::new(Kind::Internal, "The answer is lost.").into_response();
    };
    let status = if answer.inserted {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let location = format!("/v1/jobs/{}", answer.job_id);
    let response = (status, [(LOCATION, location)], Json(*answer)).into_response();
    marked(response, replayed)
}

fn many(answers: &[KeyedJob], replayed: bool) -> Response {
    let inserted = answers.iter().filter(|job| job.inserted).count();
    let answer = json!({
        "jobs": answers,
        "inserted": inserted,
        "deduplicated": answers.len() - inserted,
    });
    marked(Json(answer).into_response(), replayed)
}

fn marked(mut response: Response, replayed: bool) -> Response {
    if replayed {
        let headers = response.headers_mut();
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// What the queue has against a job, as the API says it.
pub(super) fn refused(error: EnqueueError) -> Problem {
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
