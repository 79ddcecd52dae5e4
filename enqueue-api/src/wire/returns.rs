//! Goods that come back.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{LineRequest, LineUnits};

/// What shall come back.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "items": [{ "line_number": 1, "quantity": 1, "reason": "defective" }],
    "kind": "refund",
    "notes": "the handle broke off"
}))]
pub struct ReturnRequest {
    /// Units of lines that left.
    #[schema(min_items = 1)]
    pub items: Vec<ReturnItemRequest>,
    /// What the customer wants; by default `refund`.
    pub kind: Option<ReturnKind>,
    /// What the customer says.
    #[schema(min_length = 1, max_length = 500)]
    pub notes: Option<String>,
}

/// What the customer wants for a return.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ReturnKind {
    Refund,
    Exchange,
}

/// Units of a line, and why they come back.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnItemRequest {
    /// The line.
    #[schema(minimum = 1)]
    pub line_number: i64,
    /// How many units of it.
    #[schema(minimum = 1, maximum = 1000)]
    pub quantity: i64,
    /// Why; by default `other`.
    pub reason: Option<ReturnReason>,
}

/// Why units come back.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ReturnReason {
    Defective,
    DamagedInTransit,
    WrongItem,
    NotAsDescribed,
    SizeTooSmall,
    SizeTooLarge,
    Unwanted,
    ArrivedLate,
    Other,
}

/// What is decided about a return, or where it is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "status": "approved" }))]
pub struct ReturnMove {
    /// The state it comes to.
    pub status: ReturnMoveStatus,
    /// A word with it.
    #[schema(min_length = 1, max_length = 500)]
    pub notes: Option<String>,
}

/// A state that somebody says a return is in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ReturnMoveStatus {
    Approved,
    Rejected,
    Cancelled,
    InTransit,
    Expired,
    Lost,
}

/// What came of a return.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "items": [{ "line_number": 1, "quantity": 1 }] }))]
pub struct ReceiveRequest {
    /// Units that came; without it all that is open.
    pub items: Option<Vec<LineUnits>>,
}

/// What somebody saw who looked at a return.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "items": [{ "line_number": 1, "restocked": 0, "damaged": 1 }], "location": "ACC"
}))]
pub struct InspectRequest {
    /// All units of all lines; without it all of them can be sold again.
    pub items: Option<Vec<InspectedUnits>>,
    /// Code of the location they came to; without it where they left from.
    #[schema(min_length = 1, max_length = 40)]
    pub location: Option<String>,
}

/// Units of a line that somebody looked at.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectedUnits {
    /// The line.
    #[schema(minimum = 1)]
    pub line_number: i64,
    /// Units that can be sold again.
    #[schema(minimum = 0)]
    pub restocked: i64,
    /// Units that are written off.
    #[schema(minimum = 0)]
    pub damaged: i64,
}

/// How much is given back.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "amount": 4500 }))]
pub struct RefundReturnRequest {
    /// Minor units; without it what the return is worth.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub amount: Option<i64>,
}

/// What is sent instead.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "lines": [{ "sku": "MUG-RED", "quantity": 1 }] }))]
pub struct ExchangeRequest {
    /// The lines of the new order.
    #[schema(min_items = 1, max_items = 100)]
    pub lines: Vec<LineRequest>,
}

/// A return.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// Its id.
    pub return_id: i64,
    /// The order.
    pub order_id: i64,
    /// Its number, for people and parcels.
    pub rma_number: String,
    /// What the customer wants: `refund` or `exchange`.
    pub kind: String,
    /// Where it stands: `requested`, `approved`, `received`, `inspected`, `refunded`, …
    pub status: String,
    /// What the customer says.
    #[schema(required)]
    pub notes: Option<String>,
    /// Who asked for it.
    pub requested_by: String,
    /// What was given back, minor units.
    #[schema(required)]
    pub refund_amount: Option<i64>,
    /// The refund.
    #[schema(required)]
    pub refund_id: Option<i64>,
    /// The new order that took its place.
    #[schema(required)]
    pub exchange_order_id: Option<i64>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was allowed.
    #[schema(required)]
    pub approved_at: Option<DateTime<Utc>>,
    /// When all of it was there.
    #[schema(required)]
    pub received_at: Option<DateTime<Utc>>,
    /// When somebody had looked at all of it.
    #[schema(required)]
    pub inspected_at: Option<DateTime<Utc>>,
    /// When it came to an end.
    #[schema(required)]
    pub closed_at: Option<DateTime<Utc>>,
    /// Units of lines.
    pub items: Vec<ReturnItem>,
}

/// Units of one line that come back.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnItem {
    /// The line.
    pub line_number: i32,
    /// What.
    pub sku: String,
    /// Units that shall come.
    pub quantity: i32,
    /// Why.
    pub reason: String,
    /// Units that came.
    pub received_quantity: i32,
    /// Units that can be sold again.
    pub restocked_quantity: i32,
    /// Units that were written off.
    pub damaged_quantity: i32,
}
