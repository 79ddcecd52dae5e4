//! What people do to stock and parcels.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::StockCount;

/// Goods that arrive.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "sku": "MUG-RED", "location": "ACC", "quantity": 12 }))]
pub struct StockReceipt {
    /// SKU of the stock item.
    #[schema(min_length = 1, max_length = 64)]
    pub sku: String,
    /// Code of the location.
    #[schema(min_length = 1, max_length = 40)]
    pub location: String,
    /// Units.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub quantity: i64,
    /// A word with it.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: Option<String>,
}

/// What is at a location.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnHand {
    /// SKU of the stock item.
    pub sku: String,
    /// Code of the location.
    pub location: String,
    /// Units physically there.
    pub on_hand: i64,
}

/// A correction of the books.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sku": "MUG-RED", "location": "ACC", "expected": 12, "counted": 11, "reason": "one broke"
}))]
pub struct StockAdjustment {
    /// SKU of the stock item.
    #[schema(min_length = 1, max_length = 64)]
    pub sku: String,
    /// Code of the location.
    #[schema(min_length = 1, max_length = 40)]
    pub location: String,
    /// What the books said.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub expected: i64,
    /// What there is.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub counted: i64,
    /// Why they differ.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// What was corrected.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockAdjusted {
    /// SKU of the stock item.
    pub sku: String,
    /// Code of the location.
    pub location: String,
    /// By how many units.
    pub correction: i64,
    /// Units in the books now.
    pub on_hand: i64,
}

/// How far an item may be promised; what is left out stays as it is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "location": "ACC", "backorder_limit": 20, "safety_stock": 2 }))]
pub struct StockPolicy {
    /// Code of the location; all that have the item, if it is left out.
    #[schema(min_length = 1, max_length = 40)]
    pub location: Option<String>,
    /// Units promised beyond the stock: 0 none, null without limit.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub backorder_limit: Option<i64>,
    /// Units promised before `release_at`: 0 none, null without limit.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub preorder_limit: Option<i64>,
    /// Until then every promise waits; null: released.
    pub release_at: Option<DateTime<Utc>>,
    /// Units kept back from new promises.
    #[schema(minimum = 0, maximum = 1_000_000_000, nullable = false)]
    pub safety_stock: Option<i64>,
}

/// The policy of an item.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockPolicies {
    /// SKU of the stock item.
    pub sku: String,
    /// Each location that has it.
    pub levels: Vec<LevelPolicy>,
}

/// How far an item may be promised at a location.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelPolicy {
    /// Code of the location.
    pub location: String,
    /// Units promised beyond the stock: 0 none, null without limit.
    pub backorder_limit: Option<i64>,
    /// Units promised before `release_at`: 0 none, null without limit.
    pub preorder_limit: Option<i64>,
    /// Until then every promise waits; null: released.
    pub release_at: Option<DateTime<Utc>>,
    /// Units kept back from new promises.
    pub safety_stock: i64,
}

/// A policy that is set.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicySet {
    /// SKU of the stock item.
    pub sku: String,
    /// At how many locations.
    pub levels: i64,
}

/// Units that shall go from one location to another.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "from": "ACC", "to": "KSI", "lines": [{ "sku": "MUG-RED", "quantity": 6 }]
}))]
pub struct NewTransfer {
    /// Where they leave.
    #[schema(min_length = 1, max_length = 40)]
    pub from: String,
    /// Where they go.
    #[schema(min_length = 1, max_length = 40)]
    pub to: String,
    /// What.
    #[schema(min_items = 1)]
    pub lines: Vec<StockLine>,
    /// A word with it.
    #[schema(min_length = 1, max_length = 500)]
    pub note: Option<String>,
}

/// Units of an item.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockLine {
    /// SKU of the stock item.
    #[schema(min_length = 1, max_length = 64)]
    pub sku: String,
    /// How many.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub quantity: i64,
}

/// Units of a transfer that arrive.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "lines": [{ "sku": "MUG-RED", "quantity": 5 }], "is_last": true }))]
pub struct TransferReceipt {
    /// What; all that is missing, if it is left out.
    #[schema(min_items = 1)]
    pub lines: Option<Vec<StockLine>>,
    /// Whether nothing more comes.
    pub is_last: Option<bool>,
}

/// What is to be counted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "location": "ACC", "skus": ["MUG-RED"] }))]
pub struct NewCount {
    /// Code of the location.
    #[schema(min_length = 1, max_length = 40)]
    pub location: String,
    /// These items; all that the location has, if it is left out.
    #[schema(min_items = 1, max_items = 1000)]
    pub skus: Option<Vec<String>>,
}

/// What was found.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "lines": [{ "sku": "MUG-RED", "counted": 11 }] }))]
pub struct CountedLines {
    /// Of each item.
    #[schema(min_items = 1, max_items = 1000)]
    pub lines: Vec<CountedLine>,
}

/// What was found of an item.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountedLine {
    /// SKU of the stock item.
    #[schema(min_length = 1, max_length = 64)]
    pub sku: String,
    /// Units.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub counted: i64,
}

/// Why the books and what was counted may differ.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "yearly count" }))]
pub struct CountReason {
    /// For the ledger.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// A count, taken into the books as far as it could be.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountCompleted {
    /// The count as it is now.
    pub count: StockCount,
    /// What has to be counted again.
    pub again: Vec<CountAgain>,
}

/// An item whose stock changed while it was counted, or that was not counted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountAgain {
    /// SKU of the stock item.
    pub sku: String,
    /// What the books say now.
    pub expected: i64,
}

/// A parcel that is handed to a carrier.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "carrier_code": "royal_mail",
    "tracking_number": "RM123456789GB",
    "tracking_url": "https://www.royalmail.com/track-your-item",
    "estimated_delivery_at": "2030-01-05T18:00:00Z"
}))]
pub struct NewShipment {
    /// Code of the carrier.
    #[schema(pattern = "^[a-z][a-z0-9_-]{0,39}$")]
    pub carrier_code: String,
    /// What the carrier calls it.
    #[schema(min_length = 1, max_length = 100)]
    pub tracking_number: Option<String>,
    /// The carrier's page about it.
    #[schema(max_length = 2000, pattern = "^https?://")]
    pub tracking_url: Option<String>,
    /// How it travels.
    #[schema(min_length = 1, max_length = 100)]
    pub service: Option<String>,
    /// When it is expected.
    pub estimated_delivery_at: Option<DateTime<Utc>>,
}

/// Where a parcel is, for whoever has its number.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tracking {
    /// Its number.
    pub tracking_number: String,
    /// Who carries it.
    pub carrier_code: String,
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
    /// When it left.
    #[schema(required)]
    pub shipped_at: Option<DateTime<Utc>>,
    /// When it arrived.
    #[schema(required)]
    pub delivered_at: Option<DateTime<Utc>>,
    /// Its way, from the beginning.
    pub events: Vec<TrackingStep>,
}

/// Something that a carrier said about a parcel.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackingStep {
    /// Where it was then.
    pub status: String,
    /// The same in the carrier's words.
    pub description: String,
    /// The place.
    #[schema(required)]
    pub location: Option<String>,
    /// When.
    pub occurred_at: DateTime<Utc>,
}
