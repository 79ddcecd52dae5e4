//! How fast the queue is on this machine, beside what PostgreSQL alone could do, and how fast
//! orders are placed.
//!
//! Every section measures several rounds after a warm-up and tells the median and the spread.
//! Figures of one run on one machine compare with each other and with nothing else, so what counts
//! are the ratios: to the bare statements run by `pgbench`, and to other queues (`--peers`).
//!
//! - `settings`: what is measured, and how long
//! - `stage`: the database, by default a private one with the durability of a real one
//! - `fleet`: the workers, in this process and in others
//! - `sections`: one file for each thing that is measured
//! - `report`: the figures, as a table, as JSON, as Markdown
//! - `http`: the API in this process, and its clients
//! - `orders`: `bench orders`
//! - `webhooks`: `bench webhooks`

mod bench;
mod fleet;
mod http;
mod orders;
mod report;
mod screen;
mod sections;
mod settings;
mod stage;
mod stats;
mod webhooks;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use settings::QueueSettings;

/// Settings of `stevedore bench`.
#[derive(Args)]
pub struct BenchCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Measure the queue: enqueue, drain, pick-up, sustained rate, and what disturbs them
    Queue(Box<QueueSettings>),
    /// Measure placing orders over HTTP: rate, latency, and that nothing is oversold
    Orders(orders::OrdersSettings),
    /// Measure taking webhooks over HTTP: rate, latency, and that each is stored with its job
    Webhooks(webhooks::WebhooksSettings),
    /// One worker process of a measurement
    #[command(hide = true)]
    Worker(fleet::ChildSettings),
}

/// Runs the measurement; a failure means that something could not be measured, not that it is slow.
///
/// # Errors
/// When the database cannot be had or a section fails.
pub async fn run(command: BenchCommand) -> anyhow::Result<ExitCode> {
    // Workers of a real fleet count what they do, so these do, too.
    let unmetered = matches!(&command.what, What::Worker(settings) if settings.unmetered);
    if !unmetered {
        stevedore_telemetry::Metrics::install()?;
    }
    match command.what {
        What::Queue(settings) => bench::run(*settings).await?,
        What::Orders(settings) => orders::run(settings).await?,
        What::Webhooks(settings) => webhooks::run(settings).await?,
        What::Worker(settings) => fleet::be_child(settings).await?,
    }
    Ok(ExitCode::SUCCESS)
}
