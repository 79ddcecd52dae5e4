//! What the table's lines are made of: buckets, labels, and how a line is written.

use super::Values::{Closed, Named};
use super::{Exporter, Kind, Label, Metric};

/// An HTTP answer, from a cached look-up to a slow page.
pub(super) const HTTP_SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// A call to an outside system; 30 s is what an order at a provider may take.
pub(super) const EXTERNAL_SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];
/// A handler's run, from a statement to the longest time limit.
pub(super) const RUN_SECONDS: &[f64] = &[
    0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0,
];
/// A job's wait; 30 s is what StevedoreJobsStartLate asks about.
pub(super) const WAIT_SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
    300.0, 900.0, 3600.0,
];
/// One statement on a near database.
pub(super) const QUERY_SECONDS: &[f64] = &[
    0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 1.0, 5.0,
];
/// An order's way, from the demo's second to a courier's fortnight; count_events() has it, too.
pub(super) const ORDER_SECONDS: &[f64] = &[
    0.5,
    1.0,
    2.5,
    5.0,
    15.0,
    60.0,
    300.0,
    900.0,
    3600.0,
    14_400.0,
    86_400.0,
    259_200.0,
    604_800.0,
    1_209_600.0,
];

pub(super) const QUEUE: Label = named("queue", "the queues that are served");
/// Workers share their slots among their queues.
pub(super) const SERVED: Label = named(
    "queue",
    "the queue that a worker serves, or `all` if it serves several",
);
pub(super) const KIND: Label = named("kind", "the registered job kinds");
/// Who is asked where a parcel is.
pub(super) const CARRIERS: &[&str] = &["royal_mail", "dpd", "fedex", "ups", "dhl", "shiprocket"];
/// Who sends webhooks.
pub(super) const SENDERS: &[&str] = &[
    "stripe",
    "razorpay",
    "twilio",
    "prodigi",
    "shiprocket",
    "royal_mail",
    "dpd",
    "fedex",
    "ups",
    "dhl",
    "standard",
];
/// The channels of `notification_queue`.
pub(super) const CHANNELS: &[&str] = &[
    "email",
    "sms",
    "whatsapp",
    "in_app",
    "slack",
    "pagerduty",
    "webhook",
];
/// The tables of which `clean_up` throws old rows away.
pub(super) const CLEANED: &[&str] = &[
    "idempotency_keys",
    "customer_tokens",
    "console_sessions",
    "notification_queue",
    "notification_receipts",
    "customer_notifications",
    "stock_subscriptions",
    "fulfillment_logs",
    "shop_events",
    "tickets",
    "order_errors",
    "order_sightings",
    "webhook_deliveries",
    "webhook_events",
    "shipping_labels",
    "pick_batches",
    "worker_hours",
    "queue_hours",
    "order_state_history",
    "order_logs",
    "tracking_events",
];
pub(super) const STAGE: Label = named("stage", "the order states that are not final");
pub(super) const STATE_LEFT: Label = named("stage", "the order states that can be left");
pub(super) const CURRENCY: Label = named("currency", "the currencies of orders, few");
pub(super) const TABLE: Label = named("table", "the tables that grow or change most");
pub(super) const OUTCOME: Label = closed(
    "outcome",
    &[
        "succeeded",
        "retried",
        "dead",
        "cancelled",
        "snoozed",
        "waited",
        "lost",
    ],
);

pub(super) const fn named(name: &'static str, what: &'static str) -> Label {
    let values = Named(what);
    Label { name, values }
}

pub(super) const fn closed(name: &'static str, values: &'static [&'static str]) -> Label {
    let values = Closed(values);
    Label { name, values }
}

pub(super) const fn exported(
    name: &'static str,
    kind: Kind,
    exporter: Exporter,
    labels: &'static [Label],
    help: &'static str,
) -> Metric {
    Metric {
        name,
        kind,
        labels,
        exporter,
        help,
    }
}
