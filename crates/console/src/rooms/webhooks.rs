//! What providers sent, what became of it, and once more.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::Value;
use stevedore_model::inbox::{self, Filter, Summary, View, WEBHOOK_STATUSES};

use crate::Console;
use crate::form::{Form, Query, address};
use crate::guard::Posted;
use crate::page::{Refusal, room, time};
use crate::session::Session;

const HERE: &str = "/console/webhooks";
const MISSING: Refusal = Refusal::Missing("There is no such event.");
/// Events on a page.
const PAGE: u32 = 50;
/// Of a body that is shown, in bytes; providers send a few thousand.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The routes.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(HERE, get(list))
        .route("/console/webhooks/{id}", get(read))
        .route("/console/webhooks/{id}/replay", post(replay))
}

#[derive(Serialize)]
struct ListPage<'a> {
    title: &'static str,
    statuses: Vec<(&'static str, bool)>,
    source: &'a str,
    event_type: &'a str,
    event_id: &'a str,
    events: Vec<Row>,
    older: Option<String>,
}

#[derive(Serialize)]
struct Row {
    path: String,
    received: String,
    source: String,
    event_type: Option<String>,
    event_id: String,
    status: String,
    tone: &'static str,
    attempts: i32,
    error: Option<String>,
}

/// The newest first, those that fit.
async fn list(
    session: Session,
    State(console): State<Console>,
    Query(query): Query,
) -> Result<Response, Refusal> {
    let known = |status: &String| WEBHOOK_STATUSES.contains(&status.as_str());
    let filter = Filter {
        source: query.filled("source"),
        status: query.filled("status").filter(known),
        event_type: query.filled("event_type"),
        event_id: query.filled("event_id"),
        ..Filter::default()
    };
    let before = query.get("before").parse().ok();
    let events = inbox::list(console.pool(), session.tenant(), &filter, before, PAGE).await?;
    let last = events.last().filter(|_| events.len() == PAGE as usize);
    let older = last.map(|last| older(&query, last.webhook_event_id));
    let chosen = filter.status.unwrap_or_default();
    let page = ListPage {
        title: "Webhooks",
        statuses: WEBHOOK_STATUSES.map(|it| (it, it == chosen)).to_vec(),
        source: query.get("source"),
        event_type: query.get("event_type"),
        event_id: query.get("event_id"),
        events: events.into_iter().map(Row::from).collect(),
        older,
    };
    Ok(room(&session, HERE, "webhooks.html", &page))
}

/// The next page, of the same events.
fn older(query: &Form, before: i64) -> String {
    let before = before.to_string();
    let mut pairs: Vec<(&str, &str)> = ["source", "status", "event_type", "event_id"]
        .into_iter()
        .map(|name| (name, query.get(name).trim()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    pairs.push(("before", &before));
    address(HERE, &pairs)
}

impl From<Summary> for Row {
    fn from(event: Summary) -> Self {
        Row {
            path: format!("{HERE}/{}", event.webhook_event_id),
            received: time(event.received_at),
            tone: tone(&event.status),
            source: event.source,
            event_type: event.event_type,
            event_id: event.event_id,
            status: event.status,
            attempts: event.attempts,
            error: event.error,
        }
    }
}

fn tone(status: &str) -> &'static str {
    match status {
        "processed" => "good",
        "failed" | "dead" => "bad",
        _ => "quiet",
    }
}

#[derive(Serialize)]
struct EventPage {
    title: String,
    id: i64,
    source: String,
    event_type: Option<String>,
    event_id: String,
    status: String,
    tone: &'static str,
    attempts: i32,
    error: Option<String>,
    received: String,
    processed: Option<String>,
    headers: Vec<(String, String)>,
    body: String,
    body_bytes: usize,
    is_cut: bool,
    /// The job of a replay that was just asked for.
    job: Option<i64>,
}

/// One event with all that came.
async fn read(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, Refusal> {
    let id = id.parse().map_err(|_| MISSING)?;
    let event = inbox::get(console.pool(), session.tenant(), id).await?;
    let page = EventPage::of(event.ok_or(MISSING)?, query.get("job").parse().ok());
    Ok(room(&session, HERE, "webhook.html", &page))
}

/// Has it processed again, as the API and `stevedore webhooks replay` do.
async fn replay(
    State(console): State<Console>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let id: i64 = id.parse().map_err(|_| MISSING)?;
    let session = posted.session;
    let job = inbox::replay(console.pool(), session.tenant(), id).await?;
    let job = job.ok_or(MISSING)?;
    tracing::info!(
        webhook_event.id = id,
        job.id = job,
        actor = session.actor(),
        "a webhook event is processed again"
    );
    Ok(Redirect::to(&format!("{HERE}/{id}?job={job}")).into_response())
}

impl EventPage {
    fn of(event: View, job: Option<i64>) -> Self {
        let headers = event.headers.as_object().into_iter().flatten();
        let (body, is_cut) = readable(&event.body);
        EventPage {
            title: format!("Event {}", event.webhook_event_id),
            id: event.webhook_event_id,
            tone: tone(&event.status),
            received: time(event.received_at),
            processed: event.processed_at.map(time),
            headers: headers
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect(),
            body_bytes: event.body.len(),
            body,
            is_cut,
            source: event.source,
            event_type: event.event_type,
            event_id: event.event_id,
            status: event.status,
            attempts: event.attempts,
            error: event.error,
            job,
        }
    }
}

/// A header's text without the quotes of JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// JSON laid out; anything else as it came. Whether some of it is left out.
fn readable(body: &[u8]) -> (String, bool) {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let mut text = match json {
        Some(json) => format!("{json:#}"),
        None => String::from_utf8_lossy(body).into_owned(),
    };
    let is_cut = text.len() > BODY_BYTES_MAX;
    text.truncate(text.floor_char_boundary(BODY_BYTES_MAX));
    (text, is_cut)
}
