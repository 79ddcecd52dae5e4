//! Labels of the own warehouse: printed, given back, judged by a person. Packing a parcel buys one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use stevedore_model::labels;

use crate::auth::{Caller, StockRead, StockWrite};
use crate::problem::{Kind, Problem, Result};
use crate::routes::orders::refused;
use crate::routes::path_id::{self, Id};
use crate::state::ApiState;
use crate::wire;

/// Print a parcel's label
///
/// The bytes as the carrier made them: PDF, ZPL for label printers, or GIF.
#[utoipa::path(
    get, path = "/v1/shipments/{shipment_id}/label", tag = "stock", operation_id = "get_label",
    security(("api_key" = ["stock:read"])),
    params(("shipment_id" = i64, Path, minimum = 1, description = "The parcel.", example = 1)),
    responses(
        (status = 200, description = "The label.", content(
            (String = "application/pdf"), (String = "application/zpl"), (String = "image/gif"))),
        wire::LabelNotFound,
        wire::ReadErrors,
    )
)]
pub async fn read(
    caller: Caller<StockRead>,
    State(state): State<ApiState>,
    parcel: Id<path_id::Shipment>,
) -> Result<Response> {
    let label = labels::of_shipment(state.pool(), caller.tenant(), parcel.0).await?;
    let label = label.ok_or_else(|| no_label(parcel.0))?;
    let kind = match label.format.as_str() {
        "pdf" => "application/pdf",
        "zpl" => "application/zpl",
        _ => "image/gif",
    };
    let number = label.tracking_number.unwrap_or_default();
    let name: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
    let file = format!("inline; filename=\"label-{name}.{}\"", label.format);
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, file)];
    Ok((headers, label.content).into_response())
}

/// Give a parcel's label back
///
/// No parcel travels with it. A job tells the carrier; the parcel can be packed again, which buys
/// another one. Twice is once.
#[utoipa::path(
    delete, path = "/v1/shipments/{shipment_id}/label", tag = "stock", operation_id = "void_label",
    security(("api_key" = ["stock:write"])),
    params(("shipment_id" = i64, Path, minimum = 1, description = "The parcel.", example = 1)),
    responses(
        (status = 202, description = "The carrier will be told."),
        wire::LabelNotFound,
        wire::TransitionRefused,
        wire::ReadErrors,
    )
)]
pub async fn void(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    parcel: Id<path_id::Shipment>,
) -> Result<StatusCode> {
    labels::begin_void(state.pool(), caller.tenant(), parcel.0)
        .await
        .map_err(|error| refused(error, || no_label(parcel.0)))?;
    Ok(StatusCode::ACCEPTED)
}

/// Say that a label was not bought
///
/// After an answer of the carrier that got lost, when a person has looked there: another label may
/// be bought now.
#[utoipa::path(
    post, path = "/v1/fulfillments/{fulfillment_id}/label/release", tag = "stock",
    operation_id = "release_label",
    security(("api_key" = ["stock:write"])),
    params(("fulfillment_id" = i64, Path, minimum = 1, description = "The parcel.", example = 1)),
    responses(
        (status = 204, description = "Another one is being bought."),
        wire::LabelNotFound,
        wire::ReadErrors,
    )
)]
pub async fn release(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    parcel: Id<path_id::Fulfillment>,
) -> Result<StatusCode> {
    let (mut db, actor) = (state.db().await?, caller.actor());
    labels::release(&mut *db, caller.tenant(), parcel.0, &actor)
        .await
        .map_err(|error| refused(error, || no_label(parcel.0)))?;
    Ok(StatusCode::NO_CONTENT)
}

fn no_label(id: i64) -> Problem {
    let detail = format!("The parcel with the id \"{id}\" has no such label.");
    Problem::new(Kind::LabelNotFound, detail)
}
