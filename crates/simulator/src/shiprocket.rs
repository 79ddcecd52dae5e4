//! Shiprocket's external interface (PROVIDERS 2.2), below `/shiprocket/v1/external`. It has no
//! duplicate check, as the real one: the same `order_id` twice is two orders, and is counted. A
//! parcel goes one step further each time it is tracked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

use crate::vendors::{Vendors, header_text, lock, refused};
use crate::webhooks::Proof;

const VENDOR: &str = "shiprocket";
/// The way of every parcel: the shipment's status, the order's, and the word for both.
const WAY: [(u32, u32, &str); 5] = [
    (19, 34, "OUT FOR PICKUP"),
    (42, 51, "PICKED UP"),
    (18, 20, "IN TRANSIT"),
    (17, 19, "OUT FOR DELIVERY"),
    (7, 7, "DELIVERED"),
];

/// What Shiprocket's sandbox did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ShiprocketState {
    /// Logins.
    pub logins: u64,
    /// Calls that create an order, with and without success.
    pub placing_calls: u64,
    /// Orders by the client's `order_id`: more than one is a client's mistake.
    pub orders: BTreeMap<String, u64>,
    /// Orders beyond the first for the same `order_id`: what must stay zero.
    pub duplicates: u64,
    /// AWBs: what the wallet was charged for.
    pub awbs: u64,
    /// Pickups.
    pub pickups: u64,
}

#[derive(Default)]
pub(crate) struct Shiprocket {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    state: ShiprocketState,
    orders: Vec<Order>,
}

struct Order {
    reference: String,
    status: &'static str,
    awb: Option<String>,
    has_pickup: bool,
    steps: usize,
}

const FIRST_ORDER: u64 = 16_161_000;
const FIRST_SHIPMENT: u64 = 16_000_000;

impl Shiprocket {
    pub(crate) fn state(&self) -> ShiprocketState {
        lock(&self.inner).state.clone()
    }
}

pub(crate) fn router() -> Router<Arc<Vendors>> {
    let calls = Router::new()
        .route("/auth/login", post(log_in))
        .route("/orders/create/adhoc", post(create))
        .route("/orders", get(list))
        .route("/orders/cancel", post(cancel))
        .route("/courier/assign/awb", post(assign_awb))
        .route("/courier/generate/pickup", post(generate_pickup))
        .route("/courier/track/awbs", post(track));
    Router::new().nest("/v1/external", calls)
}

fn knows(vendors: &Vendors, headers: &HeaderMap) -> bool {
    let token = header_text(headers, "authorization").and_then(|text| text.strip_prefix("Bearer "));
    token == Some(token_of(vendors).as_str())
}

fn token_of(vendors: &Vendors) -> String {
    format!("token-of-{}", vendors.api_key)
}

fn said(status: u16, message: &str) -> Response {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({"message": message, "status_code": status});
    (code, Json(body)).into_response()
}

async fn log_in(Shared(vendors): Shared<Arc<Vendors>>, Json(body): Json<Value>) -> Response {
    lock(&vendors.shiprocket.inner).state.logins += 1;
    if body["password"].as_str() != Some(vendors.api_key.as_str()) {
        return said(403, "Invalid email and password combination");
    }
    let token = token_of(&vendors);
    Json(json!({"id": 1, "first_name": "API", "email": body["email"], "token": token}))
        .into_response()
}

async fn create(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Json(wanted): Json<Value>,
) -> Response {
    if !knows(&vendors, &headers) {
        return refused(VENDOR, StatusCode::UNAUTHORIZED);
    }
    let mut inner = lock(&vendors.shiprocket.inner);
    inner.state.placing_calls += 1;
    let missing: BTreeMap<_, _> = [
        "order_id",
        "order_date",
        "pickup_location",
        "billing_customer_name",
        "billing_address",
        "billing_city",
        "billing_pincode",
        "billing_state",
        "billing_country",
        "billing_email",
        "billing_phone",
        "order_items",
        "payment_method",
        "sub_total",
        "length",
        "breadth",
        "height",
        "weight",
    ]
    .into_iter()
    .filter(|field| wanted[*field].is_null() || wanted[*field] == "")
    .map(|field| (field, ["is required"]))
    .collect();
    if !missing.is_empty() {
        let body = json!({
            "message": "The given data was invalid.", "errors": missing, "status_code": 422,
        });
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response();
    }
    let reference = wanted["order_id"].as_str().unwrap_or_default().to_owned();
    let seen = inner.state.orders.entry(reference.clone()).or_default();
    *seen += 1;
    let again = *seen > 1;
    inner.state.duplicates += u64::from(again);
    let nth = inner.orders.len() as u64;
    inner.orders.push(Order {
        reference,
        status: "NEW",
        awb: None,
        has_pickup: false,
        steps: 0,
    });
    Json(json!({
        "order_id": FIRST_ORDER + nth, "shipment_id": FIRST_SHIPMENT + nth, "status": "NEW",
        "status_code": 1, "onboarding_completed_now": 0, "awb_code": null,
        "courier_company_id": null, "courier_name": null,
    }))
    .into_response()
}

async fn list(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    if !knows(&vendors, &headers) {
        return refused(VENDOR, StatusCode::UNAUTHORIZED);
    }
    let wanted = query.get("search").cloned().unwrap_or_default();
    let inner = lock(&vendors.shiprocket.inner);
    let orders: Vec<_> = (0u64..)
        .zip(&inner.orders)
        .filter(|(_, order)| order.reference.contains(&wanted))
        .take(10)
        .map(|(nth, order)| {
            json!({
                "id": FIRST_ORDER + nth,
                "channel_order_id": order.reference,
                "status": order.status,
                "shipments": [{
                    "id": FIRST_SHIPMENT + nth,
                    "awb": order.awb.as_deref().unwrap_or_default(),
                    "courier": order.awb.as_ref().map(|_| "Delhivery Surface"),
                    "pickup_scheduled_date": order.has_pickup.then_some("2026-11-22 09:00:00"),
                }],
            })
        })
        .collect();
    Json(json!({"data": orders, "meta": {"pagination": {"total": orders.len()}}})).into_response()
}

/// The order of a shipment, from a number or a list of one.
fn of_shipment<'a>(inner: &'a mut Inner, shipment: &Value) -> Option<&'a mut Order> {
    let id = shipment.as_u64().or_else(|| shipment[0].as_u64())?;
    let nth = usize::try_from(id.checked_sub(FIRST_SHIPMENT)?).ok()?;
    inner.orders.get_mut(nth)
}

async fn assign_awb(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if !knows(&vendors, &headers) {
        return refused(VENDOR, StatusCode::UNAUTHORIZED);
    }
    let mut inner = lock(&vendors.shiprocket.inner);
    let nth = 190_000_000_000 + inner.state.awbs;
    let Some(order) = of_shipment(&mut inner, &body["shipment_id"]) else {
        return said(404, "Shipment not found");
    };
    if order.awb.is_some() {
        return said(400, "AWB is already assigned");
    }
    let awb = nth.to_string();
    order.awb = Some(awb.clone());
    order.status = "READY TO SHIP";
    inner.state.awbs += 1;
    Json(json!({
        "awb_assign_status": 1,
        "response": {"data": {
            "courier_company_id": 24, "awb_code": awb, "courier_name": "Delhivery Surface",
            "shipment_id": body["shipment_id"], "applied_weight": 0.5,
            "assigned_date_time": {
                "date": "2026-11-21 11:45:00.000000", "timezone_type": 3,
                "timezone": "Asia/Kolkata",
            },
        }},
    }))
    .into_response()
}

async fn generate_pickup(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if !knows(&vendors, &headers) {
        return refused(VENDOR, StatusCode::UNAUTHORIZED);
    }
    let mut inner = lock(&vendors.shiprocket.inner);
    let Some(order) = of_shipment(&mut inner, &body["shipment_id"]) else {
        return said(404, "Shipment not found");
    };
    if order.awb.is_none() {
        return said(400, "AWB is not assigned");
    }
    if order.has_pickup {
        return said(400, "Duplicate request for pickup generation");
    }
    order.has_pickup = true;
    order.status = "PICKUP SCHEDULED";
    inner.state.pickups += 1;
    Json(json!({
        "pickup_status": 1,
        "response": {
            "pickup_scheduled_date": "2026-11-22 09:00:00", "pickup_token_number": "Ref: 1",
            "status": 3, "data": "Pickup is confirmed by the courier",
        },
    }))
    .into_response()
}

async fn cancel(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if !knows(&vendors, &headers) {
        return refused(VENDOR, StatusCode::UNAUTHORIZED);
    }
    let mut inner = lock(&vendors.shiprocket.inner);
    let id = body["ids"][0]
        .as_u64()
        .and_then(|id| id.checked_sub(FIRST_ORDER));
    let order = id.and_then(|nth| inner.orders.get_mut(usize::try_from(nth).ok()?));
    match order {
        None => said(404, "Order not found"),
        Some(order) if order.steps > 1 => said(400, "Cannot cancel a shipped order"),
        Some(order) => {
            order.status = "CANCELED";
            said(200, "Order cancelled successfully.")
        }
    }
}

async fn track(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if !knows(&vendors, &headers) {
        return refused(VENDOR, StatusCode::UNAUTHORIZED);
    }
    let mut inner = lock(&vendors.shiprocket.inner);
    let mut parcels = serde_json::Map::new();
    for awb in body["awbs"].as_array().into_iter().flatten() {
        let Some(awb) = awb.as_str() else { continue };
        let order = inner
            .orders
            .iter_mut()
            .find(|order| order.awb.as_deref() == Some(awb));
        let data = match order {
            None => json!({"track_status": 0, "error": "no activities found"}),
            Some(order) => {
                order.steps = (order.steps + 1).min(WAY.len());
                told(&vendors, awb, order)
            }
        };
        parcels.insert(awb.to_owned(), json!({"tracking_data": data}));
    }
    Json(Value::Object(parcels)).into_response()
}

/// What is told of a parcel, and pushed.
fn told(vendors: &Vendors, awb: &str, order: &Order) -> Value {
    let scans: Vec<_> = (1..)
        .zip(&WAY[..order.steps])
        .map(|(hour, (id, _, label))| {
            json!({
                "date": format!("2026-11-21 {hour:02}:00:00"), "status": "X", "activity": label,
                "location": "Chennai", "sr-status": id.to_string(), "sr-status-label": label,
            })
        })
        .collect();
    let (shipment_status, order_status, label) = WAY[order.steps.max(1) - 1];
    let push = json!({
        "awb": awb, "courier_name": "Delhivery Surface", "current_status": label,
        "current_status_id": order_status, "shipment_status": label,
        "shipment_status_id": shipment_status, "order_id": order.reference,
        "current_timestamp": format!("21 11 2026 {:02}:00:00", order.steps),
        "scans": scans,
    });
    let event_id = format!("{awb}-{}", order.steps);
    let webhooks = &vendors.webhooks;
    webhooks.send(VENDOR, &event_id, &push, Proof::ApiKey);
    json!({
        "track_status": 1, "shipment_status": shipment_status,
        "shipment_track": [{"awb_code": awb, "current_status": label}],
        "shipment_track_activities": scans,
        "track_url": format!("https://shiprocket.co/tracking/{awb}"),
    })
}
