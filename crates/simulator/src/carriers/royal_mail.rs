//! Royal Mail: `/mailpieces/v2` with the client's id and secret, `/shipping/v3` with a token.

use axum::Router;
use axum::extract::{Json, Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CARRIER_USER, CarrierScan, Carriers, SimulatedCarrier, label, value};

const ROYAL_MAIL: SimulatedCarrier = SimulatedCarrier::RoyalMail;

pub(super) fn router() -> Router<Carriers> {
    Router::new()
        .route("/mailpieces/v2/summary", get(summary))
        .route("/mailpieces/v2/{number}/events", get(events))
        .route("/shipping/v3/token", post(log_in))
        .route("/shipping/v3/shipments", post(ship))
        .route("/shipping/v3/shipments/cancel", put(cancel))
}

fn tracking_refusal(carriers: &Carriers, headers: &HeaderMap) -> Option<Response> {
    let id = value(headers, "x-ibm-client-id");
    if !carriers.knows(id, value(headers, "x-ibm-client-secret")) {
        let message = "Client id not registered.";
        return Some(ROYAL_MAIL.error(StatusCode::UNAUTHORIZED, "E0009", message));
    }
    let message = "Terms and conditions must be accepted";
    (value(headers, "x-accept-rmg-terms") != Some("yes"))
        .then(|| ROYAL_MAIL.error(StatusCode::BAD_REQUEST, "E0004", message))
}

async fn events(
    Shared(carriers): Shared<Carriers>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Response {
    let act = || {
        if let Some(refusal) = tracking_refusal(&carriers, &headers) {
            return refusal;
        }
        let Some(parcel) = carriers.parcel(ROYAL_MAIL, &number) else {
            let message = "Barcode reference not recognised";
            return ROYAL_MAIL.error(StatusCode::NOT_FOUND, "E1142", message);
        };
        let events: Vec<Value> = parcel
            .scans
            .iter()
            .rev()
            .map(|scan| {
                json!({
                    "eventCode": scan.code, "eventName": scan.description,
                    "eventDateTime": format!("{}+00:00", scan.at), "locationName": scan.city,
                })
            })
            .collect();
        Json(json!({"mailPieces": {
            "mailPieceId": number, "carrierShortName": "RM",
            "summary": parcel.scans.last().map(last_event),
            "estimatedDelivery": {
                "date": "2026-11-30", "startOfEstimatedWindow": "08:00:00+00:00",
                "endOfEstimatedWindow": "11:00:00+00:00",
            },
            "events": events,
        }}))
        .into_response()
    };
    carriers
        .answer(ROYAL_MAIL, "track", &Value::Null, act)
        .await
}

fn last_event(scan: &CarrierScan) -> Value {
    json!({
        "lastEventCode": scan.code, "lastEventName": scan.description,
        "lastEventDateTime": format!("{}+00:00", scan.at), "lastEventLocationName": scan.city,
        "statusCategory": "IN TRANSIT",
    })
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(rename = "mailPieceId")]
    numbers: String,
}

async fn summary(
    Shared(carriers): Shared<Carriers>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let act = || {
        if let Some(refusal) = tracking_refusal(&carriers, &headers) {
            return refusal;
        }
        let numbers: Vec<&str> = wanted.numbers.split(',').collect();
        if numbers.len() > 30 {
            let message = "Too many mail pieces";
            return ROYAL_MAIL.error(StatusCode::BAD_REQUEST, "E1283", message);
        }
        let pieces: Vec<Value> = numbers
            .iter()
            .map(|number| match carriers.parcel(ROYAL_MAIL, number) {
                None => json!({"mailPieceId": number, "status": "404", "error": {
                    "errorCode": "E1142", "errorDescription": "Barcode reference not recognised",
                }}),
                Some(parcel) => json!({
                    "mailPieceId": number, "status": "200",
                    "summary": parcel.scans.last().map(last_event),
                }),
            })
            .collect();
        Json(json!({"mailPieces": pieces})).into_response()
    };
    carriers
        .answer(ROYAL_MAIL, "track", &Value::Null, act)
        .await
}

async fn log_in(Shared(carriers): Shared<Carriers>, headers: HeaderMap) -> Response {
    let act = || {
        let client = carriers.knows(
            value(&headers, "x-ibm-client-id"),
            value(&headers, "x-ibm-client-secret"),
        );
        let user = carriers.knows(
            value(&headers, "x-rmg-security-username"),
            value(&headers, "x-rmg-security-password"),
        );
        if client && user {
            Json(json!({"token": carriers.new_token(ROYAL_MAIL)})).into_response()
        } else {
            ROYAL_MAIL.error(
                StatusCode::UNAUTHORIZED,
                "E0001",
                "Invalid username or password",
            )
        }
    };
    carriers
        .answer(ROYAL_MAIL, "log_in", &Value::Null, act)
        .await
}

fn shipping_refusal(carriers: &Carriers, headers: &HeaderMap) -> Option<Response> {
    let token = value(headers, "x-rmg-auth-token");
    let knows_token = {
        let inner = carriers.lock();
        token.is_some() && token == inner.tokens.get(&ROYAL_MAIL).map(String::as_str)
    };
    let knows = knows_token && value(headers, "x-ibm-client-id") == Some(CARRIER_USER);
    let message = "Token is invalid or has expired";
    (!knows).then(|| ROYAL_MAIL.error(StatusCode::UNAUTHORIZED, "E0010", message))
}

async fn ship(
    Shared(carriers): Shared<Carriers>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let act = || {
        if let Some(refusal) = shipping_refusal(&carriers, &headers) {
            return refusal;
        }
        let at = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        if at("/Destination/Town").is_empty() {
            let message = "Destination.Town is mandatory";
            return ROYAL_MAIL.error(StatusCode::BAD_REQUEST, "E1433", message);
        }
        let reference = at("/Shipper/ShipperReference");
        let service = at("/ShipmentInformation/ServiceCode");
        let format = at("/ShipmentInformation/LabelFormat");
        let number = carriers.sell(ROYAL_MAIL, reference, service, |sold| {
            format!("AA{sold:09}GB")
        });
        Json(json!({
            "ConsignmentNumber": number,
            "Packages": [{
                "PackageOccurance": 1, "UniqueId": format!("3A{number}"), "TrackingNumber": number,
                "TrackingUrl": format!("https://www.royalmail.com/track-your-item#/{number}"),
                "CarrierCode": "RMG",
            }],
            "LabelImageFormat": format, "LabelImages": label(format, &number),
            "HttpStatusCode": 200, "HttpStatusDescription": "OK", "Message": "Successful",
        }))
        .into_response()
    };
    carriers.answer(ROYAL_MAIL, "label", &body, act).await
}

async fn cancel(
    Shared(carriers): Shared<Carriers>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let act = || {
        if let Some(refusal) = shipping_refusal(&carriers, &headers) {
            return refusal;
        }
        let number = body.pointer("/0/ShipmentId");
        let number = number.and_then(Value::as_str).unwrap_or("");
        if !carriers.void(ROYAL_MAIL, number) {
            let message = "Shipment can't be cancelled";
            return ROYAL_MAIL.error(StatusCode::BAD_REQUEST, "E1105", message);
        }
        Json(json!({"HttpStatusCode": 200, "Message": "Successful"})).into_response()
    };
    carriers.answer(ROYAL_MAIL, "void", &body, act).await
}
