//! FedEx: `/oauth/token`, `/track/v1`, `/ship/v1`, `/rate/v1`.

use axum::Router;
use axum::extract::{Json, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Carriers, SimulatedCarrier, label};

const FEDEX: SimulatedCarrier = SimulatedCarrier::Fedex;

pub(super) fn router() -> Router<Carriers> {
    Router::new()
        .route("/oauth/token", post(log_in))
        .route("/track/v1/trackingnumbers", post(track))
        .route("/ship/v1/shipments", post(ship))
        .route("/ship/v1/shipments/cancel", put(cancel))
        .route("/rate/v1/rates/quotes", post(rate))
}

#[derive(Deserialize)]
struct Login {
    client_id: String,
    client_secret: String,
}

async fn log_in(Shared(carriers): Shared<Carriers>, form: String) -> Response {
    let act = || {
        // A form is written as a query is.
        let uri = format!("/?{form}").parse::<Uri>().unwrap_or_default();
        let login = Query::<Login>::try_from_uri(&uri).ok();
        let knows = login.is_some_and(|Query(login)| {
            carriers.knows(Some(&login.client_id), Some(&login.client_secret))
        });
        if !knows {
            let message = "The given client credentials were not valid";
            return FEDEX.error(StatusCode::UNAUTHORIZED, "NOT.AUTHORIZED.ERROR", message);
        }
        Json(json!({
            "access_token": carriers.new_token(FEDEX), "token_type": "bearer",
            "expires_in": 3599, "scope": "CXS",
        }))
        .into_response()
    };
    carriers.answer(FEDEX, "log_in", &Value::Null, act).await
}

fn refusal(carriers: &Carriers, headers: &HeaderMap) -> Option<Response> {
    let message = "Access token expired. Please modify your request and try again.";
    (!carriers.knows_bearer(FEDEX, headers))
        .then(|| FEDEX.error(StatusCode::UNAUTHORIZED, "NOT.AUTHORIZED.ERROR", message))
}

async fn track(
    Shared(carriers): Shared<Carriers>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let act = || {
        if let Some(refusal) = refusal(&carriers, &headers) {
            return refusal;
        }
        let wanted = body.pointer("/trackingInfo").and_then(Value::as_array);
        let wanted = wanted.map_or(&[][..], Vec::as_slice);
        if wanted.is_empty() || wanted.len() > 30 || body.get("includeDetailedScans").is_none() {
            let message = "Please provide a valid number of tracking numbers";
            let code = "TRACKING.TRACKINGNUMBER.EMPTY";
            return FEDEX.error(StatusCode::BAD_REQUEST, code, message);
        }
        let results: Vec<Value> = wanted
            .iter()
            .filter_map(|info| info.pointer("/trackingNumberInfo/trackingNumber")?.as_str())
            .map(|number| {
                json!({
                    "trackingNumber": number, "trackResults": [result(&carriers, number)],
                })
            })
            .collect();
        Json(json!({"transactionId": "simulated", "output": {"completeTrackResults": results}}))
            .into_response()
    };
    carriers.answer(FEDEX, "track", &body, act).await
}

fn result(carriers: &Carriers, number: &str) -> Value {
    let info = json!({"trackingNumber": number, "carrierCode": "FDXE"});
    let Some(parcel) = carriers.parcel(FEDEX, number) else {
        return json!({"trackingNumberInfo": info, "error": {
            "code": "TRACKING.TRACKINGNUMBER.NOTFOUND",
            "message": "Tracking number cannot be found.",
        }});
    };
    let scans: Vec<Value> = parcel
        .scans
        .iter()
        .rev()
        .map(|scan| json!({
            "date": format!("{}+00:00", scan.at), "eventType": scan.code,
            "eventDescription": scan.description, "exceptionCode": "", "exceptionDescription": "",
            "scanLocation": {"city": scan.city, "countryCode": "GB"},
            "derivedStatusCode": scan.code,
        }))
        .collect();
    json!({
        "trackingNumberInfo": info,
        "scanEvents": scans,
        "dateAndTimes": [{"type": "ESTIMATED_DELIVERY", "dateTime": "2026-11-30T18:00:00+00:00"}],
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
        let shipment = "/requestedShipment";
        if at(&format!("{shipment}/recipients/0/address/city")).is_empty() {
            let message = "Recipient city is required";
            return FEDEX.error(StatusCode::BAD_REQUEST, "RECIPIENTCITY.REQUIRED", message);
        }
        let references = format!("{shipment}/requestedPackageLineItems/0/customerReferences/0");
        let reference = at(&format!("{references}/value"));
        let service = at(&format!("{shipment}/serviceType"));
        let format = at(&format!("{shipment}/labelSpecification/imageType"));
        let number = carriers.sell(FEDEX, reference, service, |sold| format!("7949{sold:08}"));
        Json(
            json!({"transactionId": "simulated", "output": {"transactionShipments": [{
                "masterTrackingNumber": number,
                "serviceType": service,
                "pieceResponses": [{
                    "trackingNumber": number,
                    "netRateAmount": 11.25,
                    "currency": "GBP",
                    "packageDocuments": [{
                        "contentType": "LABEL", "docType": format,
                        "encodedLabel": label(format, &number),
                    }],
                }],
            }]}}),
        )
        .into_response()
    };
    carriers.answer(FEDEX, "label", &body, act).await
}

async fn cancel(
    Shared(carriers): Shared<Carriers>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let act = || {
        if let Some(refusal) = refusal(&carriers, &headers) {
            return refusal;
        }
        let number = body
            .get("trackingNumber")
            .and_then(Value::as_str)
            .unwrap_or("");
        if !carriers.void(FEDEX, number) {
            let code = "SHIPMENT.CANCEL.FAILURE";
            return FEDEX.error(
                StatusCode::BAD_REQUEST,
                code,
                "Unable to cancel the shipment",
            );
        }
        Json(json!({"transactionId": "simulated", "output": {
            "cancelledShipment": true, "cancelledHistory": true,
        }}))
        .into_response()
    };
    carriers.answer(FEDEX, "void", &body, act).await
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
        let quote = |service: &str, price: f64, day: &str| {
            json!({
                "serviceType": service, "serviceName": service,
                "ratedShipmentDetails": [{
                    "rateType": "ACCOUNT", "totalNetCharge": price, "currency": "GBP",
                }],
                "commit": {"dateDetail": {"dayFormat": day}},
            })
        };
        Json(
            json!({"transactionId": "simulated", "output": {"rateReplyDetails": [
                quote("FEDEX_REGIONAL_ECONOMY", 11.25, "2026-11-26T18:00:00"),
                quote("FEDEX_PRIORITY_EXPRESS", 31.5, "2026-11-24T12:00:00"),
            ]}}),
        )
        .into_response()
    };
    carriers.answer(FEDEX, "rates", &body, act).await
}
