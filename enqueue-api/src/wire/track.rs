//! Links by which customers follow their orders.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// For how long a link is given out.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({ "days": 90 }))]
pub struct TokenRequest {
    /// Days until it shows nothing any more; 90 if it is not said.
    #[schema(minimum = 1, maximum = 400)]
    pub days: Option<i64>,
}

/// A link that was given out: the only time that its token is shown.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "token_id": 5,
    "token": "stt_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "path": "/v1/track/stt_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "page": "/orders/stt_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "expires_at": "2030-04-01T08:00:00Z"
}))]
#[serde(deny_unknown_fields)]
pub struct CustomerToken {
    /// What it is called when it is taken back.
    pub token_id: i64,
    /// The token.
    pub token: String,
    /// Where programs read it.
    pub path: String,
    /// The page for people.
    pub page: String,
    /// It shows nothing from then on.
    pub expires_at: DateTime<Utc>,
}

/// What a link shows.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkedOrders {
    /// The order of the link, or the newest 50 of its customer.
    pub orders: Vec<TrackedOrder>,
}

/// How far an order is: nothing of whom it is for, what is in it, what it costs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackedOrder {
    /// The order's number.
    pub order_number: String,
    /// Its state.
    pub status: String,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
    /// When the last of its parcels is expected.
    pub estimated_delivery_at: Option<DateTime<Utc>>,
    /// Its states, the first one first.
    pub timeline: Vec<TrackedState>,
    /// Its parcels.
    pub shipments: Vec<TrackedShipment>,
}

/// A state that an order came into.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackedState {
    /// The state.
    pub status: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A parcel on its way.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackedShipment {
    /// The carrier's code.
    pub carrier: String,
    /// The carrier's number.
    pub tracking_number: Option<String>,
    /// The carrier's own page.
    pub tracking_url: Option<String>,
    /// Its state.
    pub status: String,
    /// When it is expected.
    pub estimated_delivery_at: Option<DateTime<Utc>>,
    /// When it was delivered.
    pub delivered_at: Option<DateTime<Utc>>,
    /// What the carrier told, the first first; the last 100.
    pub events: Vec<TrackedEvent>,
}

/// Something that a carrier told of a parcel.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackedEvent {
    /// The state that it means.
    pub status: String,
    /// Where it was; not of the delivery.
    pub location: Option<String>,
    /// When.
    pub occurred_at: DateTime<Utc>,
}
