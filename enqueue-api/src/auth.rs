//! Who calls, and what they may do: bearer API keys with scopes.
//!
//! A handler names the scope it needs in its signature (`caller: Caller<OrdersWrite>`), and put
//! first it is checked before a byte of the body is read.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use stevedore_model::TenantId;
use stevedore_model::api_keys::{self, ApiKey};
use tokio::time::Instant;

use crate::once::note_scope;
use crate::problem::{Kind, Problem, Result};
use crate::signed::Signed;
use crate::state::ApiState;

/// How many verified keys are remembered at once.
const CACHED_KEYS_MAX: usize = 10_000;

/// Longest Authorization header looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 512;

/// A permission an API key can have.
pub trait Scope: Send + Sync + 'static {
    /// Its name, as given to `stevedore keys create --scope`.
    const NAME: &'static str;
}

macro_rules! scopes {
    ($($scope:ident = $name:literal, $allows:literal;)+) => {
        $(
            #[doc = $allows]
            #[derive(Clone, Copy, Debug)]
            pub struct $scope;

            impl Scope for $scope {
                const NAME: &'static str = $name;
            }
        )+

        /// Every scope with what it allows.
        pub const SCOPES: &[(&str, &str)] = &[$(($name, $allows)),+];
    };
}

scopes! {
    OrdersRead = "orders:read", "Read orders.";
    OrdersWrite = "orders:write", "Place and cancel orders.";
    StockRead = "stock:read", "Read stock and pick lists.";
    StockWrite = "stock:write", "Make pick lists, say what was found, pack parcels.";
    JobsRead = "jobs:read", "Read jobs and their attempts, of every shop of the database.";
    JobsWrite = "jobs:write", "Enqueue, cancel and retry jobs, of every shop of the database.";
    Admin = "admin",
        "Everything, and alone what staff do: confirm orders, change many jobs at once, pause.";
}

/// The verified caller of a request, who has the scope `S`.
#[derive(Clone, Debug)]
pub struct Caller<S: Scope> {
    key: Arc<ApiKey>,
    scope: PhantomData<S>,
}

impl<S: Scope> Caller<S> {
    /// Whose data this request is about.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.key.tenant
    }

    /// The names under which what the caller enqueues is counted: its key's, its shop's.
    #[must_use]
    pub fn senders(&self) -> [String; 2] {
        [
            format!("key:{}", self.key.key_id),
            format!("shop:{}", self.key.tenant),
        ]
    }

    /// The same caller with a scope that this one includes.
    fn narrowed<T: Scope>(&self) -> Caller<T> {
        Caller {
            key: Arc::clone(&self.key),
            scope: PhantomData,
        }
    }

    /// How histories and logs name the caller.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("api:{}", self.key.name)
    }
}

impl Caller<Admin> {
    /// Who may do everything may read orders.
    #[must_use]
    pub fn as_reader(&self) -> Caller<OrdersRead> {
        self.narrowed()
    }

    /// Who may do everything may place and cancel orders.
    #[must_use]
    pub fn as_writer(&self) -> Caller<OrdersWrite> {
        self.narrowed()
    }
}

impl<S: Scope> FromRequestParts<ApiState> for Caller<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self> {
        let key = identify(&parts.headers, &parts.extensions, state).await?;
        must_allow(&key, S::NAME)?;
        note_scope(S::NAME);
        Ok(Self {
            key,
            scope: PhantomData,
        })
    }
}

/// Whose key a request carries, or was signed with.
///
/// # Errors
/// 401 when it carries none, or none that is valid.
pub(crate) async fn identify(
    headers: &HeaderMap,
    extensions: &Extensions,
    state: &ApiState,
) -> Result<Arc<ApiKey>> {
    let key = match extensions.get::<Signed>() {
        Some(Signed(key)) => Arc::clone(key),
        None => {
            let token = bearer_token(headers)?;
            let keys = state.keys();
            keys.verify(state, headers, extensions, token).await?
        }
    };
    state.limits().count_key(extensions, &key.key_id)?;
    Ok(key)
}

/// # Errors
/// 403 when the key lacks the scope.
pub(crate) fn must_allow(key: &ApiKey, needed: &str) -> Result<()> {
    if key.allows(needed) {
        return Ok(());
    }
    let challenge =
        format!(r#"Bearer realm="stevedore", error="insufficient_scope", scope="{needed}""#);
    let detail = format!("The key {:?} lacks the scope {needed}.", key.name);
    Err(Problem::new(Kind::InsufficientScope, detail)
        .with("required_scope", needed)
        .with_header(WWW_AUTHENTICATE, header(&challenge)))
}

fn bearer_token(headers: &HeaderMap) -> Result<&str> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (sent.next(), sent.next()) else {
        let detail = "Send exactly one header `Authorization: Bearer <key>`.";
        return Err(Problem::new(Kind::MissingCredentials, detail));
    };
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .unwrap_or_default();
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        let detail = "The Authorization header is not of the form `Bearer <key>`.";
        return Err(Problem::new(Kind::MissingCredentials, detail));
    }
    if token.len() > TOKEN_BYTES_MAX {
        return Err(invalid_credentials());
    }
    Ok(token)
}

fn invalid_credentials() -> Problem {
    Problem::new(
        Kind::InvalidCredentials,
        "The key is unknown, revoked or expired.",
    )
    .with_header(
        WWW_AUTHENTICATE,
        HeaderValue::from_static(r#"Bearer realm="stevedore", error="invalid_token""#),
    )
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("scopes are plain ASCII")
}

/// Keys that the database verified a moment ago, by the hash of their token. What is remembered
/// is at most [`ApiSettings::key_cache`](crate::ApiSettings) old: that bounds how long a revoked
/// or expired key goes on working. Refusals are not remembered, so a new key works at once.
pub struct KeyCache {
    keep: Duration,
    verified: Mutex<HashMap<TokenHash, Verified>>,
}

type TokenHash = [u8; 32];

#[derive(Clone)]
struct Verified {
    key: Arc<ApiKey>,
    at: Instant,
}

impl KeyCache {
    /// A cache that trusts itself for `keep`.
    #[must_use]
    pub fn new(keep: Duration) -> Self {
        Self {
            keep,
            verified: Mutex::default(),
        }
    }

    /// An address that tries too many wrong keys is refused before the database is asked.
    async fn verify(
        &self,
        state: &ApiState,
        headers: &HeaderMap,
        extensions: &Extensions,
        token: &str,
    ) -> Result<Arc<ApiKey>> {
        let hash: TokenHash = Sha256::digest(token).into();
        if let Some(key) = self.recall(&hash) {
            return Ok(key);
        }
        let (limits, settings) = (state.limits(), state.settings());
        limits.check_stranger(headers, extensions, settings)?;
        let Some(key) = api_keys::verify(state.pool(), token).await? else {
            limits.count_stranger(headers, extensions, settings)?;
            return Err(invalid_credentials());
        };
        let key = Arc::new(key);
        self.remember(hash, &key);
        Ok(key)
    }

    fn recall(&self, hash: &TokenHash) -> Option<Arc<ApiKey>> {
        let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let found = verified.get(hash)?;
        self.is_fresh(found).then(|| Arc::clone(&found.key))
    }

    fn is_fresh(&self, known: &Verified) -> bool {
        known.at.elapsed() < self.keep
    }

    fn remember(&self, hash: TokenHash, key: &Arc<ApiKey>) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= CACHED_KEYS_MAX {
            verified.retain(|_, known| self.is_fresh(known));
        }
        if verified.len() < CACHED_KEYS_MAX {
            let (key, at) = (Arc::clone(key), Instant::now());
            verified.insert(hash, Verified { key, at });
        }
    }
}
