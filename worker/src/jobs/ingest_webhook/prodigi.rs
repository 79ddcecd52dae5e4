//! Prodigi's callbacks. It signs nothing, so what they say is a hint and no fact: the order's own
//! job asks Prodigi at once, and not when it would have.

use serde_json::Value;
use stevedore_model::inbox::Event;
use uuid::Uuid;

use super::{Trouble, Word, nothing};

/// What the event says.
pub(super) fn read(event: &Event) -> Result<Vec<Word>, Trouble> {
    let body: Value = serde_json::from_slice(&event.body)?;
    let data = &body["data"];
    // Its documentation shows both: the order in `data.order`, and as `data` itself.
    let order = if data["order"].is_object() {
        &data["order"]
    } else {
        data
    };
    let reference = order["merchantReference"].as_str().map(Uuid::try_parse);
    Ok(match reference {
        Some(Ok(reference)) => vec![Word::OrderMoved {
            provider: "prodigi",
            reference,
        }],
        _ => nothing("it names no order of ours"),
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    fn said(body: &Value) -> Vec<Word> {
        let event = Event {
            source: "prodigi".to_owned(),
            event_id: "evt_1".to_owned(),
            event_type: None,
            headers: json!({}),
            body: body.to_string().into_bytes(),
            received_at: DateTime::UNIX_EPOCH,
        };
        read(&event).expect("a callback")
    }

    #[test]
    fn d3_a_callback_names_its_order_in_either_of_two_places() {
        let reference = Uuid::from_u128(7);
        let order = json!({"id": "ord_1", "merchantReference": reference});
        let moved = vec![Word::OrderMoved {
            provider: "prodigi",
            reference,
        }];
        assert_eq!(said(&json!({"data": {"order": order}})), moved);
        assert_eq!(said(&json!({"data": order})), moved);
        for other in [json!({}), json!({"data": {"merchantReference": "theirs"}})] {
            assert!(matches!(said(&other)[0], Word::Nothing(_)));
        }
    }
}
