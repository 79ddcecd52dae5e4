//! Carriers' pushes, and Shiprocket's: where a parcel is. Each carrier's own file reads its bodies.

use stevedore_model::inbox::Event;
use stevedore_model::tracking::Push;
use stevedore_providers::{Carriers, PushError, TrackingUpdate};

use super::{Trouble, Word, nothing};
use crate::parcels::happening;

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
        Err(PushError::NotOffered) => Ok(nothing("this carrier pushes nothing that we can read")),
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
