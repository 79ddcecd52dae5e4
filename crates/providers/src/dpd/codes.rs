//! What DPD's words mean: `status` of its pushes ("Tracking Push Service, Schnelleinstieg 04/2023",
//! as told in karrioapi/karrio `modules/connectors/dpd_meta/SPECS.md`), and `status` of the public
//! parcel life cycle (**probable**: several public clients agree, DPD publishes no list).

use crate::TrackingStatus::*;
use crate::tracking::CodeTable;

/// Pushes.
pub(super) const PUSHES: CodeTable = CodeTable {
    carrier: super::CODE,
    rows: &[
        ("start_order", Some(InfoReceived)),
        ("pickup_driver", Some(InTransit)),
        ("pickup_depot", Some(InTransit)),
        ("delivery_depot", Some(InTransit)),
        ("delivery_nab", Some(InTransit)),
        ("delivery_carload", Some(OutForDelivery)),
        ("delivery_notification", Some(AttemptFailed)),
        ("delivery_shop", Some(AvailableForPickup)),
        ("delivery_customer", Some(Delivered)),
        ("pickup_by_consignee", Some(Delivered)),
        ("error_pickup", Some(Exception)),
        ("error_return", Some(Exception)),
        ("no_pickup_by_consignee", Some(Exception)),
    ],
};

/// The parcel life cycle.
pub(super) const LIFE_CYCLE: CodeTable = CodeTable {
    carrier: super::CODE,
    rows: &[
        ("ORDER_INFORMATION_TRANSMITTED", Some(InfoReceived)),
        ("LABEL_CREATED", Some(InfoReceived)),
        ("SHIPMENT", Some(InfoReceived)),
        ("ACCEPTED", Some(InTransit)),
        ("AT_SENDING_DEPOT", Some(InTransit)),
        ("ON_THE_ROAD", Some(InTransit)),
        ("IN_TRANSIT", Some(InTransit)),
        ("AT_DELIVERY_DEPOT", Some(InTransit)),
        ("OUT_FOR_DELIVERY", Some(OutForDelivery)),
        ("COURIER", Some(OutForDelivery)),
        ("PICKUP_POINT", Some(AvailableForPickup)),
        ("PARCELSHOP", Some(AvailableForPickup)),
        ("DELIVERED", Some(Delivered)),
        ("NOT_DELIVERED", Some(AttemptFailed)),
        ("DELIVERYFAILURE", Some(AttemptFailed)),
        ("REFUSED", Some(Exception)),
        ("RETURNINGFROMDELIVERY", Some(Exception)),
        ("RETURNED", Some(Returned)),
    ],
};
