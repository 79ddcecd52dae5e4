//! The query of a list: as strict as a body, each name known and given once.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use stevedore_model::problems::problem;

use crate::problem::{Problem, Result};

/// Most rows of a page.
pub const LIMIT_MAX: i64 = 1_000;

/// What the query says.
#[derive(Debug)]
pub struct Page(HashMap<String, String>);

/// Reads the query of a list that knows these names.
///
/// # Errors
/// 422 with every unknown, repeated or unusable name.
pub fn of(pairs: Vec<(String, String)>, names: &[&str]) -> Result<Page> {
    let mut problems = Vec::new();
    let mut values = HashMap::new();
    for (name, text) in pairs {
        let wrong = if !names.contains(&name.as_str()) {
            Some(("unknown_field", "is no parameter of this list"))
        } else if text.contains('\0') {
            Some(("nul_character", "contains a NUL character"))
        } else if values.contains_key(&name) {
            Some(("duplicate", "is given twice"))
        } else {
            None
        };
        match wrong {
            Some((code, message)) => {
                problems.push(problem(name.replace('\0', "\u{fffd}"), code, message));
            }
            None => {
                values.insert(name, text);
            }
        }
    }
    match problems.is_empty() {
        true => Ok(Page(values)),
        false => Err(Problem::invalid(problems)),
    }
}

impl Page {
    /// The text of a name, if it is given.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// The number of a name, if it is given.
    ///
    /// # Errors
    /// 422 if it is none within `range`.
    pub fn number(&mut self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>> {
        let Some(text) = self.0.remove(name) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            let (low, high) = range.into_inner();
            let message = format!("must be a whole number from {low} to {high}");
            Problem::invalid(vec![problem(name.to_owned(), "out_of_range", &message)])
        })
    }
}
