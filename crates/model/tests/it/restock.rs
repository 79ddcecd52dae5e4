//! Units that go another way than the rest of their line: back, apart, in parts.

use stevedore_model::fulfillments;

use crate::shop::{SHOP, Shop, order};

/// A shop with 10 of each, and one line of 5 `MUG-1` that was delivered.
async fn delivered() -> Shop {
    let shop = Shop::stocked(10).await;
    let order_id = shop.placed(&order("cod", &[("MUG-1", 5)])).await;
    let id = shop.fulfillments(order_id).await[0];
    fulfillments::begin(shop.pool(), SHOP, id).await.unwrap();
    fulfillments::deliver(shop.pool(), SHOP, id, None)
        .await
        .unwrap();
    assert_eq!(shop.stock("MUG-1").await, (5, 0, 0));
    shop
}

fn restock(quantity: i64, disposition: &str) -> String {
    format!(
        "select restock(current_tenant_id(), 1, (select location_id from locations
           where code = 'KUM'), {quantity}, '{disposition}', 7)"
    )
}

/// `status=quantity` of all promises, by id.
async fn promises(shop: &Shop) -> String {
    shop.text(
        "select string_agg(status || '=' || quantity, ' ' order by reservation_id)
         from inventory_reservations",
    )
    .await
}

#[tokio::test]
async fn b5_units_that_come_back_are_sold_again_or_kept_apart_as_damaged() {
    let shop = delivered().await;
    shop.run(&restock(2, "restocked")).await;
    shop.run(&restock(1, "damaged")).await;
    assert_eq!(shop.stock("MUG-1").await, (7, 0, 0));
    let kumasi = "select on_hand || '+' || damaged from vw_inventory_status
        where sku = 'MUG-1' and location_code = 'KUM'";
    assert_eq!(shop.text(kumasi).await, "2+1");
    assert_eq!(promises(&shop).await, "fulfilled=2 returned=2 returned=1");
    let ledger = "select string_agg(kind || ' ' || return_id, ', ' order by stock_movement_id)
        from stock_movements where return_id is not null";
    assert_eq!(shop.text(ledger).await, "returned 7, damaged 7");
    shop.placed(&order("cod", &[("MUG-1", 7)])).await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b5_a_line_never_brings_back_more_than_left_with_it() {
    let shop = delivered().await;
    shop.run(&restock(3, "restocked")).await;
    assert_eq!(shop.sql(&restock(3, "damaged")).await, Err("P0VAL".into()));
    shop.run(&restock(2, "restocked")).await;
    for (quantity, disposition) in [(1, "restocked"), (0, "restocked"), (1, "eaten")] {
        let refused = shop.sql(&restock(quantity, disposition)).await;
        assert_eq!(refused, Err("P0VAL".into()), "{quantity} {disposition}");
    }
    let unknown = "select restock(current_tenant_id(), 99, 1, 1, 'restocked', null)";
    assert_eq!(shop.sql(unknown).await, Err("P0NOF".into()));
    assert_eq!(shop.stock("MUG-1").await, (10, 0, 0));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b5_units_of_a_line_are_given_back_part_by_part_and_never_twice() {
    let shop = Shop::open().await;
    shop.receive("MUG-1", "ACC", 3).await;
    shop.receive("MUG-1", "KUM", 2).await;
    shop.placed(&order("stripe", &[("MUG-1", 5)])).await;
    let release = |units: i64| {
        let call = format!("select release_units(current_tenant_id(), 1, {units}, 'FEWER')");
        async {
            let text = call;
            shop.number(&text).await
        }
    };
    assert_eq!(release(1).await, 1);
    assert_eq!(promises(&shop).await, "reserved=3 reserved=1 released=1");
    assert_eq!(release(2).await, 2);
    assert_eq!(shop.stock("MUG-1").await, (5, 2, 0));
    assert_eq!(release(9).await, 2);
    assert_eq!(release(1).await, 0);
    assert_eq!(shop.stock("MUG-1").await, (5, 0, 0));
    let refused = "select release_units(current_tenant_id(), 1, 0, 'x')";
    assert_eq!(shop.sql(refused).await, Err("P0VAL".into()));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b6_a_fulfilment_takes_the_units_that_it_delivers_and_leaves_the_rest() {
    let shop = Shop::stocked(10).await;
    let order_id = shop.placed(&order("cod", &[("HAND", 5)])).await;
    let whole = shop.fulfillments(order_id).await[0];
    // Split by hand: two units in a parcel of their own, out of the same promise.
    shop.run(&format!(
        "insert into fulfillments (order_id, provider_code) values ({order_id}, 'manual');
         insert into fulfillment_items
           (fulfillment_id, order_id, order_item_id, reservation_id, quantity)
         select max(f.fulfillment_id), {order_id}, 1, 1, 2 from fulfillments as f;
         update fulfillment_items set quantity = 3 where fulfillment_id = {whole}"
    ))
    .await;
    let ship = |id: i64| {
        format!(
            "update fulfillments set status = 'picking' where fulfillment_id = {id};
             update fulfillments set status = 'packed' where fulfillment_id = {id};
             update fulfillments set status = 'shipped' where fulfillment_id = {id}"
        )
    };
    shop.run(&ship(whole + 1)).await;
    assert_eq!(shop.stock("HAND").await, (8, 0, 3));
    shop.run(&format!(
        "update fulfillments set status = 'delivered' where fulfillment_id = {}",
        whole + 1
    ))
    .await;
    assert_eq!(shop.stock("HAND").await, (8, 0, 3), "twice is once");
    shop.run(&ship(whole)).await;
    assert_eq!(shop.stock("HAND").await, (5, 0, 0));
    assert_eq!(promises(&shop).await, "fulfilled=3 fulfilled=2");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b6_a_promise_is_split_into_parts_of_the_same_only() {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("stripe", &[("MUG-1", 5)])).await;
    let part = |quantity: i64, status: &str, from: i64| {
        format!(
            "insert into inventory_reservations (order_id, order_item_id, inventory_item_id,
               location_id, quantity, status, expires_at, split_from)
             select order_id, order_item_id, inventory_item_id, location_id, {quantity},
               '{status}', expires_at, {from}
             from inventory_reservations where reservation_id = 1"
        )
    };
    for (text, expected) in [
        (part(5, "reserved", 1), "23514"),
        (part(6, "reserved", 1), "23514"),
        (part(1, "committed", 1), "42501"),
        (part(1, "reserved", 99), "42501"),
        (
            "update inventory_reservations set quantity = 4".to_owned(),
            "42501",
        ),
    ] {
        assert_eq!(shop.sql(&text).await, Err(expected.into()), "{text}");
    }
    shop.run(&part(2, "reserved", 1)).await;
    assert_eq!(promises(&shop).await, "reserved=3 reserved=2");
    assert_eq!(shop.stock("MUG-1").await, (10, 5, 0));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b6_each_kind_of_movement_moves_what_its_name_says() {
    let shop = Shop::stocked(10).await;
    let movement = |kind: &str, on_hand: i64, incoming: i64, damaged: i64| {
        format!(
            "insert into stock_movements (inventory_item_id, location_id, kind, on_hand_delta,
               incoming_delta, damaged_delta, reason)
             values (1, 1, '{kind}', {on_hand}, {incoming}, {damaged}, 'x')"
        )
    };
    for legal in [
        movement("incoming", 0, 5, 0),
        movement("received", 2, -2, 0),
        movement("damaged", -3, 0, 3),
        movement("written_off", 0, 0, -2),
        movement("incoming", 0, -3, 0),
    ] {
        shop.run(&legal).await;
    }
    assert_eq!(shop.stock("MUG-1").await, (9, 0, 0));
    for illegal in [
        movement("received", 0, -1, 0),
        movement("damaged", 1, 0, 3),
        movement("damaged", 0, 0, 0),
        movement("written_off", 0, 0, -2),
        movement("incoming", 0, -1, 0),
        movement("incoming", 1, 1, 0),
        movement("returned", 1, 0, 1),
        movement("transfer_out", -1, 0, 1),
        movement("adjusted", 1, 1, 0),
    ] {
        let refused = shop.sql(&illegal).await;
        assert_eq!(refused, Err("23514".into()), "{illegal}");
    }
    shop.assert_books_balance().await;
}
