//! Stripe's refunds (PROVIDERS 1.1), below `/stripe`. Payments are taken to be there and large
//! enough, but for those whose id says otherwise: `pi_missing…`, `pi_refunded…`, `pi_pending…`,
//! `pi_failing…`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

use crate::vendors::{Vendors, header_text, lock};
use crate::webhooks::{Proof, unix_seconds};

const VENDOR: &str = "stripe";

/// What a sandbox that gives money back did: Stripe's or Razorpay's.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RefundsState {
    /// Calls that ask for a refund, with and without success.
    pub placing_calls: u64,
    /// Refunds by idempotency key: more than one is a client's mistake.
    pub refunds: BTreeMap<String, u64>,
    /// Refunds beyond the first for the same key or the same reference: what must stay zero.
    pub duplicates: u64,
    /// Minor units given back.
    pub amount: u64,
}

#[derive(Default)]
pub(crate) struct Stripe {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    state: RefundsState,
    refunds: Vec<Value>,
    /// What was answered to a key, and to which parameters.
    answers: BTreeMap<String, (String, usize)>,
}

impl Stripe {
    pub(crate) fn state(&self) -> RefundsState {
        lock(&self.inner).state.clone()
    }
}

pub(crate) fn router() -> Router<Arc<Vendors>> {
    Router::new()
        .route("/v1/refunds", post(create).get(list))
        .route("/v1/refunds/{id}", get(show))
}

/// Stripe's error body.
pub(crate) fn error(status: StatusCode, kind: &str, code: Option<&str>, message: &str) -> Value {
    let kind = match status.as_u16() {
        401 | 404 | 429 => "invalid_request_error",
        _ => kind,
    };
    json!({"error": {"type": kind, "code": code, "message": message}})
}

fn refuse(status: u16, kind: &str, code: Option<&str>, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(error(status, kind, code, message))).into_response()
}

fn knows(vendors: &Vendors, headers: &HeaderMap) -> bool {
    let token = header_text(headers, "authorization").and_then(|text| text.strip_prefix("Bearer "));
    token == Some(vendors.api_key.as_str())
}

fn unknown_key() -> Response {
    refuse(
        401,
        "invalid_request_error",
        None,
        "Invalid API Key provided",
    )
}

/// Form fields, the last of each name.
fn form(body: &str) -> BTreeMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://form/?{body}"));
    url.map(|url| url.query_pairs().into_owned().collect())
        .unwrap_or_default()
}

async fn create(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if !knows(&vendors, &headers) {
        return unknown_key();
    }
    let fields = form(&body);
    let payment = fields
        .get("payment_intent")
        .or_else(|| fields.get("charge"));
    let Some(payment) = payment else {
        let message = "One of the following params should be provided: payment_intent or charge.";
        return refuse(
            400,
            "invalid_request_error",
            Some("parameter_missing"),
            message,
        );
    };
    if payment.contains("missing") {
        let message = format!("No such payment_intent: '{payment}'");
        return refuse(
            404,
            "invalid_request_error",
            Some("resource_missing"),
            &message,
        );
    }
    if payment.contains("refunded") {
        let message = "Charge has already been refunded.";
        let code = Some("charge_already_refunded");
        return refuse(400, "invalid_request_error", code, message);
    }
    match vendors
        .stripe
        .place(&fields, &body, header_text(&headers, "idempotency-key"))
    {
        Err(message) => refuse(400, "idempotency_error", None, message),
        Ok((refund, is_new)) => {
            if is_new {
                tell(&vendors, &refund, "refund.created");
            }
            Json(refund).into_response()
        }
    }
}

impl Stripe {
    fn place(
        &self,
        fields: &BTreeMap<String, String>,
        body: &str,
        key: Option<&str>,
    ) -> Result<(Value, bool), &'static str> {
        let mut inner = lock(&self.inner);
        inner.state.placing_calls += 1;
        if let Some((parameters, nth)) = key.and_then(|key| inner.answers.get(key)) {
            if parameters != body {
                return Err(
                    "Keys for idempotent requests can only be used with the same \
                            parameters they were first used with.",
                );
            }
            return Ok((inner.refunds[*nth].clone(), false));
        }
        let nth = inner.refunds.len();
        let amount: u64 = fields
            .get("amount")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        let payment = fields.get("payment_intent").cloned().unwrap_or_default();
        let metadata: BTreeMap<_, _> = fields
            .iter()
            .filter_map(|(name, value)| {
                let name = name.strip_prefix("metadata[")?.strip_suffix(']')?;
                Some((name.to_owned(), value.clone()))
            })
            .collect();
        let (status, failure) = match payment.as_str() {
            payment if payment.contains("pending") => ("pending", None),
            payment if payment.contains("failing") => ("failed", Some("declined")),
            _ => ("succeeded", None),
        };
        let mut refund = json!({
            "id": format!("re_{nth:024}"), "object": "refund", "amount": amount,
            "balance_transaction": null, "charge": fields.get("charge"),
            "created": unix_seconds(), "currency": "usd", "metadata": metadata,
            "payment_intent": fields.get("payment_intent"), "reason": fields.get("reason"),
            "receipt_number": null, "source_transfer_reversal": null, "status": status,
            "transfer_reversal": null,
        });
        if let Some(failure) = failure {
            refund["failure_reason"] = Value::from(failure);
        }
        let reference = metadata.get("refund_reference").cloned();
        let name = key.map(str::to_owned).or(reference).unwrap_or_default();
        inner.state.count(name, amount);
        inner.refunds.push(refund.clone());
        if let Some(key) = key {
            inner.answers.insert(key.to_owned(), (body.to_owned(), nth));
        }
        Ok((refund, true))
    }
}

impl RefundsState {
    pub(crate) fn count(&mut self, key: String, amount: u64) {
        self.amount += amount;
        let seen = self.refunds.entry(key).or_default();
        *seen += 1;
        let again = *seen > 1;
        self.duplicates += u64::from(again);
    }
}

fn tell(vendors: &Vendors, refund: &Value, kind: &str) {
    let id = refund["id"].as_str().unwrap_or_default();
    let event_id = format!("evt_{kind}_{id}");
    let event = json!({
        "id": event_id, "object": "event", "api_version": "2026-07-29.dahlia",
        "created": refund["created"], "livemode": false, "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null}, "type": kind,
        "data": {"object": refund},
    });
    let webhooks = &vendors.webhooks;
    webhooks.send(VENDOR, &event_id, &event, Proof::Stripe);
}

/// A pending refund is done when it is looked at.
async fn show(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if !knows(&vendors, &headers) {
        return unknown_key();
    }
    let found = {
        let mut inner = lock(&vendors.stripe.inner);
        let refund = inner.refunds.iter_mut().find(|refund| refund["id"] == *id);
        refund.map(|refund| {
            let is_news = refund["status"] == "pending";
            if is_news {
                refund["status"] = Value::from("succeeded");
            }
            (refund.clone(), is_news)
        })
    };
    let Some((refund, is_news)) = found else {
        let message = format!("No such refund: '{id}'");
        return refuse(
            404,
            "invalid_request_error",
            Some("resource_missing"),
            &message,
        );
    };
    if is_news {
        tell(&vendors, &refund, "refund.updated");
    }
    Json(refund).into_response()
}

async fn list(
    Shared(vendors): Shared<Arc<Vendors>>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    if !knows(&vendors, &headers) {
        return unknown_key();
    }
    let limit = query.get("limit").and_then(|limit| limit.parse().ok());
    let limit: usize = limit.unwrap_or(10);
    let inner = lock(&vendors.stripe.inner);
    let of = |name: &str, refund: &Value| {
        let wanted = query.get(name);
        wanted.is_none_or(|wanted| refund[name].as_str() == Some(wanted))
    };
    let refunds: Vec<_> = inner
        .refunds
        .iter()
        .rev()
        .filter(|refund| of("payment_intent", refund) && of("charge", refund))
        .take(limit.clamp(1, 100))
        .collect();
    Json(json!({
        "object": "list", "data": refunds, "has_more": false, "url": "/v1/refunds",
    }))
    .into_response()
}
