//! The optional file: lines of `NAME=value`, with the names of the environment.
//!
//! The same file serves as `EnvironmentFile=` of systemd and `env_file` of compose. What these read
//! differently is refused, not guessed.

use std::path::Path;

use super::problem::Problem;

/// More is no configuration.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// One line.
pub struct Line {
    /// Where it stands, from 1.
    pub number: usize,
    /// Before the equals sign.
    pub name: String,
    /// Behind it, without quotes.
    pub value: String,
}

/// Reads what `path` says, and what is wrong with how it says it.
pub fn read(path: &Path) -> (Vec<Line>, Vec<Problem>) {
    match text_of(path) {
        Ok(text) => parse(&text, path),
        Err(reason) => {
            let what = format!("cannot be read: {reason}");
            (Vec::new(), vec![Problem::new(path.display(), what)])
        }
    }
}

/// A small text file; the reason if it can't be read as one.
pub fn text_of(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if size > FILE_BYTES_MAX {
        return Err(format!("larger than {FILE_BYTES_MAX} bytes"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

fn parse(text: &str, path: &Path) -> (Vec<Line>, Vec<Problem>) {
    let mut lines: Vec<Line> = Vec::new();
    let mut problems = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let place = || format!("line {number} of {}", path.display());
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // The line itself is not repeated: it may hold a secret.
        let Some((name, value)) = line.split_once('=') else {
            problems.push(Problem::new(
                place(),
                "is no NAME=value; write one, or # before it",
            ));
            continue;
        };
        let name = name.trim();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            problems.push(Problem::new(
                place(),
                "is no NAME=value; names are A-Z, 0-9 and _",
            ));
            continue;
        }
        if let Some(first) = lines.iter().find(|line| line.name == name) {
            let what = format!("set twice, first on line {}; remove one", first.number);
            problems.push(Problem::new(format!("{name} ({})", place()), what));
            continue;
        }
        match unquoted(value.trim()) {
            Ok(value) => {
                let (name, value) = (name.to_owned(), value.to_owned());
                lines.push(Line {
                    number,
                    name,
                    value,
                });
            }
            Err(what) => problems.push(Problem::new(format!("{name} ({})", place()), what)),
        }
    }
    (lines, problems)
}

/// The value without the quotes around it. Single quotes hold everything.
fn unquoted(value: &str) -> Result<&str, &'static str> {
    const AMBIGUOUS: &str =
        "has $, \\ or \" #\", which not all programs take as they are; put single quotes around it";
    const OPEN: &str = "has quotes that do not end, or more in them; put single quotes around it";
    let is_ambiguous = |text: &str| text.contains(['$', '\\']);
    if let Some(rest) = value.strip_prefix('\'') {
        return rest
            .strip_suffix('\'')
            .filter(|inner| !inner.contains('\''))
            .ok_or(OPEN);
    }
    if let Some(rest) = value.strip_prefix('"') {
        let inner = rest
            .strip_suffix('"')
            .filter(|inner| !inner.contains('"'))
            .ok_or(OPEN)?;
        return (!is_ambiguous(inner)).then_some(inner).ok_or(AMBIGUOUS);
    }
    let is_plain = !is_ambiguous(value) && !value.contains(" #");
    is_plain.then_some(value).ok_or(AMBIGUOUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        let (lines, problems) = parse(text, Path::new("x.conf"));
        let problems = problems.iter().map(ToString::to_string);
        lines
            .into_iter()
            .map(|line| line.value)
            .chain(problems)
            .collect()
    }

    #[test]
    fn values_are_taken_as_they_are_but_for_quotes_around_them() {
        let text = "# a comment\n\nA=1\n B = two words \nC=\"a # b\"\nD='p\\w'\nE=a#b=c\nF=\n";
        assert_eq!(
            values(text),
            ["1", "two words", "a # b", "p\\w", "a#b=c", ""]
        );
    }

    #[test]
    fn what_programs_read_differently_is_refused() {
        for line in [
            "A=b # c",
            "A=\"b",
            "A=\"b\\n\"",
            "A=b$c",
            "nothing",
            "A B=c",
            "A=1\nA=2",
        ] {
            let found = values(line);
            assert!(
                found.iter().any(|text| text.contains("x.conf")),
                "{line}: {found:?}"
            );
        }
    }
}
