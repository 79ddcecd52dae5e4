//! UPS: `/security/v1/oauth/token`, `/api/track/v1/details`, `/api/shipments`, `/api/labels`,
//! `/api/rating`.

use axum::Router;
use axum::extract::{Json, Path, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde_json::{Value, json};

use super::{CarrierScan, Carriers, SimulatedCarrier, label, value};

const UPS: SimulatedCarrier = SimulatedCarrier::Ups;

pub(super) fn router() -> Router<Carriers> {
    Router::new()
        .route("/security/v1/oauth/token", post(log_in))
        .route("/api/track/v1/details/{number}", get(track))
        .route("/api/shipments/{version}/ship", post(ship))
        .route(
            "/api/shipments/{version}/void/cancel/{number}",
            delete(void),
        )
        .route("/api/labels/{version}/recovery", post(recover))
        .route("/api/rating/{version}/Shop", post(rate))
}

async fn log_in(Shared(carriers): Shared<Carriers>, headers: HeaderMap) -> Response {
    let act = || {
        if !carriers.knows_basic(&headers) {
            return UPS.error(StatusCode::UNAUTHORIZED, "10401", "ClientId is Invalid");
        }
        Json(json!({
            "token_type": "Bearer", "issued_at": "1763740000000", "client_id": "simulator",
            "access_token": carriers.new_token(UPS), "expires_in": "14399", "status": "approved",
        }))
        .into_response()
    };
    carriers.answer(UPS, "log_in", &Value::Null, act).await
}

/// UPS refuses calls without `transId`, `transactionSrc` or token.
fn refusal(carriers: &Carriers, headers: &HeaderMap) -> Option<Response> {
    if !carriers.knows_bearer(UPS, headers) {
        return Some(UPS.error(StatusCode::UNAUTHORIZED, "250002", "Invalid token"));
    }
    let missing = ["transId", "transactionSrc"]
        .into_iter()
        .find(|name| value(headers, name).is_none())?;
    Some(UPS.error(
        StatusCode::BAD_REQUEST,
        "TV0002",
        &format!("Missing {missing}"),
    ))
}

async fn track(
    Shared(carriers): Shared<Carriers>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Response {
    let act = || {
        if let Some(refusal) = refusal(&carriers, &headers) {
            return refusal;
        }
        let Some(parcel) = carriers.parcel(UPS, &number) else {
            let message = "Tracking Information Not Found";
            return UPS.error(StatusCode::NOT_FOUND, "TW0001", message);
        };
        // The newest first.
        let activity: Vec<Value> = parcel.scans.iter().rev().map(activity).collect();
        let package = json!({
            "trackingNumber": number,
            "deliveryDate": [{"type": "SDD", "date": "20261130"}],
            "activity": activity,
        });
        Json(json!({"trackResponse": {"shipment": [
            {"inquiryNumber": number, "package": [package]}
        ]}}))
        .into_response()
    };
    carriers.answer(UPS, "track", &Value::Null, act).await
}

fn activity(scan: &CarrierScan) -> Value {
    let (date, time) = scan.digits();
    json!({
        "location": {"address": {"city": scan.city, "countryCode": "GB"}},
        "status": {
            "type": "I", "code": "XX", "statusCode": scan.code, "description": scan.description,
        },
        "date": date, "time": time, "gmtDate": date, "gmtTime": time, "gmtOffset": "+00:00",
    })
}

async fn ship(
    Shared(carriers): Shared<Carriers>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let act = || {
        if let Some(refusal) = refusal(&carriers, &headers) {
            return refusal;
        }
        let at = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        let shipment = "/ShipmentRequest/Shipment";
        if at(&format!("{shipment}/ShipTo/Address/City")).is_empty() {
            let message = "Missing or invalid ship to city";
            return UPS.error(StatusCode::BAD_REQUEST, "120205", message);
        }
        let reference = at("/ShipmentRequest/Request/TransactionReference/CustomerContext");
        let service = at(&format!("{shipment}/Service/Code"));
        let format = at("/ShipmentRequest/LabelSpecification/LabelImageFormat/Code");
        let number = carriers.sell(UPS, reference, service, |sold| {
            format!("1Z999AA1{sold:010}")
        });
        Json(json!({"ShipmentResponse": {
            "Response": {"ResponseStatus": {"Code": "1", "Description": "Success"}},
            "ShipmentResults": {
                "ShipmentIdentificationNumber": number,
                "ShipmentCharges": {"TotalCharges": {
                    "CurrencyCode": "GBP", "MonetaryValue": "9.80",
                }},
                "PackageResults": [{
                    "TrackingNumber": number,
                    "ShippingLabel": {
                        "ImageFormat": {"Code": format}, "GraphicImage": label(format, &number),
                    },
                }],
            },
        }}))
        .into_response()
    };
    carriers.answer(UPS, "label", &body, act).await
}

async fn recover(
    Shared(carriers): Shared<Carriers>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let act = || {
        if let Some(refusal) = refusal(&carriers, &headers) {
            return refusal;
        }
        let at = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        let reference = at("/LabelRecoveryRequest/ReferenceValues/ReferenceNumber/Value");
        let Some(number) = carriers.sold(UPS, reference) else {
            let message = "The requested label was not found";
            return UPS.error(StatusCode::NOT_FOUND, "300100", message);
        };
        let format = at("/LabelRecoveryRequest/LabelSpecification/LabelImageFormat/Code");
        Json(json!({"LabelRecoveryResponse": {
            "Response": {"ResponseStatus": {"Code": "1", "Description": "Success"}},
            "ShipmentIdentificationNumber": number,
            "LabelResults": [{
                "TrackingNumber": number,
                "LabelImage": {
                    "LabelImageFormat": {"Code": format}, "GraphicImage": label(format, &number),
                },
            }],
        }}))
        .into_response()
    };
    carriers.answer(UPS, "find_label", &body, act).await
}

async fn void(
    Shared(carriers): Shared<Carriers>,
    Path((_version, number)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let act = || {
        if let Some(refusal) = refusal(&carriers, &headers) {
            return refusal;
        }
        if !carriers.void(UPS, &number) {
            let message = "The shipment cannot be voided";
            return UPS.error(StatusCode::BAD_REQUEST, "190117", message);
        }
        Json(json!({"VoidShipmentResponse": {
            "Response": {"ResponseStatus": {"Code": "1", "Description": "Success"}},
            "SummaryResult": {"Status": {"Code": "1", "Description": "Voided"}},
        }}))
        .into_response()
    };
    carriers.answer(UPS, "void", &Value::Null, act).await
}

async fn rate(
    Shared(carriers): Shared<Carriers>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let act = || {
        if let Some(refusal) = refusal(&carriers, &headers) {
            return refusal;
        }
        let rated = |code: &str, price: &str, days: &str| {
            json!({
                "Service": {"Code": code},
                "TotalCharges": {"CurrencyCode": "GBP", "MonetaryValue": price},
                "GuaranteedDelivery": {"BusinessDaysInTransit": days},
            })
        };
        Json(json!({"RateResponse": {
            "Response": {"ResponseStatus": {"Code": "1", "Description": "Success"}},
            "RatedShipment": [rated("11", "9.80", "2"), rated("07", "24.10", "1")],
        }}))
        .into_response()
    };
    carriers.answer(UPS, "rates", &body, act).await
}
