//! Log lines: for people while developing, JSON for machines, always on standard error.

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::error_reports;

/// How log lines are written; on a command line `pretty` or `json`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One coloured line for people (no colour when standard error is not a terminal).
    #[default]
    Pretty,
    /// One JSON object a line: `timestamp`, `level`, `target`, `message`, the event's fields at the
    /// top level, and the fields of the spans around it in `spans`.
    Json,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TracingError {
    /// The filter is not of the form `info,stevedore_queue=debug`.
    #[error("the log filter {filter:?} can't be read")]
    Filter {
        /// The filter as given.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// This process already logs: `init_tracing` is called once, by `main`.
    #[error("logging was already set up in this process")]
    AlreadySet(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts logging for the whole process, to standard error: standard output belongs to results.
///
/// `filter` is a level, or levels by target: `info`, or `warn,stevedore_queue=debug`. In JSON a
/// panic is a log line, too, so that no collector has to parse the runtime's own text.
///
/// # Errors
/// [`TracingError::Filter`] for a filter that can't be read, [`TracingError::AlreadySet`] the
/// second time.
pub fn init_tracing(format: LogFormat, filter: &str) -> Result<(), TracingError> {
    let parsed = EnvFilter::builder()
        .parse(filter)
        .map_err(|source| TracingError::Filter {
            filter: filter.to_owned(),
            source,
        })?;
    // Not `fmt()`, whose subscriber panics when a layer on it has a filter of its own.
    let filtered = tracing_subscriber::registry().with(parsed);
    let lines = fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Pretty => filtered
            .with(lines.with_ansi(std::io::stderr().is_terminal()))
            .with(error_reports::layer())
            .try_init()?,
        LogFormat::Json => {
            filtered
                .with(lines.json().flatten_event(true))
                .with(error_reports::layer())
                .try_init()?;
            std::panic::set_hook(Box::new(log_panic));
        }
    }
    Ok(())
}

/// Logs a panic as an error.
pub(crate) fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let message = panic.payload_as_str().unwrap_or("no message");
    tracing::error!(
        panic.message = message,
        panic.place = place.as_deref(),
        thread.name = std::thread::current().name(),
        "panicked: {message}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_filter_is_refused_and_named() {
        let refusal = init_tracing(LogFormat::Json, "info,stevedore=shouting").unwrap_err();
        assert!(matches!(&refusal, TracingError::Filter { filter, .. }
            if filter == "info,stevedore=shouting"));
    }
}
