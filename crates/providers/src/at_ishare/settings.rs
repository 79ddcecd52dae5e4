//! AT-iShare's settings.

use std::time::Duration;

use secrecy::SecretString;

use crate::vendor::{filled, text};

/// Which of the vendor's two interfaces is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Generation {
    /// Takes our reference: a lost answer can be looked up.
    #[default]
    #[value(name = "1")]
    One,
    /// Names orders itself: a lost answer waits for a person.
    #[value(name = "2")]
    Two,
}

/// How AT-iShare is reached.
#[derive(Clone, Debug, clap::Args)]
pub struct AtIshareSettings {
    /// AT-iShare's address, e.g. `https://api.example.com/api`. Without it the provider is off and
    /// its orders wait
    #[arg(long, env = "AT_ISHARE_API_URL", value_name = "URL")]
    pub at_ishare_api_url: Option<String>,

    /// The agent's key at AT-iShare. Required with the address
    #[arg(
        long,
        env = "AT_ISHARE_API_KEY",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub at_ishare_api_key: Option<SecretString>,

    /// A second secret, for resellers that want one; sent as the header x-api-secret
    #[arg(
        long,
        env = "AT_ISHARE_API_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub at_ishare_api_secret: Option<SecretString>,

    /// The vendor's interface: 1 takes our reference, so a lost answer is looked up before
    /// anything is sent again; 2 does not, so a lost answer puts the order on hold for a person
    #[arg(long, env = "AT_ISHARE_GENERATION", value_enum, default_value = "1")]
    pub at_ishare_generation: Generation,

    /// Longest time for one call, from connecting to the last byte
    #[arg(long, env = "AT_ISHARE_TIMEOUT", value_name = "DURATION", default_value = "15s",
          value_parser = humantime::parse_duration)]
    pub at_ishare_timeout: Duration,

    /// How long after a call "order not found" proves nothing, because the vendor queues before
    /// it records. Nothing is sent again earlier
    #[arg(long, env = "AT_ISHARE_SETTLE", value_name = "DURATION", default_value = "30s",
          value_parser = humantime::parse_duration)]
    pub at_ishare_settle: Duration,

    /// Do everything but the call: orders are built, checked and logged, then held
    #[arg(long, env = "AT_ISHARE_DRY_RUN", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub at_ishare_dry_run: bool,
}

impl Default for AtIshareSettings {
    fn default() -> Self {
        Self {
            at_ishare_api_url: None,
            at_ishare_api_key: None,
            at_ishare_api_secret: None,
            at_ishare_generation: Generation::One,
            at_ishare_timeout: Duration::from_secs(15),
            at_ishare_settle: Duration::from_secs(30),
            at_ishare_dry_run: false,
        }
    }
}

// A variable that is set to nothing, as compose files do, is not set.
impl AtIshareSettings {
    pub(super) fn address(&self) -> Option<&str> {
        text(&self.at_ishare_api_url)
    }

    pub(super) fn api_key(&self) -> Option<SecretString> {
        filled(&self.at_ishare_api_key)
    }

    pub(super) fn api_secret(&self) -> Option<SecretString> {
        filled(&self.at_ishare_api_secret)
    }
}
