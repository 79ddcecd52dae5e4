//! Where log lines go and what they look like, the same for every command.

use clap::Args;
use stevedore_telemetry::{LogFormat, init_tracing};

/// Settings every command takes.
#[derive(Args)]
#[command(next_help_heading = "Logging")]
pub struct LoggingSettings {
    /// How log lines look on stderr
    #[arg(
        long,
        global = true,
        env = "STEVEDORE_LOG_FORMAT",
        value_enum,
        default_value_t
    )]
    log_format: LogFormat,
    /// Which log lines to show, such as `info` or `info,stevedore_queue=debug`
    /// [default: `info`; for `demo`: `error`]
    #[arg(long, global = true, env = "STEVEDORE_LOG")]
    log: Option<String>,
}

impl LoggingSettings {
    /// Installs the log for the process. `quiet` is for commands whose screen is their own.
    pub fn install(&self, quiet: bool) -> anyhow::Result<()> {
        let default = if quiet { "error" } else { "info" };
        init_tracing(self.log_format, self.log.as_deref().unwrap_or(default))?;
        Ok(())
    }
}
