//! Lists of orders, page by page.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;

use crate::TenantId;

/// Every state on the order axis.
pub const ORDER_STATUSES: [&str; 17] = [
    "draft",
    "pending",
    "payment_failed",
    "on_hold",
    "confirmed",
    "processing",
    "picking",
    "packed",
    "partially_shipped",
    "shipped",
    "partially_delivered",
    "delivered",
    "completed",
    "partially_returned",
    "returned",
    "cancelled",
    "expired",
];
/// Every state on the payment axis.
pub const PAYMENT_STATUSES: [&str; 11] = [
    "pending",
    "requires_action",
    "authorized",
    "partially_paid",
    "paid",
    "failed",
    "cancelled",
    "voided",
    "partially_refunded",
    "refunded",
    "disputed",
];

/// Which orders; each narrows it.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// In one of these states.
    pub order_status: Option<Vec<String>>,
    /// With their payment in one of these states.
    pub payment_status: Option<Vec<String>>,
    /// From this source.
    pub order_source: Option<String>,
    /// Of the customer with this code.
    pub customer: Option<String>,
    /// Placed then or later.
    pub placed_after: Option<DateTime<Utc>>,
    /// Placed before.
    pub placed_before: Option<DateTime<Utc>>,
}

/// A place in a list, between two orders: orders that come meanwhile shift nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    placed_at: DateTime<Utc>,
    order_id: i64,
}

impl Cursor {
    /// Reads what [`OrderPage::next`] says.
    #[must_use]
    pub fn parse(text: &str) -> Option<Cursor> {
        let (micros, order_id) = text.split_once('-')?;
        Some(Cursor {
            placed_at: DateTime::from_timestamp_micros(micros.parse().ok()?)?,
            order_id: order_id.parse().ok()?,
        })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let micros = self.placed_at.timestamp_micros();
        write!(formatter, "{micros}-{}", self.order_id)
    }
}

/// A page of orders.
#[derive(Clone, Debug, Serialize)]
pub struct OrderPage {
    /// The newest first.
    pub orders: Vec<OrderLine>,
    /// Where the next page begins; None if this is the last.
    pub next: Option<String>,
}

/// An order in a list.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the columns of orders, documented there")]
pub struct OrderLine {
    pub order_id: i64,
    pub order_number: String,
    pub status: String,
    pub order_status: String,
    pub payment_status: String,
    pub payment_method: String,
    pub currency: String,
    pub total_amount: i64,
    pub customer_id: Option<i64>,
    pub customer_name: String,
    pub order_source: String,
    pub error_count: i32,
    pub placed_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A page of at most `limit` orders, behind `after` if that is given.
///
/// # Errors
/// If the database can't be asked.
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    filter: &OrderFilter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<OrderPage, sqlx::Error> {
    let limit = limit as usize;
    macro_rules! rows {
        ($file:literal) => {
            sqlx::query_file_as!(
                OrderLine,
                $file,
                tenant.0,
                filter.order_status.as_deref(),
                filter.payment_status.as_deref(),
                filter.order_source,
                filter.customer,
                filter.placed_after,
                filter.placed_before,
                after.map(|cursor| cursor.placed_at),
                after.map(|cursor| cursor.order_id),
                // One more tells whether there is a next page.
                i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1
            )
            .fetch_all(db)
            .await?
        };
    }
    let mut orders = match filter.order_status {
        Some(_) => rows!("../../sql/queries/orders/list_by_status.sql"),
        None => rows!("../../sql/queries/orders/list.sql"),
    };
    let is_last = orders.len() <= limit;
    orders.truncate(limit);
    let next = orders.last().filter(|_| !is_last).map(|last| {
        let (placed_at, order_id) = (last.placed_at, last.order_id);
        Cursor {
            placed_at,
            order_id,
        }
        .to_string()
    });
    Ok(OrderPage { orders, next })
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for text in ["1893456000000001-17", "0-1"] {
            assert_eq!(
                Cursor::parse(text).map(|c| c.to_string()).as_deref(),
                Some(text)
            );
        }
        for text in ["", "17", "x-1", "1-x", "99999999999999999999-1"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
