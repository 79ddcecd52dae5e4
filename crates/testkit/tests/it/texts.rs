//! How texts look: short lines, short files, words that must not stay.

use std::collections::BTreeSet;

use super::tree::{assert_none, lines_where, rust, sql, texts, tracked, without_comment, words};

const COLUMNS_MAX: usize = 100;
const LINES_MAX: usize = 500;

#[test]
fn lines_have_at_most_100_columns() {
    let mut ours = rust();
    ours.extend(sql());
    ours.extend(texts(&[".ci", "crates"], &[".sh"]));
    let is_link = |line: &str| line.contains("https://") || line.contains("http://");
    let findings = lines_where(&ours, |line| {
        line.chars().count() > COLUMNS_MAX && !is_link(line)
    });
    assert_none("longer than 100 columns", findings);
}

#[test]
fn files_have_at_most_500_lines() {
    let mut ours = rust();
    ours.extend(sql());
    let lines = |text: &str| text.lines().count();
    let findings = ours.iter().filter(|file| lines(&file.text) > LINES_MAX);
    let findings = findings
        .map(|file| format!("{}: {}", file.path, lines(&file.text)))
        .collect();
    assert_none("longer than 500 lines", findings);
}

#[test]
fn nothing_is_left_for_later() {
    // In two parts, so that this file does not find itself.
    let marks = [("FIX", "ME"), ("TO", "DO"), ("HA", "CK")];
    let marks = marks.map(|(start, end)| format!("{start}{end}"));
    let mut ours = rust();
    ours.extend(sql());
    let findings = lines_where(&ours, |line| {
        words(line).any(|word| marks.iter().any(|mark| mark == word))
    });
    assert_none("finish it, or say it in the issue tracker", findings);
}

#[test]
fn lints_are_expected_with_a_reason_and_never_just_allowed() {
    let bare = ["#[", "#!["].map(|start| format!("{start}allow("));
    let findings = lines_where(&rust(), |line| {
        bare.iter().any(|allow| line.contains(allow))
    });
    assert_none("write #[expect(lint, reason = \"…\")]", findings);
}

#[test]
fn sql_keywords_are_lower_case() {
    let keywords = "SELECT INSERT UPDATE DELETE CREATE ALTER DROP FROM WHERE JOIN ORDER GROUP BY \
                    VALUES RETURNING BEGIN END IF THEN ELSE CASE WHEN NOT NULL TABLE FUNCTION \
                    TRIGGER VIEW INDEX PRIMARY FOREIGN REFERENCES CONSTRAINT UNIQUE CHECK RETURNS \
                    LANGUAGE DECLARE RAISE COMMENT";
    let keywords: BTreeSet<&str> = keywords.split_whitespace().collect();
    // A word in a string or a name in quotes is no keyword.
    let unquoted = |line: &str| -> String {
        line.split('\'')
            .step_by(2)
            .flat_map(|part| part.split('"').step_by(2))
            .collect()
    };
    let findings = lines_where(&sql(), |line| {
        words(&unquoted(without_comment(line, "--"))).any(|word| keywords.contains(word))
    });
    // A line inside a longer string, such as a comment, may hold such a word: two of them may not.
    assert_none("write SQL keywords in lower case", findings);
}

#[test]
fn only_the_agreed_things_lie_at_the_top() {
    let allowed = BTreeSet::from([
        "Cargo.lock",
        "Cargo.toml",
        "Dockerfile",
        "Makefile",
        "README.md",
        "crates",
        "docker-compose.yml",
        "docs",
        "enqueue-api",
        "grafana",
        "migrations",
        "prometheus.yml",
        "sql",
        "worker",
    ]);
    let top = tracked().unwrap_or_default().into_iter();
    let top: BTreeSet<String> = top
        .map(|path| path.split('/').next().unwrap_or_default().to_owned())
        .collect();
    let is_extra = |name: &&String| !name.starts_with('.') && !allowed.contains(name.as_str());
    assert_none(
        "does not belong at the top",
        top.iter().filter(is_extra).cloned().collect(),
    );
}

#[test]
fn each_crate_has_one_program_of_integration_tests() {
    let is_extra = |path: &String| {
        let below_tests = path.split("/tests/").nth(1).unwrap_or_default();
        below_tests.ends_with(".rs") && !below_tests.starts_with("it/")
    };
    let extra = tracked()
        .unwrap_or_default()
        .into_iter()
        .filter(is_extra)
        .collect();
    assert_none(
        "move it into tests/it/: every further program links everything again",
        extra,
    );
}
