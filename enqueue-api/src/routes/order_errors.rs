//! Settling failures that are tied to orders.

use axum::extract::State;
use stevedore_model::orders;
use stevedore_model::problems::Fields;

use crate::auth::{Admin, Caller};
use crate::body::OptionalJsonBody;
use crate::problem::{Problem, Result};
use crate::routes::orders::refused;
use crate::routes::path_id::{self, Id};
use crate::state::ApiState;
use crate::wire;

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
