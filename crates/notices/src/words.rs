//! What differs from language to language beside the templates: words, sums, days.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use stevedore_model::words::Money;

/// One language's words, from `templates/<locale>/words.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Words {
    hello: String,
    hello_nobody: String,
    #[serde(rename = "for")]
    for_whom: String,
    total: String,
    pub(super) shipping: String,
    pub(super) tax: String,
    pub(super) discount: String,
    more: String,
    unsubscribe: String,
    decimal: String,
    money: String,
    months: Vec<String>,
    date: String,
}

macro_rules! words {
    ($($locale:literal),*) => {
        static WORDS: LazyLock<HashMap<&'static str, Words>> = LazyLock::new(|| {
            HashMap::from([$((
                $locale,
                serde_json::from_str(include_str!(
                    concat!("../templates/", $locale, "/words.json")))
                    .expect("a file of ours, read by a test"),
            )),*])
        });
    };
}

words!("en", "fr", "de");

impl Words {
    /// The words of one of [`super::LOCALES`].
    pub(super) fn of(locale: &str) -> &'static Self {
        WORDS.get(locale).unwrap_or_else(|| &WORDS["en"])
    }

    pub(super) fn greeting(&self, name: Option<&str>) -> String {
        match name {
            Some(name) => self.hello.replace("{name}", name),
            None => self.hello_nobody.clone(),
        }
    }

    /// `GHS 12.30` or `12,30 GHS`; a space that no line breaks at.
    pub(super) fn money(&self, money: Money) -> String {
        let text = money.to_string();
        let (currency, amount) = text.split_once(' ').unwrap_or(("", &text));
        self.money
            .replace("{currency}", currency)
            .replace("{amount}", &amount.replace('.', &self.decimal))
            .replace(' ', "\u{a0}")
    }

    /// `21 November 2026` from a time stamp of PostgreSQL's; nothing from anything else.
    pub(super) fn day(&self, timestamp: &str) -> Option<String> {
        let mut parts = timestamp.get(..10)?.split('-');
        let year: u16 = parts.next()?.parse().ok()?;
        let month: usize = parts.next()?.parse().ok()?;
        let day: u8 = parts.next()?.parse().ok()?;
        let month = self.months.get(month.checked_sub(1)?)?;
        Some(
            self.date
                .replace("{day}", &day.to_string())
                .replace("{month}", month)
                .replace("{year}", &year.to_string()),
        )
    }
}
