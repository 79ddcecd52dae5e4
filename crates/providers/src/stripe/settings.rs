//! Stripe's settings.

use std::time::Duration;

use secrecy::SecretString;

const API_URL: &str = "https://api.stripe.com";

/// How Stripe is reached for refunds.
#[derive(Clone, Debug, clap::Args)]
pub struct StripeSettings {
    /// The secret key, or a restricted one that may write refunds; sk_test_… is Stripe's sandbox.
    /// Without it refunds of Stripe payments wait
    #[arg(
        long,
        env = "STRIPE_SECRET_KEY",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub stripe_secret_key: Option<SecretString>,

    /// Stripe's address
    #[arg(long, env = "STRIPE_API_URL", value_name = "URL", default_value = API_URL)]
    pub stripe_api_url: String,

    /// Longest time for one call
    #[arg(long, env = "STRIPE_TIMEOUT", value_name = "DURATION", default_value = "80s",
          value_parser = humantime::parse_duration)]
    pub stripe_timeout: Duration,

    /// Do everything but the call: refunds are built, checked and logged, then refused
    #[arg(long, env = "STRIPE_DRY_RUN", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub stripe_dry_run: bool,
}

impl Default for StripeSettings {
    fn default() -> Self {
        Self {
            stripe_secret_key: None,
            stripe_api_url: API_URL.to_owned(),
            stripe_timeout: Duration::from_secs(80),
            stripe_dry_run: false,
        }
    }
}
