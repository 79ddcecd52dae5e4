//! `jobs schedules`: what comes by itself.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::json;
use sqlx::PgPool;
use stevedore_queue::schedules::{self, ScheduleView};

use super::EXIT_NOTHING;
use super::screen::{Screen, short_time};
use super::table::Table;

/// Ticks that a preview shows at most.
const PREVIEW_TICKS_MAX: i64 = 1000;

/// What to do with schedules; without a verb, list them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stevedore jobs schedules                        all of them, and when they tick next
  stevedore jobs schedules preview clean_up       its next ten ticks
  stevedore jobs schedules pause clean_up
  stevedore jobs schedules run clean_up           a job now, besides its ticks")]
pub struct Schedules {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// List them (the default)
    List,
    /// Show when one ticks next, by its calendar and time zone
    Preview {
        /// Its name
        name: String,
        /// How many ticks
        #[arg(long, default_value_t = 10,
            value_parser = clap::value_parser!(i64).range(1..=PREVIEW_TICKS_MAX))]
        count: i64,
    },
    /// Stop its ticks, fleet-wide and at once
    Pause {
        /// Its name
        name: String,
    },
    /// Let it tick again, from now on
    Resume {
        /// Its name
        name: String,
    },
    /// Enqueue its job now, besides its ticks
    Run {
        /// Its name
        name: String,
    },
}

/// Runs the verb.
pub async fn run(pool: &PgPool, screen: Screen, command: &Schedules) -> anyhow::Result<u8> {
    match &command.verb {
        None | Some(Verb::List) => list(pool, screen).await,
        Some(Verb::Preview { name, count }) => preview(pool, screen, name, *count).await,
        Some(Verb::Pause { name }) => {
            let found = schedules::pause(pool, name).await?;
            told(screen, name, "paused", found)
        }
        Some(Verb::Resume { name }) => {
            let found = schedules::resume(pool, name).await?;
            told(screen, name, "resumed", found)
        }
        Some(Verb::Run { name }) => {
            let Some(job_id) = schedules::run_now(pool, name).await? else {
                return Ok(unknown(name));
            };
            if screen.json {
                screen.document(&json!({"schedule": name, "job_id": job_id}))?;
            } else {
                screen.line(&format!("enqueued job {job_id} of {name}"));
            }
            Ok(0)
        }
    }
}

fn told(screen: Screen, name: &str, how: &str, found: bool) -> anyhow::Result<u8> {
    if !found {
        return Ok(unknown(name));
    }
    if screen.json {
        screen.document(&json!({"schedule": name, how: true}))?;
    } else {
        screen.line(&format!("{how} {name}"));
    }
    Ok(0)
}

fn unknown(name: &str) -> u8 {
    eprintln!("there is no schedule {name}; `stevedore jobs schedules` lists them");
    EXIT_NOTHING
}

async fn list(pool: &PgPool, screen: Screen) -> anyhow::Result<u8> {
    let all = schedules::list(pool, None).await?;
    if screen.json {
        screen.document(&all)?;
        return Ok(0);
    }
    if all.is_empty() {
        screen.line("there is no schedule: workers write theirs down when they start");
        return Ok(0);
    }
    let head = [
        "SCHEDULE", "KIND", "QUEUE", "NEXT", "LAST", "JOB", "WHEN", "NOTE",
    ];
    let mut table = Table::new(&head).right(&["NEXT", "LAST", "JOB"]);
    for one in all {
        let in_seconds = |at: DateTime<Utc>| (at - one.now_at).as_seconds_f64();
        let next = one
            .next_tick_at
            .map(|at| format!("+{}", short_time(in_seconds(at))));
        let last = one
            .last_tick_at
            .map(|at| format!("-{}", short_time(-in_seconds(at))));
        let note = note(&one);
        let when = one.when().describe().unwrap_or_default();
        table.row([
            one.schedule,
            one.kind,
            one.queue,
            next.unwrap_or_default(),
            last.unwrap_or_default(),
            one.last_job_id.map_or(String::new(), |id| id.to_string()),
            when,
            note,
        ]);
    }
    screen.table(&table);
    Ok(0)
}

fn note(one: &ScheduleView) -> String {
    match (&one.problem, one.paused) {
        (Some(problem), _) => problem.clone(),
        (None, true) => "paused".to_owned(),
        (None, false) => String::new(),
    }
}

async fn preview(pool: &PgPool, screen: Screen, name: &str, count: i64) -> anyhow::Result<u8> {
    let found = schedules::list(pool, Some(name)).await?;
    let Some(one) = found.first() else {
        return Ok(unknown(name));
    };
    let ticks = one.upcoming(usize::try_from(count)?)?;
    if screen.json {
        screen.document(&json!({"schedule": name, "ticks": ticks}))?;
        return Ok(0);
    }
    for tick in ticks {
        screen.line(&tick.format("%a %F %T UTC").to_string());
    }
    Ok(0)
}
