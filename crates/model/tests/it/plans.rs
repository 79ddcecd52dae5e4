//! The hot statements find their rows by index.

use crate::shop::Shop;

/// With sequential scans priced out, a plan that still has one has no index that could serve it.
async fn plan(shop: &Shop, statement: &str) -> String {
    let mut connection = shop.pool().acquire().await.unwrap();
    sqlx::raw_sql("set enable_seqscan = off; set plan_cache_mode = force_generic_plan")
        .execute(&mut *connection)
        .await
        .unwrap();
    let explain = sqlx::AssertSqlSafe(format!("explain {statement}"));
    let lines: Vec<String> = sqlx::query_scalar(explain)
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    lines.join("\n")
}

/// Enough rows, written with triggers and foreign keys off, that the planner's choices mean
/// something: 5,000 orders with a line and a promise each, most of them over and done.
async fn fill(shop: &Shop) {
    shop.run(
        "set session_replication_role = replica;
         insert into orders (order_number, order_status, payment_method, currency, subtotal,
           total_amount, customer_name, expires_at)
         select 'N-' || n, case when n % 10 = 0 then 'pending' else 'delivered' end, 'cod', 'GHS',
           1, 1, 'x', clock_now() + n * interval '1 second'
         from generate_series(1, 5000) as n;
         insert into order_items (order_id, variant_id, line_number, sku, title, quantity,
           unit_price, total_price)
         select order_id, 1, 1, 'x', 'x', 1, 1, 1 from orders;
         insert into inventory_reservations (order_id, order_item_id, inventory_item_id,
           location_id, quantity, status, expires_at)
         select order_id, order_item_id, order_id % 50, 1, 1,
           case when order_id % 10 = 0 then 'reserved' else 'fulfilled' end,
           clock_now() + order_id * interval '1 second'
         from order_items;
         insert into inventory_levels (inventory_item_id, location_id)
         select n, 1 from generate_series(0, 500) as n;
         insert into fulfillments (order_id, provider_code)
         select order_id, 'at_ishare' from orders;
         insert into notification_queue (order_id, notification_type, recipient, dedupe_key, status)
         select order_id, 'x', 'x', order_id::text,
           case when order_id % 2 = 0 then 'pending' else 'sent' end
         from orders;
         set session_replication_role = origin;
         analyze",
    )
    .await;
}

#[tokio::test]
async fn hot_statements_use_indexes() {
    let shop = Shop::open().await;
    fill(&shop).await;
    let tenant = "current_tenant_id()";
    for (statement, index) in [
        (
            format!(
                "select from inventory_levels where tenant_id = {tenant}
                 and inventory_item_id = any (array[1, 2]::bigint[])
                 order by inventory_item_id, location_id for no key update"
            ),
            "inventory_levels_pkey",
        ),
        (
            format!(
                "select from inventory_reservations where tenant_id = {tenant}
                 and inventory_item_id = any (array[1, 2]::bigint[]) and status = 'reserved'
                 and expires_at <= clock_now()"
            ),
            // By item, or by time when hardly anything is overdue; both are short.
            "inventory_reservations_",
        ),
        (
            format!(
                "select from inventory_reservations where tenant_id = {tenant} and order_id = 1
                 and status in ('reserved', 'committed')"
            ),
            "inventory_reservations_",
        ),
        (
            "select from orders where order_status = 'pending' and expires_at <= clock_now()
             order by expires_at limit 5 for no key update skip locked"
                .into(),
            "orders_expires_at_idx",
        ),
        (
            format!("select from fulfillments where tenant_id = {tenant} and order_id = 1"),
            "fulfillments_order_key",
        ),
        (
            format!("select from order_items where tenant_id = {tenant} and order_id = 1"),
            "order_items_",
        ),
        (
            format!("select from product_variants where tenant_id = {tenant} and sku = 'x'"),
            "product_variants_sku_key",
        ),
        (
            "select from api_keys where key_id = 'x'".into(),
            "api_keys_key_id_key",
        ),
        (
            "select from notification_queue where status <> 'pending'
             and updated_at < clock_now() order by updated_at limit 5"
                .into(),
            "notification_queue_finished_idx",
        ),
    ] {
        let plan = plan(&shop, &statement).await;
        assert!(
            plan.contains(index) && !plan.contains("Seq Scan"),
            "{statement}\n{plan}"
        );
    }
}

#[tokio::test]
async fn h2_a_list_of_a_rare_state_reads_that_state_alone() {
    let shop = Shop::open().await;
    fill(&shop).await;
    let list = include_str!("../../../../sql/queries/orders/list_by_status.sql");
    let mut connection = shop.pool().acquire().await.unwrap();
    let prepare = format!(
        "set plan_cache_mode = force_generic_plan;
         prepare rare (uuid, text[], text[], text, text, timestamptz, timestamptz, timestamptz,
           bigint, bigint) as {list}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(prepare))
        .execute(&mut *connection)
        .await
        .unwrap();
    let explain = "explain execute rare(current_tenant_id(), '{on_hold}', null, null, null, null,
        null, null, null, 51)";
    let lines: Vec<String> = sqlx::query_scalar(explain)
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let plan = lines.join("\n");
    let by_state = "Index Cond: ((order_status = s.status) AND (tenant_id = $1)";
    assert!(
        plan.contains("orders_status_idx") && plan.contains(by_state),
        "{plan}"
    );
}
