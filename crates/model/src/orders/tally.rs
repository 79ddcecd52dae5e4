//! Where everything stands, for demonstrations and tests.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::TenantId;

/// Counts of everything at one moment.
#[derive(Clone, Debug, Serialize)]
pub struct Tally {
    /// Orders by `order_status`; states without orders are absent.
    pub orders: Json<BTreeMap<String, i64>>,
    /// Notices by `status`: `pending`, `sent`, `failed`, `skipped`…
    pub notifications: Json<BTreeMap<String, i64>>,
    /// Units that left the stock, or were delivered, by SKU of the order line.
    pub units_shipped: Json<BTreeMap<String, i64>>,
    /// Fulfilments, other than by hand, that no job was ever made for and that were never parked;
    /// and open ones without an unfinished job, of orders that wait for no person: must be 0.
    pub fulfillments_without_job: i64,
    /// Notices that no job was ever made for: must be 0.
    pub notifications_without_job: i64,
    /// Jobs for fulfilments and notices that wait or run.
    pub jobs_unfinished: i64,
    /// Those that ended well.
    pub jobs_completed: i64,
    /// Those that failed for good.
    pub jobs_dead: i64,
}

impl Tally {
    /// Orders in this state.
    #[must_use]
    pub fn orders_in(&self, status: &str) -> i64 {
        self.orders.get(status).copied().unwrap_or(0)
    }

    /// Notices in this state.
    #[must_use]
    pub fn notifications_in(&self, status: &str) -> i64 {
        self.notifications.get(status).copied().unwrap_or(0)
    }

    /// Orders that something still happens to by itself. Those on hold wait for a person.
    #[must_use]
    pub fn orders_moving(&self) -> i64 {
        [
            "draft",
            "pending",
            "confirmed",
            "processing",
            "picking",
            "packed",
            "partially_shipped",
        ]
        .iter()
        .map(|status| self.orders_in(status))
        .sum()
    }
}

/// Counts everything of a shop in one query, so that the numbers belong to one moment.
///
/// # Errors
/// If the database can't be asked.
pub async fn tally(db: impl PgExecutor<'_>, tenant: TenantId) -> Result<Tally, sqlx::Error> {
    sqlx::query_file_as!(Tally, "../../sql/queries/orders/tally.sql", tenant.0)
        .fetch_one(db)
        .await
}
