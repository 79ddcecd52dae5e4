//! Many buyers at once.

use std::sync::Arc;

use stevedore_model::orders::PlaceError;
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;

use crate::shop::{Shop, order, place};

const CONNECTIONS: u32 = 16;

/// Lets `buyers` place their orders at the same moment over 16 connections; answers how many
/// orders went through and how many were refused for want of stock. Anything else is a failure.
async fn rush(
    shop: &Shop,
    buyers: usize,
    cart: impl Fn(usize) -> serde_json::Value,
) -> (usize, usize) {
    let pool = shop.db.pool_of(CONNECTIONS);
    let barrier = Arc::new(Barrier::new(buyers));
    // Whoever waits for a turn waits here: a pool gives up on who waits long in a big crowd.
    let turns = Arc::new(Semaphore::new(CONNECTIONS as usize));
    let mut running = JoinSet::new();
    for buyer in 0..buyers {
        let (pool, barrier, cart) = (pool.clone(), barrier.clone(), cart(buyer));
        let turns = turns.clone();
        running.spawn(async move {
            barrier.wait().await;
            let _turn = turns.acquire().await.unwrap();
            place(&pool, &cart).await
        });
    }
    let (mut sold, mut refused) = (0, 0);
    while let Some(result) = running.join_next().await {
        match result.unwrap() {
            Ok(_) => sold += 1,
            Err(PlaceError::OutOfStock(_)) => refused += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    (sold, refused)
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_buyers_of_twenty_units_get_exactly_twenty() {
    let shop = Shop::open().await;
    shop.receive("MUG-1", "ACC", 12).await;
    shop.receive("MUG-1", "KUM", 8).await;
    let outcome = rush(&shop, 64, |_| order("stripe", &[("MUG-1", 1)])).await;
    assert_eq!(outcome, (20, 44));
    let reserved = "select count(*) from inventory_reservations where status = 'reserved'";
    assert_eq!(shop.number(reserved).await, 20);
    assert_eq!(shop.stock("MUG-1").await, (20, 20, 0));
    assert_eq!(
        shop.number("select count(*) from orders").await,
        20,
        "a refused order left a row"
    );
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_the_same_skus_in_opposite_order_never_deadlock() {
    let shop = Shop::stocked(1_000).await;
    let skus = ["MUG-1", "MUG-2", "MUG-3", "MUG-4"];
    let outcome = rush(&shop, 160, |buyer| {
        let mut lines: Vec<_> = skus.iter().map(|sku| (*sku, 1)).collect();
        lines.rotate_left(buyer % 4);
        if buyer % 2 == 0 {
            lines.reverse();
        }
        order(if buyer % 3 == 0 { "stripe" } else { "cod" }, &lines)
    })
    .await;
    assert_eq!(outcome, (160, 0));
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mixed_quantities_drain_two_locations_to_the_last_unit() {
    let shop = Shop::open().await;
    shop.receive("MUG-1", "ACC", 37).await;
    shop.receive("MUG-1", "KUM", 23).await;
    let (sold, _) = rush(&shop, 80, |buyer| {
        order("cod", &[("MUG-1", 1 + (buyer as i64 % 3))])
    })
    .await;
    assert!(
        sold >= 20,
        "{sold} orders of at most 3 units can not use up 60"
    );
    let (on_hand, reserved, allocated) = shop.stock("MUG-1").await;
    assert_eq!((on_hand, reserved), (60, 0));
    assert!(
        (58..=60).contains(&allocated),
        "{allocated} of 60: somebody was refused too early"
    );
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b3_six_hundred_buyers_of_five_hundred_units_get_exactly_five_hundred() {
    let shop = Shop::open().await;
    shop.receive("MUG-1", "ACC", 321).await;
    shop.receive("MUG-1", "KUM", 179).await;
    let outcome = rush(&shop, 600, |buyer| {
        order(["stripe", "cod"][buyer % 2], &[("MUG-1", 1)])
    })
    .await;
    assert_eq!(outcome, (500, 100));
    let (on_hand, reserved, allocated) = shop.stock("MUG-1").await;
    assert_eq!((on_hand, reserved + allocated), (500, 500));
    shop.assert_books_balance().await;
}

/// Orders of the big crowd: 10,000 take a minute of two cores; a quick run proves the same on less.
#[expect(clippy::disallowed_methods, reason = "the scale of a run by hand")]
fn crowd() -> usize {
    let asked = std::env::var("STEVEDORE_TEST_ORDERS").ok();
    asked.map_or(1_000, |number| number.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn b3_orders_of_fifty_products_in_random_line_order_never_deadlock() {
    let shop = Shop::open().await;
    shop.run(
        "insert into products (product_code, name)
         select 'C' || n, 'C' from generate_series(1, 50) as n;
         insert into product_variants (product_id, sku, title, price, currency)
         select product_id, product_code, 'C', 1000, 'GHS' from products where name = 'C';
         insert into inventory_items (sku) select product_code from products where name = 'C';
         insert into variant_inventory_items (variant_id, inventory_item_id)
         select variant_id, inventory_item_id
         from product_variants join inventory_items using (tenant_id, sku) where title = 'C';
         select sp_receive_stock(sku, code, 40000)
         from inventory_items, locations where sku like 'C%'",
    )
    .await;
    let orders = crowd();
    // A cheap mixture that is the same in every run: which products, how many, in which order.
    let mixed = |seed: usize| seed.wrapping_mul(0x9E37_79B9).wrapping_add(seed >> 3) % 99_991;
    let skus: Vec<String> = (1..=50).map(|number| format!("C{number}")).collect();
    let outcome = rush(&shop, orders, |buyer| {
        let lines: Vec<_> = (0..=mixed(buyer) % 5)
            .map(|line| {
                let dice = mixed(buyer * 7 + line * 13 + 1);
                (skus[dice % 50].as_str(), 1 + (dice % 3) as i64)
            })
            .collect();
        order(["stripe", "cod", "cod"][buyer % 3], &lines)
    })
    .await;
    assert_eq!(outcome, (orders, 0));
    shop.assert_books_balance().await;
}
