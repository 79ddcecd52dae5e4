//! A small shop: what tests order from.

use serde_json::{Value, json};
use stevedore_testkit::TestDb;

/// An airtime bundle of which there are plenty, and a mug of which there are 20.
pub const BUNDLE: &str = "MTN-1GB";
pub const BUNDLE_PRICE: i64 = 1200;
pub const MUG: &str = "MUG-RED";
pub const MUG_PRICE: i64 = 4500;
pub const MUGS: i64 = 20;

/// Puts the shop's goods on the shelves.
pub async fn open_shop(db: &TestDb) {
    sqlx::raw_sql(include_str!("../shop.sql"))
        .execute(db.pool())
        .await
        .unwrap();
}

/// One bundle, to be confirmed at once.
pub fn an_order() -> Value {
    json!({
        "customer": { "name": "Ama Mensah", "email": "ama@example.com", "phone": "0241234567" },
        "currency": "GHS",
        "payment_method": "cod",
        "lines": [{
            "sku": BUNDLE,
            "quantity": 1,
            "unit_price": BUNDLE_PRICE,
            "recipient_phone": "0241234567",
        }],
        "total_amount": BUNDLE_PRICE,
    })
}

/// Mugs, waiting for payment.
pub fn an_order_of_mugs(quantity: i64) -> Value {
    json!({
        "customer": { "name": "Kofi Boateng", "email": "kofi@example.com" },
        "currency": "GHS",
        "payment_method": "stripe",
        "lines": [{ "sku": MUG, "quantity": quantity }],
        "shipping_address": {
            "recipient": "Kofi Boateng",
            "address": "12 Ring Road",
            "city": "Accra",
            "country": "GH",
        },
        "shipping_fee": 500,
        "total_amount": quantity * MUG_PRICE + 500,
    })
}
