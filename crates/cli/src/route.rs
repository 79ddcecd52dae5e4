//! `stevedore route explain`: why an order's lines go where they go.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::Value;
use stevedore_database::DatabaseSettings;
use stevedore_model::{TenantId, routing};

use crate::schema;

/// Settings of `stevedore route`.
#[derive(Args)]
pub struct RouteCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Say for each line of an order who is tried in which order, and what was done
    #[command(after_help = "\
The rules are rows of routing_rules; the first that fits and whose breaker is closed is asked, the \
next ones are its fail-over, the variant's own provider is the last.")]
    Explain(Explain),
}

#[derive(Args)]
struct Explain {
    /// The order's id
    #[arg(value_name = "ORDER")]
    order_id: i64,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Prints the route.
#[expect(clippy::print_stdout, reason = "the route is the command's output")]
pub async fn run(command: RouteCommand) -> anyhow::Result<ExitCode> {
    let Verb::Explain(explain) = command.verb;
    let pool = schema::open_now(&command.database).await?;
    let Some(route) = routing::explain(&pool, TenantId::SHOP, explain.order_id).await? else {
        bail!("there is no order {}", explain.order_id);
    };
    if explain.json {
        println!("{route}");
    } else {
        println!("{}", in_words(&route));
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(route: &Value) -> String {
    let mut words = format!(
        "order {} to {}",
        text(&route["order_number"]),
        text(&route["country"])
    );
    for line in list(&route["lines"]) {
        words.push_str(&format!("\n{}", text(&line["sku"])));
        for candidate in list(&line["candidates"]) {
            let rule = match &candidate["routing_rule_id"] {
                Value::Null => "the variant's own".to_owned(),
                rule => format!("rule {rule}"),
            };
            words.push_str(&format!(
                "\n  {}. {} ({rule}, service {}), breaker {}",
                candidate["place"],
                text(&candidate["provider"]),
                text(&candidate["service"]),
                text(&candidate["breaker"]),
            ));
        }
        for fulfillment in list(&line["fulfillments"]) {
            words.push_str(&format!(
                "\n  -> fulfilment {} at {}: {}",
                fulfillment["fulfillment_id"],
                text(&fulfillment["provider"]),
                text(&fulfillment["status"]),
            ));
        }
    }
    words
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}
