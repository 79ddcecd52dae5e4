//! `stevedore doctor`: what is wrong with the database itself, and the next step.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use stevedore_database::DatabaseSettings;
use stevedore_model::doctor::{Finding, examine};

use crate::schema;

/// Settings of `stevedore doctor`.
#[derive(Args)]
#[command(after_help = "\
Looks for slow statements (with pg_stat_statements), unused, missing, invalid and duplicate \
indexes, dead rows, settings, connections, held transactions, waits for locks, replication slots \
that keep WAL, the age of transactions, and sequences near their end. It reads statistics alone, \
so it may run at any time. Exits 1 if anything is critical or a warning; notices may wait.

Example:
  stevedore doctor --held-longer-than 5m")]
pub struct DoctorSettings {
    #[command(flatten)]
    database: DatabaseSettings,
    /// How long a transaction may be open, or a lock be waited for, before it is told
    #[arg(long, value_name = "DURATION", default_value = "1m",
        value_parser = humantime::parse_duration)]
    held_longer_than: Duration,
    /// Print one JSON array instead of text
    #[arg(long)]
    json: bool,
}

/// Prints each finding; the exit code says whether any must not wait.
#[expect(clippy::print_stdout, reason = "the report is the command's output")]
pub async fn run(settings: DoctorSettings) -> anyhow::Result<ExitCode> {
    let pool = schema::open_now(&settings.database).await?;
    let pool_max = i32::try_from(settings.database.database_pool_max).ok();
    let findings = examine(&pool, settings.held_longer_than, pool_max).await?;
    if settings.json {
        println!("{}", serde_json::to_string(&findings)?);
    } else if findings.is_empty() {
        println!("nothing is wrong");
    } else {
        findings.iter().for_each(print);
    }
    Ok(match findings.iter().all(Finding::is_notice) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

#[expect(clippy::print_stdout, reason = "the report is the command's output")]
fn print(found: &Finding) {
    let Finding {
        finding,
        severity,
        subject,
        evidence,
        advice,
    } = found;
    println!("{severity}: {finding}: {subject}\n  {evidence}\n  {advice}\n");
}
