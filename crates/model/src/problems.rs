//! What is wrong with a request's fields, all of it at once.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One thing that is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// Where: `currency`, `lines[0].quantity`; empty for the whole body.
    pub field: String,
    /// What, as a stable snake_case word that programs may test.
    pub code: Cow<'static, str>,
    /// What, in words for people.
    pub message: String,
}

/// What `read` makes of a value in which it finds nothing wrong; else all that is.
pub(crate) fn read_whole<T>(
    value: &Value,
    read: impl FnOnce(&Value, &mut Vec<FieldProblem>) -> Option<T>,
) -> Result<T, Vec<FieldProblem>> {
    let mut problems = Vec::new();
    match read(value, &mut problems) {
        Some(whole) if problems.is_empty() => Ok(whole),
        _ => Err(problems),
    }
}

/// Reads an object field by field, collecting problems instead of stopping at the first.
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
    read: Vec<&'static str>,
    problems: &'a mut Vec<FieldProblem>,
}

impl<'a> Fields<'a> {
    /// Starts on the object `value` found at `path`; None (and a problem) if it is no object.
    pub fn of(
        value: &'a Value,
        path: impl Into<String>,
        problems: &'a mut Vec<FieldProblem>,
    ) -> Option<Self> {
        let path = path.into();
        let Value::Object(object) = value else {
            problems.push(problem(path, "wrong_type", "must be an object"));
            return None;
        };
        Some(Fields {
            object,
            path,
            read: Vec::new(),
            problems,
        })
    }

    /// The field, if it is there and not null.
    pub fn any(&mut self, name: &'static str) -> Option<&'a Value> {
        self.read.push(name);
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// The field; a problem if it is missing.
    pub fn require(&mut self, name: &'static str) -> Option<&'a Value> {
        match self.any(name) {
            Some(value) => Some(value),
            None => self.wrong(name, "required", "is required"),
        }
    }

    /// Trimmed text of one line, with a length in characters within `length`.
    pub fn text(&mut self, name: &'static str, length: RangeInclusive<usize>) -> Option<&'a str> {
        let value = self.any(name)?;
        self.checked_text(name, value, length)
    }

    /// As [`Fields::text`]; a problem if it is missing.
    pub fn required_text(
        &mut self,
        name: &'static str,
        length: RangeInclusive<usize>,
    ) -> Option<&'a str> {
        let value = self.require(name)?;
        self.checked_text(name, value, length)
    }

    fn checked_text(
        &mut self,
        name: &'static str,
        value: &'a Value,
        length: RangeInclusive<usize>,
    ) -> Option<&'a str> {
        let Value::String(text) = value else {
            return self.wrong(name, "wrong_type", "must be a string");
        };
        if text.contains('\0') {
            return self.wrong(name, "nul_character", "must not contain NUL characters");
        }
        if text.chars().any(char::is_control) {
            return self.wrong(
                name,
                "control_character",
                "must not contain control characters",
            );
        }
        let text = text.trim();
        let chars = text.chars().count();
        if chars < *length.start() {
            let message = format!("must have at least {} characters", length.start());
            return self.wrong(name, "too_short", &message);
        }
        if chars > *length.end() {
            let message = format!("must have at most {} characters", length.end());
            return self.wrong(name, "too_long", &message);
        }
        Some(text)
    }

    /// A whole number within `range`.
    pub fn integer(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.any(name)?;
        self.checked_integer(name, value, range)
    }

    /// As [`Fields::integer`]; a problem if it is missing.
    pub fn required_integer(
        &mut self,
        name: &'static str,
        range: RangeInclusive<i64>,
    ) -> Option<i64> {
        let value = self.require(name)?;
        self.checked_integer(name, value, range)
    }

    fn checked_integer(
        &mut self,
        name: &'static str,
        value: &Value,
        range: RangeInclusive<i64>,
    ) -> Option<i64> {
        match value {
            Value::Number(number) if number.is_f64() => {
                self.wrong(name, "wrong_type", "must be a whole number")
            }
            Value::Number(number) => match number.as_i64().filter(|n| range.contains(n)) {
                Some(number) => Some(number),
                None => {
                    let message = format!("must be from {} to {}", range.start(), range.end());
                    self.wrong(name, "out_of_range", &message)
                }
            },
            _ => self.wrong(name, "wrong_type", "must be a whole number"),
        }
    }

    /// The field, read by `parse`, which answers with code and message when it can't.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, (&'static str, String)>,
    ) -> Option<T> {
        parse(text).map_or_else(|(code, message)| self.wrong(name, code, &message), Some)
    }

    /// Where `name` is in the whole body.
    #[must_use]
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// The list that problems are added to.
    pub fn problems(&mut self) -> &mut Vec<FieldProblem> {
        self.problems
    }

    /// Reports every field that nobody read: most likely a misspelt one.
    pub fn finish(self) {
        for name in self
            .object
            .keys()
            .filter(|name| !self.read.contains(&name.as_str()))
        {
            let field = self.path_of(&name.replace('\0', "\u{fffd}"));
            self.problems.push(problem(
                field,
                "unknown_field",
                "is not a field of this request",
            ));
        }
    }

    /// Reports a problem with `name`; always None, to be returned.
    pub fn wrong<T>(&mut self, name: &str, code: &'static str, message: &str) -> Option<T> {
        let field = self.path_of(name);
        self.problems.push(problem(field, code, message));
        None
    }
}

/// A problem of the field at `field`.
#[must_use]
pub fn problem(field: String, code: &'static str, message: &str) -> FieldProblem {
    FieldProblem {
        field,
        code: Cow::Borrowed(code),
        message: message.to_owned(),
    }
}
