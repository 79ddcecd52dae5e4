//! Changes of an order's state that people ask for.
//!
//! Each is one call of an `sp_*` function, which is a transaction of its own, and a second that
//! reads what came of it. Inside a wider transaction, call the `sp_*` function itself.

use serde::Deserialize;
use sqlx::PgPool;

use super::{OrderView, TransitionError, get};
use crate::{TenantId, clean, sqlstate};

/// Cancels an order that no provider has yet: stock is given back, waiting work stops, the customer
/// is told. Cancelling twice is once.
///
/// # Errors
/// [`TransitionError::Illegal`] once a provider may have it; its message says which.
pub async fn cancel(
    db: &PgPool,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    reason: &str,
) -> Result<OrderView, TransitionError> {
    let (actor, reason) = (clean::text(actor), clean::text(reason));
    sqlx::query_file!(
        "../../sql/queries/orders/cancel.sql",
        order_id,
        actor,
        reason,
        tenant.0
    )
    .fetch_one(db)
    .await
    .map_err(|error| refusal(error, "cancelled"))?;
    read(db, tenant, order_id).await
}

/// Confirms a pending or held order: its stock is committed and its fulfilment begins. Confirming
/// a confirmed order again changes nothing.
///
/// # Errors
/// [`TransitionError::Illegal`], also when its reservation lapsed before.
pub async fn confirm(
    db: &PgPool,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    notes: Option<&str>,
) -> Result<OrderView, TransitionError> {
    let (actor, notes) = (clean::text(actor), notes.map(clean::text));
    sqlx::query_file!(
        "../../sql/queries/orders/confirm.sql",
        order_id,
        actor,
        notes,
        tenant.0
    )
    .fetch_one(db)
    .await
    .map_err(|error| refusal(error, "confirmed"))?;
    read(db, tenant, order_id).await
}

/// Stops an order until [`resume`]: fulfilments that did not begin wait. Twice is once.
///
/// # Errors
/// [`TransitionError`].
pub async fn hold(
    db: &PgPool,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    reason: &str,
) -> Result<OrderView, TransitionError> {
    let (actor, reason) = (clean::text(actor), clean::text(reason));
    sqlx::query_file!(
        "../../sql/queries/orders/hold.sql",
        order_id,
        actor,
        reason,
        tenant.0
    )
    .fetch_one(db)
    .await
    .map_err(|error| refusal(error, "on_hold"))?;
    read(db, tenant, order_id).await
}

/// Lets a held order go on: what failed or was parked is tried again with new jobs.
///
/// # Errors
/// [`TransitionError`].
pub async fn resume(
    db: &PgPool,
    tenant: TenantId,
    order_id: i64,
    actor: &str,
    notes: Option<&str>,
) -> Result<OrderView, TransitionError> {
    let (actor, notes) = (clean::text(actor), notes.map(clean::text));
    sqlx::query_file!(
        "../../sql/queries/orders/resume.sql",
        order_id,
        actor,
        notes,
        tenant.0
    )
    .fetch_one(db)
    .await
    .map_err(|error| refusal(error, "confirmed"))?;
    read(db, tenant, order_id).await
}

async fn read(db: &PgPool, tenant: TenantId, order_id: i64) -> Result<OrderView, TransitionError> {
    match get(db, tenant, order_id).await {
        Ok(Some(order)) => Ok(order),
        Ok(None) => Err(TransitionError::NotFound),
        Err(error) => Err(TransitionError::Database(error)),
    }
}

/// DETAIL of an illegal transition.
#[derive(Deserialize)]
struct Refused {
    from: Option<String>,
    to: String,
}

fn refusal(error: sqlx::Error, to: &str) -> TransitionError {
    match sqlstate::of(&error).as_str() {
        sqlstate::NOT_FOUND => TransitionError::NotFound,
        sqlstate::ILLEGAL_TRANSITION => {
            let message = sqlstate::message(&error);
            match sqlstate::detail::<Refused>(&error) {
                Some(Refused { from, to }) => TransitionError::Illegal {
                    from: from.unwrap_or_default(),
                    to,
                    message,
                },
                None => TransitionError::Database(error),
            }
        }
        sqlstate::EXPIRED => TransitionError::Illegal {
            from: "expired".into(),
            to: to.into(),
            message: sqlstate::message(&error),
        },
        _ => TransitionError::Database(error),
    }
}
