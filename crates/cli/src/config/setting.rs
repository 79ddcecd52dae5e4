//! The settings there are, as clap's own command says: there is no second list.

use std::any::TypeId;
use std::error::Error as _;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use secrecy::SecretString;

/// What runs for long and is configured; everything else takes some of the same settings.
pub const ROLES: [&str; 3] = ["api", "worker", "simulator"];

/// Behind a secret's name: the file that holds it.
pub const FILE_SUFFIX: &str = "_FILE";

/// What is shown of a secret.
pub const MASK: &str = "********";

/// One thing that an operator may set.
pub struct Setting {
    /// Its name in the environment and in the configuration file.
    pub name: String,
    /// Where `--help` shows it.
    pub heading: String,
    /// Which of [`ROLES`] take it; none: every command does.
    pub roles: Vec<&'static str>,
    arg: Arg,
}

impl Setting {
    fn of(arg: &Arg) -> Option<Self> {
        Some(Self {
            name: arg.get_env()?.to_str()?.to_owned(),
            heading: arg.get_help_heading().unwrap_or("General").to_owned(),
            roles: Vec::new(),
            arg: arg.clone(),
        })
    }

    /// Whether the command line itself gave it, which goes before everything else.
    pub fn is_flag_of(&self, flags: &ArgMatches) -> bool {
        let id = self.arg.get_id().as_str();
        let given = |flags: &ArgMatches| {
            // Not all levels know it, and clap panics when asked for what it does not know.
            matches!(flags.try_contains_id(id), Ok(true))
                && flags.value_source(id) == Some(ValueSource::CommandLine)
        };
        given(flags)
            || flags
                .subcommand()
                .is_some_and(|(_, flags)| self.is_flag_of(flags))
    }

    /// Whether it must not be seen: its type says so.
    pub fn is_secret(&self) -> bool {
        is_secret(&self.arg)
    }

    /// What clap calls it, if it is secret.
    pub fn secret_id(&self) -> Option<String> {
        self.is_secret().then(|| self.arg.get_id().to_string())
    }

    /// Whether the process can't do without it.
    pub fn is_required(&self) -> bool {
        self.arg.is_required_set()
    }

    /// Its flag.
    pub fn flag(&self) -> String {
        format!("--{}", self.arg.get_long().unwrap_or_default())
    }

    /// What holds when nobody says anything.
    pub fn default(&self) -> Option<String> {
        let values: Vec<_> = self.arg.get_default_values().iter().collect();
        let texts = values.iter().map(|value| value.to_string_lossy());
        (!values.is_empty()).then(|| texts.collect::<Vec<_>>().join(","))
    }

    /// What it means, on one line.
    pub fn help(&self) -> String {
        let help = self.arg.get_long_help().or_else(|| self.arg.get_help());
        let text = help.map(ToString::to_string).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The words that it may be, if it is one of a few.
    pub fn words(&self) -> Vec<String> {
        let words = self.arg.get_possible_values();
        words
            .iter()
            .map(|word| word.get_name().to_owned())
            .collect()
    }

    /// Whether `text` stands for "not set": where nothing is no value, as compose files set it.
    pub fn is_unset(&self, text: &str) -> bool {
        text.is_empty() && (self.is_secret() || self.is_required() || self.refusal(text).is_some())
    }

    /// Why `text` can't be its value, in the words of clap's parser for it.
    pub fn refusal(&self, text: &str) -> Option<String> {
        let alone = self
            .arg
            .clone()
            .long("value")
            .required(false)
            .env(Resettable::Reset);
        let command = Command::new("setting").no_binary_name(true).arg(alone);
        let error = command
            .try_get_matches_from([format!("--value={text}")])
            .err()?;
        let words = self.words();
        let reason = match (error.kind(), error.source()) {
            (ErrorKind::InvalidValue, _) if !words.is_empty() => {
                format!("must be one of {}", words.join(", "))
            }
            (_, Some(source)) => source.to_string().replace('\n', " "),
            _ => "is no value of it".to_owned(),
        };
        // Nobody promises that a parser's words don't repeat what it was given.
        Some(match self.is_secret() && !text.is_empty() {
            true => reason.replace(text, MASK),
            false => reason,
        })
    }
}

/// Whether an argument is a secret: nothing else tells, so nothing can be forgotten.
pub fn is_secret(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<SecretString>()
}

/// Every setting of every role, each once, in the order of `--help`.
pub fn of_roles(command: &Command) -> Vec<Setting> {
    let mut settings: Vec<Setting> = command.get_arguments().filter_map(Setting::of).collect();
    for role in ROLES {
        let arguments = command
            .find_subcommand(role)
            .into_iter()
            .flat_map(Command::get_arguments);
        for mut setting in arguments.filter_map(Setting::of) {
            match settings.iter_mut().find(|known| known.name == setting.name) {
                Some(known) => known.roles.push(role),
                None => {
                    setting.roles.push(role);
                    settings.push(setting);
                }
            }
        }
    }
    settings
}

/// The settings of one command: `path` is its subcommands' names, from the program on.
pub fn of_command(command: &Command, path: &[String]) -> Vec<Setting> {
    let mut settings: Vec<Setting> = command.get_arguments().filter_map(Setting::of).collect();
    let mut command = command;
    for name in path {
        let Some(next) = command.find_subcommand(name) else {
            break;
        };
        settings.extend(next.get_arguments().filter_map(Setting::of));
        command = next;
    }
    settings
}
