//! Whom a shop does not serve: what fraud rules of the kind `blocklist` match.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

use crate::problems::{FieldProblem, Fields, read_whole};
use crate::{TenantId, clean};

/// By what somebody can be blocked.
pub const KINDS: [&str; 5] = ["phone", "email", "email_domain", "ip", "customer"];

/// Why somebody is blocked, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocking {
    /// Why.
    pub reason: String,
    /// Until when; None: for ever.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Blocking {
    /// Reads it from a request's body.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn parse(value: &Value) -> Result<Blocking, Vec<FieldProblem>> {
        read_whole(value, read)
    }
}

fn read(value: &Value, problems: &mut Vec<FieldProblem>) -> Option<Blocking> {
    let mut fields = Fields::of(value, "", problems)?;
    let reason = fields.required_text("reason", 1..=500).map(str::to_owned);
    let expires_at = crate::promotions::time(&mut fields, "expires_at");
    fields.finish();
    Some(Blocking {
        reason: reason?,
        expires_at,
    })
}

/// Blocks somebody, or says anew why; answers the entry.
///
/// # Errors
/// If the database can't be asked.
pub async fn put(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    (kind, value): (&str, &str),
    blocking: &Blocking,
    actor: &str,
) -> Result<Value, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/blocklist/put.sql",
        kind,
        clean::text(value),
        blocking.reason,
        blocking.expires_at,
        clean::text(actor),
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.answer)
}

/// Why somebody is blocked; None: nobody is, by that.
///
/// # Errors
/// If the database can't be asked.
pub async fn get(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    (kind, value): (&str, &str),
) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/blocklist/get.sql",
        kind,
        clean::text(value),
        tenant.0
    )
    .fetch_optional(db)
    .await
}

/// Serves somebody again; answers whether they were blocked.
///
/// # Errors
/// If the database can't be asked.
pub async fn delete(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    (kind, value): (&str, &str),
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query_file!(
        "../../sql/queries/blocklist/delete.sql",
        kind,
        clean::text(value),
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}
