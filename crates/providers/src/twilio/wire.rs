//! Twilio's words, as far as we read them.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{TwilioMessage, TwilioReceipt};

/// A message that was taken. Twilio's own example has nulls in nearly every other field.
#[derive(Debug, Deserialize)]
pub(super) struct Created {
    pub(super) sid: String,
}

/// A refusal; `more_info` and `message` may repeat the number, so nobody reads them.
#[derive(Debug, Deserialize)]
pub(super) struct Refused {
    pub(super) code: Option<u32>,
}

/// The newest messages to a number.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    messages: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    sid: String,
    body: Option<String>,
    direction: Option<String>,
    date_created: Option<String>,
}

impl Listed {
    /// The message of ours, by its words and not older than its attempt.
    pub(super) fn find(
        self,
        message: &TwilioMessage<'_>,
        since: DateTime<Utc>,
    ) -> Option<TwilioReceipt> {
        let is_ours = |item: &Item| {
            let is_out = item
                .direction
                .as_deref()
                .is_none_or(|direction| direction.starts_with("outbound"));
            let is_new = item
                .date_created
                .as_deref()
                .and_then(|date| DateTime::parse_from_rfc2822(date).ok())
                .is_none_or(|date| date >= since);
            let body = item.body.as_deref().unwrap_or_default();
            let says_it = match message.template {
                None => body == message.body,
                // The words are the template's; the order's number in them is ours.
                Some((_, variables)) => variables
                    .get(1)
                    .is_some_and(|number| body.contains(number.as_str())),
            };
            is_out && is_new && says_it
        };
        self.messages
            .into_iter()
            .find(is_ours)
            .map(|item| TwilioReceipt { sid: item.sid })
    }
}
