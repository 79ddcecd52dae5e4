//! Bearer keys of the HTTP API: made once, shown once, kept as a hash.
//!
//! A token is `stv_<key id>_<secret>`. The row is found by the key id, which is public, and the
//! secret's SHA-256 is compared in constant time, so that timing tells nothing about it. The
//! secret is 256 random bits: a slow password hash would protect nothing and cost every request.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::rand_core::OsError;
use secrecy::SecretString;
use serde::Serialize;
use sqlx::{PgExecutor, PgPool};
use subtle::ConstantTimeEq;

use crate::TenantId;
use crate::secrets::{hash, is_hex, random_hex};

/// What a key may do. `admin` includes all others.
pub const SCOPES: [&str; 7] = [
    "orders:read",
    "orders:write",
    "stock:read",
    "stock:write",
    "jobs:read",
    "jobs:write",
    "admin",
];

const KEY_ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;

/// A key that was just made: the only time that its token is known.
#[derive(Debug)]
pub struct NewKey {
    /// What the caller sends as `Authorization: Bearer …`.
    pub token: SecretString,
    /// Public name of the key.
    pub key_id: String,
}

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The shop that the key acts for.
    pub tenant: TenantId,
    /// Public name of the key.
    pub key_id: String,
    /// What the key is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
}

impl ApiKey {
    /// Whether the key may do what `scope` names.
    #[must_use]
    pub fn allows(&self, scope: &str) -> bool {
        self.scopes
            .iter()
            .any(|granted| granted == scope || granted == "admin")
    }
}

/// A key as its owner sees it in a list.
#[derive(Clone, Debug, Serialize)]
pub struct KeyInfo {
    /// Public name of the key.
    pub key_id: String,
    /// What the key is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Whether it signs requests and is no bearer key.
    pub signs: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Refused from then on.
    pub expires_at: Option<DateTime<Utc>>,
    /// Refused since then.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Why a key was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateKeyError {
    /// The name is empty or longer than 100 characters.
    #[error("a key's name has 1 to 100 characters")]
    BadName,
    /// Not one of [`SCOPES`].
    #[error("unknown scope {0:?}; there are {list}", list = SCOPES.join(", "))]
    UnknownScope(String),
    /// A key without scopes could do nothing.
    #[error("a key needs at least one scope")]
    NoScope,
    /// The operating system gave no random numbers.
    #[error("no random numbers")]
    Random(#[source] OsError),
    /// Anything else.
    #[error("storing the key failed")]
    Database(#[from] sqlx::Error),
}

/// How a key is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Sent with each request.
    Bearer,
    /// Never sent: each request is signed with it.
    Signs,
}

/// Makes a bearer key and stores its hash.
///
/// # Errors
/// [`CreateKeyError`]; nothing is stored then.
pub async fn create(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    name: &str,
    scopes: &[String],
    expires_at: Option<DateTime<Utc>>,
) -> Result<NewKey, CreateKeyError> {
    create_for(db, tenant, name, scopes, expires_at, Use::Bearer).await
}

/// Makes a key for one use or the other, and stores its hash.
///
/// # Errors
/// [`CreateKeyError`]; nothing is stored then.
pub async fn create_for(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    name: &str,
    scopes: &[String],
    expires_at: Option<DateTime<Utc>>,
    purpose: Use,
) -> Result<NewKey, CreateKeyError> {
    if !(1..=100).contains(&name.chars().count()) || name.contains('\0') {
        return Err(CreateKeyError::BadName);
    }
    if let Some(unknown) = scopes
        .iter()
        .find(|scope| !SCOPES.contains(&scope.as_str()))
    {
        return Err(CreateKeyError::UnknownScope(unknown.clone()));
    }
    if scopes.is_empty() {
        return Err(CreateKeyError::NoScope);
    }
    let key_id = random_hex::<KEY_ID_BYTES>().map_err(CreateKeyError::Random)?;
    let secret = random_hex::<SECRET_BYTES>().map_err(CreateKeyError::Random)?;
    let secret_hash = hash(&secret);
    sqlx::query_file!(
        "../../sql/queries/api_keys/insert.sql",
        tenant.0,
        key_id,
        name,
        secret_hash.as_slice(),
        scopes,
        expires_at,
        purpose == Use::Signs
    )
    .execute(db)
    .await?;
    Ok(NewKey {
        token: SecretString::from(format!("stv_{key_id}_{secret}")),
        key_id,
    })
}

/// The key of a bearer token; None if the token is malformed, unknown, wrong, expired or revoked,
/// or of a key that signs.
///
/// # Errors
/// If the database can't be asked.
pub async fn verify(db: impl PgExecutor<'_>, token: &str) -> Result<Option<ApiKey>, sqlx::Error> {
    let Some((key_id, secret)) = split(token) else {
        return Ok(None);
    };
    let row = sqlx::query_file!("../../sql/queries/api_keys/find.sql", key_id)
        .fetch_optional(db)
        .await?;
    Ok(row
        .filter(|row| bool::from(row.secret_hash.ct_eq(hash(secret).as_slice())) && !row.signs)
        .map(|row| ApiKey {
            tenant: TenantId(row.tenant_id),
            key_id: row.key_id,
            name: row.name,
            scopes: row.scopes,
        }))
}

/// A key that signs, with what checks its signatures: the SHA-256 of its secret. None if it is
/// malformed, unknown, expired or revoked, or a bearer key.
///
/// # Errors
/// If the database can't be asked.
pub async fn find_signing(
    db: impl PgExecutor<'_>,
    key_id: &str,
) -> Result<Option<(ApiKey, Vec<u8>)>, sqlx::Error> {
    if !is_hex(key_id, KEY_ID_BYTES) {
        return Ok(None);
    }
    let row = sqlx::query_file!("../../sql/queries/api_keys/find.sql", key_id)
        .fetch_optional(db)
        .await?;
    Ok(row.filter(|row| row.signs).map(|row| {
        let key = ApiKey {
            tenant: TenantId(row.tenant_id),
            key_id: row.key_id,
            name: row.name,
            scopes: row.scopes,
        };
        (key, row.secret_hash)
    }))
}

/// Takes a nonce of a request that the key signed, and remembers it for as long as `keep`; false if
/// it was used before.
///
/// # Errors
/// If the database can't be asked.
pub async fn use_nonce(
    db: impl PgExecutor<'_>,
    key: &ApiKey,
    nonce: &str,
    keep: Duration,
) -> Result<bool, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/api_keys/use_nonce.sql",
        key.key_id,
        nonce,
        keep.as_secs_f64(),
        key.tenant.0
    )
    .fetch_one(db)
    .await
}

/// Makes a key useless from now on; false if the shop has no such key.
///
/// # Errors
/// If the database can't be asked.
pub async fn revoke(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    key_id: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query_file!("../../sql/queries/api_keys/revoke.sql", tenant.0, key_id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Makes a key with the name, scopes and end of another one, which goes on working for `overlap`.
/// None if the shop has no such key in use.
///
/// # Errors
/// [`CreateKeyError`]; nothing is changed then.
pub async fn rotate(
    db: &PgPool,
    tenant: TenantId,
    key_id: &str,
    overlap: Duration,
) -> Result<Option<NewKey>, CreateKeyError> {
    let mut tx = db.begin().await?;
    let old = sqlx::query_file!(
        "../../sql/queries/api_keys/expire.sql",
        tenant.0,
        key_id,
        overlap.as_secs_f64()
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(old) = old else {
        return Ok(None);
    };
    let purpose = if old.signs { Use::Signs } else { Use::Bearer };
    let (name, scopes) = (&old.name, &old.scopes);
    let new = create_for(&mut *tx, tenant, name, scopes, old.expires_at, purpose).await?;
    tx.commit().await?;
    Ok(Some(new))
}

/// All keys of a shop, oldest first, without their secrets.
///
/// # Errors
/// If the database can't be asked.
pub async fn list(db: impl PgExecutor<'_>, tenant: TenantId) -> Result<Vec<KeyInfo>, sqlx::Error> {
    sqlx::query_file_as!(KeyInfo, "../../sql/queries/api_keys/list.sql", tenant.0)
        .fetch_all(db)
        .await
}

/// Key id and secret of a token that has the right form; nothing else reaches the database.
fn split(token: &str) -> Option<(&str, &str)> {
    let (key_id, secret) = token.strip_prefix("stv_")?.split_once('_')?;
    let is_whole = is_hex(key_id, KEY_ID_BYTES) && is_hex(secret, SECRET_BYTES);
    is_whole.then_some((key_id, secret))
}
