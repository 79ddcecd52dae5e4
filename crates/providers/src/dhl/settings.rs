//! DHL's settings.

use std::time::Duration;

use secrecy::SecretString;

use crate::CallRate;

/// MyDHL's two environments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DhlEnvironment {
    /// `express.api.dhl.com/mydhlapi/test`.
    Test,
    /// `express.api.dhl.com/mydhlapi`.
    #[default]
    Production,
}

impl DhlEnvironment {
    pub(super) fn address(self) -> &'static str {
        match self {
            Self::Test => "https://express.api.dhl.com/mydhlapi/test",
            Self::Production => "https://express.api.dhl.com/mydhlapi",
        }
    }
}

/// How DHL is reached.
#[derive(Clone, Debug, clap::Args)]
pub struct DhlSettings {
    /// The user of the MyDHL API (DHL Express): tracking, labels and prices
    #[arg(long, env = "DHL_API_USERNAME", value_name = "NAME")]
    pub dhl_api_username: Option<String>,

    /// Its password. Required with the user
    #[arg(
        long,
        env = "DHL_API_PASSWORD",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub dhl_api_password: Option<SecretString>,

    /// The shipper's account, for labels and prices. Without it DHL only tracks
    #[arg(long, env = "DHL_ACCOUNT_NUMBER", value_name = "NUMBER")]
    pub dhl_account_number: Option<String>,

    /// test or production
    #[arg(
        long,
        env = "DHL_ENVIRONMENT",
        value_enum,
        default_value = "production"
    )]
    pub dhl_environment: DhlEnvironment,

    /// The MyDHL API's address, when it is not that of the environment
    #[arg(long, env = "DHL_API_URL", value_name = "URL")]
    pub dhl_api_url: Option<String>,

    /// The key of DHL's unified tracking, which knows parcels of all its divisions; parcels are
    /// asked
    /// for there when it is set, else at MyDHL. Without a user and a key DHL is off
    #[arg(
        long,
        env = "DHL_TRACKING_API_KEY",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub dhl_tracking_api_key: Option<SecretString>,

    /// The address of DHL's unified tracking
    #[arg(
        long,
        env = "DHL_TRACKING_API_URL",
        value_name = "URL",
        default_value = "https://api-eu.dhl.com"
    )]
    pub dhl_tracking_api_url: String,

    /// DHL's division that carries our parcels, for unified tracking: express, parcel-de, parcel-
    /// uk, …
    /// Without it another division's parcel of the same number may answer
    #[arg(long, env = "DHL_TRACKING_SERVICE", value_name = "NAME")]
    pub dhl_tracking_service: Option<String>,

    /// Longest time for one call, from connecting to the last byte
    #[arg(long, env = "DHL_TIMEOUT", value_name = "DURATION", default_value = "20s",
          value_parser = humantime::parse_duration)]
    pub dhl_timeout: Duration,

    /// Calls at most, as COUNT/TIME; DHL grants each key a daily number
    #[arg(long, env = "DHL_RATE", value_name = "RATE", default_value = "1/1s")]
    pub dhl_rate: CallRate,

    /// Build requests for labels and do not send them
    #[arg(long, env = "DHL_DRY_RUN", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub dhl_dry_run: bool,
}

impl Default for DhlSettings {
    fn default() -> Self {
        Self {
            dhl_api_username: None,
            dhl_api_password: None,
            dhl_account_number: None,
            dhl_environment: DhlEnvironment::Production,
            dhl_api_url: None,
            dhl_tracking_api_key: None,
            dhl_tracking_api_url: "https://api-eu.dhl.com".to_owned(),
            dhl_tracking_service: None,
            dhl_timeout: Duration::from_secs(20),
            dhl_rate: CallRate::per_second(1),
            dhl_dry_run: false,
        }
    }
}
