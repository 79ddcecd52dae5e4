//! Placing an order: one call, one transaction of its own unless the caller has one.

use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::types::Json;

use super::{NewOrder, PlaceError, Placed};
use crate::problems::FieldProblem;
use crate::{TenantId, clean, sqlstate};

/// Places an order: its lines are reserved, all or nothing, and its work is enqueued.
///
/// With an `idempotency_key`, the same request (by its `request_hash`) gets the first answer again
/// and never a second order. `traceparent` (W3C) is what the order's jobs carry on.
///
/// # Errors
/// [`PlaceError`]; nothing was written then, and if `db` is a transaction it can only be rolled
/// back.
pub async fn place(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    order: &NewOrder,
    idempotency_key: Option<&str>,
    request_hash: [u8; 32],
    traceparent: Option<&str>,
) -> Result<Placed, PlaceError> {
    let placed = sqlx::query_file!(
        "../../sql/queries/orders/place.sql",
        Json(order) as _,
        idempotency_key,
        request_hash.as_slice(),
        traceparent,
        tenant.0
    )
    .fetch_one(db)
    .await;
    match placed {
        Ok(row) => Ok(Placed {
            order_id: row.order_id,
            order_number: row.order_number,
            order_status: row.order_status,
            replayed: row.replayed,
            response: row.response,
        }),
        Err(error) => Err(refusal(error)),
    }
}

fn refusal(error: sqlx::Error) -> PlaceError {
    match sqlstate::of(&error).as_str() {
        sqlstate::INVALID => match sqlstate::detail(&error) {
            Some(problems) => PlaceError::Invalid(problems),
            None => PlaceError::Database(error),
        },
        sqlstate::OUT_OF_STOCK => match sqlstate::detail(&error) {
            Some(shortages) => PlaceError::OutOfStock(shortages),
            None => PlaceError::Database(error),
        },
        sqlstate::KEY_REUSED => PlaceError::KeyReused,
        sqlstate::KEY_IN_FLIGHT => PlaceError::KeyInFlight,
        _ => PlaceError::Database(error),
    }
}

/// What the catalogue has against an order, whatever its shape: told beside the problems of the
/// shape, so that a client learns everything at once. Places nothing.
///
/// # Errors
/// If the database can't be asked.
pub async fn problems(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    raw: &Value,
) -> Result<Vec<FieldProblem>, sqlx::Error> {
    let found = sqlx::query_file!(
        "../../sql/queries/orders/problems.sql",
        clean::json(raw),
        tenant.0
    )
    .fetch_one(db)
    .await?;
    serde_json::from_value(found.problems).map_err(|error| sqlx::Error::Decode(error.into()))
}
