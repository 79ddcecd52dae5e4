//! `stevedore providers check`: call every configured provider and carrier without any effect
//! there, and say what works.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use serde::Serialize;
use stevedore_providers::{
    Carrier, FulfilmentProvider, Journal, LocalTokens, ProviderError, ProviderSettings, TokenCache,
    TrackingNumber, carriers, registry,
};

/// A number of no carrier: that it isn't known is an answer to our credentials.
const NO_PARCEL: &str = "STEVEDORE-CHECK";
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
Asks each for something that isn't there: nothing is ordered, booked or changed. Reads the same \
settings as a worker, and needs no database. Exits 0 when all work, 1 when one does not.")]
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
    let mut checked = Vec::new();
    for provider in registry(&check.providers, &tokens)?.into_values() {
        checked.push(ask(provider.as_ref()).await);
    }
    for carrier in carriers(&check.providers, &tokens)?.into_values() {
        // One that can't be asked for parcels has no harmless call.
        if carrier.capabilities().track_batch.is_some() {
            checked.push(look(carrier.as_ref()).await);
        }
    }
    checked.sort_by_key(|one| (one.kind, one.code));
    print(&checked, check.json)?;
    Ok(if checked.iter().all(|one| one.works) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn ask(provider: &dyn FulfilmentProvider) -> Checked {
    let began = Instant::now();
    let mut journal = Journal::new();
    let result = tokio::time::timeout(PATIENCE, provider.ping(&mut journal)).await;
    let result = result.unwrap_or_else(|_| Err(no_answer()));
    let (code, account) = (provider.code(), provider.account());
    checked("provider", code, account, began, result)
}

async fn look(carrier: &dyn Carrier) -> Checked {
    let began = Instant::now();
    let mut journal = Journal::new();
    let number = TrackingNumber::new(NO_PARCEL).expect("letters and a dash");
    let asked = [number];
    let result = tokio::time::timeout(PATIENCE, carrier.track(&asked, &mut journal)).await;
    let result = match result {
        // That it is no number of theirs is an answer, too.
        Ok(Ok(_) | Err(ProviderError::Rejected { .. })) => {
            Ok("answers, and takes our credentials".to_owned())
        }
        Ok(Err(error)) => Err(error),
        Err(_elapsed) => Err(no_answer()),
    };
    let (code, account) = (carrier.code(), carrier.account());
    checked("carrier", code, account, began, result)
}

fn no_answer() -> ProviderError {
    ProviderError::Unknown {
        message: format!("no answer within {PATIENCE:?}"),
    }
}

fn checked(
    kind: &'static str,
    code: &'static str,
    account: &str,
    began: Instant,
    result: Result<String, ProviderError>,
) -> Checked {
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
