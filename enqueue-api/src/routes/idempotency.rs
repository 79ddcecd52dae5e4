//! The header `Idempotency-Key`: one request, however often it is sent.

use axum::http::{HeaderMap, HeaderName};

use crate::problem::{Kind, Problem, Result};

/// Tells that an answer was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// What the parts of a request add to its key.
const PART_CHARS_MAX: usize = 5;

/// The key of a request, if it has one.
///
/// # Errors
/// 400 when it is not usable.
pub fn key(headers: &HeaderMap) -> Result<Option<&str>> {
    usable_key(headers, IDEMPOTENCY_KEY_CHARS_MAX)
}

/// As [`key`], of a request whose parts get keys of their own: this and `#` and their place.
///
/// # Errors
/// 400 when it is not usable.
pub fn key_for_parts(headers: &HeaderMap) -> Result<Option<&str>> {
    usable_key(headers, IDEMPOTENCY_KEY_CHARS_MAX - PART_CHARS_MAX)
}

fn usable_key(headers: &HeaderMap, chars_max: usize) -> Result<Option<&str>> {
    let mut sent = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = sent.next() else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    let usable =
        (1..=chars_max).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if usable && sent.next().is_none() {
        return Ok(Some(key));
    }
    let detail = format!(
        "Send the header once, with 1 to {chars_max} visible ASCII characters without spaces."
    );
    Err(Problem::new(Kind::InvalidIdempotencyKey, detail))
}

/// 422: the key was used before, with another body.
#[must_use]
pub fn reused() -> Problem {
    Problem::new(
        Kind::IdempotencyKeyReused,
        "The first request with this Idempotency-Key was another one.",
    )
}

/// 409: the first request with the key is being worked on.
#[must_use]
pub fn in_flight() -> Problem {
    Problem::new(
        Kind::IdempotencyKeyInFlight,
        "The first request with this Idempotency-Key has not been answered yet.",
    )
}
