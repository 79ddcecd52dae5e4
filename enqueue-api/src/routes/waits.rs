//! Events from outside: a job that waits for one goes on.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};
use stevedore_model::problems::problem;
use stevedore_queue::Resumed;

use crate::auth::{Caller, JobsWrite};
use crate::body::JsonBody;
use crate::json::take_out_nuls;
use crate::problem::{Kind, Problem, Result};
use crate::routes::jobs::refused;
use crate::state::ApiState;
use crate::wire;

/// Resume a job that waits
///
/// An event came for which a job waits: `token` is what its handler was given for it, or the name
/// of the event. The body is what the handler gets. May be sent before the job waits (`early`), and
/// again: what came first stays (`already`).
#[utoipa::path(
    post, path = "/v1/waits/{token}", tag = "jobs", operation_id = "resume_wait",
    security(("api_key" = ["jobs:write"])),
    params(("token" = String, Path, min_length = 1, max_length = 500,
        description = "The token or the name.", example = "payment:17")),
    request_body(content = wire::WaitPayload, content_type = "application/json",
        example = json!({ "status": "paid" })),
    responses(
        (status = 200, description = "What became of it.", body = wire::WaitAnswer),
        wire::WaitNotFound,
        wire::WaitExpired,
        wire::BodyErrors,
    )
)]
pub async fn resume(
    _caller: Caller<JobsWrite>,
    State(state): State<ApiState>,
    Path(token): Path<String>,
    JsonBody(mut payload): JsonBody,
) -> Result<Json<Value>> {
    let mut problems = take_out_nuls(&mut payload);
    if token.contains('\0') {
        let message = "contains a NUL character";
        problems.push(problem("token".to_owned(), "nul_character", message));
    }
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let resumed = stevedore_queue::resume_wait(&mut *state.db().await?, &token, &payload).await;
    match resumed.map_err(refused)? {
        Resumed::Unknown => Err(Problem::new(
            Kind::WaitNotFound,
            "Such a token was never given, or it is long ago.",
        )),
        Resumed::Expired => Err(Problem::new(
            Kind::WaitExpired,
            "The job went on without, when its time was up.",
        )),
        outcome => Ok(Json(json!({ "outcome": outcome }))),
    }
}
