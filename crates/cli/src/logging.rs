//! Where log lines go and what they look like, the same for every command.

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use stevedore_telemetry::{ErrorReports, LogFormat, init_tracing, report_errors};

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
    /// Where errors are reported to Sentry, as `https://<key>@<host>/<project>`; unset: nowhere
    #[arg(
        long,
        global = true,
        env = "SENTRY_DSN",
        value_name = "URL",
        hide_env_values = true
    )]
    sentry_dsn: Option<SecretString>,
    /// What Sentry calls this installation, e.g. production
    #[arg(long, global = true, env = "SENTRY_ENVIRONMENT", value_name = "NAME")]
    sentry_environment: Option<String>,
}

impl LoggingSettings {
    /// Installs the log for the process. `quiet` is for commands whose screen is their own. Errors
    /// are reported, if they are, without `secrets` and while the answer lives.
    pub fn install(
        &self,
        quiet: bool,
        secrets: Vec<SecretString>,
    ) -> anyhow::Result<Option<ErrorReports>> {
        let dsn = self.sentry_dsn.as_ref().map(|dsn| dsn.expose_secret());
        let reports = dsn
            .map(|dsn| report_errors(dsn, self.sentry_environment.as_deref(), secrets))
            .transpose()?;
        let default = if quiet { "error" } else { "info" };
        init_tracing(self.log_format, self.log.as_deref().unwrap_or(default))?;
        Ok(reports)
    }
}
