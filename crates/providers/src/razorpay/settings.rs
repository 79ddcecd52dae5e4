//! Razorpay's settings.

use std::time::Duration;

use secrecy::SecretString;

const API_URL: &str = "https://api.razorpay.com";

/// How Razorpay is reached for refunds.
#[derive(Clone, Debug, clap::Args)]
pub struct RazorpaySettings {
    /// The key's id; rzp_test_… is Razorpay's sandbox. Without it refunds of Razorpay payments wait
    #[arg(long, env = "RAZORPAY_KEY_ID", value_name = "ID")]
    pub razorpay_key_id: Option<String>,

    /// The key's secret. Required with the id
    #[arg(
        long,
        env = "RAZORPAY_KEY_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub razorpay_key_secret: Option<SecretString>,

    /// Razorpay's address
    #[arg(long, env = "RAZORPAY_API_URL", value_name = "URL", default_value = API_URL)]
    pub razorpay_api_url: String,

    /// Longest time for one call
    #[arg(long, env = "RAZORPAY_TIMEOUT", value_name = "DURATION", default_value = "30s",
          value_parser = humantime::parse_duration)]
    pub razorpay_timeout: Duration,

    /// Do everything but the call: refunds are built, checked and logged, then refused
    #[arg(long, env = "RAZORPAY_DRY_RUN", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub razorpay_dry_run: bool,
}

impl Default for RazorpaySettings {
    fn default() -> Self {
        Self {
            razorpay_key_id: None,
            razorpay_key_secret: None,
            razorpay_api_url: API_URL.to_owned(),
            razorpay_timeout: Duration::from_secs(30),
            razorpay_dry_run: false,
        }
    }
}
