//! How fast orders are placed over HTTP, and that none is sold twice.

mod shop;

use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use serde::Serialize;

use crate::http::{Api, Client};
use crate::screen::Screen;
use crate::stage::Stage;
use crate::stats::percentile;

/// Settings of `stevedore bench orders`.
#[derive(Args, Debug)]
#[command(after_help = "\
On a private PostgreSQL with the durability of a real one, over HTTP. Clients, API and database \
share this machine's cores.

First orders of two lines each over 50 products, with stock for all. Then orders for one hot \
product of which there is stock for three in four: the rest must be refused, and none sold twice.

Examples:
  stevedore bench orders
  stevedore bench orders --orders 5000 --clients 4
  stevedore bench orders --rate 500                 latency at 500 a second
  stevedore bench orders --json | tail -1 | jq .orders_per_s")]
pub struct OrdersSettings {
    /// Orders to place, and again as many for the hot product
    #[arg(long, value_name = "N", default_value_t = 20_000,
        value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    orders: u64,

    /// Clients that place them, each over a connection of its own
    #[arg(long, value_name = "C", default_value_t = 16,
        value_parser = clap::value_parser!(u64).range(1..=1000))]
    clients: u64,

    /// Orders a second, each at its time whether those before are answered or not: its latency
    /// counts from when it was due [default: as fast as the clients can]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: Option<u32>,

    /// How they are paid; with cod each is confirmed and its fulfilment enqueued, too
    #[arg(long, value_name = "METHOD", default_value = "stripe")]
    payment_method: String,

    /// Print the result as one JSON object, the last line on stdout
    #[arg(long)]
    json: bool,
}

/// What was seen.
#[derive(Debug, Serialize)]
struct Seen {
    orders: u64,
    clients: u64,
    rate: Option<u32>,
    orders_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    hot_orders_per_s: f64,
    hot_p99_ms: f64,
    hot_sold: u64,
    hot_stock: u64,
    hot_refused: u64,
    /// Units promised beyond the stock, and whatever else the books say is wrong.
    oversold: u64,
}

/// Measures and prints.
///
/// # Errors
/// If the API answers anything but placed or out of stock.
pub async fn run(settings: OrdersSettings) -> anyhow::Result<()> {
    let screen = Screen::new();
    screen.plan(4);
    screen.step("opening a shop");
    let stage = Stage::set(None, &screen).await?;
    shop::open(&stage.pool, settings.orders).await?;
    let api = Api::start(&stage, "orders:write").await?;

    // The first orders find cold caches, and plans that were made for empty tables; they are not
    // counted. Then what autovacuum does within a minute.
    screen.step("warm-up");
    place(&api, &settings, settings.orders / 20, shop::order).await?;
    sqlx::query("analyze").execute(&stage.pool).await?;
    screen.step(&format!("{} orders of two lines", settings.orders));
    let spread = place(&api, &settings, settings.orders, shop::order).await?;
    if spread.refused > 0 {
        bail!("{} orders were refused, with stock for all", spread.refused);
    }
    screen.step(&format!("{} orders for one product", settings.orders));
    let hot = place(&api, &settings, settings.orders, shop::hot_order).await?;
    api.stop().await?;
    screen.finish();

    let seen = Seen {
        orders: settings.orders,
        clients: settings.clients,
        rate: settings.rate,
        orders_per_s: spread.placed as f64 / spread.seconds,
        p50_ms: percentile(&spread.latencies_ms, 0.5),
        p99_ms: percentile(&spread.latencies_ms, 0.99),
        hot_orders_per_s: hot.placed as f64 / hot.seconds,
        hot_p99_ms: percentile(&hot.latencies_ms, 0.99),
        hot_sold: hot.placed,
        hot_stock: shop::hot_stock(settings.orders),
        hot_refused: hot.refused,
        oversold: shop::oversold(&stage.pool).await?,
    };
    print(&seen, settings.json)?;
    stage.strike().await
}

/// What became of many orders.
struct Outcome {
    placed: u64,
    refused: u64,
    seconds: f64,
    /// Sorted.
    latencies_ms: Vec<f64>,
}

/// The clients place as many orders together, each one after the other.
async fn place(
    api: &Api,
    settings: &OrdersSettings,
    orders: u64,
    body: impl Fn(u64, &str) -> String,
) -> anyhow::Result<Outcome> {
    let (done, seconds) = api
        .share_out(
            settings.clients,
            0..orders,
            async |client, number, began| {
                let order = body(number, &settings.payment_method);
                let due = settings.rate.map(|rate| began + due_after(number, rate));
                place_one(client, &order, due).await
            },
        )
        .await?;
    let placed = done.iter().filter(|(is_placed, _)| *is_placed).count() as u64;
    let mut latencies_ms: Vec<f64> = done.iter().map(|(_, latency_ms)| *latency_ms).collect();
    latencies_ms.sort_by(f64::total_cmp);
    Ok(Outcome {
        placed,
        refused: orders - placed,
        seconds,
        latencies_ms,
    })
}

/// When an order is due, after the first.
fn due_after(number: u64, rate: u32) -> Duration {
    Duration::from_secs_f64(number as f64 / f64::from(rate))
}

/// Whether it was placed (else there was too little stock), and the milliseconds until the answer.
async fn place_one(
    client: &mut Client,
    order: &str,
    due: Option<Instant>,
) -> anyhow::Result<(bool, f64)> {
    let key = format!("{:032x}", rand::random::<u128>());
    if let Some(due) = due {
        tokio::time::sleep_until(due.into()).await;
    }
    let began = due.unwrap_or_else(Instant::now);
    let is_placed = match client.post("/v1/orders", Some(&key), order).await? {
        201 => true,
        409 if client.said().contains("out_of_stock") => false,
        _ => bail!("the API answered {}", client.said()),
    };
    Ok((is_placed, began.elapsed().as_secs_f64() * 1000.0))
}

#[expect(clippy::print_stdout, reason = "the result is the command's output")]
fn print(seen: &Seen, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(seen)?);
        return Ok(());
    }
    let Seen {
        orders,
        clients,
        rate,
        orders_per_s,
        p50_ms,
        p99_ms,
        hot_orders_per_s,
        hot_p99_ms,
        hot_sold,
        hot_stock,
        hot_refused,
        oversold,
    } = seen;
    let pace = rate.map_or(String::new(), |rate| format!(", {rate} a second asked for"));
    println!("{orders} orders of two lines, {clients} clients{pace}");
    println!("  orders_per_s  {orders_per_s:>9.0}   p50_ms {p50_ms:.1}   p99_ms {p99_ms:.1}");
    println!("{orders} orders for one product, {hot_stock} in stock");
    println!("  orders_per_s  {hot_orders_per_s:>9.0}   p99_ms {hot_p99_ms:.1}");
    println!("  sold {hot_sold}, refused {hot_refused}, oversold {oversold}");
    Ok(())
}
