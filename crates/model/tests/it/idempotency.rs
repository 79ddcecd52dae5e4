//! The same request twice is one order.

use std::sync::Arc;

use stevedore_model::orders::{self, NewOrder, PlaceError, Placed};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::shop::{SHOP, Shop, order};

async fn keyed(
    shop: &Shop,
    key: &str,
    hash: u8,
    lines: &[(&str, i64)],
) -> Result<Placed, PlaceError> {
    let new = NewOrder::parse(&order("cod", lines)).unwrap();
    orders::place(shop.pool(), SHOP, &new, Some(key), [hash; 32], None).await
}

#[tokio::test]
async fn the_same_key_and_body_get_the_first_answer_again() {
    let shop = Shop::stocked(5).await;
    let first = keyed(&shop, "k", 1, &[("MUG-1", 1)]).await.unwrap();
    shop.run("update product_variants set price = 7777").await;
    let second = keyed(&shop, "k", 1, &[("MUG-1", 1)]).await.unwrap();
    assert!(!first.replayed && second.replayed);
    assert_eq!(
        (first.order_id, &first.response),
        (second.order_id, &second.response)
    );
    assert_eq!(first.order_status, second.order_status);
    assert_eq!(shop.number("select count(*) from orders").await, 1);
}

#[tokio::test]
async fn the_same_key_for_another_body_is_refused() {
    let shop = Shop::stocked(5).await;
    keyed(&shop, "k", 1, &[("MUG-1", 1)]).await.unwrap();
    let reused = keyed(&shop, "k", 2, &[("MUG-1", 2)]).await;
    assert!(matches!(reused, Err(PlaceError::KeyReused)), "{reused:?}");
}

#[tokio::test]
async fn a_refused_order_leaves_its_key_free() {
    let shop = Shop::open().await;
    let refused = keyed(&shop, "k", 1, &[("MUG-1", 1)]).await;
    assert!(
        matches!(refused, Err(PlaceError::OutOfStock(_))),
        "{refused:?}"
    );
    shop.receive("MUG-1", "ACC", 1).await;
    assert!(
        !keyed(&shop, "k", 1, &[("MUG-1", 1)])
            .await
            .unwrap()
            .replayed
    );
}

#[tokio::test]
async fn an_expired_key_may_be_used_anew() {
    let shop = Shop::stocked(5).await;
    let first = keyed(&shop, "k", 1, &[("MUG-1", 1)]).await.unwrap();
    shop.run("update idempotency_keys set expires_at = clock_now()")
        .await;
    let second = keyed(&shop, "k", 2, &[("MUG-1", 2)]).await.unwrap();
    assert_ne!(first.order_id, second.order_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_requests_with_one_key_at_once_are_one_order() {
    let shop = Arc::new(Shop::stocked(50).await);
    let barrier = Arc::new(Barrier::new(30));
    let mut running = JoinSet::new();
    for _ in 0..30 {
        let (shop, barrier) = (shop.clone(), barrier.clone());
        running.spawn(async move {
            barrier.wait().await;
            keyed(&shop, "k", 1, &[("MUG-1", 1)]).await.unwrap()
        });
    }
    let answers = running.join_all().await;
    let fresh = answers.iter().filter(|placed| !placed.replayed).count();
    assert_eq!(fresh, 1);
    assert!(
        answers
            .iter()
            .all(|placed| placed.response == answers[0].response)
    );
    assert_eq!(shop.number("select count(*) from orders").await, 1);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_key_that_stays_in_flight_is_answered_so() {
    let shop = Shop::stocked(5).await;
    let new = NewOrder::parse(&order("cod", &[("MUG-1", 1)])).unwrap();
    let mut slow = shop.pool().begin().await.unwrap();
    orders::place(&mut *slow, SHOP, &new, Some("k"), [1; 32], None)
        .await
        .unwrap();
    let meanwhile = keyed(&shop, "k", 1, &[("MUG-1", 1)]).await;
    assert!(
        matches!(meanwhile, Err(PlaceError::KeyInFlight)),
        "{meanwhile:?}"
    );
    slow.rollback().await.unwrap();
    assert!(
        !keyed(&shop, "k", 1, &[("MUG-1", 1)])
            .await
            .unwrap()
            .replayed
    );
}
