//! Rows of lists.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of fulfilments.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FulfillmentList {
    /// The rows.
    pub fulfillments: Vec<FulfillmentRow>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A fulfilment.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FulfillmentRow {
    /// Its key.
    pub fulfillment_id: i64,
    /// Its order.
    pub order_id: i64,
    /// The number of its order.
    pub order_number: String,
    /// Who ordered.
    pub customer_name: String,
    /// Their phone number.
    #[schema(required)]
    pub customer_phone: Option<String>,
    /// Who carries it out.
    pub provider_code: String,
    /// Where its goods leave from, if that is known.
    #[schema(required)]
    pub location_code: Option<String>,
    /// Its state.
    pub status: String,
    /// Since when.
    #[schema(required)]
    pub status_since: Option<DateTime<Utc>>,
    /// What the provider calls it.
    #[schema(required)]
    pub provider_order_id: Option<String>,
    /// How often a worker began it.
    pub attempts: i32,
    /// How often the provider had it wait.
    pub failures: i32,
    /// Whether it waits for goods.
    pub awaits_stock: bool,
    /// Why the last attempt failed, as a word.
    #[schema(required)]
    pub last_error_code: Option<String>,
    /// The same as a sentence.
    #[schema(required)]
    pub last_error_message: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the provider was asked.
    #[schema(required)]
    pub submitted_at: Option<DateTime<Utc>>,
    /// When it left.
    #[schema(required)]
    pub shipped_at: Option<DateTime<Utc>>,
    /// When it arrived.
    #[schema(required)]
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

/// A page of parcels.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentList {
    /// The rows.
    pub shipments: Vec<ShipmentRow>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A parcel.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentRow {
    /// Its key.
    pub shipment_id: i64,
    /// Its order.
    pub order_id: i64,
    /// The number of its order.
    pub order_number: String,
    /// The fulfilment it is a parcel of.
    pub fulfillment_id: i64,
    /// Who carries it.
    pub carrier_code: String,
    /// How.
    #[schema(required)]
    pub service: Option<String>,
    /// What the carrier calls it.
    #[schema(required)]
    pub tracking_number: Option<String>,
    /// The carrier's page about it.
    #[schema(required)]
    pub tracking_url: Option<String>,
    /// Where it is.
    pub status: String,
    /// Since when.
    pub status_since: DateTime<Utc>,
    /// When it is expected.
    #[schema(required)]
    pub estimated_delivery_at: Option<DateTime<Utc>>,
    /// Whether it was expected before now and has not arrived.
    pub is_late: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it left.
    #[schema(required)]
    pub shipped_at: Option<DateTime<Utc>>,
    /// When it arrived.
    #[schema(required)]
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

/// A page of transfers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferList {
    /// The rows.
    pub transfers: Vec<Transfer>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A transfer of stock.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Its key.
    pub transfer_id: i64,
    /// Where the goods leave.
    pub from_location: String,
    /// Where they go.
    pub to_location: String,
    /// draft, shipped, received or cancelled.
    pub status: String,
    /// A word with it.
    #[schema(required)]
    pub note: Option<String>,
    /// Who asked for it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When the goods left.
    #[schema(required)]
    pub shipped_at: Option<DateTime<Utc>>,
    /// When the last of them arrived, or were given up.
    #[schema(required)]
    pub received_at: Option<DateTime<Utc>>,
    /// What is in it: sku, quantity, received_quantity.
    pub items: Vec<TransferLine>,
}

/// A page of counts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockCountList {
    /// The rows.
    pub counts: Vec<StockCount>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A stock count.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockCount {
    /// Its key.
    pub stock_count_id: i64,
    /// Where is counted.
    pub location: String,
    /// open, completed or cancelled.
    pub status: String,
    /// Who began it.
    pub counted_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When all of it was in the books.
    #[schema(required)]
    pub completed_at: Option<DateTime<Utc>>,
    /// What is counted: sku, expected, counted, is_applied.
    pub lines: Vec<CountLine>,
}

/// A page of returns.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnList {
    /// The rows.
    pub returns: Vec<ReturnRow>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A return, in a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnRow {
    /// Its key.
    pub return_id: i64,
    /// Its number for people.
    pub rma_number: String,
    /// Its order.
    pub order_id: i64,
    /// The number of its order.
    pub order_number: String,
    /// Who ordered.
    pub customer_name: String,
    /// refund or exchange.
    pub kind: String,
    /// Its state.
    pub status: String,
    /// Since when.
    pub status_since: DateTime<Utc>,
    /// What was given back, in minor units.
    #[schema(required)]
    pub refund_amount: Option<i64>,
    /// Of which currency.
    pub currency: String,
    /// The order that replaces it.
    #[schema(required)]
    pub exchange_order_id: Option<i64>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the goods came.
    #[schema(required)]
    pub received_at: Option<DateTime<Utc>>,
    /// When it was over.
    #[schema(required)]
    pub closed_at: Option<DateTime<Utc>>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

/// A page of customers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerList {
    /// The rows.
    pub customers: Vec<CustomerRow>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A customer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerRow {
    /// The shop's own name for the customer.
    pub customer_id: String,
    /// Our key of the customer.
    pub customer_key: i64,
    /// Their name.
    pub name: String,
    /// Their mail address.
    #[schema(required)]
    pub email: Option<String>,
    /// Their phone number.
    #[schema(required)]
    pub phone: Option<String>,
    /// Their language.
    pub locale: String,
    /// How many orders they placed.
    pub orders: i64,
    /// How many of them arrived.
    pub orders_delivered: i64,
    /// When the last one was placed.
    #[schema(required)]
    pub last_order_at: Option<DateTime<Utc>>,
    /// Since when they are known.
    pub created_at: DateTime<Utc>,
    /// When something of them changed last.
    pub updated_at: DateTime<Utc>,
}

/// A page of pick lists.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PickListList {
    /// The rows.
    pub pick_lists: Vec<PickListRow>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A round through a location, in a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PickListRow {
    /// Its key.
    pub pick_list_id: i64,
    /// Where.
    pub location: String,
    /// The part of the location; null: all of it.
    #[schema(required)]
    pub zone: Option<String>,
    /// open, picking, completed or cancelled.
    pub status: String,
    /// Who goes.
    #[schema(required)]
    pub picker: Option<String>,
    /// What it fetches.
    pub items: i64,
    /// How much of that was looked for.
    pub items_looked_for: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When everything had been looked for.
    #[schema(required)]
    pub completed_at: Option<DateTime<Utc>>,
}

/// Units of an item in a transfer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferLine {
    /// SKU of the stock item.
    pub sku: String,
    /// Units that were asked for.
    pub quantity: i64,
    /// Units that arrived.
    pub received_quantity: i64,
}

/// What was found of an item.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountLine {
    /// SKU of the stock item.
    pub sku: String,
    /// What the books said when its counting began.
    pub expected: i64,
    /// Units that were found; null: it was not counted yet.
    #[schema(required)]
    pub counted: Option<i64>,
    /// Whether that is in the books.
    pub is_applied: bool,
}
