//! Examples of answers, made from their schemas: an answer without one of its own is shown with
//! values that its members may have.

use serde_json::{Map, Value, json};

/// Schemas within schemas that are looked into.
const DEPTH_MAX: usize = 8;

/// Members whose names say what they hold.
const TEXTS: [(&str, &str); 22] = [
    ("actor", "api:shop"),
    ("carrier_code", "dpd"),
    ("currency", "GHS"),
    ("customer_id", "c-17"),
    ("customer_name", "Ama Mensah"),
    ("customer_phone", "+233241234567"),
    ("email", "ama@example.com"),
    ("error", "the provider did not answer in time"),
    ("event_id", "evt_1"),
    ("from_location", "ACC"),
    ("location", "ACC"),
    ("location_code", "ACC"),
    ("name", "Ama Mensah"),
    ("next", "5b2237222c2237225d"),
    ("order_number", "ORD-20261120-00017"),
    ("phone", "+233241234567"),
    ("provider_code", "at_ishare"),
    ("queue", "fulfilment"),
    ("sku", "MTN-1GB"),
    ("to_location", "KSI"),
    ("tracking_number", "01005012345678"),
    ("url", "https://app.example/hooks"),
];

/// Gives every answer of JSON in a document an example, if it has none.
pub fn add_examples(document: &mut Value) {
    let schemas = document["components"]["schemas"].take();
    let paths = document["paths"].as_object_mut();
    let operations = paths
        .into_iter()
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    let responses = operations
        .filter_map(|operation| operation.get_mut("responses")?.as_object_mut())
        .flat_map(Map::values_mut);
    for response in responses {
        let Some(content) = response.pointer_mut("/content/application~1json") else {
            continue;
        };
        let has_one = content.get("example").is_some() || content.get("examples").is_some();
        if !has_one {
            content["example"] = sample("", &content["schema"], &schemas, 0);
        }
    }
    document["components"]["schemas"] = schemas;
}

/// A value of a schema, as the member of this name.
fn sample(name: &str, schema: &Value, schemas: &Value, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    let given = ["example", "const", "default"]
        .iter()
        .find_map(|word| schema.get(*word))
        .or_else(|| schema.get("enum")?.get(0));
    if let Some(value) = given {
        return value.clone();
    }
    if let Some(path) = schema["$ref"].as_str() {
        let referred = path.rsplit('/').next().unwrap_or_default();
        return sample(name, &schemas[referred], schemas, depth + 1);
    }
    if let Some(all) = schema["allOf"].as_array() {
        let parts = all
            .iter()
            .map(|part| sample(name, part, schemas, depth + 1));
        let members = parts.filter_map(|part| part.as_object().cloned()).flatten();
        return members.collect::<Map<String, Value>>().into();
    }
    let choices = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    let choice = choices.and_then(|all| all.iter().find(|choice| choice["type"] != "null"));
    if let Some(choice) = choice {
        return sample(name, choice, schemas, depth + 1);
    }
    match kind(schema) {
        Some("object") => object(schema, schemas, depth),
        Some("array") => json!([sample(name, &schema["items"], schemas, depth + 1)]),
        Some("integer" | "number") => number(schema),
        Some("boolean") => json!(false),
        Some("string") => json!(text(name, schema)),
        _ => json!({}),
    }
}

/// The type of a schema, or what it is when it is not null.
fn kind(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        kind => kind.as_str(),
    }
}

fn object(schema: &Value, schemas: &Value, depth: usize) -> Value {
    let mut members: Map<String, Value> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, member)| (name.clone(), sample(name, member, schemas, depth + 1)))
        .collect();
    let others = &schema["additionalProperties"];
    if members.is_empty() && others.is_object() {
        members.insert("default".to_owned(), sample("", others, schemas, depth + 1));
    }
    members.into()
}

fn number(schema: &Value) -> Value {
    let (minimum, maximum) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
    let number = minimum.unwrap_or(1).max(1);
    json!(maximum.map_or(number, |maximum| number.min(maximum)))
}

/// A text: of its format, what its name says, or the first word that its description allows.
fn text(name: &str, schema: &Value) -> String {
    let description = schema["description"].as_str().unwrap_or_default();
    let word = description
        .strip_prefix('`')
        .and_then(|rest| rest.split('`').next())
        .filter(|word| {
            word.bytes()
                .all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        });
    let said = TEXTS.iter().find(|(named, _)| *named == name);
    match (schema["format"].as_str(), word, said) {
        (Some("date-time"), ..) => "2026-11-20T08:00:00Z".to_owned(),
        (Some("date"), ..) => "2026-11-20".to_owned(),
        (Some("uuid"), ..) => "018f4e2a-7b1c-7d3e-9a4b-5c6d7e8f9a0b".to_owned(),
        (.., Some((_, text))) => (*text).to_owned(),
        (_, Some(word), None) => word.to_owned(),
        (_, None, None) => "text".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::add_examples;

    #[test]
    fn an_answer_is_shown_with_values_that_its_members_may_have() {
        let answer = json!({ "$ref": "#/components/schemas/Page" });
        let mut document = json!({
            "paths": { "/v1/rows": { "get": { "responses": {
                "200": { "content": { "application/json": { "schema": answer } } },
                "404": { "description": "Nothing to show." },
            } } } },
            "components": { "schemas": {
                "Page": { "type": "object", "properties": {
                    "rows": { "type": "array", "items": { "$ref": "#/components/schemas/Row" } },
                    "next": { "type": ["string", "null"] },
                } },
                "Row": { "type": "object", "properties": {
                    "state": { "type": "string", "description": "`open` or `closed`." },
                    "at": { "oneOf": [
                        { "type": "null" }, { "type": "string", "format": "date-time" },
                    ] },
                    "count": { "type": "integer", "minimum": 2 },
                } },
            } },
        });
        let before = document["components"].clone();
        add_examples(&mut document);
        let path = "/paths/~1v1~1rows/get/responses/200/content/application~1json/example";
        let row = json!({ "state": "open", "at": "2026-11-20T08:00:00Z", "count": 2 });
        let expected = json!({ "rows": [row], "next": "5b2237222c2237225d" });
        assert_eq!(document.pointer(path), Some(&expected));
        assert_eq!(document["components"], before);
    }
}
