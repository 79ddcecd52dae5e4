//! Orders: place, read, cancel, confirm.

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stevedore_model::TenantId;
use stevedore_model::orders::{
    self, Action, NewOrder, PlaceError, PlaceRequest, Placed, Shortage, TransitionError,
};
use stevedore_model::problems::{FieldProblem, Fields};

use crate::auth::{Admin, Caller, OrdersRead, OrdersWrite};
use crate::body::{JsonBody, OptionalJsonBody};
use crate::json::meaning_hash;
use crate::observe::RequestTrace;
use crate::problem::{Kind, Problem, Result};
use crate::routes::admission::admit_orders;
use crate::routes::idempotency::{self, REPLAYED};
use crate::routes::path_id::{self, Id};
use crate::routes::version::{expected, tagged};
use crate::routes::wallets;
use crate::state::ApiState;
use crate::wire;

pub(crate) const SENTENCE_CHARS_MAX: usize = 500;
/// Who may have wanted a cancellation.
const CANCELLERS: [&str; 3] = ["customer", "admin", "system"];

/// Place an order
///
/// Checks the order, reserves its stock and records it, in one transaction: either all of it
/// happens or nothing. `payment_method` `cod` confirms the order at once; others wait for payment
/// and hold their stock for a limited time.
///
/// Send an `Idempotency-Key` (a UUID, say) and repeat the request with the same key and body
/// whenever you are unsure whether it arrived: there is never a second order, and the repetition
/// gets the first answer with `Idempotency-Replayed: true`. Keys are remembered for 24 hours.
#[utoipa::path(
    post,
    path = "/v1/orders",
    tag = "orders",
    operation_id = "place_order",
    security(("api_key" = ["orders:write"])),
    params(wire::IdempotencyKeyHeader),
    request_body(content = wire::OrderRequest, content_type = "application/json"),
    responses(
        (status = 201, description = "The order is placed and its stock is reserved.",
         body = wire::PlacedOrder,
         headers(
            ("Location" = String, description = "Path of the order."),
            ("Idempotency-Replayed" = bool,
                description = "`true` when this answer was given before."),
         ),
         links(
            ("read" = (operation_id = "get_order",
                parameters(("order_id" = "$response.body#/order_id")))),
            ("cancel" = (operation_id = "cancel_order",
                parameters(("order_id" = "$response.body#/order_id")))),
            ("confirm" = (operation_id = "confirm_order",
                parameters(("order_id" = "$response.body#/order_id")))),
         )),
        wire::PlacingErrors,
    )
)]
pub async fn place(
    caller: Caller<OrdersWrite>,
    State(state): State<ApiState>,
    Extension(RequestTrace(trace)): Extension<RequestTrace>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let key = idempotency::key(&headers)?;
    let hash = meaning_hash(&body);
    let order = match NewOrder::parse(&body) {
        Ok(order) => order,
        Err(shape) => {
            let problems = all_problems(&state, caller.tenant(), &[&body], vec![shape]).await;
            return Err(Problem::invalid(problems.into_iter().flatten().collect()));
        }
    };
    if state.settings().orders_by_backlog {
        let keys: Vec<String> = key.map(str::to_owned).into_iter().collect();
        admit_orders(&state, caller.tenant(), 1, &keys).await?;
    }
    let request = PlaceRequest {
        order,
        idempotency_key: key.map(str::to_owned),
        request_hash: hash,
        traceparent: Some(trace.to_string()),
    };
    let placed = state.placing().place(caller.tenant(), request).await?;
    count(&placed);
    Ok(created(placed))
}

/// A metric of what was placed.
pub fn count(placed: &Placed) {
    if !placed.replayed {
        metrics::counter!("stevedore_orders_placed_total", "channel" => "api").increment(1);
    }
}

/// The shape of these orders is wrong already; asks the catalogue, too, so that the client hears
/// everything at once. When that question itself fails, the shape problems alone are the answer.
pub async fn all_problems(
    state: &ApiState,
    tenant: TenantId,
    bodies: &[&Value],
    mut problems: Vec<Vec<FieldProblem>>,
) -> Vec<Vec<FieldProblem>> {
    let (places, objects): (Vec<usize>, Vec<&Value>) = bodies
        .iter()
        .enumerate()
        .filter(|(_, body)| body.is_object())
        .unzip();
    if objects.is_empty() {
        return problems;
    }
    match orders::problems(state.pool(), tenant, &objects).await {
        Ok(found) => {
            for (place, more) in places.into_iter().zip(found) {
                merge(&mut problems[place], more);
            }
        }
        Err(error) => tracing::warn!(%error, "catalogue checks of a refused order failed"),
    }
    problems
}

/// A field that has the wrong shape needs no second complaint from the catalogue, nor has anything
/// inside it.
fn merge(problems: &mut Vec<FieldProblem>, more: Vec<FieldProblem>) {
    let wrong: Vec<String> = problems.iter().map(|known| known.field.clone()).collect();
    let inside = |field: &str, outer: &String| {
        let rest = field.strip_prefix(outer.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let news = |new: &FieldProblem| !wrong.iter().any(|outer| inside(&new.field, outer));
    problems.extend(more.into_iter().filter(news));
}

fn created(placed: Placed) -> Response {
    let mut response = (StatusCode::CREATED, Json(placed.response)).into_response();
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/orders/{}", placed.order_id)) {
        headers.insert(LOCATION, location);
    }
    if placed.replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

impl From<PlaceError> for Problem {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Invalid(problems) => Problem::invalid(problems),
            PlaceError::OutOfStock(shortages) => out_of_stock(&shortages),
            PlaceError::WalletShort(short) => wallets::insufficient(&short),
            PlaceError::KeyReused => idempotency::reused(),
            PlaceError::KeyInFlight => idempotency::in_flight(),
            PlaceError::Database(error) => error.into(),
        }
    }
}

pub(crate) fn out_of_stock(shortages: &[Shortage]) -> Problem {
    let skus: Vec<&str> = shortages
        .iter()
        .map(|shortage| shortage.sku.as_str())
        .collect();
    let detail = format!("Not enough stock of {}.", skus.join(", "));
    let list: Vec<Value> = shortages
        .iter()
        .map(|s| {
            let Shortage {
                sku,
                requested,
                available,
            } = s;
            json!({ "sku": sku, "requested": requested, "available": available })
        })
        .collect();
    Problem::new(Kind::OutOfStock, detail).with("shortages", list)
}

/// Read an order
///
/// With its lines, fulfilments, parcels, holds, errors, returns, durations and the history of its
/// states. Its version is the `ETag`.
#[utoipa::path(
    get,
    path = "/v1/orders/{order_id}",
    tag = "orders",
    operation_id = "get_order",
    security(("api_key" = ["orders:read"])),
    params(
        ("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1),
        wire::IfMatchHeader,
    ),
    responses(
        (status = 200, description = "The order as it is now.", body = wire::Order),
        wire::OrderNotFound,
        wire::ReadErrors,
    )
)]
pub async fn read(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
) -> Result<Response> {
    let found = orders::get(state.pool(), caller.tenant(), order.0).await?;
    found.map(tagged).ok_or_else(|| order.missing())
}

/// Cancel an order
///
/// Gives its stock back, stops work that has not begun and notifies the customer. Refused with
/// `illegal_transition` once a provider has the order: from then on it is a return.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/cancel",
    tag = "orders",
    operation_id = "cancel_order",
    security(("api_key" = ["orders:write"])),
    params(
        ("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1),
        wire::IfMatchHeader,
    ),
    request_body(content = wire::CancelRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The order, cancelled.", body = wire::Order),
        wire::OrderNotFound,
        wire::TransitionRefused,
        wire::OrderChanged,
        wire::OrderChanged,
        wire::BodyErrors,
    )
)]
pub async fn cancel(
    caller: Caller<OrdersWrite>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let (reason, by) = cancellation(&body)?;
    let (version, actor) = (expected(&headers)?, caller.actor());
    let actor = by.map_or(actor.clone(), |by| format!("{by} by {actor}"));
    let reason = reason.as_str();
    let action = Action::Cancel { reason };
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

/// Confirm an order
///
/// For staff: accepts an order that waits for payment or for a decision, and starts its
/// fulfilment.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/confirm",
    tag = "orders",
    operation_id = "confirm_order",
    security(("api_key" = ["admin"])),
    params(("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1)),
    request_body(content = Option<wire::ConfirmRequest>, content_type = "application/json"),
    responses(
        (status = 200, description = "The order, confirmed.", body = wire::Order),
        wire::OrderNotFound,
        wire::TransitionRefused,
        wire::BodyErrors,
    )
)]
pub async fn confirm(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<Response> {
    let notes = sentence(&body, "notes", false)?;
    let notes = notes.as_deref();
    let (version, actor) = (expected(&headers)?, caller.actor());
    let action = Action::Confirm { notes };
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

/// Why an order is cancelled, and for whom.
fn cancellation(body: &Value) -> Result<(String, Option<&'static str>)> {
    let (mut problems, mut reason, mut by) = (Vec::new(), None, None);
    if let Some(mut fields) = Fields::of(body, "", &mut problems) {
        let text = fields.required_text("reason", 1..=SENTENCE_CHARS_MAX);
        reason = text.map(str::to_owned);
        by = fields.text("by", 1..=40).and_then(|text| {
            fields.parsed("by", text, |text| {
                let known = CANCELLERS.iter().find(|by| **by == text).copied();
                known.ok_or_else(|| {
                    let message = format!("must be one of {}", CANCELLERS.join(", "));
                    ("unknown", message)
                })
            })
        });
        fields.finish();
    }
    match reason.filter(|_| problems.is_empty()) {
        Some(reason) => Ok((reason, by)),
        None => Err(Problem::invalid(problems)),
    }
}

/// The one field of a small body.
pub(crate) fn sentence(body: &Value, name: &'static str, required: bool) -> Result<Option<String>> {
    let mut problems = Vec::new();
    let mut text = None;
    if let Some(mut fields) = Fields::of(body, "", &mut problems) {
        let found = match required {
            true => fields.required_text(name, 1..=SENTENCE_CHARS_MAX),
            false => fields.text(name, 1..=SENTENCE_CHARS_MAX),
        };
        text = found.map(str::to_owned);
        fields.finish();
    }
    if problems.is_empty() {
        Ok(text)
    } else {
        Err(Problem::invalid(problems))
    }
}

/// Why a change was refused; `missing` is the problem of what is not there.
pub(crate) fn refused(error: TransitionError, missing: impl FnOnce() -> Problem) -> Problem {
    match error {
        TransitionError::NotFound => missing(),
        TransitionError::Invalid(problems) => Problem::invalid(problems),
        TransitionError::OutOfStock(shortages) => out_of_stock(&shortages),
        TransitionError::Changed(message) => Problem::new(Kind::OrderChanged, message),
        TransitionError::Illegal { from, to, message } => {
            Problem::new(Kind::IllegalTransition, message)
                .with("from", from)
                .with("to", to)
        }
        TransitionError::Database(error) => error.into(),
    }
}
