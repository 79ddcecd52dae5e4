//! Details of orders that ended long ago: one document for each order, in `archived_orders`.
//!
//! `docs/decisions/0022` says what goes there and what stays.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

use crate::TenantId;

/// The tables whose rows are put away.
pub const TABLES: &[&str] = &[
    "order_state_history",
    "order_logs",
    "tracking_events",
    "fulfillment_logs",
    "notification_queue",
];

/// What one batch put away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutAway {
    /// How many orders.
    pub orders: u64,
    /// How many rows of which table.
    pub rows: Vec<(String, u64)>,
}

/// What was put away of an order at one time.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// When.
    pub archived_at: DateTime<Utc>,
    /// How many rows are in it.
    pub row_count: i32,
    /// The rows by the table that they came from.
    pub document: Value,
}

/// Puts the details of at most `batch` orders away that ended longer than `age` ago, skipping what
/// others hold. Fewer orders than `batch` say that no more are there.
///
/// # Errors
/// If the database can't be asked.
pub async fn put_away(
    db: &mut PgConnection,
    age: Duration,
    batch: i32,
) -> Result<PutAway, sqlx::Error> {
    let counts = sqlx::query_file!(
        "../../sql/queries/archived_orders/put_away.sql",
        age.as_secs_f64(),
        batch
    )
    .fetch_all(db)
    .await?;
    let mut put_away = PutAway::default();
    for count in counts {
        let rows = u64::try_from(count.row_count).unwrap_or(0);
        if count.table_name == "orders" {
            put_away.orders = rows;
        } else {
            put_away.rows.push((count.table_name, rows));
        }
    }
    Ok(put_away)
}

/// What was put away of an order, oldest first.
///
/// # Errors
/// If the database can't be asked.
pub async fn find(
    db: impl PgExecutor<'_>,
    shop: TenantId,
    order_id: i64,
) -> Result<Vec<Document>, sqlx::Error> {
    sqlx::query_file_as!(
        Document,
        "../../sql/queries/archived_orders/find.sql",
        shop.0,
        order_id
    )
    .fetch_all(db)
    .await
}
