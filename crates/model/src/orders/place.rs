//! Placing an order: one call, one transaction of its own unless the caller has one.

use std::borrow::Borrow;

use serde::Deserialize;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};

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
    let detail = sqlstate::detail_text(&error);
    refused(&sqlstate::of(&error), detail).unwrap_or(PlaceError::Database(error))
}

/// What one of the database's own refusals means; None: it is none.
fn refused(code: &str, detail: Option<&str>) -> Option<PlaceError> {
    let detail = detail.unwrap_or_default();
    match code {
        sqlstate::INVALID | sqlstate::PROMOTION => {
            serde_json::from_str(detail).ok().map(PlaceError::Invalid)
        }
        sqlstate::OUT_OF_STOCK => serde_json::from_str(detail)
            .ok()
            .map(PlaceError::OutOfStock),
        sqlstate::WALLET => serde_json::from_str(detail)
            .ok()
            .map(PlaceError::WalletShort),
        sqlstate::KEY_REUSED => Some(PlaceError::KeyReused),
        sqlstate::KEY_IN_FLIGHT => Some(PlaceError::KeyInFlight),
        _ => None,
    }
}

/// An order that is placed together with others.
#[derive(Clone, Debug)]
pub struct PlaceRequest {
    /// What is ordered.
    pub order: NewOrder,
    /// The client's key; no two of one call may be the same.
    pub idempotency_key: Option<String>,
    /// Tells the request from another with the same key.
    pub request_hash: [u8; 32],
    /// W3C trace context that the order's jobs carry on.
    pub traceparent: Option<String>,
}

/// Places many orders of a shop, each by itself: one that is refused leaves nothing and does not
/// keep the others from being placed. Answers in their order. In one round trip and transaction,
/// unless they get in each other's way: then each has one of its own, and may wait for its key.
///
/// # Errors
/// If the database fails; what was placed by then is unknown.
pub async fn place_many<R: Borrow<PlaceRequest>>(
    pool: &PgPool,
    tenant: TenantId,
    requests: &[R],
) -> Result<Vec<Result<Placed, PlaceError>>, sqlx::Error> {
    match place_together(pool, tenant, requests).await {
        Err(error) if error.as_database_error().is_some() => {}
        placed => return placed,
    }
    let mut results = Vec::with_capacity(requests.len());
    for request in requests.iter().map(Borrow::borrow) {
        let placed = place(
            pool,
            tenant,
            &request.order,
            request.idempotency_key.as_deref(),
            request.request_hash,
            request.traceparent.as_deref(),
        );
        results.push(placed.await);
    }
    Ok(results)
}

async fn place_together<R: Borrow<PlaceRequest>>(
    pool: &PgPool,
    tenant: TenantId,
    requests: &[R],
) -> Result<Vec<Result<Placed, PlaceError>>, sqlx::Error> {
    let requests: Vec<&PlaceRequest> = requests.iter().map(Borrow::borrow).collect();
    let orders: Vec<&NewOrder> = requests.iter().map(|request| &request.order).collect();
    let keys: Vec<_> = requests
        .iter()
        .map(|request| request.idempotency_key.as_deref())
        .collect();
    let hashes: Vec<_> = requests
        .iter()
        .map(|request| request.request_hash.as_slice())
        .collect();
    let traceparents: Vec<_> = requests
        .iter()
        .map(|request| request.traceparent.as_deref())
        .collect();
    let mut rows = sqlx::query_file!(
        "../../sql/queries/orders/place_many.sql",
        Json(orders) as _,
        &keys as _,
        &hashes as _,
        &traceparents as _,
        tenant.0
    )
    .fetch_all(pool)
    .await?;
    rows.sort_unstable_by_key(|row| row.place);
    if rows.len() != requests.len() {
        let what = format!("{} orders got {} answers", requests.len(), rows.len());
        return Err(sqlx::Error::Protocol(what));
    }
    rows.into_iter()
        .map(|row| match (row.response, row.error_code) {
            (Some(response), None) => placed(response, row.replayed).map(Ok),
            (_, code) => {
                let code = code.unwrap_or_default();
                let refused = refused(&code, row.error_detail.as_deref());
                refused.map(Err).ok_or_else(|| {
                    let message = row.error_message.unwrap_or_default();
                    sqlx::Error::Protocol(format!("refused with {code}: {message}"))
                })
            }
        })
        .collect()
}

/// What an answer says of the order.
fn placed(response: Value, replayed: bool) -> Result<Placed, sqlx::Error> {
    #[derive(Deserialize)]
    struct Head {
        order_id: i64,
        order_number: String,
        order_status: String,
    }
    let head = Head::deserialize(&response).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Placed {
        order_id: head.order_id,
        order_number: head.order_number,
        order_status: head.order_status,
        replayed,
        response,
    })
}

/// What the catalogue has against each of these orders, whatever their shape: told beside the
/// problems of the shape, so that a client learns everything at once. Places nothing.
///
/// # Errors
/// If the database can't be asked.
pub async fn problems(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    raw: &[&Value],
) -> Result<Vec<Vec<FieldProblem>>, sqlx::Error> {
    let raw: Value = raw.iter().map(|order| clean::json(order)).collect();
    let found = sqlx::query_file!("../../sql/queries/orders/problems.sql", &raw, tenant.0)
        .fetch_all(db)
        .await?;
    let mut problems = vec![Vec::new(); raw.as_array().map_or(0, Vec::len)];
    for row in found {
        let place = usize::try_from(row.place - 1).unwrap_or(usize::MAX);
        if let Some(of_order) = problems.get_mut(place) {
            *of_order = serde_json::from_value(row.problems)
                .map_err(|error| sqlx::Error::Decode(error.into()))?;
        }
    }
    Ok(problems)
}
