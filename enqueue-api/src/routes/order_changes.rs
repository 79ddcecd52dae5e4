//! What staff do to an order on its way: hold, release, resume, edit, split.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use stevedore_model::orders::{self, Action, Edit, HOLD_REASONS, TransitionError};
use stevedore_model::problems::{FieldProblem, Fields, problem};

use crate::auth::{Admin, Caller, OrdersWrite, Scope};
use crate::body::{JsonBody, OptionalJsonBody};
use crate::problem::{Problem, Result};
use crate::routes::orders::{SENTENCE_CHARS_MAX, refused, sentence};
use crate::routes::path_id::{self, Id};
use crate::routes::version::{expected, tagged};
use crate::state::ApiState;
use crate::wire;

/// Hold an order
///
/// Stops it for a reason, beside the reasons for which it is on hold already; what did not begin
/// waits. The same reason in the same words again is the same hold.
#[utoipa::path(
    post, path = "/v1/orders/{order_id}/hold", tag = "orders", operation_id = "hold_order",
    security(("api_key" = ["admin"])),
    params(
        ("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1),
        wire::IfMatchHeader,
    ),
    request_body(content = wire::HoldRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The order, on hold.", body = wire::Order),
        wire::OrderNotFound, wire::TransitionRefused, wire::OrderChanged, wire::BodyErrors,
    )
)]
pub async fn hold(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let (mut problems, mut reason, mut notes) = (Vec::new(), None, None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        reason = fields
            .required_text("reason", 1..=40)
            .and_then(|text| fields.parsed("reason", text, hold_reason));
        notes = fields
            .text("notes", 1..=SENTENCE_CHARS_MAX)
            .map(str::to_owned);
        fields.finish();
    }
    let Some(reason) = reason.filter(|_| problems.is_empty()) else {
        return Err(Problem::invalid(problems));
    };
    let notes = notes.as_deref();
    act(
        &caller,
        &state,
        &order,
        &headers,
        Action::Hold { reason, notes },
    )
    .await
}

fn hold_reason(text: &str) -> std::result::Result<&'static str, (&'static str, String)> {
    let known = HOLD_REASONS.iter().find(|reason| **reason == text);
    known.copied().ok_or_else(|| {
        let message = format!("must be one of {}", HOLD_REASONS.join(", "));
        ("unknown_reason", message)
    })
}

/// Release a hold
///
/// The order goes on with the release of its last one. Twice is once.
#[utoipa::path(
    post, path = "/v1/orders/{order_id}/release", tag = "orders", operation_id = "release_hold",
    security(("api_key" = ["admin"])),
    params(
        ("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1),
        wire::IfMatchHeader,
    ),
    request_body(content = wire::ReleaseRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The order as it is then.", body = wire::Order),
        wire::OrderNotFound, wire::TransitionRefused, wire::OrderChanged, wire::BodyErrors,
    )
)]
pub async fn release(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let (mut problems, mut hold, mut notes) = (Vec::new(), None, None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        hold = fields.required_integer("order_hold_id", 1..=i64::MAX);
        notes = fields
            .text("notes", 1..=SENTENCE_CHARS_MAX)
            .map(str::to_owned);
        fields.finish();
    }
    let Some(order_hold_id) = hold.filter(|_| problems.is_empty()) else {
        return Err(Problem::invalid(problems));
    };
    let notes = notes.as_deref();
    let action = Action::Release {
        order_hold_id,
        notes,
    };
    part(&caller, &state, &order, &headers, action, "order_hold_id").await
}

/// Resume an order
///
/// Releases all its holds: what failed or was parked is tried again, an order that was never
/// confirmed waits for that again.
#[utoipa::path(
    post, path = "/v1/orders/{order_id}/resume", tag = "orders", operation_id = "resume_order",
    security(("api_key" = ["admin"])),
    params(
        ("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1),
        wire::IfMatchHeader,
    ),
    request_body(content = Option<wire::ConfirmRequest>, content_type = "application/json"),
    responses(
        (status = 200, description = "The order, going on.", body = wire::Order),
        wire::OrderNotFound, wire::TransitionRefused, wire::OrderChanged, wire::BodyErrors,
    )
)]
pub async fn resume(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<Response> {
    let notes = sentence(&body, "notes", false)?;
    let notes = notes.as_deref();
    act(&caller, &state, &order, &headers, Action::Resume { notes }).await
}

/// Edit an order
///
/// Before its goods went: units of a line up or down (0 takes it out), new lines, another address.
/// Stock is promised or given back, sums follow, and what was paid too much goes back. Units that
/// are with a provider stay: `illegal_transition`. Fewer units of some lines is the partial cancel.
#[utoipa::path(
    patch, path = "/v1/orders/{order_id}", tag = "orders", operation_id = "edit_order",
    security(("api_key" = ["orders:write"])),
    params(
        ("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1),
        wire::IfMatchHeader,
    ),
    request_body(content = wire::EditRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The order, edited.", body = wire::Order),
        wire::OrderNotFound, wire::EditRefused, wire::OrderChanged, wire::BodyErrors,
    )
)]
pub async fn edit(
    caller: Caller<OrdersWrite>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let edit = Edit::parse(&body).map_err(Problem::invalid)?;
    act(&caller, &state, &order, &headers, Action::Edit(&edit)).await
}

/// Split a fulfilment
///
/// Moves units of a fulfilment that did not begin to a new one of the same provider, so that they
/// go by themselves.
#[utoipa::path(
    post, path = "/v1/orders/{order_id}/split", tag = "orders", operation_id = "split_order",
    security(("api_key" = ["admin"])),
    params(
        ("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1),
        wire::IfMatchHeader,
    ),
    request_body(content = wire::SplitRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The order with one more fulfilment.", body = wire::Order),
        wire::OrderNotFound, wire::TransitionRefused, wire::OrderChanged, wire::BodyErrors,
    )
)]
pub async fn split(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let (mut problems, mut fulfillment, mut items) = (Vec::new(), None, None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        fulfillment = fields.required_integer("fulfillment_id", 1..=i64::MAX);
        items = fields
            .require("items")
            .and_then(|value| read_items(value, &["line_number", "quantity"], fields.problems()));
        // Said here, too: what is wrong in itself is told before what the order has become.
        if items.as_ref().is_some_and(|items| *items == json!([])) {
            fields.wrong::<()>("items", "too_few", "must have at least one item");
        }
        fields.finish();
    }
    let (Some(fulfillment_id), Some(items), true) = (fulfillment, items, problems.is_empty())
    else {
        return Err(Problem::invalid(problems));
    };
    let action = Action::Split {
        fulfillment_id,
        items: &items,
    };
    part(&caller, &state, &order, &headers, action, "fulfillment_id").await
}

/// A list of objects of whole numbers that are all required.
pub fn read_items(
    value: &Value,
    names: &[&'static str],
    problems: &mut Vec<FieldProblem>,
) -> Option<Value> {
    let Value::Array(items) = value else {
        problems.push(problem("items".into(), "wrong_type", "must be an array"));
        return None;
    };
    for (index, item) in items.iter().enumerate() {
        if let Some(mut fields) = Fields::of(item, format!("items[{index}]"), problems) {
            for name in names {
                fields.required_integer(name, 0..=i64::from(i32::MAX));
            }
            fields.finish();
        }
    }
    Some(json!(items))
}

async fn act<S: Scope>(
    caller: &Caller<S>,
    state: &ApiState,
    order: &Id<path_id::Order>,
    headers: &HeaderMap,
    action: Action<'_>,
) -> Result<Response> {
    let (version, actor) = (expected(headers)?, caller.actor());
    orders::act(
        &mut *state.db().await?,
        caller.tenant(),
        order.0,
        version,
        &actor,
        action,
    )
    .await
    .map(tagged)
    .map_err(|error| refused(error, || order.missing()))
}

/// As [`act`], for a part of the order that the body names in `field`: if the order is there, it is
/// the part that is not.
async fn part<S: Scope>(
    caller: &Caller<S>,
    state: &ApiState,
    order: &Id<path_id::Order>,
    headers: &HeaderMap,
    action: Action<'_>,
    field: &str,
) -> Result<Response> {
    let (version, actor) = (expected(headers)?, caller.actor());
    let (mut db, tenant) = (state.db().await?, caller.tenant());
    match orders::act(&mut db, tenant, order.0, version, &actor, action).await {
        Ok(view) => Ok(tagged(view)),
        Err(TransitionError::NotFound)
            if orders::get(&mut *db, tenant, order.0).await?.is_some() =>
        {
            let unknown = problem(field.to_owned(), "unknown", "is none of this order");
            Err(Problem::invalid(vec![unknown]))
        }
        Err(error) => Err(refused(error, || order.missing())),
    }
}
