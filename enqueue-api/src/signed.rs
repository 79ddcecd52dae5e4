//! Requests that prove a key without sending it, for servers that do not trust what is between.
//!
//! `Authorization: STV1-HMAC-SHA256 <key id>:<unix time>:<nonce>:<signature>`. What is signed, and
//! how in several languages, is in docs/request-signing.md. A request counts once, within five
//! minutes of its time. Only keys that were made to sign may, and these are no bearer keys.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use ring::hmac;
use sha2::{Digest, Sha256};
use stevedore_model::api_keys::{self, ApiKey};

use crate::body;
use crate::problem::{Kind, Problem, Result};
use crate::state::ApiState;

const SCHEME: &str = "STV1-HMAC-SHA256";
/// How far a request's time may be from ours.
const TOLERANCE: Duration = Duration::from_mins(5);
/// Nonces are visible ASCII of at least 8 characters.
const NONCE_CHARS: std::ops::RangeInclusive<usize> = 8..=64;

/// The key that a request was signed with.
#[derive(Clone, Debug)]
pub(crate) struct Signed(pub Arc<ApiKey>);

/// See the module's documentation; other requests pass as they are.
pub async fn signed(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let Some(text) = claimed(request.headers()) else {
        return next.run(request).await;
    };
    match proven(&state, &text, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// What stands behind our scheme in the only Authorization header.
fn claimed(headers: &HeaderMap) -> Option<String> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (sent.next(), sent.next()) else {
        return None;
    };
    let (scheme, text) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case(SCHEME)
        .then(|| text.trim().to_owned())
}

/// What a request says of its signature.
struct Proof<'a> {
    key_id: &'a str,
    time: &'a str,
    nonce: &'a str,
    signature: Vec<u8>,
}

impl<'a> Proof<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(':');
        let (key_id, time, nonce) = (parts.next()?, parts.next()?, parts.next()?);
        let signature = hex::decode(parts.next()?).ok()?;
        let is_nonce =
            NONCE_CHARS.contains(&nonce.len()) && nonce.bytes().all(|byte| byte.is_ascii_graphic());
        let is_whole = parts.next().is_none() && is_nonce;
        is_whole.then_some(Self {
            key_id,
            time,
            nonce,
            signature,
        })
    }

    /// How far its time is from ours, in words for a refusal; none if it is near enough.
    fn lateness(&self) -> Option<&'static str> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a signature's age is by this machine's clock"
        )]
        let now = Utc::now().timestamp();
        let Ok(time) = self.time.parse::<i64>() else {
            return Some("malformed");
        };
        let tolerance = TOLERANCE.as_secs().cast_signed();
        match now.saturating_sub(time) {
            age if age > tolerance => Some("too_old"),
            age if age < -tolerance => Some("too_new"),
            _ => None,
        }
    }

    /// Whether this is the signature of such a request by the holder of `secret_hash`.
    fn holds(&self, secret_hash: &[u8], method: &Method, path: &str, body: &[u8]) -> bool {
        let text = text_to_sign(method, path, self.time, self.nonce, body);
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret_hash);
        // In constant time.
        hmac::verify(&key, text.as_bytes(), &self.signature).is_ok()
    }
}

fn text_to_sign(method: &Method, path: &str, time: &str, nonce: &str, body: &[u8]) -> String {
    let digest = hex::encode(Sha256::digest(body));
    format!("{SCHEME}\n{method}\n{path}\n{time}\n{nonce}\n{digest}")
}

/// The request, with its key and its body, if all of it was signed just now by whom it names.
async fn proven(state: &ApiState, text: &str, request: Request) -> Result<Request> {
    let (limits, settings) = (state.limits(), state.settings());
    limits.check_stranger(request.headers(), request.extensions(), settings)?;
    let headers = request.headers().clone();
    let extensions = request.extensions().clone();
    let refuse = |reason: &'static str| {
        let counted = limits.count_stranger(&headers, &extensions, settings);
        counted.err().unwrap_or_else(|| refused(reason))
    };
    let proof = Proof::parse(text).ok_or_else(|| refuse("malformed"))?;
    if let Some(reason) = proof.lateness() {
        return Err(refuse(reason));
    }
    let known = api_keys::find_signing(state.pool(), proof.key_id).await?;
    let (key, secret_hash) = known.ok_or_else(|| refuse("unknown_key"))?;
    let (mut parts, bytes) = body::batch_bytes(request, state).await?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if !proof.holds(&secret_hash, &parts.method, path, &bytes) {
        return Err(refuse("bad_signature"));
    }
    // Twice the tolerance: a time ahead of ours is taken for that long.
    let (pool, keep) = (state.pool(), TOLERANCE * 2);
    if !api_keys::use_nonce(pool, &key, proof.nonce, keep).await? {
        return Err(refuse("replayed"));
    }
    parts.extensions.insert(Signed(Arc::new(key)));
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

fn refused(reason: &'static str) -> Problem {
    let detail = match reason {
        "too_old" => "It was signed more than five minutes ago.",
        "too_new" => "It was signed more than five minutes ahead of time.",
        "unknown_key" => "The key is unknown, revoked, expired, or no key that signs.",
        "replayed" => "A request with this nonce has come before.",
        "malformed" => "The Authorization header is not <key id>:<unix time>:<nonce>:<signature>.",
        _ => "The signature is not of this request by this key.",
    };
    Problem::new(Kind::SignatureRefused, detail).with("reason", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of docs/request-signing.md, which other languages sign in `.ci/check-signing`.
    #[test]
    fn j7_the_documented_example_is_signed_as_documented() {
        let page = include_str!("../../docs/request-signing.md");
        let line = page
            .lines()
            .find(|line| line.starts_with("Authorization: "));
        let text = line.and_then(|line| line.rsplit(' ').next()).unwrap();
        let proof = Proof::parse(text).unwrap();
        let token = page
            .lines()
            .find_map(|line| line.strip_prefix("token      "));
        let secret = token.unwrap().rsplit('_').next().unwrap();
        let hash = Sha256::digest(secret);
        let body = br#"{"sku":"MUG-RED"}"#;
        assert!(proof.holds(&hash, &Method::POST, "/v1/orders?dry=1", body));
        assert!(!proof.holds(&hash, &Method::PUT, "/v1/orders?dry=1", body));
        assert!(!proof.holds(&hash, &Method::POST, "/v1/orders?dry=2", body));
        assert!(!proof.holds(&hash, &Method::POST, "/v1/orders?dry=1", b"{}"));
    }

    #[test]
    fn j7_a_proof_has_four_parts() {
        for text in [
            "",
            "a:1:nonce123",
            "a:1:short:00",
            "a:1:nonce123:zz",
            "a:1:nonce123:00:00",
        ] {
            assert!(Proof::parse(text).is_none(), "{text}");
        }
    }
}
