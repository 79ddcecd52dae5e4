//! Stripe's events, as far as they tell of payments.
//!
//! A checkout and its payment intent tell of one capture by two events: both name the intent as
//! its reference, so it counts once. A refund is known by its own id; `charge.refunded`, where it
//! only tells the sum, waits for the refund's own event.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};
use stevedore_model::payments::PaymentFact;

use super::order_ref::{Notes, OrderRef};
use super::{Trouble, Word, nothing};

const PROVIDER: &str = "stripe";

#[derive(Deserialize)]
struct Envelope {
    id: String,
    object: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    created: i64,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default)]
    object: Value,
}

#[derive(Deserialize)]
struct Session {
    id: String,
    mode: String,
    payment_status: String,
    amount_total: Option<i64>,
    currency: Option<String>,
    payment_intent: Option<String>,
    client_reference_id: Option<String>,
    #[serde(default)]
    metadata: Notes,
}

#[derive(Deserialize)]
struct Intent {
    id: String,
    currency: String,
    #[serde(default)]
    amount_received: i64,
    #[serde(default)]
    amount_capturable: i64,
    last_payment_error: Option<Refusal>,
    cancellation_reason: Option<String>,
    #[serde(default)]
    metadata: Notes,
}

/// Why a card was declined.
#[derive(Deserialize)]
struct Refusal {
    code: Option<String>,
    decline_code: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct Charge {
    id: String,
    amount_refunded: i64,
    payment_intent: Option<String>,
    refunds: Option<Refunds>,
    #[serde(default)]
    metadata: Notes,
}

#[derive(Deserialize)]
struct Refunds {
    data: Vec<Refund>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct Refund {
    id: String,
    amount: i64,
    currency: String,
    payment_intent: Option<String>,
    charge: Option<String>,
    status: Option<String>,
    failure_reason: Option<String>,
    #[serde(default)]
    metadata: Notes,
}

#[derive(Deserialize)]
struct Dispute {
    id: String,
    amount: i64,
    currency: String,
    payment_intent: Option<String>,
    charge: Option<String>,
    status: String,
    reason: Option<String>,
}

/// What the event says.
pub(super) fn read(body: &[u8]) -> Result<Vec<Word>, Trouble> {
    let Envelope {
        id,
        object,
        kind,
        created,
        data,
    } = serde_json::from_slice(body)?;
    if object != "event" {
        return Ok(nothing(format!("{object} is no snapshot event")));
    }
    let telling = Telling { id, created };
    let object = data.object;
    match kind.as_str() {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            Ok(telling.paid_session(serde_json::from_value(object)?))
        }
        "checkout.session.async_payment_failed" => {
            Ok(telling.session("failed", serde_json::from_value(object)?))
        }
        "checkout.session.expired" => {
            Ok(telling.session("cancelled", serde_json::from_value(object)?))
        }
        "payment_intent.succeeded" => {
            Ok(telling.intent("captured", serde_json::from_value(object)?))
        }
        "payment_intent.amount_capturable_updated" => {
            Ok(telling.intent("authorized", serde_json::from_value(object)?))
        }
        "payment_intent.requires_action" => {
            Ok(telling.intent("requires_action", serde_json::from_value(object)?))
        }
        "payment_intent.payment_failed" => {
            Ok(telling.intent("failed", serde_json::from_value(object)?))
        }
        "payment_intent.canceled" => {
            Ok(telling.intent("cancelled", serde_json::from_value(object)?))
        }
        "charge.refunded" => Ok(telling.refunded_charge(serde_json::from_value(object)?)),
        "charge.refund.updated" | "refund.created" | "refund.updated" | "refund.failed" => {
            Ok(vec![telling.refund(serde_json::from_value(object)?, None)])
        }
        "charge.dispute.created" | "charge.dispute.closed" => {
            Ok(telling.dispute(serde_json::from_value(object)?))
        }
        other => Ok(nothing(format!("{other} says nothing about an order"))),
    }
}

/// The event around what it tells.
struct Telling {
    id: String,
    created: i64,
}

impl Telling {
    fn fact(&self, what: &'static str) -> PaymentFact {
        PaymentFact {
            provider: PROVIDER.to_owned(),
            event_id: self.id.clone(),
            what,
            occurred_at: DateTime::from_timestamp(self.created, 0),
            order_id: None,
            payment_ref: None,
            session_ref: None,
            amount: None,
            currency: None,
            reference: None,
            refund_id: None,
            details: json!({}),
        }
    }

    fn paid_session(&self, session: Session) -> Vec<Word> {
        match session.payment_status.as_str() {
            "paid" => self.session("captured", session),
            "unpaid" => nothing("the checkout is complete, but the money has not come yet"),
            other => nothing(format!("the checkout's payment is {other}")),
        }
    }

    fn session(&self, what: &'static str, session: Session) -> Vec<Word> {
        if session.mode != "payment" {
            return nothing(format!("the checkout is for a {}", session.mode));
        }
        let by_reference = session.client_reference_id.as_deref();
        let order = session
            .metadata
            .order
            .or_else(|| by_reference.and_then(OrderRef::of));
        let is_capture = what == "captured";
        let reference = session.payment_intent.as_ref().unwrap_or(&session.id);
        let fact = PaymentFact {
            reference: is_capture.then(|| reference.clone()),
            amount: session.amount_total.filter(|_| is_capture),
            currency: session.currency.map(|code| code.to_uppercase()),
            payment_ref: session.payment_intent,
            session_ref: Some(session.id),
            ..self.fact(what)
        };
        vec![Word::Payment(Box::new(fact), order)]
    }

    fn intent(&self, what: &'static str, intent: Intent) -> Vec<Word> {
        let amount = match what {
            "captured" => Some(intent.amount_received),
            "authorized" => Some(intent.amount_capturable),
            _ => None,
        };
        let details = match (intent.last_payment_error, intent.cancellation_reason) {
            (Some(refusal), _) if what == "failed" => json!({
                "code": refusal.code,
                "decline_code": refusal.decline_code,
                "message": refusal.message,
            }),
            (_, Some(reason)) => json!({ "reason": reason }),
            _ => json!({}),
        };
        let fact = PaymentFact {
            reference: amount.map(|_| intent.id.clone()),
            payment_ref: Some(intent.id),
            amount,
            currency: Some(intent.currency.to_uppercase()),
            details,
            ..self.fact(what)
        };
        vec![Word::Payment(Box::new(fact), intent.metadata.order)]
    }

    fn refunded_charge(&self, charge: Charge) -> Vec<Word> {
        let payment_ref = charge.payment_intent.unwrap_or(charge.id);
        match charge.refunds {
            // API versions before 2022-11-15 tell the refunds themselves.
            Some(Refunds { data, has_more }) if !has_more && !data.is_empty() => data
                .into_iter()
                .map(|refund| {
                    let refund = Refund {
                        payment_intent: Some(payment_ref.clone()),
                        ..refund
                    };
                    self.refund(refund, charge.metadata.order.clone())
                })
                .collect(),
            _ => vec![Word::RefundedSoFar {
                provider: PROVIDER,
                payment_ref,
                amount: charge.amount_refunded,
            }],
        }
    }

    fn refund(&self, refund: Refund, order: Option<OrderRef>) -> Word {
        let what = match refund.status.as_deref() {
            Some("succeeded") => "refunded",
            Some("failed" | "canceled") => "refund_failed",
            other => {
                let status = other.unwrap_or("unknown");
                return Word::Nothing(format!("refund {} is {status}", refund.id));
            }
        };
        let fact = PaymentFact {
            // One event may tell of several refunds.
            event_id: format!("{}:{}", self.id, refund.id),
            payment_ref: refund.payment_intent.or(refund.charge),
            amount: Some(refund.amount),
            currency: Some(refund.currency.to_uppercase()),
            reference: Some(refund.id),
            refund_id: refund.metadata.refund_id,
            details: match refund.failure_reason {
                Some(reason) => json!({ "message": reason }),
                None => json!({}),
            },
            ..self.fact(what)
        };
        Word::Payment(Box::new(fact), refund.metadata.order.or(order))
    }

    fn dispute(&self, dispute: Dispute) -> Vec<Word> {
        let what = match dispute.status.as_str() {
            "won" | "warning_closed" => "dispute_won",
            "lost" => "dispute_lost",
            _ => "dispute_opened",
        };
        let fact = PaymentFact {
            payment_ref: dispute.payment_intent.or(dispute.charge),
            amount: Some(dispute.amount),
            currency: Some(dispute.currency.to_uppercase()),
            reference: Some(dispute.id),
            details: json!({ "reason": dispute.reason }),
            ..self.fact(what)
        };
        vec![Word::Payment(Box::new(fact), None)]
    }
}
