//! Something wrong with the settings: one line for people.

use std::fmt::{self, Display};

use serde::Serialize;

/// What is wrong, where, and what to do.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// The setting, or the place.
    pub setting: String,
    /// The rest of the line.
    pub problem: String,
}

impl Problem {
    /// At `setting`, `problem`.
    pub fn new(setting: impl Display, problem: impl Into<String>) -> Self {
        Self {
            setting: setting.to_string(),
            problem: problem.into(),
        }
    }
}

impl Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.setting, self.problem)
    }
}
