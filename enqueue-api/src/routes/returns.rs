//! Goods that come back: request, decide, receive, inspect, refund, exchange.

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use sqlx::Connection;
use stevedore_model::edits;
use stevedore_model::orders::Edit;
use stevedore_model::problems::Fields;
use stevedore_model::returns::{self, NewReturn, ReturnView, Step};

use crate::auth::{Admin, Caller, OrdersRead, OrdersWrite};
use crate::body::{JsonBody, OptionalJsonBody};
use crate::problem::{Problem, Result};
use crate::routes::idempotency;
use crate::routes::order_changes::read_items;
use crate::routes::orders::{SENTENCE_CHARS_MAX, refused};
use crate::routes::path_id::{self, Id};
use crate::routes::version;
use crate::state::ApiState;
use crate::wire;

const MOVES: [&str; 6] = [
    "approved",
    "rejected",
    "cancelled",
    "in_transit",
    "expired",
    "lost",
];
const KINDS: [&str; 2] = ["refund", "exchange"];

/// Ask for a return
///
/// Of units that left. Send an `Idempotency-Key`: the same key again is the same return.
#[utoipa::path(
    post, path = "/v1/orders/{order_id}/returns", tag = "returns",
    operation_id = "request_return",
    security(("api_key" = ["orders:write"])),
    params(
        ("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1),
        wire::IdempotencyKeyHeader,
    ),
    request_body(content = wire::ReturnRequest, content_type = "application/json"),
    responses(
        (status = 201, description = "The return is requested.", body = wire::Return,
         headers(("Location" = String, description = "Path of the return."))),
        wire::OrderNotFound, wire::TransitionRefused, wire::ReturnErrors,
    )
)]
pub async fn request(
    caller: Caller<OrdersWrite>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let idempotency_key = idempotency::key(&headers)?;
    let (mut problems, mut items, mut kind, mut notes) = (Vec::new(), None, "refund", None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        items = fields.require("items").cloned();
        if let Some(items) = &items {
            read_return_items(items, &mut fields);
        }
        if let Some(text) = fields.text("kind", 1..=40) {
            let known = |text: &str| one_of(&KINDS, text);
            kind = fields.parsed("kind", text, known).unwrap_or(kind);
        }
        notes = fields
            .text("notes", 1..=SENTENCE_CHARS_MAX)
            .map(str::to_owned);
        fields.finish();
    }
    let Some(items) = items.filter(|_| problems.is_empty()) else {
        return Err(Problem::invalid(problems));
    };
    let (order_id, items, notes) = (order.0, &items, notes.as_deref());
    let wanted = NewReturn {
        order_id,
        items,
        kind,
        notes,
        idempotency_key,
    };
    let view = returns::request(
        &mut *state.db().await?,
        caller.tenant(),
        &wanted,
        &caller.actor(),
    )
    .await
    .map_err(|error| refused(error, || order.missing()))?;
    let location = HeaderValue::from_str(&format!("/v1/returns/{}", view.return_id));
    let mut response = (StatusCode::CREATED, Json(view)).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

fn read_return_items(items: &Value, fields: &mut Fields<'_>) {
    let Value::Array(list) = items else {
        fields.wrong::<()>("items", "wrong_type", "must be an array");
        return;
    };
    for (index, item) in list.iter().enumerate() {
        if let Some(mut item) = Fields::of(item, format!("items[{index}]"), fields.problems()) {
            item.required_integer("line_number", 1..=i64::from(i32::MAX));
            item.required_integer("quantity", 1..=1_000);
            if let Some(text) = item.text("reason", 1..=40) {
                item.parsed("reason", text, |text| one_of(&returns::REASONS, text));
            }
            item.finish();
        }
    }
}

fn one_of(
    words: &[&'static str],
    text: &str,
) -> std::result::Result<&'static str, (&'static str, String)> {
    let known = words.iter().find(|word| **word == text);
    let refusal = || ("unknown", format!("must be one of {}", words.join(", ")));
    known.copied().ok_or_else(refusal)
}

/// Read a return
#[utoipa::path(
    get, path = "/v1/returns/{return_id}", tag = "returns", operation_id = "get_return",
    security(("api_key" = ["orders:read"])),
    params(("return_id" = i64, Path, minimum = 1, description = "The return's id.", example = 1)),
    responses(
        (status = 200, description = "The return as it is now.", body = wire::Return),
        wire::ReturnNotFound, wire::ReadErrors,
    )
)]
pub async fn read(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    id: Id<path_id::Return>,
) -> Result<Json<ReturnView>> {
    let found = returns::get(state.pool(), caller.tenant(), id.0).await?;
    found.map(Json).ok_or_else(|| id.missing())
}

/// Decide about a return
///
/// Approve, reject or cancel it, or say that it is in transit, lost or expired. Twice is once.
#[utoipa::path(
    post, path = "/v1/returns/{return_id}/status", tag = "returns", operation_id = "move_return",
    security(("api_key" = ["admin"])),
    params(
        ("return_id" = i64, Path, minimum = 1, description = "The return's id.", example = 1),
        wire::IfMatch,
    ),
    request_body(content = wire::ReturnMove, content_type = "application/json"),
    responses(
        (status = 200, description = "The return as it is then.", body = wire::Return),
        wire::ReturnNotFound, wire::Changed, wire::TransitionRefused, wire::BodyErrors,
    )
)]
pub async fn decide(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::Return>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let (mut problems, mut status, mut notes) = (Vec::new(), None, None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        status = fields
            .required_text("status", 1..=40)
            .and_then(|text| fields.parsed("status", text, |text| one_of(&MOVES, text)));
        notes = fields
            .text("notes", 1..=SENTENCE_CHARS_MAX)
            .map(str::to_owned);
        fields.finish();
    }
    let Some(status) = status.filter(|_| problems.is_empty()) else {
        return Err(Problem::invalid(problems));
    };
    let notes = notes.as_deref();
    advance(
        &caller,
        &state,
        (&id, &headers),
        &Step::Move { status, notes },
    )
    .await
}

/// Receive a return
///
/// All that is open of it, or the items named.
#[utoipa::path(
    post, path = "/v1/returns/{return_id}/receive", tag = "returns",
    operation_id = "receive_return",
    security(("api_key" = ["admin"])),
    params(
        ("return_id" = i64, Path, minimum = 1, description = "The return's id.", example = 1),
        wire::IfMatch,
    ),
    request_body(content = Option<wire::ReceiveRequest>, content_type = "application/json"),
    responses(
        (status = 200, description = "The return as it is then.", body = wire::Return),
        wire::ReturnNotFound, wire::Changed, wire::TransitionRefused, wire::BodyErrors,
    )
)]
pub async fn receive(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::Return>,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<Response> {
    let (mut problems, mut items) = (Vec::new(), None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        items = fields
            .any("items")
            .and_then(|value| read_items(value, &["line_number", "quantity"], fields.problems()));
        fields.finish();
    }
    valid(problems)?;
    advance(
        &caller,
        &state,
        (&id, &headers),
        &Step::Receive(items.as_ref()),
    )
    .await
}

/// Inspect a return
///
/// All of it can be sold again, or the items say how much of them is damaged.
#[utoipa::path(
    post, path = "/v1/returns/{return_id}/inspect", tag = "returns",
    operation_id = "inspect_return",
    security(("api_key" = ["admin"])),
    params(
        ("return_id" = i64, Path, minimum = 1, description = "The return's id.", example = 1),
        wire::IfMatch,
    ),
    request_body(content = Option<wire::InspectRequest>, content_type = "application/json"),
    responses(
        (status = 200, description = "The return as it is then.", body = wire::Return),
        wire::ReturnNotFound, wire::Changed, wire::TransitionRefused, wire::BodyErrors,
    )
)]
pub async fn inspect(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::Return>,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<Response> {
    let (mut problems, mut items, mut location) = (Vec::new(), None, None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        let names = ["line_number", "restocked", "damaged"];
        items = fields
            .any("items")
            .and_then(|value| read_items(value, &names, fields.problems()));
        location = fields.text("location", 1..=40).map(str::to_owned);
        fields.finish();
    }
    valid(problems)?;
    let (items, location) = (items.as_ref(), location.as_deref());
    advance(
        &caller,
        &state,
        (&id, &headers),
        &Step::Inspect { items, location },
    )
    .await
}

/// Refund a return
///
/// What it is worth, or less; at most what was paid and is still here.
#[utoipa::path(
    post, path = "/v1/returns/{return_id}/refund", tag = "returns", operation_id = "refund_return",
    security(("api_key" = ["admin"])),
    params(
        ("return_id" = i64, Path, minimum = 1, description = "The return's id.", example = 1),
        wire::IfMatch,
    ),
    request_body(content = Option<wire::RefundReturnRequest>, content_type = "application/json"),
    responses(
        (status = 200, description = "The return, refunded.", body = wire::Return),
        wire::ReturnNotFound, wire::Changed, wire::TransitionRefused, wire::BodyErrors,
    )
)]
pub async fn refund(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::Return>,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<Response> {
    let (mut problems, mut amount) = (Vec::new(), None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        amount = fields.integer("amount", 0..=1_000_000_000_000);
        fields.finish();
    }
    valid(problems)?;
    advance(&caller, &state, (&id, &headers), &Step::Refund(amount)).await
}

/// Exchange a return
///
/// A new order on account for the same buyer, that takes the return's worth off; what the new
/// goods cost less goes back.
#[utoipa::path(
    post, path = "/v1/returns/{return_id}/exchange", tag = "returns",
    operation_id = "exchange_return",
    security(("api_key" = ["admin"])),
    params(
        ("return_id" = i64, Path, minimum = 1, description = "The return's id.", example = 1),
        wire::IfMatch,
    ),
    request_body(content = wire::ExchangeRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The return, exchanged.", body = wire::Return),
        wire::ReturnNotFound, wire::Changed, wire::EditRefused, wire::BodyErrors,
    )
)]
pub async fn exchange(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::Return>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let mut problems = Vec::new();
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        fields.require("lines");
        fields.finish();
    }
    valid(problems)?;
    let edit = Edit::parse(&body).map_err(Problem::invalid)?;
    advance(
        &caller,
        &state,
        (&id, &headers),
        &Step::Exchange(&edit.lines()),
    )
    .await
}

fn valid(problems: Vec<stevedore_model::problems::FieldProblem>) -> Result<()> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(problems))
    }
}

async fn advance(
    caller: &Caller<Admin>,
    state: &ApiState,
    (id, headers): (&Id<path_id::Return>, &HeaderMap),
    step: &Step<'_>,
) -> Result<Response> {
    let (mut db, tenant) = (state.db().await?, caller.tenant());
    let mut tx = db.begin().await?;
    edits::hold(&mut *tx, tenant, &format!("return {}", id.0)).await?;
    let before = returns::get(&mut *tx, tenant, id.0).await?;
    version::must_be(headers, before.as_ref())?;
    let after = returns::advance(&mut tx, tenant, id.0, &caller.actor(), step)
        .await
        .map_err(|error| refused(error, || id.missing()))?;
    tx.commit().await?;
    Ok(version::marked(&after))
}
