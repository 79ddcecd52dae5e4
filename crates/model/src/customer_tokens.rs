//! Links by which customers follow their orders without an account: given out once, kept as a hash.
//!
//! A token is `stt_<secret>`. The row is found by the SHA-256 of the whole token: whoever could
//! guess a hash by timing would still need what it is the hash of.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::rand_core::OsError;
use secrecy::SecretString;
use serde_json::Value;
use sqlx::PgExecutor;

use crate::TenantId;
use crate::secrets::{hash, is_hex, random_hex};

const SECRET_BYTES: usize = 32;
const PREFIX: &str = "stt_";

/// What a token shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// One order.
    Order(i64),
    /// All orders of a customer, by the shop's own id.
    Customer(&'a str),
}

/// A token that was just given out: the only time that it is known.
#[derive(Debug)]
pub struct NewToken {
    /// The token.
    pub token: SecretString,
    /// What it is called in lists and logs.
    pub token_id: i64,
    /// It shows nothing from then on.
    pub expires_at: DateTime<Utc>,
}

/// Whose orders the holder of a token sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The shop.
    pub tenant: TenantId,
    /// This order, or
    pub order_id: Option<i64>,
    /// those of this customer.
    pub customer_id: Option<i64>,
}

/// Why no token was given out.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The shop has no such order or customer.
    #[error("there is no such order or customer")]
    Unknown,
    /// The operating system gave no random numbers.
    #[error("no random numbers")]
    Random(#[source] OsError),
    /// Anything else.
    #[error("storing the token failed")]
    Database(#[from] sqlx::Error),
}

/// Gives out a token that shows `subject` for as long as `keep`.
///
/// # Errors
/// [`IssueError`]; nothing is stored then.
pub async fn issue(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    subject: Subject<'_>,
    keep: Duration,
    created_by: &str,
) -> Result<NewToken, IssueError> {
    let secret = random_hex::<SECRET_BYTES>().map_err(IssueError::Random)?;
    let token = format!("{PREFIX}{secret}");
    let hash = hash(&token);
    let (order_id, customer) = match subject {
        Subject::Order(order_id) => (Some(order_id), None),
        Subject::Customer(customer_code) => (None, Some(customer_code)),
    };
    let row = sqlx::query_file!(
        "../../sql/queries/customer_tokens/insert.sql",
        tenant.0,
        hash.as_slice(),
        order_id,
        customer,
        created_by,
        keep.as_secs_f64(),
    )
    .fetch_optional(db)
    .await?
    .ok_or(IssueError::Unknown)?;
    Ok(NewToken {
        token: SecretString::from(token),
        token_id: row.token_id,
        expires_at: row.expires_at,
    })
}

/// Who holds this token; None if it is malformed, unknown, expired or revoked.
///
/// # Errors
/// If the database can't be asked.
pub async fn find(db: impl PgExecutor<'_>, token: &str) -> Result<Option<Holder>, sqlx::Error> {
    if !is_token(token) {
        return Ok(None);
    }
    let hash = hash(token);
    let row = sqlx::query_file!(
        "../../sql/queries/customer_tokens/find.sql",
        hash.as_slice()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Holder {
        tenant: TenantId(row.tenant_id),
        order_id: row.order_id,
        customer_id: row.customer_id,
    }))
}

/// How far the holder's orders are, newest first, at most 50, without personal data.
///
/// # Errors
/// If the database can't be asked.
pub async fn track(db: impl PgExecutor<'_>, holder: &Holder) -> Result<Value, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/customer_tokens/track.sql",
        holder.tenant.0,
        holder.order_id,
        holder.customer_id,
    )
    .fetch_one(db)
    .await?;
    Ok(row.orders)
}

/// The parcel with this number as a link shows it, and its order; None if the shop has no such.
///
/// # Errors
/// If the database can't be asked.
pub async fn parcel(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    tracking_number: &str,
) -> Result<Option<(i64, Value)>, sqlx::Error> {
    if !(1..=100).contains(&tracking_number.len()) || tracking_number.contains('\0') {
        return Ok(None);
    }
    let row = sqlx::query_file!(
        "../../sql/queries/customer_tokens/parcel.sql",
        tenant.0,
        tracking_number
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.order_id, row.parcel)))
}

/// Makes a token useless from now on; false if the shop has no such token.
///
/// # Errors
/// If the database can't be asked.
pub async fn revoke(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    token_id: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query_file!(
        "../../sql/queries/customer_tokens/revoke.sql",
        tenant.0,
        token_id
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

fn is_token(text: &str) -> bool {
    let secret = text.strip_prefix(PREFIX);
    secret.is_some_and(|secret| is_hex(secret, SECRET_BYTES))
}
