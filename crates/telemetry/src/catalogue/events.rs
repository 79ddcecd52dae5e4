//! What happened in the shops. One worker counts it for the fleet from `shop_events`, so it does
//! not matter who did it: add them up with `sum`.

use super::Exporter::Worker;
use super::Kind::{Counter, Histogram};
use super::Metric;
use super::words::{CURRENCY, ORDER_SECONDS, STATE_LEFT, closed, exported, named};

const ORDER_STATES: &[&str] = &[
    "draft",
    "placed",
    "pending",
    "payment_failed",
    "on_hold",
    "confirmed",
    "processing",
    "picking",
    "packed",
    "partially_shipped",
    "shipped",
    "partially_delivered",
    "delivered",
    "completed",
    "partially_returned",
    "returned",
    "cancelled",
    "expired",
];
const PAYMENT_STATES: &[&str] = &[
    "created",
    "pending",
    "requires_action",
    "authorized",
    "partially_paid",
    "paid",
    "failed",
    "cancelled",
    "voided",
    "partially_refunded",
    "refunded",
    "disputed",
];
const FULFILMENT_STATES: &[&str] = &[
    "created",
    "pending",
    "on_hold",
    "submitted",
    "accepted",
    "rejected",
    "failed",
    "picking",
    "packed",
    "shipped",
    "delivered",
    "returned",
    "cancellation_requested",
    "cancelled",
];
const SHIPMENT_STATES: &[&str] = &[
    "created",
    "pending",
    "info_received",
    "in_transit",
    "out_for_delivery",
    "available_for_pickup",
    "attempt_failed",
    "delivered",
    "exception",
    "returned",
    "expired",
    "cancelled",
];
const RETURN_STATES: &[&str] = &[
    "requested",
    "approved",
    "in_transit",
    "partially_received",
    "received",
    "inspected",
    "refunded",
    "exchanged",
    "rejected",
    "cancelled",
    "expired",
    "lost",
];

/// Metrics of what happened, in the order of the docs.
pub(super) const OF_EVENTS: &[Metric] = &[
    exported(
        "stevedore_orders_total",
        Counter,
        Worker,
        &[closed("state", ORDER_STATES)],
        "Orders that came into a state",
    ),
    exported(
        "stevedore_payments_total",
        Counter,
        Worker,
        &[closed("state", PAYMENT_STATES)],
        "Payments of orders that came into a state",
    ),
    exported(
        "stevedore_fulfilments_total",
        Counter,
        Worker,
        &[closed("state", FULFILMENT_STATES)],
        "Fulfilments that came into a state",
    ),
    exported(
        "stevedore_shipments_total",
        Counter,
        Worker,
        &[closed("state", SHIPMENT_STATES)],
        "Parcels that came into a state",
    ),
    exported(
        "stevedore_returns_total",
        Counter,
        Worker,
        &[closed("state", RETURN_STATES)],
        "Returns that came into a state",
    ),
    exported(
        "stevedore_refunds_total",
        Counter,
        Worker,
        &[closed("state", &["requested", "settled", "failed"])],
        "Refunds that were asked for, settled or refused",
    ),
    exported(
        "stevedore_tickets_total",
        Counter,
        Worker,
        &[closed("state", &["opened", "resolved"])],
        "Tickets that were opened (or opened again) or resolved",
    ),
    exported(
        "stevedore_order_value_total",
        Counter,
        Worker,
        &[CURRENCY],
        "Value of the orders that were confirmed, in the currency's smallest unit",
    ),
    exported(
        "stevedore_refund_value_total",
        Counter,
        Worker,
        &[CURRENCY],
        "Money that went back, in the currency's smallest unit",
    ),
    exported(
        "stevedore_order_stage_duration_seconds",
        Histogram(ORDER_SECONDS),
        Worker,
        &[STATE_LEFT],
        "Time an order spent in a state that it left",
    ),
    exported(
        "stevedore_order_lead_time_seconds",
        Histogram(ORDER_SECONDS),
        Worker,
        &[],
        "Time from when an order was placed to when all of it was delivered",
    ),
    exported(
        "stevedore_fulfilment_duration_seconds",
        Histogram(ORDER_SECONDS),
        Worker,
        &[
            named("provider", "the providers of fulfilments"),
            closed("outcome", &["shipped", "delivered", "failed", "rejected"]),
        ],
        "Time from when a fulfilment was made to when it came so far",
    ),
];
