//! What is thrown away, and when. Orders, their history and the ledger stay.

use std::time::Duration;

use sqlx::PgConnection;

/// How long things are kept after they ended. Idempotency keys carry their own end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Notices, after they were sent, failed or skipped.
    pub notifications: Duration,
    /// Calls to providers.
    pub fulfillment_logs: Duration,
    /// Events of the shop: how far back a reader may resume.
    pub shop_events: Duration,
    /// Resolved tickets.
    pub tickets: Duration,
    /// Deliveries of webhooks.
    pub webhook_deliveries: Duration,
    /// Events that providers sent, after they came.
    pub webhook_events: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Retention {
            notifications: 90 * DAY,
            fulfillment_logs: 180 * DAY,
            shop_events: 30 * DAY,
            tickets: 365 * DAY,
            webhook_deliveries: 30 * DAY,
            webhook_events: 90 * DAY,
        }
    }
}

/// How many rows one [`clean_up`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Expired idempotency keys.
    pub idempotency_keys: u64,
    /// Old notices.
    pub notifications: u64,
    /// Old records of calls.
    pub fulfillment_logs: u64,
    /// Old events.
    pub shop_events: u64,
    /// Old tickets.
    pub tickets: u64,
    /// Old deliveries of webhooks.
    pub webhook_deliveries: u64,
    /// Old events of providers.
    pub webhook_events: u64,
    /// Expired tokens of customers.
    pub customer_tokens: u64,
}

impl Removed {
    /// Whether any kind filled its batch, so that there may be more.
    #[must_use]
    pub fn may_go_on(&self, batch: u32) -> bool {
        let batch = u64::from(batch);
        [
            self.idempotency_keys,
            self.notifications,
            self.fulfillment_logs,
            self.shop_events,
            self.tickets,
            self.webhook_deliveries,
            self.webhook_events,
            self.customer_tokens,
        ]
        .into_iter()
        .any(|removed| removed >= batch)
    }
}

/// Removes at most `batch` rows of each kind, skipping what others hold: short and never in
/// anybody's way. Call it until [`Removed::may_go_on`] says no.
///
/// # Errors
/// If the database can't be asked.
pub async fn clean_up(
    db: &mut PgConnection,
    retention: &Retention,
    batch: u32,
) -> Result<Removed, sqlx::Error> {
    let limit = i64::from(batch);
    let keys = sqlx::query_file!(
        "../../sql/queries/idempotency_keys/delete_expired.sql",
        limit
    )
    .execute(&mut *db)
    .await?;
    let notifications = sqlx::query_file!(
        "../../sql/queries/notification_queue/delete_finished.sql",
        retention.notifications.as_secs_f64(),
        limit
    )
    .execute(&mut *db)
    .await?;
    let logs = sqlx::query_file!(
        "../../sql/queries/fulfillment_logs/delete_old.sql",
        retention.fulfillment_logs.as_secs_f64(),
        limit
    )
    .execute(&mut *db)
    .await?;
    let events = sqlx::query_file!(
        "../../sql/queries/shop_events/delete_old.sql",
        retention.shop_events.as_secs_f64(),
        limit
    )
    .execute(&mut *db)
    .await?;
    let tickets = sqlx::query_file!(
        "../../sql/queries/tickets/delete_old.sql",
        retention.tickets.as_secs_f64(),
        limit
    )
    .execute(&mut *db)
    .await?;
    let deliveries = sqlx::query_file!(
        "../../sql/queries/webhook_deliveries/delete_old.sql",
        retention.webhook_deliveries.as_secs_f64(),
        limit
    )
    .execute(&mut *db)
    .await?;
    let webhooks = sqlx::query_file!(
        "../../sql/queries/webhook_events/delete_old.sql",
        retention.webhook_events.as_secs_f64(),
        limit
    )
    .execute(&mut *db)
    .await?;
    let tokens = sqlx::query_file!(
        "../../sql/queries/customer_tokens/delete_expired.sql",
        limit
    )
    .execute(&mut *db)
    .await?;
    Ok(Removed {
        idempotency_keys: keys.rows_affected(),
        notifications: notifications.rows_affected(),
        fulfillment_logs: logs.rows_affected(),
        shop_events: events.rows_affected(),
        tickets: tickets.rows_affected(),
        webhook_deliveries: deliveries.rows_affected(),
        webhook_events: webhooks.rows_affected(),
        customer_tokens: tokens.rows_affected(),
    })
}
