//! Wallets and promotions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a customer has with the shop.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wallet {
    /// The shop's own id of the customer.
    pub customer_id: String,
    /// One per currency; empty when nothing was ever put in.
    pub balances: Vec<Balance>,
}

/// What is in one wallet.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// ISO 4217 code.
    #[schema(example = "GHS")]
    pub currency: String,
    /// Minor units, never negative.
    #[schema(minimum = 0)]
    pub balance: i64,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A page of a statement.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WalletStatement {
    /// The entries.
    pub entries: Vec<WalletEntry>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// One change of a wallet.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WalletEntry {
    /// Its id; grows in the order of the entries.
    pub wallet_entry_id: i64,
    /// `top_up`, `payment`, `refund` or `correction`.
    pub kind: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Minor units; negative: taken out.
    pub amount: i64,
    /// The balance with it.
    pub balance_after: i64,
    /// The order that it paid for or is given back for.
    pub order_id: Option<i64>,
    /// The refund that it is.
    pub refund_id: Option<i64>,
    /// Why.
    pub reason: Option<String>,
    /// Who did it.
    pub actor: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Money to be put into a wallet, or a correction.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "top_up", "currency": "GHS", "amount": 5000 }))]
pub struct WalletEntryRequest {
    /// `top_up` or `correction`.
    pub kind: EntryKind,
    /// ISO 4217 code: of which wallet.
    #[schema(pattern = "^[A-Z]{3}$", example = "GHS")]
    pub currency: String,
    /// Minor units; only a correction may be negative, none may be 0.
    #[schema(minimum = -1_000_000_000_000_i64, maximum = 1_000_000_000_000_i64)]
    pub amount: i64,
    /// Why; a correction needs it.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// What a person may post.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum EntryKind {
    TopUp,
    Correction,
}

/// An entry that was posted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WalletPosted {
    /// Its id.
    pub wallet_entry_id: i64,
    /// The balance with it.
    pub balance: i64,
}

/// A page of promotions, by code.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionList {
    /// The promotions.
    pub promotions: Vec<Promotion>,
    /// Send it as `after` for the next page; null: this is the last one.
    pub next: Option<String>,
}

/// How a promotion computes what it takes off.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PromotionKind {
    Percent,
    Fixed,
    FreeShipping,
}

/// A promotion to be made or changed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "percent", "value": 10, "max_redemptions": 1000 }))]
pub struct PromotionRequest {
    /// What it is for, for people.
    #[schema(min_length = 1, max_length = 500)]
    pub description: Option<String>,
    /// `percent` of the subtotal, a `fixed` amount off it, or `free_shipping`.
    pub kind: PromotionKind,
    /// Of `percent` 1 to 100, of `fixed` minor units of `currency`.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub value: Option<i64>,
    /// ISO 4217 code of its amounts, which need it, and of the orders it is for.
    #[schema(pattern = "^[A-Z]{3}$", example = "GHS")]
    pub currency: Option<String>,
    /// Orders below it do not get it.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub min_subtotal: Option<i64>,
    /// It takes no more off than this.
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub max_discount: Option<i64>,
    /// From when on; by default at once.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when, not included; by default for ever.
    pub ends_at: Option<DateTime<Utc>>,
    /// By how many orders in all; by default any number.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub max_redemptions: Option<i64>,
    /// By how many orders of one customer; by default any number.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub max_per_customer: Option<i64>,
    /// Whether it can be used; by default yes.
    pub is_active: Option<bool>,
}

/// A promotion.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// What the buyer types, in any case.
    pub code: String,
    /// What it is for.
    pub description: Option<String>,
    /// `percent`, `fixed` or `free_shipping`.
    pub kind: PromotionKind,
    /// 1 to 100, an amount in minor units, or 0.
    pub value: i64,
    /// ISO 4217 code of its amounts and of the orders it is for; null: any.
    pub currency: Option<String>,
    /// Orders below it do not get it.
    pub min_subtotal: i64,
    /// It takes no more off than this.
    pub max_discount: Option<i64>,
    /// From when on.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when.
    pub ends_at: Option<DateTime<Utc>>,
    /// By how many orders in all.
    pub max_redemptions: Option<i64>,
    /// By how many orders of one customer.
    pub max_per_customer: Option<i64>,
    /// By how many orders it is used.
    pub redeemed: i64,
    /// Whether it can be used.
    pub is_active: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// An order that a code may be used for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "currency": "GHS", "subtotal": 2400, "shipping_fee": 500 }))]
pub struct PreviewRequest {
    /// ISO 4217 code of the order.
    #[schema(pattern = "^[A-Z]{3}$", example = "GHS")]
    pub currency: String,
    /// Sum of its lines.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub subtotal: i64,
    /// What shipping costs; by default 0.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub shipping_fee: Option<i64>,
    /// The shop's own id of the customer; matters for limits per customer.
    #[schema(min_length = 1, max_length = 128)]
    pub customer_id: Option<String>,
    /// Mail address of a guest.
    #[schema(max_length = 254)]
    pub email: Option<String>,
    /// Phone of a guest.
    #[schema(max_length = 40)]
    pub phone: Option<String>,
}

/// What a code would take off.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// The code, upper case.
    pub code: String,
    /// Whether it can be used for such an order now.
    pub applies: bool,
    /// What it takes off, minor units: the `discount_amount` to place the order with.
    #[schema(minimum = 0)]
    pub discount_amount: i64,
    /// Why it can not be used: `unknown_code`, `not_active`, `not_started`, `ended`,
    /// `wrong_currency`, `below_minimum`, `used_up`, `customer_required`,
    /// `used_up_by_customer`.
    pub reason: Option<String>,
    /// The reason in words.
    pub message: Option<String>,
}
