//! What people do to stock: it arrives, is corrected, goes from place to place, is counted.
//!
//! Each is one call in a transaction of its own (a part of the caller's, if there is one), signed
//! by who did it.

use serde_json::Value;
use sqlx::{Connection, PgConnection, PgExecutor, PgTransaction};

use crate::orders::Shortage;
use crate::problems::{FieldProblem, problem};
use crate::{TenantId, clean, inventory, sqlstate};

/// Why nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No such item, location, transfer or count; says which.
    #[error("{0}")]
    NotFound(String),
    /// What was asked for makes no sense; all problems.
    #[error("the change is invalid")]
    Invalid(Vec<FieldProblem>),
    /// The state of the transfer or the count does not allow it; says why.
    #[error("{0}")]
    Illegal(String),
    /// Not enough that is not promised.
    #[error("not enough stock")]
    OutOfStock(Vec<Shortage>),
    /// Anything else.
    #[error("changing the stock failed")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        let message = sqlstate::message(&error);
        match sqlstate::of(&error).as_str() {
            sqlstate::NOT_FOUND => ChangeError::NotFound(message),
            sqlstate::ILLEGAL_TRANSITION => ChangeError::Illegal(message),
            sqlstate::INVALID => {
                let problems = sqlstate::detail(&error);
                let whole = || vec![problem(String::new(), "invalid", &message)];
                ChangeError::Invalid(problems.unwrap_or_else(whole))
            }
            sqlstate::OUT_OF_STOCK => match sqlstate::detail(&error) {
                Some(shortages) => ChangeError::OutOfStock(shortages),
                None => ChangeError::Database(error),
            },
            _ => ChangeError::Database(error),
        }
    }
}

impl From<inventory::StockError> for ChangeError {
    fn from(error: inventory::StockError) -> Self {
        match error {
            inventory::StockError::NotFound(message) => ChangeError::NotFound(message),
            inventory::StockError::Invalid(message) => {
                ChangeError::Invalid(vec![problem(String::new(), "invalid", &message)])
            }
            inventory::StockError::Database(error) => ChangeError::Database(error),
        }
    }
}

/// Who changes the stock of which shop.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The shop.
    pub tenant: TenantId,
    /// Who, for the ledger.
    pub actor: &'a str,
}

/// Goods that arrive, or a correction.
#[derive(Clone, Debug)]
pub struct AtLocation {
    /// SKU of the stock item.
    pub sku: String,
    /// Code of the location.
    pub location: String,
}

async fn begin<'c>(db: &'c mut PgConnection, by: By<'_>) -> Result<PgTransaction<'c>, sqlx::Error> {
    let mut transaction = db.begin().await?;
    sqlx::query_file!("../../sql/queries/orders/act_as.sql", clean::text(by.actor))
        .fetch_one(&mut *transaction)
        .await?;
    Ok(transaction)
}

/// Units arrive; answers what is on hand then.
///
/// # Errors
/// [`ChangeError`].
pub async fn receive(
    db: &mut PgConnection,
    by: By<'_>,
    place: &AtLocation,
    quantity: i64,
    reason: Option<&str>,
) -> Result<i64, ChangeError> {
    let mut tx = begin(db, by).await?;
    let (sku, location) = (&place.sku, &place.location);
    let on_hand =
        inventory::receive_stock(&mut *tx, by.tenant, sku, location, quantity, reason).await?;
    tx.commit().await?;
    Ok(on_hand)
}

/// Corrects what is on hand from `expected` to `counted`; answers the correction.
///
/// # Errors
/// [`ChangeError`]; invalid if there is something else than `expected` by now.
pub async fn adjust(
    db: &mut PgConnection,
    by: By<'_>,
    place: &AtLocation,
    expected: i64,
    counted: i64,
    reason: &str,
) -> Result<i64, ChangeError> {
    let mut tx = begin(db, by).await?;
    let (sku, location) = (&place.sku, &place.location);
    let correction = inventory::adjust_stock(
        &mut *tx, by.tenant, sku, location, expected, counted, reason,
    )
    .await?;
    tx.commit().await?;
    Ok(correction)
}

/// Sets backorder limit, preorder limit, release time, safety stock: the keys that `policy` has,
/// at a location or at all. Answers at how many.
///
/// # Errors
/// [`ChangeError`].
pub async fn set_policy(
    db: &mut PgConnection,
    by: By<'_>,
    sku: &str,
    location: Option<&str>,
    policy: &Value,
) -> Result<i64, ChangeError> {
    let mut tx = begin(db, by).await?;
    let levels = sqlx::query_file_scalar!(
        "../../sql/queries/inventory_levels/set_policy.sql",
        sku,
        location,
        policy,
        by.tenant.0
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(i64::from(levels))
}

/// The policy of an item at each location that has it, as `{sku, levels}`; None: no such item.
///
/// # Errors
/// If the database can't be asked.
pub async fn policy(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    sku: &str,
) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/inventory_levels/policy.sql",
        clean::text(sku),
        tenant.0
    )
    .fetch_optional(db)
    .await
}

/// Asks for units to go from one location to another; answers the transfer's key.
///
/// # Errors
/// [`ChangeError`].
pub async fn create_transfer(
    db: &mut PgConnection,
    by: By<'_>,
    from: &str,
    to: &str,
    lines: &Value,
    note: Option<&str>,
) -> Result<i64, ChangeError> {
    let mut tx = begin(db, by).await?;
    let transfer_id = sqlx::query_file_scalar!(
        "../../sql/queries/stock_transfers/create.sql",
        from,
        to,
        lines,
        note,
        by.tenant.0
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(transfer_id)
}

/// What happens to a transfer.
#[derive(Clone, Debug)]
pub enum TransferStep<'a> {
    /// Its units leave.
    Ship,
    /// Units arrive.
    Receive {
        /// `[{"sku", "quantity"}]`; None: all that is missing.
        lines: Option<&'a Value>,
        /// Whether nothing more comes: what is missing is lost.
        is_last: bool,
    },
    /// It is given up before it leaves.
    Cancel,
}

/// Takes a transfer a step further.
///
/// # Errors
/// [`ChangeError`].
pub async fn move_transfer(
    db: &mut PgConnection,
    by: By<'_>,
    transfer_id: i64,
    step: &TransferStep<'_>,
) -> Result<(), ChangeError> {
    let mut tx = begin(db, by).await?;
    let tenant = by.tenant.0;
    match step {
        TransferStep::Ship => {
            let file = sqlx::query_file!(
                "../../sql/queries/stock_transfers/ship.sql",
                transfer_id,
                tenant
            );
            file.fetch_one(&mut *tx).await?;
        }
        TransferStep::Receive { lines, is_last } => {
            let file = sqlx::query_file!(
                "../../sql/queries/stock_transfers/receive.sql",
                transfer_id,
                *lines,
                is_last,
                tenant
            );
            file.fetch_one(&mut *tx).await?;
        }
        TransferStep::Cancel => {
            let file = sqlx::query_file!(
                "../../sql/queries/stock_transfers/cancel.sql",
                transfer_id,
                tenant
            );
            file.fetch_one(&mut *tx).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Begins to count at a location, these items or all; answers the count's key.
///
/// # Errors
/// [`ChangeError`].
pub async fn start_count(
    db: &mut PgConnection,
    by: By<'_>,
    location: &str,
    skus: Option<&[String]>,
) -> Result<i64, ChangeError> {
    let mut tx = begin(db, by).await?;
    let count_id = sqlx::query_file_scalar!(
        "../../sql/queries/stock_counts/start.sql",
        location,
        skus,
        by.tenant.0
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(count_id)
}

/// So many units of each of these items were found.
///
/// # Errors
/// [`ChangeError`]; nothing is recorded then.
pub async fn record_count(
    db: &mut PgConnection,
    by: By<'_>,
    stock_count_id: i64,
    found: &[(String, i64)],
) -> Result<(), ChangeError> {
    let mut tx = begin(db, by).await?;
    for (sku, counted) in found {
        let file = sqlx::query_file!(
            "../../sql/queries/stock_counts/record.sql",
            stock_count_id,
            sku,
            counted,
            by.tenant.0
        );
        file.fetch_one(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Takes a count into the books; answers what has to be counted again: `[{"sku", "expected"}]`.
///
/// # Errors
/// [`ChangeError`].
pub async fn complete_count(
    db: &mut PgConnection,
    by: By<'_>,
    stock_count_id: i64,
    reason: &str,
) -> Result<Value, ChangeError> {
    let mut tx = begin(db, by).await?;
    let again = sqlx::query_file_scalar!(
        "../../sql/queries/stock_counts/complete.sql",
        stock_count_id,
        reason,
        by.tenant.0
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(again)
}
