//! Bearer keys of the HTTP API: made once, shown once, kept as a hash.
//!
//! A token is `stv_<key id>_<secret>`. The row is found by the key id, which is public, and the
//! secret's SHA-256 is compared in constant time, so that timing tells nothing about it. The
//! secret is 256 random bits: a slow password hash would protect nothing and cost every request.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::TryRngCore;
use rand::rngs::OsRng;
use secrecy::SecretString;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{PgExecutor, PgPool};
use subtle::ConstantTimeEq;

use crate::TenantId;

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
    Random(#[source] rand::rand_core::OsError),
    /// Anything else.
    #[error("storing the key failed")]
    Database(#[from] sqlx::Error),
}

/// Makes a key and stores its hash.
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
        expires_at
    )
    .execute(db)
    .await?;
    Ok(NewKey {
        token: SecretString::from(format!("stv_{key_id}_{secret}")),
        key_id,
    })
}

/// The key of a token; None if the token is malformed, unknown, wrong, expired or revoked.
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
        .filter(|row| bool::from(row.secret_hash.ct_eq(hash(secret).as_slice())))
        .map(|row| ApiKey {
            tenant: TenantId(row.tenant_id),
            key_id: row.key_id,
            name: row.name,
            scopes: row.scopes,
        }))
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
    let new = create(&mut *tx, tenant, &old.name, &old.scopes, old.expires_at).await?;
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
    let hex = |text: &str, bytes| text.len() == 2 * bytes && text.bytes().all(is_lower_hex);
    (hex(key_id, KEY_ID_BYTES) && hex(secret, SECRET_BYTES)).then_some((key_id, secret))
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

pub(crate) fn random_hex<const BYTES: usize>() -> Result<String, rand::rand_core::OsError> {
    let mut bytes = [0; BYTES];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(hex::encode(bytes))
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
