//! `stevedore config docs`: the reference, which is docs/configuration.md.

use std::fmt::Write as _;
use std::process::ExitCode;

use super::setting::{FILE_SUFFIX, Setting};

const INTRODUCTION: &str = "\
# Configuration

<!-- `stevedore config docs` wrote this page from the settings' own documentation. -->

Every setting has a name in the environment. It is taken from its flag if that is given, else from
the environment, else from the file that `STEVEDORE_CONFIG` or `--config` names, else it has its
default.

The file is optional. Its lines are `NAME=value`, with the names below; `#` begins a line of
comment, and quotes around a value are no part of it. So the same file serves systemd
(`EnvironmentFile=`) and compose (`env_file`), and a line can be moved between file and environment
as it is; what these programs read differently is refused. A format with sections would have needed
a second name for every setting.

A **secret** can also be in a file of its own, which the name with `_FILE` behind it tells:
`DATABASE_URL_FILE=/run/secrets/database_url`. Secrets are never printed.

    stevedore config check     everything that is wrong, a line each
    stevedore config show      each setting, its value, and where that comes from

Every role checks its settings at start in the same way, lists all that is wrong, and exits with 2.
Names that nobody reads are only warned about there, so that a role can go back to a release that
does not know them yet; `config check` counts them as mistakes.
";

/// Prints the page.
#[expect(clippy::print_stdout, reason = "the page is the command's output")]
pub fn print(settings: &[Setting]) -> anyhow::Result<ExitCode> {
    print!("{}", page(settings)?);
    Ok(ExitCode::SUCCESS)
}

fn page(settings: &[Setting]) -> Result<String, std::fmt::Error> {
    let mut page = INTRODUCTION.to_owned();
    let mut headings: Vec<&str> = Vec::new();
    for setting in settings {
        if !headings.contains(&setting.heading.as_str()) {
            headings.push(&setting.heading);
        }
    }
    for heading in headings {
        writeln!(page, "\n## {heading}\n")?;
        writeln!(
            page,
            "| setting | default | taken by | what it is |\n|---|---|---|---|"
        )?;
        for setting in settings.iter().filter(|setting| setting.heading == heading) {
            row(&mut page, setting)?;
        }
    }
    Ok(page)
}

fn row(page: &mut String, setting: &Setting) -> std::fmt::Result {
    let default = match setting.default() {
        Some(default) if default.is_empty() => "empty".to_owned(),
        Some(default) => format!("`{default}`"),
        None if setting.is_required() => "required".to_owned(),
        None => String::new(),
    };
    let roles = match setting.roles.is_empty() {
        true => "all".to_owned(),
        false => setting.roles.join(", "),
    };
    let mut help = sentence(&setting.help().replace('|', "\\|"));
    let words = setting.words();
    if words.iter().any(|word| !help.contains(word)) && words != ["true", "false"] {
        write!(help, " One of {}.", words.join(", "))?;
    }
    if setting.is_secret() {
        write!(help, " **Secret**, also `{}{FILE_SUFFIX}`.", setting.name)?;
    }
    writeln!(
        page,
        "| `{}` | {default} | {roles} | {help} |",
        setting.name
    )
}

/// Help texts may end without a full stop.
fn sentence(text: &str) -> String {
    match text.ends_with(['.', '!', '?']) {
        true => text.to_owned(),
        false => format!("{text}."),
    }
}
