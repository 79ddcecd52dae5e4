//! docs/retention.md says of every table why it does not grow without end.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use stevedore_model::retention::Table;

fn text_of(path: &str) -> String {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(repository.join(path)).unwrap()
}

/// The tables that the first cells of a text's rows name.
fn named_in(text: &str) -> Vec<String> {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.trim_start_matches("| ").split(" |").next());
    cells
        .flat_map(|cell| cell.split(", "))
        .map(|name| name.trim_matches('`').to_owned())
        .collect()
}

#[test]
fn j4_every_table_has_a_reason_why_it_does_not_grow_without_end() {
    let schema = text_of("sql/schema.sql");
    let created = schema
        .lines()
        .filter_map(|line| line.strip_prefix("create table ")?.strip_suffix(" ("));
    let tables: BTreeSet<String> = created
        .map(|name| name.trim_start_matches("public.").to_owned())
        .collect();
    assert!(tables.len() > 90, "found {} tables", tables.len());
    let named = named_in(&text_of("docs/retention.md"));
    let once: BTreeSet<String> = named.iter().cloned().collect();
    assert_eq!(named.len(), once.len(), "a table is on the page twice");
    let missing: Vec<_> = tables.difference(&once).collect();
    assert!(
        missing.is_empty(),
        "docs/retention.md does not say what becomes of {missing:?}"
    );
    let gone: Vec<_> = once.difference(&tables).collect();
    assert!(
        gone.is_empty(),
        "docs/retention.md names {gone:?}, which are no tables"
    );
}

#[test]
fn j4_what_the_page_says_is_thrown_away_is_thrown_away() {
    let page = text_of("docs/retention.md");
    let section = page.split("\n## ").find(|it| it.starts_with("Thrown away"));
    let said = named_in(section.unwrap());
    let said: Vec<&str> = said
        .iter()
        .filter_map(|name| name.rsplit('.').next())
        .collect();
    let done: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
    assert_eq!(said, done);
    let settings = text_of("docs/configuration.md");
    for word in page
        .split('`')
        .filter(|word| word.starts_with("RETENTION_"))
    {
        assert!(
            settings.contains(&format!("| `{word}` |")),
            "{word} is no setting"
        );
    }
}
