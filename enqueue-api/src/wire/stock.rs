//! Stock and pick lists.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All stock of a shop.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// By SKU and location.
    pub levels: Vec<StockLevel>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// An item at a location.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockLevel {
    /// SKU of the stock item.
    pub sku: String,
    /// A product made of it.
    pub product_name: Option<String>,
    /// Where; null: stocked nowhere.
    pub location_code: Option<String>,
    /// Units physically there.
    pub on_hand: i64,
    /// Units promised to unconfirmed orders.
    pub reserved: i64,
    /// Units promised to confirmed orders.
    pub allocated: i64,
    /// Units that are not promised; negative by what waits for goods.
    pub available: i64,
    /// At or below it the item is low.
    pub low_stock_threshold: i32,
    /// `UNTRACKED`, `OVERCOMMITTED`, `OUT_OF_STOCK`, `LOW_STOCK` or `IN_STOCK`.
    pub stock_status: String,
    /// When the next unconfirmed promise lapses.
    pub next_expiry_at: Option<DateTime<Utc>>,
}

/// What a pick list is made for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "location": "ACC", "zone": "A", "picker": "Kofi" }))]
pub struct NewPickList {
    /// Code of the location.
    #[schema(min_length = 1, max_length = 40)]
    pub location: String,
    /// The part of the location that the round goes through; all of it when it is left out.
    #[schema(min_length = 1, max_length = 40)]
    pub zone: Option<String>,
    /// Who goes.
    #[schema(min_length = 1, max_length = 200)]
    pub picker: Option<String>,
    /// Parcels at most; 20 when it is left out.
    #[schema(minimum = 1, maximum = 500)]
    pub parcels_max: Option<i32>,
}

/// A round through a location that fetches the goods of several parcels.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PickList {
    /// Its id.
    pub pick_list_id: i64,
    /// Code of the location.
    pub location: String,
    /// The part of the location; null: all of it.
    pub zone: Option<String>,
    /// `open`, `picking`, `completed` or `cancelled`.
    pub status: String,
    /// Who goes.
    pub picker: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When everything had been looked for.
    pub completed_at: Option<DateTime<Utc>>,
    /// What to fetch, in the order of the shelves.
    pub items: Vec<PickListItem>,
}

/// One thing to fetch for one parcel.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PickListItem {
    /// Its id.
    pub pick_list_item_id: i64,
    /// The order.
    pub order_id: i64,
    /// The parcel that it goes into.
    pub fulfillment_id: i64,
    /// What is fetched.
    pub sku: String,
    /// Its title, for people.
    pub title: String,
    /// Part of the location where it lies.
    pub zone: Option<String>,
    /// Shelf or box where it lies.
    pub bin: Option<String>,
    /// Units to fetch.
    pub quantity: i32,
    /// Units found; null: not looked for yet.
    pub picked_quantity: Option<i32>,
    /// Why fewer were found.
    pub short_reason: Option<String>,
    /// Who looked.
    pub picked_by: Option<String>,
    /// When.
    pub picked_at: Option<DateTime<Utc>>,
}

/// What was found.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "picked_quantity": 1, "short_reason": "one is broken" }))]
pub struct PickConfirmation {
    /// Units found, at most those asked for.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub picked_quantity: i32,
    /// Why fewer were found; needed then.
    #[schema(min_length = 1, max_length = 200)]
    pub short_reason: Option<String>,
}

/// What is said of a parcel of the own warehouse when it is packed; what is left out is as the
/// catalogue says.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "weight_g": 640, "length_mm": 300, "width_mm": 200, "height_mm": 100, "prefer": "cheapest"
}))]
pub struct PackedParcel {
    /// Weight in grams.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub weight_g: Option<i64>,
    /// Longest side, in millimetres.
    #[schema(minimum = 1, maximum = 10_000)]
    pub length_mm: Option<i64>,
    /// The next side.
    #[schema(minimum = 1, maximum = 10_000)]
    pub width_mm: Option<i64>,
    /// The last side.
    #[schema(minimum = 1, maximum = 10_000)]
    pub height_mm: Option<i64>,
    /// By this carrier only.
    #[schema(min_length = 1, max_length = 40)]
    pub carrier_code: Option<String>,
    /// By this service of the carrier only.
    #[schema(min_length = 1, max_length = 100)]
    pub service: Option<String>,
    /// Which service takes it, where several can: `cheapest` or `fastest`.
    #[schema(pattern = "^(cheapest|fastest)$")]
    pub prefer: Option<String>,
}
