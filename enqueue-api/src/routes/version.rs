//! `If-Match`: whoever changes an order may say which version they saw. The `ETag` of an order is
//! its version and, behind a point, a mark of everything else that is shown of it. What has no
//! version is compared by the mark alone, while its row is held.

use axum::Json;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgTransaction;
use stevedore_model::orders::OrderView;
use stevedore_model::problems::problem;
use stevedore_model::{TenantId, edits};

use crate::problem::{Kind, Problem, Result};
use crate::state::ApiState;
use crate::tags;

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

/// A resource with the mark of what it shows as `ETag`, as reading it has.
#[must_use]
pub fn marked(resource: &impl Serialize) -> Response {
    with_tag(resource, &format!("\"{}\"", mark_of(resource)))
}

/// A resource of which people change only a part: that part's mark stands in front, as the version
/// of an order does, and is what [`must_be`] compares. Reading it appends the mark of all.
#[must_use]
pub fn marked_in_front(part: &Value, resource: &Value) -> Response {
    with_tag(resource, &format!("\"{}\"", mark_of(part)))
}

/// As [`marked_in_front`], whole, for whoever has just changed it.
#[must_use]
pub fn marked_whole(part: &Value, resource: &Value) -> Response {
    let tag = format!("\"{}.{}\"", mark_of(part), mark_of(resource));
    with_tag(resource, &tag)
}

fn with_tag(resource: &impl Serialize, tag: &str) -> Response {
    let mut response = Json(resource).into_response();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// Begins an edit: until the transaction ends nobody else edits the thing of this name.
///
/// # Errors
/// 503 when the database is away.
pub async fn hold(
    state: &ApiState,
    tenant: TenantId,
    what: &str,
) -> Result<PgTransaction<'static>> {
    let mut transaction = state.pool().begin().await?;
    edits::hold(&mut *transaction, tenant, what).await?;
    Ok(transaction)
}

/// Whether the resource, which the caller's transaction holds, is as `If-Match` says that it was
/// when it was read; a resource that is not there is nothing that anybody saw.
///
/// # Errors
/// 412 when somebody changed it since.
pub fn must_be(headers: &HeaderMap, resource: Option<&impl Serialize>) -> Result<()> {
    let mut wanted = headers.get_all(IF_MATCH).iter().peekable();
    if wanted.peek().is_none() {
        return Ok(());
    }
    let mark = resource.map(mark_of);
    let is_mark = |tag: &str| {
        let tag = tag.trim();
        let is_any = tag == "*" && mark.is_some();
        let front = tag.trim_matches('"');
        let front = front.split_once('.').map_or(front, |(front, _rest)| front);
        is_any || mark.as_ref().is_some_and(|mark| front == mark)
    };
    let is_same = wanted
        .filter_map(|value| value.to_str().ok())
        .any(|text| text.split(',').any(is_mark));
    match is_same {
        true => Ok(()),
        false => Err(Problem::new(
            Kind::ResourceChanged,
            "It is not what the ETag in If-Match was given for.",
        )),
    }
}

fn mark_of(resource: &impl Serialize) -> String {
    // What can't be written can't be read either: nobody saw it.
    tags::mark(&serde_json::to_vec(resource).unwrap_or_default())
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
