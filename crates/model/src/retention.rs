//! What is thrown away, and when. The books stay: orders, payments, the ledger of stock.
//!
//! docs/retention.md says of every table why it does not grow without end; a test compares it with
//! the schema and with [`Table`].

use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgQueryResult;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// As far back as any rule of fraud looks (`sight_orders`).
const SIGHTINGS: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long things are kept after they ended. Idempotency keys, customers' tokens and
/// sessions carry their own end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Notices, after they were sent, failed or skipped; what channels reported of them, what
    /// customers were told inside the shop, and wishes to be told that were fulfilled.
    pub notices: Duration,
    /// Calls to providers.
    pub fulfillment_logs: Duration,
    /// Events of the shop: how far back a reader may resume.
    pub shop_events: Duration,
    /// Resolved tickets.
    pub tickets: Duration,
    /// Errors of orders that were settled.
    pub order_errors: Duration,
    /// Deliveries of webhooks.
    pub webhook_deliveries: Duration,
    /// Events that providers sent, after they came.
    pub webhook_events: Duration,
    /// What is printed of labels.
    pub label_contents: Duration,
    /// Pick lists that ended.
    pub pick_lists: Duration,
    /// What queues and workers did, by the hour.
    pub analytics_hours: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Retention {
            notices: 90 * DAY,
            fulfillment_logs: 180 * DAY,
            shop_events: 30 * DAY,
            tickets: 365 * DAY,
            order_errors: 365 * DAY,
            webhook_deliveries: 30 * DAY,
            webhook_events: 90 * DAY,
            label_contents: 90 * DAY,
            pick_lists: 365 * DAY,
            analytics_hours: 365 * DAY,
        }
    }
}

macro_rules! tables {
    ($($Table:ident = $name:literal;)+) => {
        /// A table of which old rows are thrown away.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "docs/retention.md says what goes, and when")]
        pub enum Table {
            $($Table,)+
        }

        impl Table {
            /// All of them.
            pub const ALL: &'static [Table] = &[$(Table::$Table),+];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Table::$Table => $name,)+ }
            }
        }
    };
}

tables! {
    IdempotencyKeys = "idempotency_keys";
    CustomerTokens = "customer_tokens";
    ConsoleSessions = "console_sessions";
    NotificationQueue = "notification_queue";
    NotificationReceipts = "notification_receipts";
    CustomerNotifications = "customer_notifications";
    StockSubscriptions = "stock_subscriptions";
    FulfillmentLogs = "fulfillment_logs";
    ShopEvents = "shop_events";
    Tickets = "tickets";
    OrderErrors = "order_errors";
    OrderSightings = "order_sightings";
    WebhookDeliveries = "webhook_deliveries";
    WebhookEvents = "webhook_events";
    ShippingLabels = "shipping_labels";
    PickBatches = "pick_batches";
    WorkerHours = "worker_hours";
    QueueHours = "queue_hours";
}

/// Removes at most `batch` old rows of one table, skipping what others hold: short and never in
/// anybody's way. Answers how many; fewer than `batch` says that no more are there.
///
/// # Errors
/// If the database can't be asked.
pub async fn clean_up(
    db: &mut PgConnection,
    table: Table,
    retention: &Retention,
    batch: u32,
) -> Result<u64, sqlx::Error> {
    let batch = i64::from(batch);
    let age = match table {
        Table::IdempotencyKeys => return Ok(expired_keys(db, batch).await?.rows_affected()),
        Table::CustomerTokens => return Ok(expired_tokens(db, batch).await?.rows_affected()),
        Table::ConsoleSessions => return Ok(expired_sessions(db, batch).await?.rows_affected()),
        Table::NotificationQueue
        | Table::NotificationReceipts
        | Table::CustomerNotifications
        | Table::StockSubscriptions => retention.notices,
        Table::FulfillmentLogs => retention.fulfillment_logs,
        Table::ShopEvents => retention.shop_events,
        Table::Tickets => retention.tickets,
        Table::OrderErrors => retention.order_errors,
        Table::OrderSightings => SIGHTINGS,
        Table::WebhookDeliveries => retention.webhook_deliveries,
        Table::WebhookEvents => retention.webhook_events,
        Table::ShippingLabels => retention.label_contents,
        Table::PickBatches => retention.pick_lists,
        Table::WorkerHours | Table::QueueHours => retention.analytics_hours,
    };
    let removed = older_than(db, table, age.as_secs_f64(), batch).await?;
    Ok(removed.rows_affected())
}

async fn expired_keys(db: &mut PgConnection, batch: i64) -> Result<PgQueryResult, sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/idempotency_keys/delete_expired.sql",
        batch
    )
    .execute(db)
    .await
}

async fn expired_tokens(db: &mut PgConnection, batch: i64) -> Result<PgQueryResult, sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/customer_tokens/delete_expired.sql",
        batch
    )
    .execute(db)
    .await
}

async fn expired_sessions(db: &mut PgConnection, batch: i64) -> Result<PgQueryResult, sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/console_sessions/delete_expired.sql",
        batch
    )
    .execute(db)
    .await
}

async fn older_than(
    db: &mut PgConnection,
    table: Table,
    seconds: f64,
    batch: i64,
) -> Result<PgQueryResult, sqlx::Error> {
    macro_rules! remove {
        ($file:literal) => {
            sqlx::query_file!($file, seconds, batch).execute(db).await
        };
    }
    match table {
        // They have an end of their own.
        Table::IdempotencyKeys | Table::CustomerTokens | Table::ConsoleSessions => {
            Ok(PgQueryResult::default())
        }
        Table::NotificationQueue => {
            remove!("../../sql/queries/notification_queue/delete_finished.sql")
        }
        Table::NotificationReceipts => {
            remove!("../../sql/queries/notification_receipts/delete_old.sql")
        }
        Table::CustomerNotifications => {
            remove!("../../sql/queries/customer_notifications/delete_old.sql")
        }
        Table::StockSubscriptions => {
            remove!("../../sql/queries/stock_subscriptions/delete_old.sql")
        }
        Table::FulfillmentLogs => remove!("../../sql/queries/fulfillment_logs/delete_old.sql"),
        Table::ShopEvents => remove!("../../sql/queries/shop_events/delete_old.sql"),
        Table::Tickets => remove!("../../sql/queries/tickets/delete_old.sql"),
        Table::OrderErrors => remove!("../../sql/queries/order_errors/delete_old.sql"),
        Table::OrderSightings => remove!("../../sql/queries/order_sightings/delete_old.sql"),
        Table::WebhookDeliveries => remove!("../../sql/queries/webhook_deliveries/delete_old.sql"),
        Table::WebhookEvents => remove!("../../sql/queries/webhook_events/delete_old.sql"),
        Table::ShippingLabels => remove!("../../sql/queries/shipping_labels/forget_old.sql"),
        Table::PickBatches => remove!("../../sql/queries/pick_batches/delete_old.sql"),
        Table::WorkerHours => remove!("../../sql/queries/analytics/delete_worker_hours.sql"),
        Table::QueueHours => remove!("../../sql/queries/analytics/delete_queue_hours.sql"),
    }
}
