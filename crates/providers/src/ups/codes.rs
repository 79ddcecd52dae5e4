//! What UPS's codes mean: `currentStatus.code` of the Track API and `descriptionCode` of Track
//! Alert,
//! which are the same numbers (PROVIDERS 3.4; UPS-API/api-documentation `Tracking.yaml`,
//! `UPSTrackAlert.yaml`), and the letters of `status.type` for what has no such number.

use crate::TrackingStatus::{self, *};
use crate::tracking::CodeTable;

/// Numbers without leading zeros.
pub(super) const NUMBERS: CodeTable = CodeTable {
    carrier: super::CODE,
    rows: &[
        ("0", Some(Pending)),
        ("3", Some(InfoReceived)),
        ("5", Some(InTransit)),
        ("6", Some(OutForDelivery)),
        ("7", None), // voided: our own doing
        ("10", Some(InTransit)),
        ("11", Some(Delivered)),
        ("13", Some(Exception)),
        ("17", Some(AvailableForPickup)),
        ("21", Some(OutForDelivery)),
        ("22", Some(AttemptFailed)),
        ("23", Some(AttemptFailed)),
        ("24", Some(AttemptFailed)),
        ("25", Some(InTransit)),
        ("26", Some(Delivered)),
        ("29", Some(Exception)),
        ("33", Some(Exception)),
        ("34", Some(Exception)),
        ("35", Some(Exception)),
        ("36", Some(Exception)),
        ("37", Some(OutForDelivery)),
        ("38", Some(InTransit)),
        ("39", Some(InTransit)),
        ("40", Some(AvailableForPickup)),
        ("43", None), // voided
        ("46", Some(Exception)),
        ("47", Some(Exception)),
        ("48", Some(Exception)),
        ("49", Some(Exception)),
        ("50", Some(Exception)),
        ("51", Some(Exception)),
        ("52", Some(Exception)),
        ("53", Some(Exception)),
        ("57", Some(AvailableForPickup)),
        ("59", Some(Exception)),
        ("60", Some(AttemptFailed)),
        ("61", Some(AttemptFailed)),
        ("62", Some(AttemptFailed)),
        ("64", Some(Exception)),
        ("71", Some(InTransit)), // preparing for delivery
    ],
};

/// Types of an activity.
const TYPES: CodeTable = CodeTable {
    carrier: super::CODE,
    rows: &[
        ("D", Some(Delivered)),
        ("I", Some(InTransit)),
        ("M", Some(InfoReceived)),
        ("MV", None),
        ("X", Some(Exception)),
        ("P", Some(InTransit)),
        ("RS", Some(Exception)),
        ("O", None),
        ("NA", None),
        ("U", None), // an update of the estimate
    ],
};

/// The meaning of an activity: its number where it has one, else its type.
pub(super) fn meaning(kind: &str, number: &str) -> Option<TrackingStatus> {
    match number.trim_start_matches('0') {
        "" if number.is_empty() => TYPES.read(kind),
        "" => NUMBERS.read("0"),
        number => NUMBERS.read(number),
    }
}
