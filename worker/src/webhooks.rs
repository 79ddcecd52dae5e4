//! How webhooks to the shop's own apps are sent.

use std::time::Duration;

use stevedore_providers::{Outbound, OutboundSettings, SettingsError};
use stevedore_queue::{Policy, RetryPolicy};

/// How their jobs are tried: what fails there is the database, so they wait until it is back.
pub(crate) fn patient() -> Policy {
    Policy {
        retry: RetryPolicy::Exponential {
            base: Duration::from_secs(1),
            max: Duration::from_mins(1),
        },
        max_attempts: 1000,
        ..Policy::default()
    }
}

/// What the jobs of webhooks need.
pub struct WebhookDesk {
    /// Who calls.
    pub outbound: Outbound,
    /// Waits between the attempts of a delivery.
    pub retry_delays: Vec<Duration>,
    /// An endpoint that fails for longer is disabled.
    pub disable_after: Duration,
    /// How often events are looked for.
    pub feed_every: Duration,
}

/// Settings of webhooks to the shop's own apps.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Outbound webhooks")]
pub struct OutboundWebhookSettings {
    /// Waits before the second attempt of a delivery, the third, and so on, separated by commas,
    /// each a tenth more or less. After the last one the delivery has failed. An app's Retry-After
    /// goes before them where it is longer
    #[arg(long, env = "WEBHOOK_RETRY_DELAYS", value_name = "DURATIONS",
        default_value = "5s,5m,30m,2h,5h,10h,14h,20h,24h", value_delimiter = ',',
        value_parser = humantime::parse_duration)]
    pub webhook_retry_delays: Vec<Duration>,

    /// An endpoint whose every call failed for so long is disabled; its events are kept
    #[arg(long, env = "WEBHOOK_DISABLE_AFTER", value_name = "DURATION", default_value = "5d",
        value_parser = humantime::parse_duration)]
    pub webhook_disable_after: Duration,

    /// How often events are looked for while there are endpoints: what a delivery may lag behind
    #[arg(long, env = "WEBHOOK_FEED_EVERY", value_name = "DURATION", default_value = "2s",
        value_parser = humantime::parse_duration)]
    pub webhook_feed_every: Duration,

    /// What may be called.
    #[command(flatten)]
    pub outbound: OutboundSettings,
}

/// Builds it.
///
/// # Errors
/// [`SettingsError`] when no HTTP client can be built.
pub fn desk(settings: &OutboundWebhookSettings) -> Result<WebhookDesk, SettingsError> {
    Ok(WebhookDesk {
        outbound: Outbound::new(&settings.outbound)?,
        retry_delays: settings.webhook_retry_delays.clone(),
        disable_after: settings.webhook_disable_after,
        feed_every: settings.webhook_feed_every,
    })
}
