//! Failures that need an owner: one open ticket per cause.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgExecutor;

use crate::orders::TransitionError;
use crate::{TenantId, clean, refusals};

/// The categories of tickets, and of errors of orders.
pub const CATEGORIES: [&str; 6] = ["delivery", "payment", "stock", "database", "api", "unknown"];
/// The severities of tickets, and of errors of orders, the worst first.
pub const SEVERITIES: [&str; 4] = ["critical", "high", "medium", "low"];

/// Which tickets; each narrows it.
#[derive(Clone, Debug, Default)]
pub struct TicketFilter {
    /// Resolved ones instead of open ones.
    pub is_resolved: bool,
    /// Of this category.
    pub category: Option<String>,
    /// Of this severity.
    pub severity: Option<String>,
    /// That last happened to this order.
    pub order_id: Option<i64>,
}

/// A ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of tickets, documented there")]
pub struct TicketView {
    pub ticket_id: i64,
    pub cause_key: String,
    pub category: String,
    pub severity: String,
    pub state: String,
    pub summary: String,
    pub details: Value,
    pub order_id: Option<i64>,
    pub order_number: Option<String>,
    pub occurrences: i32,
    pub first_seen_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
    pub resolved_by: Option<String>,
    pub resolution: Option<String>,
    pub external_key: Option<String>,
    pub external_url: Option<String>,
    pub sync_error: Option<String>,
}

/// At most `limit` tickets below the id `before`, the newest first.
///
/// # Errors
/// If the database can't be asked.
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    filter: &TicketFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<TicketView>, sqlx::Error> {
    let state = if filter.is_resolved {
        "resolved"
    } else {
        "open"
    };
    sqlx::query_file_as!(
        TicketView,
        "../../sql/queries/tickets/list.sql",
        tenant.0,
        state,
        filter.category,
        filter.severity,
        filter.order_id,
        before,
        i64::from(limit)
    )
    .fetch_all(db)
    .await
}

/// A ticket; None if there is none.
///
/// # Errors
/// If the database can't be asked.
pub async fn get(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    ticket_id: i64,
) -> Result<Option<TicketView>, sqlx::Error> {
    sqlx::query_file_as!(
        TicketView,
        "../../sql/queries/tickets/get.sql",
        tenant.0,
        ticket_id
    )
    .fetch_optional(db)
    .await
}

/// Somebody settled what it is about. Twice is once.
///
/// # Errors
/// [`TransitionError::NotFound`], or the database's.
pub async fn resolve(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    ticket_id: i64,
    actor: &str,
    resolution: Option<&str>,
) -> Result<(), TransitionError> {
    sqlx::query_file!(
        "../../sql/queries/tickets/resolve.sql",
        ticket_id,
        clean::text(actor),
        resolution.map(clean::text),
        tenant.0
    )
    .execute(db)
    .await
    .map(|_| ())
    .map_err(|error| refusals::transition(error, "resolved"))
}
