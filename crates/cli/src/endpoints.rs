//! `stevedore endpoints`: where the shop's own apps hear of events.

use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use stevedore_database::DatabaseSettings;
use stevedore_model::TenantId;
use stevedore_model::webhooks::{self, EndpointChange, EndpointView, Replay};

use crate::schema;

const SHOP: TenantId = TenantId::SHOP;

/// Settings of `stevedore endpoints`.
#[derive(Args)]
#[command(after_help = "\
A secret is shown once, when it is made. docs/outbound-webhooks.md says what an app gets.

Examples:
  stevedore endpoints create https://app.example.com/hooks --kind order --kind refund.settled
  stevedore endpoints list
  stevedore endpoints rotate 3 --overlap 24h
  stevedore endpoints enable 3
  stevedore endpoints replay 3 --from 2030-01-01T08:00:00Z")]
pub struct EndpointsCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Add an endpoint and print its secret
    Create {
        /// Where to; https, unless workers allow otherwise
        url: String,
        /// Kinds of events such as order.confirmed, and first halves such as order; give several
        /// times [default: all]
        #[arg(long = "kind")]
        kinds: Vec<String>,
        /// Hold back what comes after a failed delivery
        #[arg(long)]
        fifo: bool,
        /// Calls at the same time
        #[arg(long, default_value = "1", value_parser = clap::value_parser!(i16).range(1..=20))]
        lanes: i16,
    },
    /// List endpoints: id, state, where to, what of; never their secrets
    List {
        /// Print one JSON array instead of text
        #[arg(long)]
        json: bool,
    },
    /// Give an endpoint a new secret and print it; the old one signs, too, for a while
    Rotate {
        /// The endpoint's id
        endpoint_id: i64,
        /// For how long
        #[arg(long, value_name = "DURATION", default_value = "24h",
            value_parser = humantime::parse_duration)]
        overlap: Duration,
    },
    /// Send an endpoint what was held back, and what comes
    Enable {
        /// The endpoint's id
        endpoint_id: i64,
    },
    /// Keep an endpoint's events and send nothing
    Disable {
        /// The endpoint's id
        endpoint_id: i64,
    },
    /// Send what failed again, with the same ids
    Replay {
        /// The endpoint's id
        endpoint_id: i64,
        /// This delivery, whatever became of it
        #[arg(long)]
        delivery: Option<i64>,
        /// Made then or later, such as 2030-01-01T08:00:00Z
        #[arg(long, value_name = "TIME")]
        from: Option<DateTime<Utc>>,
        /// Made before
        #[arg(long, value_name = "TIME")]
        until: Option<DateTime<Utc>>,
        /// What was delivered, too
        #[arg(long)]
        delivered: bool,
    },
}

/// Runs the verb.
#[expect(clippy::print_stdout, reason = "what it says is the command's output")]
pub async fn run(command: EndpointsCommand) -> anyhow::Result<ExitCode> {
    let pool = schema::open_now(&command.database).await?;
    match command.verb {
        Verb::Create {
            url,
            kinds,
            fifo,
            lanes,
        } => {
            let new = EndpointChange {
                url: Some(url),
                kinds: Some(kinds),
                ordering: fifo.then(|| "fifo".to_owned()),
                lanes: Some(lanes),
                ..EndpointChange::default()
            };
            let (endpoint_id, secret) = webhooks::create(&pool, SHOP, &new).await?;
            println!("{}", secret.expose_secret());
            eprintln!(
                "This is the only time that it is shown. The endpoint's id is {endpoint_id}."
            );
        }
        Verb::List { json } => {
            let endpoints = webhooks::list(&pool, SHOP, None).await?;
            if json {
                println!("{}", serde_json::to_string(&endpoints)?);
            } else {
                endpoints.iter().for_each(print);
            }
        }
        Verb::Rotate {
            endpoint_id,
            overlap,
        } => {
            let secret = webhooks::rotate(&pool, SHOP, endpoint_id, overlap).await?;
            println!("{}", secret.expose_secret());
        }
        Verb::Enable { endpoint_id } => change(&pool, endpoint_id, "enabled").await?,
        Verb::Disable { endpoint_id } => change(&pool, endpoint_id, "disabled").await?,
        Verb::Replay {
            endpoint_id,
            delivery,
            from,
            until,
            delivered,
        } => {
            let statuses = ["failed", "held", "delivered"];
            let statuses = &statuses[..if delivered { 3 } else { 2 }];
            let which = Replay {
                delivery_id: delivery,
                from,
                until,
                statuses: statuses.iter().map(|word| (*word).to_owned()).collect(),
            };
            let replayed = webhooks::replay(&pool, SHOP, endpoint_id, &which).await?;
            println!("sends {replayed} again");
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "what it says is the command's output")]
async fn change(pool: &sqlx::PgPool, endpoint_id: i64, state: &str) -> anyhow::Result<()> {
    let change = EndpointChange {
        state: Some(state.to_owned()),
        ..EndpointChange::default()
    };
    webhooks::change(pool, SHOP, endpoint_id, &change).await?;
    println!("{state} {endpoint_id}");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the list is the command's output")]
fn print(endpoint: &EndpointView) {
    let kinds = endpoint.kinds.as_ref();
    let kinds = kinds.map_or_else(|| "all".to_owned(), |kinds| kinds.join(" "));
    let state = match &endpoint.disabled_reason {
        Some(reason) => format!("{}: {reason}", endpoint.state),
        None if endpoint.failures > 0 => format!("fails ({})", endpoint.failures),
        None => endpoint.state.clone(),
    };
    let (id, url) = (endpoint.endpoint_id, &endpoint.url);
    println!("{id:>6}  {state:<12}  {url}  {kinds}");
}
