//! What we send to UPS, held against UPS's own description of its Shipping API.

use serde_json::Value;
use stevedore_providers::{Contact, LabelFormat, LabelOrder};
use stevedore_simulator::SimulatedCarrier::Ups;

use crate::carriers::Desk;
use crate::labels::{consignment, key};

/// UPS-API/api-documentation, `Shipping.yaml`, MIT (`tests/specs/LICENSE-UPS`).
const SHIP: &str = include_str!("../specs/ups-ship.json");

#[tokio::test]
async fn d5_what_we_send_to_ups_is_what_ups_describes() {
    let spec: Value = serde_json::from_str(SHIP).expect("the description is JSON");
    for (to, format) in [("GB", LabelFormat::Zpl), ("US", LabelFormat::Pdf)] {
        let desk = &mut Desk::new(Ups).await;
        let order = LabelOrder {
            consignment: consignment(to),
            service: "11".to_owned(),
            format,
        };
        let label = desk
            .carrier
            .label(&order, &key(), Contact::First, &mut desk.journal)
            .await;
        label.expect("a label");
        let sent = desk.simulator.carriers().requests["ups label"].clone();
        let schema = &spec["components"]["schemas"]["SHIPRequestWrapper"];
        let mut problems = Vec::new();
        hold(&spec, schema, &sent, "", &mut problems);
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

#[test]
fn a_request_that_ups_does_not_describe_is_found() {
    let spec: Value = serde_json::from_str(SHIP).expect("the description is JSON");
    let schema = &spec["components"]["schemas"]["SHIPRequestWrapper"];
    let wrong = serde_json::json!({"ShipmentRequest": {
        "Request": {"RequestOption": 7},
        "Shipment": {"Shipper": {"Name": "x".repeat(36)}, "Unheard": "of"},
    }});
    let mut problems = Vec::new();
    hold(&spec, schema, &wrong, "", &mut problems);
    let found = problems.join("\n");
    for expected in [
        "RequestOption: no string",
        "too long",
        "Unheard: unknown",
        "ShipTo: missing",
    ] {
        assert!(found.contains(expected), "{expected} not in {found}");
    }
}

/// Holds a value against a schema: types, required and known fields, bounds, choices.
pub fn hold(spec: &Value, schema: &Value, value: &Value, path: &str, problems: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return hold(
            spec,
            &spec["components"]["schemas"][name],
            value,
            path,
            problems,
        );
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        hold(spec, part, value, path, problems);
    }
    if !is_of_type(schema, value) {
        let kind = &schema["type"].as_str().unwrap_or_default();
        problems.push(format!("{path}: no {kind}"));
        return;
    }
    if let Some(choices) = schema["enum"].as_array()
        && !choices.contains(value)
    {
        problems.push(format!("{path}: not one of {choices:?}"));
    }
    bounds(schema, value, path, problems);
    match value {
        Value::Array(values) => {
            for (nth, value) in values.iter().enumerate() {
                let path = format!("{path}/{nth}");
                hold(spec, &schema["items"], value, &path, problems);
            }
        }
        Value::Object(fields) => {
            let known = schema["properties"].as_object();
            for (name, value) in fields {
                match known.and_then(|known| known.get(name)) {
                    Some(schema) => {
                        hold(spec, schema, value, &format!("{path}/{name}"), problems);
                    }
                    None if known.is_some() => problems.push(format!("{path}/{name}: unknown")),
                    None => {}
                }
            }
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap_or_default();
                if !fields.contains_key(name) {
                    problems.push(format!("{path}/{name}: missing"));
                }
            }
        }
        _ => {}
    }
}

/// Lengths, counts and sizes.
fn bounds(schema: &Value, value: &Value, path: &str, problems: &mut Vec<String>) {
    let bound = |name: &str| schema[name].as_u64().and_then(|n| usize::try_from(n).ok());
    match value {
        Value::String(text) => {
            let chars = text.chars().count();
            if bound("maxLength").is_some_and(|most| chars > most) {
                problems.push(format!("{path}: too long"));
            }
            if bound("minLength").is_some_and(|least| chars < least) {
                problems.push(format!("{path}: too short"));
            }
        }
        Value::Array(values) => {
            if bound("maxItems").is_some_and(|most| values.len() > most) {
                problems.push(format!("{path}: too many"));
            }
            if bound("minItems").is_some_and(|least| values.len() < least) {
                problems.push(format!("{path}: too few"));
            }
        }
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            if schema["maximum"].as_f64().is_some_and(|most| number > most) {
                problems.push(format!("{path}: too large"));
            }
            if schema["minimum"]
                .as_f64()
                .is_some_and(|least| number < least)
            {
                problems.push(format!("{path}: too small"));
            }
        }
        _ => {}
    }
}

fn is_of_type(schema: &Value, value: &Value) -> bool {
    match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    }
}
