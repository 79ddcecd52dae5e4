//! Edits that depend on what is there: whoever edits something holds it first.

use sqlx::PgExecutor;

use crate::TenantId;

/// Holds a thing by its name until the transaction ends; who comes later waits. Rows are not
/// locked: those who change them without holding the name do not wait.
///
/// # Errors
/// If the database can't be asked.
pub async fn hold(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    what: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/edits/hold.sql",
        tenant.0.to_string(),
        what
    )
    .fetch_one(db)
    .await
    .map(drop)
}
