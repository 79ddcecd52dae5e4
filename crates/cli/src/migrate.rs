//! `stevedore migrate`: bring the database to this release's schema.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use stevedore_database::{DatabaseSettings, InstallOptions, install};

/// Settings of `stevedore migrate`.
#[derive(Args)]
#[command(after_help = "\
Runs migrations/ and then sql/ in one transaction under an advisory lock: ten processes may start \
it at once, and either everything of it holds or nothing. Run it as a step of a deploy, before the \
new API and workers start; these only check that the schema fits.

Examples:
  stevedore migrate --dry-run     show what would be done
  stevedore migrate               do it")]
pub struct MigrateSettings {
    #[command(flatten)]
    database: DatabaseSettings,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Installs the schema and prints what was done.
#[expect(clippy::print_stdout, reason = "the report is the command's output")]
pub async fn run(settings: MigrateSettings) -> anyhow::Result<ExitCode> {
    let options = InstallOptions {
        dry_run: settings.dry_run,
        ..InstallOptions::default()
    };
    let report = install(&settings.database.database_url, options).await?;
    if settings.json {
        let report = json!({
            "dry_run": report.dry_run,
            "migrations": report.migrations_applied,
            "objects": report.objects_installed,
            "dropped": report.objects_dropped,
            "orphaned": report.objects_orphaned,
            "duration_ms": report.duration.as_millis(),
        });
        println!("{report}");
        return Ok(ExitCode::SUCCESS);
    }
    for file in report
        .migrations_applied
        .iter()
        .chain(&report.objects_installed)
    {
        println!("{file}");
    }
    println!("{report}");
    Ok(ExitCode::SUCCESS)
}
