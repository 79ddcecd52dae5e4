//! Prodigi's settings.

use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::SettingsError;
use crate::vendor::{base_url, filled, text};

/// Which of the vendor's two systems is used, in its own words but for "live".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ProdigiEnvironment {
    /// Prints nothing and costs nothing.
    #[default]
    Sandbox,
    /// Prints, sends and charges.
    Production,
}

/// How fast Prodigi sends where the variant names no `shipping_method` of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[expect(
    missing_docs,
    reason = "the vendor's words, which it does not explain further"
)]
pub enum ShippingMethod {
    Budget,
    #[default]
    Standard,
    StandardPlus,
    Express,
    Overnight,
}

impl ShippingMethod {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Budget => "Budget",
            Self::Standard => "Standard",
            Self::StandardPlus => "StandardPlus",
            Self::Express => "Express",
            Self::Overnight => "Overnight",
        }
    }
}

/// How Prodigi is reached.
#[derive(Clone, Debug, clap::Args)]
pub struct ProdigiSettings {
    /// The key of the Prodigi account. Without it the provider is off and its orders wait
    #[arg(
        long,
        env = "PRODIGI_API_KEY",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub prodigi_api_key: Option<SecretString>,

    /// Which of Prodigi's systems is used; each has a key of its own
    #[arg(
        long,
        env = "PRODIGI_ENVIRONMENT",
        value_enum,
        default_value = "sandbox"
    )]
    pub prodigi_environment: ProdigiEnvironment,

    /// Another address instead of the environment's, for a simulator
    #[arg(long, env = "PRODIGI_API_URL", value_name = "URL")]
    pub prodigi_api_url: Option<String>,

    /// Where Prodigi tells of changes: the public address of /api/webhooks/prodigi with its secret.
    /// Prodigi signs nothing, so the secret is what proves the caller. Without it orders are only
    /// asked for
    #[arg(
        long,
        env = "PRODIGI_CALLBACK_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub prodigi_callback_url: Option<SecretString>,

    /// How fast Prodigi sends, unless the variant's attribute shipping_method says otherwise
    #[arg(
        long,
        env = "PRODIGI_SHIPPING_METHOD",
        value_enum,
        default_value = "standard"
    )]
    pub prodigi_shipping_method: ShippingMethod,

    /// Longest time for one call. Prodigi itself gives up after a minute
    #[arg(long, env = "PRODIGI_TIMEOUT", value_name = "DURATION", default_value = "65s",
          value_parser = humantime::parse_duration)]
    pub prodigi_timeout: Duration,

    /// First wait before an order in production is asked for again; it doubles up to six hours
    #[arg(long, env = "PRODIGI_ASK_AGAIN", value_name = "DURATION", default_value = "15m",
          value_parser = humantime::parse_duration)]
    pub prodigi_ask_again: Duration,

    /// How long an order may be in production before a person has to look
    #[arg(long, env = "PRODIGI_PATIENCE", value_name = "DURATION", default_value = "21days",
          value_parser = humantime::parse_duration)]
    pub prodigi_patience: Duration,

    /// Do everything but the call: orders are built, checked and logged, then held
    #[arg(long, env = "PRODIGI_DRY_RUN", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub prodigi_dry_run: bool,
}

impl Default for ProdigiSettings {
    fn default() -> Self {
        Self {
            prodigi_api_key: None,
            prodigi_environment: ProdigiEnvironment::Sandbox,
            prodigi_api_url: None,
            prodigi_callback_url: None,
            prodigi_shipping_method: ShippingMethod::Standard,
            prodigi_timeout: Duration::from_secs(65),
            prodigi_ask_again: Duration::from_mins(15),
            prodigi_patience: Duration::from_hours(21 * 24),
            prodigi_dry_run: false,
        }
    }
}

impl ProdigiSettings {
    pub(super) fn base(&self) -> Result<Url, SettingsError> {
        let usual = match self.prodigi_environment {
            ProdigiEnvironment::Sandbox => "https://api.sandbox.prodigi.com",
            ProdigiEnvironment::Production => "https://api.prodigi.com",
        };
        base_url(
            "PRODIGI_API_URL",
            text(&self.prodigi_api_url).unwrap_or(usual),
        )
    }

    pub(super) fn callback_url(&self) -> Result<Option<SecretString>, SettingsError> {
        let url = filled(&self.prodigi_callback_url);
        if let Some(url) = &url {
            base_url("PRODIGI_CALLBACK_URL", url.expose_secret())?;
        }
        Ok(url)
    }
}
