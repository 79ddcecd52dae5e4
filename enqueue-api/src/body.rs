//! From a request to a JSON value: declared as JSON, not too large, not too slow, well-formed.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use futures::StreamExt;
use serde_json::{Value, json};
use stevedore_model::problems::{FieldProblem, Fields, problem};
use tokio::time::timeout;

use crate::json::parse;
use crate::problem::{Kind, Problem, Result};
use crate::state::ApiState;

/// How much of a body that is refused anyway is read and thrown away, so that a client which
/// sends before it listens gets the 413 instead of a reset connection.
const DRAIN_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A JSON body of at most `body_limit_bytes`.
#[derive(Debug)]
pub struct JsonBody(pub Value);

/// A JSON body of at most `batch_body_limit_bytes`.
#[derive(Debug)]
pub struct BatchBody(pub Value);

/// A JSON body that may be missing or null; then it is `{}`.
#[derive(Debug)]
pub struct OptionalJsonBody(pub Value);

impl FromRequest<ApiState> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self> {
        let body = receive(request, state, state.settings().body_limit_bytes).await?;
        body.json().map(JsonBody)
    }
}

impl FromRequest<ApiState> for BatchBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self> {
        let body = receive(request, state, state.settings().batch_body_limit_bytes).await?;
        body.json().map(BatchBody)
    }
}

impl FromRequest<ApiState> for OptionalJsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self> {
        let body = receive(request, state, state.settings().body_limit_bytes).await?;
        let value = if body.bytes.is_empty() {
            Value::Null
        } else {
            body.json()?
        };
        Ok(Self(if value.is_null() { json!({}) } else { value }))
    }
}

/// All of a body of at most `body_limit_bytes`, whatever it is, and the rest of the request.
///
/// # Errors
/// When it is too large, too slow, or breaks off.
pub(crate) async fn bytes(request: Request, state: &ApiState) -> Result<(Parts, Vec<u8>)> {
    let received = receive(request, state, state.settings().body_limit_bytes).await?;
    Ok((received.parts, received.bytes))
}

/// As [`bytes`], of at most `batch_body_limit_bytes`, for whoever does not know yet what it is.
///
/// # Errors
/// When it is too large, too slow, or breaks off.
pub(crate) async fn batch_bytes(request: Request, state: &ApiState) -> Result<(Parts, Vec<u8>)> {
    let settings = state.settings();
    let limit = settings
        .batch_body_limit_bytes
        .max(settings.body_limit_bytes);
    let received = receive(request, state, limit).await?;
    Ok((received.parts, received.bytes))
}

struct Received {
    parts: Parts,
    bytes: Vec<u8>,
}

impl Received {
    fn json(self) -> Result<Value> {
        must_be_json(&self.parts.headers)?;
        parse(&self.bytes)
    }
}

async fn receive(request: Request, state: &ApiState, limit: usize) -> Result<Received> {
    let (parts, body) = request.into_parts();
    let collected = timeout(
        state.settings().body_timeout,
        collect(&parts.headers, body, limit),
    );
    let bytes = collected.await.map_err(|_elapsed| {
        let allowed = humantime::format_duration(state.settings().body_timeout);
        Problem::new(
            Kind::BodyTimeout,
            format!("The body did not arrive within {allowed}."),
        )
    })??;
    Ok(Received { parts, bytes })
}

async fn collect(headers: &HeaderMap, body: Body, limit: usize) -> Result<Vec<u8>> {
    let announced = content_length(headers);
    let too_large = announced.is_some_and(|length| length > limit);
    if too_large && headers.contains_key(EXPECT) {
        return Err(oversized(limit)); // the client waits for our word before it sends
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(limit));
    let mut seen = 0;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(Kind::UnreadableBody, format!("Reading the body: {error}."))
        })?;
        seen += chunk.len();
        if too_large || seen > limit {
            bytes = Vec::new();
            if seen > DRAIN_BYTES_MAX {
                break;
            }
        } else {
            bytes.extend_from_slice(&chunk);
        }
    }
    if too_large || seen > limit {
        Err(oversized(limit))
    } else {
        Ok(bytes)
    }
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn oversized(limit: usize) -> Problem {
    Problem::new(
        Kind::PayloadTooLarge,
        format!("Bodies here are at most {limit} bytes long."),
    )
    .with("limit_bytes", limit)
}

fn must_be_json(headers: &HeaderMap) -> Result<()> {
    let encoding = headers
        .get(CONTENT_ENCODING)
        .map_or(&b"identity"[..], HeaderValue::as_bytes);
    if !encoding.eq_ignore_ascii_case(b"identity") {
        let detail = "Compressed bodies are not accepted: send it without Content-Encoding.";
        return Err(Problem::new(Kind::UnsupportedMediaType, detail));
    }
    let declared = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    if is_json(declared) {
        return Ok(());
    }
    let detail = if declared.is_empty() {
        "The Content-Type header is missing or unreadable: send application/json.".to_owned()
    } else {
        format!("The Content-Type is {declared:?}: send application/json in UTF-8.")
    };
    Err(Problem::new(Kind::UnsupportedMediaType, detail))
}

/// `application/json` or `application/<anything>+json`, in UTF-8 where a charset is given.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type
        .split(';')
        .map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let subtype = essence.strip_prefix("application/").unwrap_or_default();
    let json = subtype == "json" || subtype.len() > 5 && subtype.ends_with("+json");
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some(("charset", name)) => matches!(name.trim_matches('"'), "utf-8" | "utf8" | "us-ascii"),
        _ => true,
    })
}

/// The items of a body that is nothing but a list of 1 to `max` of them, `{"orders": [...]}` say.
pub fn items<'v>(
    body: &'v Value,
    name: &'static str,
    max: usize,
    problems: &mut Vec<FieldProblem>,
) -> &'v [Value] {
    if let Some(mut fields) = Fields::of(body, "", problems) {
        let _ = fields.require(name);
        fields.finish();
    }
    match body.get(name) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(items)) if (1..=max).contains(&items.len()) => items,
        Some(Value::Array(items)) => {
            let message = format!("must hold 1 to {max} {name}, not {}", items.len());
            problems.push(problem(name.into(), "out_of_range", &message));
            &[]
        }
        Some(_) => {
            let message = format!("must be an array of {name}");
            problems.push(problem(name.into(), "wrong_type", &message));
            &[]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn json_is_recognised_by_its_media_type_and_charset() {
        for yes in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/vnd.shop+json",
            "application/json; charset=\"utf-8\"; q=1",
        ] {
            assert!(is_json(yes), "{yes}");
        }
        for no in [
            "",
            "text/json",
            "application/+json",
            "application/jsonp",
            "text/plain",
            "application/json; charset=utf-16",
            "application/x-www-form-urlencoded",
        ] {
            assert!(!is_json(no), "{no}");
        }
    }
}
