//! Stock: what arrives, what is counted, what lapses, what there is.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;

use crate::{TenantId, sqlstate};

/// An item at a location.
#[derive(Clone, Debug, Serialize)]
pub struct StockStatus {
    /// SKU of the stock item.
    pub sku: String,
    /// A product made of it.
    pub product_name: Option<String>,
    /// Where; None: stocked nowhere.
    pub location_code: Option<String>,
    /// Units physically there.
    pub on_hand: i64,
    /// Units promised to unconfirmed orders.
    pub reserved: i64,
    /// Units promised to confirmed orders.
    pub allocated: i64,
    /// Units that can still be promised.
    pub available: i64,
    /// At or below it the item is low.
    pub low_stock_threshold: i32,
    /// `UNTRACKED`, `OVERCOMMITTED`, `OUT_OF_STOCK`, `LOW_STOCK` or `IN_STOCK`.
    pub stock_status: String,
    /// When the next unconfirmed promise lapses.
    pub next_expiry_at: Option<DateTime<Utc>>,
}

/// Why stock was not received or corrected.
#[derive(Debug, thiserror::Error)]
pub enum StockError {
    /// No such item or location; says which.
    #[error("{0}")]
    NotFound(String),
    /// A quantity that is not possible, or a count that is out of date; says why.
    #[error("{0}")]
    Invalid(String),
    /// Anything else.
    #[error("changing the stock failed")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StockError {
    fn from(error: sqlx::Error) -> Self {
        match sqlstate::of(&error).as_str() {
            sqlstate::NOT_FOUND => StockError::NotFound(sqlstate::message(&error)),
            sqlstate::INVALID => StockError::Invalid(sqlstate::message(&error)),
            _ => StockError::Database(error),
        }
    }
}

/// Ends what was not confirmed in time, at most `limit` orders; answers how many orders and
/// promises ended. Call it until it answers less than `limit`.
///
/// # Errors
/// If the database can't be asked.
pub async fn expire_reservations(db: impl PgExecutor<'_>, limit: i32) -> Result<i64, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/inventory_reservations/expire.sql", limit)
        .fetch_one(db)
        .await?;
    Ok(i64::from(row.ended))
}

/// Units arrive at a location; answers what is on hand there now.
///
/// # Errors
/// [`StockError`].
pub async fn receive_stock(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    sku: &str,
    location_code: &str,
    quantity: i64,
    reason: Option<&str>,
) -> Result<i64, StockError> {
    let row = sqlx::query_file!(
        "../../sql/queries/inventory_levels/receive.sql",
        sku,
        location_code,
        quantity,
        reason,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.on_hand)
}

/// Corrects what is on hand from `expected`, which the counter saw, to `counted`; answers the
/// correction made.
///
/// # Errors
/// [`StockError::Invalid`] if it changed meanwhile: count again.
pub async fn adjust_stock(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    sku: &str,
    location_code: &str,
    expected: i64,
    counted: i64,
    reason: &str,
) -> Result<i64, StockError> {
    let row = sqlx::query_file!(
        "../../sql/queries/inventory_levels/adjust.sql",
        sku,
        location_code,
        expected,
        counted,
        reason,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.correction)
}

/// Gives free units to promises beyond the stock, oldest first, at most `limit` promises; None: of
/// all items, at all locations. Answers how many units; call it until that is 0.
///
/// # Errors
/// If the database can't be asked.
pub async fn fill_backorders(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    inventory_item_id: Option<i64>,
    location_id: Option<i64>,
    limit: i32,
) -> Result<i64, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/inventory_reservations/fill.sql",
        inventory_item_id,
        location_id,
        limit,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.units)
}

/// All stock of a shop, by SKU and location.
///
/// # Errors
/// If the database can't be asked.
pub async fn status(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
) -> Result<Vec<StockStatus>, sqlx::Error> {
    sqlx::query_file_as!(
        StockStatus,
        "../../sql/queries/vw_inventory_status/list.sql",
        tenant.0
    )
    .fetch_all(db)
    .await
}
