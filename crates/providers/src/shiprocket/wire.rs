//! Shiprocket's wire: what its answers mean. Numbers come as numbers or as text, and HTTP 200 is
//! not always success.

use chrono::NaiveDateTime;
use serde_json::Value;

use crate::http::Answer;
use crate::vendor::{json, sentence, word};
use crate::{Cancellation, IdempotencyKey, ProviderError, Shipment, TrackingNumber, Verification};

/// What Shiprocket has of an order of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) order_id: u64,
    pub(super) shipment_id: u64,
    pub(super) awb: Option<TrackingNumber>,
    pub(super) has_pickup: bool,
    courier: Option<String>,
    status: String,
}

impl Known {
    pub(super) fn is_cancelled(&self) -> bool {
        self.status.starts_with("CANCEL")
    }

    pub(super) fn verification(&self) -> Verification {
        if self.is_cancelled() {
            return Verification::Failed {
                code: "cancelled".to_owned(),
                message: format!("order {} was cancelled at Shiprocket", self.order_id),
            };
        }
        let Some(awb) = self.awb.clone().filter(|_| self.has_pickup) else {
            // The steps that are missing are a submission's to take.
            return Verification::Incomplete;
        };
        Verification::Shipped {
            provider_order_id: self.order_id.to_string(),
            shipments: vec![Shipment {
                provider_shipment_id: self.shipment_id.to_string(),
                carrier: super::CODE.to_owned(),
                service: self.courier.clone(),
                tracking_url: Some(format!("https://shiprocket.co/tracking/{}", awb.as_str())),
                tracking_number: Some(awb),
                // It is booked; that the courier has it, the courier tells.
                left_at: None,
            }],
            is_all: true,
        }
    }
}

/// A key that no order has: what a harmless question asks for.
pub(super) fn no_order() -> IdempotencyKey {
    IdempotencyKey::new("no-such-order").expect("letters and dashes")
}

/// Reads the answer to a look-up. Only an answer that lists orders can say that there is none.
pub(super) fn found(answer: Answer, key: &IdempotencyKey) -> Result<Option<Known>, ProviderError> {
    let said = json(&answer);
    let status = answer.status.as_u16();
    let Some(orders) = said["data"].as_array().filter(|_| status == 200) else {
        let message = format!("the order can't be looked up: HTTP {status}");
        return Err(ProviderError::broken(None, message));
    };
    let is_ours =
        |order: &&Value| word(order.get("channel_order_id")).as_deref() == Some(key.as_str());
    let Some(order) = orders.iter().find(is_ours) else {
        return Ok(None);
    };
    known(order)
        .map(Some)
        .ok_or_else(|| ProviderError::broken(None, "the order's shipment is not understood"))
}

fn known(order: &Value) -> Option<Known> {
    // A list in lists, an object in details.
    let shipment = match &order["shipments"] {
        Value::Array(shipments) => shipments.last()?,
        shipment => shipment,
    };
    let status = word(order.get("status")).unwrap_or_default();
    let status = status.to_ascii_uppercase();
    let is_further = status.starts_with("PICKUP") || status.starts_with("OUT FOR PICKUP");
    Some(Known {
        order_id: number(&order["id"])?,
        shipment_id: number(&shipment["id"])?,
        awb: word(shipment.get("awb")).and_then(|awb| TrackingNumber::new(&awb).ok()),
        has_pickup: is_further || word(shipment.get("pickup_scheduled_date")).is_some(),
        courier: word(shipment.get("courier")),
        status,
    })
}

/// Reads the answer to `orders/create/adhoc`.
pub(super) fn created(answer: Answer) -> Result<Known, ProviderError> {
    let said = json(&answer);
    match answer.status.as_u16() {
        200 | 201 => match (number(&said["order_id"]), number(&said["shipment_id"])) {
            (Some(order_id), Some(shipment_id)) => Ok(Known {
                order_id,
                shipment_id,
                awb: word(said.get("awb_code")).and_then(|awb| TrackingNumber::new(&awb).ok()),
                has_pickup: false,
                courier: word(said.get("courier_name")),
                status: word(said.get("status")).unwrap_or_default(),
            }),
            _ => Err(ProviderError::unknown(told(
                &said,
                "no order is named in the vendor's answer",
            ))),
        },
        202 => Err(ProviderError::unknown("the vendor is still at it")),
        _ => Err(refusal(&answer, &said)),
    }
}

/// Reads the answer to `courier/assign/awb`.
pub(super) fn assigned(answer: Answer) -> Result<Option<NaiveDateTime>, ProviderError> {
    let said = json(&answer);
    let data = &said["response"]["data"];
    let is_done = number(&said["awb_assign_status"]) == Some(1);
    if answer.status.is_success() && is_done && word(data.get("awb_code")).is_some() {
        let at = data.pointer("/assigned_date_time/date");
        let at = at.and_then(Value::as_str).unwrap_or_default();
        return Ok(NaiveDateTime::parse_from_str(at, "%Y-%m-%d %H:%M:%S%.f").ok());
    }
    let reason = word(data.get("awb_assign_error"));
    let message = reason.unwrap_or_else(|| told(&said, "no AWB was assigned"));
    // Somebody tops up the wallet, a courier comes back, or it was done before: look again.
    if answer.status.is_success() || is_passing(&message) {
        return Err(ProviderError::broken(None, message));
    }
    Err(ProviderError::rejected(
        format!("awb_{}", answer.status.as_u16()),
        message,
    ))
}

/// Reads the answer to `courier/generate/pickup`.
pub(super) fn picked_up(answer: Answer) -> Result<(), ProviderError> {
    let said = json(&answer);
    let message = told(&said, "no pickup was scheduled");
    let lower = message.to_ascii_lowercase();
    let is_done = answer.status.is_success() && number(&said["pickup_status"]) == Some(1);
    if is_done || lower.contains("duplicate request") || lower.contains("already in pickup") {
        return Ok(());
    }
    Err(ProviderError::broken(None, message))
}

/// Reads the answer to `orders/cancel`.
pub(super) fn cancelled(
    answer: Result<Answer, crate::http::NoAnswer>,
) -> Result<Cancellation, ProviderError> {
    let answer = crate::vendor::answered(answer)?;
    let said = json(&answer);
    match answer.status.as_u16() {
        200 | 204 => Ok(Cancellation::Cancelled),
        202 => Err(ProviderError::unknown("the vendor is still at it")),
        404 => Ok(Cancellation::NotFound),
        400 | 422 => Ok(Cancellation::TooLate),
        _ => Err(refusal(&answer, &said)),
    }
}

/// The documented refusals of a creation.
fn refusal(answer: &Answer, said: &Value) -> ProviderError {
    let status = answer.status.as_u16();
    let message = told(said, "refused without a reason");
    match status {
        // Nobody there, or the wrong method: not about the order.
        404 | 405 => ProviderError::transient(format!("HTTP {status}: {message}")),
        _ if is_passing(&message) => ProviderError::transient(message),
        _ => ProviderError::rejected(status.to_string(), message),
    }
}

/// What somebody puts right without touching the order.
fn is_passing(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    [
        "balance",
        "recharge",
        "try again",
        "already assigned",
        "processing your request",
    ]
    .iter()
    .any(|sign| message.contains(sign))
}

/// The vendor's own words, with what it found wrong field by field.
fn told(said: &Value, otherwise: &str) -> String {
    let message = said["message"].as_str().unwrap_or(otherwise);
    match &said["errors"] {
        Value::Object(errors) => sentence(&format!("{message} {}", Value::Object(errors.clone()))),
        _ => sentence(message),
    }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use reqwest::StatusCode;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            retry_after: None,
            headers: HeaderMap::new(),
            body: body.to_owned(),
        }
    }

    fn outcome<T>(result: Result<T, ProviderError>) -> &'static str {
        result.err().map_or("ok", |error| error.outcome())
    }

    #[test]
    fn d4_each_answer_to_a_creation_is_understood() {
        let cases = [
            (
                200,
                r#"{"order_id":1,"shipment_id":"2","status":"NEW"}"#,
                "ok",
            ),
            (200, r#"{"message":"Oops"}"#, "unknown"),
            (202, "{}", "unknown"),
            (
                400,
                r#"{"message":"Wrong Pickup location entered"}"#,
                "rejected",
            ),
            (
                400,
                r#"{"message":"Please recharge your wallet"}"#,
                "transient",
            ),
            (404, r#"{"message":"Not Found"}"#, "transient"),
            (405, "{}", "transient"),
            (
                422,
                r#"{"message":"invalid","errors":{"billing_phone":["x"]}}"#,
                "rejected",
            ),
        ];
        for (status, body, expected) in cases {
            assert_eq!(
                outcome(created(answer(status, body))),
                expected,
                "{status} {body}"
            );
        }
    }

    #[test]
    fn d4_an_awb_is_only_what_says_so() {
        let done = r#"{"awb_assign_status":"1","response":{"data":{"awb_code":"190",
            "assigned_date_time":{"date":"2026-11-21 11:45:00.000000"}}}}"#;
        let at = assigned(answer(200, done))
            .expect("assigned")
            .expect("a time");
        assert_eq!(at.to_string(), "2026-11-21 11:45:00");
        let cases = [
            (
                200,
                r#"{"awb_assign_status":0,"message":"no courier"}"#,
                "transient",
            ),
            (
                200,
                r#"{"success":true,"message":"We are processing your request"}"#,
                "transient",
            ),
            (400, r#"{"message":"AWB is already assigned"}"#, "transient"),
            (
                400,
                r#"{"message":"Insufficient wallet balance"}"#,
                "transient",
            ),
            (
                422,
                r#"{"message":"Courier is not serviceable"}"#,
                "rejected",
            ),
        ];
        for (status, body, expected) in cases {
            assert_eq!(outcome(assigned(answer(status, body))), expected, "{body}");
        }
        let again = r#"{"message":"Duplicate request for pickup generation"}"#;
        assert!(picked_up(answer(400, again)).is_ok());
        assert!(picked_up(answer(200, r#"{"pickup_status":1}"#)).is_ok());
        assert!(picked_up(answer(200, r#"{"pickup_status":0}"#)).is_err());
    }

    #[test]
    fn d4_a_look_up_finds_our_order_and_how_far_it_came() {
        let key = IdempotencyKey::new("k-1").expect("a key");
        let look = |body: &str| found(answer(200, body), &key);
        assert_eq!(look(r#"{"data":[]}"#), Ok(None));
        let other = r#"{"data":[{"id":1,"channel_order_id":"k-12","shipments":[{"id":2}]}]}"#;
        assert_eq!(look(other), Ok(None));
        assert!(look("{}").is_err());
        assert!(found(answer(404, r#"{"data":[]}"#), &key).is_err());
        let with = |shipment: &str, status: &str| {
            let body = format!(
                r#"{{"data":[{{"id":1,"channel_order_id":"k-1","status":"{status}",
                "shipments":[{shipment}]}}]}}"#
            );
            look(&body)
                .expect("an answer")
                .expect("an order")
                .verification()
        };
        let bare = with(r#"{"id":2,"awb":""}"#, "NEW");
        assert_eq!(bare, Verification::Incomplete);
        let booked = with(r#"{"id":2,"awb":"19"}"#, "READY TO SHIP");
        assert_eq!(booked, Verification::Incomplete);
        let whole = with(
            r#"{"id":2,"awb":19,"courier":"Delhivery"}"#,
            "PICKUP SCHEDULED",
        );
        assert!(
            matches!(whole, Verification::Shipped { is_all: true, .. }),
            "{whole:?}"
        );
        let gone = with(r#"{"id":2}"#, "Canceled");
        assert!(matches!(gone, Verification::Failed { .. }), "{gone:?}");
    }
}
