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

    /// The key that AT-iShare's sandbox accepts. It opens nothing but this sandbox
    #[arg(
        long,
        env = "SIMULATOR_API_KEY",
        value_name = "KEY",
        default_value = "simulator-key"
    )]
    pub simulator_api_key: String,

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
            simulator_api_key: "simulator-key".to_owned(),
            simulator_faults: Vec::new(),
        }
    }
}

fn rules(json: &str) -> Result<Rules, String> {
    serde_json::from_str(json).map_err(|error| format!("no list of fault rules: {error}"))
}
