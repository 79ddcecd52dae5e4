//! The `stevedore` command: one binary that plays every role of the fleet.
//!
//! Each role is a library (`stevedore_enqueue_api`, `stevedore_worker`, …); this crate reads the
//! settings, connects, and hands over. `docs/decisions/0005` says why there is one binary.

mod api;
mod archive;
mod check;
mod config;
mod demo;
mod doctor;
mod endpoints;
mod jobs;
mod keys;
mod logging;
mod migrate;
mod providers;
mod ready;
mod route;
mod schema;
mod shutdown;
mod simulator;
mod templates;
mod webhooks;
mod worker;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// Requests and jobs are many small allocations on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An order-fulfilment job fleet on PostgreSQL.
///
/// Start with `stevedore demo`: it brings up a private PostgreSQL, the API, two workers and a
/// simulated provider, and sends 200 orders through them.
#[derive(Parser)]
#[command(name = "stevedore", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    logging: logging::LoggingSettings,
    #[command(flatten)]
    config: config::ConfigFile,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Send orders through a whole fleet on this machine and show that the books balance
    Demo(demo::DemoSettings),
    /// Bring the database to this release's schema, or show what that would do
    Migrate(migrate::MigrateSettings),
    /// Serve the HTTP API
    Api(Box<api::ApiCommand>),
    /// Run jobs until told to stop
    Worker(Box<worker::WorkerCommand>),
    /// Serve the simulated providers and the mail catcher (never part of a real shop)
    Simulator(simulator::SimulatorCommand),
    /// Look at jobs, and retry, cancel, move or pause them
    Jobs(Box<jobs::JobsCommand>),
    /// Try the configured providers and carriers
    Providers(providers::ProvidersCommand),
    /// Say who fulfils what, and why an order's lines go where they go
    Route(route::RouteCommand),
    /// Look at what providers sent, and let it be processed again
    Webhooks(webhooks::WebhooksCommand),
    /// Create, list and revoke API keys
    Keys(keys::KeysCommand),
    /// Add, list and change the endpoints of the shop's own apps, and send them events again
    Endpoints(endpoints::EndpointsCommand),
    /// Show what customers and admins are told
    Templates(templates::TemplatesCommand),
    /// Measure how fast the queue is on this machine
    Bench(stevedore_bench::BenchCommand),
    /// Check, show and document the settings
    Config(config::ConfigCommand),
    /// Examine the database: slow statements, indexes, dead rows, settings, held transactions
    Doctor(doctor::DoctorSettings),
    /// Show what was put away of orders that ended long ago
    Archive(archive::ArchiveCommand),
    /// Prove the books: stock, reservations, histories, totals
    Check(check::CheckSettings),
}

/// The exit code of a command that can't start with what it was given, as clap has it.
const WRONG_SETTINGS: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    // Whoever asks for TLS without naming a provider gets ring's; it fails only when it is set.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let loaded = match config::load(Cli::command()) {
        Ok(loaded) => loaded,
        Err(problems) => {
            for problem in problems {
                eprintln!("error: {problem}");
            }
            return ExitCode::from(WRONG_SETTINGS);
        }
    };
    match run(loaded).await {
        Ok(code) => code,
        Err(error) => {
            // One place prints a failure, with its causes, in the words of whoever raised it.
            eprintln!("error: {}", explanation(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes, without those that the text before them has already quoted.
fn explanation(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(&cause) {
            let colon = if text.is_empty() { "" } else { ": " };
            text.push_str(colon);
            text.push_str(&cause);
        }
    }
    text
}

async fn run(loaded: config::Loaded) -> anyhow::Result<ExitCode> {
    let cli = Cli::from_arg_matches(&loaded.matches)?;
    let is_quiet = matches!(
        cli.command,
        Command::Demo(_) | Command::Bench(_) | Command::Jobs(_)
    );
    let _reports = cli.logging.install(is_quiet, loaded.secrets)?;
    for warning in loaded.warnings {
        tracing::warn!("{warning}");
    }
    match cli.command {
        Command::Demo(settings) => demo::run(settings).await,
        Command::Migrate(settings) => migrate::run(settings).await,
        Command::Api(command) => api::run(*command).await,
        Command::Worker(command) => worker::run(*command).await,
        Command::Simulator(command) => simulator::run(command).await,
        Command::Jobs(command) => jobs::run(*command).await,
        Command::Providers(command) => providers::run(command).await,
        Command::Route(command) => route::run(command).await,
        Command::Webhooks(command) => webhooks::run(command).await,
        Command::Keys(command) => keys::run(command).await,
        Command::Endpoints(command) => endpoints::run(command).await,
        Command::Templates(command) => templates::run(command),
        Command::Bench(command) => stevedore_bench::run(command).await,
        Command::Config(command) => config::run(Cli::command(), cli.config, command),
        Command::Doctor(settings) => doctor::run(settings).await,
        Command::Archive(command) => archive::run(command).await,
        Command::Check(settings) => check::run(settings).await,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    #[test]
    fn an_error_tells_each_cause_once() {
        let error = anyhow!("no route")
            .context("cannot send: no route")
            .context("order 7");
        assert_eq!(super::explanation(&error), "order 7: cannot send: no route");
    }
}
