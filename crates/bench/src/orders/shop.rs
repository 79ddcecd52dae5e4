//! What is ordered.

use sqlx::PgPool;
use stevedore_model::books;

/// Products of the orders of two lines.
const PRODUCTS: u64 = 50;

/// Puts the goods on the shelves: plenty of each, and too little of the hot one.
pub async fn open(pool: &PgPool, orders: u64) -> anyhow::Result<()> {
    for statement in [
        "insert into locations (code, name) values ('bench', 'Bench')",
        "insert into products (product_code, name)
         select sku, sku from unnest($1::text[]) as sku",
        "insert into product_variants (product_id, sku, title, price, currency)
         select product_id, product_code, name, 1000, 'GBP'
         from products
         where product_code = any ($1)",
        "insert into inventory_items (sku) select sku from unnest($1::text[]) as sku",
        "insert into variant_inventory_items (variant_id, inventory_item_id)
         select variant_id, inventory_item_id
         from product_variants
         join inventory_items using (tenant_id, sku)
         where sku = any ($1)",
    ] {
        let mut query = sqlx::query(statement);
        if statement.contains("$1") {
            query = query.bind(skus());
        }
        query.execute(pool).await?;
    }
    for sku in skus() {
        let units = if sku == "hot" {
            hot_stock(orders)
        } else {
            // As if every line of the run and its warm-up were for this one.
            orders * 5
        };
        sqlx::query("select sp_receive_stock($1, 'bench', $2)")
            .bind(sku)
            .bind(i64::try_from(units)?)
            .execute(pool)
            .await?;
    }
    Ok(())
}

fn skus() -> Vec<String> {
    let usual = (0..PRODUCTS).map(|number| format!("sku-{number}"));
    usual.chain(["hot".to_owned()]).collect()
}

/// Units of the hot product, for three in four who want one.
pub fn hot_stock(orders: u64) -> u64 {
    orders * 3 / 4
}

/// An order of two lines, over all products in any order.
pub fn order(number: u64, payment_method: &str) -> String {
    let first = number * 7 % PRODUCTS;
    let second = (first + 1 + number * 11 % (PRODUCTS - 1)) % PRODUCTS;
    let lines =
        format!(r#"[{{"sku":"sku-{first}","quantity":1}},{{"sku":"sku-{second}","quantity":2}}]"#);
    of_lines(number, payment_method, &lines)
}

/// An order of the hot product.
pub fn hot_order(number: u64, payment_method: &str) -> String {
    of_lines(number, payment_method, r#"[{"sku":"hot","quantity":1}]"#)
}

fn of_lines(number: u64, payment_method: &str, lines: &str) -> String {
    format!(
        r#"{{"customer":{{"name":"Ann Lee","email":"ann{number}@example.com"}},
        "currency":"GBP","payment_method":"{payment_method}","lines":{lines},
        "shipping_address":{{"recipient":"Ann Lee","address":"1 High Street","city":"Leeds",
        "postal_code":"LS1 1AA","country":"GB"}}}}"#
    )
}

/// Units promised beyond the stock, and whatever else is wrong with the books.
pub async fn oversold(pool: &PgPool) -> anyhow::Result<u64> {
    let beyond: i64 = sqlx::query_scalar(
        "select coalesce(sum(greatest(0, reserved + allocated - on_hand)), 0)::bigint
        from inventory_levels",
    )
    .fetch_one(pool)
    .await?;
    let wrong = books::discrepancies(pool).await?.len();
    Ok(u64::try_from(beyond)? + u64::try_from(wrong)?)
}
