//! Webhooks to the shop's own apps.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an endpoint shall be. What is not named stays, or is as usual for a new one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "url": "https://app.example.com/hooks", "kinds": ["order", "shipment.delivered"]
}))]
pub struct WebhookEndpointRequest {
    /// Where to; https. Required for a new one.
    #[schema(min_length = 9, max_length = 1000)]
    pub url: Option<String>,
    /// For people.
    #[schema(max_length = 200)]
    pub description: Option<String>,
    /// Kinds of events such as `order.confirmed`, and first halves such as `order`; none: all.
    #[schema(max_items = 100)]
    pub kinds: Option<Vec<String>>,
    /// `none`: what fails is tried again while others go on. `fifo`: what comes after it waits.
    pub ordering: Option<String>,
    /// Calls at the same time; events of one order are always in the same lane.
    #[schema(minimum = 1, maximum = 20)]
    pub lanes: Option<i64>,
    /// `enabled`, `disabled` or `deleted`.
    pub state: Option<String>,
}

/// An endpoint.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpoint {
    /// Its id.
    pub endpoint_id: i64,
    /// Where to.
    pub url: String,
    /// For people.
    pub description: String,
    /// Kinds of events that it wants; null: all.
    #[schema(required)]
    pub kinds: Option<Vec<String>>,
    /// `none` or `fifo`.
    pub ordering: String,
    /// Calls at the same time.
    pub lanes: i16,
    /// `enabled`, or `disabled`: then its events are kept and held back.
    pub state: String,
    /// Until when the secret before signs, too.
    #[schema(required)]
    pub previous_secret_until: Option<DateTime<Utc>>,
    /// Failed calls since the last good one.
    pub failures: i32,
    /// The first of them.
    #[schema(required)]
    pub first_failure_at: Option<DateTime<Utc>>,
    /// When it was disabled.
    #[schema(required)]
    pub disabled_at: Option<DateTime<Utc>>,
    /// Why.
    #[schema(required)]
    pub disabled_reason: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When somebody last changed it.
    pub updated_at: DateTime<Utc>,
}

/// All endpoints.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpointList {
    /// The oldest first.
    pub endpoints: Vec<WebhookEndpoint>,
}

/// A secret, which is shown this once.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookSecret {
    /// The endpoint's id.
    pub endpoint_id: i64,
    /// `whsec_` and base64, as libraries of Standard Webhooks take it.
    pub secret: String,
}

/// How a secret is changed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "overlap_seconds": 86400 }))]
pub struct WebhookRotateRequest {
    /// For how long the old secret signs, too; by default 24 hours.
    #[schema(minimum = 0, maximum = 2_592_000)]
    pub overlap_seconds: Option<i64>,
}

/// Which deliveries are sent again.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "from": "2030-01-01T08:00:00Z", "statuses": ["failed"] }))]
pub struct WebhookReplayRequest {
    /// This one, whatever became of it.
    #[schema(minimum = 1)]
    pub delivery_id: Option<i64>,
    /// Made then or later.
    pub from: Option<DateTime<Utc>>,
    /// Made before.
    pub until: Option<DateTime<Utc>>,
    /// With one of these statuses; by default failed and held.
    pub statuses: Option<Vec<String>>,
}

/// How many are sent again.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookReplayed {
    /// At most 10,000; call it again then.
    pub replayed: i32,
}

/// A page of deliveries.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookDeliveryList {
    /// The rows.
    pub deliveries: Vec<WebhookDelivery>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// One event for one endpoint.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookDelivery {
    /// Its id.
    pub delivery_id: i64,
    /// Where to.
    pub endpoint_id: i64,
    /// The event; `webhook-id` is `evt_` and this.
    pub event_id: i64,
    /// The event's kind.
    pub kind: String,
    /// The event's order.
    #[schema(required)]
    pub order_id: Option<i64>,
    /// `pending`, `held`, `delivered` or `failed`.
    pub status: String,
    /// Attempts since it was made or replayed.
    pub attempts: i32,
    /// HTTP status of the last answer.
    #[schema(required)]
    pub last_status: Option<i16>,
    /// When it is sent next.
    #[schema(required)]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was delivered or failed.
    #[schema(required)]
    pub ended_at: Option<DateTime<Utc>>,
}

/// The calls of a delivery.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookAttemptList {
    /// The newest first, at most 100.
    pub attempts: Vec<WebhookAttempt>,
}

/// A call and its answer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookAttempt {
    /// Its id.
    pub attempt_id: i64,
    /// When it ended.
    pub attempted_at: DateTime<Utc>,
    /// How long it took.
    pub duration_ms: i32,
    /// HTTP status, if an answer came.
    #[schema(required)]
    pub status: Option<i16>,
    /// The beginning of the answer.
    #[schema(required)]
    pub response: Option<String>,
    /// Why none came.
    #[schema(required)]
    pub error: Option<String>,
}
