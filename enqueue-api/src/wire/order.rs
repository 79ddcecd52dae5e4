//! An order as it is read.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An order. Amounts are whole numbers of the currency's minor unit.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "order_id": 17,
    "order_number": "ORD-20300101-00017",
    "order_status": "processing",
    "payment_status": "pending",
    "payment_method": "cod",
    "currency": "GHS",
    "subtotal": 1200,
    "shipping_fee": 0,
    "tax_amount": 0,
    "discount_amount": 0,
    "total_amount": 1200,
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
        "recipient_phone": "+233241234567"
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
        "delivered_at": null
    }],
    "history": [{
        "axis": "order",
        "fulfillment_id": null,
        "from_status": null,
        "to_status": "pending",
        "changed_by": "api",
        "reason": null,
        "created_at": "2030-01-01T08:00:00Z"
    }]
}))]
pub struct Order {
    /// The order's id.
    pub order_id: i64,
    /// The order's number, for people.
    pub order_number: String,
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
}

/// One change of state.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateChange {
    /// Of what: `order`, `payment` or `fulfillment`.
    pub axis: String,
    /// Which fulfilment.
    #[schema(required)]
    pub fulfillment_id: Option<i64>,
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
    /// When.
    pub created_at: DateTime<Utc>,
}
