//! `stevedore check`: prove the books.

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use stevedore_database::DatabaseSettings;
use stevedore_model::books::{self, Section};

use crate::schema;

/// Settings of `stevedore check`.
#[derive(Args)]
#[command(after_help = "\
Compares, over the whole database: stock on hand with the ledger of movements, reserved stock with \
the open reservations, each order's history with the legal transitions, each order's total with \
its lines, payments and wallets with what was taken and given back. Says on the error channel \\
how far it is. Exits 0 when all agree, 1 when something does not, and lists it.")]
pub struct CheckSettings {
    #[command(flatten)]
    database: DatabaseSettings,
    /// Print one JSON array instead of text
    #[arg(long)]
    json: bool,
}

/// Prints each discrepancy; the exit code says whether there is one.
#[expect(clippy::print_stdout, reason = "the report is the command's output")]
pub async fn run(settings: CheckSettings) -> anyhow::Result<ExitCode> {
    let pool = schema::open_now(&settings.database).await?;
    let mut discrepancies = Vec::new();
    for section in Section::ALL {
        // On the error channel, so that the report can be piped.
        eprint!("{}... ", section.name());
        let start = Instant::now();
        let found = books::discrepancies_in(&pool, section).await?;
        eprintln!("{} discrepancies, {:.1?}", found.len(), start.elapsed());
        discrepancies.extend(found);
    }
    if settings.json {
        println!("{}", serde_json::to_string(&discrepancies)?);
    } else if discrepancies.is_empty() {
        println!("the books balance");
    } else {
        for found in &discrepancies {
            println!("{found}");
        }
        println!("{} discrepancies", discrepancies.len());
    }
    Ok(if discrepancies.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
