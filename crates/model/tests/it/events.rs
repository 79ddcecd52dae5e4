//! What happens in a shop can be followed without missing anything.

use stevedore_model::events::{self, EventFilter, ShopEvent};
use stevedore_model::fulfillments;
use stevedore_model::orders::{self, NewOrder};
use stevedore_testkit::wait_for;

use crate::shop::{SHOP, Shop, order, place, sqlstate};

async fn kinds_after(shop: &Shop, filter: &EventFilter, after: Option<&str>) -> Vec<String> {
    let read = events::after(shop.pool(), SHOP, filter, after, 500).await;
    read.unwrap().into_iter().map(|event| event.kind).collect()
}

/// Where a reader stands who has read everything that can be read now.
async fn position(shop: &Shop) -> String {
    // Rust and SQL say the same, unless a transaction of another database began or ended between.
    wait_for("one position", async || {
        let horizon = events::horizon(shop.pool()).await.unwrap();
        let position = events::Position::before(horizon.oldest_open).to_string();
        (position == shop.text("select events_position()").await).then_some(position)
    })
    .await
}

/// Waits until nothing of other databases, whose transactions count, too, holds events back.
async fn all_told(shop: &Shop) {
    let written = shop.number("select count(*) from shop_events").await;
    wait_for("all events to be told", async || {
        let told = events::all_after(shop.pool(), None, 500).await.unwrap();
        (i64::try_from(told.len()) == Ok(written)).then_some(())
    })
    .await;
}

fn of_order(order_id: i64) -> EventFilter {
    EventFilter {
        order_id: Some(order_id),
        ..EventFilter::default()
    }
}

#[tokio::test]
async fn h5_an_orders_way_is_told_step_by_step_and_only_its_own() {
    let shop = Shop::stocked(10).await;
    let pool = shop.pool();
    let other = place(pool, &order("stripe", &[("MUG-1", 1)]))
        .await
        .unwrap();
    let placed = place(pool, &order("cod", &[("MUG-1", 1)])).await.unwrap();
    for fulfillment_id in shop.fulfillments(placed.order_id).await {
        fulfillments::begin(pool, SHOP, fulfillment_id)
            .await
            .unwrap();
    }
    orders::cancel(pool, SHOP, other.order_id, "ama", "no longer wanted")
        .await
        .unwrap();
    all_told(&shop).await;

    let told = kinds_after(&shop, &of_order(placed.order_id), None).await;
    let begun = ["order.placed", "order.confirmed", "fulfilment.created"];
    for kind in begun {
        assert!(told.contains(&kind.to_owned()), "{kind} of {told:?}");
    }
    assert_eq!(told[0], "order.placed");
    assert_eq!(
        kinds_after(&shop, &of_order(other.order_id), None).await,
        ["order.placed", "order.cancelled"]
    );
    let orders_only = EventFilter {
        kinds: Some(vec!["order.placed".into(), "return".into()]),
        ..EventFilter::default()
    };
    let told = kinds_after(&shop, &orders_only, None).await;
    assert_eq!(told, ["order.placed", "order.placed"]);

    let all = events::all_after(pool, None, 500).await.unwrap();
    let own = |event: &&ShopEvent| of_order(other.order_id).matches(event);
    assert_eq!(all.iter().filter(own).count(), 2);
    let rest = events::all_after(pool, Some(&all[1].position), 500).await;
    assert_eq!(rest.unwrap(), all[2..]);
}

#[tokio::test]
async fn h5_a_reader_misses_no_event_of_a_transaction_that_ends_late() {
    let shop = Shop::stocked(10).await;
    let mut slow = shop.pool().begin().await.unwrap();
    let new = NewOrder::parse(&order("stripe", &[("MUG-1", 1)])).unwrap();
    let first = orders::place(&mut *slow, SHOP, &new, None, [0; 32], None).await;
    let start = position(&shop).await;
    let second = place(shop.pool(), &order("stripe", &[("MUG-2", 1)])).await;

    // The second order is there, but what the first one wrote would come before it.
    let all = EventFilter::default();
    assert!(kinds_after(&shop, &all, Some(&start)).await.is_empty());
    // Perhaps further on, for other databases' transactions count, too; but not past the first's.
    let later = position(&shop).await;

    slow.commit().await.unwrap();
    all_told(&shop).await;
    let told = events::after(shop.pool(), SHOP, &all, Some(&later), 500).await;
    let told: Vec<_> = told.unwrap().iter().map(|event| event.order_id).collect();
    let ids = [first, second].map(|placed| Some(placed.unwrap().order_id));
    assert_eq!(told, ids);
}

#[tokio::test]
async fn h5_nobody_is_told_while_nobody_waits_and_who_waits_is_told_once() {
    let shop = Shop::stocked(10).await;
    let mut ear = sqlx::postgres::PgListener::connect_with(shop.pool())
        .await
        .unwrap();
    ear.listen("shop_events").await.unwrap();
    place(shop.pool(), &order("stripe", &[("MUG-1", 1)]))
        .await
        .unwrap();
    events::begin_waiting(&mut ear).await.unwrap();
    place(shop.pool(), &order("cod", &[("MUG-2", 1)]))
        .await
        .unwrap();
    events::end_waiting(&mut ear).await.unwrap();
    place(shop.pool(), &order("cod", &[("MUG-3", 1)]))
        .await
        .unwrap();
    sqlx::query("notify shop_events, 'end'")
        .execute(shop.pool())
        .await
        .unwrap();
    let mut heard = Vec::new();
    while heard.last().is_none_or(|payload| payload != "end") {
        heard.push(ear.recv().await.unwrap().payload().to_owned());
    }
    assert_eq!(heard, ["", "end"]);
}

#[tokio::test]
async fn h5_events_are_written_once_and_a_made_up_position_is_refused() {
    let shop = Shop::stocked(10).await;
    place(shop.pool(), &order("stripe", &[("MUG-1", 1)]))
        .await
        .unwrap();
    for text in [
        "update shop_events set kind = 'a.b'",
        "truncate shop_events",
    ] {
        let refused = sqlx::query(text).execute(shop.pool()).await.unwrap_err();
        assert_eq!(sqlstate(&refused), "42501");
    }
    for position in ["", "1", "a-b", "1-1; drop", "99999999999999999999-1"] {
        let filter = EventFilter::default();
        let read = events::after(shop.pool(), SHOP, &filter, Some(position), 1).await;
        assert_eq!(sqlstate(&read.unwrap_err()), "P0VAL", "{position}");
    }
}
