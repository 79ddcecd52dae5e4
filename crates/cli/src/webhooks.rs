//! `stevedore webhooks`: what providers sent, what became of it, and once more.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand, value_parser};
use sqlx::PgPool;
use stevedore_database::DatabaseSettings;
use stevedore_model::TenantId;
use stevedore_model::inbox::{self, Filter, Summary, WEBHOOK_STATUSES};

use crate::schema;

/// Most rows of a list.
const LIST_MAX: i64 = 1_000;

/// Settings of `stevedore webhooks`.
#[derive(Args)]
#[command(after_help = "\
An event that is dead had no effect: its error says why. Once the cause is gone, replay it; what it
had effect on already, it has no second effect on.

Examples:
  stevedore webhooks list --status dead
  stevedore webhooks show 17
  stevedore webhooks replay 17 18")]
pub struct WebhooksCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List events, the newest first, without their bodies
    List(List),
    /// Show one event with its body, which may hold personal data
    Show {
        /// The event's id, as `list` shows it
        webhook_event_id: i64,
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Let events be processed again
    Replay {
        /// The events' ids, as `list` shows them
        #[arg(required = true)]
        webhook_event_ids: Vec<i64>,
    },
}

#[derive(Args)]
struct List {
    /// From this sender: stripe, razorpay, twilio, …
    #[arg(long)]
    source: Option<String>,
    /// With this outcome
    #[arg(long, value_parser = WEBHOOK_STATUSES)]
    status: Option<String>,
    /// Of this type, in the sender's words
    #[arg(long = "type")]
    event_type: Option<String>,
    /// Older than this event
    #[arg(long, value_name = "ID")]
    before: Option<i64>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = value_parser!(u32).range(1..=LIST_MAX))]
    limit: u32,
    /// Print one JSON array instead of text
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub async fn run(command: WebhooksCommand) -> anyhow::Result<ExitCode> {
    let pool = schema::open_now(&command.database).await?;
    match command.verb {
        Verb::List(wanted) => list(&pool, wanted).await?,
        Verb::Show {
            webhook_event_id,
            json,
        } => show(&pool, webhook_event_id, json).await?,
        Verb::Replay { webhook_event_ids } => {
            for id in webhook_event_ids {
                replay(&pool, id).await?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the list is the command's output")]
async fn list(pool: &PgPool, wanted: List) -> anyhow::Result<()> {
    let filter = Filter {
        source: wanted.source,
        status: wanted.status,
        event_type: wanted.event_type,
        ..Filter::default()
    };
    let tenant = TenantId::SHOP;
    let events = inbox::list(pool, tenant, &filter, wanted.before, wanted.limit).await?;
    if wanted.json {
        println!("{}", serde_json::to_string(&events)?);
        return Ok(());
    }
    for event in events {
        println!("{}", line(&event));
    }
    Ok(())
}

fn line(event: &Summary) -> String {
    let kind = event.event_type.as_deref().unwrap_or("-");
    let error = event.error.as_deref().unwrap_or_default();
    format!(
        "{:>8}  {}  {:<10}  {:<9}  {kind}  {error}",
        event.webhook_event_id,
        event.received_at.format("%F %T"),
        event.source,
        event.status,
    )
}

#[expect(clippy::print_stdout, reason = "the event is the command's output")]
async fn show(pool: &PgPool, id: i64, json: bool) -> anyhow::Result<()> {
    let Some(event) = inbox::get(pool, TenantId::SHOP, id).await? else {
        bail!("there is no event {id}; `stevedore webhooks list` shows them");
    };
    if json {
        println!("{}", serde_json::to_string(&event)?);
        return Ok(());
    }
    let kind = event.event_type.as_deref().unwrap_or("-");
    println!("{} {} of {}", event.event_id, kind, event.source);
    println!("received {}", event.received_at.format("%F %T"));
    println!("{} after {} attempts", event.status, event.attempts);
    if let Some(error) = &event.error {
        println!("{error}");
    }
    println!("{}", event.headers);
    println!("{}", String::from_utf8_lossy(&event.body));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the job is the command's output")]
async fn replay(pool: &PgPool, id: i64) -> anyhow::Result<()> {
    let Some(job_id) = inbox::replay(pool, TenantId::SHOP, id).await? else {
        bail!("there is no event {id}; `stevedore webhooks list` shows them");
    };
    println!("event {id} is processed again by job {job_id}");
    Ok(())
}
