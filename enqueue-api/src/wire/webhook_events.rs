//! What providers send, and what became of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The body of a webhook, as Stripe sends it.
pub const STRIPE_EVENT: &str =
    r#"{"id":"evt_1","object":"event","type":"customer.created","data":{"object":{}}}"#;

/// Who sends webhooks; `courier` is another name of Shiprocket.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum WebhookSource {
    Stripe,
    Razorpay,
    Twilio,
    Prodigi,
    Shiprocket,
    Courier,
    RoyalMail,
    Dpd,
    Fedex,
    Ups,
    Dhl,
    Standard,
}

/// That a webhook is stored.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookReceived {
    /// Always true.
    pub received: bool,
    /// Whether the same event had come before: then nothing follows from this one.
    pub duplicate: bool,
}

/// A page of events.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEventList {
    /// The rows.
    pub events: Vec<WebhookEventSummary>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// An event that a provider sent, in a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEventSummary {
    /// Its id here.
    pub webhook_event_id: i64,
    /// Who sent it.
    pub source: String,
    /// The sender's id of it.
    pub event_id: String,
    /// The sender's name of what happened.
    #[schema(required)]
    pub event_type: Option<String>,
    /// `received`, `processed`, `ignored`, `failed` (tried again soon) or `dead`.
    pub status: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Why the last attempt failed, or why it is ignored.
    #[schema(required)]
    pub error: Option<String>,
    /// How long its body is.
    pub body_bytes: i32,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// When it had its effect, or was found to have none.
    #[schema(required)]
    pub processed_at: Option<DateTime<Utc>>,
}

/// An event that a provider sent.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEvent {
    /// Its id here.
    pub webhook_event_id: i64,
    /// Who sent it.
    pub source: String,
    /// The sender's id of it.
    pub event_id: String,
    /// The sender's name of what happened.
    #[schema(required)]
    pub event_type: Option<String>,
    /// The headers that say something; none that holds a secret.
    #[schema(value_type = Object)]
    pub headers: Value,
    /// What was sent, as text.
    pub body: String,
    /// `received`, `processed`, `ignored`, `failed` (tried again soon) or `dead`.
    pub status: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Why the last attempt failed, or why it is ignored.
    #[schema(required)]
    pub error: Option<String>,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// When it had its effect, or was found to have none.
    #[schema(required)]
    pub processed_at: Option<DateTime<Utc>>,
    /// When its state last changed.
    pub updated_at: DateTime<Utc>,
}

/// That an event is processed again.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEventReplayed {
    /// The event.
    pub webhook_event_id: i64,
    /// The job that does it.
    pub job_id: i64,
}
