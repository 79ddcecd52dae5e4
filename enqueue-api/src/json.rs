//! Bytes to JSON, strictly: one value, no key twice, no NUL characters, and a position in every
//! complaint.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};
use stevedore_model::problems::FieldProblem;

use crate::problem::{Kind, Problem};

/// Parses a body. Duplicate keys are refused, since a proxy or a client may have read the other
/// of the two values.
///
/// # Errors
/// 400 with the position, of the kind that fits.
pub fn parse(body: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let offset = error.valid_up_to();
        Problem::new(
            Kind::InvalidUtf8,
            format!("The body is not UTF-8 from byte {offset} on."),
        )
        .with("byte_offset", offset)
    })?;
    match serde_json::from_str::<Strict>(text) {
        Ok(Strict(value)) => Ok(value),
        Err(error) => Err(explain(&error)),
    }
}

fn explain(error: &serde_json::Error) -> Problem {
    let sentence = error.to_string();
    let kind = match error.classify() {
        Category::Data => Kind::DuplicateKey,
        _ if sentence.starts_with("recursion limit") => Kind::JsonTooDeep,
        _ => Kind::MalformedJson,
    };
    Problem::new(kind, format!("Reading the body as JSON: {sentence}."))
        .with("line", error.line())
        .with("column", error.column())
}

/// A JSON value whose objects name each key once.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(de::Error::custom(format_args!(
                    "the key {key:?} is here twice"
                )));
            }
            let Strict(value) = entries.next_value()?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// PostgreSQL stores no NUL character, neither in text nor in jsonb. Takes each out of the value
/// (leaving U+FFFD) and says where it was, so that the other problems can still be found.
pub fn take_out_nuls(value: &mut Value) -> Vec<FieldProblem> {
    let mut found = Vec::new();
    replace_nuls(value, "", &mut found);
    found
}

fn replace_nuls(value: &mut Value, path: &str, found: &mut Vec<FieldProblem>) {
    match value {
        Value::String(text) if text.contains('\0') => {
            *text = text.replace('\0', "\u{fffd}");
            found.push(nul_at(
                path.to_owned(),
                "contains a NUL character (\\u0000)",
            ));
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                replace_nuls(item, &format!("{path}[{index}]"), found);
            }
        }
        Value::Object(object) => {
            if object.keys().any(|key| key.contains('\0')) {
                found.push(nul_at(
                    path.to_owned(),
                    "has a key with a NUL character (\\u0000)",
                ));
                let entries = std::mem::take(object).into_iter();
                object.extend(entries.map(|(key, v)| (key.replace('\0', "\u{fffd}"), v)));
            }
            for (key, item) in object.iter_mut() {
                let dot = if path.is_empty() { "" } else { "." };
                replace_nuls(item, &format!("{path}{dot}{key}"), found);
            }
        }
        _ => {}
    }
}

fn nul_at(field: String, message: &str) -> FieldProblem {
    FieldProblem {
        field,
        code: "nul_character".into(),
        message: message.to_owned(),
    }
}

/// SHA-256 of what the body means: the order of keys and the white space do not count, so a
/// client that builds the same request anew may repeat it under the same Idempotency-Key.
#[must_use]
pub fn meaning_hash(value: &Value) -> [u8; 32] {
    let mut hasher = Sha256::new();
    feed(&mut hasher, value);
    hasher.finalize().into()
}

fn feed(hasher: &mut Sha256, value: &Value) {
    match value {
        Value::Array(items) => {
            hasher.update(format!("[{}", items.len()));
            items.iter().for_each(|item| feed(hasher, item));
        }
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            hasher.update(format!("{{{}", entries.len()));
            for (key, item) in entries {
                hasher.update(Value::from(key.as_str()).to_string());
                feed(hasher, item);
            }
        }
        // Strings are quoted and escaped, so no value can pose as two others.
        leaf => hasher.update(format!("{leaf},")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind_of(body: &[u8]) -> Option<Kind> {
        parse(body).err().map(|problem| problem.kind())
    }

    #[test]
    fn each_kind_of_bad_bytes_has_its_name() {
        assert_eq!(kind_of(b"{\"a\": 1"), Some(Kind::MalformedJson));
        assert_eq!(kind_of(b""), Some(Kind::MalformedJson));
        assert_eq!(kind_of(b"{} {}"), Some(Kind::MalformedJson));
        assert_eq!(kind_of(b"{\"a\": 1e999}"), Some(Kind::MalformedJson));
        assert_eq!(kind_of(br#""\ud800""#), Some(Kind::MalformedJson));
        assert_eq!(kind_of(b"\"\xff\""), Some(Kind::InvalidUtf8));
        assert_eq!(kind_of(&[b'['; 500]), Some(Kind::JsonTooDeep));
        assert_eq!(
            kind_of(br#"{"a": {"b": 1, "b": 2}}"#),
            Some(Kind::DuplicateKey)
        );
        assert_eq!(kind_of(br#"{"a": [1, -2, 3.5, null, true, "x"]}"#), None);
    }

    #[test]
    fn the_position_of_a_syntax_error_is_told() {
        let document = parse(b"{\n  \"lines\": [,]\n}")
            .expect_err("a comma")
            .document("/", "t");
        assert_eq!(
            (&document["line"], &document["column"]),
            (&json!(2), &json!(13))
        );
    }

    #[test]
    fn nul_characters_are_named_and_taken_out_wherever_they_are() {
        let mut value = json!({ "a": [{ "b": "x\0y" }], "c\0": 1, "d": "clean" });
        let found = take_out_nuls(&mut value);
        let fields: Vec<_> = found.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["", "a[0].b"]);
        assert!(!value.to_string().contains("\\u0000"));
        assert_eq!(value["d"], "clean");
    }

    #[test]
    fn the_hash_ignores_the_order_of_keys_and_nothing_else() {
        let a = parse(br#"{"x": 1, "y": {"p": [1, 2], "q": "s"}}"#).expect("valid");
        let b = parse(br#"{ "y":{"q":"s","p":[1,2]},"x":1}"#).expect("valid");
        assert_eq!(meaning_hash(&a), meaning_hash(&b));
        for other in [
            json!({ "x": 1, "y": { "p": [2, 1], "q": "s" } }),
            json!({ "x": "1", "y": { "p": [1, 2], "q": "s" } }),
            json!({ "x": 1, "y": { "p": [1, 2], "q": null } }),
            json!([["a", "b"], []]),
            json!([["a"], ["b"]]),
        ] {
            assert_ne!(meaning_hash(&a), meaning_hash(&other));
        }
        assert_ne!(
            meaning_hash(&json!([["a", "b"], []])),
            meaning_hash(&json!([["a"], ["b"]]))
        );
        assert_ne!(
            meaning_hash(&json!(["a,b"])),
            meaning_hash(&json!(["a", "b"]))
        );
    }
}
