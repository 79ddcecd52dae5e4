//! What analysts read: answered, explained, of one shop, and without a person in it.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, PgPool};
use stevedore_model::analytics;
use stevedore_testkit::TestDb;

use crate::shop::{Shop, order};

const SESSION: &[(&str, &str)] = &[(
    "stevedore.tenant_id",
    "00000000-0000-0000-0000-000000000001",
)];

/// As the job does it, under the workers' role.
async fn refresh(db: &TestDb) {
    let worker = db.pool_as("stevedore_worker", &[]);
    for topic in analytics::topics(&worker).await.unwrap() {
        analytics::refresh(&worker, &topic)
            .await
            .unwrap_or_else(|error| panic!("{topic}: {error}"));
    }
}

/// Names of the relations of the schema that an analyst may read.
async fn readable(pool: &PgPool, kinds: &str) -> Vec<String> {
    sqlx::query_scalar(
        "select c.oid::regclass::text
         from pg_class as c
         where c.relnamespace = 'analytics'::regnamespace
           and c.relkind = any (string_to_array($1, null)::\"char\"[])
           and has_table_privilege('stevedore_analyst', c.oid, 'select')
         order by 1",
    )
    .bind(kinds)
    .fetch_all(pool)
    .await
    .unwrap()
}

async fn number(pool: &PgPool, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("select ({sql})::bigint")))
        .fetch_one(pool)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[tokio::test]
async fn i1_an_analyst_gets_an_answer_from_every_view_at_once() {
    let db = TestDb::new().await;
    db.fill(2_000).await;
    refresh(&db).await;
    let analyst = db.pool_as("stevedore_analyst", SESSION);
    let views = readable(&db.pool, "v").await;
    assert!(views.len() >= 15, "{views:?}");
    for view in &views {
        let start = Instant::now();
        let count = format!("select count(*) from (select * from {view}) as t");
        assert!(number(&analyst, &count).await > 0, "{view} says nothing");
        let took = start.elapsed();
        assert!(took < Duration::from_secs(1), "{view} took {took:?}");
    }
    // What is summed up is what is there.
    for (sum, truth) in [
        (
            "select sum(total_amount) from analytics.revenue_by_day",
            "select sum(total_amount) from orders
             where order_status not in ('cancelled', 'expired')",
        ),
        (
            "select sum(units) from analytics.revenue_by_product",
            "select sum(quantity) from order_items",
        ),
        (
            "select sum(delivered) from analytics.fulfilment_funnel",
            "select count(*) from orders where order_status = 'delivered'",
        ),
        (
            "select sum(orders) from analytics.order_backlog",
            "select count(*) from orders where order_status in ('pending', 'processing')",
        ),
        (
            "select sum(changes) from analytics.status_transitions",
            "select count(*) from order_state_history",
        ),
        (
            "select sum(net_change) from analytics.stock_movement",
            "select sum(on_hand) from inventory_levels",
        ),
        (
            "select sum(available) from analytics.stock_turns",
            "select sum(available) from inventory_levels",
        ),
        (
            "select sum(completed) from analytics.queue_latency",
            "select count(*) from queue.finished_jobs",
        ),
        (
            "select sum(orders) from analytics.customer_cohorts",
            "select count(*) from orders where order_status not in ('cancelled', 'expired')",
        ),
    ] {
        assert_eq!(
            number(&analyst, sum).await,
            number(&db.pool, truth).await,
            "{sum}"
        );
    }
}

#[tokio::test]
async fn i1_every_view_of_analytics_tells_what_it_is_good_for() {
    let db = TestDb::new().await;
    let silent: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text
         from pg_class as c
         where c.relnamespace = 'analytics'::regnamespace
           and c.relkind = 'v'
           and obj_description(c.oid) !~ 'E\\.g\\. .*\\?$'",
    )
    .fetch_all(&db.pool)
    .await
    .unwrap();
    assert!(silent.is_empty(), "no question: {silent:?}");
    let page = include_str!("../../../../docs/analytics.md");
    for view in readable(&db.pool, "v").await {
        assert!(
            page.contains(&format!("`{view}`")),
            "docs/analytics.md lacks {view}"
        );
    }
}

#[tokio::test]
async fn i1_a_refresh_of_some_weeks_leaves_what_a_whole_one_would_have_made() {
    let db = TestDb::new().await;
    db.fill(2_000).await;
    refresh(&db).await;
    // All that changes lies in the last weeks; the second refresh is not a whole one.
    sqlx::raw_sql(
        "select sp_confirm_order(order_id, 'ama')
         from orders
         where order_status = 'pending' and placed_at > clock_now() - interval '20 days'",
    )
    .execute(&db.pool)
    .await
    .unwrap();
    refresh(&db).await;
    let mut partial = Vec::new();
    let tables = analytics::topics(&db.pool).await.unwrap();
    for table in &tables {
        partial.push(digest(&db.pool, table).await);
    }
    sqlx::raw_sql("select analytics.refresh(t, '-infinity') from unnest(analytics.topics()) as t")
        .execute(&db.pool)
        .await
        .unwrap();
    for (table, before) in tables.iter().zip(partial) {
        assert_eq!(before, digest(&db.pool, table).await, "{table}");
    }
}

async fn digest(pool: &PgPool, table: &str) -> String {
    let sql = format!(
        "select md5(coalesce(string_agg(to_jsonb(t)::text, '' order by to_jsonb(t)::text), ''))
         from analytics.{table} as t"
    );
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn i2_analysts_find_no_person_in_anything_they_can_read() {
    let shop = Shop::stocked(10).await;
    // Every column that says so holds something recognisable wherever an order can put it.
    let mut personal = order("cod", &[("MUG-1", 1), ("DATA", 1)]);
    personal["customer"] = serde_json::json!({
        "name": "Zaphod", "email": "zaphod@example.com", "phone": "0249876543"
    });
    personal["shipping_address"]["recipient"] = "Zaphod".into();
    personal["shipping_address"]["address"] = "42 Zaphod Street".into();
    let order_id = shop.placed(&personal).await;
    shop.run(&format!(
        "insert into customers (customer_code, name, email, phone)
         values ('Z', 'Zaphod', 'zaphod@example.com', '+233249876543');
         update orders set ip_address = '203.0.113.77', user_agent = 'Zaphod',
           billing_address = '{{\"recipient\": \"Zaphod\"}}',
           customer_id = (select customer_id from customers where customer_code = 'Z')
         where order_id = {order_id};"
    ))
    .await;
    refresh(&shop.db).await;
    let analyst = shop.db.pool_as("stevedore_analyst", SESSION);
    for relation in readable(shop.pool(), "rpvm").await {
        let sql = format!(
            "select count(*) from {relation} as t
             where to_jsonb(t)::text ~* 'zaphod|9876543|203\\.0\\.113\\.77'"
        );
        assert_eq!(number(&analyst, &sql).await, 0, "{relation} knows a person");
    }

    // By name, too: no column that says it is personal, or is called like one that is.
    let columns: Vec<String> = sqlx::query_scalar(
        "with columns as (
           select a.attrelid, a.attname, col_description(a.attrelid, a.attnum) as remark
           from pg_attribute as a
           join pg_class as c on c.oid = a.attrelid
           where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm')
             and c.relnamespace::regnamespace::text in ('public', 'queue', 'analytics')
         )
         select format('%s.%I', attrelid::regclass, attname)
         from columns
         where has_table_privilege('stevedore_analyst', attrelid, 'select')
           and (remark like '%(personal data)%' or attname in (
             select attname from columns where remark like '%(personal data)%' and attname <> 'name'
               and not (attname = 'reason' or attname = 'details' or attname = 'payload')))",
    )
    .fetch_all(shop.pool())
    .await
    .unwrap();
    assert!(columns.is_empty(), "{columns:?}");

    // And nothing outside the schema.
    let outside: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text
         from pg_class as c
         where c.relnamespace::regnamespace::text in ('public', 'queue', 'stevedore')
           and c.relkind in ('r', 'p', 'v', 'm')
           and has_any_column_privilege('stevedore_analyst', c.oid, 'select')",
    )
    .fetch_all(shop.pool())
    .await
    .unwrap();
    assert!(outside.is_empty(), "{outside:?}");
}
