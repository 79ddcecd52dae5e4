//! `stevedore api`: the HTTP API.

use std::process::ExitCode;

use clap::Args;
use stevedore_database::DatabaseSettings;
use stevedore_enqueue_api::ApiSettings;

use crate::{ready, schema, shutdown};

/// Settings of `stevedore api`.
#[derive(Args)]
#[command(after_help = "\
Run as many as you like behind a load balancer; they share nothing but the database. The API's own \
documentation is at /api/docs, its metrics at /metrics.

Example:
  stevedore keys create --name shop --scope orders:write --scope orders:read
  stevedore api --bind 0.0.0.0:8080")]
pub struct ApiCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    api: ApiSettings,
}

/// Serves until a signal asks to stop.
pub async fn run(command: ApiCommand) -> anyhow::Result<ExitCode> {
    let shutdown = shutdown::on_signal()?;
    let pool = schema::await_ready(&command.database).await?;
    let announce = |address| ready::announce("api", address);
    stevedore_enqueue_api::run(command.api, pool, shutdown, announce).await?;
    Ok(ExitCode::SUCCESS)
}
