//! Stock by its own functions.

use stevedore_model::inventory::{self, StockError};

use crate::shop::{SHOP, Shop, order};
use crate::states::lapse;

#[tokio::test]
async fn received_and_counted_units_go_through_the_ledger() {
    let shop = Shop::open().await;
    let receive = |units| inventory::receive_stock(shop.pool(), SHOP, "MUG-1", "ACC", units, None);
    assert_eq!(receive(3).await.unwrap(), 3);
    assert_eq!(receive(4).await.unwrap(), 7);
    for units in [0, -1] {
        assert!(matches!(receive(units).await, Err(StockError::Invalid(_))));
    }
    let unknown = inventory::receive_stock(shop.pool(), SHOP, "NONE", "ACC", 1, None).await;
    assert!(matches!(unknown, Err(StockError::NotFound(_))));
    let unknown = inventory::receive_stock(shop.pool(), SHOP, "MUG-1", "MOON", 1, None).await;
    assert!(matches!(unknown, Err(StockError::NotFound(_))));

    let count = |expected, counted| {
        inventory::adjust_stock(
            shop.pool(),
            SHOP,
            "MUG-1",
            "ACC",
            expected,
            counted,
            "broken",
        )
    };
    assert!(
        matches!(count(6, 5).await, Err(StockError::Invalid(_))),
        "the count is out of date"
    );
    assert_eq!(count(7, 5).await.unwrap(), -2);
    assert_eq!(count(5, 5).await.unwrap(), 0);
    assert_eq!(shop.stock("MUG-1").await, (5, 0, 0));
    assert_eq!(shop.number("select count(*) from stock_movements").await, 3);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_count_below_the_promises_is_a_fact_and_stops_further_promises() {
    let shop = Shop::stocked(5).await;
    shop.placed(&order("cod", &[("MUG-1", 4)])).await;
    inventory::adjust_stock(shop.pool(), SHOP, "MUG-1", "ACC", 5, 3, "stolen")
        .await
        .unwrap();
    let status = "select stock_status from vw_inventory_status where sku = 'MUG-1'";
    assert_eq!(shop.text(status).await, "OVERCOMMITTED");
    assert!(shop.place(&order("cod", &[("MUG-1", 1)])).await.is_err());
    // The books are right: nobody was promised what was not there then.
    shop.assert_books_balance().await;
    shop.run(
        "set session_replication_role = replica;
        insert into stock_movements (inventory_item_id, location_id, kind, reserved_delta)
        select inventory_item_id, location_id, 'reserved', 1
        from inventory_levels join inventory_items using (tenant_id, inventory_item_id)
        where sku = 'MUG-1' and on_hand = 3;
        update inventory_levels set reserved = reserved + 1 where on_hand = 3;
        set session_replication_role = origin",
    )
    .await;
    let found = stevedore_model::books::discrepancies(shop.pool())
        .await
        .unwrap();
    let found: Vec<_> = found.iter().filter(|one| one.kind == "oversold").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "oversold: MUG-1 at ACC: expected at most 3, found 5"
    );
}

#[tokio::test]
async fn the_status_of_stock_has_a_word_for_each_amount() {
    let shop = Shop::open().await;
    shop.receive("MUG-1", "ACC", 9).await;
    shop.receive("MUG-2", "ACC", 2).await;
    shop.receive("MUG-3", "ACC", 1).await;
    shop.placed(&order("stripe", &[("MUG-3", 1)])).await;
    shop.run("update inventory_items set track_inventory = false where sku = 'MUG-4'")
        .await;
    let words = "select string_agg(sku || '=' || stock_status, ' ' order by sku)
        from vw_inventory_status where sku like 'MUG%'";
    assert_eq!(
        shop.text(words).await,
        "MUG-1=IN_STOCK MUG-2=LOW_STOCK MUG-3=OUT_OF_STOCK MUG-4=UNTRACKED"
    );
    shop.placed(&order("cod", &[("MUG-4", 900)])).await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b4_reserve_commit_and_release_are_idempotent_and_know_the_orders_state() {
    let shop = Shop::stocked(5).await;
    let id = shop
        .placed(&order("stripe", &[("MUG-1", 2), ("MUG-2", 1)]))
        .await;
    let reserve = format!("select sp_reserve_order_inventory({id})");
    let commit = format!("select sp_commit_order_inventory({id})");
    let release = format!("select sp_release_order_inventory({id}, 'PAYMENT_FAILED')");
    assert_eq!(
        shop.number(&reserve).await,
        0,
        "the lines' trigger reserved already"
    );
    assert_eq!(shop.number(&release).await, 2);
    assert_eq!(shop.number(&release).await, 0);
    assert_eq!(shop.stock("MUG-1").await, (5, 0, 0));
    assert_eq!(
        shop.sql(&commit).await,
        Err("P0EXP".into()),
        "nothing is reserved any more"
    );
    let confirm = format!("select sp_confirm_order({id}, 'x')");
    assert_eq!(shop.sql(&confirm).await, Err("P0EXP".into()));
    assert_eq!(shop.number(&reserve).await, 2);
    assert_eq!(shop.number(&commit).await, 2);
    assert_eq!(shop.number(&commit).await, 0);
    assert_eq!(shop.stock("MUG-1").await, (5, 0, 2));
    shop.run(&confirm).await;
    assert_eq!(
        shop.sql(&release).await,
        Err("P0STT".into()),
        "a confirmed order keeps its stock"
    );
    assert_eq!(shop.sql(&reserve).await, Err("P0STT".into()));
    shop.run(&format!("select sp_cancel_order({id}, 'x', 'y')"))
        .await;
    assert_eq!(shop.number(&release).await, 0);
    assert_eq!(shop.sql(&commit).await, Err("P0STT".into()));
    for call in [
        "sp_reserve_order_inventory(404)",
        "sp_commit_order_inventory(404)",
        "sp_release_order_inventory(404, 'x')",
        "sp_hold_order(404, 'x', 'y')",
        "sp_resume_order(404, 'x')",
        "sp_confirm_order(404, 'x')",
        "sp_deliver_fulfillment(404)",
        "sp_park_fulfillment(404, 'a', 'b')",
        "sp_fail_fulfillment(404, 'a', 'b')",
        "sp_retry_fulfillment(404, 'a', 'b')",
        "sp_accept_fulfillment(404, 'a')",
    ] {
        assert_eq!(
            shop.sql(&format!("select {call}")).await,
            Err("P0NOF".into()),
            "{call}"
        );
    }
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_lapsed_promise_is_renewed_on_request_while_there_is_stock() {
    let shop = Shop::stocked(2).await;
    let id = shop.placed(&order("stripe", &[("MUG-1", 2)])).await;
    lapse(&shop, id).await;
    let reserve = format!("select sp_reserve_order_inventory({id}, interval '1 hour')");
    assert_eq!(shop.number(&reserve).await, 0, "nobody took it meanwhile");
    let rest = "select extract(epoch from min(expires_at) - clock_now())
        from inventory_reservations where status = 'reserved'";
    assert!(shop.number(rest).await > 3_000);
    shop.run(&format!("select sp_confirm_order({id}, 'x')"))
        .await;
    assert_eq!(shop.stock("MUG-1").await, (2, 0, 2));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_kit_takes_all_its_parts_or_none() {
    let shop = Shop::stocked(10).await;
    // A MUG-4 is a kit of two MUG-1 and one MUG-2 from now on.
    shop.run(
        "delete from variant_inventory_items where variant_id =
           (select variant_id from product_variants where sku = 'MUG-4');
         insert into variant_inventory_items (variant_id, inventory_item_id, required_quantity)
         select v.variant_id, i.inventory_item_id, case i.sku when 'MUG-1' then 2 else 1 end
         from product_variants as v, inventory_items as i
         where v.sku = 'MUG-4' and i.sku in ('MUG-1', 'MUG-2')",
    )
    .await;
    let order_id = shop
        .placed(&order("cod", &[("MUG-4", 3), ("MUG-1", 1)]))
        .await;
    assert_eq!(shop.stock("MUG-1").await, (10, 0, 7));
    assert_eq!(shop.stock("MUG-2").await, (10, 0, 3));
    assert!(shop.place(&order("cod", &[("MUG-4", 2)])).await.is_err());
    for id in shop.fulfillments(order_id).await {
        shop.run(&format!("select * from sp_begin_fulfillment({id})"))
            .await;
        shop.run(&format!("select sp_deliver_fulfillment({id})"))
            .await;
    }
    assert_eq!(shop.stock("MUG-1").await, (3, 0, 0));
    assert_eq!(shop.stock("MUG-2").await, (7, 0, 0));
    assert_eq!(shop.order(order_id).await.order_status, "delivered");
    shop.assert_books_balance().await;
}
