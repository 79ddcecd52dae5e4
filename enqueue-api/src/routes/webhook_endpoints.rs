//! Webhooks to the shop's own apps.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value, json};
use stevedore_model::problems::Fields;
use stevedore_model::webhooks::{
    self, AttemptView, EndpointChange, EndpointView, ORDERINGS, Replay, STATES, STATUSES,
};

use crate::auth::{Admin, Caller};
use crate::body::{JsonBody, OptionalJsonBody};
use crate::problem::{Problem, Result};
use crate::routes::listing::Asked;
use crate::routes::lists::DELIVERIES;
use crate::routes::orders::refused;
use crate::routes::path_id::{self, Id};
use crate::routes::version;
use crate::state::ApiState;
use crate::wire;

const KINDS_MAX: usize = 100;
const OVERLAP_SECONDS_DEFAULT: u64 = 24 * 60 * 60;
const OVERLAP_SECONDS_MAX: i64 = 30 * 24 * 60 * 60;

/// All endpoints.
#[derive(Debug, Serialize)]
pub struct EndpointList {
    endpoints: Vec<EndpointView>,
}

/// The calls of a delivery.
#[derive(Debug, Serialize)]
pub struct AttemptList {
    attempts: Vec<AttemptView>,
}

/// Add a webhook endpoint
///
/// The answer holds its secret, which is shown this once. Deliveries are signed by the Standard
/// Webhooks specification.
#[utoipa::path(
    post, path = "/v1/webhook-endpoints", tag = "webhooks",
    operation_id = "create_webhook_endpoint",
    security(("api_key" = ["admin"])),
    request_body(content = wire::WebhookEndpointRequest, content_type = "application/json"),
    responses(
        (status = 201, description = "The endpoint's id and secret.", body = wire::WebhookSecret),
        wire::BodyErrors,
    )
)]
pub async fn create(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<Value>)> {
    let new = read_endpoint(&body, true)?;
    let (endpoint_id, secret) =
        webhooks::create(&mut *state.db().await?, caller.tenant(), &new).await?;
    Ok((StatusCode::CREATED, shown_once(endpoint_id, &secret)))
}

/// List webhook endpoints
#[utoipa::path(
    get, path = "/v1/webhook-endpoints", tag = "webhooks", operation_id = "list_webhook_endpoints",
    security(("api_key" = ["admin"])),
    responses(
        (status = 200, description = "All endpoints.", body = wire::WebhookEndpointList),
        wire::ReadErrors,
    )
)]
pub async fn list(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
) -> Result<Json<EndpointList>> {
    let endpoints = webhooks::list(state.pool(), caller.tenant(), None).await?;
    Ok(Json(EndpointList { endpoints }))
}

/// Read a webhook endpoint
#[utoipa::path(
    get, path = "/v1/webhook-endpoints/{endpoint_id}", tag = "webhooks",
    operation_id = "get_webhook_endpoint",
    security(("api_key" = ["admin"])),
    params(("endpoint_id" = i64, Path, minimum = 1, description = "The endpoint's id.",
        example = 1)),
    responses(
        (status = 200, description = "The endpoint as it is now.", body = wire::WebhookEndpoint),
        wire::WebhookEndpointNotFound, wire::ReadErrors,
    )
)]
pub async fn read(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::WebhookEndpoint>,
) -> Result<Json<EndpointView>> {
    let found = webhooks::list(state.pool(), caller.tenant(), Some(id.0)).await?;
    let found = found.into_iter().next();
    found.map(Json).ok_or_else(|| id.missing())
}

/// Change a webhook endpoint
///
/// What is not named stays. Enabling it sends what was held back; deleting it is for good. With
/// `If-Match`, only if nothing of it changed since it was read.
#[utoipa::path(
    patch, path = "/v1/webhook-endpoints/{endpoint_id}", tag = "webhooks",
    operation_id = "change_webhook_endpoint",
    security(("api_key" = ["admin"])),
    params(
        ("endpoint_id" = i64, Path, minimum = 1, description = "The endpoint's id.", example = 1),
        wire::IfMatch,
    ),
    request_body(content = wire::WebhookEndpointRequest, content_type = "application/json"),
    responses(
        (status = 204, description = "It is changed."),
        wire::WebhookEndpointNotFound, wire::Changed, wire::BodyErrors,
    )
)]
pub async fn change(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::WebhookEndpoint>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<StatusCode> {
    let (change, tenant) = (read_endpoint(&body, false)?, caller.tenant());
    let mut tx = version::hold(&state, tenant, &format!("webhook endpoint {}", id.0)).await?;
    let before = webhooks::list(&mut *tx, tenant, Some(id.0)).await?;
    let before = before.first().ok_or_else(|| id.missing())?;
    version::must_be(&headers, Some(before))?;
    webhooks::change(&mut *tx, tenant, id.0, &change)
        .await
        .map_err(|refusal| refused(refusal, || id.missing()))?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change a webhook endpoint's secret
///
/// Both sign for a while, so that the app can change over. The new one is shown this once.
#[utoipa::path(
    post, path = "/v1/webhook-endpoints/{endpoint_id}/rotate", tag = "webhooks",
    operation_id = "rotate_webhook_secret",
    security(("api_key" = ["admin"])),
    params(("endpoint_id" = i64, Path, minimum = 1, description = "The endpoint's id.",
        example = 1)),
    request_body(content = Option<wire::WebhookRotateRequest>, content_type = "application/json"),
    responses(
        (status = 200, description = "The new secret.", body = wire::WebhookSecret),
        wire::WebhookEndpointNotFound, wire::BodyErrors,
    )
)]
pub async fn rotate(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::WebhookEndpoint>,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<Json<Value>> {
    let (mut problems, mut overlap) = (Vec::new(), None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        overlap = fields.integer("overlap_seconds", 0..=OVERLAP_SECONDS_MAX);
        fields.finish();
    }
    valid(problems)?;
    let overlap = overlap.and_then(|seconds| u64::try_from(seconds).ok());
    let overlap = Duration::from_secs(overlap.unwrap_or(OVERLAP_SECONDS_DEFAULT));
    let secret = webhooks::rotate(&mut *state.db().await?, caller.tenant(), id.0, overlap)
        .await
        .map_err(|refusal| refused(refusal, || id.missing()))?;
    Ok(shown_once(id.0, &secret))
}

/// Send deliveries again
///
/// One, or those of a time; with the same `webhook-id`.
#[utoipa::path(
    post, path = "/v1/webhook-endpoints/{endpoint_id}/replay", tag = "webhooks",
    operation_id = "replay_webhooks",
    security(("api_key" = ["admin"])),
    params(("endpoint_id" = i64, Path, minimum = 1, description = "The endpoint's id.",
        example = 1)),
    request_body(content = wire::WebhookReplayRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "How many are sent again.", body = wire::WebhookReplayed),
        wire::WebhookEndpointNotFound, wire::TransitionRefused, wire::BodyErrors,
    )
)]
pub async fn replay(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::WebhookEndpoint>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>> {
    let which = read_replay(&body)?;
    let replayed = webhooks::replay(&mut *state.db().await?, caller.tenant(), id.0, &which)
        .await
        .map_err(|refusal| refused(refusal, || id.missing()))?;
    Ok(Json(json!({ "replayed": replayed })))
}

/// List deliveries of a webhook endpoint
#[utoipa::path(
    get, path = "/v1/webhook-endpoints/{endpoint_id}/deliveries", tag = "webhooks",
    operation_id = "list_webhook_deliveries",
    security(("api_key" = ["admin"])),
    params(("endpoint_id" = i64, Path, minimum = 1, description = "The endpoint's id.",
        example = 1)),
    responses(
        (status = 200, description = "A page of its deliveries.", body = wire::WebhookDeliveryList),
        wire::QueryRefused, wire::WebhookEndpointNotFound, wire::ReadErrors,
    )
)]
pub async fn deliveries(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    id: Id<path_id::WebhookEndpoint>,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let asked = Asked::read(pairs, &DELIVERIES)?.within("endpoint_id", id.0);
    asked.answer(&state, caller.tenant(), &headers).await
}

/// List the calls of a delivery
#[utoipa::path(
    get, path = "/v1/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/attempts",
    tag = "webhooks", operation_id = "list_webhook_attempts",
    security(("api_key" = ["admin"])),
    params(
        ("endpoint_id" = i64, Path, minimum = 1, description = "The endpoint's id.", example = 1),
        ("delivery_id" = i64, Path, minimum = 1, description = "The delivery's id.", example = 1),
    ),
    responses(
        (status = 200, description = "Its calls and their answers.",
         body = wire::WebhookAttemptList),
        wire::WebhookEndpointNotFound, wire::ReadErrors,
    )
)]
pub async fn attempts(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    Path((endpoint, delivery)): Path<(String, String)>,
) -> Result<Json<AttemptList>> {
    let (Ok(endpoint_id), Ok(delivery_id)) = (endpoint.parse(), delivery.parse()) else {
        return Err(path_id::missing::<path_id::WebhookEndpoint>(&endpoint));
    };
    let (pool, tenant) = (state.pool(), caller.tenant());
    let attempts = webhooks::attempts(pool, tenant, endpoint_id, delivery_id).await?;
    Ok(Json(AttemptList { attempts }))
}

fn shown_once(endpoint_id: i64, secret: &SecretString) -> Json<Value> {
    Json(json!({ "endpoint_id": endpoint_id, "secret": secret.expose_secret() }))
}

fn read_endpoint(body: &Value, is_new: bool) -> Result<EndpointChange> {
    let (mut problems, mut change) = (Vec::new(), EndpointChange::default());
    if let Some(mut fields) = Fields::of(body, "", &mut problems) {
        let url = match is_new {
            true => fields.required_text("url", 9..=1_000),
            false => fields.text("url", 9..=1_000),
        };
        change.url = url.and_then(|text| fields.parsed("url", text, address));
        change.description = fields.text("description", 0..=200).map(str::to_owned);
        change.ordering = fields
            .text("ordering", 1..=10)
            .and_then(|text| fields.parsed("ordering", text, |text| one_of(&ORDERINGS, text)));
        change.lanes = fields
            .integer("lanes", 1..=20)
            .and_then(|lanes| i16::try_from(lanes).ok());
        change.state = fields
            .text("state", 1..=10)
            .and_then(|text| fields.parsed("state", text, |text| one_of(&STATES, text)));
        if let Some(value) = fields.any("kinds") {
            change.kinds = words(value, is_kind);
            if change.kinds.is_none() {
                let message = "must be an array of at most 100 kinds such as order or order.paid";
                fields.wrong::<()>("kinds", "invalid", message);
            }
        }
        fields.finish();
    }
    valid(problems)?;
    Ok(change)
}

fn read_replay(body: &Value) -> Result<Replay> {
    let (mut problems, mut which) = (Vec::new(), Replay::default());
    if let Some(mut fields) = Fields::of(body, "", &mut problems) {
        which.delivery_id = fields.integer("delivery_id", 1..=i64::MAX);
        which.from = fields
            .text("from", 1..=40)
            .and_then(|text| fields.parsed("from", text, time));
        which.until = fields
            .text("until", 1..=40)
            .and_then(|text| fields.parsed("until", text, time));
        which.statuses = ["failed", "held"].map(str::to_owned).to_vec();
        if let Some(value) = fields.any("statuses") {
            let known = words(value, |word| STATUSES.contains(&word));
            if known.is_none() {
                let message = format!("must be an array of {}", STATUSES.join(", "));
                fields.wrong::<()>("statuses", "invalid", &message);
            }
            which.statuses = known.unwrap_or_default();
        }
        fields.finish();
    }
    valid(problems)?;
    Ok(which)
}

fn valid(problems: Vec<stevedore_model::problems::FieldProblem>) -> Result<()> {
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Problem::invalid(problems)),
    }
}

type Parsed<T> = std::result::Result<T, (&'static str, String)>;

fn one_of(known: &[&str], text: &str) -> Parsed<String> {
    let is_known = known.contains(&text).then(|| text.to_owned());
    is_known.ok_or_else(|| ("unknown", format!("must be one of {}", known.join(", "))))
}

/// Whether it may be called the worker's settings say; here it only has to be an address.
fn address(text: &str) -> Parsed<String> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let is_plain = |rest: &&str| {
        !rest.starts_with('/') && rest.chars().all(|c| !c.is_whitespace() && !c.is_control())
    };
    let found = rest.filter(|rest| !rest.is_empty()).filter(is_plain);
    let refusal = || ("invalid", "must be an https address".to_owned());
    found.map(|_| text.to_owned()).ok_or_else(refusal)
}

fn time(text: &str) -> Parsed<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    let message = "must be a time such as 2030-01-01T08:00:00Z";
    time.map_err(|_| ("invalid", message.to_owned()))
}

fn words(value: &Value, is_known: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let list = value.as_array().filter(|list| list.len() <= KINDS_MAX)?;
    list.iter()
        .map(|word| {
            word.as_str()
                .filter(|word| is_known(word))
                .map(str::to_owned)
        })
        .collect()
}

fn is_kind(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c);
    (1..=81).contains(&word.len()) && word.chars().all(plain)
}
