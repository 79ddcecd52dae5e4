//! `stevedore api`: the HTTP API.

use std::process::ExitCode;

use axum::Router;
use clap::Args;
use sqlx::PgPool;
use stevedore_console::{Console, ConsoleSettings};
use stevedore_database::DatabaseSettings;
use stevedore_enqueue_api::ApiSettings;

use crate::{ready, schema, shutdown};

/// Settings of `stevedore api`.
#[derive(Args)]
#[command(after_help = "\
Run as many as you like behind a load balancer; they share nothing but the database. The API's own \
documentation is at /api/docs, its metrics at /metrics, and /console is for the people of the shop.

Example:
  stevedore keys create --name shop --scope orders:write --scope orders:read
  stevedore api --bind 0.0.0.0:8080")]
pub struct ApiCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    api: ApiSettings,
    #[command(flatten)]
    console: ConsoleSettings,
}

/// Serves until a signal asks to stop.
pub async fn run(command: ApiCommand) -> anyhow::Result<ExitCode> {
    let shutdown = shutdown::on_signal()?;
    let pool = schema::await_ready(&command.database).await?;
    let announce = |address| ready::announce("api", address);
    let console = console(&command, &pool)?;
    stevedore_enqueue_api::run_beside(command.api, pool, console, shutdown, announce).await?;
    Ok(ExitCode::SUCCESS)
}

/// The console's pages, unless they are switched off.
fn console(command: &ApiCommand, pool: &PgPool) -> anyhow::Result<Router> {
    if !command.console.console {
        return Ok(Router::new());
    }
    let templates = command.api.templates.library()?;
    let shop = command.api.templates.shop_name();
    let console = Console::new(pool.clone(), command.console.clone(), templates, shop);
    Ok(stevedore_console::router(console))
}
