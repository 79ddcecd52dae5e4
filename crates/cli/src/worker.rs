//! `stevedore worker`: claims jobs and runs them.

use std::process::ExitCode;

use clap::Args;
use stevedore_database::DatabaseSettings;
use stevedore_worker::WorkerSettings;

use crate::{ready, schema, shutdown};

/// Settings of `stevedore worker`.
#[derive(Args)]
#[command(after_help = "\
Run as many as you like, on as many machines as you like. On SIGTERM a worker claims nothing new, \
finishes what it holds within its grace period, and gives the rest back. A worker that dies is \
noticed by its missing heartbeat, and its jobs run elsewhere. Metrics are at /metrics of the \
address it prints.

Example:
  stevedore worker --queues fulfilment,notifications --concurrency 32")]
pub struct WorkerCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    worker: WorkerSettings,
}

/// Runs jobs until a signal asks to stop.
pub async fn run(command: WorkerCommand) -> anyhow::Result<ExitCode> {
    let shutdown = shutdown::on_signal()?;
    let pool = schema::await_ready(&command.database).await?;
    let announce = |address| ready::announce("worker", address);
    stevedore_worker::run(command.worker, pool, shutdown, announce).await?;
    Ok(ExitCode::SUCCESS)
}
