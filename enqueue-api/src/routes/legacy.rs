//! The paths that front ends of earlier shops call. Each is its clean route, called with what the
//! body or the query means there, and answered with `success` beside what that route answers:
//! docs/legacy-api.md has the mapping.

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use stevedore_model::orders::{self as model, ORDER_STATUSES};
use stevedore_model::problems::problem;

use crate::auth::{Admin, Caller, OrdersRead, OrdersWrite};
use crate::body::{JsonBody, OptionalJsonBody};
use crate::observe::RequestTrace;
use crate::problem::{Kind, Problem, Result};
use crate::routes::path_id::{self, Id};
use crate::routes::{order_changes, order_list, orders};
use crate::state::ApiState;
use crate::wire;

/// Largest answer that is wrapped.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Answers as the clean route did, with `success`, and with `more`.
pub(crate) async fn succeed(
    answer: impl IntoResponse,
    more: Map<String, Value>,
) -> Result<Response> {
    let (mut parts, body) = answer.into_response().into_parts();
    if !parts.status.is_success() {
        return Ok(Response::from_parts(parts, body));
    }
    let too_large = |_error| Problem::new(Kind::Internal, "The answer is too large.");
    let bytes = to_bytes(body, ANSWER_BYTES_MAX).await.map_err(too_large)?;
    let mut members = match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    members.insert("success".to_owned(), true.into());
    members.extend(more);
    parts.headers.remove(CONTENT_LENGTH);
    Ok(Response::from_parts(
        parts,
        Body::from(Value::from(members).to_string()),
    ))
}

/// An answer that no clean route gives.
pub(crate) fn success(members: Value) -> Response {
    let mut members = members;
    members["success"] = true.into();
    ([(CONTENT_TYPE, "application/json")], members.to_string()).into_response()
}

/// The first of these names that an object has, taken out of it.
pub(crate) fn take(body: &mut Map<String, Value>, names: &[&str]) -> Option<Value> {
    let mut taken = names.iter().filter_map(|name| body.remove(*name));
    let first = taken.next();
    taken.for_each(drop);
    first.filter(|value| !value.is_null())
}

/// An order as earlier front ends write it, as `POST /v1/orders` takes it.
fn modern(body: Value) -> Value {
    let Value::Object(mut body) = body else {
        return body;
    };
    for (old, new) in [
        ("paymentMethod", "payment_method"),
        ("shippingAddress", "shipping_address"),
        ("billingAddress", "billing_address"),
        ("promoCode", "promo_code"),
        ("shippingFee", "shipping_fee"),
        ("discountAmount", "discount_amount"),
        ("totalAmount", "total_amount"),
        ("total", "total_amount"),
        ("orderSource", "order_source"),
        ("items", "lines"),
        ("order_items", "lines"),
    ] {
        rename(&mut body, old, new);
    }
    let mut customer = match body.remove("customer") {
        None => Map::new(),
        Some(Value::Object(customer)) => customer,
        Some(other) => {
            body.insert("customer".to_owned(), other);
            return Value::Object(body);
        }
    };
    for (names, new) in [
        (
            &["user_id", "userId", "customer_id", "customerId"][..],
            "id",
        ),
        (&["customer_name", "customerName"], "name"),
        (&["customer_email", "customerEmail"], "email"),
        (&["customer_phone", "customerPhone"], "phone"),
    ] {
        if let Some(value) = take(&mut body, names) {
            let text = value.as_i64().map(|id| id.to_string().into());
            customer.entry(new).or_insert(text.unwrap_or(value));
        }
    }
    body.insert("customer".to_owned(), customer.into());
    if let Some(Value::Array(lines)) = body.get_mut("lines") {
        lines.iter_mut().for_each(modern_line);
    }
    Value::Object(body)
}

fn modern_line(line: &mut Value) {
    let Value::Object(line) = line else { return };
    for (old, new) in [
        ("product_id", "sku"),
        ("productId", "sku"),
        ("price", "unit_price"),
        ("unitPrice", "unit_price"),
        ("phone", "recipient_phone"),
        ("phoneNumber", "recipient_phone"),
        ("recipientPhone", "recipient_phone"),
    ] {
        rename(line, old, new);
    }
    if let Some(id) = line.get("sku").and_then(Value::as_i64) {
        line.insert("sku".to_owned(), id.to_string().into());
    }
}

fn rename(object: &mut Map<String, Value>, old: &str, new: &str) {
    if !object.contains_key(new)
        && let Some(value) = object.remove(old)
    {
        object.insert(new.to_owned(), value);
    }
}

/// Place an order
///
/// As `POST /v1/orders`; older names of fields are understood.
#[utoipa::path(
    post, path = "/api/orders", tag = "legacy", operation_id = "legacy_place_order",
    security(("api_key" = ["orders:write"])),
    params(wire::IdempotencyKeyHeader),
    request_body(content = wire::LegacyOrder, content_type = "application/json"),
    responses(
        (status = 201, description = "The order is placed.", body = wire::Legacy),
        wire::PlacingErrors,
    )
)]
pub async fn place(
    caller: Caller<OrdersWrite>,
    state: State<ApiState>,
    trace: Extension<RequestTrace>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let placed = orders::place(caller, state, trace, headers, JsonBody(modern(body))).await?;
    succeed(placed, Map::new()).await
}

/// Buy one thing
///
/// As `POST /api/orders` with a single line: `product_id` or `sku`, `quantity`, and for airtime
/// `phone`.
#[utoipa::path(
    post, path = "/api/orders/purchase", tag = "legacy", operation_id = "legacy_purchase",
    security(("api_key" = ["orders:write"])),
    params(wire::IdempotencyKeyHeader),
    request_body(content = wire::LegacyOrder, content_type = "application/json"),
    responses(
        (status = 201, description = "The order is placed.", body = wire::Legacy),
        wire::PlacingErrors,
    )
)]
pub async fn purchase(
    caller: Caller<OrdersWrite>,
    state: State<ApiState>,
    trace: Extension<RequestTrace>,
    headers: HeaderMap,
    JsonBody(mut body): JsonBody,
) -> Result<Response> {
    if let Value::Object(body) = &mut body
        && !["lines", "items", "order_items"]
            .iter()
            .any(|name| body.contains_key(*name))
    {
        let mut line = Map::new();
        for (names, new) in [
            (&["sku", "product_id", "productId"][..], "sku"),
            (&["quantity"], "quantity"),
            (&["unit_price", "price", "unitPrice"], "unit_price"),
            (
                &["recipient_phone", "phone", "phoneNumber", "recipientPhone"],
                "recipient_phone",
            ),
        ] {
            if let Some(value) = take(body, names) {
                line.insert(new.to_owned(), value);
            }
        }
        line.entry("quantity").or_insert(1.into());
        body.insert("lines".to_owned(), json!([line]));
    }
    place(caller, state, trace, headers, JsonBody(body)).await
}

/// List orders
///
/// As `GET /v1/orders`; `status` takes the single states of earlier systems, too.
#[utoipa::path(
    get, path = "/api/orders", tag = "legacy", operation_id = "legacy_list_orders",
    security(("api_key" = ["orders:read"])),
    params(wire::LegacyOrderQuery),
    responses(
        (status = 200, description = "A page of orders.", body = wire::Legacy),
        wire::QueryRefused, wire::ReadErrors,
    )
)]
pub async fn list(
    caller: Caller<OrdersRead>,
    state: State<ApiState>,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let answer = order_list::list(caller, state, headers, Query(modern_query(pairs)?)).await?;
    let csv = answer
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/csv"));
    if csv {
        return Ok(answer);
    }
    succeed(answer, Map::new()).await
}

/// List orders, for staff
///
/// As `GET /api/orders`.
#[utoipa::path(
    get, path = "/api/orders/management", tag = "legacy", operation_id = "legacy_manage_orders",
    security(("api_key" = ["admin"])),
    params(wire::LegacyOrderQuery),
    responses(
        (status = 200, description = "A page of orders.", body = wire::Legacy),
        wire::QueryRefused, wire::ReadErrors,
    )
)]
pub async fn manage(
    caller: Caller<Admin>,
    state: State<ApiState>,
    headers: HeaderMap,
    query: Query<Vec<(String, String)>>,
) -> Result<Response> {
    list(caller.as_reader(), state, headers, query).await
}

fn modern_query(pairs: Vec<(String, String)>) -> Result<Vec<(String, String)>> {
    let mut modern = Vec::new();
    for (name, text) in pairs {
        let name = match name.as_str() {
            "userId" | "user_id" | "customerId" | "customer_id" => "customer",
            "from" | "startDate" => "placed_after",
            "to" | "endDate" => "placed_before",
            "source" => "order_source",
            "cursor" => "after",
            "status" => {
                modern.extend(modern_status(&text)?);
                continue;
            }
            name => name,
        };
        modern.push((name.to_owned(), text));
    }
    Ok(modern)
}

/// The single state of earlier systems on the two axes that it is made of.
fn modern_status(text: &str) -> Result<Vec<(String, String)>> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let status = text.to_ascii_lowercase();
    match status.as_str() {
        "paid" => Ok(vec![
            pair("order_status", "confirmed"),
            pair("payment_status", "paid"),
        ]),
        "refunded" => Ok(vec![pair("payment_status", "refunded")]),
        status if ORDER_STATUSES.contains(&status) => Ok(vec![pair("order_status", status)]),
        _ => {
            let message = format!(
                "must be one of paid, refunded, {}",
                ORDER_STATUSES.join(", ")
            );
            Err(Problem::invalid(vec![problem(
                "status".to_owned(),
                "unknown",
                &message,
            )]))
        }
    }
}

/// Where an order stands
#[utoipa::path(
    get, path = "/api/orders/{order_id}/status", tag = "legacy",
    operation_id = "legacy_order_status",
    security(("api_key" = ["orders:read"])),
    params(("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1)),
    responses(
        (status = 200, description = "Its states.", body = wire::Legacy),
        wire::OrderNotFound, wire::ReadErrors,
    )
)]
pub async fn status(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
) -> Result<Response> {
    let found = model::get(state.pool(), caller.tenant(), order.0).await?;
    let order = found.ok_or_else(|| order.missing())?;
    let parcel = order.shipments.last();
    Ok(success(json!({
        "order_id": order.order_id,
        "order_number": order.order_number,
        "status": order.status,
        "order_status": order.order_status,
        "payment_status": order.payment_status,
        "tracking_number": parcel.and_then(|parcel| parcel.tracking_number.as_deref()),
        "tracking_url": parcel.and_then(|parcel| parcel.tracking_url.as_deref()),
        "estimated_delivery_date": parcel.and_then(|parcel| parcel.estimated_delivery_at),
        "updated_at": order.updated_at,
    })))
}

/// Move an order
///
/// To `confirmed`, `cancelled`, `on_hold`, or back to `processing` from a hold; the other states
/// follow from what happens, and nobody can set them.
#[utoipa::path(
    post, path = "/api/orders/{order_id}/status", tag = "legacy",
    operation_id = "legacy_move_order",
    security(("api_key" = ["admin"])),
    params(("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1)),
    request_body(content = wire::LegacyStatus, content_type = "application/json"),
    responses(
        (status = 200, description = "The order.", body = wire::Legacy),
        wire::OrderNotFound, wire::TransitionRefused, wire::OrderChanged, wire::BodyErrors,
    )
)]
pub async fn move_order(
    caller: Caller<Admin>,
    state: State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    JsonBody(mut body): JsonBody,
) -> Result<Response> {
    let empty = &mut Map::new();
    let fields = body.as_object_mut().unwrap_or(empty);
    let status = take(fields, &["status", "newStatus", "order_status"]);
    let notes = take(fields, &["notes", "reason", "note"]).unwrap_or(Value::Null);
    let status = status.as_ref().and_then(Value::as_str).unwrap_or_default();
    let answer = match status.to_ascii_lowercase().as_str() {
        "confirmed" => {
            let body = OptionalJsonBody(json!({ "notes": notes }));
            orders::confirm(caller, state, order, headers, body).await
        }
        "cancelled" => {
            let reason = if notes.is_null() {
                "cancelled by staff".into()
            } else {
                notes
            };
            let body = JsonBody(json!({ "reason": reason, "by": "admin" }));
            orders::cancel(caller.as_writer(), state, order, headers, body).await
        }
        "on_hold" => {
            let body = JsonBody(json!({ "reason": "other", "notes": notes }));
            order_changes::hold(caller, state, order, headers, body).await
        }
        "processing" => {
            let body = OptionalJsonBody(json!({ "notes": notes }));
            order_changes::resume(caller, state, order, headers, body).await
        }
        _ => {
            let message = "must be one of confirmed, cancelled, on_hold, processing";
            Err(Problem::invalid(vec![problem(
                "status".to_owned(),
                "unknown",
                message,
            )]))
        }
    };
    succeed(answer?, Map::new()).await
}

/// Confirm an order
///
/// As `POST /v1/orders/{order_id}/confirm`.
#[utoipa::path(
    post, path = "/api/orders/{order_id}/confirm", tag = "legacy",
    operation_id = "legacy_confirm_order",
    security(("api_key" = ["admin"])),
    params(("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1)),
    request_body(content = Option<wire::ConfirmRequest>, content_type = "application/json"),
    responses(
        (status = 200, description = "The order, confirmed.", body = wire::Legacy),
        wire::OrderNotFound, wire::TransitionRefused, wire::OrderChanged, wire::BodyErrors,
    )
)]
pub async fn confirm(
    caller: Caller<Admin>,
    state: State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    body: OptionalJsonBody,
) -> Result<Response> {
    let answer = orders::confirm(caller, state, order, headers, body).await?;
    succeed(answer, Map::new()).await
}

/// Cancel an order
///
/// As `POST /v1/orders/{order_id}/cancel`, without a reason if need be.
#[utoipa::path(
    post, path = "/api/orders/{order_id}/cancel", tag = "legacy",
    operation_id = "legacy_cancel_order",
    security(("api_key" = ["orders:write"])),
    params(("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1)),
    request_body(content = Option<wire::LegacyCancel>, content_type = "application/json"),
    responses(
        (status = 200, description = "The order, cancelled.", body = wire::Legacy),
        wire::OrderNotFound, wire::TransitionRefused, wire::OrderChanged, wire::BodyErrors,
    )
)]
pub async fn cancel(
    caller: Caller<OrdersWrite>,
    state: State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    OptionalJsonBody(mut body): OptionalJsonBody,
) -> Result<Response> {
    if let Some(body) = body.as_object_mut() {
        body.entry("reason")
            .or_insert("cancelled by the customer".into());
    }
    let answer = orders::cancel(caller, state, order, headers, JsonBody(body)).await?;
    succeed(answer, Map::new()).await
}

/// What happened to an order
///
/// From the beginning. The stream of what happens is another path.
#[utoipa::path(
    get, path = "/api/orders/{order_id}/events", tag = "legacy",
    operation_id = "legacy_order_events",
    security(("api_key" = ["orders:read"])),
    params(("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1)),
    responses(
        (status = 200, description = "Its history.", body = wire::Legacy),
        wire::OrderNotFound, wire::ReadErrors,
    )
)]
pub async fn events(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
) -> Result<Response> {
    let found = model::get(state.pool(), caller.tenant(), order.0).await?;
    let order = found.ok_or_else(|| order.missing())?;
    Ok(success(json!({
        "order_id": order.order_id,
        "order_number": order.order_number,
        "events": order.history,
    })))
}
