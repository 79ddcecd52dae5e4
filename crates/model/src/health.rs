//! How things go, for whoever is on call, and what they can do about it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;

use crate::TenantId;

/// How retrying goes.
#[derive(Clone, Debug, Serialize)]
pub struct Retries {
    /// Jobs that failed and wait for another attempt.
    pub pending: i64,
    /// When the next of them is due.
    pub next_at: Option<DateTime<Utc>>,
    /// Jobs that used up their attempts.
    pub dead: i64,
    /// Jobs of the last day that failed at first and ended well, as far as the analytics know.
    pub recovered_last_day: i64,
    /// Jobs of the last day that used up their attempts.
    pub given_up_last_day: i64,
}

/// Failures of orders that nobody settled.
#[derive(Clone, Debug, Serialize)]
pub struct Errors {
    /// All of them.
    pub open: i64,
    /// The critical ones.
    pub critical: i64,
    /// Those that came just now.
    pub last_five_minutes: i64,
}

/// How a provider answered in the last minutes.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderCalls {
    /// Its code.
    pub provider: String,
    /// Calls that were looked at, a thousand of all providers at most.
    pub calls: i64,
    /// Calls that failed for its sake, or whose outcome is unknown.
    pub troubled: i64,
    /// How long it took.
    pub average_ms: Option<f64>,
    /// The last one.
    pub last_call_at: DateTime<Utc>,
}

/// How retrying goes in a shop.
///
/// # Errors
/// If the database can't be asked.
pub async fn retries(db: impl PgExecutor<'_>, tenant: TenantId) -> Result<Retries, sqlx::Error> {
    sqlx::query_file_as!(
        Retries,
        "../../sql/queries/retry_operations/statistics.sql",
        tenant.0
    )
    .fetch_one(db)
    .await
}

/// Open errors of a shop.
///
/// # Errors
/// If the database can't be asked.
pub async fn errors(db: impl PgExecutor<'_>, tenant: TenantId) -> Result<Errors, sqlx::Error> {
    sqlx::query_file_as!(Errors, "../../sql/queries/order_errors/count.sql", tenant.0)
        .fetch_one(db)
        .await
}

/// How the providers of all shops answered in the last minutes; those that were not asked are
/// absent.
///
/// # Errors
/// If the database can't be asked.
pub async fn providers(db: impl PgExecutor<'_>) -> Result<Vec<ProviderCalls>, sqlx::Error> {
    sqlx::query_file_as!(
        ProviderCalls,
        "../../sql/queries/fulfillment_logs/recent.sql"
    )
    .fetch_all(db)
    .await
}

/// Has what waits for its next attempt tried now, at most `limit` jobs; answers how many.
///
/// # Errors
/// If the database can't be asked.
pub async fn process_pending_retries(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    limit: i32,
) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/retry_operations/process.sql",
        limit,
        tenant.0
    )
    .fetch_one(db)
    .await
    .map(i64::from)
}
