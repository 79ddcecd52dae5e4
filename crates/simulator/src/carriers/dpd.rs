//! DPD: geopost's META-API below `/shipping/v1`, with the token in a header of the login's answer,
//! and the public parcel life cycle below `/rest/plc`.

use axum::Router;
use axum::extract::{Json, Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Carriers, SimulatedCarrier, label, value};

const DPD: SimulatedCarrier = SimulatedCarrier::Dpd;

pub(super) fn router() -> Router<Carriers> {
    Router::new()
        .route("/rest/plc/{locale}/{number}", get(track))
        .route("/shipping/v1/login", post(log_in))
        .route("/shipping/v1/shipment", post(ship))
}

async fn track(
    Shared(carriers): Shared<Carriers>,
    Path((_locale, number)): Path<(String, String)>,
) -> Response {
    let act =
        || {
            // Unknown parcels are an empty life cycle, not an error.
            let Some(parcel) = carriers.parcel(DPD, &number) else {
                return Json(json!({"parcellifecycleResponse": {}})).into_response();
            };
            let mut steps: Vec<Value> = parcel
            .scans
            .iter()
            .map(|scan| json!({
                "status": scan.code, "label": scan.description, "statusHasBeenReached": true,
                "isCurrentStatus": false, "location": scan.city, "date": scan.at,
                "description": {"content": [scan.description]},
            }))
            .collect();
            // What DPD expects to come.
            steps.push(json!({
                "status": "DELIVERED", "label": "Delivered", "statusHasBeenReached": false,
                "isCurrentStatus": false,
            }));
            Json(json!({"parcellifecycleResponse": {"parcelLifeCycleData": {
                "shipmentInfo": {"parcelLabelNumber": number}, "statusInfo": steps,
            }}}))
            .into_response()
        };
    carriers.answer(DPD, "track", &Value::Null, act).await
}

async fn log_in(Shared(carriers): Shared<Carriers>, headers: HeaderMap) -> Response {
    let act = || {
        let login = value(&headers, "x-dpd-login");
        let has_unit = value(&headers, "x-dpd-bucode").is_some();
        if !has_unit || !carriers.knows(login, value(&headers, "x-dpd-password")) {
            let message = "Invalid login or password";
            return DPD.error(StatusCode::UNAUTHORIZED, "LOGIN_5", message);
        }
        ([("X-DPD-TOKEN", carriers.new_token(DPD))], "").into_response()
    };
    carriers.answer(DPD, "log_in", &Value::Null, act).await
}

#[derive(Deserialize)]
struct Print {
    #[serde(rename = "LabelPrintFormat")]
    format: String,
}

async fn ship(
    Shared(carriers): Shared<Carriers>,
    Query(print): Query<Print>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let act = || {
        if !carriers.knows_bearer(DPD, &headers) {
            return DPD.error(StatusCode::UNAUTHORIZED, "401", "Token expired");
        }
        // One shipment in an array.
        let at = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        if at("/0/receiver/address/city").is_empty() {
            let message = "receiver.address.city: must not be blank";
            return DPD.error(StatusCode::BAD_REQUEST, "COMMON_7", message);
        }
        let reference = at("/0/shipmentInfos/shipmentId");
        let service = at("/0/shipmentInfos/productCode");
        let number = carriers.sell(DPD, reference, service, |sold| format!("0100512{sold:07}"));
        let media = if print.format.starts_with("ZPL") {
            "text/plain"
        } else {
            "application/pdf"
        };
        Json(json!([{
            "shipmentId": reference, "parcelIds": [number],
            "networkShipmentId": format!("N{number}"),
            "networkParcelIds": [number],
            "parcelBarcodes": [{"parcel": number, "barcode": format!("%{number}")}],
            "label": {"base64Data": label(&print.format, &number), "media-type": media},
        }]))
        .into_response()
    };
    carriers.answer(DPD, "label", &body, act).await
}
