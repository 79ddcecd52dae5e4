//! Answers kept with an Idempotency-Key, whatever the request was about.
//!
//! [`claim`], do what the request wants, [`keep`] its answer, commit: in one transaction, so that
//! the effect and the answer are there together or not at all. A request in flight holds a lock
//! and no row, so one that fails, or dies, leaves nothing.

use serde_json::Value;
use sqlx::PgExecutor;

use crate::keyed_jobs::Keyed;
use crate::{TenantId, sqlstate};

/// Why a key could not be claimed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A request with this key has not been answered yet.
    #[error("a request with this idempotency key is in flight")]
    KeyInFlight,
    /// Anything else.
    #[error("the idempotency key could not be claimed")]
    Database(#[source] sqlx::Error),
}

/// Claims a key until the transaction ends; answers what an earlier request with it was answered,
/// or None to whoever may answer now. Waits a little for one in flight.
///
/// # Errors
/// [`ClaimError`].
pub async fn claim(db: impl PgExecutor<'_>, keyed: Keyed<'_>) -> Result<Option<Value>, ClaimError> {
    let row = sqlx::query_file!(
        "../../sql/queries/idempotency_keys/claim.sql",
        keyed.tenant.0,
        keyed.key,
        keyed.endpoint,
        keyed.request_hash.as_slice()
    )
    .fetch_one(db)
    .await;
    match row {
        Ok(row) => Ok(row.answer),
        Err(error) => Err(match sqlstate::of(&error).as_str() {
            sqlstate::KEY_REUSED => ClaimError::KeyReused,
            sqlstate::KEY_IN_FLIGHT => ClaimError::KeyInFlight,
            _ => ClaimError::Database(error),
        }),
    }
}

/// Keeps the answer to a request whose key the same transaction claimed.
///
/// # Errors
/// If the database can't be asked.
pub async fn keep(
    db: impl PgExecutor<'_>,
    keyed: Keyed<'_>,
    answer: &Value,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/idempotency_keys/keep.sql",
        keyed.tenant.0,
        keyed.key,
        keyed.endpoint,
        keyed.request_hash.as_slice(),
        answer
    )
    .execute(db)
    .await
    .map(drop)
}

/// Whether a request with one of these keys was answered and is remembered.
///
/// # Errors
/// If the database can't be asked.
pub async fn any_is_known(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    keys: &[String],
) -> Result<bool, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/idempotency_keys/any_known.sql",
        tenant.0,
        keys
    )
    .fetch_one(db)
    .await
}
