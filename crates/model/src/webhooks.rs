//! Webhooks to the shop's own apps: endpoints, and what became of each event for them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;

use crate::orders::TransitionError;
use crate::{TenantId, clean, refusals};

/// The orderings of endpoints.
pub const ORDERINGS: [&str; 2] = ["none", "fifo"];
/// The states that somebody may give an endpoint.
pub const STATES: [&str; 3] = ["enabled", "disabled", "deleted"];
/// The states of deliveries.
pub const STATUSES: [&str; 4] = ["pending", "held", "delivered", "failed"];
/// Attempts that one answer lists.
const ATTEMPTS_LISTED_MAX: i64 = 100;

/// An endpoint, without its secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the columns of webhook_endpoints, documented there"
)]
pub struct EndpointView {
    pub endpoint_id: i64,
    pub url: String,
    pub description: String,
    pub kinds: Option<Vec<String>>,
    pub ordering: String,
    pub lanes: i16,
    pub state: String,
    pub previous_secret_until: Option<DateTime<Utc>>,
    pub failures: i32,
    pub first_failure_at: Option<DateTime<Utc>>,
    pub disabled_at: Option<DateTime<Utc>>,
    pub disabled_reason: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What an endpoint is to be; what is None stays as it is.
#[derive(Clone, Debug, Default)]
#[expect(
    missing_docs,
    reason = "the columns of webhook_endpoints, documented there"
)]
pub struct EndpointChange {
    pub url: Option<String>,
    pub description: Option<String>,
    /// Empty: all kinds.
    pub kinds: Option<Vec<String>>,
    pub ordering: Option<String>,
    pub lanes: Option<i16>,
    pub state: Option<String>,
}

/// A call of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the columns of webhook_attempts, documented there"
)]
pub struct AttemptView {
    pub attempt_id: i64,
    pub attempted_at: DateTime<Utc>,
    pub duration_ms: i32,
    pub status: Option<i16>,
    pub response: Option<String>,
    pub error: Option<String>,
}

/// Which lane of which endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The shop.
    pub tenant: TenantId,
    /// The endpoint.
    pub endpoint_id: i64,
    /// From 0 on.
    pub lane: i16,
}

/// What is to be sent now.
#[derive(Clone, Debug)]
pub struct Due {
    /// The delivery.
    pub delivery_id: i64,
    /// The event.
    pub event_id: i64,
    /// Byte for byte.
    pub body: String,
    /// Attempts before this one.
    pub attempts: i32,
    /// Where to.
    pub url: String,
    /// What signs it: the secret, and the one before it for a while.
    pub secrets: Vec<SecretString>,
    /// Failed calls of the endpoint since its last good one.
    pub failures: i32,
    /// The time to sign, in seconds since 1970.
    pub now: i64,
}

/// What came of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The app has it.
    Delivered,
    /// Again after this long; None: no attempt is left.
    Failed(Option<Duration>),
    /// The app wants no more.
    Gone,
}

/// An attempt, for the record.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What came of it.
    pub outcome: Outcome,
    /// HTTP status, if an answer came.
    pub status: Option<u16>,
    /// The beginning of the answer.
    pub response: Option<String>,
    /// Why none came.
    pub error: Option<String>,
    /// How long it took.
    pub duration: Duration,
    /// How long the endpoint is left alone.
    pub pause: Duration,
}

/// Makes an endpoint; answers its id and its secret, which nobody is shown again.
///
/// # Errors
/// If the database refuses it or can't be asked.
pub async fn create(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    new: &EndpointChange,
) -> Result<(i64, SecretString), sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/webhook_endpoints/insert.sql",
        tenant.0,
        new.url.as_deref().unwrap_or_default(),
        clean::text(new.description.as_deref().unwrap_or_default()),
        new.kinds.as_deref().filter(|kinds| !kinds.is_empty()) as Option<&[String]>,
        new.ordering.as_deref().unwrap_or("none"),
        new.lanes.unwrap_or(1)
    )
    .fetch_one(db)
    .await?;
    Ok((row.endpoint_id, SecretString::from(row.secret)))
}

/// The endpoints, or one of them.
///
/// # Errors
/// If the database can't be asked.
pub async fn list(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    endpoint_id: Option<i64>,
) -> Result<Vec<EndpointView>, sqlx::Error> {
    sqlx::query_file_as!(
        EndpointView,
        "../../sql/queries/webhook_endpoints/list.sql",
        tenant.0,
        endpoint_id
    )
    .fetch_all(db)
    .await
}

/// Changes an endpoint. Enabling it sends what was held.
///
/// # Errors
/// [`TransitionError::NotFound`], or the database's.
pub async fn change(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    endpoint_id: i64,
    change: &EndpointChange,
) -> Result<(), TransitionError> {
    sqlx::query_file!(
        "../../sql/queries/webhook_endpoints/change.sql",
        endpoint_id,
        change.url,
        change.description.as_deref().map(clean::text),
        change.kinds.as_deref() as Option<&[String]>,
        change.ordering,
        change.lanes,
        change.state,
        tenant.0
    )
    .execute(db)
    .await
    .map(drop)
    .map_err(|error| refusals::transition(error, "changed"))
}

/// Gives it a new secret, which nobody is shown again; the old one signs, too, for this long.
///
/// # Errors
/// [`TransitionError::NotFound`], or the database's.
pub async fn rotate(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    endpoint_id: i64,
    overlap: Duration,
) -> Result<SecretString, TransitionError> {
    sqlx::query_file!(
        "../../sql/queries/webhook_endpoints/rotate.sql",
        endpoint_id,
        overlap.as_secs_f64(),
        tenant.0
    )
    .fetch_one(db)
    .await
    .map(|row| SecretString::from(row.secret))
    .map_err(|error| refusals::transition(error, "rotated"))
}

/// Which deliveries are sent again.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// This one.
    pub delivery_id: Option<i64>,
    /// Made then or later.
    pub from: Option<DateTime<Utc>>,
    /// Made before.
    pub until: Option<DateTime<Utc>>,
    /// With one of these statuses; of one delivery any will do.
    pub statuses: Vec<String>,
}

/// Sends deliveries again; answers how many. Call it until it answers less than 10,000.
///
/// # Errors
/// [`TransitionError::NotFound`], [`TransitionError::Illegal`] while the endpoint is disabled, or
/// the database's.
pub async fn replay(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    endpoint_id: i64,
    which: &Replay,
) -> Result<i32, TransitionError> {
    sqlx::query_file!(
        "../../sql/queries/webhook_endpoints/replay.sql",
        endpoint_id,
        which.delivery_id,
        which.from,
        which.until,
        &which.statuses,
        tenant.0
    )
    .fetch_one(db)
    .await
    .map(|row| row.replayed)
    .map_err(|error| refusals::transition(error, "pending"))
}

/// The last attempts of a delivery, the newest first.
///
/// # Errors
/// If the database can't be asked.
pub async fn attempts(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    endpoint_id: i64,
    delivery_id: i64,
) -> Result<Vec<AttemptView>, sqlx::Error> {
    sqlx::query_file_as!(
        AttemptView,
        "../../sql/queries/webhook_deliveries/attempts.sql",
        tenant.0,
        endpoint_id,
        delivery_id,
        ATTEMPTS_LISTED_MAX
    )
    .fetch_all(db)
    .await
}

/// Makes deliveries of the next events, at most `limit`; answers how many events there were.
///
/// # Errors
/// If the database can't be asked.
pub async fn feed(db: impl PgExecutor<'_>, limit: i32) -> Result<i32, sqlx::Error> {
    sqlx::query_file!("../../sql/queries/webhook_endpoints/feed.sql", limit)
        .fetch_one(db)
        .await
        .map(|row| row.read)
}

/// Whether nobody wants events any more.
///
/// # Errors
/// If the database can't be asked.
pub async fn end_feed(db: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    sqlx::query_file!("../../sql/queries/webhook_endpoints/end_feed.sql")
        .fetch_one(db)
        .await
        .map(|row| row.is_over)
}

/// What a lane is to send now.
///
/// # Errors
/// If the database can't be asked.
pub async fn next(db: impl PgExecutor<'_>, lane: Lane) -> Result<Option<Due>, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/webhook_deliveries/next.sql",
        lane.tenant.0,
        lane.endpoint_id,
        lane.lane
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Due {
        delivery_id: row.delivery_id,
        event_id: row.event_id,
        body: row.body,
        attempts: row.attempts,
        url: row.url,
        secrets: [Some(row.secret), row.previous_secret]
            .into_iter()
            .flatten()
            .map(SecretString::from)
            .collect(),
        failures: row.failures,
        now: row.now,
    }))
}

/// When a lane has something to send next; None: nothing waits in it. Keeps the endpoint locked.
///
/// # Errors
/// If the database can't be asked.
pub async fn due_at(
    db: impl PgExecutor<'_>,
    lane: Lane,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/webhook_deliveries/due_at.sql",
        lane.tenant.0,
        lane.endpoint_id,
        lane.lane
    )
    .fetch_one(db)
    .await
    .map(|row| row.due_at)
}

/// Records an attempt. True: its endpoint was disabled, since it fails for longer than this.
///
/// # Errors
/// If the database can't be asked.
pub async fn record(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    delivery_id: i64,
    attempt: &Attempt,
    disable_after: Duration,
) -> Result<bool, sqlx::Error> {
    let (outcome, retry_in) = match attempt.outcome {
        Outcome::Delivered => ("delivered", None),
        Outcome::Failed(retry_in) => ("failed", retry_in),
        Outcome::Gone => ("gone", None),
    };
    sqlx::query_file!(
        "../../sql/queries/webhook_deliveries/record.sql",
        delivery_id,
        outcome,
        attempt.status.and_then(|status| i16::try_from(status).ok()),
        attempt.response.as_deref().map(clean::text),
        attempt.error.as_deref().map(clean::text),
        i32::try_from(attempt.duration.as_millis()).unwrap_or(i32::MAX),
        retry_in.map(|wait| wait.as_secs_f64()),
        attempt.pause.as_secs_f64(),
        disable_after.as_secs_f64(),
        tenant.0
    )
    .fetch_one(db)
    .await
    .map(|row| row.is_disabled)
}
