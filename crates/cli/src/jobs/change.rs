//! Changing jobs: by id at once, by filter after a question.

use std::io::{BufRead, IsTerminal, stdin};

use anyhow::bail;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use sqlx::PgPool;
use stevedore_queue::{BulkChange, BulkProgress, JobFilter, bulk, count_bulk};

use super::filter::FilterArgs;
use super::screen::Screen;
use super::{EXIT_NOT_CONFIRMED, EXIT_NOTHING, look};

/// A dry run, and the question before a change, count no further.
const COUNTED_MAX: u64 = 1_000_000;

/// Which jobs, and how sure.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stevedore jobs retry 4711 4712
  stevedore jobs retry --kind send_mail --error 'timed out' --dry-run
  stevedore jobs cancel --queue import --state ready --yes
  stevedore jobs delete --ended-before 30days --limit 10000 --yes

A change by filter says how many jobs it is about and asks; --yes answers. It goes in batches of
200 jobs, each a transaction of its own: workers are not held up, and what is done when you stop it
stays done. Jobs that somebody else changes in the same moment are left out and counted.")]
pub struct Change {
    /// These jobs
    #[arg(value_name = "ID", conflicts_with = "FilterArgs")]
    ids: Vec<i64>,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    how: How,
}

/// How sure, how many.
#[derive(Args)]
#[command(next_help_heading = "How")]
pub struct How {
    /// Every job that can be changed so: for a change without ids and filters
    #[arg(long)]
    all: bool,
    /// Only say how many jobs it would change
    #[arg(long)]
    dry_run: bool,
    /// Change many jobs without being asked
    #[arg(long, short)]
    yes: bool,
    /// Change at most so many jobs, those with the smallest ids
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

/// Which jobs, and where to.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stevedore jobs move --to slow --queue default --kind import
  stevedore jobs move 4711 --to urgent

Running jobs stay where they are. A queue that no worker serves keeps its jobs waiting:
`stevedore jobs queues` shows who serves which.")]
pub struct Move {
    /// The queue to move them to
    #[arg(long, value_name = "QUEUE")]
    to: String,
    #[command(flatten)]
    change: Change,
}

/// Which jobs, and how urgent.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stevedore jobs priority --to -50 4711
  stevedore jobs priority --to 100 --kind report --state ready,scheduled --yes")]
pub struct Priority {
    /// From -100 (first) to 100 (last); 0 is usual
    #[arg(long, value_name = "N", allow_negative_numbers = true,
        value_parser = clap::value_parser!(i16).range(-100..=100))]
    to: i16,
    #[command(flatten)]
    change: Change,
}

/// Queues and kinds.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stevedore jobs pause --queue mail
  stevedore jobs pause --kind send_mail --kind send_text
  stevedore jobs resume --queue mail

What runs, runs on. Jobs can still be enqueued; they wait.")]
#[group(required = true, multiple = true)]
pub struct Names {
    /// This queue; give several times
    #[arg(long = "queue", value_name = "QUEUE")]
    queues: Vec<String>,
    /// This kind, in whatever queue; give several times
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<String>,
}

/// `jobs retry`.
pub async fn retry(pool: &PgPool, screen: Screen, change: Change) -> anyhow::Result<u8> {
    apply(pool, screen, &BulkChange::Retry, change).await
}

/// `jobs cancel`.
pub async fn cancel(pool: &PgPool, screen: Screen, change: Change) -> anyhow::Result<u8> {
    apply(pool, screen, &BulkChange::Cancel, change).await
}

/// `jobs delete`.
pub async fn delete(pool: &PgPool, screen: Screen, change: Change) -> anyhow::Result<u8> {
    apply(pool, screen, &BulkChange::Delete, change).await
}

/// `jobs move`.
pub async fn relocate(pool: &PgPool, screen: Screen, change: Move) -> anyhow::Result<u8> {
    let to = BulkChange::Move { queue: change.to };
    apply(pool, screen, &to, change.change).await
}

/// `jobs priority`.
pub async fn prioritise(pool: &PgPool, screen: Screen, change: Priority) -> anyhow::Result<u8> {
    let to = BulkChange::Prioritise {
        priority: change.to,
    };
    apply(pool, screen, &to, change.change).await
}

async fn apply(
    pool: &PgPool,
    screen: Screen,
    what: &BulkChange,
    change: Change,
) -> anyhow::Result<u8> {
    let how = &change.how;
    let limit = how.limit.unwrap_or(u64::MAX);
    let by_id = !change.ids.is_empty();
    let filter = if by_id {
        JobFilter::of_ids(change.ids.clone())
    } else {
        change.filter.at(stevedore_queue::now(pool).await?)
    };
    if filter.is_empty() && !how.all {
        bail!(
            "say which jobs: ids, filters such as --kind, or --all; \
             `stevedore jobs {} --help` lists them",
            verb(what)
        );
    }
    if how.dry_run || !by_id {
        let jobs = count_bulk(pool, what, &filter, limit.min(COUNTED_MAX)).await?;
        if how.dry_run {
            return dry_run(screen, what, jobs);
        }
        if jobs == 0 {
            return nothing(pool, screen, what, &change.ids).await;
        }
        if !how.yes && !confirmed(what, jobs)? {
            return Ok(EXIT_NOT_CONFIRMED);
        }
        let bar = bar(jobs);
        let done = bulk(pool, what, &filter, limit, |step| show(&bar, step)).await?;
        bar.finish_and_clear();
        return report(pool, screen, what, &done, &change.ids).await;
    }
    let done = bulk(pool, what, &filter, limit, |_| {}).await?;
    report(pool, screen, what, &done, &change.ids).await
}

fn dry_run(screen: Screen, what: &BulkChange, jobs: u64) -> anyhow::Result<u8> {
    if screen.json {
        screen.document(&json!({"dry_run": true, "action": what.name(), "jobs": jobs}))?;
    } else {
        let more = if jobs == COUNTED_MAX { " or more" } else { "" };
        screen.line(&format!("would {} {}{more}", verb(what), count(jobs)));
    }
    Ok(0)
}

/// What the command line calls it.
fn verb(what: &BulkChange) -> &'static str {
    match what {
        BulkChange::Prioritise { .. } => "priority",
        other => other.name(),
    }
}

fn past(what: &BulkChange) -> &'static str {
    match what {
        BulkChange::Retry => "put back",
        BulkChange::Cancel => "cancelled",
        BulkChange::Move { .. } => "moved",
        BulkChange::Prioritise { .. } => "re-prioritised",
        _ => "deleted",
    }
}

fn count(jobs: u64) -> String {
    match jobs {
        1 => "1 job".to_owned(),
        jobs => format!("{jobs} jobs"),
    }
}

/// Asks on the terminal; without one nobody can answer.
fn confirmed(what: &BulkChange, jobs: u64) -> anyhow::Result<bool> {
    let question = format!("{} {}", verb(what), count(jobs));
    if !stdin().is_terminal() {
        eprintln!("{question}? Nobody can answer here: give --yes, or --dry-run to only count.");
        return Ok(false);
    }
    eprint!("{question}? [y/N] ");
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    let is_yes = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !is_yes {
        eprintln!("nothing was changed");
    }
    Ok(is_yes)
}

fn bar(jobs: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} jobs, {per_sec}, {eta} left")
        .expect("the template is valid");
    ProgressBar::new(jobs).with_style(style)
}

fn show(bar: &ProgressBar, step: &BulkProgress) {
    if bar.length().is_some_and(|length| length < step.matched) {
        bar.set_length(step.matched);
    }
    bar.set_position(step.matched);
}

async fn report(
    pool: &PgPool,
    screen: Screen,
    what: &BulkChange,
    done: &BulkProgress,
    ids: &[i64],
) -> anyhow::Result<u8> {
    if done.changed == 0 {
        return nothing(pool, screen, what, ids).await;
    }
    if screen.json {
        screen.document(&json!({
            "action": what.name(), "matched": done.matched, "changed": done.changed}))?;
        return Ok(0);
    }
    let left = done.matched - done.changed;
    let left = if left > 0 {
        format!("; {left} could not be, or somebody else was changing them: look and run it again")
    } else {
        String::new()
    };
    screen.line(&format!("{} {}{left}", past(what), count(done.changed)));
    Ok(0)
}

async fn nothing(
    pool: &PgPool,
    screen: Screen,
    what: &BulkChange,
    ids: &[i64],
) -> anyhow::Result<u8> {
    if screen.json {
        screen.document(&json!({"action": what.name(), "matched": 0, "changed": 0}))?;
        return Ok(EXIT_NOTHING);
    }
    let which = match what {
        BulkChange::Retry | BulkChange::Delete => "only dead jobs",
        BulkChange::Cancel => "only jobs that wait or run",
        _ => "only jobs that wait",
    };
    let why = match ids {
        [_] => format!("{}: ", look::why_not(pool, ids).await?),
        _ => String::new(),
    };
    eprintln!(
        "{why}nothing was changed; {which} can be {}, `stevedore jobs list` shows states",
        past(what)
    );
    Ok(EXIT_NOTHING)
}

/// `jobs pause`.
pub async fn pause(pool: &PgPool, screen: Screen, names: &Names) -> anyhow::Result<u8> {
    for queue in &names.queues {
        stevedore_queue::pause(pool, queue).await?;
    }
    for kind in &names.kinds {
        stevedore_queue::pause_kind(pool, kind).await?;
    }
    told(screen, "paused", names)
}

/// `jobs resume`.
pub async fn resume(pool: &PgPool, screen: Screen, names: &Names) -> anyhow::Result<u8> {
    for queue in &names.queues {
        stevedore_queue::resume(pool, queue).await?;
    }
    for kind in &names.kinds {
        stevedore_queue::resume_kind(pool, kind).await?;
    }
    told(screen, "resumed", names)
}

fn told(screen: Screen, how: &str, names: &Names) -> anyhow::Result<u8> {
    if screen.json {
        screen.document(&json!({how: {"queues": names.queues, "kinds": names.kinds}}))?;
        return Ok(0);
    }
    for queue in &names.queues {
        screen.line(&format!("{how} the queue {queue}"));
    }
    for kind in &names.kinds {
        screen.line(&format!("{how} the kind {kind}"));
    }
    Ok(0)
}
