//! SMS and WhatsApp by Twilio.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use stevedore_providers::{Line, Twilio, TwilioError, TwilioMessage};

use super::{Message, MessageId, Notifier, NotifyError, Receipt, Repetition};

/// Characters of a text message; Twilio refuses more than 1,600 (21617).
const BODY_CHARS_MAX: usize = 1_500;

/// One of Twilio's channels.
pub struct TwilioNotifier {
    twilio: Arc<Twilio>,
    line: Line,
}

impl TwilioNotifier {
    /// The channel, when a sender is set for it.
    #[must_use]
    pub fn of(twilio: Option<&Arc<Twilio>>, line: Line) -> Option<Self> {
        let twilio = Arc::clone(twilio.filter(|twilio| twilio.serves(line))?);
        Some(Self { twilio, line })
    }
}

#[async_trait]
impl Notifier for TwilioNotifier {
    fn channel(&self) -> &'static str {
        match self.line {
            Line::Sms => "sms",
            Line::Whatsapp => "whatsapp",
        }
    }

    fn provider(&self) -> &'static str {
        "twilio"
    }

    fn repetition(&self) -> Repetition {
        Repetition::Askable
    }

    async fn find(
        &self,
        message: &Message,
        _id: &MessageId,
        since: DateTime<Utc>,
    ) -> Result<Option<Receipt>, NotifyError> {
        let body = body(message);
        let found = self.twilio.find(&self.worded(message, &body), since).await;
        let receipt = |sid| Receipt {
            provider_message_id: sid,
        };
        found
            .map(|found| found.map(|found| receipt(found.sid)))
            .map_err(understood)
    }

    async fn send(&self, message: &Message, _id: &MessageId) -> Result<Receipt, NotifyError> {
        let body = body(message);
        let sent = self.twilio.send(&self.worded(message, &body)).await;
        sent.map(|sent| Receipt {
            provider_message_id: sent.sid,
        })
        .map_err(understood)
    }
}

impl TwilioNotifier {
    fn worded<'a>(&self, message: &'a Message, body: &'a str) -> TwilioMessage<'a> {
        let approved = message
            .approved
            .as_ref()
            .filter(|_| self.line == Line::Whatsapp);
        TwilioMessage {
            line: self.line,
            to: &message.recipient,
            body,
            template: approved
                .map(|approved| (approved.content_sid.as_str(), approved.variables.as_slice())),
        }
    }
}

fn body(message: &Message) -> String {
    message.short.chars().take(BODY_CHARS_MAX).collect()
}

fn understood(error: TwilioError) -> NotifyError {
    let message = error.to_string();
    match error {
        TwilioError::NotSent(_) => NotifyError::Transient(message),
        TwilioError::Refused {
            status,
            code,
            retry_after,
        } => NotifyError::Refused {
            code,
            message,
            is_permanent: (400..500).contains(&status) && !matches!(status, 401 | 403 | 429),
            retry_after,
        },
        _ => NotifyError::Unknown(message),
    }
}
