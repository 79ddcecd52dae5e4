//! An order as it is read: with its lines, fulfilments and history.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::types::Json;

use super::ErrorView;
use crate::TenantId;

/// An order. Amounts are minor units of `currency`.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the columns of orders, documented there")]
pub struct OrderView {
    pub order_id: i64,
    pub order_number: String,
    pub lock_version: i32,
    pub status: String,
    pub order_status: String,
    pub payment_status: String,
    pub payment_method: String,
    pub currency: String,
    pub subtotal: i64,
    pub shipping_fee: i64,
    pub tax_amount: i64,
    pub discount_amount: i64,
    pub total_amount: i64,
    pub customer_id: Option<i64>,
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
    pub shipments: Json<Vec<ShipmentView>>,
    pub holds: Json<Vec<HoldView>>,
    pub errors: Json<Vec<ErrorView>>,
    pub returns: Json<Vec<ReturnLine>>,
    pub metrics: Option<Json<MetricsView>>,
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
    pub quantity_cancelled: i32,
    pub quantity_fulfilled: i32,
    pub quantity_shipped: i32,
    pub quantity_delivered: i32,
    pub quantity_returned: i32,
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
    pub items: Vec<FulfillmentItemView>,
}

/// Units of a line that a fulfilment delivers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the columns of fulfillment_items, documented there"
)]
pub struct FulfillmentItemView {
    pub line_number: i32,
    pub quantity: i64,
}

/// A parcel of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of shipments, documented there")]
pub struct ShipmentView {
    pub shipment_id: i64,
    pub fulfillment_id: i64,
    pub carrier_code: String,
    pub tracking_number: Option<String>,
    pub tracking_url: Option<String>,
    pub status: String,
    pub estimated_delivery_at: Option<DateTime<Utc>>,
    pub shipped_at: Option<DateTime<Utc>>,
    pub delivered_at: Option<DateTime<Utc>>,
}

/// A reason for which an order is, or was, on hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of order_holds, documented there")]
pub struct HoldView {
    pub order_hold_id: i64,
    pub reason: String,
    pub notes: String,
    pub held_by: String,
    pub created_at: DateTime<Utc>,
    pub released_at: Option<DateTime<Utc>>,
    pub released_by: Option<String>,
    pub release_notes: Option<String>,
}

/// A return of an order, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of returns, documented there")]
pub struct ReturnLine {
    pub return_id: i64,
    pub rma_number: String,
    pub kind: String,
    pub status: String,
    pub exchange_order_id: Option<i64>,
}

/// How long an order took from stage to stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the columns of order_metrics, documented there"
)]
pub struct MetricsView {
    pub placed_to_confirmed_ms: Option<i64>,
    pub confirmed_to_fulfilled_ms: Option<i64>,
    pub fulfilled_to_shipped_ms: Option<i64>,
    pub shipped_to_delivered_ms: Option<i64>,
    pub total_processing_duration_ms: Option<i64>,
    pub on_hold_ms: i64,
    pub retry_count: i32,
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
    pub shipment_id: Option<i64>,
    pub return_id: Option<i64>,
    pub from_status: Option<String>,
    pub to_status: String,
    pub changed_by: String,
    pub reason: Option<String>,
    pub held_ms: Option<i64>,
    pub created_at: DateTime<Utc>,
}

/// An order with all that belongs to it; None if the shop has no such order.
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

/// The id of the order with this number; None if the shop has no such order.
///
/// # Errors
/// If the database can't be asked.
pub async fn find_by_number(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    order_number: &str,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/orders/find_by_number.sql",
        tenant.0,
        order_number
    )
    .fetch_optional(db)
    .await
}
