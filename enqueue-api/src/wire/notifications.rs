//! Notices and how customers want them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of what a customer reads inside the shop.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationList {
    /// How many are unread, on all pages.
    #[schema(minimum = 0)]
    pub unread_count: i64,
    /// The rows.
    pub notifications: Vec<Notification>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// What a customer reads inside the shop.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Notification {
    /// Its id; grows with time.
    pub notification_id: i64,
    /// What happened, e.g. `order_shipped`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The order that it is about.
    pub order_id: Option<i64>,
    /// One line.
    pub title: String,
    /// Plain text.
    pub body: String,
    /// When it was told.
    pub created_at: DateTime<Utc>,
    /// When it was first read.
    pub read_at: Option<DateTime<Utc>>,
}

/// What was read.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "customer_id": "c-17", "notification_ids": [17, 18] }))]
pub struct ReadRequest {
    /// The shop's own id of the customer.
    #[schema(min_length = 1, max_length = 128)]
    pub customer_id: String,
    /// Which; left out: all of them.
    #[schema(max_items = 1000)]
    pub notification_ids: Option<Vec<i64>>,
}

/// How many are unread.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    /// How many.
    #[schema(minimum = 0)]
    pub unread_count: i64,
}

/// How a customer wants to be told.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "channels": ["email", "in_app"], "time_zone": "Africa/Accra",
    "quiet_from": "22:00", "quiet_until": "07:00",
}))]
pub struct PreferencesRequest {
    /// Some of `email`, `sms`, `whatsapp`, `in_app`; each event is told on each.
    pub channels: Option<Vec<String>>,
    /// Kinds that the customer does not want; essential ones can't be muted.
    pub muted_types: Option<Vec<String>>,
    /// Whose hours are meant.
    #[schema(example = "Africa/Accra", min_length = 1, max_length = 64)]
    pub time_zone: Option<String>,
    /// When quiet hours begin.
    #[schema(example = "22:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub quiet_from: Option<String>,
    /// When they end.
    #[schema(example = "07:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub quiet_until: Option<String>,
}

/// How a customer is told.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationPreferences {
    /// Each event is told on each.
    pub channels: Vec<String>,
    /// Kinds that are not told.
    pub muted_types: Vec<String>,
    /// Whose hours are meant.
    pub time_zone: String,
    /// When quiet hours begin; null: never.
    pub quiet_from: Option<String>,
    /// When they end.
    pub quiet_until: Option<String>,
}

/// A page of notices.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeList {
    /// The rows.
    pub notices: Vec<Notice>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// One message to one person on one channel.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Its id; grows with time.
    pub notice_id: i64,
    /// The order that it is about.
    pub order_id: Option<i64>,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// How it is sent.
    pub channel: String,
    /// To whom, shortened.
    pub recipient: Option<String>,
    /// In which language.
    pub locale: String,
    /// How far it is.
    pub status: String,
    /// Why it is not sent.
    pub skip_reason: Option<String>,
    /// Attempts made.
    pub attempts: i64,
    /// Attempts of which nobody knows how they ended.
    pub unknown_attempts: i64,
    /// The channel's own code of the last failure.
    pub error_code: Option<String>,
    /// The last failure in words.
    pub last_error: Option<String>,
    /// When it happened.
    pub created_at: DateTime<Utc>,
    /// Not sent earlier, because of quiet hours.
    pub not_before: Option<DateTime<Utc>>,
    /// When the channel took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it arrived.
    pub delivered_at: Option<DateTime<Utc>>,
}

/// How far a notice is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeState {
    /// The notice.
    pub notice_id: i64,
    /// Its state.
    pub status: String,
}
