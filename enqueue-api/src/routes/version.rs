//! `If-Match`: whoever changes an order may say which version they saw. The `ETag` of an order is
//! its version and, behind a point, a mark of everything else that is shown of it.

use axum::Json;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use stevedore_model::orders::OrderView;
use stevedore_model::problems::problem;

use crate::problem::{Problem, Result};

/// The version that the caller saw; None if any will do.
///
/// # Errors
/// 422 when it is no `ETag` of ours.
pub fn expected(headers: &HeaderMap) -> Result<Option<i32>> {
    let Some(value) = headers.get(IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .map(|text| {
            text.split_once('.')
                .map_or(text, |(version, _mark)| version)
        })
        .and_then(|text| text.parse().ok());
    version.map(Some).ok_or_else(|| {
        let message = "must be the ETag of an order, such as \"7\"";
        Problem::invalid(vec![problem("If-Match".to_owned(), "invalid", message)])
    })
}

/// An order with its version as `ETag`.
#[must_use]
pub fn tagged(order: OrderView) -> Response {
    let tag = HeaderValue::from_str(&format!("\"{}\"", order.lock_version));
    let mut response = Json(order).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}
