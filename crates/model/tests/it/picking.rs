//! Pick lists: rounds through a location, what was found, packing.

use stevedore_testkit::wait_for;

use crate::shop::{Shop, order};

/// A shop whose goods are fetched by hand: `MUG-1` in zone A, `MUG-2` and `HAND` in zone B.
async fn warehouse() -> Shop {
    let shop = Shop::stocked(10).await;
    shop.run(
        "update product_variants set fulfillment_provider = null;
         update inventory_levels as l set zone = p.zone, bin = p.bin
         from inventory_items as i, (values ('MUG-1', 'A', 'A-2'), ('MUG-3', 'A', 'A-1'),
           ('MUG-2', 'B', 'B-1'), ('HAND', 'B', 'B-2')) as p (sku, zone, bin)
         where i.inventory_item_id = l.inventory_item_id and i.sku = p.sku",
    )
    .await;
    shop
}

/// `bin:sku:quantity` of a round, in its order.
async fn list(shop: &Shop, batch: i64) -> String {
    shop.text(&format!(
        "select string_agg(concat_ws(':', bin, sku, quantity), ' ' order by pick_list_item_id)
         from pick_list_items where pick_batch_id = {batch}"
    ))
    .await
}

async fn parcels(shop: &Shop) -> String {
    shop.text("select string_agg(status, ' ' order by fulfillment_id) from fulfillments")
        .await
}

#[tokio::test]
async fn b9_a_round_fetches_the_goods_of_several_orders_in_the_order_of_the_shelves() {
    let shop = warehouse().await;
    shop.placed(&order("cod", &[("MUG-1", 2), ("MUG-2", 1)]))
        .await;
    shop.placed(&order("cod", &[("MUG-3", 1)])).await;
    shop.placed(&order("stripe", &[("MUG-1", 1)])).await;
    let batch = shop
        .number("select sp_create_pick_batch('ACC', p_picker => 'Kofi')")
        .await;
    assert_eq!(
        list(&shop, batch).await,
        "A-1:MUG-3:1 A-2:MUG-1:2 B-1:MUG-2:1"
    );
    assert_eq!(parcels(&shop).await, "picking picking");
    let nothing = "select count(sp_create_pick_batch('ACC'))";
    assert_eq!(shop.number(nothing).await, 0, "nothing is fetched twice");

    assert_eq!(shop.text("select sp_confirm_pick(1, 1)").await, "picking");
    shop.run("select sp_pack_fulfillment(2)").await;
    assert_eq!(
        shop.sql("select sp_pack_fulfillment(1)").await,
        Err("P0STT".into())
    );
    shop.run("select sp_confirm_pick(2, 2)").await;
    assert_eq!(shop.text("select sp_confirm_pick(3, 1)").await, "completed");
    for _ in 0..2 {
        shop.run("select sp_pack_fulfillment(1, 'Kofi')").await;
    }
    assert_eq!(parcels(&shop).await, "packed packed");
    let who = "select changed_by from order_state_history where to_status = 'packed'
        and fulfillment_id = 1";
    assert_eq!(shop.text(who).await, "Kofi");
    shop.run("update fulfillments set status = 'shipped'").await;
    assert_eq!(shop.stock("MUG-1").await, (8, 1, 0));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b9_a_parcel_of_two_zones_is_packed_when_both_rounds_found_its_goods() {
    let shop = warehouse().await;
    shop.placed(&order("cod", &[("MUG-1", 2), ("HAND", 1)]))
        .await;
    let first = shop.number("select sp_create_pick_batch('ACC', 'A')").await;
    assert_eq!(list(&shop, first).await, "A-2:MUG-1:2");
    shop.run("select sp_confirm_pick(1, 2)").await;
    let pack = "select sp_pack_fulfillment(1)";
    assert_eq!(shop.sql(pack).await, Err("P0STT".into()));
    // A refused call holds its order a moment longer than its answer takes, and a round passes by
    // what somebody holds.
    let second = wait_for("a round in the other zone", async || {
        let round = "select coalesce(sp_create_pick_batch('ACC', 'B'), 0)";
        let second = shop.number(round).await;
        (second > 0).then_some(second)
    })
    .await;
    assert_eq!(list(&shop, second).await, "B-2:HAND:1");
    shop.run("select sp_confirm_pick(2, 1)").await;
    shop.run(pack).await;
    assert_eq!(parcels(&shop).await, "packed");
}

#[tokio::test]
async fn b9_what_is_not_found_needs_a_reason_and_is_an_error_of_the_order() {
    let shop = warehouse().await;
    let id = shop.placed(&order("cod", &[("MUG-1", 3)])).await;
    shop.run("select sp_create_pick_batch('ACC')").await;
    for (call, expected) in [
        ("sp_confirm_pick(1, 2)", "P0VAL"),
        ("sp_confirm_pick(1, 4)", "P0VAL"),
        ("sp_confirm_pick(1, null)", "P0VAL"),
        ("sp_confirm_pick(9, 1)", "P0NOF"),
        ("sp_create_pick_batch('MOON')", "P0NOF"),
        ("sp_create_pick_batch('ACC', p_limit => 0)", "P0VAL"),
        ("sp_cancel_pick_batch(9)", "P0NOF"),
        ("sp_pack_fulfillment(9)", "P0NOF"),
    ] {
        let refused = shop.sql(&format!("select {call}")).await;
        assert_eq!(refused, Err(expected.into()), "{call}");
    }
    for _ in 0..2 {
        shop.run("select sp_confirm_pick(1, 2, 'broken')").await;
    }
    let errors =
        "select string_agg(concat_ws(' ', category, code, message), ',') from order_errors";
    assert_eq!(
        shop.text(errors).await,
        "stock picked_short 2 of 3 units of MUG-1 were found: broken"
    );
    assert_eq!(shop.order(id).await.error_count, 1);
    shop.run("select sp_confirm_pick(1, 3)").await;
    shop.run("select sp_pack_fulfillment(1)").await;
    let late = "select sp_confirm_pick(1, 3)";
    assert_eq!(shop.sql(late).await, Err("P0STT".into()), "it is packed");
    let lie = "update pick_list_items set picked_quantity = 1";
    assert_eq!(shop.sql(lie).await, Err("23514".into()));
}

#[tokio::test]
async fn b9_a_round_that_is_given_up_leaves_its_parcels_to_another() {
    let shop = warehouse().await;
    let id = shop.placed(&order("cod", &[("MUG-1", 3)])).await;
    shop.run("select sp_create_pick_batch('ACC')").await;
    for _ in 0..2 {
        shop.run("select sp_cancel_pick_batch(1)").await;
    }
    assert_eq!(parcels(&shop).await, "pending");
    assert_eq!(
        shop.sql("select sp_confirm_pick(1, 3)").await,
        Err("P0STT".into())
    );
    assert_eq!(shop.number("select sp_create_pick_batch('ACC')").await, 2);
    shop.run(&format!("select sp_cancel_order({id}, 'Ama', 'no')"))
        .await;
    assert_eq!(
        shop.sql("select sp_confirm_pick(2, 3)").await,
        Err("P0STT".into()),
        "nobody packs what was cancelled"
    );
    shop.assert_books_balance().await;
}
