//! The console's settings.

use std::time::Duration;

use clap::Args;

/// What an operator may set about the console.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Console")]
pub struct ConsoleSettings {
    /// Whether people may sign in at /console, with an API key that has the scope `admin`
    #[arg(
        long = "console",
        env = "STEVEDORE_CONSOLE",
        value_name = "BOOL",
        default_value_t = true,
        action = clap::ArgAction::Set
    )]
    pub console: bool,

    /// A session that nobody used for so long is over
    #[arg(
        long = "console-idle",
        env = "STEVEDORE_CONSOLE_IDLE",
        value_name = "TIME",
        default_value = "30m",
        value_parser = idle
    )]
    pub console_idle: Duration,

    /// A session is over after so long, used or not
    #[arg(
        long = "console-session",
        env = "STEVEDORE_CONSOLE_SESSION",
        value_name = "TIME",
        default_value = "12h",
        value_parser = whole
    )]
    pub console_session: Duration,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self {
            console: true,
            console_idle: Duration::from_secs(30 * 60),
            console_session: Duration::from_secs(12 * 60 * 60),
        }
    }
}

/// That a session was used is noted once a minute: a shorter time would end it while it is used.
fn idle(text: &str) -> Result<Duration, String> {
    bounded(text, 2 * 60)
}

fn whole(text: &str) -> Result<Duration, String> {
    bounded(text, 60)
}

fn bounded(text: &str, seconds_min: u64) -> Result<Duration, String> {
    const SECONDS_MAX: u64 = 30 * 24 * 60 * 60;
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    match (seconds_min..=SECONDS_MAX).contains(&time.as_secs()) {
        true => Ok(time),
        false => Err(format!("expected a time from {seconds_min}s to 30days")),
    }
}
