//! What Shiprocket tells of parcels on their way, asked for or pushed.
//!
//! Two of its id spaces look alike: events are read by the shipment's (`sr-status`,
//! `shipment_status_id`), never by the order's (`current_status_id`), where 20 is "in transit" and
//! not a failed pickup. Times are India's, without a zone. Events have no id.

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeZone as _, Utc};
use serde_json::Value;

use super::CODE;
use super::order::IST_SECONDS;
use crate::http::Answer;
use crate::tracking::TrackingStatus::{
    AttemptFailed, Delivered, Exception, InTransit, InfoReceived, OutForDelivery, Pending, Returned,
};
use crate::vendor::{json, sentence, word};
use crate::{CodeTable, ProviderError, PushError, TrackingEvent, TrackingNumber, TrackingUpdate};

/// The shipment's ids, as public code that copies the vendor's tables agrees on.
pub(super) const CODES: CodeTable = CodeTable {
    carrier: CODE,
    rows: &[
        ("1", Some(InfoReceived)),
        ("2", Some(InfoReceived)),
        ("3", Some(InfoReceived)),
        ("4", Some(InfoReceived)),
        ("5", Some(InfoReceived)),
        ("6", Some(InTransit)),
        ("7", Some(Delivered)),
        ("8", Some(Exception)),
        ("9", Some(Exception)),
        ("10", Some(Returned)),
        ("11", Some(Pending)),
        ("12", Some(Exception)),
        ("13", Some(InfoReceived)),
        ("14", Some(Exception)),
        ("15", Some(InfoReceived)),
        ("16", None),
        ("17", Some(OutForDelivery)),
        ("18", Some(InTransit)),
        ("19", Some(InfoReceived)),
        ("20", Some(InfoReceived)),
        ("21", Some(AttemptFailed)),
        ("22", Some(InTransit)),
        // Part of it arrived: the rest is for a person to ask about.
        ("23", Some(Exception)),
        ("24", Some(Exception)),
        ("25", Some(Exception)),
        ("26", Some(Delivered)),
        ("27", Some(InfoReceived)),
        ("38", Some(InTransit)),
        ("39", Some(InTransit)),
        ("40", Some(Exception)),
        ("41", Some(Exception)),
        ("42", Some(InTransit)),
        ("43", None),
        ("44", Some(Exception)),
        ("45", Some(Exception)),
        ("46", Some(Exception)),
        ("47", Some(Exception)),
        ("48", Some(InTransit)),
        ("49", Some(InTransit)),
        ("50", Some(InTransit)),
        ("51", Some(InTransit)),
        ("52", Some(InfoReceived)),
        ("54", Some(InTransit)),
        ("55", Some(InTransit)),
        ("56", Some(InTransit)),
        ("57", Some(InTransit)),
        ("59", None),
        ("60", None),
        ("61", None),
        ("62", None),
        ("63", None),
        ("67", None),
        ("68", None),
        ("71", Some(Exception)),
        ("72", Some(Exception)),
        ("75", Some(Exception)),
        ("76", Some(Exception)),
        ("77", Some(Exception)),
        ("78", Some(Exception)),
        // A scan that the courier named and Shiprocket did not.
        ("NA", None),
    ],
};

/// Reads the answer to `courier/track/awbs`: an object by AWB.
pub(super) fn tracked(
    answer: Result<Answer, ProviderError>,
    numbers: &[TrackingNumber],
) -> Result<Vec<TrackingUpdate>, ProviderError> {
    let answer = answer?;
    let said = json(&answer);
    if !answer.status.is_success() || !(said.is_object() || said.is_array()) {
        let message = format!("tracking answered HTTP {}", answer.status.as_u16());
        return Err(ProviderError::transient(message));
    }
    let updates = numbers.iter().filter_map(|number| {
        let data = match &said {
            Value::Object(parcels) => parcels.get(number.as_str())?,
            parcels => parcels
                .as_array()?
                .iter()
                .find_map(|one| one.get(number.as_str()))?,
        };
        Some(update(number.clone(), &data["tracking_data"]))
    });
    Ok(updates.collect())
}

/// What is known of one parcel; no data yet is no events.
fn update(tracking_number: TrackingNumber, data: &Value) -> TrackingUpdate {
    let activities = data["shipment_track_activities"].as_array();
    TrackingUpdate {
        carrier: CODE,
        tracking_number,
        events: activities.into_iter().flatten().filter_map(event).collect(),
        estimated_delivery: data["etd"].as_str().and_then(time),
    }
}

fn event(activity: &Value) -> Option<TrackingEvent> {
    let code = word(activity.get("sr-status"));
    let code = code
        .or_else(|| word(activity.get("status")))
        .unwrap_or_default();
    let words = ["activity", "sr-status-label", "status"];
    let words = words.into_iter().find_map(|key| word(activity.get(key)));
    Some(TrackingEvent {
        status: CODES.read(&code),
        occurred_at: activity["date"].as_str().and_then(time)?,
        description: sentence(&words.unwrap_or_default()),
        location: word(activity.get("location")).filter(|place| place != "NA"),
        carrier_event_id: None,
        code,
    })
}

/// Reads a push: the parcel's scans, and what it says of the parcel now.
pub(super) fn pushed(body: &[u8]) -> Result<Vec<TrackingUpdate>, PushError> {
    let malformed = |why: &str| PushError::Malformed(why.to_owned());
    let said: Value = serde_json::from_slice(body).map_err(|_| malformed("no JSON"))?;
    let awb = word(said.get("awb")).ok_or_else(|| malformed("no AWB"))?;
    let tracking_number = TrackingNumber::new(&awb).map_err(|_| malformed("no AWB"))?;
    let mut events: Vec<_> = said["scans"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(event)
        .collect();
    let now = word(said.get("shipment_status_id"));
    let at = said["current_timestamp"].as_str().and_then(time);
    if let (Some(code), Some(occurred_at)) = (now, at) {
        let status = CODES.read(&code);
        // Usually the last scan once more, told a moment later.
        if !events.iter().any(|event| event.code == code) {
            let words = word(said.get("shipment_status"));
            events.push(TrackingEvent {
                status,
                code,
                occurred_at,
                description: sentence(&words.unwrap_or_default()),
                location: None,
                carrier_event_id: None,
            });
        }
    }
    Ok(vec![TrackingUpdate {
        carrier: CODE,
        tracking_number,
        events,
        estimated_delivery: said["etd"].as_str().and_then(time),
    }])
}

/// `2023-05-19 11:59:16`, or `23 05 2023 11:43:52` in one field of pushes.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let forms = ["%Y-%m-%d %H:%M:%S", "%d %m %Y %H:%M:%S", "%Y-%m-%d %H:%M"];
    let local = forms
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text.trim(), form).ok())?;
    let ist = FixedOffset::east_opt(IST_SECONDS)?;
    ist.from_local_datetime(&local)
        .single()
        .map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use serde_json::json;

    /// The vendor's own sample, shortened.
    fn sample() -> Value {
        json!({
            "awb": "19041424751540", "courier_name": "Delhivery Surface",
            "current_status": "IN TRANSIT", "current_status_id": 20,
            "shipment_status": "IN TRANSIT", "shipment_status_id": 18,
            "current_timestamp": "23 05 2023 11:43:52", "order_id": "1373900_150876814",
            "etd": "2023-05-23 15:40:19",
            "scans": [{
                "date": "2023-05-19 11:59:16", "status": "X-UCI",
                "activity": "Manifested - Manifest uploaded", "location": "Chennai",
                "sr-status": "5", "sr-status-label": "MANIFEST GENERATED",
            }],
        })
    }

    #[test]
    fn e3_the_vendors_sample_push_is_read_by_the_shipments_ids_in_indias_time() {
        let body = sample().to_string();
        let updates = pushed(body.as_bytes()).expect("a push");
        assert_eq!(updates[0].tracking_number.as_str(), "19041424751540");
        let told: Vec<_> = updates[0]
            .events
            .iter()
            .map(|event| (event.status, event.occurred_at.to_rfc3339()))
            .collect();
        let expected = [
            (Some(InfoReceived), "2023-05-19T06:29:16+00:00".to_owned()),
            (Some(InTransit), "2023-05-23T06:13:52+00:00".to_owned()),
        ];
        assert_eq!(told, expected);
        assert!(pushed(b"{}").is_err());
        assert!(pushed(b"<html>").is_err());
    }

    #[test]
    fn e1_an_unknown_code_is_kept_without_a_meaning() {
        let mut push = sample();
        push["shipment_status_id"] = json!("4711");
        let updates = pushed(push.to_string().as_bytes()).expect("a push");
        assert_eq!(updates[0].events[1].status, None);
        assert_eq!(updates[0].events[1].code, "4711");
    }

    #[test]
    fn e2_each_parcel_of_a_batch_is_told_by_itself() {
        let numbers = ["A1", "A2", "A3"].map(|text| TrackingNumber::new(text).expect("a number"));
        let activity = json!({"date": "2026-11-21 10:00:00", "sr-status": 7, "activity": "Done"});
        let body = json!({
            "A1": {"tracking_data": {"track_status": 1, "shipment_track_activities": [activity]}},
            "A2": {"tracking_data": {"track_status": 0, "error": "no activities found"}},
        });
        let answer = Answer {
            status: reqwest::StatusCode::OK,
            retry_after: None,
            headers: HeaderMap::new(),
            body: body.to_string(),
        };
        let updates = tracked(Ok(answer), &numbers).expect("updates");
        let events: Vec<_> = updates.iter().map(|update| update.events.len()).collect();
        assert_eq!(events, [1, 0]);
        assert_eq!(updates[0].events[0].status, Some(Delivered));
    }
}
