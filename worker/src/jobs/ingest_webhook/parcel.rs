//! Carriers' pushes, and Shiprocket's: where a parcel is. Each carrier's own file reads its bodies.
//! Where a carrier documents no form of them (Royal Mail), a push is a hint and no fact: whatever
//! parcels of ours it names, the carrier is asked for them at once.

use std::collections::BTreeSet;

use stevedore_model::inbox::Event;
use stevedore_model::tracking::Push;
use stevedore_providers::{Carriers, PushError, TrackingNumber, TrackingUpdate};

use super::{Trouble, Word};
use crate::parcels::happening;

/// Letters and digits of the shortest and of the longest word that may be a tracking number.
const NUMBER_LENGTHS: std::ops::RangeInclusive<usize> = 8..=40;
/// Words of one push that are looked up at most.
const NUMBERS_MAX: usize = 1000;

/// What the event says.
pub(super) fn read(event: &Event, carriers: &Carriers) -> Result<Vec<Word>, Trouble> {
    let Some(carrier) = carriers.get(event.source.as_str()) else {
        let source = &event.source;
        return Err(Trouble::Later(anyhow::anyhow!(
            "no carrier {source} is configured here"
        )));
    };
    match carrier.parse_push(&event.body) {
        Ok(updates) => Ok(vec![Word::Parcels(updates.into_iter().map(push).collect())]),
        Err(PushError::NotOffered) => Ok(vec![Word::ParcelsMoved {
            carrier: carrier.code(),
            tracking_numbers: numbers_in(&event.body),
        }]),
        Err(error) => Err(Trouble::Unreadable(error.to_string())),
    }
}

fn push(update: TrackingUpdate) -> Push {
    Push {
        carrier: update.carrier,
        tracking_number: update.tracking_number.as_str().to_owned(),
        estimated_delivery_at: update.estimated_delivery,
        events: update.events.into_iter().filter_map(happening).collect(),
    }
}

/// Every word of a text of unknown form that may be a tracking number.
fn numbers_in(body: &[u8]) -> Vec<String> {
    let words = body.split(|byte| !byte.is_ascii_alphanumeric());
    let numbers: BTreeSet<String> = words
        .filter(|word| NUMBER_LENGTHS.contains(&word.len()))
        .filter(|word| word.iter().any(u8::is_ascii_digit))
        .filter_map(|word| TrackingNumber::new(std::str::from_utf8(word).ok()?).ok())
        .map(|number| number.as_str().to_owned())
        .take(NUMBERS_MAX)
        .collect();
    numbers.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::numbers_in;

    #[test]
    fn e3_numbers_are_found_in_a_text_of_any_form() {
        let json =
            br#"{"mailPieces": [{"mailPieceId": "jx123456785gb", "n": 1234567}, "tracked"]}"#;
        assert_eq!(numbers_in(json), ["JX123456785GB"]);
        let xml =
            b"<id>090367574000000FE1E1B</id><id>090367574000000FE1E1B</id><x>\xff12345678</x>";
        assert_eq!(numbers_in(xml), ["090367574000000FE1E1B", "12345678"]);
        assert!(numbers_in(b"").is_empty());
    }
}
