//! Royal Mail's settings.

use std::time::Duration;

use secrecy::SecretString;

use crate::CallRate;

/// How Royal Mail is reached. It has one address for on-boarding and live; the plan that the client
/// id is subscribed to says which it is.
#[derive(Clone, Debug, clap::Args)]
pub struct RoyalMailSettings {
    /// The client id of the app at developer.royalmail.net. Without it Royal Mail is off
    #[arg(long, env = "ROYAL_MAIL_CLIENT_ID", value_name = "ID")]
    pub royal_mail_client_id: Option<String>,

    /// Its secret. Required with the client id
    #[arg(
        long,
        env = "ROYAL_MAIL_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub royal_mail_client_secret: Option<SecretString>,

    /// The user of the Shipping API, for labels. Without it Royal Mail only tracks
    #[arg(long, env = "ROYAL_MAIL_USERNAME", value_name = "NAME")]
    pub royal_mail_username: Option<String>,

    /// Its password. Required with the user
    #[arg(
        long,
        env = "ROYAL_MAIL_PASSWORD",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub royal_mail_password: Option<SecretString>,

    /// The posting location of the Shipping API. Required with the user
    #[arg(long, env = "ROYAL_MAIL_POSTING_LOCATION", value_name = "NUMBER")]
    pub royal_mail_posting_location: Option<String>,

    /// Royal Mail's address
    #[arg(
        long,
        env = "ROYAL_MAIL_API_URL",
        value_name = "URL",
        default_value = "https://api.royalmail.net"
    )]
    pub royal_mail_api_url: String,

    /// Longest time for one call, from connecting to the last byte
    #[arg(long, env = "ROYAL_MAIL_TIMEOUT", value_name = "DURATION", default_value = "20s",
          value_parser = humantime::parse_duration)]
    pub royal_mail_timeout: Duration,

    /// Calls at most, as COUNT/TIME; each plan has its own
    #[arg(
        long,
        env = "ROYAL_MAIL_RATE",
        value_name = "RATE",
        default_value = "1/1s"
    )]
    pub royal_mail_rate: CallRate,

    /// Build requests for labels and do not send them
    #[arg(long, env = "ROYAL_MAIL_DRY_RUN", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub royal_mail_dry_run: bool,
}

impl Default for RoyalMailSettings {
    fn default() -> Self {
        Self {
            royal_mail_client_id: None,
            royal_mail_client_secret: None,
            royal_mail_username: None,
            royal_mail_password: None,
            royal_mail_posting_location: None,
            royal_mail_api_url: "https://api.royalmail.net".to_owned(),
            royal_mail_timeout: Duration::from_secs(20),
            royal_mail_rate: CallRate::per_second(1),
            royal_mail_dry_run: false,
        }
    }
}
