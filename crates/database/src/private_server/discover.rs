//! Finding a PostgreSQL server on this machine.

use std::{
    collections::BTreeSet,
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{
    ServerError,
    system::{self, Account},
};

/// The oldest major version that we run.
const MAJOR_MIN: u32 = 15;

/// A folder with `initdb` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The folder, with symbolic links resolved.
    pub bin: PathBuf,
    /// E.g. 17.
    pub major: u32,
    /// E.g. 5 in 17.5.
    pub minor: u32,
}

impl Installation {
    /// The newest installation that can be used. `STEVEDORE_POSTGRES_BIN`, when set, is the only
    /// place looked at.
    ///
    /// # Errors
    /// [`ServerError::NotFound`] with everything seen and one line to type.
    pub fn discover() -> Result<Self, ServerError> {
        let account = system::account_for_server()?;
        let mut seen = Vec::new();
        let mut best: Option<Self> = None;
        for bin in candidates() {
            match probe(&bin, account.as_ref()) {
                Ok(found)
                    if best
                        .as_ref()
                        .is_none_or(|best| found.version() > best.version()) =>
                {
                    best = Some(found);
                }
                Ok(_) => {}
                Err(reason) => seen.push(format!("{}: {reason}", bin.display())),
            }
        }
        best.ok_or(ServerError::NotFound { seen })
    }

    /// E.g. `17.5`.
    #[must_use]
    pub fn version_text(&self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    fn version(&self) -> (u32, u32) {
        (self.major, self.minor)
    }
}

/// The folders that hold an `initdb`, each once, links resolved.
fn candidates() -> BTreeSet<PathBuf> {
    let folders = match variable("STEVEDORE_POSTGRES_BIN").map(PathBuf::from) {
        // Without an initdb it is listed all the same, so that the error tells about it.
        Some(folder) if !folder.join("initdb").exists() => return BTreeSet::from([folder]),
        Some(folder) => vec![folder],
        None => usual_folders(),
    };
    let program_of = |folder: PathBuf| fs::canonicalize(folder.join("initdb")).ok();
    // A link such as /usr/local/bin/initdb leads to the folder that has `postgres`, too.
    let folder_of = |program: PathBuf| program.parent().map(Path::to_owned);
    folders
        .into_iter()
        .filter_map(program_of)
        .filter_map(folder_of)
        .collect()
}

fn usual_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = pg_config().into_iter().collect();
    folders.extend(variable("PATH").iter().flat_map(env::split_paths));
    folders.extend(children("/usr/lib/postgresql", "", "bin")); // Debian, Ubuntu
    folders.extend(children("/usr/libexec", "postgresql", "")); // Alpine
    folders.extend(children("/usr", "pgsql-", "bin")); // PGDG on Red Hat
    folders.push("/usr/local/pgsql/bin".into());
    for brew in [
        "/opt/homebrew/opt",
        "/usr/local/opt",
        "/home/linuxbrew/.linuxbrew/opt",
    ] {
        folders.extend(children(brew, "postgresql", "bin"));
    }
    folders.extend(children(
        "/Applications/Postgres.app/Contents/Versions",
        "",
        "bin",
    ));
    for cache in caches() {
        folders.extend(children(cache.join("stevedore/postgres"), "", "bin"));
    }
    folders
}

/// Where `ensure-postgres.sh` unpacks a server that it had to fetch.
fn caches() -> Vec<PathBuf> {
    let own = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let home = variable("HOME").map(|home| PathBuf::from(home).join(".cache"));
    [Some("/var/cache".into()), own, home]
        .into_iter()
        .flatten()
        .collect()
}

/// `<folder>/<prefix…>/<tail>` for every such child of `folder`.
fn children(folder: impl AsRef<Path>, prefix: &str, tail: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(tail))
        .collect()
}

fn pg_config() -> Option<PathBuf> {
    let output = run(Path::new("pg_config"), "--bindir")?;
    Some(PathBuf::from(output.trim()))
}

/// A folder that can be used, or why not.
fn probe(bin: &Path, account: Option<&Account>) -> Result<Installation, String> {
    if let Some(account) = account.filter(|account| !system::may_enter(account, bin)) {
        return Err(format!("{} cannot enter this folder", account.name));
    }
    let output = run(&bin.join("postgres"), "-V").ok_or("has no `postgres` that runs")?;
    let (major, minor) = parse_version(&output).ok_or_else(|| format!("says {output:?}"))?;
    if major < MAJOR_MIN {
        return Err(format!("is version {major}"));
    }
    Ok(Installation {
        bin: bin.to_owned(),
        major,
        minor,
    })
}

/// `postgres (PostgreSQL) 15.18 (Debian …)`, `17rc1`, `18devel`.
fn parse_version(output: &str) -> Option<(u32, u32)> {
    let word = output
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut numbers = word.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    let major = numbers.next()?.ok()?;
    let minor = numbers.next().and_then(Result::ok).unwrap_or(0);
    Some((major, minor))
}

fn run(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "where programs lie is the environment's to say"
)]
fn variable(name: impl AsRef<OsStr>) -> Option<std::ffi::OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_releases_and_previews_are_read() {
        assert_eq!(
            parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0)"),
            Some((15, 18))
        );
        assert_eq!(parse_version("postgres (PostgreSQL) 17rc1"), Some((17, 0)));
        assert_eq!(
            parse_version("postgres (PostgreSQL) 18devel"),
            Some((18, 0))
        );
        assert_eq!(parse_version("no version"), None);
    }

    #[test]
    fn a_folder_without_a_server_is_refused_with_a_reason() {
        let reason = probe(Path::new("/"), None).expect_err("there is no /postgres");
        assert!(reason.contains("postgres"), "{reason}");
    }
}
