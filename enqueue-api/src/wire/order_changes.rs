//! Lists of orders, their errors, and changes of an order on its way.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::AddressRequest;

/// Lets a change through only if nobody changed the order meanwhile.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatchHeader {
    /// The `ETag` of the order as the caller saw it; without it any version will do.
    #[param(rename = "If-Match", example = "\"7\"")]
    pub if_match: Option<String>,
}

/// Lets a change through only if nobody changed the thing meanwhile.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatch {
    /// The `ETag` that reading it had; without it, whatever it is by now is changed.
    #[param(rename = "If-Match", example = "\"1f0e3dad99908345f7439f8ffabdffc4\"")]
    pub if_match: Option<String>,
}

/// Which orders; each narrows it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrderListQuery {
    /// In one of these states; several with commas.
    #[param(example = "pending,on_hold")]
    pub order_status: Option<String>,
    /// With the payment in one of these states; several with commas.
    pub payment_status: Option<String>,
    /// From this source: `web`, `api`, …
    pub order_source: Option<String>,
    /// Of the customer with this code.
    pub customer: Option<String>,
    /// Placed then or later.
    pub placed_after: Option<DateTime<Utc>>,
    /// Placed before.
    pub placed_before: Option<DateTime<Utc>>,
    /// By what, the largest first with a minus; by default `-placed_at`.
    #[param(pattern = "^-?(order_id|placed_at)$")]
    pub sort: Option<String>,
    /// `next` of the page before, of the same `sort`.
    pub after: Option<String>,
    /// How many at most; by default 50.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// The names in [`OrderListQuery`].
pub const ORDER_LIST_NAMES: [&str; 8] = [
    "order_status",
    "payment_status",
    "order_source",
    "customer",
    "placed_after",
    "placed_before",
    "after",
    "limit",
];

/// A page of orders.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderList {
    /// The newest first.
    pub orders: Vec<OrderListLine>,
    /// What to give as `after` for the next page; null when this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// An order in a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderListLine {
    /// The order's id.
    pub order_id: i64,
    /// The order's number, for people.
    pub order_number: String,
    /// The one status of earlier systems.
    pub status: String,
    /// Where the order stands.
    pub order_status: String,
    /// Where its payment stands.
    pub payment_status: String,
    /// How it is paid.
    pub payment_method: String,
    /// Of the amount.
    pub currency: String,
    /// What the customer pays.
    pub total_amount: i64,
    /// The known customer; null: a guest.
    #[schema(required)]
    pub customer_id: Option<i64>,
    /// Who ordered.
    pub customer_name: String,
    /// Where the order came from.
    pub order_source: String,
    /// How many failures wait for a person.
    pub error_count: i32,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A page of errors.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderErrorList {
    /// The rows.
    pub errors: Vec<OrderError>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A failure of an order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderError {
    /// Its id.
    pub order_error_id: i64,
    /// The order.
    pub order_id: i64,
    /// The fulfilment, if it was one that failed.
    #[schema(required)]
    pub fulfillment_id: Option<i64>,
    /// `delivery`, `payment`, `stock`, `database`, `api` or `unknown`.
    pub category: String,
    /// `critical`, `high`, `medium` or `low`.
    pub severity: String,
    /// Where it happened.
    pub stage: String,
    /// The stable name of the cause.
    pub code: String,
    /// The cause in words.
    pub message: String,
    /// Facts for whoever looks into it.
    #[schema(value_type = Object)]
    pub context: Value,
    /// The ticket opened for it.
    #[schema(required)]
    pub ticket_ref: Option<String>,
    /// Whether it is settled.
    pub is_resolved: bool,
    /// When it was settled.
    #[schema(required)]
    pub resolved_at: Option<DateTime<Utc>>,
    /// Who settled it.
    #[schema(required)]
    pub resolved_by: Option<String>,
    /// How.
    #[schema(required)]
    pub resolution: Option<String>,
    /// When it happened.
    pub created_at: DateTime<Utc>,
}

/// How an error was settled.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "resolution": "sent by hand", "ticket_ref": "OPS-17" }))]
pub struct ResolveRequest {
    /// How.
    #[schema(min_length = 1, max_length = 500)]
    pub resolution: Option<String>,
    /// In which ticket.
    #[schema(min_length = 1, max_length = 200)]
    pub ticket_ref: Option<String>,
}

/// Why an order is held.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "incorrect_address", "notes": "no such street" }))]
pub struct HoldRequest {
    /// The kind of reason.
    pub reason: HoldReason,
    /// The reason in words.
    #[schema(min_length = 1, max_length = 500)]
    pub notes: Option<String>,
}

/// The kind of reason for which an order is held.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum HoldReason {
    AwaitingPayment,
    AwaitingReturnItems,
    HighRiskOfFraud,
    IncorrectAddress,
    InventoryOutOfStock,
    UnknownDeliveryDate,
    DeliveryFailed,
    Other,
}

/// Which hold is released.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "order_hold_id": 3, "notes": "asked by phone" }))]
pub struct ReleaseRequest {
    /// One of the order's `holds`.
    #[schema(minimum = 1)]
    pub order_hold_id: i64,
    /// A word with it.
    #[schema(min_length = 1, max_length = 500)]
    pub notes: Option<String>,
}

/// What an order shall be. What is not named stays.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lines": [{ "line_number": 1, "quantity": 2 }, { "sku": "MUG-RED", "quantity": 1 }],
    "reason": "asked by phone"
}))]
pub struct EditRequest {
    /// Lines that change, and new ones.
    #[schema(max_items = 100)]
    pub lines: Option<Vec<EditLineRequest>>,
    /// Where it goes instead.
    pub shipping_address: Option<AddressRequest>,
    /// For the order's history.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// What one line shall be: either one that is there, by its number, or a new one, by its SKU.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditLineRequest {
    /// The line that changes.
    #[schema(minimum = 1)]
    pub line_number: Option<i64>,
    /// What a new line is of.
    #[schema(min_length = 1, max_length = 64)]
    pub sku: Option<String>,
    /// How many it shall be; 0 takes the line out.
    #[schema(minimum = 0, maximum = 1000)]
    pub quantity: i64,
    /// The phone that gets a new line's airtime or data.
    #[schema(max_length = 40)]
    pub recipient_phone: Option<String>,
}

/// Which units go by themselves.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "fulfillment_id": 9, "items": [{ "line_number": 1, "quantity": 2 }]
}))]
pub struct SplitRequest {
    /// One of the order's `fulfillments` that did not begin.
    #[schema(minimum = 1)]
    pub fulfillment_id: i64,
    /// What of it goes to the new one.
    #[schema(min_items = 1)]
    pub items: Vec<LineUnits>,
}

/// Units of a line.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineUnits {
    /// The line.
    #[schema(minimum = 1)]
    pub line_number: i64,
    /// How many units of it.
    #[schema(minimum = 0)]
    pub quantity: i64,
}
