//! Notices and how customers want them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which notifications.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NotificationListQuery {
    /// The shop's own id of the customer.
    pub customer_id: String,
    /// `true`: only what is unread.
    pub unread: Option<bool>,
    /// Older than this one: the last id of the page before.
    #[param(minimum = 1)]
    pub before: Option<i64>,
    /// How many at most; by default 50.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// A page of what a customer reads inside the shop.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationList {
    /// How many are unread, on all pages.
    #[schema(minimum = 0)]
    pub unread_count: i64,
    /// The newest first.
    pub notifications: Vec<Notification>,
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

/// Which notices.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NoticeListQuery {
    /// `pending`, `sent`, `delivered`, `failed`, `skipped` or `cancelled`.
    pub status: Option<String>,
    /// `email`, `sms`, `whatsapp`, `in_app`, `slack`, `pagerduty` or `webhook`.
    pub channel: Option<String>,
    /// Older than this one: the last id of the page before.
    #[param(minimum = 1)]
    pub before: Option<i64>,
    /// How many at most; by default 50.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// A page of notices.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeList {
    /// The newest first.
    pub notices: Vec<Notice>,
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
