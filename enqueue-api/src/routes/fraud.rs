//! Fraud rules, the blocklist, and why an order was found risky.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use stevedore_model::blocklist::{self, Blocking};
use stevedore_model::fraud::{self, NewRule, PutError};
use stevedore_model::problems::problem;

use crate::auth::{Admin, Caller, OrdersRead};
use crate::body::JsonBody;
use crate::problem::{Kind, Problem, Result};
use crate::routes::path_id::{self, Id};
use crate::routes::version;
use crate::state::ApiState;
use crate::wire;

const VALUE_CHARS_MAX: usize = 254;

/// List fraud rules
///
/// With the score from which on an order waits for a person.
#[utoipa::path(
    get, path = "/v1/fraud-rules", tag = "fraud", operation_id = "list_fraud_rules",
    security(("api_key" = ["admin"])),
    responses(
        (status = 200, description = "The rules.", body = wire::FraudRules),
        wire::ReadErrors,
    )
)]
pub async fn rules(caller: Caller<Admin>, State(state): State<ApiState>) -> Result<Json<Value>> {
    Ok(Json(fraud::rules(state.pool(), caller.tenant()).await?))
}

/// Read a fraud rule
#[utoipa::path(
    get, path = "/v1/fraud-rules/{rule_code}", tag = "fraud", operation_id = "get_fraud_rule",
    security(("api_key" = ["admin"])),
    params(("rule_code" = String, Path, description = "The rule.", example = "high_value")),
    responses(
        (status = 200, description = "The rule as it is now.", body = wire::FraudRule),
        wire::FraudRuleNotFound,
        wire::ReadErrors,
    )
)]
pub async fn rule(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    Path(rule_code): Path<String>,
) -> Result<Json<Value>> {
    let found = fraud::rule(state.pool(), caller.tenant(), &rule_code).await?;
    found.map(Json).ok_or_else(|| {
        let detail = format!("There is no fraud rule {rule_code:?}.");
        Problem::new(Kind::FraudRuleNotFound, detail)
    })
}

/// Make or change a fraud rule
///
/// Orders that are confirmed from now on are screened by it, if it is enabled. With `If-Match`,
/// only if nobody changed it since.
#[utoipa::path(
    put, path = "/v1/fraud-rules/{rule_code}", tag = "fraud", operation_id = "put_fraud_rule",
    security(("api_key" = ["admin"])),
    params(
        ("rule_code" = String, Path, description = "The rule.", example = "high_value"),
        wire::IfMatch,
    ),
    request_body(content = wire::FraudRuleRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The rule as it is now.", body = wire::FraudRule),
        wire::Changed,
        wire::BodyErrors,
    )
)]
pub async fn put_rule(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    Path(rule_code): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let (rule, tenant) = (
        NewRule::parse(&body).map_err(Problem::invalid)?,
        caller.tenant(),
    );
    let mut tx = version::hold(&state, tenant, &format!("fraud rule {rule_code}")).await?;
    let before = fraud::rule(&mut *tx, tenant, &rule_code).await?;
    version::must_be(&headers, before.as_ref())?;
    let put = fraud::put(&mut *tx, tenant, &rule_code, &rule).await;
    let after = put.map_err(|error| match error {
        PutError::Invalid(problems) => Problem::invalid(problems),
        PutError::Database(error) => error.into(),
    })?;
    tx.commit().await?;
    Ok(version::marked(&after))
}

/// Explain an order's risk
///
/// Which rules it matched when it was screened, what each added and why, in words.
#[utoipa::path(
    get, path = "/v1/orders/{order_id}/risk", tag = "fraud", operation_id = "explain_order_risk",
    security(("api_key" = ["orders:read"])),
    params(("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1)),
    responses(
        (status = 200, description = "The score and its reasons.", body = wire::OrderRisk),
        wire::OrderNotFound,
        wire::ReadErrors,
    )
)]
pub async fn explain(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
) -> Result<Json<Value>> {
    let found = fraud::explain(state.pool(), caller.tenant(), order.0).await?;
    found.map(Json).ok_or_else(|| order.missing())
}

/// Why is somebody blocked?
#[utoipa::path(
    get, path = "/v1/blocklist/{kind}/{value}", tag = "fraud", operation_id = "get_block",
    security(("api_key" = ["admin"])),
    params(
        ("kind" = wire::BlockKind, Path, description = "By what."),
        ("value" = String, Path, description = "Whom; phones in E.164."),
    ),
    responses(
        (status = 200, description = "The entry.", body = wire::Blocked),
        wire::BlockNotFound,
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn block_of(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    Path((kind, value)): Path<(String, String)>,
) -> Result<Json<Value>> {
    let whom = whom(&kind, &value)?;
    let found = blocklist::get(state.pool(), caller.tenant(), whom).await?;
    found.map(Json).ok_or_else(|| {
        Problem::new(
            Kind::BlockNotFound,
            format!("No {kind} {value:?} is blocked."),
        )
    })
}

/// Block somebody
///
/// By phone, mail address or its domain, network address, or customer. Rules of the kind
/// `blocklist` match their orders. With `If-Match`, only if nobody changed the entry since.
#[utoipa::path(
    put, path = "/v1/blocklist/{kind}/{value}", tag = "fraud", operation_id = "block",
    security(("api_key" = ["admin"])),
    params(
        ("kind" = wire::BlockKind, Path, description = "By what."),
        ("value" = String, Path, description = "Whom; phones in E.164."),
        wire::IfMatch,
    ),
    request_body(content = wire::BlockRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The entry.", body = wire::Blocked),
        wire::Changed,
        wire::BodyErrors,
    )
)]
pub async fn block(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    Path((kind, value)): Path<(String, String)>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let blocking = Blocking::parse(&body).map_err(Problem::invalid)?;
    let whom = whom(&kind, &value)?;
    let (tenant, actor) = (caller.tenant(), caller.actor());
    let name = format!("block {kind} {}", value.to_lowercase());
    let mut tx = version::hold(&state, tenant, &name).await?;
    let before = blocklist::get(&mut *tx, tenant, whom).await?;
    version::must_be(&headers, before.as_ref())?;
    let entry = blocklist::put(&mut *tx, tenant, whom, &blocking, &actor).await?;
    tx.commit().await?;
    Ok(version::marked(&entry))
}

/// Unblock somebody
///
/// Twice is once.
#[utoipa::path(
    delete, path = "/v1/blocklist/{kind}/{value}", tag = "fraud", operation_id = "unblock",
    security(("api_key" = ["admin"])),
    params(
        ("kind" = wire::BlockKind, Path, description = "By what."),
        ("value" = String, Path, description = "Whom."),
    ),
    responses(
        (status = 200, description = "Whether there was such an entry.", body = wire::Unblocked),
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn unblock(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    Path((kind, value)): Path<(String, String)>,
) -> Result<Json<Value>> {
    let whom = whom(&kind, &value)?;
    let removed = blocklist::delete(state.pool(), caller.tenant(), whom).await?;
    Ok(Json(json!({ "removed": removed })))
}

fn whom<'p>(kind: &'p str, value: &'p str) -> Result<(&'p str, &'p str)> {
    let mut problems = Vec::new();
    if !blocklist::KINDS.contains(&kind) {
        let message = format!("must be one of {}", blocklist::KINDS.join(", "));
        problems.push(problem("kind".into(), "unknown_kind", &message));
    }
    if !(1..=VALUE_CHARS_MAX).contains(&value.chars().count()) {
        let message = format!("must have 1 to {VALUE_CHARS_MAX} characters");
        problems.push(problem("value".into(), "too_long", &message));
    }
    match problems.is_empty() {
        true => Ok((kind, value)),
        false => Err(Problem::invalid(problems)),
    }
}
