//! Goods that come back.
//!
//! A return is requested, decided about, received, inspected, and then refunded or exchanged. Each
//! step is one call of an `sp_*` function, and twice is once.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};

use crate::orders::TransitionError;
use crate::{TenantId, clean, refusals};

/// The reasons of `return_items`.
pub const REASONS: [&str; 9] = [
    "defective",
    "damaged_in_transit",
    "wrong_item",
    "not_as_described",
    "size_too_small",
    "size_too_large",
    "unwanted",
    "arrived_late",
    "other",
];

/// A return with its items.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the columns of returns, documented there")]
pub struct ReturnView {
    pub return_id: i64,
    pub order_id: i64,
    pub rma_number: String,
    pub kind: String,
    pub status: String,
    pub notes: Option<String>,
    pub requested_by: String,
    pub refund_amount: Option<i64>,
    pub refund_id: Option<i64>,
    pub exchange_order_id: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub approved_at: Option<DateTime<Utc>>,
    pub received_at: Option<DateTime<Utc>>,
    pub inspected_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub items: Json<Vec<ReturnItemView>>,
}

/// Units of one line that come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of return_items, documented there")]
pub struct ReturnItemView {
    pub line_number: i32,
    pub sku: String,
    pub quantity: i32,
    pub reason: String,
    pub received_quantity: i32,
    pub restocked_quantity: i32,
    pub damaged_quantity: i32,
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct NewReturn<'a> {
    /// Of which order.
    pub order_id: i64,
    /// `[{"line_number", "quantity", "reason"}]`
    pub items: &'a Value,
    /// `refund` or `exchange`.
    pub kind: &'a str,
    /// What the customer says.
    pub notes: Option<&'a str>,
    /// The same key again is the same return.
    pub idempotency_key: Option<&'a str>,
}

/// What somebody does with a return.
#[derive(Clone, Debug)]
pub enum Step<'a> {
    /// Decides about it, or says where it is.
    Move {
        /// `approved`, `rejected`, `cancelled`, `in_transit`, `expired` or `lost`.
        status: &'a str,
        /// A word with it.
        notes: Option<&'a str>,
    },
    /// Units came: `[{"line_number", "quantity"}]`; None: all that is open.
    Receive(Option<&'a Value>),
    /// Somebody looked at all of it.
    Inspect {
        /// `[{"line_number", "restocked", "damaged"}]`; None: all of it can be sold again.
        items: Option<&'a Value>,
        /// Code of the location it came to; None: where it left from.
        location: Option<&'a str>,
    },
    /// Gives back this amount; None: what it is worth.
    Refund(Option<i64>),
    /// Sends other goods: `[{"sku", "quantity", "recipient_phone"}]`.
    Exchange(&'a Value),
}

/// A return; None if the shop has no such return.
///
/// # Errors
/// If the database can't be asked.
pub async fn get(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    return_id: i64,
) -> Result<Option<ReturnView>, sqlx::Error> {
    sqlx::query_file_as!(
        ReturnView,
        "../../sql/queries/returns/get.sql",
        tenant.0,
        return_id
    )
    .fetch_optional(db)
    .await
}

/// Asks for units of an order to be taken back.
///
/// # Errors
/// [`TransitionError`]; nothing was written then.
pub async fn request(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: &NewReturn<'_>,
    actor: &str,
) -> Result<ReturnView, TransitionError> {
    let row = sqlx::query_file!(
        "../../sql/queries/returns/request.sql",
        wanted.order_id,
        wanted.items,
        wanted.kind,
        wanted.notes.map(clean::text),
        clean::text(actor),
        wanted.idempotency_key,
        tenant.0
    )
    .fetch_one(&mut *db)
    .await
    .map_err(|error| refusals::transition(error, "requested"))?;
    read(db, tenant, row.return_id).await
}

/// Takes a return a step further; answers it as it is then.
///
/// # Errors
/// [`TransitionError`]; nothing was changed then.
pub async fn advance(
    db: &mut PgConnection,
    tenant: TenantId,
    return_id: i64,
    actor: &str,
    step: &Step<'_>,
) -> Result<ReturnView, TransitionError> {
    run(&mut *db, tenant, return_id, &clean::text(actor), step)
        .await
        .map_err(|error| refusals::transition(error, "inspected"))?;
    read(db, tenant, return_id).await
}

async fn run(
    db: &mut PgConnection,
    tenant: TenantId,
    return_id: i64,
    actor: &str,
    step: &Step<'_>,
) -> Result<(), sqlx::Error> {
    match *step {
        Step::Move { status, notes } => {
            let (status, notes) = (clean::text(status), notes.map(clean::text));
            let file = sqlx::query_file!(
                "../../sql/queries/returns/move.sql",
                return_id,
                status,
                actor,
                notes,
                tenant.0
            );
            file.fetch_one(db).await.map(drop)
        }
        Step::Receive(items) => {
            let file = sqlx::query_file!(
                "../../sql/queries/returns/receive.sql",
                return_id,
                items,
                actor,
                tenant.0
            );
            file.fetch_one(db).await.map(drop)
        }
        Step::Inspect { items, location } => {
            let file = sqlx::query_file!(
                "../../sql/queries/returns/inspect.sql",
                return_id,
                items,
                location.map(clean::text),
                actor,
                tenant.0
            );
            file.fetch_one(db).await.map(drop)
        }
        Step::Refund(amount) => {
            let file = sqlx::query_file!(
                "../../sql/queries/returns/refund.sql",
                return_id,
                amount,
                actor,
                tenant.0
            );
            file.fetch_one(db).await.map(drop)
        }
        Step::Exchange(lines) => {
            let file = sqlx::query_file!(
                "../../sql/queries/returns/exchange.sql",
                return_id,
                lines,
                actor,
                tenant.0
            );
            file.fetch_one(db).await.map(drop)
        }
    }
}

async fn read(
    db: &mut PgConnection,
    tenant: TenantId,
    return_id: i64,
) -> Result<ReturnView, TransitionError> {
    match get(db, tenant, return_id).await {
        Ok(Some(view)) => Ok(view),
        Ok(None) => Err(TransitionError::NotFound),
        Err(error) => Err(TransitionError::Database(error)),
    }
}
