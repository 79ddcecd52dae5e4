//! One POST, however often it is sent: the layer that honours `Idempotency-Key`.
//!
//! With the header, everything a handler does through [`ApiState::db`] happens in one transaction
//! with the key and the answer: all three are there or none is, whenever the process dies. What is
//! refused is rolled back and does not use up its key. A repetition gets the first answer, byte
//! for byte, marked `Idempotency-Replayed: true`; the same key with another body, or on another
//! path, is 422. Requests without the header pass, and take a connection each time they need one.
//!
//! Handlers that write orders and jobs of many requests together keep their keys themselves, in
//! the same table: their routes do not pass this layer.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgTransaction, Postgres};
use stevedore_model::idempotency::{self, ClaimError};
use stevedore_model::keyed_jobs::Keyed;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::auth;
use crate::body;
use crate::json::{meaning_hash, parse};
use crate::problem::{Kind, Problem, Result};
use crate::routes::idempotency::{self as header, IDEMPOTENCY_KEY, REPLAYED};
use crate::state::ApiState;

/// Largest answer that is kept with a key.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The headers of an answer that a repetition gets, too.
const KEPT: [HeaderName; 3] = [CONTENT_TYPE, LOCATION, ETAG];

tokio::task_local! {
    /// The transaction of the keyed request that this task works on.
    static UNIT: Unit;
}

struct Unit {
    transaction: Arc<Mutex<PgTransaction<'static>>>,
    /// What the caller had to be allowed to do; a repetition has to be allowed it, too.
    scope: Arc<OnceLock<&'static str>>,
}

/// A connection for the work of a request: the transaction of its key, or one of the pool.
pub enum Db {
    /// No key: its own connection.
    Pooled(PoolConnection<Postgres>),
    /// The transaction that ends with the key and the answer.
    Keyed(OwnedMutexGuard<PgTransaction<'static>>),
}

impl Deref for Db {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Db::Pooled(connection) => connection,
            Db::Keyed(transaction) => transaction,
        }
    }
}

impl DerefMut for Db {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Db::Pooled(connection) => connection,
            Db::Keyed(transaction) => transaction,
        }
    }
}

impl ApiState {
    /// Where a handler works. Give it back (drop it) before asking for another.
    ///
    /// # Errors
    /// 503 when the pool has no connection to give.
    pub async fn db(&self) -> Result<Db> {
        match UNIT.try_with(|unit| Arc::clone(&unit.transaction)) {
            Ok(transaction) => Ok(Db::Keyed(transaction.lock_owned().await)),
            Err(_no_key) => Ok(Db::Pooled(self.pool().acquire().await?)),
        }
    }
}

/// Remembers what the caller of a keyed request had to be allowed to do.
pub(crate) fn note_scope(scope: &'static str) {
    // Without a key nothing is replayed, so there is nothing to remember.
    let _ = UNIT.try_with(|unit| unit.scope.set(scope));
}

/// See the module's documentation.
pub async fn once(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(IDEMPOTENCY_KEY) {
        return next.run(request).await;
    }
    match keyed(&state, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn keyed(state: &ApiState, request: Request, next: Next) -> Result<Response> {
    let key = header::key(request.headers())?
        .unwrap_or_default()
        .to_owned();
    let caller = auth::identify(request.headers(), request.extensions(), state).await?;
    let endpoint = format!("POST {}", request.uri().path());
    let (request, bytes) = read(request, state).await?;
    let keyed = Keyed {
        tenant: caller.tenant,
        key: &key,
        endpoint: &endpoint,
        request_hash: hash(&bytes),
    };
    let mut transaction = state.pool().begin().await?;
    if let Some(answer) = idempotency::claim(&mut *transaction, keyed).await? {
        auth::must_allow(&caller, answer["scope"].as_str().unwrap_or_default())?;
        return Ok(replay(&answer));
    }
    let transaction = Arc::new(Mutex::new(transaction));
    let scope = Arc::new(OnceLock::new());
    let unit = Unit {
        transaction: Arc::clone(&transaction),
        scope: Arc::clone(&scope),
    };
    let response = UNIT.scope(unit, next.run(request)).await;
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_BYTES_MAX)
        .await
        .map_err(|_error| Problem::new(Kind::Internal, "The answer is too large to be kept."))?;
    let answer = envelope(parts.status, &parts.headers, &body, scope.get().copied());
    let mut transaction = Arc::into_inner(transaction)
        .ok_or_else(|| Problem::new(Kind::Internal, "The request is still being worked on."))?
        .into_inner();
    idempotency::keep(&mut *transaction, keyed, &answer).await?;
    transaction.commit().await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// The body, within the limits of every body, and the request with it.
async fn read(request: Request, state: &ApiState) -> Result<(Request, Bytes)> {
    let (parts, bytes) = body::bytes(request, state).await?;
    let bytes = Bytes::from(bytes);
    let request = Request::from_parts(parts, Body::from(bytes.clone()));
    Ok((request, bytes))
}

/// White space and the order of keys make no other request. What is no JSON is refused anyway.
fn hash(bytes: &[u8]) -> [u8; 32] {
    match parse(bytes) {
        Ok(value) => meaning_hash(&value),
        Err(_problem) => Sha256::digest(bytes).into(),
    }
}

fn envelope(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    scope: Option<&'static str>,
) -> Value {
    let kept: Map<String, Value> = KEPT
        .iter()
        .filter_map(|name| {
            let text = headers.get(name)?.to_str().ok()?;
            Some((name.to_string(), text.into()))
        })
        .collect();
    json!({
        "status": status.as_u16(),
        "headers": kept,
        // As text, so that a repetition gets the same bytes.
        "body": String::from_utf8_lossy(body),
        "scope": scope,
    })
}

fn replay(answer: &Value) -> Response {
    let status = answer["status"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let body = answer["body"].as_str().unwrap_or_default().to_owned();
    let mut response = (status.unwrap_or(StatusCode::OK), Body::from(body)).into_response();
    let headers = response.headers_mut();
    for name in KEPT {
        let text = answer["headers"][name.as_str()].as_str();
        if let Some(Ok(value)) = text.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

impl From<ClaimError> for Problem {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::KeyReused => header::reused(),
            ClaimError::KeyInFlight => header::in_flight(),
            ClaimError::Database(error) => error.into(),
        }
    }
}
