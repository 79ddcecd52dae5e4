//! Queries of lists, as strict as bodies: each name is known and given once, each value makes
//! sense, and everything wrong is told at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use stevedore_model::problems::{FieldProblem, problem};

use crate::problem::{Problem, Result};

/// The values of a query, taken out one by one.
#[derive(Debug)]
pub struct QueryFields {
    values: HashMap<String, String>,
    problems: Vec<FieldProblem>,
}

impl QueryFields {
    /// Reads a query of which `known` are the names.
    #[must_use]
    pub fn read(pairs: Vec<(String, String)>, known: &[&str]) -> Self {
        let mut fields = Self {
            values: HashMap::new(),
            problems: Vec::new(),
        };
        for (name, text) in pairs {
            if !known.contains(&name.as_str()) {
                fields.wrong(&name, "unknown_field", "is no parameter of this list");
            } else if text.contains('\0') {
                fields.wrong(&name, "nul_character", "contains a NUL character");
            } else if let Entry::Vacant(place) = fields.values.entry(name.clone()) {
                place.insert(text);
            } else {
                fields.wrong(&name, "duplicate", "is given twice");
            }
        }
        fields
    }

    /// Whether a name is given.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Has a name say this if it says nothing.
    pub fn or(&mut self, name: &str, default: &str) {
        let value = self.values.entry(name.to_owned());
        value.or_insert_with(|| default.to_owned());
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }

    /// A text; a problem if it is missing.
    pub fn required(&mut self, name: &str) -> Option<String> {
        let text = self.values.remove(name);
        if text.is_none() {
            self.wrong(name, "required", "is required");
        }
        text
    }

    /// What `parse` reads; a problem if that is nothing.
    pub fn parsed<T>(
        &mut self,
        name: &str,
        message: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.values.remove(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.wrong(name, "invalid", message);
        }
        value
    }

    /// One of these words.
    pub fn word(&mut self, name: &str, words: &[&str]) -> Option<String> {
        let message = format!("must be one of {}", words.join(", "));
        self.parsed(name, &message, |text| {
            words.contains(&text).then(|| text.to_owned())
        })
    }

    /// Some of these words, with commas between them.
    pub fn words(&mut self, name: &str, words: &[&str]) -> Option<Vec<String>> {
        let message = format!("must be some of {}", words.join(", "));
        self.parsed(name, &message, |text| {
            let all = text.split(',');
            all.map(|word| words.contains(&word).then(|| word.to_owned()))
                .collect()
        })
    }

    /// A time.
    pub fn time(&mut self, name: &str) -> Option<DateTime<Utc>> {
        self.parsed(
            name,
            "must be a time such as 2030-01-01T08:00:00Z",
            |text| {
                DateTime::parse_from_rfc3339(text)
                    .ok()
                    .map(|time| time.to_utc())
            },
        )
    }

    /// A whole number.
    pub fn integer(&mut self, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let message = format!(
            "must be a whole number from {} to {}",
            range.start(),
            range.end()
        );
        self.parsed(name, &message, |text| {
            text.parse().ok().filter(|number| range.contains(number))
        })
    }

    /// How many; `default` if it is not said.
    pub fn limit(&mut self, default: u32, max: u32) -> u32 {
        let limit = self.integer("limit", 1..=i64::from(max));
        limit
            .and_then(|limit| u32::try_from(limit).ok())
            .unwrap_or(default)
    }

    /// Something is wrong with what a name says.
    pub fn wrong(&mut self, name: &str, code: &'static str, message: &str) {
        self.problems.push(problem(name.to_owned(), code, message));
    }

    /// # Errors
    /// 422 with everything that was wrong.
    pub fn finish(self) -> Result<()> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.problems))
        }
    }
}
