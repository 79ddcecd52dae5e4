//! Orders.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{FieldError, ProblemDocument};

/// Makes a request repeatable.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKeyHeader {
    /// Any text of visible ASCII characters that is new for each request and the same for each
    /// repetition, such as a UUID.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]{1,255}$",
        example = "9b2f6f0e-6d0c-4c63-9f39-0f6f2e7c4d11"
    )]
    pub idempotency_key: Option<String>,
}

/// Why an order is cancelled.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "ordered twice by mistake" }))]
pub struct CancelRequest {
    /// For the order's history and the customer's notice.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
    /// Who wanted it.
    pub by: Option<Canceller>,
}

/// Who wants an order cancelled.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Canceller {
    Customer,
    Admin,
    System,
}

/// A word with the confirmation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "notes": "paid by bank transfer" }))]
pub struct ConfirmRequest {
    /// For the order's history.
    #[schema(min_length = 1, max_length = 500)]
    pub notes: Option<String>,
}

/// An order to be placed. Amounts are whole numbers of the currency's minor unit (pesewas, cents).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "customer": {
        "name": "Ama Mensah",
        "email": "ama@example.com",
        "phone": "0241234567"
    },
    "currency": "GHS",
    "payment_method": "cod",
    "lines": [{ "sku": "MTN-1GB", "quantity": 1, "recipient_phone": "0241234567" }],
    "total_amount": 1200,
    "locale": "en",
    "order_source": "web"
}))]
pub struct OrderRequest {
    /// Who orders.
    pub customer: CustomerRequest,
    /// What.
    #[schema(min_items = 1, max_items = 100)]
    pub lines: Vec<LineRequest>,
    /// ISO 4217 code of all amounts; the catalogue's prices must be in it.
    #[schema(pattern = "^[A-Z]{3}$", example = "GHS")]
    pub currency: String,
    /// How it is paid. `cod` (on delivery) and `account` confirm the order at once; with the
    /// others it is pending, and holds its stock for 15 minutes, until it is confirmed.
    pub payment_method: PaymentMethod,
    /// Where it goes; required when a line is shipped.
    pub shipping_address: Option<AddressRequest>,
    /// Who pays, where that is not the recipient.
    pub billing_address: Option<AddressRequest>,
    /// Code of the promotion that the discount is from.
    #[schema(min_length = 1, max_length = 64)]
    pub promo_code: Option<String>,
    /// Where the buyer's own request came from, IPv4 or IPv6.
    #[schema(min_length = 2, max_length = 45, example = "203.0.113.7")]
    pub ip_address: Option<String>,
    /// The buyer's browser, as it names itself.
    #[schema(min_length = 1, max_length = 1024)]
    pub user_agent: Option<String>,
    /// Sum of the lines; refused when it is not what we compute.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub subtotal: Option<i64>,
    /// Added to the subtotal; by default 0.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub shipping_fee: Option<i64>,
    /// Added to the subtotal; by default 0.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub tax_amount: Option<i64>,
    /// Taken off the subtotal; by default 0.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub discount_amount: Option<i64>,
    /// What the customer was told to pay; refused when it is not what we compute.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub total_amount: Option<i64>,
    /// Language of the customer's notices, BCP 47; by default `en`.
    #[schema(min_length = 2, max_length = 35, example = "en-GH")]
    pub locale: Option<String>,
    /// Where the order came from: `web`, `messenger`, …; by default `api`.
    #[schema(min_length = 1, max_length = 40)]
    pub order_source: Option<String>,
}

/// How an order is paid.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PaymentMethod {
    Cod,
    Account,
    Stripe,
    Razorpay,
    Wallet,
    MobileMoney,
    BankTransfer,
    Card,
}

/// Who orders.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerRequest {
    /// Your own id of a known customer: its orders, wallet and limits are found by it.
    #[schema(min_length = 1, max_length = 128)]
    pub id: Option<String>,
    /// Name.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Where notices go; without it there are none.
    #[schema(max_length = 254)]
    pub email: Option<String>,
    /// International, or a Ghanaian number in any of its usual forms.
    #[schema(max_length = 40)]
    pub phone: Option<String>,
}

/// One line.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineRequest {
    /// What, by the catalogue's SKU.
    #[schema(min_length = 1, max_length = 64)]
    pub sku: String,
    /// How many.
    #[schema(minimum = 1, maximum = 1000)]
    pub quantity: i64,
    /// The price of one that the customer was shown; refused when it is not the catalogue's.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub unit_price: Option<i64>,
    /// The phone that gets airtime or data; required for such goods.
    #[schema(max_length = 40)]
    pub recipient_phone: Option<String>,
}

/// Where goods go.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressRequest {
    /// Who takes it in.
    #[schema(min_length = 1, max_length = 200)]
    pub recipient: String,
    /// For the courier.
    #[schema(max_length = 40)]
    pub phone: Option<String>,
    /// Street and number.
    #[schema(min_length = 1, max_length = 200)]
    pub address: String,
    /// Flat, floor, landmark.
    #[schema(max_length = 200)]
    pub address2: Option<String>,
    /// Town.
    #[schema(min_length = 1, max_length = 100)]
    pub city: String,
    /// Province, state or region.
    #[schema(max_length = 100)]
    pub province: Option<String>,
    /// Required in countries that have them.
    #[schema(max_length = 16)]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    #[schema(pattern = "^[A-Z]{2}$", example = "GH")]
    pub country: String,
}

/// The answer to a placed order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "order_id": 17,
    "order_number": "ORD-20300101-00017",
    "order_status": "confirmed",
    "payment_status": "pending",
    "payment_method": "cod",
    "currency": "GHS",
    "subtotal": 1200,
    "shipping_fee": 0,
    "tax_amount": 0,
    "discount_amount": 0,
    "total_amount": 1200,
    "placed_at": "2030-01-01T08:00:00Z",
    "expires_at": null,
    "lines": [{
        "sku": "MTN-1GB",
        "title": "MTN 1 GB",
        "quantity": 1,
        "unit_price": 1200,
        "total_price": 1200,
        "recipient_phone": "+233241234567"
    }],
    "warnings": []
}))]
pub struct PlacedOrder {
    /// The order's id.
    pub order_id: i64,
    /// The order's number, for people.
    pub order_number: String,
    /// `confirmed`, or `pending` until it is.
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
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
    /// When a pending order gives its stock back, unless it is confirmed before.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// What was ordered.
    pub lines: Vec<PlacedLine>,
    /// What is worth knowing and no reason to refuse the order.
    pub warnings: Vec<FieldError>,
}

/// Orders to be placed, each by itself.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "orders": [{
    "customer": { "name": "Ama Mensah", "phone": "0241234567" },
    "currency": "GHS",
    "payment_method": "cod",
    "lines": [{ "sku": "MTN-1GB", "quantity": 1, "recipient_phone": "0241234567" }],
}] }))]
pub struct BulkOrdersRequest {
    /// Each as the body of `POST /v1/orders`; one that is not gets a result that says so.
    #[schema(min_items = 1, max_items = 1000)]
    pub orders: Vec<Value>,
}

/// What became of many orders.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkOrders {
    /// How many are placed, now or before.
    pub placed: usize,
    /// How many are not.
    pub refused: usize,
    /// One for each order, in their order.
    pub results: Vec<BulkResult>,
}

/// What became of one of many orders: it has either an order or a problem.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkResult {
    /// Its place in the request, from 0.
    pub index: usize,
    /// The status it would have been answered with alone.
    #[schema(minimum = 201, maximum = 599)]
    pub status: u16,
    /// Whether this answer was given before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed: Option<bool>,
    /// The order, if it was placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<PlacedOrder>,
    /// Why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemDocument>,
}

/// One line of a placed order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacedLine {
    /// What.
    pub sku: String,
    /// Its title at that time.
    pub title: String,
    /// How many.
    pub quantity: i32,
    /// Price of one at that time.
    pub unit_price: i64,
    /// Price of all.
    pub total_price: i64,
    /// The phone that gets airtime or data.
    #[schema(required)]
    pub recipient_phone: Option<String>,
}
