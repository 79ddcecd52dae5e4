//! Settings of the mail channel.

use std::num::NonZeroU8;
use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};
use stevedore_notices::shop_name;

use super::dkim::Signer;

/// How the connection to the relay is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum SmtpTls {
    /// Not at all; for a relay on the same machine or a mail catcher.
    None,
    /// Plain at first, then TLS; refused when the relay does not offer it.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
}

/// A setting of the mail channel that is missing or wrong.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct EmailSettingsError {
    /// The environment variable that sets it.
    pub setting: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl EmailSettingsError {
    pub(super) fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        Self {
            setting,
            problem: problem.into(),
        }
    }
}

/// How mail leaves.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Mail")]
pub struct EmailSettings {
    /// The relay's host name. Without it this worker sends no mail and leaves notices waiting
    #[arg(long, env = "SMTP_HOST", value_name = "HOST")]
    pub smtp_host: Option<String>,

    /// The relay's port; by default 25 without TLS, 587 with STARTTLS, 465 with TLS
    #[arg(long, env = "SMTP_PORT", value_name = "PORT")]
    pub smtp_port: Option<u16>,

    /// How the connection is protected. starttls refuses a relay that does not offer it
    #[arg(long, env = "SMTP_TLS", value_enum, default_value = "starttls")]
    pub smtp_tls: SmtpTls,

    /// Certificates in PEM to trust beside the public ones, for a relay of your own
    #[arg(long, env = "SMTP_CA_FILE", value_name = "FILE")]
    pub smtp_ca_file: Option<PathBuf>,

    /// User name at the relay, together with the password
    #[arg(long, env = "SMTP_USERNAME", value_name = "NAME")]
    pub smtp_username: Option<String>,

    /// Password at the relay
    #[arg(
        long,
        env = "SMTP_PASSWORD",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub smtp_password: Option<SecretString>,

    /// The shop's name and address, e.g. "Kofi's Data <orders@example.com>". Required with the
    /// relay; the name also signs every notice
    #[arg(long, env = "SMTP_FROM", value_name = "MAILBOX")]
    pub smtp_from: Option<String>,

    /// Where answers go, when not to the sender
    #[arg(long, env = "SMTP_REPLY_TO", value_name = "MAILBOX")]
    pub smtp_reply_to: Option<String>,

    /// Private key in PEM that mails are signed with (DKIM): Ed25519, or RSA of 2,048 bits at
    /// least. Without it they are not signed here
    #[arg(
        long,
        env = "SMTP_DKIM_KEY",
        value_name = "PEM",
        hide_env_values = true
    )]
    pub smtp_dkim_key: Option<SecretString>,

    /// Under which name the domain's DNS has the public key: `<selector>._domainkey.<domain>`
    #[arg(long, env = "SMTP_DKIM_SELECTOR", value_name = "NAME")]
    pub smtp_dkim_selector: Option<String>,

    /// The domain that signs, when it is not the sender's
    #[arg(long, env = "SMTP_DKIM_DOMAIN", value_name = "DOMAIN")]
    pub smtp_dkim_domain: Option<String>,

    /// Connections to the relay at most
    #[arg(
        long,
        env = "SMTP_CONNECTIONS",
        value_name = "COUNT",
        default_value = "4"
    )]
    pub smtp_connections: NonZeroU8,

    /// Longest time for one mail, from connecting to the relay's last word
    #[arg(long, env = "SMTP_TIMEOUT", value_name = "DURATION", default_value = "30s",
          value_parser = humantime::parse_duration)]
    pub smtp_timeout: Duration,
}

impl Default for EmailSettings {
    fn default() -> Self {
        Self {
            smtp_host: None,
            smtp_port: None,
            smtp_tls: SmtpTls::Starttls,
            smtp_ca_file: None,
            smtp_username: None,
            smtp_password: None,
            smtp_from: None,
            smtp_reply_to: None,
            smtp_dkim_key: None,
            smtp_dkim_selector: None,
            smtp_dkim_domain: None,
            smtp_connections: NonZeroU8::new(4).expect("4 is not zero"),
            smtp_timeout: Duration::from_secs(30),
        }
    }
}

impl EmailSettings {
    /// The name that signs notices: the sender's, else its domain.
    #[must_use]
    pub fn shop_name(&self) -> String {
        match self.from() {
            Ok(_) => shop_name(self.smtp_from.as_deref().unwrap_or_default()),
            Err(_) => String::new(),
        }
    }

    pub(super) fn host(&self) -> Option<&str> {
        filled(self.smtp_host.as_deref())
    }

    pub(super) fn from(&self) -> Result<Mailbox, EmailSettingsError> {
        let missing = || EmailSettingsError::new("SMTP_FROM", "required when SMTP_HOST is set");
        mailbox(
            "SMTP_FROM",
            filled(self.smtp_from.as_deref()).ok_or_else(missing)?,
        )
    }

    pub(super) fn reply_to(&self) -> Result<Option<Mailbox>, EmailSettingsError> {
        filled(self.smtp_reply_to.as_deref())
            .map(|text| mailbox("SMTP_REPLY_TO", text))
            .transpose()
    }

    /// Who signs for the sender.
    pub(super) fn signer(&self, from: &Mailbox) -> Result<Option<Signer>, EmailSettingsError> {
        let key = self.smtp_dkim_key.as_ref().map(ExposeSecret::expose_secret);
        let Some(key) = filled(key) else {
            return Ok(None);
        };
        let missing =
            || EmailSettingsError::new("SMTP_DKIM_SELECTOR", "required when SMTP_DKIM_KEY is set");
        let selector = filled(self.smtp_dkim_selector.as_deref()).ok_or_else(missing)?;
        let domain = filled(self.smtp_dkim_domain.as_deref()).unwrap_or(from.email.domain());
        Signer::new(key, domain, selector)
            .map(Some)
            .map_err(|problem| EmailSettingsError::new("SMTP_DKIM_KEY", problem))
    }

    pub(super) fn credentials(&self) -> Result<Option<(&str, &SecretString)>, EmailSettingsError> {
        let user = filled(self.smtp_username.as_deref());
        let password = self.smtp_password.as_ref();
        match (
            user,
            password.filter(|password| !password.expose_secret().is_empty()),
        ) {
            (None, None) => Ok(None),
            (Some(user), Some(password)) => Ok(Some((user, password))),
            (Some(_), None) => Err(EmailSettingsError::new(
                "SMTP_PASSWORD",
                "required with SMTP_USERNAME",
            )),
            (None, Some(_)) => Err(EmailSettingsError::new(
                "SMTP_USERNAME",
                "required with SMTP_PASSWORD",
            )),
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.smtp_port.unwrap_or(match self.smtp_tls {
            SmtpTls::None => 25,
            SmtpTls::Starttls => 587,
            SmtpTls::Tls => 465,
        })
    }
}

/// A variable that is set to nothing, as compose files do, is not set.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn mailbox(setting: &'static str, text: &str) -> Result<Mailbox, EmailSettingsError> {
    let wrong = |_| EmailSettingsError::new(setting, "is no mail address");
    text.parse().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_configured_relay_is_refused_with_the_settings_name() {
        let settings = EmailSettings {
            smtp_host: Some("x".into()),
            ..EmailSettings::default()
        };
        assert_eq!(settings.from().expect_err("missing").setting, "SMTP_FROM");
        let settings = EmailSettings {
            smtp_username: Some("u".into()),
            ..settings
        };
        assert_eq!(
            settings.credentials().expect_err("missing").setting,
            "SMTP_PASSWORD"
        );
        let settings = EmailSettings {
            smtp_from: Some("nobody".into()),
            ..settings
        };
        assert_eq!(
            settings.from().expect_err("wrong").to_string(),
            "SMTP_FROM: is no mail address"
        );
    }

    #[test]
    fn a_variable_set_to_nothing_is_not_set() {
        let empty = || Some(String::new());
        let settings = EmailSettings {
            smtp_host: empty(),
            smtp_username: empty(),
            smtp_password: Some(String::new().into()),
            smtp_reply_to: empty(),
            ..EmailSettings::default()
        };
        assert!(settings.host().is_none());
        assert!(settings.credentials().expect("nothing wrong").is_none());
        assert!(settings.reply_to().expect("nothing wrong").is_none());
    }

    #[test]
    fn the_sender_signs_by_name_or_by_domain() {
        let from = |text: &str| {
            let smtp_from = Some(text.to_owned());
            EmailSettings {
                smtp_from,
                ..EmailSettings::default()
            }
            .shop_name()
        };
        assert_eq!(from("Kofi's Data <orders@example.com>"), "Kofi's Data");
        assert_eq!(from("orders@example.com"), "example.com");
    }

    #[test]
    fn the_port_follows_the_protection() {
        let port = |smtp_tls| {
            EmailSettings {
                smtp_tls,
                ..EmailSettings::default()
            }
            .port()
        };
        assert_eq!(
            [SmtpTls::None, SmtpTls::Starttls, SmtpTls::Tls].map(port),
            [25, 587, 465]
        );
    }
}
