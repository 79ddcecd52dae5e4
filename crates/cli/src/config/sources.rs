//! Where values come from: the environment, then the file; a secret also from a file of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use super::file;
use super::problem::Problem;
use super::setting::{FILE_SUFFIX, MASK, Setting};

/// The setting that names the file.
pub const CONFIG: &str = "STEVEDORE_CONFIG";

/// The beginning of names that can be nobody else's.
const OURS: &str = "STEVEDORE_";

/// Beginnings of variables that are ours and of no role: container health checks, where to find a
/// server for the demo, tests.
const OF_NO_ROLE: [&str; 3] = [
    "STEVEDORE_HEALTH_PORT",
    "STEVEDORE_POSTGRES_BIN",
    "STEVEDORE_TEST_",
];

/// Ends of what Kubernetes puts into every container for each service (`STEVEDORE_API_PORT` for a
/// service called stevedore-api).
const SERVICE_LINKS: [&str; 5] = ["_PORT", "_TCP", "_PROTO", "_ADDR", "_SERVICE_HOST"];

/// Most letters between a name and the one that was meant.
const TYPO_LETTERS_MAX: usize = 2;

/// Where a value was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A variable of this name.
    Environment,
    /// A line of the configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// The file that `NAME_FILE` names.
    SecretFile(PathBuf),
}

impl Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Environment => out.write_str("environment"),
            Source::File { path, line } => write!(out, "line {line} of {}", path.display()),
            Source::SecretFile(path) => write!(out, "secret file {}", path.display()),
        }
    }
}

/// A value, as text, and where it was found.
#[derive(Clone, Debug)]
pub struct Given {
    /// What was said.
    pub text: String,
    /// Who said it.
    pub source: Source,
}

/// What all sources say.
#[derive(Default)]
pub struct Sources {
    /// By the names that were given; later layers do not replace earlier ones.
    given: BTreeMap<String, Given>,
    /// Lines that can't be read, names set twice, text that is none.
    problems: Vec<Problem>,
}

impl Sources {
    /// Reads the environment and the file that it, or `config`, names.
    pub fn read(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        config: Option<&Path>,
    ) -> Self {
        let mut sources = Self::default();
        for (name, text) in environment {
            let Ok(name) = name.into_string() else {
                continue;
            };
            match text.into_string() {
                Ok(text) => sources.add(name, text, Source::Environment),
                Err(_) => sources.not_text(&name),
            }
        }
        let named = sources
            .given
            .get(CONFIG)
            .map(|given| PathBuf::from(&given.text));
        let named = named.filter(|path| !path.as_os_str().is_empty());
        if let Some(path) = config.map(Path::to_path_buf).or(named) {
            let (lines, problems) = file::read(&path);
            sources.problems.extend(problems);
            for file::Line {
                number: line,
                name,
                value,
            } in lines
            {
                let path = path.clone();
                sources.add(name, value, Source::File { path, line });
            }
        }
        sources
    }

    /// The environment is read first, so what is there already goes before; nothing does not.
    fn add(&mut self, name: String, text: String, source: Source) {
        let known = self.given.get(&name);
        if known.is_none_or(|known| known.text.is_empty() && !text.is_empty()) {
            self.given.insert(name, Given { text, source });
        }
    }

    /// Only a name like ours says that the value was meant for us; others' may be anything.
    fn not_text(&mut self, name: &str) {
        if name.starts_with(OURS) {
            self.problems.push(Problem::new(name, "is not UTF-8"));
        }
    }

    /// The value of each of `settings` that is set, and everything that is wrong with them.
    pub fn values(&self, settings: &[Setting]) -> (BTreeMap<String, Given>, Vec<Problem>) {
        let mut values = BTreeMap::new();
        let mut problems = Vec::new();
        for setting in settings {
            match self.value(setting) {
                Ok(Some(given)) => match setting.refusal(&given.text) {
                    None => drop(values.insert(setting.name.clone(), given)),
                    Some(reason) => problems.push(refused(setting, &given, &reason)),
                },
                Ok(None) if setting.is_required() => problems.push(missing(setting)),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        (values, problems)
    }

    /// A secret's own variable, or the file that its variable names: from the environment if it is
    /// there, else from the configuration file.
    fn value(&self, setting: &Setting) -> Result<Option<Given>, Problem> {
        let set = |name: &str| {
            let given = self.given.get(name).cloned();
            given.filter(|given| !setting.is_unset(&given.text))
        };
        let plain = set(&setting.name);
        if !setting.is_secret() {
            return Ok(plain);
        }
        let pointer = format!("{}{FILE_SUFFIX}", setting.name);
        match (plain, set(&pointer)) {
            (plain, None) => Ok(plain),
            (None, Some(file)) => secret_file(&pointer, &file).map(Some),
            (Some(plain), Some(file)) => match (&plain.source, &file.source) {
                (Source::Environment, Source::File { .. }) => Ok(Some(plain)),
                (Source::File { .. }, Source::Environment) => {
                    secret_file(&pointer, &file).map(Some)
                }
                _ => {
                    let what = format!("set together with {pointer}; remove one of them");
                    Err(Problem::new(&setting.name, what))
                }
            },
        }
    }

    /// What can't be read, and names that nothing of `settings` has: all that the configuration
    /// file says is meant for us, and of the environment what looks like ours.
    pub fn stray(&self, settings: &[Setting]) -> Vec<Problem> {
        let names: BTreeSet<&str> = settings.iter().map(|it| it.name.as_str()).collect();
        let is_known = |name: &str| {
            let secret = name.strip_suffix(FILE_SUFFIX);
            let mut secrets = settings.iter().filter(|setting| setting.is_secret());
            names.contains(name) || secrets.any(|known| secret == Some(&known.name))
        };
        let unknown = self.given.iter().filter(|(name, _)| !is_known(name));
        unknown
            .filter_map(|(name, given)| stray(name, &given.source, &names))
            .collect()
    }

    /// What is wrong before any setting is looked at.
    pub fn unreadable(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }
}

fn secret_file(pointer: &str, given: &Given) -> Result<Given, Problem> {
    let path = PathBuf::from(&given.text);
    let text = file::text_of(&path).map_err(|reason| {
        let what = format!("cannot read {}: {reason}", path.display());
        Problem::new(pointer, what)
    })?;
    // Editors and `echo` end the file with a line end, which is no part of the secret.
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    if text.is_empty() {
        let what = format!("{} is empty; write the secret into it", path.display());
        return Err(Problem::new(pointer, what));
    }
    let source = Source::SecretFile(path);
    Ok(Given { text, source })
}

fn refused(setting: &Setting, given: &Given, reason: &str) -> Problem {
    let shown = match setting.is_secret() {
        true => MASK.to_owned(),
        false => format!("{:?}", given.text),
    };
    let advice = match setting.default() {
        Some(default) => format!("leave it out for its default, {default}"),
        None => "correct it, or leave it out".to_owned(),
    };
    let what = format!("{shown} ({}): {reason}; {advice}", given.source);
    Problem::new(&setting.name, what)
}

fn missing(setting: &Setting) -> Problem {
    let name = &setting.name;
    let file = match setting.is_secret() {
        true => format!(", or {name}{FILE_SUFFIX} to a file that holds it"),
        false => String::new(),
    };
    let flag = setting.flag();
    Problem::new(name, format!("is required; set it{file}, or pass {flag}"))
}

/// A name that nobody reads, if it is likely that we were meant.
fn stray(name: &str, source: &Source, known: &BTreeSet<&str>) -> Option<Problem> {
    let upper = name.to_ascii_uppercase();
    let meant = known
        .iter()
        .filter(|known| word(known) == word(&upper) || !matches!(source, Source::Environment))
        .map(|known| (strsim::damerau_levenshtein(&upper, known), *known))
        .filter(|(letters, _)| *letters <= TYPO_LETTERS_MAX)
        .min();
    let of_another = OF_NO_ROLE
        .iter()
        .any(|beginning| name.starts_with(beginning))
        || SERVICE_LINKS.iter().any(|end| name.ends_with(end))
        || name.contains("_SERVICE_PORT");
    let is_ours = match source {
        Source::Environment => meant.is_some() || (name.starts_with(OURS) && !of_another),
        _ => true,
    };
    let advice = match (meant, name.strip_suffix(FILE_SUFFIX)) {
        (Some((_, meant)), _) => format!("did you mean {meant}?"),
        (None, Some(plain)) if known.contains(plain) => {
            format!("{plain} is no secret, so set it itself")
        }
        _ => "remove it; `stevedore config show` lists what there is".to_owned(),
    };
    is_ours.then(|| Problem::new(name, format!("is no setting ({source}); {advice}")))
}

/// The first word of a name, which says whose it is.
fn word(name: &str) -> &str {
    name.split('_').next().unwrap_or(name)
}
