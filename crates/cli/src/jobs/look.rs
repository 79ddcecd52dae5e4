//! Looking at jobs: a list, one of them, how many there are.

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::Args;
use sqlx::PgPool;
use stevedore_queue::{JobPage, JobRow, JobView, LIST_JOBS_MAX};

use super::EXIT_NOTHING;
use super::filter::FilterArgs;
use super::screen::{Screen, short_time};
use super::table::Table;

/// Which jobs to list.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stevedore jobs list                                     the newest 50, whatever their state
  stevedore jobs list --state ready,running --queue mail  what mail has to do
  stevedore jobs list --state dead --error 'no route' --ended-after 2h
  stevedore jobs list --args '{\"order_id\": 7}' --json | jq '.jobs[].job_id'

The newest come first. With --json, `next` is what --before-id takes for the page after.")]
pub struct List {
    #[command(flatten)]
    filter: FilterArgs,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
    /// Continue behind this id: `next` of the page before
    #[arg(long, value_name = "ID")]
    before_id: Option<i64>,
}

/// One job.
#[derive(Args, Clone, Copy)]
pub struct One {
    /// Its id, as `jobs list` shows it
    job_id: i64,
}

/// `jobs list`.
pub async fn list(pool: &PgPool, screen: Screen, list: &List) -> anyhow::Result<u8> {
    let now = stevedore_queue::now(pool).await?;
    let filter = list.filter.at(now);
    let mut page = JobPage {
        jobs: Vec::new(),
        next: list.before_id,
    };
    // One answer looks at a part of a long history only: ask on until the list is full.
    loop {
        let rest = list.limit.saturating_sub(page.jobs.len() as u32);
        let more = stevedore_queue::list(pool, &filter, page.next, rest.min(LIST_JOBS_MAX)).await?;
        page.jobs.extend(more.jobs);
        page.next = more.next;
        if page.next.is_none() || page.jobs.len() >= list.limit as usize {
            break;
        }
    }
    if screen.json {
        screen.document(&page)?;
        return Ok(0);
    }
    if page.jobs.is_empty() {
        eprintln!("no job fits; `stevedore jobs stats` counts what there is");
        return Ok(EXIT_NOTHING);
    }
    screen.table(&table(&page.jobs, now));
    if let Some(next) = page.next {
        eprintln!("there are more: --before-id {next} continues, --limit shows more at once");
    }
    Ok(0)
}

fn table(jobs: &[JobRow], now: DateTime<Utc>) -> Table {
    let head = [
        "ID", "STATE", "QUEUE", "KIND", "PRIO", "TRY", "AGE", "DUE", "ERROR",
    ];
    let mut table = Table::new(&head).right(&["ID", "PRIO", "TRY", "AGE", "DUE"]);
    for job in jobs {
        let counted = job.attempt - job.forgiven;
        let of = job
            .max_attempts
            .map_or(String::new(), |max| format!("/{max}"));
        let due = match job.ended_at {
            Some(ended) => format!("-{}", short_time(seconds(ended, now))),
            None if job.run_at > now => format!("+{}", short_time(seconds(now, job.run_at))),
            None => "now".to_owned(),
        };
        table.row([
            job.job_id.to_string(),
            job.state.clone(),
            job.queue.clone(),
            job.kind.clone(),
            job.priority.to_string(),
            format!("{counted}{of}"),
            short_time(seconds(job.created_at, now)),
            due,
            job.last_error.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).as_seconds_f64()
}

/// `jobs show`.
pub async fn show(pool: &PgPool, screen: Screen, one: One) -> anyhow::Result<u8> {
    let Some(job) = stevedore_queue::find(pool, one.job_id).await? else {
        return Ok(unknown(one.job_id));
    };
    if screen.json {
        screen.document(&job)?;
    } else {
        describe(screen, &job)?;
    }
    Ok(0)
}

/// `jobs explain`.
pub async fn explain(pool: &PgPool, screen: Screen, one: One) -> anyhow::Result<u8> {
    let obstacles = stevedore_queue::explain(pool, one.job_id).await?;
    if obstacles.is_empty() {
        return Ok(unknown(one.job_id));
    }
    if screen.json {
        screen.document(&obstacles)?;
        return Ok(0);
    }
    for obstacle in &obstacles {
        screen.line(&format!("{}: {}", obstacle.reason, obstacle.detail));
        for (name, moment) in [("until", obstacle.until), ("estimate", obstacle.estimate)] {
            if let Some(moment) = moment {
                screen.line(&format!("  {name} {}", moment.format("%F %T UTC")));
            }
        }
    }
    Ok(0)
}

fn unknown(job_id: i64) -> u8 {
    eprintln!(
        "there is no job {job_id}: it never was, was deleted, or ended longer ago than history \
         is kept; `stevedore jobs list` shows those that there are"
    );
    EXIT_NOTHING
}

fn describe(screen: Screen, job: &JobView) -> anyhow::Result<()> {
    let field = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            screen.line(&format!("{name:<13} {value}"));
        }
    };
    let time = |moment: DateTime<Utc>| moment.format("%F %T%.3f UTC").to_string();
    screen.line(&format!(
        "job {}: {} in queue {}, {}",
        job.job_id,
        job.kind,
        job.queue,
        screen.state(&job.state)
    ));
    field("priority", Some(job.priority.to_string()));
    let of = job
        .max_attempts
        .map_or("?".to_owned(), |max| max.to_string());
    field(
        "attempts",
        Some(format!("{} of {of}", job.attempt - job.forgiven)),
    );
    field("enqueued", Some(time(job.created_at)));
    field("due", Some(time(job.run_at)));
    field("claimed", job.claimed_at.map(time));
    field("ended", job.finished_at.map(time));
    field("worker", job.worker.clone());
    field("unique key", job.unique_key.clone());
    field("group", job.group_key.clone());
    field("trace", job.trace_context.clone());
    field(
        "note",
        job.cancel_requested
            .then(|| "cancelled; its handler is asked to stop".to_owned()),
    );
    field("last error", job.last_error.clone());
    field("arguments", Some(serde_json::to_string(&job.args)?));
    if !job.attempts.is_empty() {
        screen.line("");
        screen.table(&attempts(job));
    }
    Ok(())
}

fn attempts(job: &JobView) -> Table {
    let head = ["TRY", "OUTCOME", "STARTED", "TOOK", "WORKER", "ERROR"];
    let mut table = Table::new(&head).right(&["TRY", "TOOK", "WORKER"]);
    for attempt in &job.attempts {
        let took = attempt
            .finished_at
            .map(|ended| short_time(seconds(attempt.started_at, ended)));
        table.row([
            attempt.attempt.to_string(),
            attempt.outcome.clone(),
            attempt.started_at.format("%F %T").to_string(),
            took.unwrap_or_default(),
            attempt.worker_id.to_string(),
            attempt.error.clone().unwrap_or_default(),
        ]);
    }
    table
}

/// `jobs stats`.
pub async fn stats(pool: &PgPool, screen: Screen) -> anyhow::Result<u8> {
    let stats = stevedore_queue::stats(pool).await?;
    if screen.json {
        screen.document(&stats)?;
        return Ok(0);
    }
    if stats.is_empty() {
        screen.line("the queue is empty: nothing waits, runs or is dead");
        return Ok(0);
    }
    let mut table = Table::new(&["QUEUE", "KIND", "STATE", "JOBS", "OLDEST"]);
    table = table.right(&["JOBS", "OLDEST"]);
    for stat in stats {
        table.row([
            stat.queue,
            stat.kind,
            stat.state,
            stat.jobs.to_string(),
            short_time(stat.oldest_age_seconds),
        ]);
    }
    screen.table(&table);
    Ok(0)
}

/// The sentence for ids that were not changed.
pub async fn why_not(pool: &PgPool, job_ids: &[i64]) -> anyhow::Result<String> {
    let [job_id] = job_ids else {
        bail!("only one job can be asked about");
    };
    Ok(match stevedore_queue::find(pool, *job_id).await? {
        Some(job) => format!("job {job_id} is {}", job.state),
        None => format!("there is no job {job_id}"),
    })
}
