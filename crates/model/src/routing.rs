//! Who fulfils what. The rules are rows of `routing_rules`; `route_candidates` in SQL decides.

use serde_json::Value;
use sqlx::PgExecutor;

use crate::TenantId;

/// Why each line of an order goes where it goes: candidates in the order in which they are tried,
/// their breakers, and the fulfilments that were made. None: no such order.
///
/// # Errors
/// If the database can't be asked.
pub async fn explain(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    order_id: i64,
) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_file_scalar!("../../sql/queries/routing/explain.sql", order_id, tenant.0)
        .fetch_one(db)
        .await
}
