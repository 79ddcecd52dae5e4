//! How payment providers give back the shop's own name of an order.

use serde::{Deserialize, Deserializer};

/// An order, as the shop named it to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderRef {
    /// Our id.
    Id(i64),
    /// The order's number.
    Number(String),
}

/// What a shop wrote into Stripe's `metadata`, Razorpay's `notes`: what we read of it. Razorpay
/// writes an empty list where there is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// `order_id` or `order_number`.
    pub order: Option<OrderRef>,
    /// `refund_id`: our id, as the refund's own job wrote it there.
    pub refund_id: Option<i64>,
}

impl OrderRef {
    /// Digits are an id, everything else is a number.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.parse() {
            Ok(id) if id > 0 => Some(OrderRef::Id(id)),
            _ if text.is_empty() || text.contains('\0') => None,
            _ => Some(OrderRef::Number(text.to_owned())),
        }
    }
}

impl<'de> Deserialize<'de> for Notes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = |name: &str| match value.get(name)? {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let by_number = || text("order_number").filter(|text| !text.contains('\0'));
        Ok(Notes {
            order: text("order_id")
                .and_then(|text| OrderRef::of(&text))
                .or_else(|| by_number().map(OrderRef::Number)),
            refund_id: text("refund_id").and_then(|text| text.parse().ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Notes, OrderRef};

    fn notes(json: &str) -> Notes {
        serde_json::from_str(json).expect("notes")
    }

    #[test]
    fn f1_an_order_is_named_by_its_id_or_its_number_and_empty_notes_may_be_a_list() {
        assert_eq!(notes("[]"), Notes::default());
        assert_eq!(notes("null"), Notes::default());
        assert_eq!(notes(r#"{"order_id": "17"}"#).order, Some(OrderRef::Id(17)));
        assert_eq!(notes(r#"{"order_id": 17}"#).order, Some(OrderRef::Id(17)));
        let number = Some(OrderRef::Number("ORD-7".to_owned()));
        assert_eq!(notes(r#"{"order_id": "ORD-7"}"#).order, number);
        assert_eq!(notes(r#"{"order_number": "ORD-7"}"#).order, number);
        assert_eq!(
            notes(r#"{"order_id": "", "refund_id": "3"}"#).refund_id,
            Some(3)
        );
    }
}
