//! Who fulfils what: the rules, why an order went where it went, and how providers do.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stevedore_model::routing::{self, NewRule};

use crate::auth::{Admin, Caller, OrdersRead};
use crate::body::JsonBody;
use crate::problem::{Problem, Result};
use crate::routes::path_id::{self, Id};
use crate::routes::version;
use crate::state::ApiState;
use crate::wire;

/// Explain an order's route
///
/// For each line: who is tried in which order and whether calls go there now, and the fulfilments
/// that were made.
#[utoipa::path(
    get, path = "/v1/orders/{order_id}/route", tag = "routing",
    operation_id = "explain_order_route",
    security(("api_key" = ["orders:read"])),
    params(("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1)),
    responses(
        (status = 200, description = "The route.", body = wire::OrderRoute),
        wire::OrderNotFound,
        wire::ReadErrors,
    )
)]
pub async fn explain(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
) -> Result<Json<Value>> {
    let found = routing::explain(state.pool(), caller.tenant(), order.0).await?;
    found.map(Json).ok_or_else(|| order.missing())
}

/// List routing rules
///
/// In the order in which they are tried: the first that fits, and whose provider can be reached, is
/// asked; the next is its fail-over; a variant's own provider is the last.
#[utoipa::path(
    get, path = "/v1/routing-rules", tag = "routing", operation_id = "list_routing_rules",
    security(("api_key" = ["admin"])),
    responses(
        (status = 200, description = "All rules.", body = wire::RoutingRules),
        wire::ReadErrors,
    )
)]
pub async fn rules(caller: Caller<Admin>, State(state): State<ApiState>) -> Result<Json<Value>> {
    let rules = routing::rules(state.pool(), caller.tenant()).await?;
    Ok(Json(json!({ "rules": rules })))
}

/// Make a routing rule
///
/// Fulfilments that are made from now on go by it; what it leaves out fits everything.
#[utoipa::path(
    post, path = "/v1/routing-rules", tag = "routing", operation_id = "create_routing_rule",
    security(("api_key" = ["admin"])),
    request_body(content = wire::RoutingRuleRequest, content_type = "application/json"),
    responses(
        (status = 201, description = "The rule.", body = wire::RoutingRule),
        wire::BodyErrors,
    )
)]
pub async fn create(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let rule = NewRule::parse(&body).map_err(Problem::invalid)?;
    let rule = routing::insert(&mut *state.db().await?, caller.tenant(), &rule).await?;
    Ok((StatusCode::CREATED, Json(rule)).into_response())
}

/// Read a routing rule
#[utoipa::path(
    get, path = "/v1/routing-rules/{routing_rule_id}", tag = "routing",
    operation_id = "get_routing_rule",
    security(("api_key" = ["admin"])),
    params(("routing_rule_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    responses(
        (status = 200, description = "The rule as it is now.", body = wire::RoutingRule),
        wire::RoutingRuleNotFound,
        wire::ReadErrors,
    )
)]
pub async fn read(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    rule: Id<path_id::RoutingRule>,
) -> Result<Json<Value>> {
    let found = routing::rule(state.pool(), caller.tenant(), rule.0).await?;
    found.map(Json).ok_or_else(|| rule.missing())
}

/// Change a routing rule
///
/// To what the body says; what it leaves out fits everything. With `If-Match`, only if nobody
/// changed it since.
#[utoipa::path(
    put, path = "/v1/routing-rules/{routing_rule_id}", tag = "routing",
    operation_id = "put_routing_rule",
    security(("api_key" = ["admin"])),
    params(
        ("routing_rule_id" = i64, Path, minimum = 1, description = "Its id.", example = 1),
        wire::IfMatch,
    ),
    request_body(content = wire::RoutingRuleRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The rule as it is now.", body = wire::RoutingRule),
        wire::RoutingRuleNotFound,
        wire::Changed,
        wire::BodyErrors,
    )
)]
pub async fn put(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::RoutingRule>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let rule = NewRule::parse(&body).map_err(Problem::invalid)?;
    let mut tx = version::hold(&state, caller.tenant(), &format!("routing rule {}", id.0)).await?;
    let before = routing::rule(&mut *tx, caller.tenant(), id.0).await?;
    version::must_be(&headers, before.as_ref())?;
    let after = routing::update(&mut *tx, caller.tenant(), id.0, &rule).await?;
    let after = after.ok_or_else(|| id.missing())?;
    tx.commit().await?;
    Ok(version::marked(&after))
}

/// Remove a routing rule
///
/// Twice is once. To have it rest, disable it instead.
#[utoipa::path(
    delete, path = "/v1/routing-rules/{routing_rule_id}", tag = "routing",
    operation_id = "delete_routing_rule",
    security(("api_key" = ["admin"])),
    params(
        ("routing_rule_id" = i64, Path, minimum = 1, description = "Its id.", example = 1),
        wire::IfMatch,
    ),
    responses(
        (status = 204, description = "There is no such rule any more."),
        wire::Changed,
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn delete(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::RoutingRule>,
    headers: HeaderMap,
) -> Result<StatusCode> {
    let mut tx = version::hold(&state, caller.tenant(), &format!("routing rule {}", id.0)).await?;
    let before = routing::rule(&mut *tx, caller.tenant(), id.0).await?;
    version::must_be(&headers, before.as_ref())?;
    routing::delete(&mut *tx, caller.tenant(), id.0).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How are providers doing?
///
/// Every outside system that the fleet ever called, by account: whether its breaker lets calls
/// through, how fast it may be called, what it said last. The fleet shares all of it.
#[utoipa::path(
    get, path = "/v1/providers", tag = "routing", operation_id = "list_providers",
    security(("api_key" = ["admin"])),
    responses(
        (status = 200, description = "All of them.", body = wire::Providers),
        wire::ReadErrors,
    )
)]
pub async fn providers(
    _caller: Caller<Admin>,
    State(state): State<ApiState>,
) -> Result<Json<Value>> {
    let providers = routing::providers(state.pool()).await?;
    Ok(Json(json!({ "providers": providers })))
}
