//! Razorpay's events, as far as they tell of payments.
//!
//! The id of an event is in a header, which nothing signs: whoever replays a body under another id
//! must not have an effect, so what happened is named by what the signed body says.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::json;
use stevedore_model::payments::PaymentFact;

use super::order_ref::Notes;
use super::{Trouble, Word, nothing};

const PROVIDER: &str = "razorpay";

#[derive(Deserialize)]
struct Envelope {
    event: String,
    #[serde(default)]
    created_at: i64,
    #[serde(default)]
    payload: Payload,
}

#[derive(Default, Deserialize)]
struct Payload {
    payment: Option<Entity<Payment>>,
    refund: Option<Entity<Refund>>,
    dispute: Option<Entity<Dispute>>,
}

#[derive(Deserialize)]
struct Entity<T> {
    entity: T,
}

#[derive(Deserialize)]
struct Payment {
    id: String,
    amount: i64,
    currency: String,
    order_id: Option<String>,
    #[serde(default)]
    notes: Notes,
    error_code: Option<String>,
    error_reason: Option<String>,
    error_description: Option<String>,
}

#[derive(Deserialize)]
struct Refund {
    id: String,
    payment_id: String,
    amount: i64,
    currency: String,
    #[serde(default)]
    notes: Notes,
}

#[derive(Deserialize)]
struct Dispute {
    id: String,
    payment_id: String,
    amount: i64,
    currency: String,
    reason_code: Option<String>,
}

/// What the event says.
pub(super) fn read(body: &[u8]) -> Result<Vec<Word>, Trouble> {
    let Envelope {
        event,
        created_at,
        payload,
    } = serde_json::from_slice(body)?;
    let telling = Telling { event, created_at };
    let Payload {
        payment,
        refund,
        dispute,
    } = payload;
    match telling.event.as_str() {
        "payment.authorized" => telling.payment("authorized", payment),
        // An order is paid by one payment, of which payment.captured tells as well.
        "payment.captured" | "order.paid" => telling.payment("captured", payment),
        "payment.failed" => telling.payment("failed", payment),
        "refund.processed" => telling.refund("refunded", refund, payment),
        "refund.failed" => telling.refund("refund_failed", refund, payment),
        "payment.dispute.created" => telling.dispute("dispute_opened", dispute),
        "payment.dispute.won" => telling.dispute("dispute_won", dispute),
        "payment.dispute.lost" => telling.dispute("dispute_lost", dispute),
        other => Ok(nothing(format!("{other} says nothing about an order"))),
    }
}

/// The event around what it tells.
struct Telling {
    event: String,
    created_at: i64,
}

fn entity<T>(entity: Option<Entity<T>>, name: &str) -> Result<T, Trouble> {
    entity
        .map(|of| of.entity)
        .ok_or_else(|| Trouble::Unreadable(format!("there is no {name} in the payload")))
}

impl Telling {
    fn fact(&self, what: &'static str, subject: &str) -> PaymentFact {
        PaymentFact {
            provider: PROVIDER.to_owned(),
            event_id: format!("{}:{subject}:{}", self.event, self.created_at),
            what,
            occurred_at: DateTime::from_timestamp(self.created_at, 0),
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

    fn payment(
        &self,
        what: &'static str,
        payment: Option<Entity<Payment>>,
    ) -> Result<Vec<Word>, Trouble> {
        let payment = entity(payment, "payment")?;
        let moves_money = what != "failed";
        let details = match moves_money {
            true => json!({}),
            false => json!({
                "code": payment.error_code,
                "decline_code": payment.error_reason,
                "message": payment.error_description,
            }),
        };
        let fact = PaymentFact {
            session_ref: payment.order_id,
            amount: moves_money.then_some(payment.amount),
            currency: Some(payment.currency),
            reference: moves_money.then(|| payment.id.clone()),
            details,
            ..self.fact(what, &payment.id)
        };
        let fact = PaymentFact {
            payment_ref: Some(payment.id),
            ..fact
        };
        Ok(vec![Word::Payment(Box::new(fact), payment.notes.order)])
    }

    fn refund(
        &self,
        what: &'static str,
        refund: Option<Entity<Refund>>,
        payment: Option<Entity<Payment>>,
    ) -> Result<Vec<Word>, Trouble> {
        let refund = entity(refund, "refund")?;
        let fact = PaymentFact {
            payment_ref: Some(refund.payment_id),
            amount: Some(refund.amount),
            currency: Some(refund.currency),
            reference: Some(refund.id.clone()),
            refund_id: refund.notes.refund_id,
            ..self.fact(what, &refund.id)
        };
        let of_payment = payment.and_then(|payment| payment.entity.notes.order);
        let order = refund.notes.order.or(of_payment);
        Ok(vec![Word::Payment(Box::new(fact), order)])
    }

    fn dispute(
        &self,
        what: &'static str,
        dispute: Option<Entity<Dispute>>,
    ) -> Result<Vec<Word>, Trouble> {
        let dispute = entity(dispute, "dispute")?;
        let fact = PaymentFact {
            payment_ref: Some(dispute.payment_id),
            amount: Some(dispute.amount),
            currency: Some(dispute.currency),
            reference: Some(dispute.id.clone()),
            details: json!({ "reason": dispute.reason_code }),
            ..self.fact(what, &dispute.id)
        };
        Ok(vec![Word::Payment(Box::new(fact), None)])
    }
}
