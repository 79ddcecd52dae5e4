//! What providers send: verified, stored with its job, and only then answered.

use axum::extract::{OriginalUri, Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use chrono::Utc;
use metrics::counter;
use serde_json::{Map, Value, json};
use stevedore_model::inbox::{Arrival, Receipt};
use stevedore_providers::signature::{Incoming, KEPT_HEADERS, Refusal, Source};

use crate::body;
use crate::observe::RequestTrace;
use crate::problem::{Kind, Problem, Result};
use crate::state::ApiState;
use crate::wire;

/// Send a webhook
///
/// For payment and shipping providers: each proves itself in its own way, described in
/// docs/webhooks.md. The event is stored before it is answered; the same event again is
/// acknowledged and has no second effect. Twilio is answered 204.
#[utoipa::path(
    post, path = "/v1/webhooks/{source}", tag = "webhooks", operation_id = "receive_webhook",
    params(("source" = inline(wire::WebhookSource), Path, description = "Who sends it.")),
    request_body(content = String, content_type = "application/octet-stream",
        description = "The body as the provider made it.", example = json!(wire::STRIPE_EVENT)),
    responses(
        (status = 200, description = "The event is stored.", body = wire::WebhookReceived),
        (status = 204, description = "The event is stored."),
        wire::WebhookErrors,
    )
)]
pub async fn receive(
    State(state): State<ApiState>,
    Path(word): Path<String>,
    OriginalUri(uri): OriginalUri,
    Extension(trace): Extension<RequestTrace>,
    request: Request,
) -> Result<Response> {
    take(&state, &word, &uri, &trace, request).await
}

/// Send a webhook to the older address
///
/// As `/v1/webhooks/{source}`: for providers that were told this address before.
#[utoipa::path(
    post, path = "/api/webhooks/{source}", tag = "webhooks",
    operation_id = "receive_webhook_legacy",
    params(("source" = inline(wire::WebhookSource), Path, description = "Who sends it.")),
    request_body(content = String, content_type = "application/octet-stream",
        description = "The body as the provider made it.", example = json!(wire::STRIPE_EVENT)),
    responses(
        (status = 200, description = "The event is stored.", body = wire::WebhookReceived),
        (status = 204, description = "The event is stored."),
        wire::WebhookErrors,
    )
)]
pub async fn receive_legacy(
    State(state): State<ApiState>,
    Path(word): Path<String>,
    OriginalUri(uri): OriginalUri,
    Extension(trace): Extension<RequestTrace>,
    request: Request,
) -> Result<Response> {
    take(&state, &word, &uri, &trace, request).await
}

/// Send a webhook in an address
///
/// For DPD, which pushes each event as the query of a GET and wants to read XML. It is stored
/// before it is answered, as any other.
#[utoipa::path(
    get, path = "/v1/webhooks/{source}", tag = "webhooks", operation_id = "receive_webhook_query",
    params(("source" = inline(wire::WebhookSource), Path, description = "Who sends it: `dpd`.")),
    responses(
        (status = 200, description = "The event is stored.", body = String,
            content_type = "text/xml"),
        wire::WebhookErrors,
    )
)]
pub async fn receive_query(
    State(state): State<ApiState>,
    Path(word): Path<String>,
    OriginalUri(uri): OriginalUri,
    Extension(trace): Extension<RequestTrace>,
    headers: HeaderMap,
) -> Result<Response> {
    let source = known(&state, &word)?;
    if source != Source::Dpd {
        let detail = "This sender's webhooks come by POST.";
        return Err(Problem::new(Kind::WebhookSourceNotFound, detail));
    }
    let query = uri.query().unwrap_or_default();
    let told: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("token="))
        .collect();
    let body = told.join("&").into_bytes();
    let push_id = form_urlencoded::parse(&body)
        .find(|(name, _)| name == "pushid")
        .map(|(_, id)| id.chars().filter(char::is_ascii_alphanumeric).collect());
    let push_id: String = push_id.unwrap_or_default();
    store(&state, source, &uri, &trace, &headers, body).await?;
    let answer = format!("<push><pushid>{push_id}</pushid><status>OK</status></push>");
    Ok(([(CONTENT_TYPE, "text/xml")], answer).into_response())
}

fn known(state: &ApiState, word: &str) -> Result<Source> {
    let source = Source::of(word).filter(|source| state.verifier().knows(*source));
    source.ok_or_else(|| {
        let detail = "No sender of this name has a secret here.";
        Problem::new(Kind::WebhookSourceNotFound, detail)
    })
}

async fn take(
    state: &ApiState,
    word: &str,
    uri: &Uri,
    trace: &RequestTrace,
    request: Request,
) -> Result<Response> {
    let source = known(state, word)?;
    let (parts, bytes) = body::bytes(request, state).await?;
    let receipt = store(state, source, uri, trace, &parts.headers, bytes).await?;
    Ok(match source {
        // Twilio takes any text for a message to be sent.
        Source::Twilio => StatusCode::NO_CONTENT.into_response(),
        _ => Json(json!({ "received": true, "duplicate": !receipt.is_new })).into_response(),
    })
}

/// Stores what its sender proves to be its own.
async fn store(
    state: &ApiState,
    source: Source,
    uri: &Uri,
    trace: &RequestTrace,
    headers: &HeaderMap,
    bytes: Vec<u8>,
) -> Result<Receipt> {
    let path_and_query = uri.path_and_query().map_or("", |path| path.as_str());
    let incoming = Incoming {
        headers,
        body: &bytes,
        path_and_query,
        now: now(),
    };
    let genuine = state
        .verifier()
        .verify(source, &incoming)
        .map_err(|refusal| refused(source, &refusal))?;
    let arrival = Arrival {
        source: source.code(),
        event_id: genuine.event_id,
        event_type: genuine.event_type,
        headers: kept(headers),
        body: bytes,
        traceparent: Some(trace.0.to_string()),
    };
    let receipt = state.inbox().receive(arrival).await.inspect_err(|_| {
        count(source, "error");
    })?;
    count(
        source,
        if receipt.is_new {
            "stored"
        } else {
            "duplicate"
        },
    );
    Ok(receipt)
}

fn now() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a signature's age is by this machine's clock"
    )]
    Utc::now().timestamp()
}

fn kept(headers: &HeaderMap) -> Value {
    let mut kept = Map::new();
    for name in KEPT_HEADERS {
        if let Some(text) = headers.get(name).and_then(|value| value.to_str().ok()) {
            kept.insert(name.to_owned(), text.into());
        }
    }
    Value::Object(kept)
}

fn refused(source: Source, refusal: &Refusal) -> Problem {
    count(source, refusal.word());
    tracing::warn!(
        webhook.source = source.code(),
        reason = refusal.word(),
        "a webhook is refused"
    );
    Problem::new(Kind::WebhookRefused, sentence(refusal)).with("reason", refusal.word())
}

fn sentence(refusal: &Refusal) -> String {
    let text = refusal.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase());
    let mut sentence: String = first.into_iter().flatten().collect();
    sentence.push_str(letters.as_str());
    sentence.push('.');
    sentence
}

fn count(source: Source, result: &'static str) {
    counter!("stevedore_webhooks_received_total", "source" => source.code(), "result" => result)
        .increment(1);
}
