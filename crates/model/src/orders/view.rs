//! An order as it is read: with its lines, fulfilments and history.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::TenantId;

/// An order. Amounts are minor units of `currency`.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the columns of orders, documented there")]
pub struct OrderView {
    pub order_id: i64,
    pub order_number: String,
    pub order_status: String,
    pub payment_status: String,
    pub payment_method: String,
    pub currency: String,
    pub subtotal: i64,
    pub shipping_fee: i64,
    pub tax_amount: i64,
    pub discount_amount: i64,
    pub total_amount: i64,
    pub customer_name: String,
    pub customer_email: Option<String>,
    pub customer_phone: Option<String>,
    pub shipping_address: Option<serde_json::Value>,
    pub locale: String,
    pub order_source: String,
    pub cancel_reason: Option<String>,
    pub cancelled_by: Option<String>,
    pub error_count: i32,
    pub expires_at: Option<DateTime<Utc>>,
    pub placed_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub delivered_at: Option<DateTime<Utc>>,
    pub cancelled_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    pub lines: Json<Vec<LineView>>,
    pub fulfillments: Json<Vec<FulfillmentView>>,
    pub history: Json<Vec<HistoryView>>,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of order_items, documented there")]
pub struct LineView {
    pub line_number: i32,
    pub sku: String,
    pub title: String,
    pub quantity: i32,
    pub unit_price: i64,
    pub total_price: i64,
    pub recipient_phone: Option<String>,
}

/// A fulfilment of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of fulfillments, documented there")]
pub struct FulfillmentView {
    pub fulfillment_id: i64,
    pub provider_code: String,
    pub status: String,
    pub provider_order_id: Option<String>,
    pub attempts: i32,
    pub last_error_code: Option<String>,
    pub last_error_message: Option<String>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub shipped_at: Option<DateTime<Utc>>,
    pub delivered_at: Option<DateTime<Utc>>,
}

/// A change of state, in the order in which they happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the columns of order_state_history, documented there"
)]
pub struct HistoryView {
    pub axis: String,
    pub fulfillment_id: Option<i64>,
    pub from_status: Option<String>,
    pub to_status: String,
    pub changed_by: String,
    pub reason: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// An order with its lines, fulfilments and history; None if the shop has no such order.
///
/// # Errors
/// If the database can't be asked.
pub async fn get(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    order_id: i64,
) -> Result<Option<OrderView>, sqlx::Error> {
    sqlx::query_file_as!(
        OrderView,
        "../../sql/queries/orders/get.sql",
        tenant.0,
        order_id
    )
    .fetch_optional(db)
    .await
}
