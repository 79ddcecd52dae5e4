//! What an operator may set about the database. The documentation of a field is its `--help`.

use std::time::Duration;

use clap::Args;
use secrecy::SecretString;

/// How to reach PostgreSQL and how hard to lean on it.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Database")]
pub struct DatabaseSettings {
    /// PostgreSQL (15 or newer), e.g. postgres://user:password@host:5432/stevedore
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: SecretString,

    /// Connections of this process's pool, at most; an API opens up to seven more, a worker two
    #[arg(long, env = "DATABASE_POOL_MAX", default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub database_pool_max: u32,

    /// Connections kept open when there is nothing to do
    #[arg(long, env = "DATABASE_POOL_MIN", default_value_t = 0)]
    pub database_pool_min: u32,

    /// How long a caller waits for a free connection (or for a server that restarts)
    #[arg(long, env = "DATABASE_ACQUIRE_TIMEOUT", default_value = "5s",
        value_parser = humantime::parse_duration)]
    pub database_acquire_timeout: Duration,

    /// An idle connection is closed after this time
    #[arg(long, env = "DATABASE_IDLE_TIMEOUT", default_value = "10m",
        value_parser = humantime::parse_duration)]
    pub database_idle_timeout: Duration,

    /// Every connection is replaced after this time, so that a fail-over or a new address is
    /// noticed
    #[arg(long, env = "DATABASE_MAX_LIFETIME", default_value = "30m",
        value_parser = humantime::parse_duration)]
    pub database_max_lifetime: Duration,

    /// The server ends a statement that runs longer than this
    #[arg(long, env = "DATABASE_STATEMENT_TIMEOUT", default_value = "30s",
        value_parser = humantime::parse_duration)]
    pub database_statement_timeout: Duration,

    /// The server ends a transaction that holds its locks idle for longer than this
    #[arg(long, env = "DATABASE_IDLE_IN_TRANSACTION_TIMEOUT", default_value = "10s",
        value_parser = humantime::parse_duration)]
    pub database_idle_in_transaction_timeout: Duration,

    /// The name under which pg_stat_activity shows this process
    #[arg(long, env = "DATABASE_APPLICATION_NAME", default_value = "stevedore")]
    pub database_application_name: String,
}

impl DatabaseSettings {
    /// The defaults above for `url`: for tests, the demo and other callers without a command line.
    #[must_use]
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            database_url: url.into(),
            database_pool_max: 10,
            database_pool_min: 0,
            database_acquire_timeout: Duration::from_secs(5),
            database_idle_timeout: Duration::from_secs(600),
            database_max_lifetime: Duration::from_secs(1800),
            database_statement_timeout: Duration::from_secs(30),
            database_idle_in_transaction_timeout: Duration::from_secs(10),
            database_application_name: "stevedore".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use secrecy::ExposeSecret;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        database: DatabaseSettings,
    }

    #[test]
    fn defaults_of_the_command_line_are_the_defaults_of_new() {
        let parsed = Cli::parse_from(["stevedore", "--database-url", "postgres://x/y"]).database;
        assert_eq!(parsed.database_url.expose_secret(), "postgres://x/y");
        let new = DatabaseSettings::new("postgres://x/y");
        assert_eq!(format!("{parsed:?}"), format!("{new:?}"));
    }

    #[test]
    fn debug_output_hides_the_password() {
        let shown = format!("{:?}", DatabaseSettings::new("postgres://u:hunter2@h/d"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
