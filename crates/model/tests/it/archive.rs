//! Details of orders that ended long ago are put away, and nothing is lost by it.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgPool;
use stevedore_model::archive::{self, PutAway};
use stevedore_model::{analytics, orders, shipments};

use crate::shop::{SHOP, Shop, order, sqlstate};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const YEAR_LATER: &str = "2032-06-01";
const TWO_YEARS_LATER: &str = "2034-06-01";

/// Order 1, delivered by a parcel with trouble on its way, with notices, calls and a hold behind
/// it; order 2, which waits for its payment; order 3, cancelled.
async fn shop() -> Shop {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("cod", &[("MUG-1", 3)])).await;
    shop.placed(&order("stripe", &[("MUG-2", 1)])).await;
    shop.placed(&order("cod", &[("MUG-3", 1)])).await;
    shop.run(
        "select sp_hold_order(1, 'ama', 'call first'); select sp_resume_order(1, 'ama');
         select sp_cancel_order(3, 'ama', 'changed my mind');
         select sp_create_shipment(1, 'dpd', 'D1')",
    )
    .await;
    let events = ["in_transit", "exception", "in_transit", "delivered"];
    for (minute, status) in events.iter().enumerate() {
        shop.run(&format!(
            "select record_tracking_event(1, '{status}',
               timestamptz '2030-01-01' + {minute} * interval '1 minute')"
        ))
        .await;
    }
    shop.run(
        "update notification_queue set status = 'sent';
         insert into fulfillment_logs (order_id, fulfillment_id, provider_code, action, status,
           attempt_number, api_request)
         values (1, 1, 'at_ishare', 'trigger', 'success', 1, '{\"units\": 3, \"note\": null}')",
    )
    .await;
    assert_eq!(shop.order(1).await.order_status, "delivered");
    shop
}

/// A worker's connections at another time.
fn worker_at(shop: &Shop, now: &str) -> PgPool {
    let settings = [("stevedore.now", now)];
    shop.db.pool_as("stevedore_worker", &settings)
}

async fn put_away(worker: &PgPool, batch: i32) -> PutAway {
    let mut connection = worker.acquire().await.unwrap();
    archive::put_away(&mut connection, 365 * DAY, batch)
        .await
        .unwrap()
}

/// All that people and customers see of orders, and their rows, whichever table they are in.
async fn seen(shop: &Shop) -> Vec<String> {
    let mut seen = Vec::new();
    for order_id in 1..=3 {
        let view = orders::get(shop.pool(), SHOP, order_id).await.unwrap();
        seen.push(serde_json::to_string_pretty(&view).unwrap());
    }
    let parcel = shipments::track(shop.pool(), SHOP, "D1").await.unwrap();
    seen.push(parcel.unwrap().to_string());
    for query in [
        "orders_tracking('{1,2,3}', current_tenant_id())",
        "(select jsonb_agg(t order by created_at, kind desc, sequence)
          from vw_order_timeline as t)",
    ] {
        seen.push(shop.text(query).await);
    }
    for table in archive::TABLES {
        seen.push(
            shop.text(&format!(
                "(select jsonb_agg(r order by r::text) from (
                   select to_jsonb(t) - '{{tenant_id,order_id}}'::text[] as r from {table} as t
                   union all
                   select content from vw_archived_details where table_name = '{table}') as r)"
            ))
            .await,
        );
    }
    seen
}

#[tokio::test]
async fn j4_details_of_old_orders_are_put_away_and_nobody_misses_any() {
    let shop = shop().await;
    let before = seen(&shop).await;
    assert_eq!(put_away(&worker_at(&shop, ""), 10).await.orders, 0, "young");
    let events = shop.number("select count(*) from shop_events").await;

    let worker = worker_at(&shop, YEAR_LATER);
    let batches = [
        put_away(&worker, 1).await,
        put_away(&worker, 10).await,
        put_away(&worker, 10).await,
    ];
    assert_eq!(batches.each_ref().map(|batch| batch.orders), [1, 1, 0]);
    assert_eq!(seen(&shop).await, before);
    shop.assert_books_balance().await;

    let rows: u64 = batches.iter().flat_map(|b| &b.rows).map(|row| row.1).sum();
    let documents = archive::find(shop.pool(), SHOP, 1).await.unwrap();
    assert_eq!(documents.len(), 1);
    let call = &documents[0].document["fulfillment_logs"][0]["api_request"];
    assert_eq!(call["note"], Value::Null, "as it was");
    for (count, expected) in [
        ("select sum(row_count) from archived_orders", rows),
        ("select count(*) from vw_archived_details", rows),
        (
            "select count(*) from order_state_history where order_id <> 2",
            0,
        ),
        ("select count(*) from order_logs where order_id <> 2", 0),
        ("select count(*) from fulfillment_logs", 0),
        // Analytics counts parcels that had trouble.
        (
            "select count(*) from tracking_events where status <> 'exception'",
            0,
        ),
        ("select count(*) from tracking_events", 1),
        ("select count(*) from orders", 3),
    ] {
        let found = shop.number(count).await;
        assert_eq!(u64::try_from(found).unwrap(), expected, "{count}");
    }
    let after = shop.number("select count(*) from shop_events").await;
    assert_eq!(after, events, "nobody is told, since nothing happened");
}

#[tokio::test]
async fn j4_what_is_put_away_is_refused_to_change_and_shown_to_its_own_shop_alone() {
    let shop = shop().await;
    let worker = worker_at(&shop, YEAR_LATER);
    assert_eq!(put_away(&worker, 10).await.orders, 2);
    for text in [
        "delete from archived_orders",
        "update archived_orders set row_count = 1",
        "truncate archived_orders",
        // What was not put away stays, whoever asks.
        "delete from order_state_history where order_id = 2",
        "delete from tracking_events",
        // Putting away is no way to change an order past its rules.
        "update orders set archived_at = clock_now(), order_status = 'pending' where order_id = 1",
    ] {
        assert_eq!(shop.sql(text).await, Err("42501".into()), "{text}");
    }
    for text in [
        "delete from order_logs",
        "insert into archived_orders default values",
    ] {
        let refused = sqlx::raw_sql(text).execute(&worker).await.unwrap_err();
        assert_eq!(sqlstate(&refused), "42501", "a worker: {text}");
    }
    for (role, shop_id, expected) in [
        ("stevedore_admin", "00000000-0000-0000-0000-000000000001", 2),
        ("stevedore_admin", "00000000-0000-0000-0000-00000000000b", 0),
        ("stevedore_api", "", 2),
    ] {
        let reader = shop.db.pool_as(role, &[("stevedore.tenant_id", shop_id)]);
        let seen: i64 =
            sqlx::query_scalar("select count(distinct order_id) from vw_archived_details")
                .fetch_one(&reader)
                .await
                .unwrap();
        assert_eq!(seen, expected, "{role} of {shop_id}");
    }
    let customer = shop.db.pool_as("stevedore_customer", &[]);
    let refused = sqlx::raw_sql("select from archived_orders")
        .execute(&customer)
        .await;
    assert_eq!(sqlstate(&refused.unwrap_err()), "42501");
}

#[tokio::test]
async fn j4_an_order_with_something_open_keeps_its_details() {
    let open = [
        "update notification_queue set status = 'pending' where order_id = 1",
        "update fulfillment_logs set created_at = '2032-05-01'",
        "insert into order_errors (order_id, category, severity, stage, code, message)
         values (1, 'api', 'low', 'label', 'x', 'x')",
        "select sp_request_return(1, '[{\"line_number\": 1, \"quantity\": 1}]', 'refund', 'x',
           'x')",
        "select log_order(current_tenant_id(), 1, 'note', '{}') from
           set_config('stevedore.now', '2032-05-01', true)",
    ];
    for text in open {
        let shop = shop().await;
        shop.run(text).await;
        let put_away = put_away(&worker_at(&shop, YEAR_LATER), 10).await;
        assert_eq!(put_away.orders, 1, "{text}");
        let documents = archive::find(shop.pool(), SHOP, 1).await.unwrap();
        assert!(documents.is_empty(), "{text}");
    }
}

#[tokio::test]
async fn j4_an_order_that_moves_again_is_put_away_again() {
    let shop = shop().await;
    assert_eq!(put_away(&worker_at(&shop, YEAR_LATER), 10).await.orders, 2);
    shop.run(&format!(
        "set stevedore.now = '{YEAR_LATER}';
         select sp_request_return(1, '[{{\"line_number\": 1, \"quantity\": 3}}]', 'refund', 'x',
           'x');
         select sp_move_return(1, 'approved', 'boss');
         select sp_receive_return(1, null, 'bob');
         select sp_inspect_return(1, null, 'KUM', 'bob');
         select sp_move_return(1, 'rejected', 'boss');
         update notification_queue set status = 'sent';
         reset stevedore.now"
    ))
    .await;
    assert_eq!(shop.order(1).await.order_status, "returned");
    let before = seen(&shop).await;
    shop.assert_books_balance().await;

    let worker = worker_at(&shop, TWO_YEARS_LATER);
    assert_eq!(put_away(&worker, 10).await.orders, 1);
    assert_eq!(put_away(&worker, 10).await.orders, 0);
    assert_eq!(seen(&shop).await, before);
    shop.assert_books_balance().await;
    let documents = archive::find(shop.pool(), SHOP, 1).await.unwrap();
    assert_eq!(documents.len(), 2, "one for each time");
}

#[tokio::test]
async fn j4_two_workers_put_each_order_away_once() {
    let shop = Shop::open_empty().await;
    shop.db.fill(200).await;
    let workers = [worker_at(&shop, YEAR_LATER), worker_at(&shop, YEAR_LATER)];
    let all = async |worker: &PgPool| {
        let mut orders = 0;
        loop {
            let batch = put_away(worker, 7).await.orders;
            orders += batch;
            if batch == 0 {
                break orders;
            }
        }
    };
    let (one, other) = tokio::join!(all(&workers[0]), all(&workers[1]));
    let ended = "select count(*) from orders
        where order_status in ('delivered', 'cancelled', 'expired')";
    let ended = u64::try_from(shop.number(ended).await).unwrap();
    assert_eq!(one + other, ended);
    let documents = shop.number("select count(*) from archived_orders").await;
    assert_eq!(u64::try_from(documents).unwrap(), ended);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn j4_numbers_for_analysts_stay_when_orders_are_put_away() {
    let shop = Shop::open_empty().await;
    shop.db.fill(300).await;
    let refresh = async |now: &str| {
        let worker = worker_at(&shop, now);
        for topic in analytics::topics(&worker).await.unwrap() {
            analytics::refresh(&worker, &topic).await.unwrap();
        }
    };
    let numbers = async || {
        let mut numbers = Vec::new();
        for table in [
            "state_days",
            "call_days",
            "notification_days",
            "carrier_days",
        ] {
            let all = format!("(select jsonb_agg(t order by t::text) from analytics.{table} as t)");
            numbers.push(shop.text(&all).await);
        }
        numbers
    };
    refresh(YEAR_LATER).await;
    let before = numbers().await;
    assert!(put_away(&worker_at(&shop, YEAR_LATER), 1_000).await.orders > 200);
    // More than a day later everything is counted from the beginning.
    refresh("2032-06-03").await;
    assert_eq!(numbers().await, before);
}
