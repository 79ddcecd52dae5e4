//! Failures tied to orders, until somebody settles them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;

use super::TransitionError;
use crate::{TenantId, clean, refusals};

/// A failure of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of order_errors, documented there")]
pub struct ErrorView {
    pub order_error_id: i64,
    pub order_id: i64,
    pub fulfillment_id: Option<i64>,
    pub category: String,
    pub severity: String,
    pub stage: String,
    pub code: String,
    pub message: String,
    pub context: serde_json::Value,
    pub ticket_ref: Option<String>,
    pub is_resolved: bool,
    pub resolved_at: Option<DateTime<Utc>>,
    pub resolved_by: Option<String>,
    pub resolution: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// Settles an error, with a word on how and the ticket it was settled in; answers its order's id.
/// Twice is once.
///
/// # Errors
/// [`TransitionError::NotFound`], or the database's.
pub async fn resolve_error(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    order_error_id: i64,
    actor: &str,
    resolution: Option<&str>,
    ticket_ref: Option<&str>,
) -> Result<i64, TransitionError> {
    let (resolution, ticket_ref) = (resolution.map(clean::text), ticket_ref.map(clean::text));
    sqlx::query_file!(
        "../../sql/queries/order_errors/resolve.sql",
        order_error_id,
        clean::text(actor),
        resolution,
        ticket_ref,
        tenant.0
    )
    .fetch_one(db)
    .await
    .map(|row| row.order_id)
    .map_err(|error| refusals::transition(error, "resolved"))
}
