//! What a shop sells and where it keeps it: written when a shop is set up, safe to repeat.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgExecutor;

use crate::TenantId;
use crate::words::Money;

/// A place that holds stock.
#[derive(Clone, Debug)]
pub struct NewLocation<'a> {
    /// Short stable name, unique per shop.
    pub code: &'a str,
    /// Name for people.
    pub name: &'a str,
    /// `warehouse`, `store` or `provider`.
    pub kind: &'a str,
    /// Lower is taken first.
    pub priority: i32,
}

/// A product.
#[derive(Clone, Debug)]
pub struct NewProduct<'a> {
    /// Stable name, unique per shop.
    pub code: &'a str,
    /// Name for people.
    pub name: &'a str,
}

/// What kind of goods a variant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariantKind {
    /// Delivered by a provider; nothing is shipped.
    Digital,
    /// Needs a shipping address.
    Physical,
}

/// An orderable form of a product.
#[derive(Clone, Debug)]
pub struct NewVariant<'a> {
    /// The product, from [`upsert_product`].
    pub product_id: i64,
    /// Unique per shop; also the SKU of its stock item.
    pub sku: &'a str,
    /// Title on order lines.
    pub title: &'a str,
    /// Digital or physical.
    pub kind: VariantKind,
    /// Price of a unit.
    pub price: Money,
    /// Who fulfils it; None: a person.
    pub fulfillment_provider: Option<&'a str>,
    /// Whether an order must name the phone that receives it.
    pub requires_recipient_phone: bool,
    /// What the provider needs to know; an object.
    pub attributes: Value,
    /// Whether it can run out.
    pub track_inventory: bool,
    /// At or below it the item counts as low.
    pub low_stock_threshold: i32,
}

/// What one unit of a variant weighs and measures, and what customs ask of it. What is None is the
/// shop's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goods {
    /// Grams.
    pub weight_g: Option<u32>,
    /// Longest side of one packed unit; all three sides or none.
    pub length_mm: Option<u32>,
    /// Second side.
    pub width_mm: Option<u32>,
    /// Shortest side.
    pub height_mm: Option<u32>,
    /// Harmonised System code, 6 to 10 digits.
    pub hs_code: Option<String>,
    /// Where it was made, ISO 3166-1 alpha-2.
    pub origin_country: Option<String>,
    /// What it is, for customs; None: the title.
    pub customs_description: Option<String>,
    /// Value for customs, minor units of the variant's currency; None: the price paid.
    pub customs_value: Option<i64>,
}

/// Makes or updates a location; answers its key.
///
/// # Errors
/// A violated constraint, or the database can't be asked.
pub async fn upsert_location(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    location: &NewLocation<'_>,
) -> Result<i64, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/locations/upsert.sql",
        tenant.0,
        location.code,
        location.name,
        location.kind,
        location.priority
    )
    .fetch_one(db)
    .await?;
    Ok(row.location_id)
}

/// Makes or updates a product; answers its key.
///
/// # Errors
/// A violated constraint, or the database can't be asked.
pub async fn upsert_product(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    product: &NewProduct<'_>,
) -> Result<i64, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/products/upsert.sql",
        tenant.0,
        product.code,
        product.name
    )
    .fetch_one(db)
    .await?;
    Ok(row.product_id)
}

/// Makes or updates a variant with a stock item of the same SKU; answers the variant's key. Stock
/// itself arrives by [`crate::inventory::receive_stock`].
///
/// # Errors
/// A violated constraint, or the database can't be asked.
pub async fn upsert_variant(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    variant: &NewVariant<'_>,
) -> Result<i64, sqlx::Error> {
    let kind = match variant.kind {
        VariantKind::Digital => "digital",
        VariantKind::Physical => "physical",
    };
    let row = sqlx::query_file!(
        "../../sql/queries/product_variants/upsert.sql",
        tenant.0,
        variant.product_id,
        variant.sku,
        variant.title,
        kind,
        variant.price.amount,
        variant.price.currency.as_str(),
        variant.fulfillment_provider,
        variant.requires_recipient_phone,
        variant.attributes,
        variant.track_inventory,
        variant.low_stock_threshold
    )
    .fetch_one(db)
    .await?;
    Ok(row.variant_id)
}

/// Says what a variant is as goods, whatever was said before.
///
/// # Errors
/// A violated constraint (half a size, no HS code), or the database can't be asked.
pub async fn describe_goods(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    variant_id: i64,
    goods: &Goods,
) -> Result<(), sqlx::Error> {
    let number = |value: Option<u32>| value.map(|value| i32::try_from(value).unwrap_or(i32::MAX));
    sqlx::query_file!(
        "../../sql/queries/product_variants/describe_goods.sql",
        tenant.0,
        variant_id,
        number(goods.weight_g),
        number(goods.length_mm),
        number(goods.width_mm),
        number(goods.height_mm),
        goods.hs_code,
        goods.origin_country,
        goods.customs_description,
        goods.customs_value
    )
    .execute(db)
    .await?;
    Ok(())
}
