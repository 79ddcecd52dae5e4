//! What DHL's codes mean: `typeCode` of DHL Express (DHL's own list, a copy in karrioapi/karrio
//! `modules/connectors/mydhl/vendors/status_1.csv`, service `express`), and `statusCode` of unified
//! tracking, which is the same for all divisions.

use crate::TrackingStatus::*;
use crate::tracking::CodeTable;

/// DHL Express. `CC` is "awaiting consignee collection", `HP` "held for payment".
pub(super) const EXPRESS: CodeTable = CodeTable {
    carrier: super::CODE,
    rows: &[
        ("SD", Some(InfoReceived)),
        ("PU", Some(InTransit)),
        ("SA", Some(InTransit)),
        ("PL", Some(InTransit)),
        ("DF", Some(InTransit)),
        ("AF", Some(InTransit)),
        ("AR", Some(InTransit)),
        ("BN", Some(InTransit)),
        ("BR", Some(InTransit)),
        ("CR", Some(InTransit)),
        ("FD", Some(InTransit)),
        ("IC", Some(InTransit)),
        ("TP", Some(InTransit)),
        ("TR", Some(InTransit)),
        ("WC", Some(OutForDelivery)),
        ("CA", Some(AttemptFailed)),
        ("CM", Some(AttemptFailed)),
        ("MD", Some(AttemptFailed)),
        ("ND", Some(AttemptFailed)),
        ("NH", Some(AttemptFailed)),
        ("CC", Some(AvailableForPickup)),
        ("OK", Some(Delivered)),
        ("DD", Some(Delivered)),
        ("DL", Some(Delivered)),
        ("PD", Some(Exception)), // some of several pieces only
        ("BA", Some(Exception)),
        ("CD", Some(Exception)),
        ("DS", Some(Exception)),
        ("HP", Some(Exception)),
        ("MC", Some(Exception)),
        ("MS", Some(Exception)),
        ("OH", Some(Exception)),
        ("RD", Some(Exception)),
        ("SS", Some(Exception)),
        ("UD", Some(Exception)),
        ("RT", Some(Returned)),
        ("AD", None), // delivery agreed
        ("CS", None), // closed
        ("RR", None), // response received
        ("SC", None), // service changed
    ],
};

/// Unified tracking.
pub(super) const UNIFIED: CodeTable = CodeTable {
    carrier: super::CODE,
    rows: &[
        ("pre-transit", Some(InfoReceived)),
        ("transit", Some(InTransit)),
        ("out-for-delivery", Some(OutForDelivery)),
        ("delivered", Some(Delivered)),
        ("failure", Some(Exception)),
        ("unknown", None),
    ],
};
