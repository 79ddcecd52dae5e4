//! A small shop to test in.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use stevedore_model::catalog::{self, NewLocation, NewProduct, NewVariant, VariantKind};
use stevedore_model::orders::{self, NewOrder, OrderView, PlaceError, Placed};
use stevedore_model::words::{Currency, Money};
use stevedore_model::{TenantId, books, inventory};
use stevedore_testkit::TestDb;

/// The shop of the tests.
pub const SHOP: TenantId = TenantId::SHOP;

/// A database with a catalogue and empty shelves: `MUG-1` … `MUG-4` (physical), `DATA` (digital, to
/// a phone), all by provider `at_ishare`, and `HAND` (physical, by hand); locations `ACC`, `KUM`.
pub struct Shop {
    pub db: TestDb,
}

impl Shop {
    pub async fn open() -> Shop {
        let db = TestDb::new().await;
        for (priority, code) in [(1, "ACC"), (2, "KUM")] {
            let location = NewLocation {
                code,
                name: code,
                kind: "warehouse",
                priority,
            };
            catalog::upsert_location(&db.pool, SHOP, &location)
                .await
                .unwrap();
        }
        for sku in ["MUG-1", "MUG-2", "MUG-3", "MUG-4", "DATA", "HAND"] {
            let product = NewProduct {
                code: sku,
                name: sku,
            };
            let product_id = catalog::upsert_product(&db.pool, SHOP, &product)
                .await
                .unwrap();
            let variant = NewVariant {
                product_id,
                sku,
                title: sku,
                kind: if sku == "DATA" {
                    VariantKind::Digital
                } else {
                    VariantKind::Physical
                },
                price: Money {
                    amount: 1_000,
                    currency: Currency::GHS,
                },
                fulfillment_provider: (sku != "HAND").then_some("at_ishare"),
                requires_recipient_phone: sku == "DATA",
                attributes: json!({"network": "MTN", "capacity_gb": 1}),
                track_inventory: true,
                low_stock_threshold: 2,
            };
            catalog::upsert_variant(&db.pool, SHOP, &variant)
                .await
                .unwrap();
        }
        Shop { db }
    }

    /// A shop with nothing in it, to be filled.
    pub async fn open_empty() -> Shop {
        Shop {
            db: TestDb::new().await,
        }
    }

    /// A shop with `units` of each SKU at `ACC`.
    pub async fn stocked(units: i64) -> Shop {
        let shop = Shop::open().await;
        for sku in ["MUG-1", "MUG-2", "MUG-3", "MUG-4", "DATA", "HAND"] {
            shop.receive(sku, "ACC", units).await;
        }
        shop
    }

    pub fn pool(&self) -> &PgPool {
        &self.db.pool
    }

    pub async fn receive(&self, sku: &str, location: &str, units: i64) {
        inventory::receive_stock(self.pool(), SHOP, sku, location, units, None)
            .await
            .unwrap();
    }

    pub async fn place(&self, order: &Value) -> Result<Placed, PlaceError> {
        place(self.pool(), order).await
    }

    /// Places an order that must go through; answers its id.
    pub async fn placed(&self, order: &Value) -> i64 {
        self.place(order)
            .await
            .unwrap_or_else(|error| panic!("{error:?}"))
            .order_id
    }

    pub async fn order(&self, order_id: i64) -> OrderView {
        orders::get(self.pool(), SHOP, order_id)
            .await
            .unwrap()
            .expect("the order is there")
    }

    /// Runs SQL as somebody with psql would; answers the SQLSTATE if it is refused.
    pub async fn sql(&self, text: &str) -> Result<u64, String> {
        sqlx::query(AssertSqlSafe(text.to_owned()))
            .execute(self.pool())
            .await
            .map(|done| done.rows_affected())
            .map_err(|error| sqlstate(&error))
    }

    /// Makes connections to come use this isolation level unless they say otherwise.
    pub async fn isolate(&self, level: &str) {
        self.run(&format!(
            "do $$ begin
               execute format('alter database %I set default_transaction_isolation = %L',
                 current_database(), '{level}');
             end $$"
        ))
        .await;
    }

    /// Runs SQL that must go through.
    pub async fn run(&self, text: &str) {
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(text.to_owned()))
            .execute(self.pool())
            .await
        {
            panic!("{text}: {error}");
        }
    }

    /// The one number that a query answers.
    pub async fn number(&self, text: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(format!("select ({text})::bigint")))
            .fetch_one(self.pool())
            .await
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// The one text that a query answers.
    pub async fn text(&self, text: &str) -> String {
        sqlx::query_scalar(AssertSqlSafe(format!("select ({text})::text")))
            .fetch_one(self.pool())
            .await
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// (on hand, reserved, allocated) of a SKU over all locations.
    pub async fn stock(&self, sku: &str) -> (i64, i64, i64) {
        let all = inventory::status(self.pool(), SHOP).await.unwrap();
        let of_sku = all.iter().filter(|status| status.sku == sku);
        of_sku.fold((0, 0, 0), |(on_hand, reserved, allocated), status| {
            (
                on_hand + status.on_hand,
                reserved + status.reserved,
                allocated + status.allocated,
            )
        })
    }

    /// Ids of an order's fulfilments.
    pub async fn fulfillments(&self, order_id: i64) -> Vec<i64> {
        let order = self.order(order_id).await;
        order
            .fulfillments
            .iter()
            .map(|fulfillment| fulfillment.fulfillment_id)
            .collect()
    }

    pub async fn assert_books_balance(&self) {
        let found = books::discrepancies(self.pool()).await.unwrap();
        assert!(found.is_empty(), "{found:#?}");
    }
}

pub async fn place(pool: &PgPool, order: &Value) -> Result<Placed, PlaceError> {
    let order = NewOrder::parse(order).unwrap_or_else(|problems| panic!("{problems:?}"));
    orders::place(pool, SHOP, &order, None, [0; 32], None).await
}

/// An order with these lines, paid as said.
pub fn order(payment_method: &str, lines: &[(&str, i64)]) -> Value {
    let lines: Vec<_> = lines
        .iter()
        .map(|&(sku, quantity)| match sku {
            "DATA" => json!({"sku": sku, "quantity": quantity, "recipient_phone": "0241234567"}),
            _ => json!({"sku": sku, "quantity": quantity}),
        })
        .collect();
    json!({
        "customer": {"name": "Ama Mensah", "email": "ama@example.com", "phone": "0241234567"},
        "currency": "GHS",
        "payment_method": payment_method,
        "shipping_address": {
            "recipient": "Ama", "address": "1 High Street", "city": "Accra", "country": "GH"
        },
        "lines": lines,
    })
}

/// The SQLSTATE of an error that the database made.
pub fn sqlstate(error: &sqlx::Error) -> String {
    match error.as_database_error().and_then(|error| error.code()) {
        Some(code) => code.into_owned(),
        None => panic!("not an error of the database: {error:?}"),
    }
}
