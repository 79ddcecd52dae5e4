//! What is thrown away and what stays.

use std::time::Duration;

use stevedore_model::orders::{self, NewOrder};
use stevedore_model::retention::{Retention, Table, clean_up};

use crate::shop::{SHOP, Shop, order};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a line for each table, side by side")]
async fn j4_old_things_go_in_batches_and_everything_else_stays() {
    let shop = Shop::stocked(20).await;
    shop.run(
        "insert into shop_events (kind, occurred_at)
         select 'order.old', clock_now() - interval '40 days' from generate_series(1, 2);
         select open_ticket('api', 'low', n::text, 'x'), resolve_ticket(n::text)
         from generate_series(1, 3) as n;
         insert into webhook_endpoints (url, secret)
         values ('https://x.example', new_webhook_secret());
         insert into webhook_deliveries
           (endpoint_id, event_id, kind, lane, status, body, created_at)
         select 1, n, 'order.old', 0, 'held', '{}', clock_now() - interval '40 days'
         from generate_series(1, 2) as n;
         insert into webhook_attempts (delivery_id, duration_ms) values (1, 7);
         update tickets set resolved_at = clock_now() - interval '2 years' where ticket_id < 3",
    )
    .await;
    let new = NewOrder::parse(&order("cod", &[("MUG-1", 1)])).unwrap();
    for key in ["a", "b", "c"] {
        orders::place(shop.pool(), SHOP, &new, Some(key), [0; 32], None)
            .await
            .unwrap();
    }
    shop.run(
        "update idempotency_keys set expires_at = clock_now() where idempotency_key <> 'c';
         update notification_queue set status = 'sent',
           updated_at = clock_now() - interval '100 days' where notification_id < 3;
         insert into fulfillment_logs (order_id, fulfillment_id, provider_code, action, status,
           attempt_number, created_at)
         select order_id, fulfillment_id, provider_code, 'trigger', 'success', 1,
           clock_now() - case fulfillment_id when 1 then interval '200 days' else '0' end
         from fulfillments;
         insert into webhook_events (source, event_id, body, status, error, received_at)
         select 'stripe', 'evt_' || n, '', case n when 1 then 'received' else 'dead' end, 'x',
           clock_now() - case n when 3 then interval '0' else '100 days' end
         from generate_series(1, 3) as n",
    )
    .await;
    shop.run(
        "insert into order_errors (order_id, category, severity, stage, code, message, is_resolved,
           resolved_at)
         select 1, 'api', 'low', 'label', 'old', 'x', n = 1,
           case n when 1 then clock_now() - interval '2 years' end
         from generate_series(1, 2) as n;
         insert into api_keys (key_id, name, secret_hash, scopes)
         values (repeat('0', 16), 'x', sha256(''), '{admin}');
         insert into console_sessions (token_hash, key_id, created_at, expires_at)
         select sha256(n::text::bytea), repeat('0', 16), clock_now() - interval '2 days',
           clock_now() + (n - 1) * interval '1 hour'
         from generate_series(1, 2) as n;
         insert into order_sightings (kind, value_hash, order_id, seen_at)
         values ('ip', '\\x00', 1, clock_now() - interval '8 days');
         insert into notification_receipts (provider, message_id, status, occurred_at, received_at)
         select 'twilio', n::text, 'sent', clock_now(), clock_now() - n * interval '60 days'
         from generate_series(1, 2) as n;
         insert into pick_batches (location_id, status, created_at)
         select location_id, status, clock_now() - interval '2 years'
         from locations, unnest('{open,cancelled}'::text[]) as status
         where location_id = 1;
         insert into analytics.worker_hours (hour, worker_id, concurrency, jobs)
         values (clock_now() - interval '2 years', 1, 1, 1);
         insert into analytics.queue_hours
           (hour, queue, kind, completed, abandoned, dead, attempts, retried)
         values (clock_now() - interval '2 years', 'q', 'k', 1, 0, 0, 1, 0)",
    )
    .await;
    let mut connection = shop.pool().acquire().await.unwrap();
    let retention = Retention::default();
    let mut removed = Vec::new();
    for &table in Table::ALL {
        let first = clean_up(&mut connection, table, &retention, 1)
            .await
            .unwrap();
        let rest = clean_up(&mut connection, table, &retention, 10)
            .await
            .unwrap();
        assert!(
            first == 1 || first + rest == 0,
            "{}: a batch of one",
            table.name()
        );
        removed.push((table.name(), first + rest));
    }
    removed.retain(|(_, rows)| *rows > 0);
    assert_eq!(
        removed,
        [
            ("idempotency_keys", 2),
            ("console_sessions", 1),
            ("notification_queue", 2),
            ("notification_receipts", 1),
            ("fulfillment_logs", 1),
            ("shop_events", 2),
            ("tickets", 2),
            ("order_errors", 1),
            ("order_sightings", 1),
            ("webhook_deliveries", 2),
            ("webhook_events", 1),
            ("pick_batches", 1),
            ("worker_hours", 1),
            ("queue_hours", 1),
        ]
    );
    for (table, left) in [
        ("idempotency_keys", 1),
        ("notification_queue", 1),
        ("fulfillment_logs", 2),
        ("webhook_events", 2),
        ("orders", 3),
        ("tickets", 2), // one of them is the open error's
        ("order_errors", 1),
        ("pick_batches", 1),
    ] {
        assert_eq!(
            shop.number(&format!("select count(*) from {table}")).await,
            left,
            "{table}"
        );
    }
    let none = Retention {
        notices: Duration::ZERO,
        ..retention
    };
    let waiting = clean_up(&mut connection, Table::NotificationQueue, &none, 10).await;
    assert_eq!(
        waiting.unwrap(),
        0,
        "a notice that waits is never thrown away"
    );
    shop.assert_books_balance().await;
}
