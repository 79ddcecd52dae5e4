//! `stevedore config show`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::setting::{MASK, Setting};
use super::sources::Given;

#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    /// Masked, if it is secret.
    value: Option<String>,
    source: String,
    secret: bool,
}

impl<'a> Shown<'a> {
    fn new(setting: &'a Setting, given: Option<&Given>) -> Self {
        let secret = setting.is_secret();
        let value = given.map(|given| given.text.clone()).or(setting.default());
        let source = match (given, &value) {
            (Some(given), _) => given.source.to_string(),
            (None, Some(_)) => "default".to_owned(),
            (None, None) => "not set".to_owned(),
        };
        Self {
            name: &setting.name,
            value: value.map(|value| if secret { MASK.to_owned() } else { value }),
            source,
            secret,
        }
    }
}

/// One line each, or one JSON array. What can't be used is shown as not given: `config check` says
/// what is wrong with it.
#[expect(clippy::print_stdout, reason = "the report is the command's output")]
pub fn print(
    settings: &[Setting],
    values: &BTreeMap<String, Given>,
    json: bool,
) -> anyhow::Result<()> {
    let shown: Vec<Shown<'_>> = settings
        .iter()
        .map(|setting| Shown::new(setting, values.get(&setting.name)))
        .collect();
    if json {
        println!("{}", serde_json::to_string(&shown)?);
        return Ok(());
    }
    let value_of = |it: &Shown<'_>| it.value.clone().unwrap_or_else(|| "-".to_owned());
    let width = |length: fn(&Shown<'_>) -> usize| shown.iter().map(length).max().unwrap_or(0);
    let names = width(|it| it.name.len());
    let values = width(|it| it.value.as_ref().map_or(1, |value| value.chars().count()));
    for it in &shown {
        println!(
            "{:names$}  {:values$}  {}",
            it.name,
            value_of(it),
            it.source
        );
    }
    Ok(())
}
