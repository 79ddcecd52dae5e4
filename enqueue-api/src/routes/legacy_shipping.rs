//! Earlier systems' paths about fulfilment, tracking and shipping: see [`super::legacy`].

use axum::extract::{Query, State};
use axum::response::Response;
use serde_json::{Value, json};
use stevedore_model::fulfillments::{self, RunNow};
use stevedore_model::problems::{FieldProblem, problem};
use stevedore_model::{orders, shipments};

use crate::auth::{Admin, Caller, OrdersRead};
use crate::body::JsonBody;
use crate::problem::{Kind, Problem, Result};
use crate::routes::fulfillments::{Anybody, tracked};
use crate::routes::health;
use crate::routes::legacy::{success, take};
use crate::routes::listing::Asked;
use crate::routes::lists::SHIPMENTS;
use crate::routes::orders::refused;
use crate::state::ApiState;
use crate::wire;

const ORDER_ID: [&str; 2] = ["orderId", "order_id"];
const NUMBER: [&str; 4] = ["trackingNumber", "tracking_number", "awb", "number"];

/// Have an order fulfilled
///
/// `trigger`: what is open runs now. `retry`: an order on hold is resumed, too, so that what
/// failed is tried again. `verify`: the provider is asked for what was sent to it.
#[utoipa::path(
    post, path = "/api/orders/fulfillment", tag = "legacy", operation_id = "legacy_fulfil",
    security(("api_key" = ["admin"])),
    request_body(content = wire::LegacyFulfillment, content_type = "application/json"),
    responses(
        (status = 200, description = "Where its fulfilments stand.", body = wire::Legacy),
        wire::OrderNotFound, wire::TransitionRefused, wire::BodyErrors,
    )
)]
pub async fn fulfil(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    run(&caller, &state, body, None).await
}

/// Where an order's fulfilments stand
#[utoipa::path(
    get, path = "/api/orders/fulfillment", tag = "legacy",
    operation_id = "legacy_fulfilment_status",
    security(("api_key" = ["orders:read"])),
    params(("orderId" = i64, Query, minimum = 1, description = "The order's id.", example = 1)),
    responses(
        (status = 200, description = "Where they stand.", body = wire::Legacy),
        wire::OrderNotFound, wire::QueryRefused, wire::ReadErrors,
    )
)]
pub async fn fulfilment(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let order_id = number_in(&pairs)?;
    let mut db = state.db().await?;
    Ok(success(
        standing(&mut db, caller.tenant(), order_id, None).await?,
    ))
}

/// Have Prodigi print an order
///
/// As `POST /api/orders/fulfillment` with `trigger`: which provider prints what is decided by the
/// shop's routing, and an order that is confirmed goes there by itself.
#[utoipa::path(
    post, path = "/api/dropship/prodigi", tag = "legacy", operation_id = "legacy_prodigi",
    security(("api_key" = ["admin"])),
    request_body(content = wire::LegacyFulfillment, content_type = "application/json"),
    responses(
        (status = 200, description = "Where it stands.", body = wire::Legacy),
        wire::OrderNotFound, wire::TransitionRefused, wire::BodyErrors,
    )
)]
pub async fn prodigi(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    run(&caller, &state, body, Some("prodigi")).await
}

/// Where an order stands at Prodigi
#[utoipa::path(
    get, path = "/api/dropship/prodigi", tag = "legacy", operation_id = "legacy_prodigi_status",
    security(("api_key" = ["orders:read"])),
    params(("orderId" = i64, Query, minimum = 1, description = "The order's id.", example = 1)),
    responses(
        (status = 200, description = "Where it stands.", body = wire::Legacy),
        wire::OrderNotFound, wire::QueryRefused, wire::ReadErrors,
    )
)]
pub async fn prodigi_status(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let order_id = number_in(&pairs)?;
    let mut db = state.db().await?;
    Ok(success(
        standing(&mut db, caller.tenant(), order_id, Some("prodigi")).await?,
    ))
}

async fn run(
    caller: &Caller<Admin>,
    state: &ApiState,
    body: Value,
    provider: Option<&str>,
) -> Result<Response> {
    let (order_id, how) = wanted(body)?;
    let (mut db, tenant, actor) = (state.db().await?, caller.tenant(), caller.actor());
    let jobs = fulfillments::run_now(&mut *db, tenant, order_id, None, how, &actor)
        .await
        .map_err(|error| refused(error, || no_order(order_id)))?;
    let mut answer = standing(&mut db, tenant, order_id, provider).await?;
    answer["action"] = how.name().into();
    answer["jobs"] = jobs.into();
    Ok(success(answer))
}

fn wanted(body: Value) -> Result<(i64, RunNow)> {
    let Value::Object(mut body) = body else {
        let whole = problem(String::new(), "wrong_type", "must be an object");
        return Err(Problem::invalid(vec![whole]));
    };
    let order_id = take(&mut body, &ORDER_ID).and_then(|id| match id {
        Value::String(text) => text.parse().ok(),
        id => id.as_i64(),
    });
    let action = take(&mut body, &["action"]).unwrap_or("trigger".into());
    let how = match action.as_str() {
        Some("trigger") => Some(RunNow::Trigger),
        Some("retry") => Some(RunNow::Retry),
        Some("verify" | "status") => Some(RunNow::Verify),
        _ => None,
    };
    let order_id = order_id.filter(|id: &i64| *id > 0);
    if let (Some(order_id), Some(how)) = (order_id, how) {
        return Ok((order_id, how));
    }
    let mut problems: Vec<FieldProblem> = Vec::new();
    if order_id.is_none() {
        problems.push(problem(
            "orderId".to_owned(),
            "required",
            "must be the id of an order",
        ));
    }
    if how.is_none() {
        let message = "must be one of trigger, retry, verify";
        problems.push(problem("action".to_owned(), "unknown", message));
    }
    Err(Problem::invalid(problems))
}

fn number_in(pairs: &[(String, String)]) -> Result<i64> {
    let text = pairs
        .iter()
        .find(|(name, _)| ORDER_ID.contains(&name.as_str()));
    let number = text.and_then(|(_, text)| text.parse().ok());
    number.filter(|id| *id > 0).ok_or_else(|| {
        let wrong = problem(
            "orderId".to_owned(),
            "required",
            "must be the id of an order",
        );
        Problem::invalid(vec![wrong])
    })
}

async fn standing(
    db: &mut sqlx::PgConnection,
    tenant: stevedore_model::TenantId,
    order_id: i64,
    provider: Option<&str>,
) -> Result<Value> {
    let order = orders::get(db, tenant, order_id).await?;
    let order = order.ok_or_else(|| no_order(order_id))?;
    let fulfillments: Vec<_> = order
        .fulfillments
        .iter()
        .filter(|one| provider.is_none_or(|provider| one.provider_code == provider))
        .collect();
    Ok(json!({
        "order_id": order.order_id,
        "order_number": order.order_number,
        "status": order.status,
        "fulfillments": fulfillments,
        "shipments": order.shipments,
    }))
}

fn no_order(order_id: i64) -> Problem {
    let detail = format!("There is no order with the id \"{order_id}\".");
    Problem::new(Kind::OrderNotFound, detail)
}

/// Track a parcel
///
/// As `GET /v1/tracking/{tracking_number}`.
#[utoipa::path(
    get, path = "/api/tracking", tag = "legacy", operation_id = "legacy_track",
    security((), ("api_key" = ["orders:read"])),
    params(("trackingNumber" = String, Query, description = "What the carrier calls it.",
        example = "RM123456789GB")),
    responses(
        (status = 200, description = "Where it is.", body = wire::Legacy),
        wire::ShipmentNotFound, wire::ReadErrors,
    )
)]
pub async fn tracking(
    Anybody(tenant): Anybody,
    State(state): State<ApiState>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let number = pairs
        .iter()
        .find(|(name, _)| NUMBER.contains(&name.as_str()));
    let number = number.map_or("", |(_, text)| text.as_str());
    Ok(success(tracked(&state, tenant, number).await?))
}

/// List parcels
///
/// As `GET /v1/shipments`.
#[utoipa::path(
    get, path = "/api/admin/shipping", tag = "legacy", operation_id = "legacy_shipping",
    security(("api_key" = ["admin"])),
    responses(
        (status = 200, description = "A page of parcels.", body = wire::Legacy),
        wire::QueryRefused, wire::ReadErrors,
    )
)]
pub async fn shipping(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    // As JSON always: who wants CSV asks the list itself.
    let asked = Asked::read(pairs, &SHIPMENTS)?;
    Ok(success(asked.body(&state, caller.tenant()).await?.into()))
}

/// How carriers did
///
/// In the last 30 days, as of the last hour or so.
#[utoipa::path(
    get, path = "/api/admin/shipping/metrics", tag = "legacy",
    operation_id = "legacy_shipping_metrics",
    security(("api_key" = ["admin"])),
    responses(
        (status = 200, description = "Numbers per carrier.", body = wire::Legacy),
        wire::ReadErrors,
    )
)]
pub async fn metrics(caller: Caller<Admin>, State(state): State<ApiState>) -> Result<Response> {
    let carriers = shipments::metrics(state.pool(), caller.tenant()).await?;
    Ok(success(json!({ "days": 30, "carriers": carriers })))
}

/// What parcels need a look
///
/// How many are on their way, how many late, and those that are late or in trouble.
#[utoipa::path(
    get, path = "/api/admin/monitoring/shipping", tag = "legacy",
    operation_id = "legacy_shipping_monitoring",
    security(("api_key" = ["admin"])),
    responses(
        (status = 200, description = "What is on its way.", body = wire::Legacy),
        wire::ReadErrors,
    )
)]
pub async fn monitoring(caller: Caller<Admin>, State(state): State<ApiState>) -> Result<Response> {
    Ok(success(
        shipments::watch(state.pool(), caller.tenant()).await?,
    ))
}

/// How is it doing?
///
/// As `GET /api/health`.
#[utoipa::path(
    get, path = "/api/status", tag = "legacy", operation_id = "legacy_status",
    responses(
        (status = 200, description = "Well.", body = wire::Health),
        wire::NotReady,
    )
)]
pub async fn status(state: State<ApiState>) -> Response {
    health::health(state).await
}
