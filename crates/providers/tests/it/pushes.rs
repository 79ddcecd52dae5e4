//! Carriers' pushes, in the bodies that they publish or that others met.

use std::sync::Arc;

use stevedore_providers::TrackingStatus::{Delivered, InTransit, InfoReceived, OutForDelivery};
use stevedore_providers::{
    Carriers, LocalTokens, ProviderSettings, PushError, TokenCache, carriers,
};

fn all() -> Carriers {
    let mut settings = ProviderSettings::default();
    settings.carriers.royal_mail.royal_mail_client_id = Some("id".to_owned());
    settings.carriers.royal_mail.royal_mail_client_secret = Some("secret".into());
    settings.carriers.dpd.dpd_bucode = Some("001".to_owned());
    settings.carriers.fedex.fedex_client_id = Some("id".to_owned());
    settings.carriers.fedex.fedex_client_secret = Some("secret".into());
    settings.carriers.ups.ups_client_id = Some("id".to_owned());
    settings.carriers.ups.ups_client_secret = Some("secret".into());
    settings.carriers.dhl.dhl_tracking_api_key = Some("key".into());
    let tokens: Arc<dyn TokenCache> = Arc::new(LocalTokens::default());
    carriers(&settings, &tokens).expect("valid settings")
}

#[tokio::test]
async fn e3_ups_track_alert_is_read() {
    // UPSTrackAlert.yaml, examples 1 and 7.
    let manifest = br#"{"activityLocation":{"city":"","country":"US","postalCode":"",
        "stateProvince":""},"activityStatus":{"code":"MP","description":"Shipment Ready for UPS",
        "descriptionCode":"003","type":"M"},"gmtActivityDate":"20240422",
        "gmtActivityTime":"041230","localActivityDate":"20240422","localActivityTime":"091230",
        "scheduledDeliveryDate":"","trackingNumber":" 1ZABCXYZ0112346789"}"#;
    let update = all()["ups"].parse_push(manifest).expect("a push").remove(0);
    assert_eq!(update.tracking_number.as_str(), "1ZABCXYZ0112346789");
    assert_eq!(update.events[0].status, Some(InfoReceived));
    assert_eq!(update.events[0].location.as_deref(), Some("US"));
    let delivery = br#"{"trackingNumber":"1Z204W4R0308071865","localActivityDate":"20240423",
        "localActivityTime":"095004","activityLocation":{"city":"CHARLOTTE","stateProvince":"NC",
        "postalCode":"28209","country":"US"},"activityStatus":{"type":"D","code":"FS",
        "description":"Delivered","descriptionCode":"011"},"scheduledDeliveryDate":"",
        "actualDeliveryDate":"20240423","gmtActivityDate":"20240423","gmtActivityTime":"135004"}"#;
    let update = all()["ups"].parse_push(delivery).expect("a push").remove(0);
    assert_eq!(update.events[0].status, Some(Delivered));
    let at = update.events[0].occurred_at.to_rfc3339();
    assert_eq!(at, "2024-04-23T13:50:04+00:00");
}

#[tokio::test]
async fn e3_dpd_pushes_in_the_query_of_a_get() {
    let query = b"pushid=4711&pnr=01005012345678&status=delivery_carload&statusdate=20112026083000\
        &depot=0176&ref=ORD-1&services=&receiver=";
    let update = all()["dpd"].parse_push(query).expect("a push").remove(0);
    let event = &update.events[0];
    assert_eq!(event.status, Some(OutForDelivery));
    assert_eq!(event.carrier_event_id.as_deref(), Some("4711"));
    // Berlin's time.
    assert_eq!(event.occurred_at.to_rfc3339(), "2026-11-20T07:30:00+00:00");
    let unheard_of = b"?pushid=1&pnr=0100&status=sideways&statusdate=20112026083000";
    let update = all()["dpd"]
        .parse_push(unheard_of)
        .expect("a push")
        .remove(0);
    assert_eq!(update.events[0].status, None);
}

#[tokio::test]
async fn e3_fedex_and_dhl_push_what_they_answer() {
    let fedex = br#"{"output":{"completeTrackResults":[{"trackingNumber":"794912345678",
        "trackResults":[{"scanEvents":[{"date":"2026-11-20T08:00:00-05:00","eventType":"IT",
        "eventDescription":"In transit"}]}]}]}}"#;
    let update = all()["fedex"].parse_push(fedex).expect("a push").remove(0);
    assert_eq!(update.events[0].status, Some(InTransit));
    let at = update.events[0].occurred_at.to_rfc3339();
    assert_eq!(at, "2026-11-20T13:00:00+00:00");
    let dhl = br#"{"shipments":[{"id":9356512345,"service":"express","status":{
        "timestamp":"2026-11-20T08:00:00+01:00","statusCode":"delivered","status":"DELIVERED",
        "description":"Delivered"}}]}"#;
    let update = all()["dhl"].parse_push(dhl).expect("a push").remove(0);
    assert_eq!(update.tracking_number.as_str(), "9356512345");
    assert_eq!(update.events[0].status, Some(Delivered));
}

#[tokio::test]
async fn e3_what_is_no_push_is_refused() {
    let carriers = all();
    for (code, carrier) in &carriers {
        for body in [&b""[..], b"{}", b"[1,2", b"\xff\xfe", b"pnr=&status="] {
            assert!(carrier.parse_push(body).is_err(), "{code} {body:?}");
        }
    }
    let offered = carriers["royal_mail"].parse_push(b"{}");
    assert!(matches!(offered, Err(PushError::NotOffered)), "{offered:?}");
}
