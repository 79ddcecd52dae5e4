//! Customers, whom shops call by ids of their own.

use sqlx::PgExecutor;

use crate::{TenantId, clean};

/// Our key of the customer whom the shop calls so; None: the shop has no such.
///
/// # Errors
/// If the database can't be asked.
pub async fn find(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    customer_code: &str,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/customers/find.sql",
        tenant.0,
        clean::text(customer_code)
    )
    .fetch_optional(db)
    .await
}
