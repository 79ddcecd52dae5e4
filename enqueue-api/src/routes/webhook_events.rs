//! The inbox of webhooks, for people: what came, what became of it, and once more.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use stevedore_model::inbox::{self, View};

use crate::auth::{Admin, Caller};
use crate::problem::Result;
use crate::routes::path_id::{self, Id};
use crate::state::ApiState;
use crate::wire;

/// Read a webhook event
///
/// With its body, which may hold personal data.
#[utoipa::path(
    get, path = "/v1/webhook-events/{webhook_event_id}", tag = "webhooks",
    operation_id = "get_webhook_event",
    security(("api_key" = ["admin"])),
    params(("webhook_event_id" = i64, Path, minimum = 1, description = "The event's id.",
        example = 1)),
    responses(
        (status = 200, description = "The event as it is now.", body = wire::WebhookEvent),
        wire::WebhookEventNotFound,
        wire::ReadErrors,
    )
)]
pub async fn read(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::WebhookEvent>,
) -> Result<Json<View>> {
    let found = inbox::get(state.pool(), caller.tenant(), id.0).await?;
    found.map(Json).ok_or_else(|| id.missing())
}

/// Replay a webhook event
///
/// It is processed again, whatever came of it; what it had effect on already, it has no second
/// effect on. Asked twice before that is done, it is one job.
#[utoipa::path(
    post, path = "/v1/webhook-events/{webhook_event_id}/replay", tag = "webhooks",
    operation_id = "replay_webhook_event",
    security(("api_key" = ["admin"])),
    params(("webhook_event_id" = i64, Path, minimum = 1, description = "The event's id.",
        example = 1)),
    responses(
        (status = 202, description = "Its job.", body = wire::WebhookEventReplayed),
        wire::WebhookEventNotFound,
        wire::ReadErrors,
    )
)]
pub async fn replay(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::WebhookEvent>,
) -> Result<(StatusCode, Json<Value>)> {
    let job_id = inbox::replay(&mut *state.db().await?, caller.tenant(), id.0).await?;
    let job_id = job_id.ok_or_else(|| id.missing())?;
    let answer = json!({ "webhook_event_id": id.0, "job_id": job_id });
    Ok((StatusCode::ACCEPTED, Json(answer)))
}
