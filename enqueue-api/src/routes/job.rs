//! One job: look at it, cancel it, retry it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use sqlx::PgConnection;
use stevedore_queue::{Cancelled, EnqueueError};

use crate::auth::{Caller, JobsRead, JobsWrite};
use crate::problem::{Kind, Problem, Result};
use crate::routes::jobs::refused;
use crate::routes::path_id::{self, Id};
use crate::state::ApiState;
use crate::wire;

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
    show(&mut *state.db().await?, &job).await
}

/// Why a job does not run
///
/// Everything that stands in its way now, and when it can be expected to start. Of a job that runs
/// or has ended, that.
#[utoipa::path(
    get, path = "/v1/jobs/{job_id}/explain", tag = "jobs", operation_id = "explain_job",
    security(("api_key" = ["jobs:read"])),
    params(("job_id" = i64, Path, minimum = 1, description = "The job's id.", example = 1)),
    responses(
        (status = 200, description = "What stands in its way.", body = Vec<wire::Obstacle>),
        wire::JobNotFound,
        wire::ReadErrors,
    )
)]
pub async fn explain(
    _caller: Caller<JobsRead>,
    State(state): State<ApiState>,
    job: Id<path_id::Job>,
) -> Result<Response> {
    let obstacles = stevedore_queue::explain(state.pool(), job.0).await?;
    if obstacles.is_empty() {
        return Err(job.missing());
    }
    Ok(Json(obstacles).into_response())
}

async fn show(db: &mut PgConnection, job: &Id<path_id::Job>) -> Result<Response> {
    let found = stevedore_queue::find(db, job.0).await?;
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
    let mut db = state.db().await?;
    let cancelled = stevedore_queue::cancel(&mut *db, job.0).await?;
    let happened = !matches!(cancelled, Cancelled::NotFound);
    after(&mut db, &job, happened, "It has ended already.").await
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
    let mut db = state.db().await?;
    let retried = stevedore_queue::retry(&mut *db, job.0)
        .await
        .map_err(refused_retry)?;
    after(&mut db, &job, retried, "It is not dead.").await
}

/// The job after it was acted upon; when nothing happened, why.
async fn after(
    db: &mut PgConnection,
    job: &Id<path_id::Job>,
    happened: bool,
    why_not: &'static str,
) -> Result<Response> {
    let response = show(db, job).await?;
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
