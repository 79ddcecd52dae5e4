//! DHL: MyDHL's `/shipments` and `/rates` with Basic authentication, and `/track/shipments` of
//! unified tracking with `DHL-API-Key`.

use axum::Router;
use axum::extract::{Json, Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Carriers, SimulatedCarrier, label, value};

const DHL: SimulatedCarrier = SimulatedCarrier::Dhl;

pub(super) fn router() -> Router<Carriers> {
    Router::new()
        .route("/shipments", post(ship))
        .route("/shipments/{number}/tracking", get(track))
        .route("/rates", post(rate))
        .route("/track/shipments", get(unified))
}

fn refusal(carriers: &Carriers, headers: &HeaderMap) -> Option<Response> {
    if !carriers.knows_basic(headers) {
        let message = "Invalid Credentials";
        return Some(DHL.error(StatusCode::UNAUTHORIZED, "401", message));
    }
    let message = "Missing mandatory header: x-version";
    value(headers, "x-version")
        .is_none()
        .then(|| DHL.error(StatusCode::BAD_REQUEST, "400", message))
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
        let Some(parcel) = carriers.parcel(DHL, &number) else {
            let message = "No data found for the request";
            return DHL.error(StatusCode::NOT_FOUND, "404", message);
        };
        let events: Vec<Value> = parcel
            .scans
            .iter()
            .map(|scan| {
                let (date, time) = scan.at.split_once('T').unwrap_or((&scan.at, "00:00:00"));
                json!({
                    "date": date, "time": time, "GMTOffset": "+00:00", "typeCode": scan.code,
                    "description": scan.description,
                    "serviceArea": [{"code": "LBA", "description": scan.city}],
                })
            })
            .collect();
        Json(json!({"shipments": [{
            // A number on the wire, as DHL writes it.
            "shipmentTrackingNumber": number.parse::<u64>().map_or(json!(number), Value::from),
            "status": "Success", "events": events, "estimatedDeliveryDate": "2026-11-30",
        }]}))
        .into_response()
    };
    carriers.answer(DHL, "track", &Value::Null, act).await
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(rename = "trackingNumber")]
    number: String,
}

async fn unified(
    Shared(carriers): Shared<Carriers>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let act =
        || {
            if value(&headers, "dhl-api-key") != Some(&carriers.secret) {
                return DHL.error(
                    StatusCode::UNAUTHORIZED,
                    "401",
                    "Unauthorized for given resource.",
                );
            }
            let Some(parcel) = carriers.parcel(DHL, &wanted.number) else {
                let message = "No shipment with given tracking number found.";
                return DHL.error(StatusCode::NOT_FOUND, "404", message);
            };
            let events: Vec<Value> = parcel
            .scans
            .iter()
            .rev()
            .map(|scan| json!({
                "timestamp": scan.at, "statusCode": scan.code, "description": scan.description,
                "location": {"address": {"addressLocality": scan.city}},
            }))
            .collect();
            Json(json!({"shipments": [{
                "id": wanted.number, "service": "parcel-uk", "status": events.first(),
                "estimatedTimeOfDelivery": "2026-11-30T18:00:00Z", "events": events,
            }]}))
            .into_response()
        };
    carriers.answer(DHL, "track", &Value::Null, act).await
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
        if at("/customerDetails/receiverDetails/postalAddress/cityName").is_empty() {
            let message = "Validation failed: cityName is required";
            return DHL.error(StatusCode::UNPROCESSABLE_ENTITY, "422", message);
        }
        let reference = at("/customerReferences/0/value");
        let format = at("/outputImageProperties/encodingFormat");
        let number = carriers.sell(DHL, reference, at("/productCode"), |sold| {
            format!("93565{sold:05}")
        });
        let answer = json!({
            "shipmentTrackingNumber": number,
            "trackingUrl": format!("https://express.api.dhl.com/mydhlapi/shipments/{number}/tracking"),
            "packages": [{"referenceNumber": 1, "trackingNumber": format!("JD01{number}")}],
            "documents": [{
                "imageFormat": format.to_ascii_uppercase(), "typeCode": "label",
                "content": label(format, &number),
            }],
            "shipmentCharges": [{"currencyType": "BILLC", "priceCurrency": "GBP", "price": 21.4}],
        });
        (StatusCode::CREATED, Json(answer)).into_response()
    };
    carriers.answer(DHL, "label", &body, act).await
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
        let product = |code: &str, name: &str, price: f64, at: &str| {
            json!({
                "productName": name, "productCode": code,
                "totalPrice": [
                    {"currencyType": "BILLC", "priceCurrency": "GBP", "price": price},
                    {"currencyType": "PULCL", "priceCurrency": "EUR", "price": price * 1.2},
                ],
                "deliveryCapabilities": {"estimatedDeliveryDateAndTime": at},
            })
        };
        Json(json!({"products": [
            product("N", "EXPRESS DOMESTIC", 21.4, "2026-11-24T17:00:00"),
            product("1", "EXPRESS DOMESTIC 12:00", 28.0, "2026-11-24T12:00:00"),
        ]}))
        .into_response()
    };
    carriers.answer(DHL, "rates", &body, act).await
}
