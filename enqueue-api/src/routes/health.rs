//! Is the process alive, can it serve, and what does it measure. Without API key, since probes and
//! scrapers have none: the answers name no data and no secrets.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stevedore_model::health::ProviderCalls;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::problem::{Kind, Problem, Result};
use crate::state::ApiState;
use crate::wire;

/// A database that takes longer than this to say what is installed is not one to send orders to.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a look at the database stays true.
const LOOK_AGE_MAX: Duration = Duration::from_secs(1);

/// The same of a look at what providers answered, which costs more.
const PROVIDERS_AGE_MAX: Duration = Duration::from_secs(5);

/// The content type that Prometheus 2 and 3 both accept.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Is the process alive?
///
/// Answers 200 as long as the process can answer at all; restart it when it does not. Looks at
/// nothing else, so that a database outage does not restart the whole fleet.
#[utoipa::path(
    get, path = "/live", tag = "health", operation_id = "live",
    responses((status = 200, description = "It is.", body = wire::Live))
)]
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// Can it serve?
///
/// 200 when the database answers, its schema is the one this release needs, and the process is
/// not on its way out. Otherwise 503 `not_ready`: send requests to another process.
#[utoipa::path(
    get, path = "/ready", tag = "health", operation_id = "ready",
    responses(
        (status = 200, description = "It can.", body = wire::Ready),
        wire::NotReady,
    )
)]
pub async fn ready(State(state): State<ApiState>) -> Response {
    let health = examine(&state).await;
    if health.is_well {
        return Json(json!({ "status": "ready", "checks": health.checks })).into_response();
    }
    not_ready(health)
}

/// How is it doing?
///
/// The parts that `/ready` looks at, with how long each took to answer, and the version.
#[utoipa::path(
    get, path = "/api/health", tag = "health", operation_id = "health",
    responses(
        (status = 200, description = "Well.", body = wire::Health),
        wire::NotReady,
    )
)]
pub async fn health(State(state): State<ApiState>) -> Response {
    let health = examine(&state).await;
    if health.is_well {
        let version = env!("CARGO_PKG_VERSION");
        let body = json!({ "status": "ok", "version": version, "checks": health.checks });
        return (StatusCode::OK, Json(body)).into_response();
    }
    not_ready(health)
}

/// Is the process alive?
///
/// As `/live`, under the name that earlier systems' probes know.
#[utoipa::path(
    get, path = "/api/health/live", tag = "health", operation_id = "health_live",
    responses((status = 200, description = "It is.", body = wire::Live))
)]
pub async fn health_live() -> Json<Value> {
    live().await
}

/// Can it serve?
///
/// As `/ready`, under the name that earlier systems' probes know.
#[utoipa::path(
    get, path = "/api/health/ready", tag = "health", operation_id = "health_ready",
    responses(
        (status = 200, description = "It can.", body = wire::Ready),
        wire::NotReady,
    )
)]
pub async fn health_ready(state: State<ApiState>) -> Response {
    ready(state).await
}

/// How is the database?
///
/// Whether it answers, how fast, and how many of this process's connections are in use.
#[utoipa::path(
    get, path = "/api/health/database", tag = "health", operation_id = "health_database",
    responses(
        (status = 200, description = "Well.", body = wire::DatabaseHealth),
        wire::NotReady,
    )
)]
pub async fn health_database(State(state): State<ApiState>) -> Response {
    let health = examine(&state).await;
    if health.checks["database"]["status"] != "ok" {
        return not_ready(health);
    }
    let mut body = health.checks["database"].clone();
    let (in_use, idle) = connections(&state);
    let most = state.pool().options().get_max_connections();
    body["connections"] = json!({ "in_use": in_use, "idle": idle, "max": most });
    Json(body).into_response()
}

/// How are the providers?
///
/// As their answers of the last 15 minutes tell: `failing` when half of the calls failed for the
/// provider's sake, `degraded` when a fifth did. Who was not asked is not listed.
#[utoipa::path(
    get, path = "/api/health/providers", tag = "health", operation_id = "health_providers",
    responses(
        (status = 200, description = "Each of them.", body = wire::ProvidersHealth),
        wire::NotReady,
    )
)]
pub async fn health_providers(State(state): State<ApiState>) -> Result<Json<Value>> {
    let mut last = state.last_look().providers.lock().await;
    if let Some((at, seen)) = &*last
        && at.elapsed() < PROVIDERS_AGE_MAX
    {
        return Ok(Json(seen.clone()));
    }
    let providers: Vec<Value> = stevedore_model::health::providers(state.pool())
        .await?
        .iter()
        .map(provider)
        .collect();
    let worst = ["failing", "degraded"]
        .into_iter()
        .find(|status| providers.iter().any(|one| one["status"] == *status));
    let seen = json!({ "status": worst.unwrap_or("ok"), "providers": providers });
    *last = Some((Instant::now(), seen.clone()));
    Ok(Json(seen))
}

fn provider(calls: &ProviderCalls) -> Value {
    let status = match (calls.troubled, calls.calls) {
        (troubled, calls) if troubled * 2 >= calls => "failing",
        (troubled, calls) if troubled * 5 >= calls => "degraded",
        _ => "ok",
    };
    json!({
        "provider": calls.provider,
        "status": status,
        "calls": calls.calls,
        "troubled": calls.troubled,
        "average_ms": calls.average_ms,
        "last_call_at": calls.last_call_at,
    })
}

/// What was found, for a second: probes of a whole fleet, or of somebody with no key, cost one
/// look at the database a second and not more.
#[derive(Clone, Debug, Default)]
pub struct LastLook {
    database: Arc<Mutex<Option<(Instant, Database)>>>,
    providers: Arc<Mutex<Option<(Instant, Value)>>>,
}

#[derive(Clone, Debug)]
struct Database {
    trouble: Option<String>,
    latency_ms: f64,
}

pub(crate) struct Examination {
    is_well: bool,
    pub(crate) checks: Value,
}

pub(crate) async fn examine(state: &ApiState) -> Examination {
    let database = look(state).await;
    let process = state.is_draining().then_some("stopping");
    Examination {
        is_well: database.trouble.is_none() && process.is_none(),
        checks: json!({
            "database": {
                "status": database.trouble.as_deref().unwrap_or("ok"),
                "latency_ms": database.latency_ms,
            },
            "process": { "status": process.unwrap_or("ok") },
        }),
    }
}

/// Whoever comes while somebody looks waits and shares what he saw.
async fn look(state: &ApiState) -> Database {
    let mut last = state.last_look().database.lock().await;
    if let Some((at, seen)) = &*last
        && at.elapsed() < LOOK_AGE_MAX
    {
        return seen.clone();
    }
    let started = Instant::now();
    let installed = timeout(
        CHECK_TIMEOUT,
        stevedore_database::check_installed(state.pool()),
    )
    .await;
    let latency_ms = (started.elapsed().as_secs_f64() * 1e5).round() / 100.0;
    let trouble = match installed {
        Ok(Ok(())) => None,
        // The details (addresses, users) are for the log, not for whoever can reach this path.
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            Some("not reachable, or its schema is not the one this release needs".to_owned())
        }
        Err(_elapsed) => Some(format!("no answer within {CHECK_TIMEOUT:?}")),
    };
    let seen = Database {
        trouble,
        latency_ms,
    };
    *last = Some((Instant::now(), seen.clone()));
    seen
}

fn not_ready(health: Examination) -> Response {
    Problem::new(
        Kind::NotReady,
        "This process should get no requests now; see `checks`.",
    )
    .with("checks", health.checks)
    .into_response()
}

/// Metrics for Prometheus
#[utoipa::path(
    get, path = "/metrics", tag = "health", operation_id = "metrics",
    responses((
        status = 200, description = "All metrics of this process in Prometheus' text format.",
        body = String, content_type = "text/plain"
    ))
)]
pub async fn metrics(State(state): State<ApiState>) -> Response {
    stevedore_database::meter_pool(state.pool());
    ([(CONTENT_TYPE, PROMETHEUS_TEXT)], state.metrics().render()).into_response()
}

/// In use, idle.
fn connections(state: &ApiState) -> (u32, u32) {
    let idle = u32::try_from(state.pool().num_idle()).unwrap_or(u32::MAX);
    (state.pool().size().saturating_sub(idle), idle)
}
