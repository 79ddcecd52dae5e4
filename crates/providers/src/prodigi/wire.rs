//! Prodigi's wire: orders as it wants them, and what its answers mean. Every answer carries an
//! `outcome`, which documentation and samples write in different cases.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::http::{Answer, NoAnswer};
use crate::shipment::carrier_code;
use crate::vendor::{answered, json as body, sentence, told, word};
use crate::{Cancellation, Item, ProviderError, Request, Shipment, TrackingNumber, Verification};

/// Items of one order.
const ITEMS_MAX: usize = 100;
/// What a person has to put right before Prodigi goes on; other issues it gets over by itself.
const FINAL_ISSUES: [&str; 4] = [
    "order.items.assets.failedtodownloaded",
    "order.items.assets.failedtodownload",
    "order.items.itemunavailable",
    "requirespaymentauthorisation",
];

/// The items, from the variants' attributes: `prodigi_sku` (else our SKU), `sizing`,
/// `print_attributes` and `assets`, each with a `url` and a `print_area`.
pub(super) fn items(request: &Request) -> Result<Vec<Value>, ProviderError> {
    if request.items.is_empty() || request.items.len() > ITEMS_MAX {
        let message = format!("an order has 1 to {ITEMS_MAX} lines");
        return Err(ProviderError::rejected("nothing_to_fulfil", message));
    }
    request.items.iter().map(item).collect()
}

fn item(item: &Item) -> Result<Value, ProviderError> {
    let attribute = |name: &str| item.attributes.get(name).filter(|value| !value.is_null());
    let assets: Vec<Value> = attribute("assets")
        .and_then(Value::as_array)
        .map(|assets| assets.iter().filter_map(asset).collect())
        .unwrap_or_default();
    if assets.is_empty() {
        let message = format!("{} has no assets to print", item.sku);
        return Err(ProviderError::rejected("missing_assets", message));
    }
    if item.quantity == 0 {
        let message = format!("{} is asked for no copy", item.sku);
        return Err(ProviderError::rejected("nothing_to_fulfil", message));
    }
    let sizing = attribute("sizing").and_then(Value::as_str);
    Ok(json!({
        "merchantReference": item.sku,
        "sku": word(attribute("prodigi_sku")).unwrap_or_else(|| item.sku.clone()),
        "copies": item.quantity,
        "sizing": sizing.unwrap_or("fillPrintArea"),
        "attributes": attribute("print_attributes").cloned().unwrap_or_else(|| json!({})),
        "recipientCost": {
            "amount": item.unit_price.decimal(),
            "currency": item.unit_price.currency,
        },
        "assets": assets,
    }))
}

fn asset(asset: &Value) -> Option<Value> {
    let url = asset.get("url").and_then(Value::as_str)?;
    let area = asset.get("print_area").and_then(Value::as_str);
    let mut wanted = json!({"printArea": area.unwrap_or("default"), "url": url});
    for (ours, theirs) in [("md5_hash", "md5Hash"), ("page_count", "pageCount")] {
        if let Some(value) = asset.get(ours) {
            wanted[theirs] = value.clone();
        }
    }
    Some(wanted)
}

/// The way of sending that routing chose, else the first line's own.
pub(super) fn shipping_method(request: &Request) -> Option<&str> {
    if let Some(service) = &request.service {
        return Some(service);
    }
    let mut items = request.items.iter();
    items.find_map(|item| item.attributes.get("shipping_method")?.as_str())
}

pub(super) fn recipient(request: &Request) -> Result<Value, ProviderError> {
    let to = &request.parcel()?.address;
    let missing = [
        ("address", to.line1.is_empty()),
        ("city", to.city.is_empty()),
        ("country", to.country.len() != 2),
        ("recipient", to.recipient.is_empty()),
    ];
    if let Some((field, _)) = missing.into_iter().find(|(_, is_missing)| *is_missing) {
        let message = format!("the shipping address has no {field}");
        return Err(ProviderError::rejected("incomplete_address", message));
    }
    let phone = to.phone.as_ref().or(request.recipient.phone.as_ref());
    Ok(json!({
        "name": to.recipient,
        "email": request.recipient.email,
        "phoneNumber": phone,
        "address": given(json!({
            "line1": to.line1,
            "line2": to.line2,
            // Required, also where a country has none.
            "postalOrZipCode": to.postal_code.as_deref().unwrap_or("00000"),
            "countryCode": to.country,
            "townOrCity": to.city,
            "stateOrCounty": to.province,
        })),
    }))
    .map(given)
}

/// The fields that hold something: Prodigi knows optional ones, and none that are null.
fn given(mut fields: Value) -> Value {
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    fields
}

/// Reads the answer to a placing call: the vendor's id of the order that is there now.
pub(super) fn created(answer: Result<Answer, NoAnswer>) -> Result<String, ProviderError> {
    let answer = answered(answer)?;
    let said = body(&answer);
    match outcome(&said).as_str() {
        "created" | "onhold" | "createdwithissues" | "alreadyexists" => id(&said["order"])
            .or_else(|| id(&said))
            .ok_or_else(|| ProviderError::unknown("accepted, but the vendor named no order")),
        _ if answer.status.is_success() => Err(ProviderError::unknown(
            "the vendor's answer is not understood",
        )),
        outcome => Err(refusal(outcome, &answer, &said)),
    }
}

/// Reads the answer to a look-up, by id or by our reference.
pub(super) fn looked_up(
    answer: Result<Answer, NoAnswer>,
    key: &str,
) -> Result<Option<Value>, ProviderError> {
    let answer = told(answer)?;
    let mut said = body(&answer);
    if answer.status.is_success() {
        if said["order"].is_object() {
            return Ok(Some(said["order"].take()));
        }
        if let Value::Array(orders) = said["orders"].take() {
            let is_ours = |order: &Value| order["merchantReference"].as_str() == Some(key);
            return Ok(orders.into_iter().find(is_ours));
        }
    }
    // Only the order's own absence lets it be sent again.
    if outcome(&said) == "entitynotfound" {
        return Ok(None);
    }
    let message = format!(
        "the order can't be looked up: HTTP {}",
        answer.status.as_u16()
    );
    Err(ProviderError::broken(None, message))
}

/// Reads the answer to a cancellation.
pub(super) fn cancelled(answer: Result<Answer, NoAnswer>) -> Result<Cancellation, ProviderError> {
    let answer = answered(answer)?;
    let said = body(&answer);
    match outcome(&said).as_str() {
        "cancelled" => Ok(Cancellation::Cancelled),
        "failedtocancel" | "actionnotavailable" => Ok(Cancellation::TooLate),
        "entitynotfound" => Ok(Cancellation::NotFound),
        _ if answer.status.is_success() => Err(ProviderError::unknown(
            "the vendor's answer is not understood",
        )),
        outcome => Err(refusal(outcome, &answer, &said)),
    }
}

/// What became of an order.
pub(super) fn verification(order: &Value) -> Verification {
    let provider_order_id = id(order).unwrap_or_default();
    if let Some((code, message)) = final_issue(order) {
        return Verification::Failed { code, message };
    }
    let stage = order.pointer("/status/stage").and_then(Value::as_str);
    let stage = stage.unwrap_or_default().to_ascii_lowercase();
    if stage == "cancelled" {
        let message = "cancelled at Prodigi".to_owned();
        let code = "cancelled".to_owned();
        return Verification::Failed { code, message };
    }
    let shipments = shipments(order);
    match shipments.is_empty() {
        true => Verification::InProgress { provider_order_id },
        false => Verification::Shipped {
            provider_order_id,
            shipments,
            // Complete means that all of it was sent, not that it arrived.
            is_all: stage == "complete",
        },
    }
}

/// The parcels that left.
fn shipments(order: &Value) -> Vec<Shipment> {
    let shipments = order["shipments"].as_array().into_iter().flatten();
    shipments
        .filter_map(|parcel| shipment(order, parcel))
        .collect()
}

fn shipment(order: &Value, parcel: &Value) -> Option<Shipment> {
    let status = parcel["status"].as_str().unwrap_or_default();
    if !status.eq_ignore_ascii_case("shipped") && !status.eq_ignore_ascii_case("complete") {
        return None;
    }
    let text = |path: &str| word(parcel.pointer(path));
    let carrier = text("/carrier/name").and_then(|name| carrier_code(&name));
    let left_at = time(&parcel["dispatchDate"]).or_else(|| time(&order["lastUpdated"]));
    Some(Shipment {
        provider_shipment_id: id(parcel)?,
        carrier: carrier.unwrap_or_else(|| "prodigi".to_owned()),
        service: text("/carrier/service"),
        tracking_number: text("/tracking/number").and_then(|n| TrackingNumber::new(&n).ok()),
        tracking_url: text("/tracking/url").filter(|url| url.len() <= 2_000),
        left_at: left_at.or_else(|| time(&order["created"])),
    })
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    let text = value.as_str()?;
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    // Some of its times carry no zone; all are UTC.
    zoned.or_else(|_| format!("{text}Z").parse()).ok()
}

fn final_issue(order: &Value) -> Option<(String, String)> {
    let issues = order.pointer("/status/issues")?.as_array()?;
    issues.iter().find_map(|issue| {
        let code = issue["errorCode"].as_str()?;
        let is_final = FINAL_ISSUES.contains(&code.to_ascii_lowercase().as_str());
        let message = issue["description"]
            .as_str()
            .unwrap_or("an issue at Prodigi");
        is_final.then(|| (code.to_owned(), sentence(message)))
    })
}

pub(super) fn id(value: &Value) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let id = value["id"].as_str()?;
    let fits = !id.is_empty() && id.len() <= 100 && id.chars().all(plain);
    fits.then(|| id.to_owned())
}

fn outcome(said: &Value) -> String {
    let outcome = said["outcome"].as_str().or(said["statusText"].as_str());
    outcome.unwrap_or_default().to_ascii_lowercase()
}

/// The vendor's own codes (PROVIDERS 2.1).
fn refusal(outcome: &str, answer: &Answer, said: &Value) -> ProviderError {
    let status = answer.status.as_u16();
    match outcome {
        "validationfailed" => {
            let details = ["failures", "data"].iter().find_map(|key| said.get(*key));
            let details = details.map(Value::to_string).unwrap_or_default();
            ProviderError::rejected("validationFailed", sentence(&details))
        }
        // Not about the order: somebody changed an address or this program.
        "endpointdoesnotexist" | "methodnotallowed" | "invalidcontenttype" => {
            ProviderError::transient(format!("{outcome}: HTTP {status}"))
        }
        _ if matches!(status, 404 | 405 | 415) => {
            ProviderError::transient(format!("nobody there: HTTP {status}"))
        }
        _ => ProviderError::rejected(
            format!("http_{status}"),
            sentence(
                said["statusText"]
                    .as_str()
                    .unwrap_or("refused without a reason"),
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use reqwest::StatusCode;

    fn answer(status: u16, body: &str) -> Result<Answer, NoAnswer> {
        let status = StatusCode::from_u16(status).expect("a status");
        Ok(Answer {
            status,
            retry_after: None,
            headers: HeaderMap::new(),
            body: body.to_owned(),
        })
    }

    #[test]
    fn d3_each_outcome_of_a_placing_call_is_understood_in_any_case() {
        let order = r#""order":{"id":"ord_1"}"#;
        let cases = [
            (200, format!(r#"{{"outcome":"Created",{order}}}"#), "ok"),
            (
                200,
                format!(r#"{{"outcome":"alreadyExists",{order}}}"#),
                "ok",
            ),
            (
                200,
                format!(r#"{{"outcome":"CREATEDWITHISSUES",{order}}}"#),
                "ok",
            ),
            (200, r#"{"outcome":"OnHold","id":"ord_1"}"#.to_owned(), "ok"),
            (200, r#"{"outcome":"Created"}"#.to_owned(), "unknown"),
            (200, r#"{"outcome":"Sideways"}"#.to_owned(), "unknown"),
            (200, "<html>".to_owned(), "unknown"),
            (
                400,
                r#"{"outcome":"ValidationFailed"}"#.to_owned(),
                "rejected",
            ),
            (
                404,
                r#"{"statusText":"EndpointDoesNotExist"}"#.to_owned(),
                "transient",
            ),
            (
                404,
                r#"{"outcome":"EntityNotFound"}"#.to_owned(),
                "transient",
            ),
            (
                405,
                r#"{"outcome":"methodNotAllowed"}"#.to_owned(),
                "transient",
            ),
            (
                415,
                r#"{"outcome":"invalidContentType"}"#.to_owned(),
                "transient",
            ),
            (500, r#"{"outcome":"timedOut"}"#.to_owned(), "transient"),
            (
                500,
                r#"{"outcome":"internalServerError"}"#.to_owned(),
                "transient",
            ),
            (401, String::new(), "unauthorized"),
            (429, String::new(), "transient"),
        ];
        for (status, body, expected) in cases {
            let said = created(answer(status, &body));
            let said = said.err().map_or("ok", |error| error.outcome());
            assert_eq!(said, expected, "{status} {body}");
        }
    }

    #[test]
    fn d3_only_the_orders_own_absence_lets_it_be_sent_again() {
        let missing = |status, body: &str| looked_up(answer(status, body), "key");
        let none = r#"{"outcome":"Ok","orders":[],"hasMore":false}"#;
        assert_eq!(missing(200, none), Ok(None));
        assert_eq!(missing(404, r#"{"outcome":"EntityNotFound"}"#), Ok(None));
        let others = r#"{"outcome":"Ok","orders":[{"id":"ord_9","merchantReference":"other"}]}"#;
        assert_eq!(missing(200, others), Ok(None));
        for (status, body) in [(404, "<html>"), (200, "{}"), (500, "{}"), (400, "{}")] {
            let error = missing(status, body).expect_err("no word about the order");
            let ProviderError::Transient { look_up, .. } = error else {
                panic!("{error:?}")
            };
            assert!(look_up);
        }
    }

    #[test]
    fn d3_an_order_is_shipped_parcel_by_parcel_and_never_called_delivered() {
        let parcel = json!({
            "id": "shp_1", "status": "Shipped", "dispatchDate": "2026-11-20T10:00:00Z",
            "carrier": {"name": "Royal Mail", "service": "48"},
            "tracking": {"number": "ab 123 gb", "url": "https://track.example/AB123GB"},
        });
        let order = |stage: &str, shipments: Value| {
            verification(
                &json!({"id": "ord_1", "status": {"stage": stage}, "shipments": shipments}),
            )
        };
        let waiting = order(
            "InProgress",
            json!([{"id": "shp_1", "status": "Processing"}]),
        );
        assert!(matches!(waiting, Verification::InProgress { .. }));
        let Verification::Shipped {
            shipments, is_all, ..
        } = order(
            "InProgress",
            json!([parcel, {"id": "shp_2", "status": "Processing"}]),
        )
        else {
            panic!("not shipped")
        };
        assert!(!is_all);
        assert_eq!(shipments.len(), 1);
        assert_eq!(shipments[0].carrier, "royal_mail");
        let number = shipments[0].tracking_number.as_ref();
        assert_eq!(number.map(TrackingNumber::as_str), Some("AB123GB"));
        let whole = order("complete", json!([parcel]));
        assert!(matches!(whole, Verification::Shipped { is_all: true, .. }));
        assert!(matches!(
            order("Cancelled", json!([])),
            Verification::Failed { .. }
        ));
    }

    #[test]
    fn d3_an_issue_that_only_a_person_can_settle_ends_the_waiting() {
        let with = |code: &str| {
            let issue = json!({"objectId": "ori_1", "errorCode": code, "description": "why"});
            let status = json!({"stage": "InProgress", "issues": [issue]});
            verification(&json!({"id": "ord_1", "status": status, "shipments": []}))
        };
        let failed = with("order.items.assets.FailedToDownloaded");
        assert!(matches!(failed, Verification::Failed { .. }), "{failed:?}");
        let warned = with("order.items.assets.NotDownloaded");
        assert!(
            matches!(warned, Verification::InProgress { .. }),
            "{warned:?}"
        );
    }
}
