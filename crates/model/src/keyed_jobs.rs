//! Jobs in the name of an Idempotency-Key.
//!
//! The queue has `unique_key`s, which say that two *jobs* would be one. An Idempotency-Key says
//! that two *requests* are one, whatever became of the job meanwhile: it is the shop's, and kept in
//! the shop's table beside those of its orders.

use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::{TenantId, sqlstate};

/// A job that there is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyedJob {
    /// Its id.
    pub job_id: i64,
    /// False when it was there before the first request, holding the unique key.
    pub inserted: bool,
}

/// What became of a keyed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedJobs {
    /// In the order of the request.
    pub jobs: Vec<KeyedJob>,
    /// Whether this is the answer to an earlier request.
    pub replayed: bool,
}

/// What a request with a key is about.
#[derive(Clone, Copy, Debug)]
pub struct Keyed<'a> {
    /// The shop that the key belongs to.
    pub tenant: TenantId,
    /// The client's key.
    pub key: &'a str,
    /// What the key is used for, such as `jobs.enqueue`.
    pub endpoint: &'a str,
    /// SHA-256 of what the request means.
    pub request_hash: [u8; 32],
}

/// Why nothing was enqueued; nothing was written then, and the key is not used up.
#[derive(Debug, thiserror::Error)]
pub enum KeyedError {
    /// The jobs are invalid: the queue's own list of problems, as JSON.
    #[error("the jobs cannot be enqueued")]
    Invalid(serde_json::Value),
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A request with this key has not been answered yet.
    #[error("a request with this idempotency key is in flight")]
    KeyInFlight,
    /// Anything else.
    #[error("the database did not take the jobs")]
    Database(#[source] sqlx::Error),
}

/// Enqueues jobs, written as the queue takes them, once per key: one call, one transaction.
///
/// # Errors
/// [`KeyedError`].
pub async fn enqueue(
    db: impl PgExecutor<'_>,
    keyed: Keyed<'_>,
    jobs: &impl Serialize,
) -> Result<KeyedJobs, KeyedError> {
    let row = sqlx::query_file!(
        "../../sql/queries/idempotency_keys/enqueue_once.sql",
        Json(jobs) as _,
        keyed.tenant.0,
        keyed.key,
        keyed.endpoint,
        keyed.request_hash.as_slice()
    )
    .fetch_one(db)
    .await
    .map_err(refusal)?;
    let jobs = serde_json::from_value(row.response)
        .map_err(|error| KeyedError::Database(sqlx::Error::Decode(Box::new(error))))?;
    Ok(KeyedJobs {
        jobs,
        replayed: row.replayed,
    })
}

fn refusal(error: sqlx::Error) -> KeyedError {
    match sqlstate::of(&error).as_str() {
        sqlstate::INVALID_JOB => match sqlstate::detail(&error) {
            Some(problems) => KeyedError::Invalid(problems),
            None => KeyedError::Database(error),
        },
        sqlstate::KEY_REUSED => KeyedError::KeyReused,
        sqlstate::KEY_IN_FLIGHT => KeyedError::KeyInFlight,
        _ => KeyedError::Database(error),
    }
}

/// The answer that a request with this key has had, if it has had one: for a front door that lets
/// in nothing new at the moment.
///
/// # Errors
/// If the database can't be asked.
pub async fn answered(
    db: impl PgExecutor<'_>,
    keyed: Keyed<'_>,
) -> Result<Option<KeyedJobs>, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/idempotency_keys/answered.sql",
        keyed.tenant.0,
        keyed.key,
        keyed.endpoint,
        keyed.request_hash.as_slice()
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let jobs = serde_json::from_value(row.response)
            .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(KeyedJobs {
            jobs,
            replayed: true,
        })
    })
    .transpose()
}
