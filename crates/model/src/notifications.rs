//! Notices to customers and admins, as the worker that sends them sees them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::{TenantId, clean};

pub mod inbox;
pub mod own;
pub mod people;

/// A notice that is being sent.
#[derive(Clone, Debug)]
pub struct Notification {
    /// The order it is about.
    pub order_id: Option<i64>,
    /// Which of `notification_kinds`.
    pub notification_type: String,
    /// `email`…
    pub channel: String,
    /// Address on that channel.
    pub recipient: Option<String>,
    /// Language, BCP 47.
    pub locale: String,
    /// What the template shows: `order_summary()` of the order, with `customer_name`, `reason`, …
    pub payload: Value,
    /// When the event happened.
    pub created_at: DateTime<Utc>,
    /// Since when an earlier attempt has had no end: the channel may have the message.
    pub unknown_since: Option<DateTime<Utc>>,
    /// Lets its reader unsubscribe; none where nobody can.
    pub unsubscribe_token: Option<Uuid>,
    /// Where the order is seen and paid.
    pub order_url: Option<String>,
}

/// An attempt that the channel did not confirm.
#[derive(Clone, Copy, Debug)]
pub struct Miss<'a> {
    /// Who was asked: `smtp`, `twilio`, …
    pub provider: &'a str,
    /// The channel's own code.
    pub code: Option<&'a str>,
    /// In words, without addresses.
    pub error: &'a str,
    /// The message may have been taken.
    pub is_unknown: bool,
    /// What the channel thinks, where `notification_verdict()` does not know the code.
    pub is_permanent: bool,
    /// No attempt follows.
    pub is_last: bool,
}

/// Begins an attempt; None if the notice is not (any more) to be sent.
///
/// # Errors
/// If the database can't be asked.
pub async fn begin(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    notification_id: i64,
) -> Result<Option<Notification>, sqlx::Error> {
    sqlx::query_file_as!(
        Notification,
        "../../sql/queries/notification_queue/begin.sql",
        tenant.0,
        notification_id
    )
    .fetch_optional(db)
    .await
}

/// The channel took it. False if it was sent before.
///
/// # Errors
/// If the database can't be asked.
pub async fn mark_sent(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    notification_id: i64,
    provider: &str,
    message_id: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/notification_queue/mark_sent.sql",
        tenant.0,
        notification_id,
        provider,
        clean::text(message_id)
    )
    .fetch_one(db)
    .await
}

/// The channel did not take it. True if it is given up: its address is suppressed where the
/// channel's code says so, and the next channel or a person takes over.
///
/// # Errors
/// If the database can't be asked.
pub async fn miss(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    notification_id: i64,
    miss: &Miss<'_>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/notification_queue/miss.sql",
        tenant.0,
        notification_id,
        miss.provider,
        miss.code.map(clean::text),
        clean::text(miss.error),
        miss.is_unknown,
        miss.is_permanent,
        miss.is_last
    )
    .fetch_one(db)
    .await
}

/// What a channel says about a message, whenever and however often; false if it is none of ours
/// (yet).
///
/// # Errors
/// If the database can't be asked.
pub async fn record_status(
    db: impl PgExecutor<'_>,
    provider: &str,
    message_id: &str,
    status: &str,
    error_code: Option<&str>,
    occurred_at: Option<DateTime<Utc>>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/notification_queue/record_status.sql",
        provider,
        clean::text(message_id),
        clean::text(status),
        error_code.map(clean::text),
        occurred_at
    )
    .fetch_one(db)
    .await
}

/// Gives up the notices that no job will send, at most `limit`: pending ones whose job died.
/// Answers how many; call it until it answers less than `limit`.
///
/// # Errors
/// If the database can't be asked.
pub async fn fail_dead(db: impl PgExecutor<'_>, limit: i32) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!("../../sql/queries/notification_queue/fail_dead.sql", limit)
        .fetch_one(db)
        .await
        .map(i64::from)
}
