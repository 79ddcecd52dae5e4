//! `stevedore jobs`: what the queue does, and what people do about it.

mod change;
mod describe;
mod filter;
mod limit;
mod look;
mod schedules;
mod screen;
mod table;
mod tail;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use sqlx::PgPool;
use stevedore_database::DatabaseSettings;

use crate::schema;
use screen::Screen;

/// Exit code when nothing fitted: no such job, or none in a state to be changed.
const EXIT_NOTHING: u8 = 3;

/// Exit code when a change of many jobs was not confirmed.
const EXIT_NOT_CONFIRMED: u8 = 4;

/// Settings of `stevedore jobs`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stevedore jobs stats                              what there is to do, by queue and kind
  stevedore jobs list --state dead --kind send_mail  what died
  stevedore jobs show 4711                          one job with all its attempts
  stevedore jobs explain 4711                       why it does not run, and when it will
  stevedore jobs retry --error 'timed out' --dry-run
  stevedore jobs pause --kind send_mail             at once, on all workers
  stevedore jobs tail --kind send_mail              what ends, as it ends

Exit codes:
  0  done
  1  it failed; stderr says why and what to do
  2  the command line is wrong
  3  nothing to do: no such job, or none that fits
  4  not confirmed: give --yes to change many jobs without being asked")]
pub struct JobsCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    verb: Verb,
}

/// How answers look.
#[derive(Args, Clone, Copy)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Print one JSON document (`tail`: one a line) instead of text
    #[arg(long, global = true)]
    json: bool,
    /// No colours, as without a terminal
    #[arg(
        long,
        global = true,
        env = "NO_COLOR",
        value_parser = clap::builder::FalseyValueParser::new()
    )]
    no_color: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// List jobs, the newest first, also finished and dead ones
    List(look::List),
    /// Show one job: its arguments, its state, all its attempts
    Show(look::One),
    /// Say why a job is not running, and when it will
    Explain(look::One),
    /// Count unfinished and dead jobs by queue, kind and state
    Stats,
    /// Show what ends, as it ends, until Ctrl-C
    Tail(tail::Tail),
    /// Give dead jobs new attempts, from now on
    Retry(change::Change),
    /// Cancel jobs: those that wait at once, those that run when their handler stops
    Cancel(change::Change),
    /// Move jobs that do not run to another queue
    Move(change::Move),
    /// Give jobs that do not run another priority
    Priority(change::Priority),
    /// Delete dead jobs for good
    Delete(change::Change),
    /// Stop workers from claiming of a queue or a kind, fleet-wide and at once
    Pause(change::Names),
    /// Let workers claim of a paused queue or kind again
    Resume(change::Names),
    /// Show queues: settings, backlog, pace, when it is worked off
    Queues,
    /// Show kinds: what they are, who serves them, how often they fail, and which nobody knows
    Kinds,
    /// Show worker processes
    Workers(describe::Workers),
    /// Show schedules and their next ticks; pause, resume or run one now
    Schedules(schedules::Schedules),
    /// Set how much may run or be taken in: at once, a second, before callers are refused
    Limit(limit::Limit),
}

/// Runs the verb.
pub async fn run(command: JobsCommand) -> anyhow::Result<ExitCode> {
    let pool = schema::open_now(&command.database).await?;
    let screen = Screen::new(command.output);
    let code = execute(&pool, screen, command.verb).await?;
    Ok(ExitCode::from(code))
}

async fn execute(pool: &PgPool, screen: Screen, verb: Verb) -> anyhow::Result<u8> {
    match verb {
        Verb::List(list) => look::list(pool, screen, &list).await,
        Verb::Show(one) => look::show(pool, screen, one).await,
        Verb::Explain(one) => look::explain(pool, screen, one).await,
        Verb::Stats => look::stats(pool, screen).await,
        Verb::Tail(tail) => tail::run(pool, screen, &tail).await,
        Verb::Retry(change) => change::retry(pool, screen, change).await,
        Verb::Cancel(change) => change::cancel(pool, screen, change).await,
        Verb::Move(change) => change::relocate(pool, screen, change).await,
        Verb::Priority(change) => change::prioritise(pool, screen, change).await,
        Verb::Delete(change) => change::delete(pool, screen, change).await,
        Verb::Pause(names) => change::pause(pool, screen, &names).await,
        Verb::Resume(names) => change::resume(pool, screen, &names).await,
        Verb::Queues => describe::queues(pool, screen).await,
        Verb::Kinds => describe::kinds(pool, screen).await,
        Verb::Workers(which) => describe::workers(pool, screen, &which).await,
        Verb::Schedules(command) => schedules::run(pool, screen, &command).await,
        Verb::Limit(limit) => limit::run(pool, screen, &limit).await,
    }
}
