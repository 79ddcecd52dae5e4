//! PostgreSQL stores no NUL character, neither in text nor in JSON. What comes from outside and is
//! only kept for people (logs, error messages) has them replaced; what means something is refused
//! earlier, by [`crate::orders::NewOrder::parse`].

use serde_json::Value;

/// The text with U+FFFD for each NUL character.
pub(crate) fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The value with U+FFFD for each NUL character of its strings and keys.
pub(crate) fn json(value: &Value) -> Value {
    match value {
        Value::String(string) => Value::String(text(string)),
        Value::Array(items) => Value::Array(items.iter().map(json).collect()),
        Value::Object(object) => Value::Object(
            object
                .iter()
                .map(|(key, item)| (text(key), json(item)))
                .collect(),
        ),
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn nul_characters_are_replaced_at_any_depth() {
        let dirty = json!({"a\0": ["x\0", {"b": "\0"}], "n": 1});
        let clean = json!({"a\u{fffd}": ["x\u{fffd}", {"b": "\u{fffd}"}], "n": 1});
        assert_eq!(super::json(&dirty), clean);
    }
}
