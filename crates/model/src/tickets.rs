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

/// A ticket as the outside ticket system is told of it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the columns of tickets, documented there")]
pub struct OutsideView {
    pub ticket_id: i64,
    /// The same for the same cause of the same shop.
    pub fingerprint: String,
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
    pub resolved_by: Option<String>,
    pub resolution: Option<String>,
    pub version: i32,
    pub synced_version: i32,
    pub told_occurrences: i32,
    /// Since `told_at`.
    pub told_seconds_ago: Option<f64>,
    pub comments: i32,
    pub external_key: Option<String>,
}

/// What the outside was told of a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing; it need not know.
    #[default]
    Nothing,
    /// The whole ticket.
    All,
    /// In a comment, that it happened again.
    Again,
}

/// A ticket as the outside is told of it; None if there is none (any more).
///
/// # Errors
/// If the database can't be asked.
pub async fn outside(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    ticket_id: i64,
) -> Result<Option<OutsideView>, sqlx::Error> {
    sqlx::query_file_as!(
        OutsideView,
        "../../sql/queries/tickets/outside.sql",
        tenant.0,
        ticket_id
    )
    .fetch_optional(db)
    .await
}

/// The outside has it, under this key.
///
/// # Errors
/// If the database can't be asked.
pub async fn link(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    ticket_id: i64,
    key: &str,
    url: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/tickets/link.sql",
        tenant.0,
        ticket_id,
        clean::text(key),
        clean::text(url)
    )
    .execute(db)
    .await
    .map(drop)
}

/// The outside heard of the ticket as it was loaded. True: it changed since.
///
/// # Errors
/// If the database can't be asked.
pub async fn synced(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    ticket: &OutsideView,
    told: Told,
) -> Result<bool, sqlx::Error> {
    let occurrences = (told != Told::Nothing).then_some(ticket.occurrences);
    let row = sqlx::query_file!(
        "../../sql/queries/tickets/synced.sql",
        tenant.0,
        ticket.ticket_id,
        ticket.version,
        occurrences,
        told == Told::Again
    )
    .fetch_optional(db)
    .await?;
    Ok(row.is_some_and(|row| row.is_behind))
}

/// The outside did not take it.
///
/// # Errors
/// If the database can't be asked.
pub async fn note_sync_error(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    ticket_id: i64,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/tickets/note_sync_error.sql",
        tenant.0,
        ticket_id,
        clean::text(reason)
    )
    .execute(db)
    .await
    .map(drop)
}
