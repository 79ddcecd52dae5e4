//! The ways to tell a customer something, one file each behind [`Notifier`].
//!
//! **To add a channel**: write `<channel>.rs` and add one line to [`registry`].

mod alerts;
mod email;
mod in_app;
mod twilio;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use stevedore_model::TenantId;
use stevedore_providers::{Line, SettingsError, Twilio, TwilioSettings};

pub use alerts::alert_channels;
pub use email::{EmailNotifier, EmailSettings, EmailSettingsError, SmtpTls};
pub use in_app::InAppNotifier;
pub use twilio::TwilioNotifier;

/// What is sent, rendered; a channel takes the parts that it can show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// What it is about, for channels that keep that.
    pub about: About,
    /// The address on the channel.
    pub recipient: String,
    /// The recipient's name; customers' input, so a channel must not trust it.
    pub recipient_name: Option<String>,
    /// One line.
    pub subject: String,
    /// Plain text; always there.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// The text without address and signature.
    pub body: String,
    /// One sentence for a phone.
    pub short: String,
    /// Where its reader unsubscribes with one POST.
    pub unsubscribe_url: Option<String>,
    /// The template that WhatsApp approved, and what it shows.
    pub approved: Option<Approved>,
}

/// Which notice it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The shop.
    pub tenant: Option<TenantId>,
    /// The row of `notification_queue`.
    pub notification_id: i64,
    /// Which of `notification_kinds`.
    pub kind: String,
    /// The order.
    pub order_id: Option<i64>,
    /// What the trigger wrote.
    pub payload: serde_json::Value,
}

/// A template that WhatsApp approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// `HX…` at Twilio.
    pub content_sid: String,
    /// What it shows, `1` first.
    pub variables: Vec<String>,
}

/// The message's name, the same on every attempt, so that a duplicate is recognisable.
///
/// ASCII letters, digits, `-` and `.` only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// The id of a notification; it names the shop, too, since shops share a channel.
    #[must_use]
    pub fn of_notification(tenant: impl std::fmt::Display, notification_id: i64) -> Self {
        Self(format!("notification-{notification_id}.{tenant}"))
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The channel took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The channel's own id of the message.
    pub provider_message_id: String,
}

/// Why a channel did not take a message. No text here holds an address or a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// May work later. When the connection broke at the very end, the message may have been taken:
    /// the next attempt carries the same [`MessageId`].
    #[error("{0}")]
    Transient(String),
    /// Will never work: no such address, no such mailbox.
    #[error("{0}")]
    Permanent(String),
    /// Nobody knows whether the channel took it.
    #[error("{0}")]
    Unknown(String),
    /// The channel said no with a code of its own, of which `notification_verdict()` knows what it
    /// means.
    #[error("{message}")]
    Refused {
        /// The channel's own code.
        code: String,
        /// For people.
        message: String,
        /// Whether it looks permanent, for codes that nobody knows.
        is_permanent: bool,
        /// When the channel wants to be asked again.
        retry_after: Option<std::time::Duration>,
    },
}

/// What becomes of a message that is sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repetition {
    /// Its reader has it twice, though a mailbox may recognise the same [`MessageId`].
    Duplicate,
    /// The channel can be asked first ([`Notifier::find`]).
    Askable,
    /// Nothing; it is the same message.
    Harmless,
}

/// One channel.
#[async_trait]
pub trait Notifier: Send + Sync + 'static {
    /// The word in `notification_queue.channel`.
    fn channel(&self) -> &'static str;

    /// Who is behind it, in `notification_queue.provider`.
    fn provider(&self) -> &'static str {
        self.channel()
    }

    /// What becomes of a message that is sent twice.
    fn repetition(&self) -> Repetition {
        Repetition::Duplicate
    }

    /// Looks for a message that the channel may have taken since.
    ///
    /// # Errors
    /// See [`NotifyError`]; without an answer nothing is sent again.
    async fn find(
        &self,
        _message: &Message,
        _id: &MessageId,
        _since: DateTime<Utc>,
    ) -> Result<Option<Receipt>, NotifyError> {
        Ok(None)
    }

    /// Hands the message to the channel, once.
    ///
    /// # Errors
    /// See [`NotifyError`].
    async fn send(&self, message: &Message, id: &MessageId) -> Result<Receipt, NotifyError>;
}

/// The channels of this process, by [`Notifier::channel`].
pub type Notifiers = HashMap<&'static str, Arc<dyn Notifier>>;

/// A setting of a channel that is missing or wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// The mail relay's.
    #[error(transparent)]
    Email(#[from] EmailSettingsError),
    /// Twilio's.
    #[error(transparent)]
    Twilio(#[from] SettingsError),
}

/// Builds every configured channel, one line each.
///
/// # Errors
/// [`ChannelError`] when a channel is configured by halves.
pub fn registry(
    email: &EmailSettings,
    twilio: &TwilioSettings,
    pool: &PgPool,
) -> Result<Notifiers, ChannelError> {
    let twilio = Twilio::configured(twilio)?.map(Arc::new);
    let line = |line| TwilioNotifier::of(twilio.as_ref(), line);
    let configured: [Option<Arc<dyn Notifier>>; 4] = [
        EmailNotifier::configured(email)?.map(|notifier| Arc::new(notifier) as _),
        line(Line::Sms).map(|notifier| Arc::new(notifier) as _),
        line(Line::Whatsapp).map(|notifier| Arc::new(notifier) as _),
        Some(Arc::new(InAppNotifier::new(pool.clone()))),
    ];
    Ok(configured
        .into_iter()
        .flatten()
        .map(|notifier| (notifier.channel(), notifier))
        .collect())
}

/// Whether any of these channels leads out of the shop.
#[must_use]
pub fn tell_outside(notifiers: &Notifiers) -> bool {
    notifiers.keys().any(|channel| *channel != "in_app")
}
