//! Reads the command line, with everything else that an operator may have set below it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{Arg, ArgMatches, Command};
use secrecy::SecretString;

use super::problem::Problem;
use super::setting::{self, ROLES, Setting, is_secret};
use super::sources::{Given, Source, Sources};
use super::together;

/// A command line whose settings hold.
pub struct Loaded {
    /// What clap made of it.
    pub matches: ArgMatches,
    /// Names that nobody reads. They don't keep a role from starting, because one that goes back to
    /// its previous release must start with a setting of the next one.
    pub warnings: Vec<Problem>,
    /// What must not be seen anywhere.
    pub secrets: Vec<SecretString>,
}

/// Reads the command line of this process.
///
/// Clap knows flags, the environment and defaults, and ends at the first mistake. So it first reads
/// the flags alone, which tells the command; then all settings of that are checked one by one, and
/// what files say takes the place of clap's defaults.
///
/// # Errors
/// Everything that is wrong with the settings of the command. Mistakes in flags end the process, in
/// clap's words.
pub fn load(command: Command) -> Result<Loaded, Vec<Problem>> {
    let command = without_secrets_in_help(command);
    let flags = flags_alone(command.clone()).try_get_matches();
    let Ok(flags) = flags else {
        // Help, or a mistake in the flags; clap says the same again, with the environment's names.
        let matches = command.get_matches();
        let warnings = Vec::new();
        let secrets = Vec::new();
        return Ok(Loaded {
            matches,
            warnings,
            secrets,
        });
    };
    let path = path_of(&flags);
    let config = flags.get_one::<PathBuf>("config").map(PathBuf::as_path);
    let mut sources = Sources::read(std::env::vars_os(), config);
    let mut settings = setting::of_command(&command, &path);
    let secret: Vec<_> = settings.iter().filter_map(Setting::secret_id).collect();
    settings.retain(|setting| !setting.is_flag_of(&flags));
    let (values, found) = sources.values(&settings);
    // `config` is what shows the mistakes of a file, so it must not end here.
    let is_config = path.first().is_some_and(|name| name == "config");
    let mut problems = sources.unreadable();
    problems.extend(found);
    let is_role = path
        .first()
        .is_some_and(|name| ROLES.contains(&name.as_str()));
    if is_role && let Ok(matches) = together::lenient(command.clone(), &values).try_get_matches() {
        together::add_of_role(&matches, &mut problems);
    }
    if !problems.is_empty() && !is_config {
        return Err(problems);
    }
    let warnings = match is_role {
        true => sources.stray(&setting::of_roles(&command)),
        false => Vec::new(),
    };
    let matches = with_values(command, &values).get_matches();
    let secrets = secrets_in(&matches, &secret);
    Ok(Loaded {
        matches,
        warnings,
        secrets,
    })
}

/// The values of these arguments on all levels of the command line, whoever gave them.
fn secrets_in(matches: &ArgMatches, ids: &[String]) -> Vec<SecretString> {
    let mut secrets: Vec<SecretString> = ids
        .iter()
        // Not all levels know all of them.
        .filter_map(|id| matches.try_get_many::<SecretString>(id).ok().flatten())
        .flatten()
        .cloned()
        .collect();
    if let Some((_, matches)) = matches.subcommand() {
        secrets.extend(secrets_in(matches, ids));
    }
    secrets
}

/// The command as if `values` were given and nothing else.
pub fn with_values(command: Command, values: &BTreeMap<String, Given>) -> Command {
    let with_value = |arg: Arg| {
        let given = arg.get_env().and_then(|name| values.get(name.to_str()?));
        match given {
            Some(given) if given.source == Source::Environment => arg,
            Some(given) => {
                let arg = arg.env(Resettable::Reset).required(false);
                arg.default_value(given.text.clone())
            }
            // Not set, or set to nothing.
            None => arg.env(Resettable::Reset),
        }
    };
    command
        .mut_args(with_value)
        .mut_subcommands(|command| with_values(command, values))
}

/// The command's flags, none of which is required if it may be set elsewhere.
fn flags_alone(command: Command) -> Command {
    let alone = |arg: Arg| match arg.get_env() {
        Some(_) => arg.env(Resettable::Reset).required(false),
        None => arg,
    };
    command.mut_args(alone).mut_subcommands(flags_alone)
}

fn without_secrets_in_help(command: Command) -> Command {
    let hidden = |arg: Arg| match is_secret(&arg) {
        true => arg.hide_env_values(true).hide_default_value(true),
        false => arg,
    };
    command
        .mut_args(hidden)
        .mut_subcommands(without_secrets_in_help)
}

/// The names of the subcommands that were chosen.
fn path_of(flags: &ArgMatches) -> Vec<String> {
    let mut path = Vec::new();
    let mut flags = flags;
    while let Some((name, next)) = flags.subcommand() {
        path.push(name.to_owned());
        flags = next;
    }
    path
}
