//! Letting in no more than can be worked off: 429 with the time to come back.

use axum::http::HeaderValue;
use axum::http::header::RETRY_AFTER;
use stevedore_model::{TenantId, idempotency};
use stevedore_queue::Refusal;

use crate::problem::{Kind, Problem, Result};
use crate::state::ApiState;

/// The queue that an order's work goes into.
const ORDERS_QUEUE: &str = "fulfilment";

/// Whether so many orders may be placed now. Requests with keys that were answered before are let
/// in whatever the backlog is: they get their answers and make no work.
///
/// # Errors
/// 429 while the queue that fulfils them is beyond its service level.
pub(super) async fn admit_orders(
    state: &ApiState,
    tenant: TenantId,
    count: usize,
    keys: &[String],
) -> Result<()> {
    let queues = std::iter::repeat_n(ORDERS_QUEUE, count);
    let Err(refusal) = state.admission().admit(&[], queues).await else {
        return Ok(());
    };
    let repeated =
        !keys.is_empty() && idempotency::any_is_known(state.pool(), tenant, keys).await?;
    if repeated {
        Ok(())
    } else {
        Err(too_many(&refusal))
    }
}

/// What a refusal is answered with.
pub(super) fn too_many(refusal: &Refusal) -> Problem {
    let seconds = refusal.retry_after.as_secs();
    Problem::new(Kind::TooManyJobs, format!("Refused: {refusal}."))
        .with("reason", refusal.reason.name())
        .with("retry_after_seconds", seconds)
        .with_header(RETRY_AFTER, HeaderValue::from(seconds))
}
