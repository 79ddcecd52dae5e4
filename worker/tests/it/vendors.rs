//! Providers beside AT-iShare, for tests: a shop that knows them, and what they make.

use std::time::Duration;

use serde_json::{Value, json};
use stevedore_model::TenantId;
use stevedore_model::catalog::{self, NewProduct, NewVariant, VariantKind};
use stevedore_model::words::{Currency, Money};
use stevedore_providers::{ProdigiSettings, ShiprocketSettings};

use crate::shop::Shop;

const TENANT: TenantId = TenantId::SHOP;
/// Of every call.
const TIMEOUT: Duration = Duration::from_millis(500);

/// Sets the shop up with Prodigi and Shiprocket.
pub fn know_providers(shop: &mut Shop) {
    let key = shop.simulator.at_ishare_api_key().to_owned();
    let providers = &mut shop.settings.providers;
    providers.prodigi = ProdigiSettings {
        prodigi_api_key: Some(key.clone().into()),
        prodigi_api_url: Some(shop.simulator.vendor_url("prodigi")),
        prodigi_timeout: TIMEOUT,
        prodigi_ask_again: Duration::from_millis(20),
        ..ProdigiSettings::default()
    };
    providers.shiprocket = ShiprocketSettings {
        shiprocket_api_url: shop.simulator.vendor_url("shiprocket/v1/external"),
        shiprocket_email: Some("api@shop.example".to_owned()),
        shiprocket_password: Some(key.into()),
        shiprocket_pickup_location: Some("Primary".to_owned()),
        shiprocket_timeout: TIMEOUT,
        shiprocket_settle: Duration::ZERO,
        ..ShiprocketSettings::default()
    };
}

/// Prints by Prodigi, and boxes by Shiprocket.
pub async fn print_and_box(shop: &Shop) {
    for (sku, provider, currency) in [
        ("PRINT-1", "prodigi", "GBP"),
        ("BOX-1", "shiprocket", "INR"),
    ] {
        let product = NewProduct {
            code: sku,
            name: sku,
        };
        let product_id = catalog::upsert_product(shop.pool(), TENANT, &product).await;
        let variant = NewVariant {
            product_id: product_id.expect("a product"),
            sku,
            title: sku,
            kind: VariantKind::Physical,
            price: Money {
                amount: 2_500,
                currency: Currency::parse(currency).expect("a currency"),
            },
            fulfillment_provider: Some(provider),
            requires_recipient_phone: false,
            attributes: json!({"assets": [{"url": "https://shop.example/art.png"}]}),
            track_inventory: false,
            low_stock_threshold: 0,
        };
        catalog::upsert_variant(shop.pool(), TENANT, &variant)
            .await
            .expect("a variant");
    }
}

/// An order for a print.
pub fn print() -> Value {
    order("PRINT-1", "GBP", "GB", "Leeds", "LS1 4AP")
}

/// An order for a box.
pub fn parcel() -> Value {
    order("BOX-1", "INR", "IN", "Chennai", "600001")
}

fn order(sku: &str, currency: &str, country: &str, city: &str, postal_code: &str) -> Value {
    json!({
        "customer": {
            "name": "Asha Rao", "email": "asha@example.com", "phone": "+919876543210",
        },
        "currency": currency,
        "payment_method": "cod",
        "shipping_address": {
            "recipient": "Asha Rao", "phone": "+919876543210", "address": "12 Long Street",
            "city": city, "province": "State", "postal_code": postal_code, "country": country,
        },
        "lines": [{"sku": sku, "quantity": 1}],
    })
}
