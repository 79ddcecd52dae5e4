//! `ETag` and `If-None-Match` of what is read: a client that has it already gets 304 and no body.
//!
//! The tag is a mark of the answer's bytes: it changes with everything that is shown, and every
//! read has one without a version in any table. What carries a version already (an order) keeps it
//! in front, with the mark behind it: `"7.5f2c…"`; the version is what `If-Match` compares.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::problem::{Kind, Problem};

/// Larger answers than this API gives.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of the hash that make a mark: as unlikely to meet as a UUID.
const MARK_BYTES: usize = 16;

/// See the module's documentation. Only JSON is tagged: streams (CSV, events) pass as they are.
pub async fn tag(request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let known = request.headers().get_all(IF_NONE_MATCH).iter().cloned();
    let known: Vec<HeaderValue> = known.collect();
    let response = next.run(request).await;
    let json = HeaderValue::from_static("application/json");
    if response.status() != StatusCode::OK || response.headers().get(CONTENT_TYPE) != Some(&json) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, ANSWER_BYTES_MAX).await else {
        return Problem::new(Kind::Internal, "The answer is too large.").into_response();
    };
    let tag = marked(&parts.headers, &bytes);
    let is_known = known
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|text| {
            let mut tags = text
                .split(',')
                .map(|tag| tag.trim().trim_start_matches("W/"));
            tags.any(|known| known == "*" || known == tag)
        });
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(ETAG, value);
    }
    if is_known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// A mark of these bytes.
pub(crate) fn mark(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let marking = hash.iter().take(MARK_BYTES);
    marking.map(|byte| format!("{byte:02x}")).collect()
}

fn marked(headers: &HeaderMap, bytes: &[u8]) -> String {
    let mark = mark(bytes);
    let version = headers.get(ETAG).and_then(|tag| tag.to_str().ok());
    match version.map(|tag| tag.trim_matches('"')) {
        Some(version) => format!("\"{version}.{mark}\""),
        None => format!("\"{mark}\""),
    }
}
