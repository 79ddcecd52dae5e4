//! `stevedore config`: what is set, from where, and what is wrong with it.
//!
//! A setting is a field of a clap struct, in the crate that needs it, and nothing else. Its name in
//! the environment, default, meaning, parser, and whether it is secret are asked of clap's command
//! ([`setting`]); [`sources`] knows who may say its value; [`mod@load`] puts both together at
//! start.

mod docs;
mod file;
mod load;
mod problem;
mod setting;
mod show;
mod sources;
mod together;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command, Subcommand};

pub use load::{Loaded, load};
use problem::Problem;
use setting::{ROLES, Setting};
use sources::Sources;

/// Where else settings are.
#[derive(Args)]
pub struct ConfigFile {
    /// A file with lines of `NAME=value`, the names as in the environment, which goes before it.
    /// Any secret can also be read from a file of its own: `DATABASE_URL_FILE=/run/secrets/db`
    #[arg(
        long,
        global = true,
        env = "STEVEDORE_CONFIG",
        value_name = "FILE",
        help_heading = "Configuration"
    )]
    config: Option<PathBuf>,
}

/// Settings of `stevedore config`.
#[derive(Args)]
#[command(after_help = "\
A setting is taken from its flag, else the environment, else the file of STEVEDORE_CONFIG, else \
its default. Roles check theirs at start in the same way and list all that is wrong.

Examples:
  stevedore config check --config /etc/stevedore.conf
  stevedore config show --role worker
  stevedore config docs > configuration.md")]
pub struct ConfigCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List everything that is wrong, a line each; exit 1 if anything is
    Check(Which),
    /// Show each setting, its value (secrets masked) and where it comes from
    Show(Which),
    /// Print the reference of all settings, as Markdown
    Docs,
}

#[derive(Args)]
struct Which {
    /// Only what this role takes
    #[arg(long, value_parser = ROLES)]
    role: Option<String>,
    /// Print one JSON array instead of text
    #[arg(long)]
    json: bool,
}

/// Looks at the settings of `program`'s roles, as this process was given them.
pub fn run(program: Command, file: ConfigFile, command: ConfigCommand) -> anyhow::Result<ExitCode> {
    let known = setting::of_roles(&program);
    let which = match command.verb {
        Verb::Docs => return docs::print(&known),
        Verb::Check(ref which) | Verb::Show(ref which) => which,
    };
    let mut sources = Sources::read(std::env::vars_os(), file.config.as_deref());
    let mut problems = sources.unreadable();
    problems.extend(sources.stray(&known));
    let asked = |setting: &Setting| {
        let role = which.role.as_deref();
        setting.roles.is_empty() || role.is_none_or(|role| setting.roles.contains(&role))
    };
    let settings: Vec<Setting> = known.into_iter().filter(asked).collect();
    let (values, found) = sources.values(&settings);
    problems.extend(found);
    let roles: Vec<&str> = match which.role.as_deref() {
        Some(role) => vec![role],
        None => ROLES.to_vec(),
    };
    together::add(&program, &roles, &values, &mut problems);
    match command.verb {
        Verb::Show(ref which) => show::print(&settings, &values, which.json)?,
        _ => report(&problems, settings.len(), which.json)?,
    }
    Ok(
        match problems.is_empty() || matches!(command.verb, Verb::Show(_)) {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        },
    )
}

#[expect(clippy::print_stdout, reason = "the report is the command's output")]
fn report(problems: &[Problem], settings: usize, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(problems)?);
        return Ok(());
    }
    for problem in problems {
        println!("{problem}");
    }
    if problems.is_empty() {
        println!("nothing is wrong with the {settings} settings");
    }
    Ok(())
}
