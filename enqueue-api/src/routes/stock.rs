//! The rounds that fetch goods from their shelves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use sqlx::PgConnection;
use stevedore_model::TenantId;
use stevedore_model::picking::{self, NewPickList, Packed, PickError};
use stevedore_model::problems::{Fields, problem};

use crate::auth::{Caller, StockRead, StockWrite};
use crate::body::{JsonBody, OptionalJsonBody};
use crate::problem::{Kind, Problem, Result};
use crate::routes::path_id::{self, Id};
use crate::state::ApiState;
use crate::wire;

const PARCELS_DEFAULT: i64 = 20;
const PARCELS_MAX: i64 = 500;
const UNITS_MAX: i64 = 1_000_000_000;
const WEIGHT_MAX_G: i64 = 1_000_000;
const SIDE_MAX_MM: i64 = 10_000;

/// Make a pick list
///
/// A round through a location, or a zone of it, that fetches what waiting parcels still need from
/// there: oldest first, in the order of the shelves. Nothing is on two lists, so a repeated request
/// is answered with other parcels, or with 204 when nothing is left.
#[utoipa::path(
    post,
    path = "/v1/pick-lists",
    tag = "stock",
    operation_id = "create_pick_list",
    security(("api_key" = ["stock:write"])),
    request_body(content = wire::NewPickList, content_type = "application/json"),
    responses(
        (status = 201, description = "The pick list.", body = wire::PickList),
        (status = 204, description = "There is nothing to fetch."),
        wire::BodyErrors,
    )
)]
pub async fn create(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let list = new_list(&body)?;
    let mut db = state.db().await?;
    let made = picking::create(&mut *db, caller.tenant(), &list).await;
    let made = made.map_err(|error| match error {
        // The only thing that a new list can name wrongly.
        PickError::NotFound(message) => {
            Problem::invalid(vec![problem("location".to_owned(), "unknown", &message)])
        }
        error => error.into(),
    })?;
    let Some(pick_list_id) = made else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let list = whole(&mut db, caller.tenant(), pick_list_id).await?;
    Ok((StatusCode::CREATED, list).into_response())
}

fn new_list(body: &Value) -> Result<NewPickList> {
    let mut problems = Vec::new();
    let mut list = None;
    if let Some(mut fields) = Fields::of(body, "", &mut problems) {
        let location = fields.required_text("location", 1..=40).map(str::to_owned);
        let zone = fields.text("zone", 1..=40).map(str::to_owned);
        let picker = fields.text("picker", 1..=200).map(str::to_owned);
        let parcels = fields.integer("parcels_max", 1..=PARCELS_MAX);
        fields.finish();
        list = location.map(|location| NewPickList {
            location,
            zone,
            picker,
            parcels_max: i32::try_from(parcels.unwrap_or(PARCELS_DEFAULT)).unwrap_or(i32::MAX),
        });
    }
    match list {
        Some(list) if problems.is_empty() => Ok(list),
        _ => Err(Problem::invalid(problems)),
    }
}

/// Read a pick list
#[utoipa::path(
    get,
    path = "/v1/pick-lists/{pick_list_id}",
    tag = "stock",
    operation_id = "get_pick_list",
    security(("api_key" = ["stock:read"])),
    params(("pick_list_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    responses(
        (status = 200, description = "The pick list as it is now.", body = wire::PickList),
        wire::PickListNotFound,
        wire::ReadErrors,
    )
)]
pub async fn read(
    caller: Caller<StockRead>,
    State(state): State<ApiState>,
    list: Id<path_id::PickList>,
) -> Result<Json<Value>> {
    whole(&mut *state.db().await?, caller.tenant(), list.0).await
}

/// Give a pick list up
///
/// What it fetched goes back to the shelves, and its parcels wait for another list.
#[utoipa::path(
    post,
    path = "/v1/pick-lists/{pick_list_id}/cancel",
    tag = "stock",
    operation_id = "cancel_pick_list",
    security(("api_key" = ["stock:write"])),
    params(("pick_list_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    responses(
        (status = 200, description = "The pick list, given up.", body = wire::PickList),
        wire::PickListNotFound,
        wire::TransitionRefused,
        wire::ReadErrors,
    )
)]
pub async fn cancel(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    list: Id<path_id::PickList>,
) -> Result<Json<Value>> {
    let mut db = state.db().await?;
    picking::cancel(&mut *db, caller.tenant(), list.0).await?;
    whole(&mut db, caller.tenant(), list.0).await
}

/// Say what was found
///
/// Of one item of a pick list: all of it, or fewer with a reason, which staff then see as an error
/// of the order. Say it again to correct it, until the parcel is packed.
#[utoipa::path(
    post,
    path = "/v1/pick-list-items/{pick_list_item_id}/confirm",
    tag = "stock",
    operation_id = "confirm_pick",
    security(("api_key" = ["stock:write"])),
    params(("pick_list_item_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    request_body(content = wire::PickConfirmation, content_type = "application/json"),
    responses(
        (status = 200, description = "The pick list of the item.", body = wire::PickList),
        wire::PickListNotFound,
        wire::TransitionRefused,
        wire::BodyErrors,
    )
)]
pub async fn confirm(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    item: Id<path_id::PickList>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>> {
    let mut problems = Vec::new();
    let mut found = None;
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        let units = fields.required_integer("picked_quantity", 0..=UNITS_MAX);
        let reason = fields.text("short_reason", 1..=200).map(str::to_owned);
        fields.finish();
        found = units.and_then(|units| Some((i32::try_from(units).ok()?, reason)));
    }
    let (units, reason) = match found {
        Some(found) if problems.is_empty() => found,
        _ => return Err(Problem::invalid(problems)),
    };
    let (tenant, actor) = (caller.tenant(), caller.actor());
    let mut db = state.db().await?;
    let list = picking::confirm(&mut *db, tenant, item.0, units, reason.as_deref(), &actor).await?;
    whole(&mut db, tenant, list).await
}

/// Pack a parcel
///
/// When everything in it was found; refused with `illegal_transition` and what is missing
/// otherwise. A parcel of the own warehouse is measured (what is left out is as the catalogue says)
/// and its label bought; packing it again before that is a correction.
#[utoipa::path(
    post,
    path = "/v1/fulfillments/{fulfillment_id}/pack",
    tag = "stock",
    operation_id = "pack_fulfillment",
    security(("api_key" = ["stock:write"])),
    params(("fulfillment_id" = i64, Path, minimum = 1, description = "The parcel.", example = 1)),
    request_body(content = Option<wire::PackedParcel>, content_type = "application/json"),
    responses(
        (status = 204, description = "It is packed."),
        wire::PickListNotFound,
        wire::TransitionRefused,
        wire::BodyErrors,
    )
)]
pub async fn pack(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    parcel: Id<path_id::PickList>,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<StatusCode> {
    let packed = packed(&body)?;
    let (mut db, actor) = (state.db().await?, caller.actor());
    picking::pack(&mut *db, caller.tenant(), parcel.0, &packed, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn packed(body: &Value) -> Result<Packed> {
    let (mut problems, mut packed) = (Vec::new(), Packed::default());
    if let Some(mut fields) = Fields::of(body, "", &mut problems) {
        packed.weight_g = fields.integer("weight_g", 1..=WEIGHT_MAX_G);
        packed.length_mm = fields.integer("length_mm", 1..=SIDE_MAX_MM);
        packed.width_mm = fields.integer("width_mm", 1..=SIDE_MAX_MM);
        packed.height_mm = fields.integer("height_mm", 1..=SIDE_MAX_MM);
        packed.carrier_code = fields.text("carrier_code", 1..=40).map(str::to_owned);
        packed.service = fields.text("service", 1..=100).map(str::to_owned);
        packed.prefer = fields.text("prefer", 1..=20).map(str::to_owned);
        if packed.service.is_some() && packed.carrier_code.is_none() {
            fields.wrong::<()>("carrier_code", "required", "is required with a service");
        }
        if !matches!(
            packed.prefer.as_deref(),
            None | Some("cheapest" | "fastest")
        ) {
            fields.wrong::<()>("prefer", "unknown", "must be cheapest or fastest");
        }
        fields.finish();
    }
    match problems.is_empty() {
        true => Ok(packed),
        false => Err(Problem::invalid(problems)),
    }
}

/// A pick list as clients see it.
async fn whole(db: &mut PgConnection, tenant: TenantId, pick_list_id: i64) -> Result<Json<Value>> {
    let list = picking::get(db, tenant, pick_list_id).await?;
    list.map(Json).ok_or_else(|| {
        let detail = format!("There is no pick list with the id \"{pick_list_id}\".");
        Problem::new(Kind::PickListNotFound, detail)
    })
}

impl From<PickError> for Problem {
    fn from(error: PickError) -> Self {
        match error {
            PickError::NotFound(message) => Problem::new(Kind::PickListNotFound, message),
            PickError::Invalid(problems) => Problem::invalid(problems),
            PickError::Illegal(message) => Problem::new(Kind::IllegalTransition, message),
            PickError::Database(error) => error.into(),
        }
    }
}
