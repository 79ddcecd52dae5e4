//! Fulfilments and parcels: what people have done with them, and where parcels are.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use serde_json::Value;
use stevedore_model::fulfillments::{self, RunNow};
use stevedore_model::problems::Fields;
use stevedore_model::shipments::{self, NewShipment};
use stevedore_model::{TenantId, lists};

use crate::auth::{self, Admin, Caller, OrdersRead, Scope};
use crate::body::JsonBody;
use crate::problem::{Kind, Problem, Result};
use crate::routes::lists::row;
use crate::routes::orders::refused;
use crate::routes::path_id::{self, Id};
use crate::state::ApiState;
use crate::wire;

/// Try a fulfilment again
///
/// Now, instead of when its next attempt is due. When its order is on hold, that is resumed, and
/// all that failed of it is tried again.
#[utoipa::path(
    post, path = "/v1/fulfillments/{fulfillment_id}/retry", tag = "orders",
    operation_id = "retry_fulfillment",
    security(("api_key" = ["admin"])),
    params(("fulfillment_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    responses(
        (status = 200, description = "The fulfilment as it is now.", body = wire::FulfillmentRow),
        wire::FulfillmentNotFound, wire::TransitionRefused, wire::ReadErrors,
    )
)]
pub async fn retry(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    key: Id<path_id::Fulfillment>,
) -> Result<Json<Value>> {
    run(&caller, &state, &key, RunNow::Retry).await
}

/// Verify a fulfilment
///
/// Asks the provider what became of what was sent to it.
#[utoipa::path(
    post, path = "/v1/fulfillments/{fulfillment_id}/verify", tag = "orders",
    operation_id = "verify_fulfillment",
    security(("api_key" = ["admin"])),
    params(("fulfillment_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    responses(
        (status = 200, description = "The fulfilment as it is now.", body = wire::FulfillmentRow),
        wire::FulfillmentNotFound, wire::TransitionRefused, wire::ReadErrors,
    )
)]
pub async fn verify(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    key: Id<path_id::Fulfillment>,
) -> Result<Json<Value>> {
    run(&caller, &state, &key, RunNow::Verify).await
}

async fn run(
    caller: &Caller<Admin>,
    state: &ApiState,
    key: &Id<path_id::Fulfillment>,
    how: RunNow,
) -> Result<Json<Value>> {
    let (mut db, tenant, list) = (state.db().await?, caller.tenant(), &lists::FULFILLMENTS);
    let Json(before) = row(&mut db, tenant, list, key.0, || key.missing()).await?;
    let order_id = before["order_id"].as_i64().unwrap_or_default();
    let actor = caller.actor();
    fulfillments::run_now(&mut *db, tenant, order_id, Some(key.0), how, &actor)
        .await
        .map_err(|error| refused(error, || key.missing()))?;
    row(&mut db, tenant, list, key.0, || key.missing()).await
}

/// Hand a parcel to a carrier
///
/// Adds tracking to a fulfilment. The same carrier and number again is the same parcel.
#[utoipa::path(
    post, path = "/v1/fulfillments/{fulfillment_id}/shipments", tag = "orders",
    operation_id = "create_shipment",
    security(("api_key" = ["admin"])),
    params(("fulfillment_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    request_body(content = wire::NewShipment, content_type = "application/json"),
    responses(
        (status = 201, description = "The parcel.", body = wire::ShipmentRow),
        wire::FulfillmentNotFound, wire::TransitionRefused, wire::BodyErrors,
    )
)]
pub async fn ship(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    key: Id<path_id::Fulfillment>,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let parcel = parcel(&body)?;
    let (mut db, tenant, actor) = (state.db().await?, caller.tenant(), caller.actor());
    let made = shipments::create(&mut *db, tenant, key.0, &parcel, &actor).await;
    let shipment_id = made.map_err(|error| refused(error, || key.missing()))?;
    let shipment = row(&mut db, tenant, &lists::SHIPMENTS, shipment_id, || {
        key.missing()
    })
    .await?;
    Ok((StatusCode::CREATED, shipment).into_response())
}

pub(crate) fn parcel(body: &Value) -> Result<NewShipment> {
    let (mut problems, mut parcel) = (Vec::new(), None);
    if let Some(mut fields) = Fields::of(body, "", &mut problems) {
        let carrier = fields
            .required_text("carrier_code", 1..=40)
            .and_then(|text| fields.parsed("carrier_code", text, carrier_code));
        let tracking_number = fields.text("tracking_number", 1..=100).map(str::to_owned);
        let tracking_url = fields
            .text("tracking_url", 1..=2000)
            .and_then(|text| fields.parsed("tracking_url", text, web_address));
        let service = fields.text("service", 1..=100).map(str::to_owned);
        let estimated_delivery_at = fields
            .text("estimated_delivery_at", 1..=40)
            .and_then(|text| {
                fields.parsed("estimated_delivery_at", text, |text| {
                    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
                    time.map_err(|_| {
                        (
                            "invalid",
                            "must be a time such as 2030-01-01T08:00:00Z".into(),
                        )
                    })
                })
            });
        fields.finish();
        parcel = carrier.map(|carrier_code| NewShipment {
            carrier_code,
            tracking_number,
            tracking_url,
            service,
            estimated_delivery_at,
        });
    }
    parcel
        .filter(|_| problems.is_empty())
        .ok_or_else(|| Problem::invalid(problems))
}

fn carrier_code(text: &str) -> std::result::Result<String, (&'static str, String)> {
    let mut bytes = text.bytes();
    let begins = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
    let legal =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    match begins && bytes.all(legal) {
        true => Ok(text.to_owned()),
        false => Err((
            "invalid",
            "must be a carrier's code, such as royal_mail".into(),
        )),
    }
}

/// People click on it: nothing but the web.
fn web_address(text: &str) -> std::result::Result<String, (&'static str, String)> {
    let web = ["https://", "http://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    match web {
        true => Ok(text.to_owned()),
        false => Err(("invalid", "must begin with https://".into())),
    }
}

/// Whose parcels a request may ask for: with a key the shop of the key, without one the only shop
/// of a database that serves a single one.
#[derive(Debug)]
pub struct Anybody(pub TenantId);

impl axum::extract::FromRequestParts<ApiState> for Anybody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            let (limits, settings) = (state.limits(), state.settings());
            limits.count_stranger(&parts.headers, &parts.extensions, settings)?;
            return Ok(Anybody(TenantId::SHOP));
        }
        let key = auth::identify(&parts.headers, &parts.extensions, state).await?;
        auth::must_allow(&key, OrdersRead::NAME)?;
        Ok(Anybody(key.tenant))
    }
}

/// Track a parcel
///
/// For whoever has its number, with or without a key: where it is, and nothing of who, what or
/// where to.
#[utoipa::path(
    get, path = "/v1/tracking/{tracking_number}", tag = "orders", operation_id = "track",
    security((), ("api_key" = ["orders:read"])),
    params(("tracking_number" = String, Path, description = "What the carrier calls it.",
        example = "RM123456789GB")),
    responses(
        (status = 200, description = "Where it is.", body = wire::Tracking),
        wire::ShipmentNotFound,
        wire::ReadErrors,
    )
)]
pub async fn track(
    Anybody(tenant): Anybody,
    State(state): State<ApiState>,
    Path(number): Path<String>,
) -> Result<Json<Value>> {
    tracked(&state, tenant, &number).await.map(Json)
}

/// What anybody may know of a parcel.
pub(crate) async fn tracked(state: &ApiState, tenant: TenantId, number: &str) -> Result<Value> {
    let found = match (1..=100).contains(&number.len()) && !number.contains('\0') {
        true => shipments::track(state.pool(), tenant, number).await?,
        false => None,
    };
    found.ok_or_else(|| {
        let detail = format!("There is no parcel with the number {number:?}.");
        Problem::new(Kind::ShipmentNotFound, detail)
    })
}
