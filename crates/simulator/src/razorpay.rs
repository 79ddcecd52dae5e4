//! Razorpay's refunds (PROVIDERS 1.2), below `/razorpay`. Payments are taken to be there and large
//! enough, but for those whose id says otherwise: `pay_missing`, `pay_refunded`, `pay_pending`,
//! `pay_failing…`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::stripe::RefundsState;
use crate::vendors::{Vendors, header_text, lock};
use crate::webhooks::{Proof, unix_seconds};

const VENDOR: &str = "razorpay";
/// Refunds in one answer.
const LIST_MAX: usize = 100;
/// Shortest idempotency key.
const KEY_BYTES_MIN: usize = 10;

#[derive(Default)]
pub(crate) struct Razorpay {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    state: RefundsState,
    refunds: Vec<Value>,
    /// What was answered to a key, and to which body.
    answers: BTreeMap<String, (Value, usize)>,
}

impl Razorpay {
    pub(crate) fn state(&self) -> RefundsState {
        lock(&self.inner).state.clone()
    }
}

pub(crate) fn router() -> Router<Arc<Vendors>> {
    Router::new()
        .route("/v1/payments/{id}/refund", post(create))
        .route("/v1/payments/{id}/refunds", get(list))
        .route("/v1/refunds", get(list_all))
        .route("/v1/refunds/{id}", get(show))
}

/// Razorpay's error body.
pub(crate) fn error(status: StatusCode, description: &str) -> Value {
    let code = match status.as_u16() {
        502 | 504 => "GATEWAY_ERROR",
        500..=599 => "SERVER_ERROR",
        _ => "BAD_REQUEST_ERROR",
    };
    json!({"error": {
        "code": code, "description": description, "source": "business",
        "step": "payment_initiation", "reason": "input_validation_failed", "metadata": {},
    }})
}

fn refuse(status: u16, description: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(error(status, description))).into_response()
}

/// Basic, with the key's id and its secret: here both the same.
fn knows(vendors: &Vendors, headers: &HeaderMap) -> bool {
    let sent = header_text(headers, "authorization").and_then(|text| text.strip_prefix("Basic "));
    sent.is_some_and(|sent| sent == BASE64_STANDARD.encode(format!("{0}:{0}", vendors.api_key)))
}

async fn create(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Path(payment): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    if !knows(&vendors, &headers) {
        return refuse(401, "Authentication failed");
    }
    let key = header_text(&headers, "x-refund-idempotency");
    if key.is_some_and(|key| key.len() < KEY_BYTES_MIN) {
        return refuse(400, "The idempotency key must be at least 10 characters.");
    }
    if payment.contains("missing") {
        return refuse(400, "The id provided does not exist");
    }
    if payment.contains("refunded") {
        return refuse(400, "The payment has been fully refunded already");
    }
    match vendors.razorpay.place(&payment, body, key) {
        Err(description) => refuse(400, description),
        Ok((refund, is_new)) => {
            if is_new {
                tell(&vendors, &refund);
            }
            Json(refund).into_response()
        }
    }
}

impl Razorpay {
    fn place(
        &self,
        payment: &str,
        body: Value,
        key: Option<&str>,
    ) -> Result<(Value, bool), &'static str> {
        let mut inner = lock(&self.inner);
        inner.state.placing_calls += 1;
        if let Some((before, nth)) = key.and_then(|key| inner.answers.get(key)) {
            if *before != body {
                return Err("Different request with the same idempotency key");
            }
            return Ok((inner.refunds[*nth].clone(), false));
        }
        let nth = inner.refunds.len();
        let amount = body["amount"].as_u64().unwrap_or(0);
        let status = match payment {
            payment if payment.contains("pending") => "pending",
            payment if payment.contains("failing") => "failed",
            _ => "processed",
        };
        // Empty notes are a list, others an object.
        let notes = match &body["notes"] {
            Value::Object(notes) if !notes.is_empty() => body["notes"].clone(),
            _ => json!([]),
        };
        let refund = json!({
            "id": format!("rfnd_{nth:014}"), "entity": "refund", "amount": amount,
            "currency": "INR", "payment_id": payment, "notes": notes,
            "receipt": body["receipt"], "acquirer_data": {"arn": null},
            "created_at": unix_seconds(), "batch_id": null, "status": status,
            "speed_processed": "normal", "speed_requested": "normal",
        });
        let receipt = body["receipt"].as_str().unwrap_or_default();
        let name = key.unwrap_or(receipt).to_owned();
        inner.state.count(name, amount);
        inner.refunds.push(refund.clone());
        if let Some(key) = key {
            inner.answers.insert(key.to_owned(), (body, nth));
        }
        Ok((refund, true))
    }
}

fn tell(vendors: &Vendors, refund: &Value) {
    let id = refund["id"].as_str().unwrap_or_default();
    let kind = match refund["status"].as_str() {
        Some("processed") => "refund.processed",
        Some("failed") => "refund.failed",
        _ => "refund.created",
    };
    let event = json!({
        "entity": "event", "account_id": "acc_simulator", "event": kind,
        "contains": ["refund"], "payload": {"refund": {"entity": refund}},
        "created_at": refund["created_at"],
    });
    let event_id = format!("{kind}-{id}");
    let webhooks = &vendors.webhooks;
    webhooks.send(VENDOR, &event_id, &event, Proof::Razorpay);
}

/// A pending refund is processed when it is looked at.
async fn show(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if !knows(&vendors, &headers) {
        return refuse(401, "Authentication failed");
    }
    let found = {
        let mut inner = lock(&vendors.razorpay.inner);
        let refund = inner.refunds.iter_mut().find(|refund| refund["id"] == *id);
        refund.map(|refund| {
            let is_news = refund["status"] == "pending";
            if is_news {
                refund["status"] = Value::from("processed");
            }
            (refund.clone(), is_news)
        })
    };
    let Some((refund, is_news)) = found else {
        return refuse(400, "The id provided does not exist");
    };
    if is_news {
        tell(&vendors, &refund);
    }
    Json(refund).into_response()
}

async fn list(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Path(payment): Path<String>,
) -> Response {
    let of_payment = |refund: &&Value| refund["payment_id"] == *payment;
    collection(&vendors, &headers, of_payment, LIST_MAX)
}

#[derive(Deserialize)]
struct Page {
    count: Option<usize>,
}

async fn list_all(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Query(page): Query<Page>,
) -> Response {
    // Ten, unless somebody asks for another number.
    let count = page.count.unwrap_or(10).min(LIST_MAX);
    collection(&vendors, &headers, |_| true, count)
}

/// The newest refunds first.
fn collection(
    vendors: &Vendors,
    headers: &HeaderMap,
    is_wanted: impl Fn(&&Value) -> bool,
    count: usize,
) -> Response {
    if !knows(vendors, headers) {
        return refuse(401, "Authentication failed");
    }
    let inner = lock(&vendors.razorpay.inner);
    let refunds = inner.refunds.iter().rev().filter(is_wanted);
    let refunds: Vec<_> = refunds.take(count).collect();
    Json(json!({"entity": "collection", "count": refunds.len(), "items": refunds})).into_response()
}
