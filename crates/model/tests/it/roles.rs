//! The roles do their work, and not more.

use sqlx::{AssertSqlSafe, PgPool};
use stevedore_model::{fulfillments, orders};

use crate::shop::{SHOP, Shop, order, place, sqlstate};

/// Every role, with what it must say of itself to do anything.
const ROLES: &[&str] = &[
    "stevedore_api",
    "stevedore_worker",
    "stevedore_admin",
    "stevedore_analyst",
    "stevedore_customer",
];
const SESSION: &[(&str, &str)] = &[
    (
        "stevedore.tenant_id",
        "00000000-0000-0000-0000-000000000001",
    ),
    ("stevedore.customer_id", "1"),
];

async fn refused(pool: &PgPool, text: &str) -> Result<u64, String> {
    sqlx::query(AssertSqlSafe(text.to_owned()))
        .execute(pool)
        .await
        .map(|done| done.rows_affected())
        .map_err(|error| sqlstate(&error))
}

#[tokio::test]
async fn i2_the_api_places_and_a_worker_fulfils_each_under_its_own_role() {
    let shop = Shop::stocked(10).await;
    let api = shop.db.pool_as("stevedore_api", &[]);
    let worker = shop.db.pool_as("stevedore_worker", &[]);

    let placed = place(&api, &order("cod", &[("MUG-1", 2), ("DATA", 1)])).await;
    let order_id = placed.unwrap().order_id;
    for fulfillment_id in shop.fulfillments(order_id).await {
        let work = fulfillments::begin(&worker, SHOP, fulfillment_id).await;
        assert!(work.unwrap().is_some());
        fulfillments::accept(&worker, SHOP, fulfillment_id, Some("P"))
            .await
            .unwrap();
        fulfillments::deliver(&worker, SHOP, fulfillment_id, None)
            .await
            .unwrap();
    }
    let view = orders::get(&api, SHOP, order_id).await.unwrap().unwrap();
    assert_eq!(view.order_status, "delivered");

    let other = place(&api, &order("stripe", &[("MUG-2", 1)]))
        .await
        .unwrap();
    for text in [
        format!("select sp_confirm_order({}, 'ama')", other.order_id),
        format!("select sp_hold_order({}, 'ama', 'x')", other.order_id),
        format!("select sp_resume_order({}, 'ama')", other.order_id),
        format!("select sp_cancel_order({}, 'ama', 'x')", other.order_id),
    ] {
        refused(&api, &text)
            .await
            .unwrap_or_else(|code| panic!("{text}: {code}"));
    }
    for text in [
        "select sp_expire_reservations(10)",
        "select sp_park_dead_fulfillments(10)",
        "select sp_fail_dead_notifications(10)",
        "select queue.maintain_partitions()",
        "select queue.enqueue('x', '{}')",
    ] {
        refused(&worker, text)
            .await
            .unwrap_or_else(|code| panic!("{text}: {code}"));
    }
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn i2_an_admin_runs_a_shop_by_sql() {
    let shop = Shop::stocked(10).await;
    let admin = shop.db.pool_as("stevedore_admin", SESSION);
    let order_id = place(&admin, &order("stripe", &[("MUG-1", 2)]))
        .await
        .unwrap()
        .order_id;
    for text in [
        format!("select sp_confirm_order({order_id}, 'ama')"),
        format!("select sp_hold_order({order_id}, 'ama', 'x')"),
        format!("select sp_resume_order({order_id}, 'ama')"),
        format!("select sp_cancel_order({order_id}, 'ama', 'x')"),
        "select sp_receive_stock('MUG-1', 'ACC', 5)".into(),
        "select * from vw_pending_orders, vw_inventory_status".into(),
    ] {
        refused(&admin, &text)
            .await
            .unwrap_or_else(|code| panic!("{text}: {code}"));
    }
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn i2_whatever_is_illegal_is_refused_to_every_role() {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("cod", &[("MUG-1", 2)])).await;
    shop.placed(&order("stripe", &[("MUG-2", 2)])).await;
    shop.run(
        "insert into customers (customer_code, name) values ('ama', 'Ama');
         select post_wallet_entry('ama', 'top_up', 'GHS', 500, null, null, 'x');
         insert into payments (order_id, provider, currency, amount)
         values (2, 'stripe', 'GHS', (select total_amount from orders where order_id = 2));
         insert into promotions (code, kind, value) values ('X', 'percent', 10)",
    )
    .await;
    let illegal = [
        "update orders set order_status = 'delivered' where order_id = 1",
        "update orders set payment_status = 'refunded' where order_id = 1",
        "update orders set total_amount = total_amount + 1 where order_id = 1",
        "update orders set subtotal = subtotal + 1, total_amount = total_amount + 1
         where order_id = 1",
        "update orders set currency = 'USD' where order_id = 1",
        "insert into orders (payment_method, currency, subtotal, total_amount, customer_name)
         values ('cod', 'GHS', 100, 99, 'x')",
        "update fulfillments set status = 'returned' where order_id = 1",
        "update order_items set quantity = -1 where order_id = 1",
        "update inventory_levels set on_hand = -1",
        "update inventory_levels set on_hand = on_hand + 1",
        "insert into stock_movements
           (inventory_item_id, location_id, kind, on_hand_delta, reason)
         select 1, 1, 'adjusted', -1000, 'x'",
        "insert into inventory_reservations
           (order_id, order_item_id, inventory_item_id, location_id, quantity, expires_at)
         select 1, 1, 1, 1, 1000, clock_now()",
        "update inventory_reservations set quantity = 1000",
        "update stock_movements set on_hand_delta = 1",
        "update order_state_history set to_status = 'delivered'",
        "delete from order_state_history",
        "delete from orders",
        "delete from order_logs",
        "insert into payments (order_id, provider, currency, amount)
         values (2, 'stripe', 'USD', 2400)",
        "update payments set status = 'refunded'",
        "update payments set captured_amount = amount",
        "insert into wallets (customer_id, currency, balance) values (1, 'GHS', 5)",
        "update wallets set balance = -1",
        "insert into wallet_entries (customer_id, currency, kind, amount, reason)
         values (1, 'GHS', 'correction', -999999, 'x')",
        "insert into wallet_entries (customer_id, currency, kind, amount, reason)
         values (1, 'USD', 'correction', -1, 'x')",
        "delete from wallet_entries",
        "insert into returns (order_id, rma_number, status) values (1, 'RMA-1', 'refunded')",
        "update promotions set redeemed = 5",
        "truncate orders cascade",
        "truncate stock_movements",
        "alter table orders disable trigger all",
        "drop table orders",
        "insert into order_state_transitions values ('order', 'pending', 'delivered')",
        "set session_replication_role = replica",
    ];
    let refusals = [
        "42501", "23514", "23503", "23505", "P0STT", "P0INV", "P0VAL", "P0CUR", "P0WAL",
    ];
    for role in ROLES {
        let pool = shop.db.pool_as(role, SESSION);
        for text in illegal {
            match refused(&pool, text).await {
                Err(code) if refusals.contains(&code.as_str()) => (),
                other => panic!("{role}: {text}: {other:?}"),
            }
        }
    }
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn i2_nobody_but_the_owner_calls_what_runs_as_the_owner_and_analysts_call_nothing() {
    let shop = Shop::open().await;
    for role in [
        "stevedore_api",
        "stevedore_admin",
        "stevedore_analyst",
        "stevedore_customer",
    ] {
        let pool = shop.db.pool_as(role, SESSION);
        let partitions = refused(&pool, "select queue.maintain_partitions()").await;
        assert_eq!(partitions, Err("42501".into()), "{role}");
        assert_eq!(
            refused(&pool, "select public.row_rules('orders')").await,
            Err("42501".into()),
            "{role}"
        );
    }
    for role in ["stevedore_analyst", "stevedore_customer"] {
        let pool = shop.db.pool_as(role, SESSION);
        for text in [
            "select sp_cancel_order(1, 'x', 'y')",
            "select create_order('{}')",
        ] {
            assert_eq!(
                refused(&pool, text).await,
                Err("42501".into()),
                "{role}: {text}"
            );
        }
    }
    let analyst = shop.db.pool_as("stevedore_analyst", SESSION);
    for table in ["orders", "customers", "vw_pending_orders", "queue.jobs"] {
        let read = refused(&analyst, &format!("select from {table}")).await;
        assert_eq!(read, Err("42501".into()), "{table}");
    }
}
