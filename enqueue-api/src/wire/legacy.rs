//! What front ends of earlier shops send, and get.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// What the clean route answers, and `success`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "success": true, "order_id": 17, "status": "confirmed" }))]
pub struct Legacy {
    /// Always true; else the answer is a problem.
    pub success: bool,
    /// The members of the clean route's answer.
    #[serde(flatten)]
    pub members: BTreeMap<String, Value>,
}

/// An order, with older names of fields where they are used: docs/legacy-api.md lists them. The
/// rules are those of `POST /v1/orders`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "customer_name": "Ama Mensah",
    "customer_phone": "0241234567",
    "currency": "GHS",
    "paymentMethod": "cod",
    "items": [{ "product_id": "MTN-1GB", "quantity": 1, "phone": "0241234567" }]
}))]
pub struct LegacyOrder {
    /// ISO 4217 code of all amounts.
    pub currency: String,
    /// Everything else.
    #[serde(flatten)]
    pub members: BTreeMap<String, Value>,
}

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LegacyOrderQuery {
    /// In this state: one of `GET /v1/orders`, or `paid` or `refunded`.
    #[param(example = "pending")]
    pub status: Option<String>,
    /// Of the customer with this code.
    #[param(rename = "userId")]
    pub user_id: Option<String>,
    /// How many at most; by default 50.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// Where an order shall go on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "status": "on_hold", "notes": "the address looks wrong" }))]
pub struct LegacyStatus {
    /// `confirmed`, `cancelled`, `on_hold`, or `processing` from a hold.
    #[schema(pattern = "^(confirmed|cancelled|on_hold|processing)$")]
    pub status: String,
    /// A word with it.
    #[schema(min_length = 1, max_length = 500)]
    pub notes: Option<String>,
}

/// Why an order is cancelled.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "ordered twice" }))]
pub struct LegacyCancel {
    /// For the order's history and the customer's notice.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// What shall be done about an order's fulfilment.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "action": "retry", "orderId": 17 }))]
pub struct LegacyFulfillment {
    /// `trigger` (if it is left out), `retry` or `verify`.
    #[schema(pattern = "^(trigger|retry|verify)$")]
    pub action: Option<String>,
    /// The order.
    #[serde(rename = "orderId")]
    #[schema(minimum = 1)]
    pub order_id: i64,
}

/// What was read, or is thrown away.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "userId": "c-17", "ids": [4, 5] }))]
pub struct LegacyRead {
    /// The shop's own id of the customer; `customer_id` is the same.
    #[serde(rename = "userId")]
    #[schema(min_length = 1, max_length = 128)]
    pub user_id: String,
    /// `read` (if it is left out) or `delete`.
    #[schema(pattern = "^(read|delete)$")]
    pub action: Option<String>,
    /// Which were read; left out: all of them.
    #[schema(max_items = 1000)]
    pub ids: Option<Vec<i64>>,
    /// Which is thrown away.
    #[schema(minimum = 1)]
    pub id: Option<i64>,
}
