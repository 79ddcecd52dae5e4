//! `stevedore archive show`: what was put away of an order.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::Value;
use stevedore_database::DatabaseSettings;
use stevedore_model::archive::{self, Document};
use stevedore_model::{TenantId, orders};
use uuid::Uuid;

use crate::schema;

/// Settings of `stevedore archive`.
#[derive(Args)]
pub struct ArchiveCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Show what was put away of an order that ended long ago
    #[command(after_help = "\
The order itself, its lines, parts, parcels and payments are where they were, and its history is \
shown with it as before. Workers put details away when RETENTION_ORDER_DETAILS is set.")]
    Show(Show),
}

#[derive(Args)]
struct Show {
    /// The order's id
    #[arg(value_name = "ORDER")]
    order_id: i64,
    /// The shop that it belongs to
    #[arg(long, value_name = "UUID", default_value_t = TenantId::SHOP.0)]
    shop: Uuid,
    /// Print one JSON array instead of text
    #[arg(long)]
    json: bool,
}

/// Prints the documents; an order of which nothing was put away has none.
#[expect(
    clippy::print_stdout,
    reason = "the documents are the command's output"
)]
pub async fn run(command: ArchiveCommand) -> anyhow::Result<ExitCode> {
    let Verb::Show(show) = command.verb;
    let pool = schema::open_now(&command.database).await?;
    let shop = TenantId(show.shop);
    let documents = archive::find(&pool, shop, show.order_id).await?;
    if documents.is_empty() && orders::get(&pool, shop, show.order_id).await?.is_none() {
        bail!("there is no order {}", show.order_id);
    }
    if show.json {
        println!("{}", serde_json::to_string(&documents)?);
    } else if documents.is_empty() {
        println!("nothing was put away of order {}", show.order_id);
    } else {
        for document in &documents {
            println!("{}", in_words(document));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(document: &Document) -> String {
    let mut words = format!(
        "{} rows put away at {}",
        document.row_count,
        document.archived_at.format("%Y-%m-%d %H:%M:%S UTC")
    );
    for (table, rows) in document.document.as_object().into_iter().flatten() {
        words.push_str(&format!("\n{table}"));
        for row in rows.as_array().map_or(&[][..], Vec::as_slice) {
            words.push_str(&format!("\n  {}", told(row)));
        }
    }
    words
}

/// A row without the columns that say nothing.
fn told(row: &Value) -> String {
    let columns = row.as_object().into_iter().flatten();
    let columns = columns.filter(|(_, value)| !value.is_null());
    let columns: Vec<String> = columns
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}={text}"),
            None => format!("{name}={value}"),
        })
        .collect();
    columns.join(" ")
}
