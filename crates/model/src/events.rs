//! What happens in a shop, in the order in which it can be read without missing anything
//! (`shop_events`; triggers write it).

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::TenantId;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShopEvent {
    /// Its place: whoever goes on reading from here misses nothing and sees nothing twice.
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

/// Where a reader stands who has read everything that can be read now.
///
/// # Errors
/// Those of the database.
pub async fn position(db: impl PgExecutor<'_>) -> Result<String, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/shop_events/position.sql")
        .fetch_one(db)
        .await?;
    Ok(row.position)
}
