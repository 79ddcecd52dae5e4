//! The ways to tell a customer something, one file each behind [`Notifier`].
//!
//! **To add a channel**: write `<channel>.rs` and add one line to [`registry`].

mod alerts;
mod email;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;

pub use alerts::alert_channels;
pub use email::{EmailNotifier, EmailSettings, EmailSettingsError, SmtpTls};

/// What is sent, rendered; a channel takes the parts that it can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
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
}

/// One channel.
#[async_trait]
pub trait Notifier: Send + Sync + 'static {
    /// The word in `notification_queue.channel`.
    fn channel(&self) -> &'static str;

    /// Hands the message to the channel, once.
    ///
    /// # Errors
    /// See [`NotifyError`].
    async fn send(&self, message: &Message, id: &MessageId) -> Result<Receipt, NotifyError>;
}

/// The channels of this process, by [`Notifier::channel`].
pub type Notifiers = HashMap<&'static str, Arc<dyn Notifier>>;

/// Builds every configured channel, one line each.
///
/// # Errors
/// [`EmailSettingsError`] when mail is configured by halves.
pub fn registry(settings: &EmailSettings) -> Result<Notifiers, EmailSettingsError> {
    let configured: [Option<Arc<dyn Notifier>>; 1] =
        [EmailNotifier::configured(settings)?.map(|notifier| Arc::new(notifier) as _)];
    Ok(configured
        .into_iter()
        .flatten()
        .map(|notifier| (notifier.channel(), notifier))
        .collect())
}
