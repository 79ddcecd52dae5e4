//! Runs a command with `DATABASE_URL` set to a database that has the whole schema, on a server that
//! lives as long as the command: `cargo run -p stevedore-database --example with_private_server --
//! psql "$DATABASE_URL"` (in single quotes, or the shell puts its own value there).

use std::{
    error::Error,
    process::{Command, ExitCode},
};

use secrecy::ExposeSecret;
use sqlx::{Connection, Executor, PgConnection};
use stevedore_database::{InstallOptions, PrivateServer, PrivateServerOptions, install};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().ok_or("say which command to run")?;

    let server = PrivateServer::start(PrivateServerOptions::for_tests()).await?;
    let mut connection = PgConnection::connect(server.url().expose_secret()).await?;
    connection.execute("create database stevedore").await?;
    connection.close().await?;
    let url = server.url_of("stevedore");
    install(&url, InstallOptions::default()).await?;

    let status = Command::new(program)
        .args(arguments)
        .env("DATABASE_URL", url.expose_secret())
        .status()?;
    server.stop().await?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
