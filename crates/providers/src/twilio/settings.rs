//! Twilio's settings.

use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::SettingsError;

/// How Twilio is reached.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Twilio")]
pub struct TwilioSettings {
    /// The account, `AC` and 32 hexadecimal digits. Without it no SMS or WhatsApp message leaves
    #[arg(long, env = "TWILIO_ACCOUNT_SID", value_name = "SID")]
    pub twilio_account_sid: Option<String>,

    /// The account's token; it also signs what Twilio reports to us. Required with the account
    #[arg(
        long,
        env = "TWILIO_AUTH_TOKEN",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub twilio_auth_token: Option<SecretString>,

    /// Who sends SMS: a number (+14155550100) or a messaging service (MG…)
    #[arg(long, env = "TWILIO_SMS_FROM", value_name = "SENDER")]
    pub twilio_sms_from: Option<String>,

    /// Who sends WhatsApp messages: a number (+14155550100) or a messaging service (MG…)
    #[arg(long, env = "TWILIO_WHATSAPP_FROM", value_name = "SENDER")]
    pub twilio_whatsapp_from: Option<String>,

    /// Where Twilio reports what became of a message, e.g.
    /// `https://shop.example/v1/webhooks/twilio`. Without it "sent" is the last word
    #[arg(long, env = "TWILIO_STATUS_CALLBACK", value_name = "URL")]
    pub twilio_status_callback: Option<String>,

    /// Twilio's address; another one only for a sandbox
    #[arg(
        long,
        env = "TWILIO_API_URL",
        value_name = "URL",
        default_value = "https://api.twilio.com"
    )]
    pub twilio_api_url: String,

    /// Longest time for one call
    #[arg(long, env = "TWILIO_TIMEOUT", value_name = "DURATION", default_value = "15s",
          value_parser = humantime::parse_duration)]
    pub twilio_timeout: Duration,
}

impl Default for TwilioSettings {
    fn default() -> Self {
        Self {
            twilio_account_sid: None,
            twilio_auth_token: None,
            twilio_sms_from: None,
            twilio_whatsapp_from: None,
            twilio_status_callback: None,
            twilio_api_url: "https://api.twilio.com".to_owned(),
            twilio_timeout: Duration::from_secs(15),
        }
    }
}

/// Who sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Number(String),
    Service(String),
}

pub(super) struct Checked {
    pub(super) messages: Url,
    pub(super) user: String,
    pub(super) secret: SecretString,
    pub(super) sms: Option<Sender>,
    pub(super) whatsapp: Option<Sender>,
    pub(super) status_callback: Option<String>,
}

impl TwilioSettings {
    pub(super) fn checked(&self) -> Result<Option<Checked>, SettingsError> {
        let Some(account) = filled(self.twilio_account_sid.as_deref()) else {
            return Ok(None);
        };
        if !is_sid(account, "AC") {
            return Err(wrong(
                "TWILIO_ACCOUNT_SID",
                "must be AC and 32 hexadecimal digits",
            ));
        }
        Ok(Some(Checked {
            messages: self.messages(account)?,
            user: account.to_owned(),
            secret: self.secret()?,
            sms: self.sms()?,
            whatsapp: self.whatsapp()?,
            status_callback: filled(self.twilio_status_callback.as_deref()).map(str::to_owned),
        }))
    }

    /// Everything that is wrong with these settings together.
    #[must_use]
    pub fn contradictions(&self) -> Vec<SettingsError> {
        // What the first look does not come to, it is asked for by itself.
        let first = self.checked().err();
        let others = filled(self.twilio_account_sid.as_deref()).map(|account| {
            [
                self.messages(account).err(),
                self.secret().err(),
                self.sms().err(),
                self.whatsapp().err(),
            ]
        });
        let others = others.into_iter().flatten().flatten();
        let mut found: Vec<SettingsError> = first.into_iter().chain(others).collect();
        found.dedup_by_key(|error| error.to_string());
        found
    }

    fn secret(&self) -> Result<SecretString, SettingsError> {
        self.twilio_auth_token
            .clone()
            .filter(|secret| !secret.expose_secret().is_empty())
            .ok_or_else(|| wrong("TWILIO_AUTH_TOKEN", "required with TWILIO_ACCOUNT_SID"))
    }

    fn messages(&self, account: &str) -> Result<Url, SettingsError> {
        let base = self.twilio_api_url.trim_end_matches('/');
        let messages = format!("{base}/2010-04-01/Accounts/{account}/Messages.json");
        Url::parse(&messages)
            .ok()
            .filter(|url| matches!(url.scheme(), "https" | "http"))
            .ok_or_else(|| wrong("TWILIO_API_URL", "must be an address of http or https"))
    }

    fn sms(&self) -> Result<Option<Sender>, SettingsError> {
        let text = filled(self.twilio_sms_from.as_deref());
        text.map(|text| sender("TWILIO_SMS_FROM", text)).transpose()
    }

    fn whatsapp(&self) -> Result<Option<Sender>, SettingsError> {
        let text = filled(self.twilio_whatsapp_from.as_deref());
        text.map(|text| sender("TWILIO_WHATSAPP_FROM", text))
            .transpose()
    }
}

fn sender(setting: &'static str, text: &str) -> Result<Sender, SettingsError> {
    if is_sid(text, "MG") {
        return Ok(Sender::Service(text.to_owned()));
    }
    let number = text.trim_start_matches("whatsapp:");
    let digits = number.strip_prefix('+').unwrap_or_default();
    match (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(Sender::Number(number.to_owned())),
        false => Err(wrong(
            setting,
            "must be a number like +14155550100 or a service MG…",
        )),
    }
}

fn is_sid(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn wrong(setting: &'static str, problem: &str) -> SettingsError {
    SettingsError::Invalid {
        setting,
        problem: problem.to_owned(),
    }
}

// A variable that is set to nothing, as compose files do, is not set.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
