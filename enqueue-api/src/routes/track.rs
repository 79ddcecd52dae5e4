//! Links by which customers follow their orders: given out, followed, taken back.

use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use stevedore_model::customer_tokens::{self, Holder, IssueError, Subject};
use stevedore_model::events::{EventFilter, Position};
use stevedore_model::problems::Fields;

use crate::auth::{Caller, OrdersRead, OrdersWrite, Scope};
use crate::body::OptionalJsonBody;
use crate::events::shop::{Form, Wanted};
use crate::events::stream;
use crate::problem::{Kind, Problem, Result};
use crate::routes::events::start;
use crate::routes::path_id::{self, Id};
use crate::routes::query::QueryFields;
use crate::state::ApiState;
use crate::wire;

const DAYS_DEFAULT: i64 = 90;
const DAYS_MAX: i64 = 400;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the holder of a link hears of.
pub(crate) const PUBLIC_TOPICS: [&str; 3] = ["order", "shipment", "return"];

/// Give out a link to an order
///
/// Whoever has the link sees how far the order is, without an account, and nothing of whom it is
/// for, what is in it, what it costs. Send it to the customer only. The token is shown once; the
/// database keeps its hash.
#[utoipa::path(
    post, path = "/v1/orders/{order_id}/tokens", tag = "orders", operation_id = "give_order_token",
    security(("api_key" = ["orders:read"])),
    params(("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1)),
    request_body(content = Option<wire::TokenRequest>, content_type = "application/json"),
    responses(
        (status = 201, description = "The link.", body = wire::CustomerToken),
        wire::OrderNotFound,
        wire::BodyErrors,
    )
)]
pub async fn issue_for_order(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<Response> {
    let missing = || order.missing();
    issue(&caller, &state, Subject::Order(order.0), &body, missing).await
}

/// Give out a link to all orders of a customer
///
/// As the link to an order, for the newest 50 orders of a customer, those to come included.
#[utoipa::path(
    post, path = "/v1/customers/{customer_id}/tokens", tag = "orders",
    operation_id = "give_customer_token",
    security(("api_key" = ["orders:read"])),
    params(("customer_id" = String, Path, min_length = 1, max_length = 200,
        description = "The shop's own id of the customer.", example = "c-17")),
    request_body(content = Option<wire::TokenRequest>, content_type = "application/json"),
    responses(
        (status = 201, description = "The link.", body = wire::CustomerToken),
        wire::CustomerNotFound,
        wire::BodyErrors,
    )
)]
pub async fn issue_for_customer(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Path(customer): Path<String>,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<Response> {
    let missing = || Problem::new(Kind::CustomerNotFound, "The shop has no such customer.");
    if customer.contains('\0') {
        return Err(missing());
    }
    issue(
        &caller,
        &state,
        Subject::Customer(&customer),
        &body,
        missing,
    )
    .await
}

async fn issue(
    caller: &Caller<impl Scope>,
    state: &ApiState,
    subject: Subject<'_>,
    body: &Value,
    missing: impl Fn() -> Problem,
) -> Result<Response> {
    let mut problems = Vec::new();
    let mut days = None;
    if let Some(mut fields) = Fields::of(body, "", &mut problems) {
        days = fields.integer("days", 1..=DAYS_MAX);
        fields.finish();
    }
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let days = u32::try_from(days.unwrap_or(DAYS_DEFAULT)).unwrap_or(1);
    let (pool, actor) = (state.pool(), caller.actor());
    let issued = customer_tokens::issue(pool, caller.tenant(), subject, DAY * days, &actor).await;
    let new = issued.map_err(|error| match error {
        IssueError::Unknown => missing(),
        IssueError::Database(error) => error.into(),
        IssueError::Random(error) => {
            tracing::error!(%error, "no random numbers for a token");
            Problem::new(Kind::Internal, "The request failed.")
        }
    })?;
    let token = new.token.expose_secret();
    let answer = json!({
        "token_id": new.token_id,
        "token": token,
        "path": format!("/v1/track/{token}"),
        "page": format!("/orders/{token}"),
        "expires_at": new.expires_at,
    });
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// Take a link back
///
/// From now on it shows nothing. Twice is once.
#[utoipa::path(
    delete, path = "/v1/customer-tokens/{token_id}", tag = "orders",
    operation_id = "revoke_customer_token",
    security(("api_key" = ["orders:write"])),
    params(("token_id" = i64, Path, minimum = 1, description = "The link's id.", example = 1)),
    responses(
        (status = 204, description = "It shows nothing any more."),
        wire::CustomerTokenNotFound,
        wire::ReadErrors,
    )
)]
pub async fn revoke(
    caller: Caller<OrdersWrite>,
    State(state): State<ApiState>,
    token: Id<path_id::CustomerToken>,
) -> Result<StatusCode> {
    match customer_tokens::revoke(state.pool(), caller.tenant(), token.0).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(token.missing()),
    }
}

/// Where is my order?
///
/// What a link shows. Needs no key; an address that asks too often is refused.
#[utoipa::path(
    get, path = "/v1/track/{token}", tag = "orders", operation_id = "track",
    params(("token" = String, Path, description = "The token.", max_length = 100,
        example = "stt_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")),
    responses(
        (status = 200, description = "How far the orders are.", body = wire::LinkedOrders),
        wire::TrackingNotFound,
        wire::PublicErrors,
    )
)]
pub async fn read(State(state): State<ApiState>, Link(holder): Link) -> Result<Json<Value>> {
    let orders = customer_tokens::track(state.pool(), &holder).await?;
    Ok(Json(json!({ "orders": orders })))
}

/// Tell me when my order moves
///
/// Server-Sent Events as of [Follow the shop](#/events/follow_shop), of the orders that the link
/// shows: `kind`, `order_number` and `occurred_at`. Read the link again for the rest.
#[utoipa::path(
    get, path = "/v1/track/{token}/events", tag = "events", operation_id = "follow_track",
    params(
        ("token" = String, Path, description = "The token.", max_length = 100,
            example = "stt_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        wire::TrackEventsQuery,
        wire::LastEventId,
    ),
    responses(
        (status = 200, description = "Messages, one after the other.",
            body = String, content_type = "text/event-stream"),
        wire::TrackingNotFound,
        wire::QueryRefused,
        wire::PublicErrors,
    )
)]
pub async fn follow(
    State(state): State<ApiState>,
    Link(holder): Link,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let mut fields = QueryFields::read(pairs, &wire::TRACK_EVENTS_NAMES);
    let start = start(&mut fields, &headers, Position::parse)?;
    fields.finish()?;
    let filter = EventFilter {
        kinds: Some(PUBLIC_TOPICS.map(str::to_owned).to_vec()),
        order_id: holder.order_id,
        customer_id: holder.customer_id,
    };
    let wanted = Wanted {
        tenant: holder.tenant,
        filter,
        form: Form::Public,
    };
    stream::open(&state, |state| &state.streams().shop, wanted, start).await
}

/// The token in the path, of somebody whose address has not asked too often.
#[derive(Debug)]
pub struct Link(pub(crate) Holder);

impl FromRequestParts<ApiState> for Link {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self> {
        let (limits, settings) = (state.limits(), state.settings());
        limits.count_stranger(&parts.headers, &parts.extensions, settings)?;
        let unknown = || Problem::new(Kind::TrackingNotFound, "This link shows nothing.");
        let Ok(Path(token)) = Path::<String>::from_request_parts(parts, state).await else {
            return Err(unknown());
        };
        let holder = customer_tokens::find(state.pool(), &token).await?;
        holder.map(Self).ok_or_else(unknown)
    }
}
