//! An order as it is read.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{LineUnits, OrderError};

/// An order. Amounts are whole numbers of the currency's minor unit.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "order_id": 17,
    "order_number": "ORD-20300101-00017",
    "lock_version": 3,
    "status": "processing",
    "order_status": "processing",
    "payment_status": "pending",
    "payment_method": "cod",
    "currency": "GHS",
    "subtotal": 1200,
    "shipping_fee": 0,
    "tax_amount": 0,
    "discount_amount": 0,
    "total_amount": 1200,
    "customer_id": null,
    "customer_name": "Ama Mensah",
    "customer_email": "ama@example.com",
    "customer_phone": "+233241234567",
    "shipping_address": null,
    "locale": "en",
    "order_source": "web",
    "cancel_reason": null,
    "cancelled_by": null,
    "error_count": 0,
    "expires_at": null,
    "placed_at": "2030-01-01T08:00:00Z",
    "confirmed_at": "2030-01-01T08:00:00Z",
    "delivered_at": null,
    "cancelled_at": null,
    "updated_at": "2030-01-01T08:00:01Z",
    "lines": [{
        "line_number": 1,
        "sku": "MTN-1GB",
        "title": "MTN 1 GB",
        "quantity": 1,
        "unit_price": 1200,
        "total_price": 1200,
        "recipient_phone": "+233241234567",
        "quantity_cancelled": 0,
        "quantity_fulfilled": 0,
        "quantity_shipped": 0,
        "quantity_delivered": 0,
        "quantity_returned": 0
    }],
    "fulfillments": [{
        "fulfillment_id": 9,
        "provider_code": "at_ishare",
        "status": "submitted",
        "provider_order_id": null,
        "attempts": 1,
        "last_error_code": null,
        "last_error_message": null,
        "submitted_at": "2030-01-01T08:00:01Z",
        "shipped_at": null,
        "delivered_at": null,
        "items": [{ "line_number": 1, "quantity": 1 }]
    }],
    "shipments": [],
    "holds": [],
    "errors": [],
    "returns": [],
    "metrics": null,
    "history": [{
        "axis": "order",
        "fulfillment_id": null,
        "shipment_id": null,
        "return_id": null,
        "from_status": null,
        "to_status": "pending",
        "changed_by": "api",
        "reason": null,
        "held_ms": null,
        "created_at": "2030-01-01T08:00:00Z"
    }]
}))]
pub struct Order {
    /// The order's id.
    pub order_id: i64,
    /// The order's number, for people.
    pub order_number: String,
    /// Its version, which is also its `ETag`.
    pub lock_version: i32,
    /// The one status of earlier systems: `paid` is confirmed and paid.
    pub status: String,
    /// Where the order stands: `pending`, `confirmed`, `processing`, `on_hold`, `delivered`,
    /// `cancelled`, `expired`, …
    pub order_status: String,
    /// Where its payment stands.
    pub payment_status: String,
    /// How it is paid.
    pub payment_method: String,
    /// Of all amounts.
    pub currency: String,
    /// Sum of the lines.
    pub subtotal: i64,
    /// Added.
    pub shipping_fee: i64,
    /// Added.
    pub tax_amount: i64,
    /// Taken off.
    pub discount_amount: i64,
    /// What the customer pays.
    pub total_amount: i64,
    /// The known customer; null: a guest.
    #[schema(required)]
    pub customer_id: Option<i64>,
    /// Who ordered.
    pub customer_name: String,
    /// Where notices go.
    #[schema(required)]
    pub customer_email: Option<String>,
    /// In E.164 form.
    #[schema(required)]
    pub customer_phone: Option<String>,
    /// Where it goes; null when nothing is shipped.
    #[schema(required, value_type = Option<Object>)]
    pub shipping_address: Option<Value>,
    /// Language of the customer's notices.
    pub locale: String,
    /// Where the order came from.
    pub order_source: String,
    /// Why it was cancelled.
    #[schema(required)]
    pub cancel_reason: Option<String>,
    /// Who cancelled it.
    #[schema(required)]
    pub cancelled_by: Option<String>,
    /// How many failures wait for a person.
    pub error_count: i32,
    /// When a pending order gives its stock back, unless it is confirmed before.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
    /// When it was confirmed.
    #[schema(required)]
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When all of it was delivered.
    #[schema(required)]
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was cancelled.
    #[schema(required)]
    pub cancelled_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
    /// The work at each provider.
    pub fulfillments: Vec<Fulfillment>,
    /// Its parcels.
    pub shipments: Vec<Shipment>,
    /// Why it is, or was, on hold.
    pub holds: Vec<Hold>,
    /// What went wrong.
    pub errors: Vec<OrderError>,
    /// What comes back.
    pub returns: Vec<OrderReturn>,
    /// How long it took; null before its first change of state.
    #[schema(required)]
    pub metrics: Option<OrderMetrics>,
    /// Every change of state, in order.
    pub history: Vec<StateChange>,
}

/// One line of an order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// Its place, from 1.
    pub line_number: i32,
    /// What.
    pub sku: String,
    /// Its title when it was ordered.
    pub title: String,
    /// How many.
    pub quantity: i32,
    /// Price of one when it was ordered.
    pub unit_price: i64,
    /// Price of all.
    pub total_price: i64,
    /// The phone that gets airtime or data.
    #[schema(required)]
    pub recipient_phone: Option<String>,
    /// Units taken back before they went.
    pub quantity_cancelled: i32,
    /// Units that are packed or gone.
    pub quantity_fulfilled: i32,
    /// Units that left.
    pub quantity_shipped: i32,
    /// Units that arrived.
    pub quantity_delivered: i32,
    /// Units that came back.
    pub quantity_returned: i32,
}

/// The part of an order that one provider delivers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fulfillment {
    /// Its id.
    pub fulfillment_id: i64,
    /// Who delivers.
    pub provider_code: String,
    /// Where it stands: `pending`, `submitted`, `accepted`, `delivered`, `failed`, `cancelled`, …
    pub status: String,
    /// The provider's own number.
    #[schema(required)]
    pub provider_order_id: Option<String>,
    /// How often the provider was asked.
    pub attempts: i32,
    /// The stable name of the last failure.
    #[schema(required)]
    pub last_error_code: Option<String>,
    /// The last failure in words.
    #[schema(required)]
    pub last_error_message: Option<String>,
    /// When it was handed to the provider.
    #[schema(required)]
    pub submitted_at: Option<DateTime<Utc>>,
    /// When goods left.
    #[schema(required)]
    pub shipped_at: Option<DateTime<Utc>>,
    /// When it was delivered.
    #[schema(required)]
    pub delivered_at: Option<DateTime<Utc>>,
    /// What it delivers.
    pub items: Vec<LineUnits>,
}

/// A parcel.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shipment {
    /// Its id.
    pub shipment_id: i64,
    /// The fulfilment whose goods it carries.
    pub fulfillment_id: i64,
    /// Who carries it.
    pub carrier_code: String,
    /// The carrier's number.
    #[schema(required)]
    pub tracking_number: Option<String>,
    /// Where people follow it.
    #[schema(required)]
    pub tracking_url: Option<String>,
    /// Where it is: `pending`, `in_transit`, `out_for_delivery`, `delivered`, …
    pub status: String,
    /// The carrier's estimate.
    #[schema(required)]
    pub estimated_delivery_at: Option<DateTime<Utc>>,
    /// When the carrier had it.
    #[schema(required)]
    pub shipped_at: Option<DateTime<Utc>>,
    /// When it arrived.
    #[schema(required)]
    pub delivered_at: Option<DateTime<Utc>>,
}

/// A reason for which an order is, or was, on hold.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Its id.
    pub order_hold_id: i64,
    /// The kind of reason.
    pub reason: String,
    /// The reason in words.
    pub notes: String,
    /// Who held it.
    pub held_by: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When it was released; null: it holds.
    #[schema(required)]
    pub released_at: Option<DateTime<Utc>>,
    /// Who released it.
    #[schema(required)]
    pub released_by: Option<String>,
    /// A word with the release.
    #[schema(required)]
    pub release_notes: Option<String>,
}

/// A return of an order, in short.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderReturn {
    /// Its id.
    pub return_id: i64,
    /// Its number, for people.
    pub rma_number: String,
    /// `refund` or `exchange`.
    pub kind: String,
    /// Where it stands.
    pub status: String,
    /// The new order that took its place.
    #[schema(required)]
    pub exchange_order_id: Option<i64>,
}

/// How long an order took from stage to stage, in milliseconds; null where it did not get.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct OrderMetrics {
    #[schema(required)]
    pub placed_to_confirmed_ms: Option<i64>,
    #[schema(required)]
    pub confirmed_to_fulfilled_ms: Option<i64>,
    #[schema(required)]
    pub fulfilled_to_shipped_ms: Option<i64>,
    #[schema(required)]
    pub shipped_to_delivered_ms: Option<i64>,
    #[schema(required)]
    pub total_processing_duration_ms: Option<i64>,
    pub on_hold_ms: i64,
    pub retry_count: i32,
}

/// One change of state.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateChange {
    /// Of what: `order`, `payment`, `fulfillment`, `shipment` or `return`.
    pub axis: String,
    /// Which fulfilment.
    #[schema(required)]
    pub fulfillment_id: Option<i64>,
    /// Which parcel.
    #[schema(required)]
    pub shipment_id: Option<i64>,
    /// Which return.
    #[schema(required)]
    pub return_id: Option<i64>,
    /// Null for the first state.
    #[schema(required)]
    pub from_status: Option<String>,
    /// The state it came to.
    pub to_status: String,
    /// Who changed it.
    pub changed_by: String,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
    /// How long the state before held, in milliseconds.
    #[schema(required)]
    pub held_ms: Option<i64>,
    /// When.
    pub created_at: DateTime<Utc>,
}
