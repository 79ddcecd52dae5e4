//! The files of the repository.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder that holds the whole repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// A text file, its path relative to the repository.
#[derive(Debug, Clone)]
pub struct Text {
    pub path: String,
    pub text: String,
}

/// All files below these folders whose name ends in one of these, sorted.
pub fn texts(folders: &[&str], endings: &[&str]) -> Vec<Text> {
    let root = root();
    let mut found = Vec::new();
    for folder in folders {
        collect(&root.join(folder), endings, &mut found);
    }
    found.sort();
    let relative = |path: &PathBuf| path.strip_prefix(&root).unwrap().display().to_string();
    found
        .iter()
        .map(|path| Text {
            path: relative(path),
            text: fs::read_to_string(path).unwrap(),
        })
        .collect()
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        // Peers are packages of their own, by the rules of their languages.
        let skipped = ["target", "peers", "node_modules"];
        if path.is_dir() && skipped.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if path.is_dir() {
            collect(&path, endings, found);
        } else if endings
            .iter()
            .any(|ending| path.to_string_lossy().ends_with(ending))
        {
            found.push(path);
        }
    }
}

/// Our Rust.
pub fn rust() -> Vec<Text> {
    texts(&["crates", "worker", "enqueue-api"], &[".rs"])
}

/// Our Rust that goes into programs: no tests, examples or build scripts.
pub fn rust_of_programs() -> Vec<Text> {
    let is_program = |text: &Text| text.path.contains("/src/") && !text.path.contains("/testkit/");
    rust().into_iter().filter(is_program).collect()
}

/// Our SQL, without the golden dump.
pub fn sql() -> Vec<Text> {
    let mut texts = texts(&["migrations", "sql", "crates"], &[".sql"]);
    texts.retain(|text| text.path != "sql/schema.sql");
    texts
}

/// Every path that git knows or would add; None outside a work tree (an unpacked archive).
pub fn tracked() -> Option<Vec<String>> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root())
        .output()
        .ok()?;
    let paths = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| paths.lines().map(str::to_owned).collect())
}

/// Fails with one line per finding.
pub fn assert_none(what: &str, findings: Vec<String>) {
    assert!(
        findings.is_empty(),
        "{what}:\n  {}\n",
        findings.join("\n  ")
    );
}

/// `path:line: text` of every line that `is_bad`.
pub fn lines_where(texts: &[Text], is_bad: impl Fn(&str) -> bool) -> Vec<String> {
    let bad_lines = |text: &Text| -> Vec<String> {
        let lines = text
            .text
            .lines()
            .enumerate()
            .filter(|(_, line)| is_bad(line));
        lines
            .map(|(i, line)| format!("{}:{}: {}", text.path, i + 1, line.trim()))
            .collect()
    };
    texts.iter().flat_map(bad_lines).collect()
}

/// The line without what stands behind `mark`.
pub fn without_comment<'l>(line: &'l str, mark: &str) -> &'l str {
    line.split(mark).next().unwrap_or(line)
}

/// The words of a text: runs of letters, digits and `_`.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}
