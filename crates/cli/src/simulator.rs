//! `stevedore simulator`: the outside systems' stand-ins, for a shop's own tests.

use std::process::ExitCode;

use clap::Args;
use stevedore_simulator::SimulatorSettings;

use crate::{ready, shutdown};

/// Settings of `stevedore simulator`.
#[derive(Args)]
#[command(after_help = "\
Nothing talks to it by default: point a worker's provider and SMTP settings at it. What it \
received is at /state.

Example:
  stevedore simulator --bind 127.0.0.1:4001 --smtp-bind 127.0.0.1:1025")]
pub struct SimulatorCommand {
    #[command(flatten)]
    simulator: SimulatorSettings,
}

/// Serves until a signal asks to stop.
pub async fn run(command: SimulatorCommand) -> anyhow::Result<ExitCode> {
    let shutdown = shutdown::on_signal()?;
    let announce = |address| ready::announce("simulator", address);
    stevedore_simulator::run(command.simulator, shutdown, announce).await?;
    Ok(ExitCode::SUCCESS)
}
