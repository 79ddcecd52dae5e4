//! What is thrown away and what stays.

use std::time::Duration;

use stevedore_model::orders::{self, NewOrder};
use stevedore_model::retention::{Removed, Retention, clean_up};

use crate::shop::{SHOP, Shop, order};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a line for each table, side by side")]
async fn old_things_go_in_batches_and_everything_else_stays() {
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
    let mut connection = shop.pool().acquire().await.unwrap();
    let retention = Retention::default();
    let first = clean_up(&mut connection, &retention, 1).await.unwrap();
    let one_each = Removed {
        idempotency_keys: 1,
        notifications: 1,
        fulfillment_logs: 1,
        shop_events: 1,
        tickets: 1,
        webhook_deliveries: 1,
        webhook_events: 1,
        customer_tokens: 0,
    };
    assert_eq!(first, one_each);
    assert!(first.may_go_on(1));
    let second = clean_up(&mut connection, &retention, 10).await.unwrap();
    assert_eq!(
        second,
        Removed {
            fulfillment_logs: 0,
            webhook_events: 0,
            ..one_each
        }
    );
    assert!(!second.may_go_on(10));
    for (table, left) in [
        ("idempotency_keys", 1),
        ("notification_queue", 1),
        ("fulfillment_logs", 2),
        ("webhook_events", 2),
        ("orders", 3),
        ("tickets", 1),
    ] {
        assert_eq!(
            shop.number(&format!("select count(*) from {table}")).await,
            left,
            "{table}"
        );
    }
    let all = Retention {
        notifications: Duration::ZERO,
        fulfillment_logs: Duration::ZERO,
        shop_events: Duration::ZERO,
        tickets: Duration::ZERO,
        webhook_deliveries: Duration::ZERO,
        webhook_events: Duration::ZERO,
    };
    let third = clean_up(&mut connection, &all, 10).await.unwrap();
    assert_eq!(
        third.notifications, 0,
        "a notice that waits is never thrown away"
    );
    shop.assert_books_balance().await;
}
