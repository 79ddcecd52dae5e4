//! `jobs limit`: how much may run, and how much may be taken in.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use sqlx::PgPool;

use super::screen::Screen;

/// What to limit.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stevedore jobs limit intake mail --max-wait 30s --max-waiting 100000
  stevedore jobs limit intake mail                                   (no limit again)
  stevedore jobs limit sender key:0123456789abcdef --max-per-minute 600
  stevedore jobs limit sender shop:00000000-0000-0000-0000-000000000001 --max-waiting 50000

Callers of the API that would go over an intake limit or a quota are answered 429 with Retry-After;
SQL and Rust enqueues are the application's own and are not refused.")]
pub struct Limit {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Until when the API takes jobs into a queue; without options: always
    Intake {
        /// The queue
        queue: String,
        /// Refuse while a new job would wait longer: backlog by the pace of the last minute
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        max_wait: Option<Duration>,
        /// Refuse while so many jobs wait
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
        max_waiting: Option<i64>,
    },
    /// What one caller of the API may enqueue; without options: anything
    Sender {
        /// `key:` and an API key's id, or `shop:` and a shop's id
        sender: String,
        /// Refuse while it has so many unfinished jobs
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
        max_waiting: Option<i64>,
        /// Refuse beyond so many jobs a minute
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
        max_per_minute: Option<i32>,
    },
}

/// Sets it, and says so.
pub async fn run(pool: &PgPool, screen: Screen, limit: &Limit) -> anyhow::Result<u8> {
    let (what, name) = match &limit.what {
        What::Intake {
            queue,
            max_wait,
            max_waiting,
        } => {
            stevedore_queue::set_service_level(pool, queue, *max_wait, *max_waiting).await?;
            ("intake", queue)
        }
        What::Sender {
            sender,
            max_waiting,
            max_per_minute,
        } => {
            stevedore_queue::set_quota(pool, sender, *max_waiting, *max_per_minute).await?;
            ("sender", sender)
        }
    };
    if screen.json {
        screen.document(&json!({"limited": {what: name}}))?;
    } else {
        screen.line(&format!(
            "the limits of {what} {name} are set; each API process follows within a second"
        ));
    }
    Ok(0)
}
