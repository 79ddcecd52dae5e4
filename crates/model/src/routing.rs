//! Who fulfils what. The rules are rows of `routing_rules`; `route_candidates` in SQL decides.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgExecutor;

use crate::TenantId;

/// Who signs what a fail-over does.
const ACTOR: &str = "worker";

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

/// The provider can't be reached, and the attempt that just ended sent nothing: the next provider
/// of the route is asked in its place. Answers the fulfilment that takes over; none: nobody is
/// left, and nothing changed.
///
/// # Errors
/// P0NOF if there is no such fulfilment; or the database can't be asked.
pub async fn fail_over(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/fulfillments/fail_over.sql",
        fulfillment_id,
        ACTOR,
        tenant.0
    )
    .fetch_one(db)
    .await
}

/// [`fail_over`] of a fulfilment that did not begin, if its provider has been down for `after`.
///
/// # Errors
/// P0NOF if there is no such fulfilment; or the database can't be asked.
pub async fn fail_over_if_down(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    (provider, account): (&str, &str),
    after: Duration,
) -> Result<Option<i64>, sqlx::Error> {
    let over = sqlx::query_file_scalar!(
        "../../sql/queries/fulfillments/fail_over_if_down.sql",
        fulfillment_id,
        ACTOR,
        tenant.0,
        provider,
        account,
        after.as_secs_f64()
    )
    .fetch_optional(db)
    .await?;
    Ok(over.flatten())
}
