//! For whoever is on call: how everything goes, and what can be done about it at once.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use stevedore_model::problems::Fields;
use stevedore_model::{fulfillments, health, inventory};
use stevedore_queue::{NewJob, UniqueScope};

use crate::auth::{Admin, Caller};
use crate::body::JsonBody;
use crate::problem::{Problem, Result};
use crate::routes::health::examine;
use crate::routes::jobs::refused;
use crate::state::ApiState;
use crate::wire;

/// What one request does at most, so that it is answered in time and holds nothing for long.
const BATCH: i32 = 1_000;
/// Orders that one transaction holds: fewer, since others wait for them.
const BATCH_ORDERS: i32 = 100;

macro_rules! actions {
    ($($name:literal = $description:literal;)+) => {
        const ACTIONS: &[(&str, &str)] = &[$(($name, $description)),+];
    };
}

actions! {
    "process_pending_retries" =
        "Has jobs that failed and wait for another attempt tried now, the oldest 1,000.";
    "expire_reservations" = "Ends orders that were not confirmed in time, and frees their stock.";
    "fill_backorders" = "Gives free units to orders that wait for them.";
    "park_dead_fulfillments" =
        "Puts orders on hold whose fulfilment no job will end, for a person to look at.";
    "clean_up" = "Has a worker delete what is older than the retention settings say.";
    "refresh_analytics" = "Has a worker compute anew what analysts read.";
}

/// How is everything doing?
///
/// For staff: the parts of `/api/health`, retries, open errors, and what can be done.
#[utoipa::path(
    get, path = "/api/admin/health", tag = "health", operation_id = "admin_health",
    security(("api_key" = ["admin"])),
    responses(
        (status = 200, description = "How it is.", body = wire::AdminHealth),
        wire::ReadErrors,
    )
)]
pub async fn read(caller: Caller<Admin>, State(state): State<ApiState>) -> Result<Json<Value>> {
    let checks = examine(&state).await.checks;
    let mut db = state.db().await?;
    let workers_alive = stevedore_queue::workers_alive(&mut *db).await?;
    let retries = health::retries(&mut *db, caller.tenant()).await?;
    let errors = health::errors(&mut *db, caller.tenant()).await?;
    let is_well = errors.critical == 0 && workers_alive > 0;
    let actions: Vec<Value> = ACTIONS
        .iter()
        .map(|(action, description)| json!({ "action": action, "description": description }))
        .collect();
    Ok(Json(json!({
        "status": if is_well { "ok" } else { "degraded" },
        "version": env!("CARGO_PKG_VERSION"),
        "checks": checks,
        "workers_alive": workers_alive,
        "retries": retries,
        "errors": errors,
        "actions": actions,
    })))
}

/// Do some maintenance
///
/// What workers do by themselves every now and then, at once. Each request does a part of bounded
/// size; repeat it until `affected` is 0.
#[utoipa::path(
    post, path = "/api/admin/health", tag = "health", operation_id = "maintain",
    security(("api_key" = ["admin"])),
    request_body(content = wire::MaintenanceRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "What was done.", body = wire::MaintenanceDone),
        wire::BodyErrors,
    )
)]
pub async fn act(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>> {
    let action = action(&body)?;
    let mut db = state.db().await?;
    let affected = match action {
        "process_pending_retries" => {
            health::process_pending_retries(&mut *db, caller.tenant(), BATCH).await?
        }
        "expire_reservations" => inventory::expire_reservations(&mut *db, BATCH_ORDERS).await?,
        "fill_backorders" => {
            let tenant = caller.tenant();
            inventory::fill_backorders(&mut *db, tenant, None, None, BATCH_ORDERS).await?
        }
        "park_dead_fulfillments" => fulfillments::park_dead(&mut *db, BATCH_ORDERS).await?,
        kind => {
            // One that waits already does the same.
            let job = NewJob::new(kind, &json!({})).map_err(refused)?;
            let job = job.queue("maintenance").unique_key(format!("{kind}:now"));
            let job = job.unique_scope(UniqueScope::Waiting);
            let queued = stevedore_queue::enqueue(&mut *db, &job)
                .await
                .map_err(refused)?;
            let answer = json!({
                "action": kind, "outcome": "queued", "affected": null, "job_id": queued.job_id,
            });
            return Ok(Json(answer));
        }
    };
    Ok(Json(json!({
        "action": action, "outcome": "done", "affected": affected, "job_id": null,
    })))
}

fn action(body: &Value) -> Result<&'static str> {
    let (mut problems, mut action) = (Vec::new(), None);
    if let Some(mut fields) = Fields::of(body, "", &mut problems) {
        if let Some(text) = fields.required_text("action", 1..=40) {
            action = fields.parsed("action", text, known);
        }
        fields.finish();
    }
    action
        .filter(|_| problems.is_empty())
        .ok_or_else(|| Problem::invalid(problems))
}

fn known(text: &str) -> std::result::Result<&'static str, (&'static str, String)> {
    let found = ACTIONS.iter().find(|(name, _)| *name == text);
    let names = || ACTIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    found
        .map(|(name, _)| *name)
        .ok_or_else(|| ("unknown", format!("must be one of {}", names().join(", "))))
}
