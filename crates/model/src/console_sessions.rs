//! Sessions of people in the console: begun with a key that may do everything, kept as a hash.
//!
//! The row is found by the SHA-256 of the whole token, as with
//! [`customer_tokens`](crate::customer_tokens). Whether the key still holds is looked up each time,
//! so a revoked key ends its sessions at once.

use std::time::Duration;

use rand::rand_core::OsError;
use secrecy::SecretString;
use sqlx::PgExecutor;

use crate::TenantId;
use crate::api_keys::ApiKey;
use crate::secrets::{hash, is_hex, random_hex};

const SECRET_BYTES: usize = 32;

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The shop.
    pub tenant: TenantId,
    /// The key that it was begun with.
    pub key_id: String,
    /// What that key is for: how histories and logs name who acts.
    pub key_name: String,
}

/// Why no session was begun.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// The operating system gave no random numbers.
    #[error("no random numbers")]
    Random(#[source] OsError),
    /// Anything else.
    #[error("storing the session failed")]
    Database(#[from] sqlx::Error),
}

/// Begins a session that lasts no longer than `longest`, and answers its token: the only time that
/// it is known.
///
/// # Errors
/// [`BeginError`]; nothing is stored then.
pub async fn begin(
    db: impl PgExecutor<'_>,
    key: &ApiKey,
    longest: Duration,
) -> Result<SecretString, BeginError> {
    let token = random_hex::<SECRET_BYTES>().map_err(BeginError::Random)?;
    let hash = hash(&token);
    sqlx::query_file!(
        "../../sql/queries/console_sessions/insert.sql",
        key.tenant.0,
        hash.as_slice(),
        key.key_id,
        longest.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(SecretString::from(token))
}

/// Whose session this is; None if it is malformed, unknown, over, unused for as long as `idle`, or
/// its key is gone or may not do everything any more.
///
/// # Errors
/// If the database can't be asked.
pub async fn find(
    db: impl PgExecutor<'_>,
    token: &str,
    idle: Duration,
) -> Result<Option<Session>, sqlx::Error> {
    if !is_hex(token, SECRET_BYTES) {
        return Ok(None);
    }
    let hash = hash(token);
    let row = sqlx::query_file!(
        "../../sql/queries/console_sessions/use.sql",
        hash.as_slice(),
        idle.as_secs_f64()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Session {
        tenant: TenantId(row.tenant_id),
        key_id: row.key_id,
        key_name: row.name,
    }))
}

/// Ends a session; twice is once.
///
/// # Errors
/// If the database can't be asked.
pub async fn end(db: impl PgExecutor<'_>, token: &str) -> Result<(), sqlx::Error> {
    let hash = hash(token);
    sqlx::query_file!(
        "../../sql/queries/console_sessions/end.sql",
        hash.as_slice()
    )
    .execute(db)
    .await?;
    Ok(())
}
