//! What a shop sells and where it keeps it: written when a shop is set up, safe to repeat.

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
