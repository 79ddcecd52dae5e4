//! What FedEx's codes mean (developer.fedex.com, "Tracking Status Codes"; a copy is in
//! karrioapi/karrio `modules/connectors/fedex/vendor/Tracking-Status-Codes.html`).

use crate::TrackingStatus::*;
use crate::tracking::CodeTable;

/// `eventType` of a scan, `code` of the latest status.
pub(super) const TABLE: CodeTable = CodeTable {
    carrier: super::CODE,
    rows: &[
        ("OC", Some(InfoReceived)),
        ("OX", Some(InfoReceived)),
        ("AP", None), // at pickup, not in its hands yet
        ("EP", None),
        ("PD", None), // pickup delay
        ("DR", None),
        ("PU", Some(InTransit)),
        ("PX", Some(InTransit)),
        ("AA", Some(InTransit)),
        ("AC", Some(InTransit)),
        ("AF", Some(InTransit)),
        ("AO", Some(InTransit)),
        ("AR", Some(InTransit)),
        ("AX", Some(InTransit)),
        ("CC", Some(InTransit)),
        ("CP", Some(InTransit)),
        ("DP", Some(InTransit)),
        ("DS", Some(InTransit)),
        ("EA", Some(InTransit)),
        ("EO", Some(InTransit)),
        ("FD", Some(InTransit)),
        ("IT", Some(InTransit)),
        ("IX", Some(InTransit)),
        ("LO", Some(InTransit)),
        ("OF", Some(InTransit)),
        ("OW", Some(InTransit)),
        ("PF", Some(InTransit)),
        ("PL", Some(InTransit)),
        ("PM", Some(InTransit)),
        ("SF", Some(InTransit)),
        ("TR", Some(InTransit)),
        ("AD", Some(OutForDelivery)),
        ("ED", Some(OutForDelivery)),
        ("OD", Some(OutForDelivery)),
        ("DE", Some(AttemptFailed)),
        ("DL", Some(Delivered)),
        ("HL", Some(AvailableForPickup)),
        ("HP", Some(AvailableForPickup)),
        ("CA", Some(Exception)),
        ("CD", Some(Exception)),
        ("DD", Some(Exception)),
        ("DY", Some(Exception)),
        ("RS", Some(Exception)),
        ("SE", Some(Exception)),
        ("CH", None), // location changed
        ("SP", None), // split
        ("RR", None), // the recipient asked for another day or place
        ("RM", None),
        ("RC", None),
        ("RP", None), // links for return labels
        ("LP", None),
        ("RG", None),
        ("RD", None),
    ],
};
