//! Promises beyond the stock: how far they go, who is served first, what waits meanwhile.

use stevedore_model::fulfillments;
use stevedore_model::orders::{self, PlaceError};

use crate::shop::{SHOP, Shop, order};

/// A shop with two of each, of which `MUG-1` and `HAND` may be promised beyond that.
async fn backordering(limit: &str) -> Shop {
    let shop = Shop::stocked(2).await;
    for sku in ["MUG-1", "HAND", "DATA"] {
        policy(&shop, sku, &format!("{{\"backorder_limit\": {limit}}}")).await;
    }
    shop
}

async fn policy(shop: &Shop, sku: &str, policy: &str) {
    shop.run(&format!(
        "select sp_set_stock_policy('{sku}', 'ACC', '{policy}')"
    ))
    .await;
}

async fn fill(shop: &Shop) -> i64 {
    shop.number("select sp_fill_backorders()").await
}

/// `status/waits` of all fulfilments, by id.
async fn fulfilments(shop: &Shop) -> String {
    shop.text(
        "select string_agg(status || case when awaits_stock then '/waits' else '' end, ' '
           order by fulfillment_id)
         from fulfillments",
    )
    .await
}

#[tokio::test]
async fn b7_without_a_policy_nothing_is_promised_beyond_the_stock() {
    let shop = Shop::stocked(2).await;
    let refused = shop.place(&order("cod", &[("MUG-1", 3)])).await;
    assert!(matches!(refused, Err(PlaceError::OutOfStock(_))));
}

#[tokio::test]
async fn b7_backorders_go_as_far_as_their_limit_and_not_further() {
    let shop = backordering("3").await;
    shop.placed(&order("cod", &[("MUG-1", 4)])).await;
    let level = "select concat_ws(' ', on_hand, allocated, backordered, available, stock_status)
        from vw_inventory_status where sku = 'MUG-1'";
    assert_eq!(shop.text(level).await, "2 4 2 -2 OUT_OF_STOCK");
    let refused = shop.place(&order("cod", &[("MUG-1", 2)])).await;
    let Err(PlaceError::OutOfStock(short)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((short[0].requested, short[0].available), (2, 1));
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    shop.assert_books_balance().await;

    let endless = backordering("null").await;
    endless.placed(&order("cod", &[("MUG-1", 999)])).await;
    endless.assert_books_balance().await;
}

#[tokio::test]
async fn b7_goods_that_arrive_go_to_who_waits_longest_and_to_nobody_else() {
    let shop = backordering("10").await;
    let first = shop.placed(&order("cod", &[("HAND", 5)])).await;
    let second = shop.placed(&order("cod", &[("HAND", 2)])).await;
    let waiting = "select string_agg(concat_ws(':', order_id, quantity, units_before), ' '
        order by units_before) from vw_backorders";
    assert_eq!(
        shop.text(waiting).await,
        format!("{first}:3:0 {second}:2:3")
    );
    assert_eq!(
        fulfilments(&shop).await,
        "pending pending/waits pending/waits"
    );

    shop.receive("HAND", "ACC", 4).await;
    let job = "select count(*) from queue.jobs where kind = 'fill_backorders'";
    assert_eq!(shop.number(job).await, 1);
    // Free on the shelf, but spoken for: a third buyer stands behind the two.
    shop.placed(&order("cod", &[("HAND", 1)])).await;
    assert_eq!(fill(&shop).await, 4);
    assert_eq!(fill(&shop).await, 0);
    assert_eq!(
        fulfilments(&shop).await,
        "pending pending pending/waits pending/waits"
    );
    shop.receive("HAND", "ACC", 2).await;
    assert_eq!(fill(&shop).await, 2);
    assert_eq!(fulfilments(&shop).await, "pending pending pending pending");
    shop.assert_books_balance().await;

    // All of it leaves, also the promises that were filled in two parts.
    for id in 1..=4 {
        for status in ["picking", "packed", "shipped"] {
            shop.run(&format!(
                "update fulfillments set status = '{status}' where fulfillment_id = {id}"
            ))
            .await;
        }
    }
    assert_eq!(shop.stock("HAND").await, (0, 0, 0));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b7_what_waits_for_goods_is_not_begun_and_has_no_job_until_they_are_there() {
    let shop = backordering("10").await;
    let order_id = shop.placed(&order("cod", &[("DATA", 3)])).await;
    let id = shop.fulfillments(order_id).await[0];
    let jobs = "select count(*) from queue.jobs where kind = 'fulfil_order'";
    assert_eq!(shop.number(jobs).await, 0);
    let begun = fulfillments::begin(shop.pool(), SHOP, id).await.unwrap();
    assert!(begun.is_none());
    for status in ["submitted", "picking"] {
        let by_hand = format!("update fulfillments set status = '{status}'");
        assert_eq!(shop.sql(&by_hand).await, Err("P0STT".into()));
    }
    let tally = orders::tally(shop.pool(), SHOP).await.unwrap();
    assert_eq!(tally.fulfillments_without_job, 0);

    shop.receive("DATA", "ACC", 1).await;
    assert_eq!(fill(&shop).await, 1);
    assert_eq!(shop.number(jobs).await, 1);
    fulfillments::begin(shop.pool(), SHOP, id)
        .await
        .unwrap()
        .unwrap();
    fulfillments::deliver(shop.pool(), SHOP, id, None)
        .await
        .unwrap();
    assert_eq!(shop.stock("DATA").await, (0, 0, 0));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b7_what_was_parked_while_it_waited_has_its_job_when_the_order_goes_on() {
    let shop = backordering("10").await;
    let order_id = shop.placed(&order("cod", &[("DATA", 3)])).await;
    let id = shop.fulfillments(order_id).await[0];
    fulfillments::park(shop.pool(), SHOP, id, "?", "?")
        .await
        .unwrap();
    shop.receive("DATA", "ACC", 1).await;
    assert_eq!(fill(&shop).await, 1);
    let jobs = "select count(*) from queue.jobs where kind = 'fulfil_order'";
    let lost = async || {
        let tally = orders::tally(shop.pool(), SHOP).await.unwrap();
        tally.fulfillments_without_job
    };
    assert_eq!((shop.number(jobs).await, lost().await), (0, 0));
    orders::resume(shop.pool(), SHOP, order_id, "boss", None)
        .await
        .unwrap();
    assert_eq!((shop.number(jobs).await, lost().await), (1, 0));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b7_a_cancelled_backorder_is_given_back_and_the_next_in_line_moves_up() {
    let shop = backordering("10").await;
    let first = shop.placed(&order("cod", &[("HAND", 4)])).await;
    shop.placed(&order("cod", &[("HAND", 2)])).await;
    orders::cancel(shop.pool(), SHOP, first, "Ama", "too slow")
        .await
        .unwrap();
    assert_eq!(fill(&shop).await, 2);
    assert_eq!(shop.stock("HAND").await, (2, 0, 2));
    assert_eq!(shop.number("select count(*) from vw_backorders").await, 0);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b7_a_preorder_waits_for_its_release_whatever_is_there() {
    let shop = Shop::stocked(2).await;
    policy(
        &shop,
        "HAND",
        r#"{"preorder_limit": 3, "release_at": "2999-01-01T00:00:00Z"}"#,
    )
    .await;
    shop.placed(&order("cod", &[("HAND", 3)])).await;
    let refused = shop.place(&order("cod", &[("HAND", 1)])).await;
    assert!(matches!(refused, Err(PlaceError::OutOfStock(_))));
    shop.receive("HAND", "ACC", 1).await;
    assert_eq!(fill(&shop).await, 0);
    assert_eq!(fulfilments(&shop).await, "pending/waits");
    policy(&shop, "HAND", r#"{"release_at": null}"#).await;
    assert_eq!(fill(&shop).await, 3);
    assert_eq!(fulfilments(&shop).await, "pending");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b7_safety_stock_is_kept_back_and_a_policy_says_all_that_is_wrong_with_it() {
    let shop = Shop::stocked(5).await;
    policy(&shop, "MUG-1", r#"{"safety_stock": 2}"#).await;
    let refused = shop.place(&order("cod", &[("MUG-1", 4)])).await;
    assert!(matches!(refused, Err(PlaceError::OutOfStock(_))));
    shop.placed(&order("cod", &[("MUG-1", 3)])).await;
    for (sku, location, policy, expected) in [
        ("MUG-1", "'ACC'", r#"{"safety_stock": -1, "x": 1}"#, "P0VAL"),
        ("MUG-1", "'ACC'", r#"{"release_at": "soon"}"#, "P0VAL"),
        ("MUG-1", "'ACC'", r#"{"safety_stock": null}"#, "P0VAL"),
        ("MUG-1", "'ACC'", "7", "P0VAL"),
        ("NONE", "null", "{}", "P0NOF"),
        ("MUG-1", "'MOON'", "{}", "P0NOF"),
    ] {
        let call = format!("select sp_set_stock_policy('{sku}', {location}, '{policy}')");
        assert_eq!(shop.sql(&call).await, Err(expected.into()), "{call}");
    }
    shop.assert_books_balance().await;
}
