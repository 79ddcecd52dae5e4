//! Twilio's Messages API: SMS and WhatsApp.
//!
//! Creating a message has no idempotency, so an answer that got lost is [`TwilioError::Unknown`],
//! and [`Twilio::find`] lists what was sent to that number before anybody sends again.

mod settings;
mod wire;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};

use crate::SettingsError;
use crate::http::{Answer, Http, NoAnswer};

pub use settings::TwilioSettings;
use wire::{Created, Listed, Refused};

const CODE: &str = "twilio";
/// Messages looked at when one is looked for; one person does not get more in the time of a retry.
const LISTED_MAX: &str = "50";
/// Our clock and Twilio's.
const CLOCK_SKEW: Duration = Duration::from_secs(120);

/// Which of Twilio's channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Text messages.
    Sms,
    /// WhatsApp, by the same API.
    Whatsapp,
}

/// A message to one number.
#[derive(Clone, Debug)]
pub struct TwilioMessage<'a> {
    /// The channel.
    pub line: Line,
    /// E.164.
    pub to: &'a str,
    /// What it says; with a template, only to recognise it by.
    pub body: &'a str,
    /// The approved template (`HX…`) and its variables, `1` first.
    pub template: Option<(&'a str, &'a [String])>,
}

/// A message that Twilio has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwilioReceipt {
    /// `SM…` or `MM…`.
    pub sid: String,
}

/// Why Twilio did not take a message. What a code means is decided by `notification_verdict()`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TwilioError {
    /// It said no.
    #[error("Twilio answered {status} with code {code}")]
    Refused {
        /// HTTP.
        status: u16,
        /// Twilio's own code, or the HTTP status where there is none.
        code: String,
        /// When it may be asked again.
        retry_after: Option<Duration>,
    },
    /// It can't have seen the message.
    #[error("Twilio could not be reached: {0}")]
    NotSent(String),
    /// It may have taken the message.
    #[error("Twilio's answer got lost: {0}")]
    Unknown(String),
}

/// The Twilio client.
#[derive(Debug)]
pub struct Twilio {
    http: Http,
    /// `…/2010-04-01/Accounts/AC…/Messages.json`.
    messages: Url,
    user: String,
    secret: SecretString,
    sms: Option<settings::Sender>,
    whatsapp: Option<settings::Sender>,
    status_callback: Option<String>,
}

impl Twilio {
    /// Builds the client when an account is set.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting that is missing or wrong.
    pub fn configured(settings: &TwilioSettings) -> Result<Option<Self>, SettingsError> {
        let Some(checked) = settings.checked()? else {
            return Ok(None);
        };
        Ok(Some(Self {
            http: Http::new(CODE, &checked.messages, settings.twilio_timeout)?,
            messages: checked.messages,
            user: checked.user,
            secret: checked.secret,
            sms: checked.sms,
            whatsapp: checked.whatsapp,
            status_callback: checked.status_callback,
        }))
    }

    /// Whether a sender is set for the channel.
    #[must_use]
    pub fn serves(&self, line: Line) -> bool {
        self.sender(line).is_some()
    }

    /// Sends a message, once.
    ///
    /// # Errors
    /// See [`TwilioError`].
    pub async fn send(&self, message: &TwilioMessage<'_>) -> Result<TwilioReceipt, TwilioError> {
        let form = self.form(message)?;
        let request = self
            .http
            .client()
            .post(self.messages.clone())
            .basic_auth(&self.user, Some(self.secret.expose_secret()))
            .form(&form);
        let started = Instant::now();
        let answer = self.http.ask(request).await;
        let result = created(answer);
        measure(started, result.as_ref().err());
        result
    }

    /// Looks for a message that may have been taken since, by number and words.
    ///
    /// # Errors
    /// See [`TwilioError`]; without an answer nothing is known.
    pub async fn find(
        &self,
        message: &TwilioMessage<'_>,
        since: DateTime<Utc>,
    ) -> Result<Option<TwilioReceipt>, TwilioError> {
        let since = since - CLOCK_SKEW;
        let mut url = self.messages.clone();
        url.query_pairs_mut()
            .append_pair("To", &address(message.line, message.to))
            .append_pair("DateSent>", &since.format("%Y-%m-%d").to_string())
            .append_pair("PageSize", LISTED_MAX);
        let request = self
            .http
            .client()
            .get(url)
            .basic_auth(&self.user, Some(self.secret.expose_secret()));
        let started = Instant::now();
        let answer = self.http.ask(request).await;
        let result = listed(answer).map(|list| list.find(message, since));
        measure(started, result.as_ref().err());
        result
    }

    fn sender(&self, line: Line) -> Option<&settings::Sender> {
        match line {
            Line::Sms => self.sms.as_ref(),
            Line::Whatsapp => self.whatsapp.as_ref(),
        }
    }

    fn form(
        &self,
        message: &TwilioMessage<'_>,
    ) -> Result<Vec<(&'static str, String)>, TwilioError> {
        let sender = self
            .sender(message.line)
            .ok_or_else(|| TwilioError::NotSent("no sender is set for this channel".to_owned()))?;
        let mut form = vec![("To", address(message.line, message.to))];
        form.push(match sender {
            settings::Sender::Number(number) => ("From", address(message.line, number)),
            settings::Sender::Service(sid) => ("MessagingServiceSid", sid.clone()),
        });
        match message.template {
            Some((sid, variables)) => {
                form.push(("ContentSid", sid.to_owned()));
                form.push(("ContentVariables", numbered(variables)));
            }
            None => form.push(("Body", message.body.to_owned())),
        }
        if let Some(url) = &self.status_callback {
            form.push(("StatusCallback", url.clone()));
        }
        Ok(form)
    }
}

/// Addresses of WhatsApp carry its name.
fn address(line: Line, number: &str) -> String {
    match line {
        Line::Sms => number.to_owned(),
        Line::Whatsapp => format!("whatsapp:{number}"),
    }
}

fn numbered(variables: &[String]) -> String {
    let numbered: serde_json::Map<_, _> = (1..)
        .zip(variables)
        .map(|(number, text): (u8, _)| (number.to_string(), text.as_str().into()))
        .collect();
    serde_json::Value::Object(numbered).to_string()
}

fn created(answer: Result<Answer, NoAnswer>) -> Result<TwilioReceipt, TwilioError> {
    let answer = answered(answer)?;
    match serde_json::from_str::<Created>(&answer.body) {
        Ok(created) => Ok(TwilioReceipt { sid: created.sid }),
        // It said yes in words that we can't read: it has the message.
        Err(_) => Err(TwilioError::Unknown("the answer can't be read".to_owned())),
    }
}

fn listed(answer: Result<Answer, NoAnswer>) -> Result<Listed, TwilioError> {
    let answer = answered(answer)?;
    serde_json::from_str(&answer.body)
        .map_err(|_| TwilioError::Unknown("the list can't be read".to_owned()))
}

/// An answer that is a yes. Of a failure of Twilio's own nobody knows what it had done before.
fn answered(answer: Result<Answer, NoAnswer>) -> Result<Answer, TwilioError> {
    let answer = answer.map_err(|error| match error {
        NoAnswer::NotSent(text) => TwilioError::NotSent(text),
        NoAnswer::Lost(text) => TwilioError::Unknown(text),
        NoAnswer::Dry => TwilioError::NotSent("nothing is sent in a dry run".to_owned()),
    })?;
    if answer.status.is_success() {
        return Ok(answer);
    }
    let refused: Option<Refused> = serde_json::from_str(&answer.body).ok();
    if answer.status.is_server_error() && answer.status != StatusCode::SERVICE_UNAVAILABLE {
        return Err(TwilioError::Unknown(format!(
            "HTTP {}",
            answer.status.as_u16()
        )));
    }
    let status = answer.status.as_u16();
    let code = match (refused.and_then(|refused| refused.code), status) {
        (Some(code), _) => code.to_string(),
        (None, 401 | 403) => "20003".to_owned(),
        (None, 404) => "20404".to_owned(),
        (None, 429) => "20429".to_owned(),
        (None, _) => status.to_string(),
    };
    let retry_after = answer.retry_after;
    Err(TwilioError::Refused {
        status,
        code,
        retry_after,
    })
}

fn measure(started: Instant, error: Option<&TwilioError>) {
    let outcome = match error {
        None => "ok",
        Some(TwilioError::Refused { status, .. }) if *status == 401 || *status == 403 => {
            "unauthorized"
        }
        Some(TwilioError::Refused { status, .. }) if *status == 429 || *status >= 500 => {
            "transient"
        }
        Some(TwilioError::Refused { .. }) => "rejected",
        Some(TwilioError::NotSent(_)) => "transient",
        Some(TwilioError::Unknown(_)) => "unknown",
    };
    metrics::histogram!(
        "stevedore_external_request_duration_seconds",
        "dependency" => CODE,
        "outcome" => outcome,
    )
    .record(started.elapsed().as_secs_f64());
}
