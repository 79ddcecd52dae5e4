//! What customers and admins are told.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// All texts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateList {
    /// By kind, language and channel.
    pub templates: Vec<Template>,
}

/// A text.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The kind of notice.
    pub kind: String,
    /// The language, BCP 47.
    pub locale: String,
    /// `email`, `sms`, `whatsapp` or `in_app`.
    pub channel: String,
    /// `built-in`, `folder` (of the settings) or `database`.
    pub source: String,
}

/// In which language, for which channel.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TemplatePreviewQuery {
    /// BCP 47 language; by default `en`. The nearest that there is.
    pub locale: Option<String>,
    /// `email` (the default), `sms`, `whatsapp` or `in_app`.
    pub channel: Option<String>,
}

/// The names in [`TemplatePreviewQuery`].
pub const TEMPLATE_PREVIEW_NAMES: [&str; 2] = ["locale", "channel"];

/// A notice as it would be sent, with an example in place of an order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplatePreview {
    /// The kind of notice.
    pub kind: String,
    /// The language that was asked for.
    pub locale: String,
    /// The channel.
    pub channel: String,
    /// Whether the database has a template of the shop's own for it.
    pub is_own: bool,
    /// One line.
    pub subject: String,
    /// The plain part of a mail.
    pub text: String,
    /// The page of a mail.
    pub html: String,
    /// What is shown inside the shop, below the subject.
    pub body: String,
    /// What a phone gets.
    pub short: String,
    /// The values of WhatsApp's template, by number: name, order, amount, link, reason.
    pub variables: Vec<String>,
    /// That template at Twilio.
    #[schema(required)]
    pub content_sid: Option<String>,
}
