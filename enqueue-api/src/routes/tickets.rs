//! Failures that need an owner.

use axum::Json;
use axum::extract::State;
use stevedore_model::problems::Fields;
use stevedore_model::tickets::{self, TicketView};

use crate::auth::{Admin, Caller, OrdersRead};
use crate::body::OptionalJsonBody;
use crate::problem::{Problem, Result};
use crate::routes::orders::refused;
use crate::routes::path_id::{self, Id};
use crate::state::ApiState;
use crate::wire;

/// Read a ticket
#[utoipa::path(
    get, path = "/v1/tickets/{ticket_id}", tag = "tickets", operation_id = "get_ticket",
    security(("api_key" = ["orders:read"])),
    params(("ticket_id" = i64, Path, minimum = 1, description = "The ticket's id.", example = 1)),
    responses(
        (status = 200, description = "The ticket as it is now.", body = wire::Ticket),
        wire::TicketNotFound, wire::ReadErrors,
    )
)]
pub async fn read(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    id: Id<path_id::Ticket>,
) -> Result<Json<TicketView>> {
    let found = tickets::get(state.pool(), caller.tenant(), id.0).await?;
    found.map(Json).ok_or_else(|| id.missing())
}

/// Resolve a ticket
///
/// With a word on how. Twice is once. Errors of orders that led to it are settled by themselves;
/// should it happen again, there is a new ticket.
#[utoipa::path(
    post, path = "/v1/tickets/{ticket_id}/resolve", tag = "tickets",
    operation_id = "resolve_ticket",
    security(("api_key" = ["admin"])),
    params(("ticket_id" = i64, Path, minimum = 1, description = "The ticket's id.", example = 1)),
    request_body(content = Option<wire::ResolveTicketRequest>, content_type = "application/json"),
    responses(
        (status = 200, description = "The ticket, resolved.", body = wire::Ticket),
        wire::TicketNotFound, wire::BodyErrors,
    )
)]
pub async fn resolve(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::Ticket>,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<Json<TicketView>> {
    let (mut problems, mut resolution) = (Vec::new(), None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        resolution = fields.text("resolution", 1..=500).map(str::to_owned);
        fields.finish();
    }
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let (mut db, tenant, actor) = (state.db().await?, caller.tenant(), caller.actor());
    tickets::resolve(&mut *db, tenant, id.0, &actor, resolution.as_deref())
        .await
        .map_err(|refusal| refused(refusal, || id.missing()))?;
    let found = tickets::get(&mut *db, tenant, id.0).await?;
    found.map(Json).ok_or_else(|| id.missing())
}
