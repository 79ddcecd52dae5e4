//! Prodigi's Print API v4 (PROVIDERS 2.1), below `/prodigi`. An order is in production when it is
//! first looked at, and sent when it is looked at again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

use crate::vendors::{Vendors, header_text, lock, refused};
use crate::webhooks::Proof;

const VENDOR: &str = "prodigi";

/// What Prodigi's sandbox did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ProdigiState {
    /// Placing calls, with and without success.
    pub placing_calls: u64,
    /// Orders by their `merchantReference`: more than one is a client's mistake.
    pub orders: BTreeMap<String, u64>,
    /// Orders beyond the first for the same reference: what must stay zero.
    pub duplicates: u64,
}

#[derive(Default)]
pub(crate) struct Prodigi {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    state: ProdigiState,
    orders: BTreeMap<String, Order>,
    ids_by_key: BTreeMap<String, String>,
}

struct Order {
    value: Value,
    looks: u32,
}

impl Prodigi {
    pub(crate) fn state(&self) -> ProdigiState {
        lock(&self.inner).state.clone()
    }
}

pub(crate) fn router() -> Router<Arc<Vendors>> {
    let mut router = Router::new();
    // Its paths are read in any case.
    for orders in ["/v4.0/Orders", "/v4.0/orders"] {
        router = router
            .route(orders, post(create).get(list))
            .route(&format!("{orders}/{{id}}"), get(show))
            .route(&format!("{orders}/{{id}}/actions/cancel"), post(cancel));
    }
    router
}

pub(crate) fn refusal(status: StatusCode) -> Value {
    let outcome = match status.as_u16() {
        400 => "ValidationFailed",
        404 => "EntityNotFound",
        405 => "MethodNotAllowed",
        415 => "InvalidContentType",
        401 => "NotAuthenticated",
        429 => "TooManyRequests",
        _ => "InternalServerError",
    };
    json!({"outcome": outcome, "statusText": outcome, "traceParent": "00-0-0-00"})
}

fn knows(vendors: &Vendors, headers: &HeaderMap) -> bool {
    header_text(headers, "x-api-key") == Some(vendors.api_key.as_str())
}

fn invalid(field: &str) -> Response {
    let mut body = refusal(StatusCode::BAD_REQUEST);
    body["failures"] = json!({field: [{"code": "Missing", "message": "is required"}]});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn create(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !knows(&vendors, &headers) {
        return refused(VENDOR, StatusCode::UNAUTHORIZED);
    }
    let content_type = header_text(&headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    if !content_type.starts_with("application/json") {
        return refused(VENDOR, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let wanted: Value = serde_json::from_slice(&body).unwrap_or_default();
    for field in [
        "/shippingMethod",
        "/recipient/name",
        "/recipient/address/line1",
        "/recipient/address/postalOrZipCode",
        "/recipient/address/countryCode",
        "/recipient/address/townOrCity",
        "/items/0/sku",
        "/items/0/copies",
        "/items/0/sizing",
        "/items/0/assets/0/url",
        "/items/0/assets/0/printArea",
    ] {
        if wanted.pointer(field).is_none_or(|value| value == "") {
            return invalid(field);
        }
    }
    let (outcome, order) = vendors.prodigi.place(wanted);
    Json(json!({"outcome": outcome, "order": order, "traceParent": "00-0-0-00"})).into_response()
}

impl Prodigi {
    fn place(&self, wanted: Value) -> (&'static str, Value) {
        let mut inner = lock(&self.inner);
        inner.state.placing_calls += 1;
        let key = wanted["idempotencyKey"].as_str().map(str::to_owned);
        let known = key.as_ref().and_then(|key| inner.ids_by_key.get(key));
        if let Some(order) = known.and_then(|id| inner.orders.get(id)) {
            return ("AlreadyExists", order.value.clone());
        }
        let id = format!("ord_{}", 840_000 + inner.orders.len());
        let reference = wanted["merchantReference"]
            .as_str()
            .unwrap_or(&id)
            .to_owned();
        let seen = inner.state.orders.entry(reference).or_default();
        *seen += 1;
        let again = *seen > 1;
        inner.state.duplicates += u64::from(again);
        let mut value = wanted;
        value["id"] = Value::from(id.as_str());
        value["created"] = Value::from("2026-11-20T10:00:00Z");
        value["lastUpdated"] = Value::from("2026-11-20T10:00:00Z");
        value["status"] = json!({"stage": "InProgress", "issues": [], "details": {}});
        value["shipments"] = json!([]);
        let order = Order {
            value: value.clone(),
            looks: 0,
        };
        inner.orders.insert(id.clone(), order);
        if let Some(key) = key {
            inner.ids_by_key.insert(key, id);
        }
        ("Created", value)
    }

    /// The order as it is now; the second look finds it sent. Answers whether that is news.
    fn look(&self, id: &str) -> Option<(Value, bool)> {
        let mut inner = lock(&self.inner);
        let order = inner.orders.get_mut(id)?;
        order.looks += 1;
        let is_going = order.value["status"]["stage"] == "InProgress";
        let is_sent = is_going && order.looks > 1;
        if is_sent {
            order.value["status"]["stage"] = Value::from("Complete");
            order.value["shipments"] = json!([{
                "id": format!("shp_{}", &id[4..]),
                "status": "Shipped",
                "carrier": {"name": "Royal Mail", "service": "Tracked 48"},
                "tracking": {
                    "number": format!("RM{}GB", &id[4..]),
                    "url": format!("https://track.example/RM{}GB", &id[4..]),
                },
                "dispatchDate": "2026-11-21T09:00:00Z",
                "items": [],
            }]);
        }
        Some((order.value.clone(), is_sent))
    }
}

async fn show(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if !knows(&vendors, &headers) {
        return refused(VENDOR, StatusCode::UNAUTHORIZED);
    }
    let Some((order, is_sent)) = vendors.prodigi.look(&id) else {
        return refused(VENDOR, StatusCode::NOT_FOUND);
    };
    if is_sent && let Some(url) = order["callbackUrl"].as_str() {
        for kind in ["order.shipments.shipment", "order.status.stage.changed"] {
            let event_id = format!("evt_{kind}_{id}");
            let event = json!({
                "specversion": "1.0",
                "type": format!("com.prodigi.{kind}#Complete"),
                "source": "http://api.prodigi.com/v4.0/Orders/",
                "id": event_id,
                "time": "2026-11-21T09:00:00Z",
                "datacontenttype": "application/json",
                "subject": id,
                "data": {"order": order},
            });
            let webhooks = &vendors.webhooks;
            webhooks.send_to(url.to_owned(), &event_id, &event, Proof::Address);
        }
    }
    Json(json!({"outcome": "Ok", "order": order})).into_response()
}

async fn list(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    if !knows(&vendors, &headers) {
        return refused(VENDOR, StatusCode::UNAUTHORIZED);
    }
    let wanted = query.get("merchantReferences");
    let inner = lock(&vendors.prodigi.inner);
    let orders: Vec<_> = inner
        .orders
        .values()
        .map(|order| &order.value)
        .filter(|order| {
            wanted.is_none_or(|wanted| order["merchantReference"].as_str() == Some(wanted))
        })
        .take(100)
        .collect();
    Json(json!({"outcome": "Ok", "orders": orders, "hasMore": false})).into_response()
}

async fn cancel(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if !knows(&vendors, &headers) {
        return refused(VENDOR, StatusCode::UNAUTHORIZED);
    }
    let mut inner = lock(&vendors.prodigi.inner);
    let Some(order) = inner.orders.get_mut(&id) else {
        return refused(VENDOR, StatusCode::NOT_FOUND);
    };
    let outcome = match order.value["status"]["stage"].as_str() {
        Some("Complete") => "ActionNotAvailable",
        _ => {
            order.value["status"]["stage"] = Value::from("Cancelled");
            "Cancelled"
        }
    };
    Json(json!({"outcome": outcome, "order": order.value})).into_response()
}
