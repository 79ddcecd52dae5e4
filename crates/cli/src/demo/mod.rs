//! `stevedore demo`: a whole fleet on this machine, real orders, and books that must balance.
//!
//! It reads front to back: [`Stage::set`] starts everything, [`run_orders()`] lets the buyers loose
//! and waits for the last delivery, [`Stage::report`] reads the result, [`Report::faults`] judges.

mod books;
mod buyers;
mod chaos;
mod fleet;
mod plan;
mod report;
mod run_orders;
mod screen;
mod stage;

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use secrecy::SecretString;

use self::plan::Plan;
use self::report::Report;
use self::run_orders::run_orders;
use self::screen::Screen;
use self::stage::Stage;
use crate::shutdown;

/// Settings of `stevedore demo`.
#[derive(Args)]
#[command(after_help = "\
Among the orders: a product with less stock than buyers, mistyped telephone numbers, numbers the \
provider refuses, provider errors and lost answers, cancellations, and orders sent twice with one \
Idempotency-Key. Exits 0 only if every order came to its end and the books balance.

Examples:
  stevedore demo --keep                        look around afterwards, Ctrl-C ends it
  stevedore demo --orders 2000 --workers 8
  stevedore demo --kill-worker                 SIGKILL for a worker in the middle
  stevedore demo --json | tail -1 | jq .       the result for a script")]
pub struct DemoSettings {
    /// How many orders to send
    #[arg(long, value_name = "N", default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    orders: u32,

    /// How many worker processes to run
    #[arg(long, value_name = "N", default_value_t = 2,
        value_parser = clap::value_parser!(u32).range(1..=32))]
    workers: u32,

    /// Stay up afterwards, until Ctrl-C
    #[arg(long)]
    keep: bool,

    /// Print the result as one JSON object, the last line on stdout
    #[arg(long)]
    json: bool,

    /// Kill one worker with SIGKILL when half of the orders are sent, and start another
    #[arg(long)]
    kill_worker: bool,

    /// Crash PostgreSQL and start it again when half of the orders are sent (private server only)
    #[arg(long, conflicts_with = "database_url")]
    restart_postgres: bool,

    /// Use this empty database instead of a private server, e.g. postgres://user:pass@host/demo
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<SecretString>,
}

/// Runs the demo; the exit code says whether the books balance.
pub async fn run(settings: DemoSettings) -> anyhow::Result<ExitCode> {
    let stop = shutdown::on_signal()?;
    let plan = Plan::new(settings.orders as usize);
    let screen = Screen::new(u64::from(settings.orders));
    let (stage, report) = tokio::select! {
        played = play(&settings, &plan, &screen) => played?,
        // Dropping the play ends its processes and removes its private database.
        () = stop.cancelled() => bail!("interrupted; nothing is left behind"),
    };
    let faults = report.faults(&plan);
    print(&report, &faults, settings.json)?;
    if settings.keep {
        screen.tell(&format!("API key    {}", stage.web_key()));
        screen.tell("everything stays up; Ctrl-C ends it");
        stop.cancelled().await;
    }
    stage.strike().await?;
    Ok(if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn play(
    settings: &DemoSettings,
    plan: &Plan,
    screen: &Screen,
) -> anyhow::Result<(Stage, Report)> {
    let mut stage = Stage::set(settings, plan, screen).await?;
    let outcome = run_orders(&mut stage, settings, plan, screen).await?;
    let report = stage.report(&outcome, plan).await?;
    Ok((stage, report))
}

#[expect(clippy::print_stdout, reason = "the result is the command's output")]
fn print(report: &Report, faults: &[String], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(report)?);
    } else {
        println!("{report}\n");
        if faults.is_empty() {
            println!("The books balance.");
        }
    }
    for fault in faults {
        eprintln!("The books do not balance: {fault}.");
    }
    Ok(())
}
