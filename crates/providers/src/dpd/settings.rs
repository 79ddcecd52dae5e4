//! DPD's settings.

use std::time::Duration;

use secrecy::SecretString;

use crate::CallRate;

/// Geopost's two environments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DpdEnvironment {
    /// `api-preprod.dpsin.dpdgroup.com:8443`.
    Preprod,
    /// `api.dpdgroup.com`.
    #[default]
    Production,
}

impl DpdEnvironment {
    pub(super) fn address(self) -> &'static str {
        match self {
            Self::Preprod => "https://api-preprod.dpsin.dpdgroup.com:8443",
            Self::Production => "https://api.dpdgroup.com",
        }
    }
}

/// How DPD is reached.
#[derive(Clone, Debug, clap::Args)]
pub struct DpdSettings {
    /// DPD's business unit: 001 Germany, 010 Netherlands, 011 United Kingdom, … Without it DPD is
    /// off
    #[arg(long, env = "DPD_BUCODE", value_name = "CODE")]
    pub dpd_bucode: Option<String>,

    /// The login of the META-API (delisId), for labels. Without it DPD only tracks
    #[arg(long, env = "DPD_LOGIN", value_name = "NAME")]
    pub dpd_login: Option<String>,

    /// Its password. Required with the login
    #[arg(
        long,
        env = "DPD_PASSWORD",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub dpd_password: Option<SecretString>,

    /// The customer's number at DPD. Required with the login
    #[arg(long, env = "DPD_CUSTOMER_NUMBER", value_name = "NUMBER")]
    pub dpd_customer_number: Option<String>,

    /// preprod or production
    #[arg(
        long,
        env = "DPD_ENVIRONMENT",
        value_enum,
        default_value = "production"
    )]
    pub dpd_environment: DpdEnvironment,

    /// The META-API's address, when it is not that of the environment
    #[arg(long, env = "DPD_API_URL", value_name = "URL")]
    pub dpd_api_url: Option<String>,

    /// Where parcels are asked for: DPD's public parcel life cycle, which wants no login. Set to
    /// nothing, parcels are known by DPD's pushes only
    #[arg(
        long,
        env = "DPD_TRACKING_API_URL",
        value_name = "URL",
        default_value = "https://tracking.dpd.de/rest/plc"
    )]
    pub dpd_tracking_api_url: String,

    /// The zone of DPD's times, which have no offset
    #[arg(
        long,
        env = "DPD_TIME_ZONE",
        value_name = "ZONE",
        default_value = "Europe/Berlin"
    )]
    pub dpd_time_zone: String,

    /// Longest time for one call, from connecting to the last byte
    #[arg(long, env = "DPD_TIMEOUT", value_name = "DURATION", default_value = "20s",
          value_parser = humantime::parse_duration)]
    pub dpd_timeout: Duration,

    /// Calls at most, as COUNT/TIME
    #[arg(long, env = "DPD_RATE", value_name = "RATE", default_value = "1/1s")]
    pub dpd_rate: CallRate,

    /// Build requests for labels and do not send them
    #[arg(long, env = "DPD_DRY_RUN", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub dpd_dry_run: bool,
}

impl Default for DpdSettings {
    fn default() -> Self {
        Self {
            dpd_bucode: None,
            dpd_login: None,
            dpd_password: None,
            dpd_customer_number: None,
            dpd_environment: DpdEnvironment::Production,
            dpd_api_url: None,
            dpd_tracking_api_url: "https://tracking.dpd.de/rest/plc".to_owned(),
            dpd_time_zone: "Europe/Berlin".to_owned(),
            dpd_timeout: Duration::from_secs(20),
            dpd_rate: CallRate::per_second(1),
            dpd_dry_run: false,
        }
    }
}
