//! From order lines to bundles: one recipient, one network, one size, one call each.

use serde_json::Value;

use crate::{IdempotencyKey, Item, ProviderError, Request};

/// Bundles in one request: each is a call of its own, one after another.
const BUNDLES_MAX: usize = 50;
/// The largest bundle that any network sells, with room.
const GIGABYTES_MAX: u64 = 1_000;
/// From this size on, AT's bundles are "BigTime" and have endpoints of their own.
const BIG_TIME_GIGABYTES: u64 = 20;

/// One call's worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bundle {
    /// From 1 on, in the order of the request's lines.
    pub(super) number: usize,
    /// Ten digits with a leading zero.
    pub(super) recipient: String,
    /// The vendor's word for the network.
    pub(super) network: &'static str,
    pub(super) gigabytes: u64,
}

impl Bundle {
    /// Our name for this bundle at the vendor.
    pub(super) fn reference(&self, key: &IdempotencyKey) -> String {
        format!("{}-{}", key.as_str(), self.number)
    }

    pub(super) fn placing_path(&self) -> &'static str {
        if self.is_big_time() {
            "special.php"
        } else {
            "initiate.php"
        }
    }

    /// Where any order can be asked for, if only to hear that it isn't there.
    pub(super) const ANY_STATUS_PATH: &'static str = "response_regular.php";

    pub(super) fn status_path(&self) -> &'static str {
        if self.is_big_time() {
            "response_big_time.php"
        } else {
            Self::ANY_STATUS_PATH
        }
    }

    fn is_big_time(&self) -> bool {
        self.network == "AT" && self.gigabytes >= BIG_TIME_GIGABYTES
    }
}

/// Every bundle of a request, or why the vendor can never fulfil it.
pub(super) fn bundles(request: &Request) -> Result<Vec<Bundle>, ProviderError> {
    let mut bundles = Vec::new();
    for item in &request.items {
        let recipient = recipient(item)?;
        let network = network(item)?;
        let gigabytes = gigabytes(item)?;
        for _ in 0..item.quantity {
            if bundles.len() == BUNDLES_MAX {
                let message = format!("more than {BUNDLES_MAX} bundles in one fulfilment");
                return Err(ProviderError::rejected("too_many_bundles", message));
            }
            let recipient = recipient.clone();
            bundles.push(Bundle {
                number: bundles.len() + 1,
                recipient,
                network,
                gigabytes,
            });
        }
    }
    if bundles.is_empty() {
        return Err(ProviderError::rejected(
            "nothing_to_fulfil",
            "no line asks for a bundle",
        ));
    }
    Ok(bundles)
}

fn recipient(item: &Item) -> Result<String, ProviderError> {
    let phone = item.recipient_phone.as_deref().ok_or_else(|| {
        let message = format!("{} has no recipient's phone number", item.sku);
        ProviderError::rejected("missing_phone", message)
    })?;
    local_number(phone).ok_or_else(|| {
        let message = format!("{}: the recipient's number is no number in Ghana", item.sku);
        ProviderError::rejected("invalid_phone", message)
    })
}

/// Ten digits with a leading zero, from `+233…`, `233…`, `0…` or nine bare digits.
fn local_number(phone: &str) -> Option<String> {
    let mut digits = String::with_capacity(12);
    for (at, c) in phone.trim().chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if at == 0 => {}
            ' ' | '-' | '(' | ')' | '.' => {}
            _ => return None,
        }
    }
    let national = match digits.len() {
        12 | 13 => digits.strip_prefix("233")?.trim_start_matches('0'),
        10 => digits.strip_prefix('0')?,
        9 => digits.as_str(),
        _ => return None,
    };
    // Ghana's mobile prefixes start with 2 or 5.
    (national.len() == 9 && national.starts_with(['2', '5'])).then(|| format!("0{national}"))
}

fn network(item: &Item) -> Result<&'static str, ProviderError> {
    let word = item
        .attributes
        .get("network")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match word.trim().to_ascii_uppercase().as_str() {
        "MTN" | "YELLO" => Ok("MTN"),
        "TELECEL" | "VODAFONE" => Ok("TELECEL"),
        "AT" | "AIRTELTIGO" | "AT_PREMIUM" => Ok("AT"),
        _ => {
            let message = format!("{} names no network that AT-iShare serves", item.sku);
            Err(ProviderError::rejected("unknown_network", message))
        }
    }
}

fn gigabytes(item: &Item) -> Result<u64, ProviderError> {
    let size = match item.attributes.get("capacity_gb") {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    size.filter(|size| (1..=GIGABYTES_MAX).contains(size))
        .ok_or_else(|| {
            let message = format!("{} has no capacity_gb of whole gigabytes", item.sku);
            ProviderError::rejected("invalid_capacity", message)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::to_phone;
    use serde_json::json;

    fn code(phone: Option<&str>, attributes: Value, quantity: u32) -> String {
        match bundles(&to_phone(phone, attributes, quantity)) {
            Err(ProviderError::Rejected { code, .. }) => code,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_spelling_of_a_number_becomes_the_local_one() {
        let spellings = [
            "0271234567",
            "+233271234567",
            "233 27 123 4567",
            "271234567",
            "+233(0)27-123-4567",
        ];
        for spelling in spellings {
            assert_eq!(
                local_number(spelling).as_deref(),
                Some("0271234567"),
                "{spelling}"
            );
        }
        for wrong in [
            "",
            "12345",
            "0171234567",
            "+4427123456",
            "02712345678",
            "02712345a7",
            "٠٢٧",
        ] {
            assert_eq!(local_number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_can_never_be_fulfilled_is_rejected_before_any_call() {
        const PHONE: Option<&str> = Some("0271234567");
        let good = json!({"network": "AT", "capacity_gb": 1});
        assert_eq!(code(Some("12"), good.clone(), 1), "invalid_phone");
        assert_eq!(code(PHONE, good.clone(), 51), "too_many_bundles");
        assert_eq!(code(PHONE, good.clone(), 0), "nothing_to_fulfil");
        let no_network = json!({"capacity_gb": 1});
        assert_eq!(code(PHONE, no_network, 1), "unknown_network");
        for size in [
            json!(0),
            json!(-1),
            json!(1.5),
            json!("x"),
            json!(null),
            json!(1001),
        ] {
            let attributes = json!({"network": "MTN", "capacity_gb": size});
            assert_eq!(code(PHONE, attributes, 1), "invalid_capacity");
        }
        assert_eq!(code(None, good, 1), "missing_phone");
    }

    #[test]
    fn each_unit_is_a_bundle_with_a_reference_and_size_of_its_own() {
        let big = json!({"network": "AT", "capacity_gb": "20"});
        let small = json!({"network": "MTN", "capacity_gb": 20});
        let mut request = to_phone(Some("0271234567"), big, 2);
        let other = to_phone(Some("0551234567"), small, 1);
        request.items.extend(other.items);
        let bundles = bundles(&request).expect("bundles");
        let key = IdempotencyKey::new("k").expect("a key");
        let references: Vec<_> = bundles
            .iter()
            .map(|bundle| bundle.reference(&key))
            .collect();
        assert_eq!(references, ["k-1", "k-2", "k-3"]);
        let paths: Vec<_> = bundles.iter().map(Bundle::placing_path).collect();
        assert_eq!(paths, ["special.php", "special.php", "initiate.php"]);
    }
}
