//! Twilio's status callbacks: what became of a message. They come in any order.

use stevedore_model::inbox::Event;

use super::{Trouble, Word, nothing};

/// What the event says.
pub(super) fn read(event: &Event) -> Result<Vec<Word>, Trouble> {
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(&event.body);
        let found = pairs.find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.into_owned())
            .filter(|value| !value.is_empty())
    };
    let message = value("MessageSid").or_else(|| value("SmsSid"));
    let status = value("MessageStatus").or_else(|| value("SmsStatus"));
    let (Some(message_id), Some(status)) = (message, status) else {
        return Ok(nothing("it tells of no message"));
    };
    Ok(vec![Word::Message {
        provider: "twilio",
        message_id,
        status,
        error_code: value("ErrorCode"),
        occurred_at: event.received_at,
    }])
}
