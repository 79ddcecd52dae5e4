//! `jobs limit`: how much may run, and how much may be taken in.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use sqlx::PgPool;
use stevedore_queue::LimitScope;

use super::screen::Screen;

/// What to limit.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stevedore jobs limit fleet kind sms --max-running 5
  stevedore jobs limit fleet kind sms --per-second 20 --burst 40
  stevedore jobs limit fleet kind sms                                (no limit again)
  stevedore jobs limit fleet group tenant:7 --max-running 3          (1 without a limit)
  stevedore jobs limit ageing default --step 10s
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
    /// What the whole fleet may run; without options: anything (a group: one job at once)
    Fleet {
        /// Of what
        scope: Scope,
        /// The queue, kind, group key, or key that handlers take tokens under
        name: String,
        /// Jobs at once
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=10_000))]
        max_running: Option<i32>,
        /// Starts a second
        #[arg(long, value_name = "RATE")]
        per_second: Option<f64>,
        /// How many of them may come at once [default: one second's worth]
        #[arg(long, value_name = "N", requires = "per_second")]
        burst: Option<i32>,
    },
    /// What one step of priority is worth in waiting time; without a step: strict priorities
    Ageing {
        /// The queue
        queue: String,
        /// A job can be overtaken only by jobs that come this much later for each step of priority
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        step: Option<Duration>,
    },
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

/// What a limit of the fleet holds for.
#[derive(Clone, Copy, ValueEnum)]
enum Scope {
    /// A queue
    Queue,
    /// A kind
    Kind,
    /// Jobs with one group key: jobs at once only
    Group,
    /// A key that handlers take tokens under: a rate only
    Key,
}

impl From<Scope> for LimitScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Queue => LimitScope::Queue,
            Scope::Kind => LimitScope::Kind,
            Scope::Group => LimitScope::Group,
            Scope::Key => LimitScope::Key,
        }
    }
}

/// Sets it, and says so.
pub async fn run(pool: &PgPool, screen: Screen, limit: &Limit) -> anyhow::Result<u8> {
    let (what, name) = match &limit.what {
        What::Fleet {
            scope,
            name,
            max_running,
            per_second,
            burst,
        } => {
            let limit = stevedore_queue::Limit {
                max_running: *max_running,
                per_second: *per_second,
                burst: *burst,
            };
            stevedore_queue::set_limit(pool, (*scope).into(), name, limit).await?;
            ("fleet", name)
        }
        What::Ageing { queue, step } => {
            stevedore_queue::set_ageing(pool, queue, *step).await?;
            ("ageing", queue)
        }
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
            "the limits of {what} {name} are set; workers follow at their next claim, API \
             processes within a second"
        ));
    }
    Ok(0)
}
