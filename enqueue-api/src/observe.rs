//! The outermost layer: what each request is called, how it is logged and counted, and the
//! headers that every answer has. It also writes the problems that handlers return, since only
//! here the trace id is known: as a page for whoever reads pages, else as JSON.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use axum::middleware::Next;
use axum::response::Response;
use stevedore_telemetry::trace::Traceparent;
use tokio::time::Instant;
use tracing::{Instrument, Span};
use uuid::Uuid;

use crate::pages;
use crate::problem::{Kind, Problem};
use crate::rate_limit::Note;
use crate::state::ApiState;

/// Carries the trace id of every answer: quote it when something went wrong.
pub const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// The client's own id of a request, given back; ours if it sent none.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const REQUEST_ID_BYTES_MAX: usize = 128;

/// The trace this request belongs to; orders and jobs written by it carry it on.
#[derive(Clone, Debug)]
pub struct RequestTrace(pub Traceparent);

/// See the module's documentation.
pub async fn observe(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let trace = trace_of(request.headers());
    let trace_id = trace.trace_id();
    let request_id = request_id_of(request.headers());
    let method = request.method().clone();
    let version = request.version();
    let path = request.uri().path().to_owned();
    let reads_pages = reads_pages(request.headers());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|matched| matched.as_str().to_owned());
    let span = tracing::info_span!(
        "request",
        trace_id = %trace_id,
        request_id = %request_id,
        http.request.method = %method,
        http.route = route.as_deref().unwrap_or("none"),
    );
    request.extensions_mut().insert(RequestTrace(trace));
    let limit = Note::default();
    request.extensions_mut().insert(limit.clone());

    let response = next.run(request).instrument(span.clone()).await;

    let mut response = match problem_of(&response) {
        Some(problem) => {
            let page = reads_pages.then(|| pages::problem(&problem, &trace_id));
            page.flatten()
                .unwrap_or_else(|| problem.render(&path, &trace_id))
        }
        None => response,
    };
    identify(response.headers_mut(), &trace_id, &request_id);
    limit.write(response.headers_mut());
    if state.is_draining() && version < Version::HTTP_2 {
        // The next request goes to another process.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    harden(response.headers_mut(), state.settings().hsts);
    record(&span, &method, route, response.status(), started);
    response
}

/// The caller's trace goes on as a child; a missing or malformed header starts a new one.
fn trace_of(headers: &HeaderMap) -> Traceparent {
    let sent = headers
        .get(TRACEPARENT)
        .and_then(|value| value.to_str().ok());
    match sent.and_then(|text| Traceparent::parse(text).ok()) {
        Some(caller) => caller.child(),
        None => Traceparent::new(),
    }
}

fn request_id_of(headers: &HeaderMap) -> String {
    let sent = headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    match sent.filter(|id| !id.is_empty() && id.len() <= REQUEST_ID_BYTES_MAX) {
        Some(id) => id.to_owned(),
        None => Uuid::new_v4().to_string(),
    }
}

/// Answers without a body of our own (axum's 404 and 405) are problems, too.
fn problem_of(response: &Response) -> Option<Problem> {
    let headers = response.headers();
    match response.extensions().get::<Problem>() {
        Some(problem) => Some(problem.clone()),
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED => {
            Some(Problem::method_not_allowed(headers.get(ALLOW).cloned()))
        }
        None if response.status() == StatusCode::NOT_FOUND
            && !headers.contains_key(CONTENT_TYPE) =>
        {
            let detail = "No route of this API matches the path.";
            Some(Problem::new(Kind::RouteNotFound, detail))
        }
        None => None,
    }
}

/// Whether a browser shows the answer to somebody. Programs, scripts in pages among them, say that
/// they take anything, or JSON.
fn reads_pages(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).map(HeaderValue::as_bytes);
    accepted.is_some_and(|kinds| kinds.starts_with(b"text/html"))
}

fn identify(headers: &mut HeaderMap, trace_id: &str, request_id: &str) {
    for (name, value) in [(TRACE_ID, trace_id), (REQUEST_ID, request_id)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
}

/// Answers are data: not to be sniffed, framed, or kept by anyone in between.
fn harden(headers: &mut HeaderMap, hsts: Option<Duration>) {
    let page = headers.get(CONTENT_TYPE).is_some_and(|kind| !is_data(kind));
    // Pages for people have a stricter one of their own.
    let policy = if page {
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
         frame-ancestors 'none'"
    } else {
        "default-src 'none'; frame-ancestors 'none'"
    };
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in [(X_FRAME_OPTIONS, "DENY"), (REFERRER_POLICY, "no-referrer")] {
        let value = HeaderValue::from_static(value);
        headers.entry(name).or_insert(value);
    }
    if let Some(time) = hsts {
        let policy = format!("max-age={}; includeSubDomains", time.as_secs());
        let policy = HeaderValue::from_str(&policy).expect("a number is ASCII");
        headers.insert(STRICT_TRANSPORT_SECURITY, policy);
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

fn is_data(content_type: &HeaderValue) -> bool {
    let kind = content_type.as_bytes();
    kind.ends_with(b"json") || kind == b"text/event-stream"
}

/// One line and one observation a request. The route's template is the label, never the path:
/// clients choose paths, and each would be a time series of its own.
fn record(
    span: &Span,
    method: &Method,
    route: Option<String>,
    status: StatusCode,
    started: Instant,
) {
    let duration = started.elapsed();
    let route = route.unwrap_or_else(|| "none".to_owned());
    metrics::histogram!(
        "http_server_request_duration_seconds",
        "http_route" => route.clone(),
        "http_request_method" => known_method(method),
        "http_response_status_code" => status.as_str().to_owned(),
    )
    .record(duration.as_secs_f64());
    let duration_ms = duration.as_secs_f64() * 1000.0;
    let status = status.as_u16();
    span.in_scope(|| match status {
        500.. => tracing::error!(
            http.response.status_code = status,
            duration_ms,
            "{method} {route} answered {status}"
        ),
        // Probes and scrapes come every few seconds and say nothing while they succeed.
        ..400 if !route.starts_with("/v1/") => tracing::debug!(
            http.response.status_code = status,
            duration_ms,
            "{method} {route} answered {status}"
        ),
        _ => tracing::info!(
            http.response.status_code = status,
            duration_ms,
            "{method} {route} answered {status}"
        ),
    });
}

fn known_method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}
