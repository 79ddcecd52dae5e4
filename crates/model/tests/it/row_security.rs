//! Who sees which rows: asked of every table and view that the catalogue has, so that a new one is
//! covered without anybody thinking of it.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgPool};
use stevedore_model::TenantId;

use crate::shop::{Shop, order};

const OTHER_SHOP: &str = "00000000-0000-0000-0000-00000000000b";
const OWN_SHOP: &str = "00000000-0000-0000-0000-000000000001";

/// Reads the server's own statistics, of which row security knows nothing: for workers only.
const NOT_OF_ROWS: &[&str] = &["vw_gauges", "vw_database_gauges"];

/// Every table and view, quoted. Partitions are their parents' matter.
const RELATIONS: &str = "
  select format('%I.%I', n.nspname, c.relname)
  from pg_class as c
  join pg_namespace as n on n.oid = c.relnamespace
  where n.nspname in ('public', 'queue', 'analytics')
    and c.relkind in ('r', 'p', 'v', 'm')
    and not c.relispartition
    and c.relname <> all ($1)
  order by 1";

async fn relations(pool: &PgPool) -> Vec<String> {
    let all = sqlx::query_scalar(RELATIONS).bind(NOT_OF_ROWS);
    all.fetch_all(pool).await.unwrap()
}

/// All that a role is shown: relation → its rows as text.
async fn seen(pool: &PgPool, relations: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut seen = BTreeMap::new();
    for relation in relations {
        let rows = format!("select to_jsonb(t)::text from {relation} as t order by 1");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows))
            .fetch_all(pool)
            .await
            .unwrap_or_else(|error| panic!("{relation}: {error}"));
        seen.insert(relation.clone(), rows);
    }
    seen
}

/// Two customers of this shop with an order each, and another shop with the same.
async fn two_shops() -> Shop {
    let shop = Shop::stocked(50).await;
    for name in ["one", "two"] {
        let insert = "insert into customers (customer_code, name) values";
        shop.run(&format!("{insert} ('{name}', '{name}')")).await;
        busy(&shop, name).await;
    }
    // The other shop is a copy of the catalogue and shelves of this.
    shop.run(&format!(
        "set stevedore.tenant_id = '{OTHER_SHOP}';
         insert into products (product_code, name) select product_code, name from products;
         insert into product_variants (product_id, sku, title, kind, price, currency)
           select o.product_id, v.sku, v.title, 'physical', v.price, v.currency
           from product_variants as v
           join products as p using (tenant_id, product_id)
           join products as o
             on o.product_code = p.product_code and o.tenant_id = '{OTHER_SHOP}';
         insert into inventory_items (sku) select sku from inventory_items;
         insert into variant_inventory_items (variant_id, inventory_item_id)
           select v.variant_id, i.inventory_item_id
           from product_variants as v join inventory_items as i using (tenant_id, sku)
           where v.tenant_id = '{OTHER_SHOP}';
         insert into locations (code, name) values ('ACC', 'ACC');
         select sp_receive_stock(sku, 'ACC', 50) from inventory_items
           where tenant_id = '{OTHER_SHOP}';
         insert into customers (customer_code, name) values ('three', 'three');
         reset stevedore.tenant_id;"
    ))
    .await;
    other_shop_works(&shop).await;
    shop
}

/// Orders of a customer in several states, with all that follows from them.
async fn busy(shop: &Shop, customer: &str) {
    for (method, skus) in [("cod", ["MUG-1", "DATA"]), ("stripe", ["MUG-2", "HAND"])] {
        let order_id = shop.placed(&order(method, &skus.map(|sku| (sku, 1)))).await;
        shop.run(&format!(
            "update orders set customer_id =
               (select customer_id from customers where customer_code = '{customer}')
             where order_id = {order_id};
             insert into order_errors (order_id, category, severity, stage, code, message)
             values ({order_id}, 'api', 'low', 'x', 'x', 'x')"
        ))
        .await;
    }
    let cancelled = shop.placed(&order("stripe", &[("MUG-3", 1)])).await;
    shop.run(&format!("select sp_cancel_order({cancelled}, 'x', 'y')"))
        .await;
}

async fn other_shop_works(shop: &Shop) {
    shop.run(&format!(
        "set stevedore.tenant_id = '{OTHER_SHOP}';
         select create_order(jsonb_build_object(
           'payment_method', 'cod', 'currency', 'GHS',
           'customer', jsonb_build_object('name', 'X', 'email', 'x@example.com'),
           'shipping_address', jsonb_build_object(
             'recipient', 'X', 'address', '1', 'city', 'C', 'country', 'GH'),
           'lines', jsonb_build_array(jsonb_build_object('sku', 'MUG-1', 'quantity', 1))));
         update orders set customer_id = (
             select customer_id from customers where customer_code = 'three')
           where tenant_id = '{OTHER_SHOP}';
         insert into order_errors (order_id, category, severity, stage, code, message)
           select order_id, 'api', 'low', 'x', 'x', 'x' from orders
           where tenant_id = '{OTHER_SHOP}';
         reset stevedore.tenant_id;"
    ))
    .await;
}

/// Grants what no customer or admin has, so that row security alone stands between them.
async fn grant_everything(shop: &Shop, role: &str) {
    shop.run(&format!(
        "grant usage on schema queue, analytics to {role};
         grant select on all tables in schema public, queue, analytics to {role};
         grant execute on all functions in schema public, queue, analytics to {role};"
    ))
    .await;
}

/// Fails if anything that a role sees is another after `others` did something.
async fn assert_blind_to(shop: &Shop, pool: &PgPool, others: impl AsyncFn(&Shop)) {
    let all = relations(shop.pool()).await;
    let before = seen(pool, &all).await;
    others(shop).await;
    let after = seen(pool, &all).await;
    for (relation, rows) in &before {
        assert_eq!(rows, &after[relation], "{relation} tells of others' rows");
    }
}

/// A clock that stands still: an age that grows is no leak.
fn session(
    tenant: &'static str,
    customer: Option<&'static str>,
) -> Vec<(&'static str, &'static str)> {
    let mut settings = vec![
        ("stevedore.now", "2030-01-01T00:00:00Z"),
        ("stevedore.tenant_id", tenant),
    ];
    settings.extend(customer.map(|id| ("stevedore.customer_id", id)));
    settings
}

#[tokio::test]
async fn i2_a_customer_sees_own_rows_only_in_every_table_and_view() {
    let shop = two_shops().await;
    grant_everything(&shop, "stevedore_customer").await;
    let one = shop
        .db
        .pool_as("stevedore_customer", &session(OWN_SHOP, Some("1")));

    let rows = seen(&one, &relations(shop.pool()).await).await;
    assert_eq!(rows["public.customers"].len(), 1);
    assert_eq!(rows["public.orders"].len(), 2);
    for table in [
        "order_items",
        "order_state_history",
        "fulfillments",
        "order_errors",
    ] {
        assert!(!rows[&format!("public.{table}")].is_empty(), "{table}");
    }
    for table in [
        "products",
        "inventory_levels",
        "stock_movements",
        "api_keys",
    ] {
        assert!(rows[&format!("public.{table}")].is_empty(), "{table}");
    }
    assert_blind_to(&shop, &one, async |shop| {
        busy(shop, "two").await;
        other_shop_works(shop).await;
    })
    .await;
}

#[tokio::test]
async fn i2_an_admin_sees_the_rows_of_one_shop_in_every_table_and_view() {
    let shop = two_shops().await;
    grant_everything(&shop, "stevedore_admin").await;
    let admin = shop.db.pool_as("stevedore_admin", &session(OWN_SHOP, None));
    let rows = seen(&admin, &relations(shop.pool()).await).await;
    let own = format!("select count(*) from orders where tenant_id = '{OWN_SHOP}'");
    let own = usize::try_from(shop.number(&own).await).unwrap();
    assert_eq!(rows["public.orders"].len(), own);
    assert!(!rows["queue.jobs"].is_empty());
    assert_blind_to(&shop, &admin, other_shop_works).await;

    // What an admin writes is of that shop, too.
    let foreign = format!(
        "insert into products (tenant_id, product_code, name) values ('{OTHER_SHOP}', 'x', 'x')"
    );
    let refused = sqlx::query(AssertSqlSafe(foreign)).execute(&admin).await;
    assert_eq!(crate::shop::sqlstate(&refused.unwrap_err()), "42501");
    let moved = format!("update products set tenant_id = '{OTHER_SHOP}'");
    let refused = sqlx::query(AssertSqlSafe(moved)).execute(&admin).await;
    assert_eq!(crate::shop::sqlstate(&refused.unwrap_err()), "42501");
}

#[tokio::test]
async fn i2_an_analyst_sees_the_sums_of_one_shop() {
    let shop = two_shops().await;
    let refresh = "select analytics.refresh(t, '-infinity') from unnest(analytics.topics()) as t
                   where t <> 'worker_hours'; delete from analytics.refreshes";
    shop.run(refresh).await;
    let analyst = shop
        .db
        .pool_as("stevedore_analyst", &session(OWN_SHOP, None));
    let mut sums = relations(shop.pool()).await;
    sums.retain(|relation| relation.starts_with("analytics."));
    let before = seen(&analyst, &sums).await;
    assert!(!before["analytics.order_days"].is_empty());
    other_shop_works(&shop).await;
    shop.run(refresh).await;
    assert_eq!(before, seen(&analyst, &sums).await);
}

#[tokio::test]
async fn i2_a_session_that_does_not_say_whose_it_is_sees_nothing() {
    let shop = two_shops().await;
    let shared = [
        "public.order_state_transitions",
        "public.notification_kinds",
        "queue.kinds",
        "queue.queues",
    ];
    let shared = [&shared[..], &["queue.limits", "queue.quotas"]].concat();
    for role in ["stevedore_customer", "stevedore_admin", "stevedore_analyst"] {
        grant_everything(&shop, role).await;
        let mute = shop.db.pool_as(role, &[]);
        let only_shop = session(OWN_SHOP, None);
        let half = shop.db.pool_as(role, &only_shop);
        let pools = [Some(mute), (role == "stevedore_customer").then_some(half)];
        for pool in pools.into_iter().flatten() {
            let rows = seen(&pool, &relations(shop.pool()).await).await;
            for (table, rows) in rows {
                let may = shared.contains(&table.as_str()) || is_view(&shop, &table).await;
                assert!(rows.is_empty() || may, "{role} sees {table}: {rows:?}");
            }
        }
    }
    assert_eq!(TenantId::SHOP.to_string(), OWN_SHOP);
}

/// A view of nothing may still answer "none": a count, a sum.
async fn is_view(shop: &Shop, relation: &str) -> bool {
    let is_view = format!(
        "select count(*) from pg_class where oid = '{relation}'::regclass and relkind = 'v'"
    );
    shop.number(&is_view).await == 1
}

#[tokio::test]
async fn i2_every_table_has_row_security_and_every_view_asks_as_its_reader() {
    let shop = Shop::open().await;
    let naked: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text
         from pg_class as c
         where c.relnamespace::regnamespace::text in ('public', 'queue', 'analytics')
           and not c.relispartition
           and case
             when c.relkind in ('r', 'p') then not c.relrowsecurity or not c.relforcerowsecurity
               or (select count(*) from pg_policy where polrelid = c.oid) < 2
             when c.relkind = 'v'
               then not coalesce('security_invoker=true' = any (c.reloptions), false)
             -- Row security does not hold for materialised views.
             else c.relkind = 'm'
           end",
    )
    .fetch_all(shop.pool())
    .await
    .unwrap();
    assert!(naked.is_empty(), "without row security: {naked:?}");
    let of_no_shop: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text
         from pg_class as c
         where c.relnamespace::regnamespace::text in ('public', 'analytics')
           and c.relkind in ('r', 'p')
           -- What all shops share; provider_tokens only workers are granted.
           and c.oid not in ('order_state_transitions'::regclass, 'notification_kinds'::regclass,
             'provider_gates'::regclass, 'provider_tokens'::regclass, 'webhook_feed'::regclass,
             'fleet_monitor'::regclass)
           and not exists (
             select from pg_policy as p where p.polrelid = c.oid and p.polname = 'admin'
               and pg_get_expr(p.polqual, c.oid) = '(tenant_id = session_tenant_id())')",
    )
    .fetch_all(shop.pool())
    .await
    .unwrap();
    assert!(of_no_shop.is_empty(), "of no shop: {of_no_shop:?}");
    let readers = "select count(*) from unnest('{admin,analyst,customer}'::text[]) as r (name)
         where has_table_privilege('stevedore_' || r.name, 'provider_tokens', 'select')";
    assert_eq!(shop.number(readers).await, 0);
}
