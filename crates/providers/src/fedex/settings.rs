//! FedEx's settings.

use std::time::Duration;

use secrecy::SecretString;

use crate::CallRate;

/// FedEx's two environments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FedexEnvironment {
    /// `apis-sandbox.fedex.com`.
    Sandbox,
    /// `apis.fedex.com`.
    #[default]
    Production,
}

impl FedexEnvironment {
    pub(super) fn address(self) -> &'static str {
        match self {
            Self::Sandbox => "https://apis-sandbox.fedex.com",
            Self::Production => "https://apis.fedex.com",
        }
    }
}

/// How FedEx is reached.
#[derive(Clone, Debug, clap::Args)]
pub struct FedexSettings {
    /// The API key of the FedEx project. Without it FedEx is off
    #[arg(long, env = "FEDEX_CLIENT_ID", value_name = "KEY")]
    pub fedex_client_id: Option<String>,

    /// The secret key of the FedEx project. Required with the API key
    #[arg(
        long,
        env = "FEDEX_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub fedex_client_secret: Option<SecretString>,

    /// The shipper's account, for labels and prices. Without it FedEx only tracks
    #[arg(long, env = "FEDEX_ACCOUNT_NUMBER", value_name = "NUMBER")]
    pub fedex_account_number: Option<String>,

    /// sandbox or production
    #[arg(
        long,
        env = "FEDEX_ENVIRONMENT",
        value_enum,
        default_value = "production"
    )]
    pub fedex_environment: FedexEnvironment,

    /// FedEx's address, when it is not that of the environment
    #[arg(long, env = "FEDEX_API_URL", value_name = "URL")]
    pub fedex_api_url: Option<String>,

    /// Longest time for one call, from connecting to the last byte
    #[arg(long, env = "FEDEX_TIMEOUT", value_name = "DURATION", default_value = "20s",
          value_parser = humantime::parse_duration)]
    pub fedex_timeout: Duration,

    /// Calls at most, as COUNT/TIME. FedEx allows a project 1400 in 10s, and 100000 a day for
    /// tracking
    #[arg(long, env = "FEDEX_RATE", value_name = "RATE", default_value = "1/1s")]
    pub fedex_rate: CallRate,

    /// Build requests for labels and do not send them
    #[arg(long, env = "FEDEX_DRY_RUN", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub fedex_dry_run: bool,
}

impl Default for FedexSettings {
    fn default() -> Self {
        Self {
            fedex_client_id: None,
            fedex_client_secret: None,
            fedex_account_number: None,
            fedex_environment: FedexEnvironment::Production,
            fedex_api_url: None,
            fedex_timeout: Duration::from_secs(20),
            fedex_rate: CallRate::per_second(1),
            fedex_dry_run: false,
        }
    }
}
