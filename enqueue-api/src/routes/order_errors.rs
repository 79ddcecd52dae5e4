//! Failures tied to orders, and their settling.

use axum::Json;
use axum::extract::{Query, State};
use serde::Serialize;
use stevedore_model::orders::{self, ErrorFilter, ErrorView};
use stevedore_model::problems::Fields;
use stevedore_model::tickets::{CATEGORIES, SEVERITIES};

use crate::auth::{Admin, Caller, OrdersRead};
use crate::body::OptionalJsonBody;
use crate::problem::{Problem, Result};
use crate::routes::orders::refused;
use crate::routes::path_id::{self, Id};
use crate::routes::query::QueryFields;
use crate::state::ApiState;
use crate::wire;

const LIST_ERRORS_DEFAULT: u32 = 50;
const LIST_ERRORS_MAX: u32 = 500;

/// A page of errors.
#[derive(Debug, Serialize)]
pub struct ErrorPage {
    errors: Vec<ErrorView>,
    next: Option<i64>,
}

/// List errors of orders
///
/// Open ones, unless `resolved=true`; the newest first.
#[utoipa::path(
    get, path = "/v1/order-errors", tag = "orders", operation_id = "list_order_errors",
    security(("api_key" = ["orders:read"])),
    params(wire::ErrorListQuery),
    responses(
        (status = 200, description = "A page of the errors that fit.", body = wire::OrderErrorList),
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn list(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Json<ErrorPage>> {
    let mut fields = QueryFields::read(pairs, &wire::ERROR_LIST_NAMES);
    let resolved = fields.word("resolved", &["true", "false"]);
    let filter = ErrorFilter {
        is_resolved: resolved.as_deref() == Some("true"),
        category: fields.word("category", &CATEGORIES),
        severity: fields.word("severity", &SEVERITIES),
        order_id: fields.integer("order_id", 1..=i64::MAX),
    };
    let before = fields.integer("before", 1..=i64::MAX);
    let limit = fields.limit(LIST_ERRORS_DEFAULT, LIST_ERRORS_MAX);
    fields.finish()?;
    let errors = orders::list_errors(state.pool(), caller.tenant(), &filter, before, limit).await?;
    let is_full = errors.len() == limit as usize;
    let next = errors
        .last()
        .filter(|_| is_full)
        .map(|last| last.order_error_id);
    Ok(Json(ErrorPage { errors, next }))
}

/// Settle an error
///
/// With a word on how, and the ticket in which. Twice is once. Answers the order.
#[utoipa::path(
    post, path = "/v1/order-errors/{order_error_id}/resolve", tag = "orders",
    operation_id = "resolve_order_error",
    security(("api_key" = ["admin"])),
    params(("order_error_id" = i64, Path, minimum = 1, description = "The error's id.",
        example = 1)),
    request_body(content = Option<wire::ResolveRequest>, content_type = "application/json"),
    responses(
        (status = 200, description = "The order of the error.", body = wire::Order),
        wire::OrderErrorNotFound,
        wire::BodyErrors,
    )
)]
pub async fn resolve(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    error: Id<path_id::OrderError>,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<axum::response::Response> {
    let mut problems = Vec::new();
    let (mut resolution, mut ticket_ref) = (None, None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        resolution = fields.text("resolution", 1..=500).map(str::to_owned);
        ticket_ref = fields.text("ticket_ref", 1..=200).map(str::to_owned);
        fields.finish();
    }
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let (mut db, tenant, actor) = (state.db().await?, caller.tenant(), caller.actor());
    let (resolution, ticket_ref) = (resolution.as_deref(), ticket_ref.as_deref());
    let order_id = orders::resolve_error(&mut *db, tenant, error.0, &actor, resolution, ticket_ref)
        .await
        .map_err(|refusal| refused(refusal, || error.missing()))?;
    let order = orders::get(&mut *db, tenant, order_id).await?;
    order
        .map(super::version::tagged)
        .ok_or_else(|| error.missing())
}
