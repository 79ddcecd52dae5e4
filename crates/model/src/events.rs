//! What happens in a shop, in the order in which it can be read without missing anything
//! (`shop_events`; triggers write it).

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::TenantId;

/// Where those who wait are told of events; no payload.
pub const CHANNEL: &str = "shop_events";

/// A place among the events: whoever goes on reading from here misses nothing and sees nothing
/// twice. Written `<transaction>-<event>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    transaction: i64,
    event: i64,
}

impl Position {
    /// Before everything that a transaction and those after it wrote.
    #[must_use]
    pub fn before(transaction: i64) -> Self {
        Position {
            transaction,
            event: 0,
        }
    }

    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |digits: &str| {
            let is_number = (1..=18).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| is_number)
        };
        let (transaction, event) = text.split_once('-')?;
        Some(Position {
            transaction: number(transaction)?,
            event: number(event)?,
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.transaction, self.event)
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShopEvent {
    /// Its [`Position`], as text.
    pub position: String,
    /// The shop.
    #[serde(skip)]
    pub tenant_id: Uuid,
    /// What happened: `order.placed`, `shipment.out_for_delivery`, `refund.settled`, ….
    pub kind: String,
    /// The order, where there is one.
    pub order_id: Option<i64>,
    /// Its number, for people.
    pub order_number: Option<String>,
    /// The known customer whom it is about.
    #[serde(skip)]
    pub customer_id: Option<i64>,
    /// The fulfilment, shipment, return or refund that the first half of `kind` names.
    pub subject_id: Option<i64>,
    /// A few facts.
    pub data: Value,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
}

/// Which events of a shop are wanted; nothing set means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Kinds such as `order.placed`, and first halves such as `order`.
    pub kinds: Option<Vec<String>>,
    /// Of this order.
    pub order_id: Option<i64>,
    /// Of this customer's orders.
    pub customer_id: Option<i64>,
}

impl EventFilter {
    /// Whether it lets this event through, as `events_after()` does.
    #[must_use]
    pub fn matches(&self, event: &ShopEvent) -> bool {
        let topic = event.kind.split('.').next().unwrap_or_default();
        let is_kind = |kind: &String| *kind == event.kind || kind == topic;
        self.kinds
            .as_ref()
            .is_none_or(|kinds| kinds.iter().any(is_kind))
            && self.order_id.is_none_or(|id| event.order_id == Some(id))
            && self
                .customer_id
                .is_none_or(|id| event.customer_id == Some(id))
    }
}

/// The oldest events of a shop after a position (none: from the oldest kept), at most `limit`.
///
/// # Errors
/// Those of the database; `P0VAL` if `after` is no position.
pub async fn after(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    filter: &EventFilter,
    after: Option<&str>,
    limit: i32,
) -> Result<Vec<ShopEvent>, sqlx::Error> {
    sqlx::query_file_as!(
        ShopEvent,
        "../../sql/queries/shop_events/after.sql",
        after,
        limit,
        filter.kinds.as_deref(),
        filter.order_id,
        filter.customer_id,
        tenant.0,
    )
    .fetch_all(db)
    .await
}

/// The same of all shops.
///
/// # Errors
/// Those of the database; `P0VAL` if `after` is no position.
pub async fn all_after(
    db: impl PgExecutor<'_>,
    after: Option<&str>,
    limit: i32,
) -> Result<Vec<ShopEvent>, sqlx::Error> {
    sqlx::query_file_as!(
        ShopEvent,
        "../../sql/queries/shop_events/all_after.sql",
        after,
        limit,
    )
    .fetch_all(db)
    .await
}

/// What can be read now, by the numbers of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// The oldest transaction that is open: events before it can be read.
    pub oldest_open: i64,
    /// The first transaction that has not begun. Once this one is `oldest_open`, all that were
    /// there before have ended, and what they wrote can be read.
    pub next: i64,
}

/// # Errors
/// Those of the database.
pub async fn horizon(db: impl PgExecutor<'_>) -> Result<Horizon, sqlx::Error> {
    sqlx::query_file_as!(Horizon, "../../sql/queries/shop_events/horizon.sql")
        .fetch_one(db)
        .await
}

/// From here on this session is told of events on [`CHANNEL`]. Those of transactions that wrote
/// before may still come in silence: look until [`Horizon::oldest_open`] has reached the
/// [`Horizon::next`] of now.
///
/// # Errors
/// Those of the database.
pub async fn begin_waiting(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query_file!("../../sql/queries/shop_events/begin_waiting.sql")
        .fetch_one(db)
        .await
        .map(drop)
}

/// From here on nobody has to tell this session of events.
///
/// # Errors
/// Those of the database.
pub async fn end_waiting(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query_file!("../../sql/queries/shop_events/end_waiting.sql")
        .fetch_one(db)
        .await
        .map(drop)
}
