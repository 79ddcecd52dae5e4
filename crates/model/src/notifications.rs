//! Notices to customers, as the worker that sends them sees them.

use serde_json::Value;
use sqlx::PgExecutor;

use crate::{TenantId, clean};

/// A notice.
#[derive(Clone, Debug)]
pub struct Notification {
    /// Key; also what makes sending twice recognisable at the channel.
    pub notification_id: i64,
    /// The order it is about.
    pub order_id: Option<i64>,
    /// `order_confirmed`, `order_delivered`, `order_cancelled`, `order_delayed`.
    pub notification_type: String,
    /// `email`…
    pub channel: String,
    /// Address on that channel; None only for skipped ones.
    pub recipient: Option<String>,
    /// Language, BCP 47.
    pub locale: String,
    /// What the template shows: `order_summaries()` of the order, with `customer_name`, `reason`.
    pub payload: Value,
    /// `pending` until it is sent, failed for good, or cancelled.
    pub status: String,
    /// Sending attempts made before.
    pub attempts: i32,
}

/// A notice; None if there is none (any more).
///
/// # Errors
/// If the database can't be asked.
pub async fn load(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    notification_id: i64,
) -> Result<Option<Notification>, sqlx::Error> {
    sqlx::query_file_as!(
        Notification,
        "../../sql/queries/notification_queue/load.sql",
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
    provider_message_id: Option<&str>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query_file!(
        "../../sql/queries/notification_queue/mark_sent.sql",
        tenant.0,
        notification_id,
        provider_message_id.map(clean::text)
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// An attempt failed and another follows.
///
/// # Errors
/// If the database can't be asked.
pub async fn note_attempt(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    notification_id: i64,
    error: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/notification_queue/note_attempt.sql",
        tenant.0,
        notification_id,
        clean::text(error)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// It is given up: no attempt follows. The order's errors say so, too, for a person to see.
///
/// # Errors
/// If the database can't be asked.
pub async fn mark_failed(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    notification_id: i64,
    error: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/notification_queue/mark_failed.sql",
        tenant.0,
        notification_id,
        clean::text(error)
    )
    .execute(db)
    .await?;
    Ok(())
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
