//! Parcels, as people see them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

use crate::orders::TransitionError;
use crate::{TenantId, clean, refusals};

/// A parcel that somebody hands to a carrier.
#[derive(Clone, Debug)]
pub struct NewShipment {
    /// Code of the carrier.
    pub carrier_code: String,
    /// What the carrier calls it.
    pub tracking_number: Option<String>,
    /// The carrier's page about it.
    pub tracking_url: Option<String>,
    /// How it travels.
    pub service: Option<String>,
    /// When it is expected.
    pub estimated_delivery_at: Option<DateTime<Utc>>,
}

/// A parcel of a fulfilment is handed to a carrier; answers its key. The same carrier and number
/// again is the same parcel.
///
/// # Errors
/// [`TransitionError`].
pub async fn create(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    parcel: &NewShipment,
    actor: &str,
) -> Result<i64, TransitionError> {
    sqlx::query_file_scalar!(
        "../../sql/queries/shipments/create.sql",
        fulfillment_id,
        parcel.carrier_code,
        parcel.tracking_number,
        parcel.tracking_url,
        parcel.service,
        parcel.estimated_delivery_at,
        clean::text(actor),
        tenant.0
    )
    .fetch_one(db)
    .await
    .map_err(|error| refusals::transition(error, "shipped"))
}

/// How carriers did in the last 30 days, as far as the analytics know.
///
/// # Errors
/// If the database can't be asked.
pub async fn metrics(db: impl PgExecutor<'_>, tenant: TenantId) -> Result<Value, sqlx::Error> {
    sqlx::query_file_scalar!("../../sql/queries/shipments/metrics.sql", tenant.0)
        .fetch_one(db)
        .await
}

/// What is on its way, and what of it needs a look.
///
/// # Errors
/// If the database can't be asked.
pub async fn watch(db: impl PgExecutor<'_>, tenant: TenantId) -> Result<Value, sqlx::Error> {
    sqlx::query_file_scalar!("../../sql/queries/shipments/watch.sql", tenant.0)
        .fetch_one(db)
        .await
}

/// What anybody with its number may know of a parcel: where it is, and nothing of who, what or
/// where to.
///
/// # Errors
/// If the database can't be asked.
pub async fn track(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    tracking_number: &str,
) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/shipments/track.sql",
        tracking_number,
        tenant.0
    )
    .fetch_optional(db)
    .await
}
