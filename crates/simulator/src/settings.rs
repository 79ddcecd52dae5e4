//! The simulator's settings.

use std::net::SocketAddr;

use crate::FaultRule;

/// Where the sandboxes listen and how they misbehave.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Simulator")]
pub struct SimulatorSettings {
    /// Where AT-iShare's sandbox and /state listen; port 0 takes a free one
    #[arg(
        long,
        env = "SIMULATOR_AT_ISHARE_BIND",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:4001"
    )]
    pub simulator_bind: SocketAddr,

    /// Where the mail catcher listens; port 0 takes a free one
    #[arg(
        long,
        env = "SIMULATOR_SMTP_BIND",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:1025"
    )]
    pub simulator_smtp_bind: SocketAddr,

    /// Where Twilio's sandbox listens; port 0 takes a free one
    #[arg(
        long,
        env = "SIMULATOR_TWILIO_BIND",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:4010"
    )]
    pub simulator_twilio_bind: SocketAddr,

    /// The key that AT-iShare's sandbox accepts. It opens nothing but this sandbox
    #[arg(
        long,
        env = "SIMULATOR_API_KEY",
        value_name = "KEY",
        default_value = "simulator-key"
    )]
    pub simulator_api_key: String,

    /// Where the vendors' webhooks go, each to `/<vendor>` below it, e.g.
    /// http://127.0.0.1:8080/api/webhooks; none are sent without it. Prodigi's go to the address
    /// that its orders name
    #[arg(long, env = "SIMULATOR_WEBHOOK_URL", value_name = "URL")]
    pub simulator_webhook_url: Option<String>,

    /// What the webhooks are signed with, or sent as their key
    #[arg(
        long,
        env = "SIMULATOR_WEBHOOK_SECRET",
        value_name = "SECRET",
        default_value = "simulator-webhook-secret"
    )]
    pub simulator_webhook_secret: String,

    /// How often each webhook is sent; copies may overtake each other
    #[arg(
        long,
        env = "SIMULATOR_WEBHOOK_COPIES",
        value_name = "COUNT",
        default_value = "1"
    )]
    pub simulator_webhook_copies: u32,

    /// Whether every other webhook is sent after the one that follows it
    #[arg(long, env = "SIMULATOR_WEBHOOK_DISORDER", value_name = "BOOL", default_value_t = false,
          action = clap::ArgAction::Set)]
    pub simulator_webhook_disorder: bool,

    /// Rules beside the magic numbers, as a JSON list, e.g.
    /// [{"phone":"0271234567","times":2,"fault":{"kind":"server_error"}}]
    #[arg(long = "faults", env = "SIMULATOR_FAULTS", value_name = "JSON", default_value = "[]",
          value_parser = rules)]
    pub simulator_faults: Rules,
}

/// A list that clap takes as one value.
pub type Rules = Vec<FaultRule>;

impl Default for SimulatorSettings {
    /// Free ports on this machine, the usual key, no rules but the magic numbers.
    fn default() -> Self {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            simulator_bind: anywhere,
            simulator_smtp_bind: anywhere,
            simulator_twilio_bind: anywhere,
            simulator_api_key: "simulator-key".to_owned(),
            simulator_webhook_url: None,
            simulator_webhook_secret: "simulator-webhook-secret".to_owned(),
            simulator_webhook_copies: 1,
            simulator_webhook_disorder: false,
            simulator_faults: Vec::new(),
        }
    }
}

fn rules(json: &str) -> Result<Rules, String> {
    serde_json::from_str(json).map_err(|error| format!("no list of fault rules: {error}"))
}
