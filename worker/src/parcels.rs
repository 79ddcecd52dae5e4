//! What carriers tell of parcels, asked or not, in the words of the model.

use stevedore_model::tracking::Happening;
use stevedore_providers::TrackingEvent;

/// What has a meaning for us; unknown codes were counted by the carrier's table.
pub(crate) fn happening(event: TrackingEvent) -> Option<Happening> {
    Some(Happening {
        status: event.status?.as_str(),
        occurred_at: event.occurred_at,
        description: event.description,
        location: event.location,
        carrier_event_id: event.carrier_event_id,
    })
}
