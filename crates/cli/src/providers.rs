//! `stevedore providers check`: call every configured provider of goods, labels and refunds without
//! any effect there, and say what works.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use serde::Serialize;
use stevedore_providers::{
    Journal, LocalTokens, ProviderError, ProviderSettings, TokenCache, carriers, refund_registry,
    registry,
};

/// For one provider, whatever its own limit is.
const PATIENCE: Duration = Duration::from_secs(30);

/// Settings of `stevedore providers`.
#[derive(Args)]
pub struct ProvidersCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Call each configured provider and carrier harmlessly, and print what works
    #[command(after_help = "\
Asks each for something that isn't there, or for a list: nothing is ordered, booked or changed. \
Reads the same settings as a worker, and needs no database. Exits 0 when all work, 1 when one does \
not.")]
    Check(Box<Check>),
}

#[derive(Args)]
struct Check {
    #[command(flatten)]
    providers: ProviderSettings,
    /// Print one JSON array instead of text
    #[arg(long)]
    json: bool,
}

/// What one of them said.
#[derive(Serialize)]
struct Checked {
    kind: &'static str,
    code: &'static str,
    account: String,
    works: bool,
    outcome: &'static str,
    said: String,
    duration_ms: u128,
}

/// Runs the verb; the exit code says whether all work.
pub async fn run(command: ProvidersCommand) -> anyhow::Result<ExitCode> {
    let Verb::Check(check) = command.verb;
    let tokens: Arc<dyn TokenCache> = Arc::new(LocalTokens::default());
    let settings = &check.providers;
    let mut checked = Vec::new();
    let journal = &mut Journal::new();
    for provider in registry(settings, &tokens)?.into_values() {
        let (code, account) = (provider.code(), provider.account());
        checked.push(ask("provider", code, account, provider.ping(journal)).await);
    }
    for carrier in carriers(settings, &tokens)?.into_values() {
        let (code, account) = (carrier.code(), carrier.account());
        checked.push(ask("carrier", code, account, carrier.ping(journal)).await);
    }
    for provider in refund_registry(settings)?.into_values() {
        checked.push(
            ask(
                "refunds",
                provider.code(),
                "default",
                provider.ping(journal),
            )
            .await,
        );
    }
    checked.sort_by_key(|one| (one.kind, one.code));
    print(&checked, check.json)?;
    Ok(if checked.iter().all(|one| one.works) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Holds a harmless call to its time.
async fn ask(
    kind: &'static str,
    code: &'static str,
    account: &str,
    call: impl Future<Output = Result<String, ProviderError>>,
) -> Checked {
    let began = Instant::now();
    let result = tokio::time::timeout(PATIENCE, call).await;
    let result = result.unwrap_or_else(|_| Err(no_answer()));
    let (works, outcome) = match &result {
        Ok(_) => (true, "ok"),
        Err(error) => (false, error.outcome()),
    };
    Checked {
        kind,
        code,
        account: account.to_owned(),
        works,
        outcome,
        said: result.unwrap_or_else(|error| error.to_string()),
        duration_ms: began.elapsed().as_millis(),
    }
}

fn no_answer() -> ProviderError {
    ProviderError::Unknown {
        message: format!("no answer within {PATIENCE:?}"),
    }
}

#[expect(clippy::print_stdout, reason = "the report is the command's output")]
fn print(checked: &[Checked], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(checked)?);
        return Ok(());
    }
    if checked.is_empty() {
        println!("no provider and no carrier is configured");
    }
    for one in checked {
        let word = if one.works { "works" } else { "FAILS" };
        println!(
            "{word}  {:8}  {:12}  {:6} ms  {}",
            one.kind, one.code, one.duration_ms, one.said
        );
    }
    Ok(())
}
