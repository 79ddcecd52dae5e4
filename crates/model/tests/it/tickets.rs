//! One open ticket per cause: counted, resolved when the cause is gone, opened anew.

use crate::shop::{Shop, order};

const OPEN: &str = "select count(*) from tickets where state = 'open'";

/// Puts an error of an order on record.
async fn fail(shop: &Shop, order_id: i64, severity: &str, code: &str) {
    shop.run(&format!(
        "select sp_record_error({order_id}, 'delivery', '{severity}', 'fulfilment', '{code}',
           E'It broke\n badly', '{{\"phone\": \"0241234567\"}}')"
    ))
    .await;
}

#[tokio::test]
async fn g6_errors_of_one_cause_are_one_ticket_with_a_counter_whatever_their_orders() {
    let shop = Shop::stocked(5).await;
    for _ in 0..3 {
        shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    }
    fail(&shop, 1, "low", "busy").await;
    fail(&shop, 2, "critical", "busy").await;
    fail(&shop, 3, "medium", "busy").await;
    fail(&shop, 3, "low", "address").await;
    assert_eq!(shop.number(OPEN).await, 2);
    let ticket = "select concat_ws('|', occurrences, severity, order_id, summary, cause_key)
                  from tickets where ticket_id = 1";
    assert_eq!(
        shop.text(ticket).await,
        "3|critical|3|delivery failed at fulfilment: It broke badly (busy)\
         |order_error:delivery:fulfilment:busy"
    );
    let details = shop
        .text("select details from tickets where ticket_id = 1")
        .await;
    assert!(!details.contains("0241234567"), "{details}");
    let jobs = "select count(*) from queue.jobs where kind = 'sync_ticket'";
    assert_eq!(
        shop.number(jobs).await,
        2,
        "one job a ticket, however often"
    );
}

#[tokio::test]
async fn g6_a_ticket_is_resolved_with_the_last_error_of_its_cause_and_opened_anew_after() {
    let shop = Shop::stocked(5).await;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    fail(&shop, 1, "high", "busy").await;
    fail(&shop, 2, "high", "busy").await;
    shop.run("select sp_resolve_error(1, 'ann', 'mended')")
        .await;
    assert_eq!(shop.number(OPEN).await, 1);
    shop.run("select sp_resolve_error(2, 'bob', 'mended, too')")
        .await;
    let ended = "select concat_ws('|', state, resolved_by, resolution) from tickets";
    assert_eq!(shop.text(ended).await, "resolved|bob|mended, too");
    fail(&shop, 1, "low", "busy").await;
    assert_eq!(shop.number(OPEN).await, 1);
    assert_eq!(shop.number("select count(*) from tickets").await, 2);
}

#[tokio::test]
async fn g6_two_who_settle_the_last_two_errors_at_once_resolve_the_ticket() {
    let shop = Shop::stocked(5).await;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    for _ in 0..10 {
        fail(&shop, 1, "high", "busy").await;
        fail(&shop, 2, "high", "busy").await;
        let settle = async |order_id: i64| {
            shop.run(&format!(
                "select sp_resolve_error(order_error_id, 'ann') from order_errors
                 where order_id = {order_id} and not is_resolved"
            ))
            .await;
        };
        tokio::join!(settle(1), settle(2));
        assert_eq!(shop.number(OPEN).await, 0);
    }
}

#[tokio::test]
async fn g6_whoever_fails_many_orders_for_one_cause_at_once_neither_deadlocks_nor_miscounts() {
    let shop = Shop::stocked(50).await;
    for _ in 0..20 {
        shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    }
    // Both fail orders that the other failed before or will fail after, in one transaction.
    let many = async |orders: &str| {
        shop.run(&format!(
            "select sp_record_error(n, 'stock', 'low', 'test', 'busy', 'x') from {orders} as n"
        ))
        .await;
    };
    for _ in 0..5 {
        tokio::join!(
            many("generate_series(1, 10)"),
            many("generate_series(11, 20)"),
            many("generate_series(5, 15)"),
        );
    }
    assert_eq!(shop.number("select occurrences from tickets").await, 155);
}

#[tokio::test]
async fn g6_what_a_ticket_cannot_be_is_refused() {
    let shop = Shop::stocked(5).await;
    shop.run("select open_ticket('api', 'low', 'endpoint:7', 'An app is gone')")
        .await;
    shop.run("select sp_resolve_ticket(1, 'ann', 'asked them')")
        .await;
    shop.run("select sp_resolve_ticket(1, 'bob', 'again')")
        .await;
    let ended = "select concat_ws('|', resolved_by, resolution) from tickets";
    assert_eq!(shop.text(ended).await, "ann|asked them");
    assert_eq!(
        shop.text("select coalesce(resolve_ticket('endpoint:7')::text, 'none')")
            .await,
        "none"
    );
    for (text, expected) in [
        ("select sp_resolve_ticket(99, 'ann')", "P0NOF"),
        ("select open_ticket('mood', 'low', 'x', 'x')", "23514"),
        ("select open_ticket('api', 'bad', 'x', 'x')", "23514"),
        ("select open_ticket('api', 'low', '', 'x')", "23514"),
        ("select open_ticket('api', 'low', 'x', 'x', '[]')", "23514"),
    ] {
        assert_eq!(shop.sql(text).await, Err(expected.into()), "{text}");
    }
}
