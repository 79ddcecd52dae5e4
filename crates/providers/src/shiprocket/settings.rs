//! Shiprocket's settings.

use std::time::Duration;

use chrono::NaiveTime;
use secrecy::SecretString;

use super::session::User;
use crate::SettingsError;
use crate::vendor::{base_url, filled, required, text};

const API_URL: &str = "https://apiv2.shiprocket.in/v1/external";

/// How Shiprocket is reached. It has no sandbox: try with `SHIPROCKET_DRY_RUN`.
#[derive(Clone, Debug, clap::Args)]
pub struct ShiprocketSettings {
    /// Shiprocket's address
    #[arg(long, env = "SHIPROCKET_API_URL", value_name = "URL", default_value = API_URL)]
    pub shiprocket_api_url: String,

    /// Mail address of the API user (Settings > API at Shiprocket; not the account's own login).
    /// Without it the provider is off and its orders wait
    #[arg(long, env = "SHIPROCKET_EMAIL", value_name = "ADDRESS")]
    pub shiprocket_email: Option<String>,

    /// Password of the API user
    #[arg(
        long,
        env = "SHIPROCKET_PASSWORD",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub shiprocket_password: Option<SecretString>,

    /// Name of the pickup location, as it stands at Shiprocket. Required with the API user
    #[arg(long, env = "SHIPROCKET_PICKUP_LOCATION", value_name = "NAME")]
    pub shiprocket_pickup_location: Option<String>,

    /// The sales channel that orders belong to at Shiprocket; none: its custom channel
    #[arg(long, env = "SHIPROCKET_CHANNEL_ID", value_name = "ID")]
    pub shiprocket_channel_id: Option<String>,

    /// Until when, in India, parcels are picked up on the day they are booked, e.g. 14:00; later
    /// ones on the next day. Without it Shiprocket chooses the day
    #[arg(long, env = "SHIPROCKET_PICKUP_TIME", value_name = "HH:MM")]
    pub shiprocket_pickup_time: Option<String>,

    /// Longest time for one call
    #[arg(long, env = "SHIPROCKET_TIMEOUT", value_name = "DURATION", default_value = "20s",
          value_parser = humantime::parse_duration)]
    pub shiprocket_timeout: Duration,

    /// How long after a call "no such order" proves nothing. Nothing is sent again earlier
    #[arg(long, env = "SHIPROCKET_SETTLE", value_name = "DURATION", default_value = "30s",
          value_parser = humantime::parse_duration)]
    pub shiprocket_settle: Duration,

    /// Do everything but the call: orders are built, checked and logged, then held
    #[arg(long, env = "SHIPROCKET_DRY_RUN", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub shiprocket_dry_run: bool,
}

impl Default for ShiprocketSettings {
    fn default() -> Self {
        Self {
            shiprocket_api_url: API_URL.to_owned(),
            shiprocket_email: None,
            shiprocket_password: None,
            shiprocket_pickup_location: None,
            shiprocket_channel_id: None,
            shiprocket_pickup_time: None,
            shiprocket_timeout: Duration::from_secs(20),
            shiprocket_settle: Duration::from_secs(30),
            shiprocket_dry_run: false,
        }
    }
}

impl ShiprocketSettings {
    pub(super) fn user(&self) -> Result<Option<User>, SettingsError> {
        let Some(email) = text(&self.shiprocket_email) else {
            return Ok(None);
        };
        let password = filled(&self.shiprocket_password);
        Ok(Some(User {
            email: email.to_owned(),
            password: required(password, "SHIPROCKET_PASSWORD", "SHIPROCKET_EMAIL")?,
        }))
    }

    /// Everything that is wrong with these settings together.
    pub(crate) fn contradictions(&self) -> Vec<SettingsError> {
        match self.user() {
            Ok(None) => Vec::new(),
            user => [
                user.err(),
                base_url("SHIPROCKET_API_URL", &self.shiprocket_api_url).err(),
                self.pickup_location().err(),
                self.pickup_until().err(),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }

    pub(super) fn pickup_location(&self) -> Result<String, SettingsError> {
        let location = text(&self.shiprocket_pickup_location).map(str::to_owned);
        required(location, "SHIPROCKET_PICKUP_LOCATION", "SHIPROCKET_EMAIL")
    }

    pub(super) fn pickup_until(&self) -> Result<Option<NaiveTime>, SettingsError> {
        let Some(time) = text(&self.shiprocket_pickup_time) else {
            return Ok(None);
        };
        match NaiveTime::parse_from_str(time, "%H:%M") {
            Ok(time) => Ok(Some(time)),
            Err(_) => Err(SettingsError::Invalid {
                setting: "SHIPROCKET_PICKUP_TIME",
                problem: "must be a time of day such as 14:00".to_owned(),
            }),
        }
    }
}
