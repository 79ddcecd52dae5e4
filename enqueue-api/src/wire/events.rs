//! Streams of events.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// What a message of a stream says.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "position": "7712-345",
    "kind": "order.confirmed",
    "order_id": 17,
    "order_number": "ORD-20300101-00017",
    "subject_id": null,
    "data": { "from": "pending", "to": "confirmed" },
    "occurred_at": "2030-01-01T08:00:00Z"
}))]
#[serde(deny_unknown_fields)]
pub struct ShopEvent {
    /// Its place among all: the message's `id`.
    #[schema(pattern = "^[0-9]{1,18}-[0-9]{1,18}$")]
    pub position: String,
    /// What happened: the message's `event`.
    pub kind: String,
    /// The order, where there is one.
    pub order_id: Option<i64>,
    /// Its number, for people.
    pub order_number: Option<String>,
    /// The fulfilment, shipment, return or refund that the first half of `kind` names.
    pub subject_id: Option<i64>,
    /// A few facts: `from` and `to` of a state, `amount` and `currency` of a refund.
    pub data: Value,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
}

/// Where a stream begins.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct LastEventId {
    /// The `id` of the last message that the client has seen; browsers send it by themselves. What
    /// came after it is told first. Without it a stream begins now.
    #[param(rename = "Last-Event-ID", example = "7712-345")]
    pub last_event_id: Option<String>,
}

/// Which events of the shop.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Kinds such as `order.placed`, or first halves such as `shipment`; several with commas.
    #[param(example = "order,shipment.delivered")]
    pub kinds: Option<String>,
    /// Of this order.
    #[param(minimum = 1)]
    pub order_id: Option<i64>,
    /// Of this customer: the shop's own id. With `kinds=notification` an inbox is told live.
    #[param(min_length = 1, max_length = 128)]
    pub customer_id: Option<String>,
    /// As the header Last-Event-ID, for clients that can not send headers.
    pub after: Option<String>,
}

/// The names of [`EventsQuery`].
pub const EVENTS_NAMES: [&str; 4] = ["kinds", "order_id", "customer_id", "after"];

/// Which events of an order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrderEventsQuery {
    /// Kinds such as `order.placed`, or first halves such as `shipment`; several with commas.
    #[param(example = "order,shipment.delivered")]
    pub kinds: Option<String>,
    /// As the header Last-Event-ID, for clients that can not send headers.
    pub after: Option<String>,
}

/// The names of [`OrderEventsQuery`].
pub const ORDER_EVENTS_NAMES: [&str; 2] = ["kinds", "after"];

/// Which attempts of jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobEventsQuery {
    /// Of this queue.
    pub queue: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// That ended so: completed, failed, dead, lost, snoozed, released, cancelled, discarded;
    /// several with commas.
    #[param(example = "failed,dead")]
    pub outcome: Option<String>,
    /// As the header Last-Event-ID, for clients that can not send headers.
    pub after: Option<String>,
}

/// The names of [`JobEventsQuery`].
pub const JOB_EVENTS_NAMES: [&str; 4] = ["queue", "kind", "outcome", "after"];

/// Where a link's events begin.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrackEventsQuery {
    /// As the header Last-Event-ID, for clients that can not send headers.
    pub after: Option<String>,
}

/// The names of [`TrackEventsQuery`].
pub const TRACK_EVENTS_NAMES: [&str; 1] = ["after"];
