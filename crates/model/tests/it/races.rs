//! Two people, one order.

use stevedore_model::orders::{self, TransitionError};
use stevedore_model::{fulfillments, inventory};
use stevedore_testkit::wait_for;

use crate::shop::{SHOP, Shop, order};
use crate::states::lapse;

/// Waits until some connection waits for a lock.
async fn somebody_waits(shop: &Shop) {
    wait_for("a connection that waits for a lock", async || {
        let waiting = "select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'";
        (shop.number(waiting).await > 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_behind_a_workers_begin_is_refused() {
    let shop = Shop::stocked(5).await;
    let order_id = shop.placed(&order("cod", &[("DATA", 1)])).await;
    let fulfillment_id = shop.fulfillments(order_id).await[0];
    let mut worker = shop.pool().begin().await.unwrap();
    fulfillments::begin(&mut *worker, SHOP, fulfillment_id)
        .await
        .unwrap()
        .expect("work");
    let (cancelled, ()) = tokio::join!(
        orders::cancel(shop.pool(), SHOP, order_id, "Ama", "no"),
        async {
            somebody_waits(&shop).await;
            worker.commit().await.unwrap();
        }
    );
    assert!(
        matches!(cancelled, Err(TransitionError::Illegal { .. })),
        "{cancelled:?}"
    );
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workers_begin_behind_a_cancel_has_nothing_to_do() {
    let shop = Shop::stocked(5).await;
    let order_id = shop.placed(&order("cod", &[("DATA", 1)])).await;
    let fulfillment_id = shop.fulfillments(order_id).await[0];
    let mut customer = shop.pool().begin().await.unwrap();
    sqlx::query("select sp_cancel_order($1, 'Ama', 'no')")
        .bind(order_id)
        .execute(&mut *customer)
        .await
        .unwrap();
    let (work, ()) = tokio::join!(
        fulfillments::begin(shop.pool(), SHOP, fulfillment_id),
        async {
            somebody_waits(&shop).await;
            customer.commit().await.unwrap();
        }
    );
    assert!(work.unwrap().is_none());
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_confirmations_are_one() {
    let shop = Shop::stocked(5).await;
    let order_id = shop.placed(&order("stripe", &[("MUG-1", 1)])).await;
    let confirm = || orders::confirm(shop.pool(), SHOP, order_id, "boss", None);
    let (one, two) = tokio::join!(confirm(), confirm());
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    assert_eq!(shop.fulfillments(order_id).await.len(), 1);
    assert_eq!(shop.stock("MUG-1").await, (5, 0, 1));
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_behind_the_expiry_is_refused() {
    let shop = Shop::stocked(5).await;
    let order_id = shop.placed(&order("stripe", &[("MUG-1", 1)])).await;
    lapse(&shop, order_id).await;
    let mut sweeper = shop.pool().begin().await.unwrap();
    assert_eq!(
        inventory::expire_reservations(&mut *sweeper, 10)
            .await
            .unwrap(),
        1
    );
    let (confirmed, ()) = tokio::join!(
        orders::confirm(shop.pool(), SHOP, order_id, "boss", None),
        async {
            somebody_waits(&shop).await;
            sweeper.commit().await.unwrap();
        }
    );
    assert!(
        matches!(confirmed, Err(TransitionError::Illegal { .. })),
        "{confirmed:?}"
    );
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_expiry_leaves_orders_alone_that_somebody_works_on() {
    let shop = Shop::stocked(5).await;
    let order_id = shop.placed(&order("stripe", &[("MUG-1", 1)])).await;
    let mut boss = shop.pool().begin().await.unwrap();
    sqlx::query("select sp_confirm_order($1, 'boss')")
        .bind(order_id)
        .execute(&mut *boss)
        .await
        .unwrap();
    assert_eq!(
        inventory::expire_reservations(shop.pool(), 10)
            .await
            .unwrap(),
        0
    );
    boss.commit().await.unwrap();
    assert_eq!(shop.order(order_id).await.order_status, "confirmed");
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_two_fulfilments_delivered_at_once_deliver_the_order() {
    let shop = Shop::stocked(5).await;
    for _ in 0..10 {
        let order_id = shop
            .placed(&order("cod", &[("MUG-1", 1), ("DATA", 1)]))
            .await;
        shop.receive("MUG-1", "ACC", 1).await;
        shop.receive("DATA", "ACC", 1).await;
        let ids = shop.fulfillments(order_id).await;
        for id in &ids {
            fulfillments::begin(shop.pool(), SHOP, *id)
                .await
                .unwrap()
                .expect("work");
        }
        let deliver = |id| fulfillments::deliver(shop.pool(), SHOP, id, None);
        let (one, two) = tokio::join!(deliver(ids[0]), deliver(ids[1]));
        one.and(two).unwrap();
        assert_eq!(shop.order(order_id).await.order_status, "delivered");
    }
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_for_an_order_that_is_being_cancelled_wake_nothing() {
    let shop = Shop::stocked(2).await;
    shop.run(r#"select sp_set_stock_policy('DATA', 'ACC', '{"backorder_limit": 9}')"#)
        .await;
    let order_id = shop.placed(&order("cod", &[("DATA", 3)])).await;
    shop.receive("DATA", "ACC", 1).await;
    let mut customer = shop.pool().begin().await.unwrap();
    sqlx::query("select sp_cancel_order($1, 'Ama', 'no')")
        .bind(order_id)
        .execute(&mut *customer)
        .await
        .unwrap();
    let (given, ()) = tokio::join!(shop.number("select sp_fill_backorders()"), async {
        somebody_waits(&shop).await;
        customer.commit().await.unwrap();
    });
    assert_eq!(given, 0);
    let state = "select status || '/' || awaits_stock from fulfillments";
    assert_eq!(shop.text(state).await, "cancelled/true");
    let tally = orders::tally(shop.pool(), SHOP).await.unwrap();
    assert_eq!(tally.fulfillments_without_job, 0);
    shop.assert_books_balance().await;
}
