//! What was said to a vendor and what it answered, fit for a log: bounded, without secrets and
//! with phone numbers cut to their last digits.

use std::time::Duration;

use serde_json::Value;

use crate::Request;

/// Exchanges kept per job attempt; further ones are counted only.
const EXCHANGES_MAX: usize = 16;
/// Bytes kept of one body.
const BODY_BYTES_MAX: usize = 4 * 1024;
/// So long and of nothing but base64's characters is a label or a document, not words.
const BLOB_BYTES_MIN: usize = 200;
/// Keys whose values never reach a log, whatever the vendor nests them in.
const SECRET_KEYS: [&str; 10] = [
    "agent_api",
    "api_key",
    "x-api-key",
    "api_secret",
    "secret",
    "token",
    "password",
    "authorization",
    "access_token",
    "client_secret",
];
/// Keys whose values are personal.
const PERSONAL_KEYS: [&str; 5] = [
    "recipient_number",
    "phone",
    "phonenumber",
    "msisdn",
    "email",
];

/// Keys whose whole value is about a person, however deep.
const PEOPLE_KEYS: [&str; 4] = ["recipient", "customer", "customer_details", "address"];
/// What keys about people begin with at some vendors: `billing_customer_name`, `shipping_city`.
const PERSONAL_PREFIXES: [&str; 3] = ["billing_", "shipping_", "customer_"];

/// One call to a vendor, as it may be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// What the call was for: `submit`, `verify`.
    pub operation: &'static str,
    /// Method and path, without host and query.
    pub endpoint: String,
    /// The body that we sent, masked.
    pub request: Value,
    /// HTTP status, when an answer came.
    pub status: Option<u16>,
    /// The answer's body, masked and cut; a string when it was no JSON; the error when none came.
    pub response: Value,
    /// From sending to the last byte.
    pub duration: Duration,
}

/// The exchanges of one attempt.
#[derive(Debug, Default)]
pub struct Journal {
    exchanges: Vec<Exchange>,
    dropped: usize,
    concealed: Vec<String>,
}

impl Journal {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was said, oldest first.
    #[must_use]
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// How many exchanges were not kept.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Masks every later occurrence of this text: vendors echo keys and numbers in messages.
    pub(crate) fn conceal(&mut self, text: &str) {
        // Shorter texts would blank out half of every body and protect nothing.
        if text.len() >= 6 && !self.concealed.iter().any(|known| known == text) {
            self.concealed.push(text.to_owned());
        }
    }

    /// Conceals who ordered and who receives: vendors quote addresses in their messages.
    pub(crate) fn conceal_people(&mut self, request: &Request) {
        let who = &request.recipient;
        let to = request.parcel.as_ref().map(|parcel| &parcel.address);
        let texts = [
            Some(&who.name),
            who.phone.as_ref(),
            who.email.as_ref(),
            to.map(|to| &to.recipient),
            to.and_then(|to| to.phone.as_ref()),
            to.map(|to| &to.line1),
            to.and_then(|to| to.line2.as_ref()),
        ];
        for text in texts.into_iter().flatten() {
            self.conceal(text);
        }
    }

    /// The text without anything concealed: for error messages that quote the vendor.
    pub(crate) fn masked(&self, text: &str) -> String {
        self.concealed.iter().fold(text.to_owned(), |text, hidden| {
            if text.contains(hidden.as_str()) {
                text.replace(hidden, &shortened(hidden))
            } else {
                text
            }
        })
    }

    pub(crate) fn record(&mut self, mut exchange: Exchange) {
        if self.exchanges.len() == EXCHANGES_MAX {
            self.dropped += 1;
            return;
        }
        exchange.request = bounded(self.masked_value(exchange.request));
        exchange.response = bounded(self.masked_value(exchange.response));
        self.exchanges.push(exchange);
    }

    fn masked_value(&self, value: Value) -> Value {
        match value {
            // Names and addresses are printed on it.
            Value::String(text) if is_blob(&text) => {
                Value::String(format!("*** ({} bytes)", text.len()))
            }
            Value::String(text) => Value::String(self.masked(cut(&text))),
            Value::Array(values) => Value::Array(
                values
                    .into_iter()
                    .map(|value| self.masked_value(value))
                    .collect(),
            ),
            Value::Object(fields) => Value::Object(
                fields
                    .into_iter()
                    .map(|(key, value)| {
                        let value = self.masked_field(&key, value);
                        (cut(&key).to_owned(), value)
                    })
                    .collect(),
            ),
            other => other,
        }
    }

    fn masked_field(&self, key: &str, value: Value) -> Value {
        let key = key.to_ascii_lowercase();
        if SECRET_KEYS.contains(&key.as_str()) {
            return Value::from("***");
        }
        let is_about_people = PERSONAL_PREFIXES
            .iter()
            .any(|prefix| key.starts_with(prefix));
        match value {
            Value::String(_) if is_about_people => Value::from("***"),
            Value::String(_) | Value::Object(_) if PEOPLE_KEYS.contains(&key.as_str()) => {
                Value::from("***")
            }
            Value::String(text) if PERSONAL_KEYS.contains(&key.as_str()) => {
                Value::String(shortened(&text))
            }
            Value::Number(number) if PERSONAL_KEYS.contains(&key.as_str()) => {
                Value::String(shortened(&number.to_string()))
            }
            other => self.masked_value(other),
        }
    }
}

/// What [`Exchange::response`] is made from: JSON when it is JSON.
pub(crate) fn body_value(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|_| Value::from(cut(body)))
}

/// The value, or the beginning of its text if that is too long.
fn bounded(value: Value) -> Value {
    let text = value.to_string();
    match text.len() <= BODY_BYTES_MAX + 2 {
        true => value,
        false => Value::from(cut(&text)),
    }
}

fn is_blob(text: &str) -> bool {
    let is_of_it = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_\r\n".contains(&byte);
    text.len() >= BLOB_BYTES_MIN && text.bytes().all(is_of_it)
}

/// The text cut to what a log keeps, at a character boundary. PostgreSQL refuses NUL in `jsonb`.
fn cut(text: &str) -> &str {
    let end = text.floor_char_boundary(BODY_BYTES_MAX);
    let end = text[..end].find('\0').unwrap_or(end);
    &text[..end]
}

/// A phone number's last three digits; of anything with letters, nothing.
fn shortened(text: &str) -> String {
    let digits = text
        .chars()
        .all(|c| c.is_ascii_digit() || "+ -()".contains(c));
    match text.char_indices().nth_back(2) {
        Some((start, _)) if digits && text.len() >= 6 => format!("***{}", &text[start..]),
        _ => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn exchange(request: Value, response: Value) -> Exchange {
        let endpoint = "POST /x".to_owned();
        let duration = Duration::from_millis(1);
        Exchange {
            operation: "submit",
            endpoint,
            request,
            status: Some(200),
            response,
            duration,
        }
    }

    #[test]
    fn secrets_and_numbers_are_masked_wherever_they_stand() {
        let mut journal = Journal::new();
        journal.conceal("k-123456");
        journal.conceal("0271234567");
        journal.record(exchange(
            json!({"agent_api": "k-123456", "recipient_number": "0271234567", "gig": "1"}),
            json!({"message": "k-123456 sent 1 GB to 0271234567", "deep": [{"Token": "t"}]}),
        ));
        let kept = &journal.exchanges()[0];
        let expected = json!({"agent_api": "***", "recipient_number": "***567", "gig": "1"});
        assert_eq!(kept.request, expected);
        let expected = json!({"message": "*** sent 1 GB to ***567", "deep": [{"Token": "***"}]});
        assert_eq!(kept.response, expected);
    }

    #[test]
    fn labels_are_left_out_of_an_answer_whose_rest_is_kept_however_long_they_are() {
        let mut journal = Journal::new();
        let label = "XlhBXkZPNTAs".repeat(BODY_BYTES_MAX);
        let answer = json!({"number": "1Z1", "GraphicImage": label, "phone": "0271234567"});
        journal.record(exchange(Value::Null, body_value(&answer.to_string())));
        let kept = format!("*** ({} bytes)", label.len());
        let expected = json!({"number": "1Z1", "GraphicImage": kept, "phone": "***567"});
        assert_eq!(journal.exchanges()[0].response, expected);
    }

    #[test]
    fn bodies_and_their_number_are_bounded() {
        let mut journal = Journal::new();
        for _ in 0..EXCHANGES_MAX + 3 {
            journal.record(exchange(
                Value::Null,
                body_value(&"é".repeat(BODY_BYTES_MAX)),
            ));
        }
        assert_eq!(journal.exchanges().len(), EXCHANGES_MAX);
        assert_eq!(journal.dropped(), 3);
        let text = journal.exchanges()[0].response.as_str().map(str::len);
        assert_eq!(text, Some(BODY_BYTES_MAX));
    }

    #[test]
    fn a_nul_byte_ends_what_is_kept() {
        assert_eq!(body_value("ab\0cd"), json!("ab"));
        let mut journal = Journal::new();
        journal.record(exchange(
            Value::Null,
            body_value(r#"{"message":"ab\u0000cd"}"#),
        ));
        assert_eq!(journal.exchanges()[0].response, json!({"message": "ab"}));
    }
}
