//! What Royal Mail's event codes mean (elliotjreed/royal-mail-tracking, MIT, which lists what its
//! authors met; **probable**, since Royal Mail publishes no list). Mapped by code, never by text.

use crate::TrackingStatus::*;
use crate::tracking::CodeTable;

/// `eventCode`, `lastEventCode`.
pub(super) const TABLE: CodeTable = CodeTable {
    carrier: super::CODE,
    rows: &[
        ("EVAIP", Some(InfoReceived)),
        ("EVAIE", Some(InfoReceived)),
        ("EVBAH", Some(InTransit)),
        ("EVDAC", Some(InTransit)),
        ("EVDAV", Some(InTransit)),
        ("EVIAV", Some(InTransit)),
        ("EVIMC", Some(InTransit)),
        ("EVGMI", Some(InTransit)), // mis-sorted, and moving
        ("EVIPI", Some(InTransit)),
        ("EVNMI", Some(InTransit)),
        ("EVGPD", Some(OutForDelivery)),
        ("EVKNA", Some(AttemptFailed)),
        ("EVNDA", Some(AttemptFailed)),
        ("EVKAA", Some(AttemptFailed)),
        ("EVNAA", Some(AttemptFailed)),
        ("EVNDN", Some(AttemptFailed)),
        ("EVKLC", Some(AvailableForPickup)),
        ("EVNKS", Some(AvailableForPickup)),
        ("EVKSP", Some(Delivered)),
        ("EVKOP", Some(Delivered)),
        ("EVKSF", Some(Delivered)),
        ("EVKDN", Some(Delivered)),
        ("EVNOC", Some(Delivered)), // collected by its recipient
        ("EVPLC", Some(Delivered)),
        ("EVKRF", Some(Exception)),
        ("EVNRF", Some(Exception)),
        ("EVKGA", Some(Exception)),
        ("EVNGA", Some(Exception)),
        ("EVKAI", Some(Exception)),
        ("EVRTS", Some(Returned)),
    ],
};
