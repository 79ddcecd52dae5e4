//! Standard Webhooks: for whoever moves money and has no file here. The type says what happened to
//! a payment, in our words: `payment.captured`, `payment.failed`, `payment.refunded`, …

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use stevedore_model::inbox::Event;
use stevedore_model::payments::{PAYMENT_FACTS, PaymentFact};

use super::order_ref::OrderRef;
use super::{Trouble, Word, nothing};

/// Those that have secrets of their own here are not spoken for by others.
const OTHERS: [&str; 3] = ["stripe", "razorpay", "wallet"];

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type", default)]
    kind: String,
    timestamp: Option<DateTime<Utc>>,
    #[serde(default)]
    data: serde_json::Value,
}

#[derive(Deserialize)]
struct Payment {
    provider: String,
    payment_id: Option<String>,
    order_id: Option<i64>,
    order_number: Option<String>,
    amount: Option<i64>,
    currency: Option<String>,
    reference: Option<String>,
    refund_id: Option<i64>,
    message: Option<String>,
}

/// What the event says.
pub(super) fn read(event: &Event) -> Result<Vec<Word>, Trouble> {
    let message: Message = serde_json::from_slice(&event.body)?;
    let named = message.kind.strip_prefix("payment.").unwrap_or_default();
    let Some(what) = PAYMENT_FACTS.iter().find(|fact| **fact == named) else {
        return Ok(nothing(format!(
            "{:?} says nothing about an order",
            message.kind
        )));
    };
    let payment: Payment = serde_json::from_value(message.data)?;
    if OTHERS.contains(&payment.provider.as_str()) {
        let provider = payment.provider;
        return Err(Trouble::Refused(format!("{provider} speaks for itself")));
    }
    let by_number = payment.order_number.map(OrderRef::Number);
    let order = payment.order_id.map(OrderRef::Id).or(by_number);
    let fact = PaymentFact {
        provider: payment.provider,
        event_id: event.event_id.clone(),
        what,
        occurred_at: Some(message.timestamp.unwrap_or(event.received_at)),
        order_id: None,
        payment_ref: payment.payment_id,
        session_ref: None,
        amount: payment.amount,
        currency: payment.currency,
        reference: payment.reference,
        refund_id: payment.refund_id,
        details: json!({ "message": payment.message }),
    };
    Ok(vec![Word::Payment(Box::new(fact), order)])
}
