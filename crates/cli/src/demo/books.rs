//! The shop behind the counter: stocked once, counted often.

use anyhow::{Context, ensure};
use secrecy::SecretString;
use serde_json::json;
use sqlx::PgPool;
use stevedore_database::{DatabaseSettings, connect};
use stevedore_model::catalog::{
    NewLocation, NewProduct, NewVariant, VariantKind, upsert_location, upsert_product,
    upsert_variant,
};
use stevedore_model::words::{Currency, Money};
use stevedore_model::{TenantId, api_keys, books, inventory, orders};
use tokio::time::Instant;
use uuid::Uuid;

use super::buyers::Keys;
use super::plan::{CATALOGUE, LOCATIONS, PROVIDER, Plan};

/// How long a count may fail while the database restarts.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
/// Between two tries.
const RETRY_DELAY: std::time::Duration = std::time::Duration::from_millis(100);

/// The books of one run.
#[derive(Clone)]
pub struct Books {
    pool: PgPool,
    tenant: TenantId,
}

impl Books {
    /// Opens the books of the one shop of a new database.
    pub fn of_shop(url: &SecretString) -> anyhow::Result<Books> {
        let pool = connect(&DatabaseSettings::new(url.clone()))?;
        Ok(Books {
            pool,
            tenant: TenantId::SHOP,
        })
    }

    /// Opens the books of a new shop beside those of earlier runs.
    ///
    /// # Errors
    /// When the database holds a real shop or a working fleet: its workers would take the demo's
    /// jobs, and the demo's workers theirs.
    pub async fn of_new_shop(url: &SecretString) -> anyhow::Result<Books> {
        let pool = connect(&DatabaseSettings::new(url.clone()))?;
        let workers = stevedore_queue::workers_alive(&pool).await?;
        ensure!(
            workers == 0,
            "{workers} workers run on this database, or did a moment ago; the demo needs its own"
        );
        let shop = orders::tally(&pool, TenantId::SHOP).await?;
        ensure!(
            shop.orders.is_empty(),
            "this database holds a shop's orders; give the demo an empty database"
        );
        let tenant = TenantId(Uuid::new_v4());
        Ok(Books { pool, tenant })
    }

    /// Writes the catalogue and receives the plan's stock, spread over the locations.
    pub async fn stock(&self, plan: &Plan) -> anyhow::Result<()> {
        let mut db = self.pool.begin().await?;
        for (priority, (code, name)) in (0..).zip(LOCATIONS) {
            let location = NewLocation {
                code,
                name,
                kind: "warehouse",
                priority,
            };
            upsert_location(&mut *db, self.tenant, &location).await?;
        }
        for product in &CATALOGUE {
            let family = NewProduct {
                code: product.sku,
                name: product.title,
            };
            let variant = NewVariant {
                product_id: upsert_product(&mut *db, self.tenant, &family).await?,
                sku: product.sku,
                title: product.title,
                kind: VariantKind::Digital,
                price: Money {
                    amount: product.price,
                    currency: Currency::GHS,
                },
                fulfillment_provider: Some(PROVIDER),
                requires_recipient_phone: true,
                attributes: json!({
                    "network": product.network,
                    "capacity_gb": product.capacity_gb,
                }),
                track_inventory: true,
                low_stock_threshold: 5,
            };
            upsert_variant(&mut *db, self.tenant, &variant).await?;
            let units = plan.stock_of(product.sku);
            // The first location gets the larger half, so that orders must use both.
            let shares = [units - units / 2, units / 2];
            for ((code, _), share) in LOCATIONS.into_iter().zip(shares) {
                if share > 0 {
                    let sku = product.sku;
                    inventory::receive_stock(&mut *db, self.tenant, sku, code, share, None).await?;
                }
            }
        }
        Ok(db.commit().await?)
    }

    /// Keys of the web shop and of its back office.
    pub async fn keys(&self) -> anyhow::Result<Keys> {
        let web = ["orders:read", "orders:write"].map(str::to_owned);
        let office = ["admin".to_owned()];
        let create = |name, scopes| api_keys::create(&self.pool, self.tenant, name, scopes, None);
        Ok(Keys {
            web: create("demo web shop", &web[..]).await?.token,
            office: create("demo back office", &office[..]).await?.token,
        })
    }

    /// Counts everything at one moment. A database that restarts is waited for.
    pub async fn tally(&self) -> anyhow::Result<orders::Tally> {
        let start = Instant::now();
        loop {
            match orders::tally(&self.pool, self.tenant).await {
                Ok(tally) => return Ok(tally),
                Err(error) if start.elapsed() > PATIENCE => {
                    return Err(error).context("cannot count the orders");
                }
                Err(_) => tokio::time::sleep(RETRY_DELAY).await,
            }
        }
    }

    /// Units delivered beyond the stock, of all products.
    pub fn oversold(tally: &orders::Tally, plan: &Plan) -> u64 {
        let beyond = |(sku, units): (&String, &i64)| units - plan.stock_of(sku);
        let units = tally
            .units_shipped
            .iter()
            .map(beyond)
            .filter(|units| *units > 0);
        u64::try_from(units.sum::<i64>()).unwrap_or(0)
    }

    /// Rows of `stevedore check`.
    pub async fn discrepancies(&self) -> anyhow::Result<u64> {
        Ok(books::discrepancies(&self.pool).await?.len() as u64)
    }

    /// Makes the keys useless, and lets the database go.
    pub async fn close(&self) -> anyhow::Result<()> {
        for key in api_keys::list(&self.pool, self.tenant).await? {
            api_keys::revoke(&self.pool, self.tenant, &key.key_id).await?;
        }
        self.pool.close().await;
        Ok(())
    }
}
