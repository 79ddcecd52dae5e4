//! What pages say of an order and a parcel, from what a link shows
//! ([`TrackedOrder`]): states in a customer's words, and how far it is.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::wire::{TrackedOrder, TrackedShipment};

/// An order on a page.
#[derive(Debug, Serialize)]
pub struct Order {
    number: String,
    state: &'static str,
    tone: &'static str,
    expected: Option<Day>,
    steps: Vec<Step>,
    reached: usize,
    parcels: Vec<Parcel>,
    events: Vec<Happened>,
}

/// A parcel on a page.
#[derive(Debug, Serialize)]
pub struct Parcel {
    number: Option<String>,
    carrier: String,
    state: &'static str,
    tone: &'static str,
    expected: Option<Day>,
    steps: Vec<Step>,
    reached: usize,
    events: Vec<Happened>,
    link: Option<String>,
}

/// A step on the way to the door.
#[derive(Debug, Serialize)]
struct Step {
    word: &'static str,
    class: &'static str,
}

/// A day, as it is told without scripts.
#[derive(Debug, Serialize)]
struct Day {
    at: DateTime<Utc>,
    day: String,
}

/// Something that happened, the newest first.
#[derive(Debug, Serialize)]
struct Happened {
    at: DateTime<Utc>,
    text: String,
    state: &'static str,
    place: Option<String>,
}

/// What a state means to whoever waits: words, how far it is (from 1; 0: it ends elsewhere), and
/// whether that is `good` or `bad` news.
type Meaning = (&'static str, usize, &'static str);

const ORDER_STEPS: [&str; 5] = [
    "Ordered",
    "Confirmed",
    "Prepared",
    "On its way",
    "Delivered",
];
const PARCEL_STEPS: [&str; 4] = ["Announced", "On its way", "At your door", "Delivered"];

fn of_order(status: &str) -> Meaning {
    match status {
        "draft" | "pending" => ("We have your order", 1, ""),
        "confirmed" | "paid" => ("Your order is confirmed", 2, ""),
        "processing" | "picking" => ("We are preparing your order", 3, ""),
        "packed" => ("Your order is packed", 3, ""),
        "partially_shipped" => ("A part of your order is on its way", 4, ""),
        "shipped" => ("Your order is on its way", 4, ""),
        "partially_delivered" => ("A part of your order was delivered", 4, ""),
        "delivered" | "completed" => ("Delivered", 5, "good"),
        "on_hold" => ("Your order is on hold; we are looking into it", 2, "bad"),
        "payment_failed" => ("The payment failed", 0, "bad"),
        "cancelled" => ("Your order was cancelled", 0, "bad"),
        "expired" => ("Your order was not confirmed in time", 0, "bad"),
        "partially_returned" => ("A part of your order came back", 0, ""),
        "returned" => ("Your order came back to us", 0, ""),
        "refunded" => ("Your money was given back", 0, ""),
        _ => ("We are working on your order", 3, ""),
    }
}

fn of_parcel(status: &str) -> Meaning {
    match status {
        "pending" => ("Label made", 1, ""),
        "info_received" => ("Announced to the carrier", 1, ""),
        "in_transit" => ("On its way", 2, ""),
        "out_for_delivery" => ("Out for delivery", 3, "good"),
        "attempt_failed" => ("Nobody was there; the carrier tries again", 3, "bad"),
        "available_for_pickup" => ("Ready to be picked up", 3, "good"),
        "delivered" => ("Delivered", 4, "good"),
        "exception" => ("Held up; we are looking into it", 2, "bad"),
        "expired" => (
            "The carrier has lost sight of it; we are looking into it",
            0,
            "bad",
        ),
        "returned" => ("It came back to us", 0, "bad"),
        "cancelled" => ("It was not sent", 0, "bad"),
        _ => ("On its way", 2, ""),
    }
}

/// Steps up to the one that is reached; none for what ended elsewhere.
fn steps(words: &[&'static str], reached: usize) -> Vec<Step> {
    let class = |place: usize| match place.cmp(&reached) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "ahead",
    };
    let all = words.iter().zip(1..);
    let shown = all.filter(|_| reached > 0);
    shown
        .map(|(word, place)| Step {
            word,
            class: class(place),
        })
        .collect()
}

fn expected(at: Option<DateTime<Utc>>, is_open: bool) -> Option<Day> {
    at.filter(|_| is_open).map(|at| Day {
        at,
        day: at.format("%A, %-d %B").to_string(),
    })
}

fn happened(at: DateTime<Utc>, state: &'static str, place: Option<String>) -> Happened {
    let text = at.format("%-d %b %Y, %H:%M UTC").to_string();
    Happened {
        at,
        text,
        state,
        place,
    }
}

impl From<TrackedOrder> for Order {
    fn from(order: TrackedOrder) -> Self {
        let (state, reached, tone) = of_order(&order.status);
        let is_open = (1..ORDER_STEPS.len()).contains(&reached);
        let events = order.timeline.iter().rev();
        Order {
            number: order.order_number,
            state,
            tone,
            expected: expected(order.estimated_delivery_at, is_open),
            steps: steps(&ORDER_STEPS, reached),
            reached,
            events: events
                .map(|entry| happened(entry.at, of_order(&entry.status).0, None))
                .collect(),
            parcels: order.shipments.into_iter().map(Parcel::from).collect(),
        }
    }
}

impl From<TrackedShipment> for Parcel {
    fn from(parcel: TrackedShipment) -> Self {
        let (state, reached, tone) = of_parcel(&parcel.status);
        let is_open = (1..PARCEL_STEPS.len()).contains(&reached);
        let events = parcel.events.into_iter().rev();
        let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        Parcel {
            number: parcel.tracking_number,
            carrier: carrier(&parcel.carrier),
            state,
            tone,
            expected: expected(parcel.estimated_delivery_at, is_open),
            steps: steps(&PARCEL_STEPS, reached),
            reached,
            events: events
                .map(|event| {
                    let words = of_parcel(&event.status).0;
                    happened(event.occurred_at, words, event.location)
                })
                .collect(),
            link: parcel.tracking_url.filter(is_web),
        }
    }
}

/// A carrier's name out of its code: `royal_mail` is "Royal Mail".
fn carrier(code: &str) -> String {
    let name = |word: &str| match word {
        "dpd" | "ups" | "dhl" => word.to_ascii_uppercase(),
        "fedex" => "FedEx".to_owned(),
        _ => {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect()
        }
    };
    let words: Vec<String> = code.split(['_', '-']).map(name).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e4_steps_are_behind_here_and_ahead_and_none_for_what_ended_elsewhere() {
        let classes = |status: &str| {
            let steps = steps(&ORDER_STEPS, of_order(status).1);
            steps.iter().map(|step| step.class).collect::<Vec<_>>()
        };
        assert_eq!(
            classes("processing"),
            ["done", "done", "now", "ahead", "ahead"]
        );
        assert_eq!(
            classes("delivered"),
            ["done", "done", "done", "done", "now"]
        );
        assert!(classes("cancelled").is_empty());
    }

    #[test]
    fn e4_carriers_have_names() {
        let names = ["royal_mail", "dpd", "fedex", "dhl_express"].map(carrier);
        assert_eq!(names, ["Royal Mail", "DPD", "FedEx", "DHL Express"]);
    }
}
