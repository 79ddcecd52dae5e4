//! UPS's settings.

use std::time::Duration;

use secrecy::SecretString;

use crate::CallRate;

/// UPS's two environments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum UpsEnvironment {
    /// Customer Integration Environment, `wwwcie.ups.com`.
    Cie,
    /// `onlinetools.ups.com`.
    #[default]
    Production,
}

impl UpsEnvironment {
    pub(super) fn address(self) -> &'static str {
        match self {
            Self::Cie => "https://wwwcie.ups.com",
            Self::Production => "https://onlinetools.ups.com",
        }
    }
}

/// How UPS is reached.
#[derive(Clone, Debug, clap::Args)]
pub struct UpsSettings {
    /// UPS's client id. Without it UPS is off
    #[arg(long, env = "UPS_CLIENT_ID", value_name = "ID")]
    pub ups_client_id: Option<String>,

    /// UPS's client secret. Required with the client id
    #[arg(
        long,
        env = "UPS_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub ups_client_secret: Option<SecretString>,

    /// The shipper's account of six characters, for labels and prices. Without it UPS only tracks
    #[arg(long, env = "UPS_ACCOUNT_NUMBER", value_name = "NUMBER")]
    pub ups_account_number: Option<String>,

    /// cie (Customer Integration Environment, for tests) or production
    #[arg(
        long,
        env = "UPS_ENVIRONMENT",
        value_enum,
        default_value = "production"
    )]
    pub ups_environment: UpsEnvironment,

    /// UPS's address, when it is not that of the environment
    #[arg(long, env = "UPS_API_URL", value_name = "URL")]
    pub ups_api_url: Option<String>,

    /// Longest time for one call, from connecting to the last byte
    #[arg(long, env = "UPS_TIMEOUT", value_name = "DURATION", default_value = "20s",
          value_parser = humantime::parse_duration)]
    pub ups_timeout: Duration,

    /// Calls at most, as COUNT/TIME. UPS publishes no number; this is what its contract allows you
    #[arg(long, env = "UPS_RATE", value_name = "RATE", default_value = "10/1s")]
    pub ups_rate: CallRate,

    /// How long after a lost answer "no such label" proves nothing
    #[arg(long, env = "UPS_SETTLE", value_name = "DURATION", default_value = "1m",
          value_parser = humantime::parse_duration)]
    pub ups_settle: Duration,

    /// Build requests for labels and do not send them
    #[arg(long, env = "UPS_DRY_RUN", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub ups_dry_run: bool,
}

impl Default for UpsSettings {
    fn default() -> Self {
        Self {
            ups_client_id: None,
            ups_client_secret: None,
            ups_account_number: None,
            ups_environment: UpsEnvironment::Production,
            ups_api_url: None,
            ups_timeout: Duration::from_secs(20),
            ups_rate: CallRate::per_second(10),
            ups_settle: Duration::from_mins(1),
            ups_dry_run: false,
        }
    }
}
