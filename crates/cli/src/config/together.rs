//! Settings that are right one by one and wrong together: only whoever uses them can tell.

use std::collections::BTreeMap;
use std::error::Error;

use clap::{Arg, ArgMatches, Command, FromArgMatches as _};
use stevedore_database::DatabaseSettings;
use stevedore_worker::{EnvironmentError, WorkerSettings, contradictions};

use super::load::with_values;
use super::problem::Problem;
use super::setting::FILE_SUFFIX;
use super::sources::Given;

/// The command with these values, of which nothing is required: what is missing has been told.
pub fn lenient(command: Command, values: &BTreeMap<String, Given>) -> Command {
    fn optional(command: Command) -> Command {
        command
            .mut_args(|arg: Arg| arg.required(false))
            .mut_subcommands(optional)
    }
    optional(with_values(command, values))
}

/// Adds what each of `roles` finds wrong with these values.
pub fn add(
    program: &Command,
    roles: &[&str],
    values: &BTreeMap<String, Given>,
    problems: &mut Vec<Problem>,
) {
    for role in roles {
        let command = lenient(program.clone(), values);
        if let Ok(matches) = command.try_get_matches_from(["stevedore", role]) {
            add_of_role(&matches, problems);
        }
    }
}

/// Adds what the role of this command line finds wrong with its settings, but for those of which
/// something is told already.
pub fn add_of_role(matches: &ArgMatches, problems: &mut Vec<Problem>) {
    let Some((role, matches)) = matches.subcommand() else {
        return;
    };
    let mut found = Vec::new();
    // Who has no database is told so elsewhere.
    if matches!(role, "api" | "worker")
        && let Ok(settings) = DatabaseSettings::from_arg_matches(matches)
    {
        found.extend(of_pool(&settings));
    }
    if role == "worker"
        && let Ok(settings) = WorkerSettings::from_arg_matches(matches)
    {
        found.extend(contradictions(&settings).iter().map(problem));
    }
    for problem in found {
        if problems.iter().all(|known| plain(known) != plain(&problem)) {
            problems.push(problem);
        }
    }
}

fn of_pool(settings: &DatabaseSettings) -> Option<Problem> {
    let DatabaseSettings {
        database_pool_min: min,
        database_pool_max: max,
        ..
    } = settings;
    (min > max).then(|| {
        let what = format!("{min} is more than DATABASE_POOL_MAX, {max}; lower it, or raise that");
        Problem::new("DATABASE_POOL_MIN", what)
    })
}

/// Their words begin with the name of the setting.
fn problem(error: &EnvironmentError) -> Problem {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    match text.split_once(": ") {
        Some((name, what)) if is_name(name) => Problem::new(name, what),
        _ => Problem::new("worker", text),
    }
}

/// The setting, whether or not it is read from a file of its own.
fn plain(problem: &Problem) -> &str {
    let name = problem.setting.as_str();
    name.strip_suffix(FILE_SUFFIX).unwrap_or(name)
}
