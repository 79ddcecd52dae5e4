//! `jobs tail`: what ends, as it ends.

use std::time::Duration;

use clap::Args;
use humantime::parse_duration;
use sqlx::PgPool;
use stevedore_queue::Ended;

use super::screen::{Screen, short_time};
use crate::shutdown;

/// What to watch.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stevedore jobs tail
  stevedore jobs tail --kind send_mail --outcome failed,dead
  stevedore jobs tail --json | jq 'select(.outcome == \"dead\")'

One line for each attempt that ends: completed, failed, dead (failed, and was the last), lost (its
worker died), snoozed, released, cancelled, discarded. It looks once a second at the end of the
history and not at each job: where thousands end in a second, it shows a part of them.")]
pub struct Tail {
    /// Of this queue
    #[arg(long)]
    queue: Option<String>,
    /// Of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Only these outcomes; several with commas
    #[arg(long = "outcome", value_delimiter = ',')]
    outcomes: Vec<String>,
    /// Begin so long ago
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_duration)]
    since: Duration,
    /// How often to look
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_duration)]
    interval: Duration,
    /// Stop after so many lines instead of at Ctrl-C
    #[arg(long, value_name = "N")]
    lines: Option<u64>,
}

/// Prints until a signal, or until there are enough lines.
pub async fn run(pool: &PgPool, screen: Screen, tail: &Tail) -> anyhow::Result<u8> {
    let stop = shutdown::on_signal()?;
    let back = chrono::Duration::from_std(tail.since).unwrap_or_default();
    let mut since = stevedore_queue::now(pool).await? - back;
    let mut left = tail.lines.unwrap_or(u64::MAX);
    let (queue, kind) = (tail.queue.as_deref(), tail.kind.as_deref());
    loop {
        for ended in stevedore_queue::ended_since(pool, since, queue, kind).await? {
            since = since.max(ended.ended_at);
            if !tail.outcomes.is_empty() && !tail.outcomes.contains(&ended.outcome) {
                continue;
            }
            if left == 0 {
                return Ok(0);
            }
            left -= 1;
            print(screen, &ended)?;
        }
        if left == 0 {
            return Ok(0);
        }
        tokio::select! {
            () = tokio::time::sleep(tail.interval) => {}
            () = stop.cancelled() => return Ok(0),
        }
    }
}

fn print(screen: Screen, ended: &Ended) -> anyhow::Result<()> {
    if screen.json {
        return screen.document(ended);
    }
    let took = ended.started_at.map_or(String::new(), |started| {
        short_time((ended.ended_at - started).as_seconds_f64())
    });
    let blank = " ".repeat(10_usize.saturating_sub(ended.outcome.len()));
    screen.line(&format!(
        "{}  {}{blank} {:>8}  {}/{} #{} {took:>6}  {}",
        ended.ended_at.format("%T%.3f"),
        screen.state(&ended.outcome),
        ended.job_id,
        ended.queue,
        ended.kind,
        ended.attempt,
        ended
            .error
            .as_deref()
            .unwrap_or_default()
            .replace('\n', " "),
    ));
    Ok(())
}
