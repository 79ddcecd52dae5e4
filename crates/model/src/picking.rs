//! Pick lists: rounds through a location that fetch the goods of waiting parcels.

use serde::Serialize;
use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::problems::FieldProblem;
use crate::{TenantId, sqlstate};

/// Why nothing was picked or packed.
#[derive(Debug, thiserror::Error)]
pub enum PickError {
    /// No such round, item, parcel or location; says which.
    #[error("{0}")]
    NotFound(String),
    /// What was said to be found is not possible; all problems.
    #[error("the numbers are invalid")]
    Invalid(Vec<FieldProblem>),
    /// The state of the round or the parcel does not allow it; says why.
    #[error("{0}")]
    Illegal(String),
    /// Anything else.
    #[error("changing the pick list failed")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for PickError {
    fn from(error: sqlx::Error) -> Self {
        match sqlstate::of(&error).as_str() {
            sqlstate::NOT_FOUND => PickError::NotFound(sqlstate::message(&error)),
            sqlstate::ILLEGAL_TRANSITION => PickError::Illegal(sqlstate::message(&error)),
            sqlstate::INVALID => match sqlstate::detail(&error) {
                Some(problems) => PickError::Invalid(problems),
                None => PickError::Database(error),
            },
            _ => PickError::Database(error),
        }
    }
}

/// What a round is made for.
#[derive(Clone, Debug)]
pub struct NewPickList {
    /// Code of the location.
    pub location: String,
    /// The part of it that the round goes through; None: all.
    pub zone: Option<String>,
    /// Who goes.
    pub picker: Option<String>,
    /// Parcels at most.
    pub parcels_max: i32,
}

/// Makes a round of what parcels wait for; answers its key, or None if there is nothing to fetch.
///
/// # Errors
/// [`PickError::NotFound`] for an unknown location.
pub async fn create(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    list: &NewPickList,
) -> Result<Option<i64>, PickError> {
    let row = sqlx::query_file!(
        "../../sql/queries/pick_batches/create.sql",
        list.location.as_str(),
        list.zone.as_deref(),
        list.picker.as_deref(),
        list.parcels_max,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.pick_list_id)
}

/// A round with what it fetches; None: there is none.
///
/// # Errors
/// If the database can't be asked.
pub async fn get(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    pick_list_id: i64,
) -> Result<Option<Value>, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/pick_batches/get.sql",
        pick_list_id,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.pick_list)
}

/// Gives a round up; its parcels wait for another. Twice is once.
///
/// # Errors
/// [`PickError`].
pub async fn cancel(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    pick_list_id: i64,
) -> Result<(), PickError> {
    sqlx::query_file!(
        "../../sql/queries/pick_batches/cancel.sql",
        pick_list_id,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// So many units of an item were found, fewer with a reason; answers the key of its round. Twice
/// is once.
///
/// # Errors
/// [`PickError`].
pub async fn confirm(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    pick_list_item_id: i64,
    picked: i32,
    short_reason: Option<&str>,
    actor: &str,
) -> Result<i64, PickError> {
    let row = sqlx::query_file!(
        "../../sql/queries/pick_list_items/confirm.sql",
        pick_list_item_id,
        picked,
        short_reason,
        actor,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.pick_list_id)
}

/// What is said of a parcel when it is packed; what is left out is as the catalogue says.
/// Serialises to columns of `packed_parcels`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Packed {
    /// Weight in grams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_g: Option<i64>,
    /// Longest side, in millimetres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_mm: Option<i64>,
    /// The next side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width_mm: Option<i64>,
    /// The last side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height_mm: Option<i64>,
    /// By this carrier only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier_code: Option<String>,
    /// By this service of the carrier only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `cheapest` or `fastest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefer: Option<String>,
}

/// A parcel is packed, when everything in it was found. Twice is once. One of the own warehouse is
/// measured, and its label is bought.
///
/// # Errors
/// [`PickError::Illegal`] names what was not found, or that there is a label already.
pub async fn pack(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    parcel: &Packed,
    actor: &str,
) -> Result<(), PickError> {
    sqlx::query_file!(
        "../../sql/queries/fulfillments/pack_parcel.sql",
        fulfillment_id,
        Json(parcel) as _,
        actor,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}
