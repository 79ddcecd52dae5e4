//! The inbox of webhooks: what providers sent, and what came of it.
//!
//! An event is stored together with its `ingest_webhook` job before its sender is answered; the
//! job gives it its outcome in the transaction that holds its effects.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgExecutor;

use crate::{TenantId, clean, sqlstate};

/// What can become of an event.
pub const WEBHOOK_STATUSES: [&str; 5] = ["received", "processed", "ignored", "failed", "dead"];

/// An event whose signature was good, about to be stored.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Who sent it.
    pub source: &'static str,
    /// The sender's own id of it.
    pub event_id: String,
    /// The sender's name of what happened.
    pub event_type: Option<String>,
    /// The headers that say something, as a JSON object; none that holds a secret.
    pub headers: Value,
    /// The bytes that were signed.
    pub body: Vec<u8>,
    /// The trace of the request that brought it.
    pub traceparent: Option<String>,
}

/// Where an event is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its row.
    pub webhook_event_id: i64,
    /// Whether this call stored it; else it was there.
    pub is_new: bool,
}

/// Stores events with their jobs, in one statement; answers one receipt each, in order.
///
/// # Errors
/// If the database can't be asked; then nothing is stored.
pub async fn receive(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    arrivals: &[&Arrival],
) -> Result<Vec<Receipt>, sqlx::Error> {
    let sources: Vec<String> = arrivals.iter().map(|a| a.source.to_owned()).collect();
    let ids: Vec<String> = arrivals.iter().map(|a| a.event_id.clone()).collect();
    let types: Vec<Option<String>> = arrivals.iter().map(|a| a.event_type.clone()).collect();
    let headers: Vec<String> = arrivals.iter().map(|a| a.headers.to_string()).collect();
    let bodies: Vec<Vec<u8>> = arrivals.iter().map(|a| a.body.clone()).collect();
    let traces: Vec<Option<String>> = arrivals.iter().map(|a| a.traceparent.clone()).collect();
    sqlx::query_file_as!(
        Receipt,
        "../../sql/queries/webhook_events/receive.sql",
        &sources,
        &ids,
        types.as_slice() as &[Option<String>],
        &headers,
        &bodies,
        traces.as_slice() as &[Option<String>],
        tenant.0
    )
    .fetch_all(db)
    .await
}

/// An event that waits for its outcome.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "the columns of webhook_events, documented there"
)]
pub struct Event {
    pub source: String,
    pub event_id: String,
    pub event_type: Option<String>,
    pub headers: Value,
    pub body: Vec<u8>,
    pub received_at: DateTime<Utc>,
}

/// The event, locked until the transaction ends; none if it has its outcome already.
///
/// # Errors
/// If the database can't be asked.
pub async fn take(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    webhook_event_id: i64,
) -> Result<Option<Event>, sqlx::Error> {
    sqlx::query_file_as!(
        Event,
        "../../sql/queries/webhook_events/take.sql",
        tenant.0,
        webhook_event_id
    )
    .fetch_optional(db)
    .await
}

/// The event had its effect, or is ignored for a reason.
///
/// # Errors
/// If the database can't be asked.
pub async fn finish(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    webhook_event_id: i64,
    ignored_because: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/webhook_events/finish.sql",
        tenant.0,
        webhook_event_id,
        ignored_because.map(clean::text)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// An attempt failed; with `is_last` it is given up, until somebody replays it.
///
/// # Errors
/// If the database can't be asked.
pub async fn fail(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    webhook_event_id: i64,
    error: &str,
    is_last: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/webhook_events/fail.sql",
        tenant.0,
        webhook_event_id,
        clean::text(error),
        is_last
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives up the events whose job died without saying so, at most `limit`; answers how many.
///
/// # Errors
/// If the database can't be asked.
pub async fn bury_dead(db: impl PgExecutor<'_>, limit: i64) -> Result<u64, sqlx::Error> {
    let buried = sqlx::query_file!("../../sql/queries/webhook_events/bury_dead.sql", limit)
        .execute(db)
        .await?;
    Ok(buried.rows_affected())
}

/// Which events; each narrows it.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// From this sender.
    pub source: Option<String>,
    /// With this outcome.
    pub status: Option<String>,
    /// Of this type.
    pub event_type: Option<String>,
    /// With this id of the sender.
    pub event_id: Option<String>,
    /// That came then or later.
    pub received_after: Option<DateTime<Utc>>,
    /// That came before.
    pub received_before: Option<DateTime<Utc>>,
}

/// An event in a list.
#[derive(Clone, Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the columns of webhook_events, documented there"
)]
pub struct Summary {
    pub webhook_event_id: i64,
    pub source: String,
    pub event_id: String,
    pub event_type: Option<String>,
    pub status: String,
    pub attempts: i32,
    pub error: Option<String>,
    pub body_bytes: i32,
    pub received_at: DateTime<Utc>,
    pub processed_at: Option<DateTime<Utc>>,
}

/// Events, the newest first: those below `before`, at most `limit`.
///
/// # Errors
/// If the database can't be asked.
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Summary>, sqlx::Error> {
    sqlx::query_file_as!(
        Summary,
        "../../sql/queries/webhook_events/list.sql",
        tenant.0,
        filter.source,
        filter.status,
        filter.event_type,
        filter.event_id,
        filter.received_after,
        filter.received_before,
        before,
        i64::from(limit)
    )
    .fetch_all(db)
    .await
}

/// An event with all that came.
#[derive(Clone, Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the columns of webhook_events, documented there"
)]
pub struct View {
    pub webhook_event_id: i64,
    pub source: String,
    pub event_id: String,
    pub event_type: Option<String>,
    pub headers: Value,
    #[serde(serialize_with = "as_text")]
    pub body: Vec<u8>,
    pub status: String,
    pub attempts: i32,
    pub error: Option<String>,
    pub received_at: DateTime<Utc>,
    pub processed_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
}

/// Bodies are JSON or forms; bytes that are no text are shown as U+FFFD.
fn as_text<S: serde::Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

/// One event; none if the shop has no such.
///
/// # Errors
/// If the database can't be asked.
pub async fn get(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    webhook_event_id: i64,
) -> Result<Option<View>, sqlx::Error> {
    sqlx::query_file_as!(
        View,
        "../../sql/queries/webhook_events/get.sql",
        tenant.0,
        webhook_event_id
    )
    .fetch_optional(db)
    .await
}

/// Lets an event be processed again, whatever came of it; answers its job, none if there is no such
/// event. What it had effect on already, it has no second effect on.
///
/// # Errors
/// If the database can't be asked.
pub async fn replay(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    webhook_event_id: i64,
) -> Result<Option<i64>, sqlx::Error> {
    let replayed = sqlx::query_file_scalar!(
        "../../sql/queries/webhook_events/replay.sql",
        webhook_event_id,
        tenant.0
    )
    .fetch_one(db)
    .await;
    match replayed {
        Ok(job_id) => Ok(Some(job_id)),
        Err(error) if sqlstate::of(&error) == sqlstate::NOT_FOUND => Ok(None),
        Err(error) => Err(error),
    }
}
