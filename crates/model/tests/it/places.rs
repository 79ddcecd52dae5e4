//! Stock that moves between places, is counted, and runs low.

use stevedore_model::orders;

use crate::shop::{SHOP, Shop, order};

/// `on hand/incoming` of `MUG-1` at `ACC` and `KUM`.
async fn ends(shop: &Shop) -> String {
    shop.text(
        "select string_agg(on_hand || '/' || incoming, ' ' order by location_code)
         from vw_inventory_status where sku = 'MUG-1' and location_code in ('ACC', 'KUM')",
    )
    .await
}

const LINES: &str = r#"[{"sku": "MUG-1", "quantity": 4}, {"sku": "MUG-2", "quantity": 1}]"#;

async fn transfer(shop: &Shop) {
    shop.run(&format!(
        "select sp_create_transfer('ACC', 'KUM', '{LINES}', 'for the market')"
    ))
    .await;
}

#[tokio::test]
async fn b1_a_transfer_leaves_one_location_and_arrives_at_the_other_in_parts() {
    let shop = Shop::stocked(10).await;
    transfer(&shop).await;
    assert_eq!(ends(&shop).await, "10/0");
    for _ in 0..2 {
        shop.run("select sp_ship_transfer(1)").await;
    }
    assert_eq!(ends(&shop).await, "6/0 0/4");
    let part = r#"select sp_receive_transfer(1, '[{"sku": "MUG-1", "quantity": 3}]')"#;
    assert_eq!(shop.text(part).await, "shipped");
    assert_eq!(ends(&shop).await, "6/0 3/1");
    assert_eq!(shop.sql(part).await, Err("23514".into()), "more than left");
    let rest = "select sp_receive_transfer(1)";
    assert_eq!(shop.text(rest).await, "received");
    assert_eq!(ends(&shop).await, "6/0 4/0");
    assert_eq!(shop.sql(rest).await, Err("P0STT".into()));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b1_what_a_transfer_loses_is_awaited_no_longer() {
    let shop = Shop::stocked(10).await;
    transfer(&shop).await;
    shop.run("select sp_ship_transfer(1)").await;
    let last = r#"select sp_receive_transfer(1, '[{"sku": "MUG-1", "quantity": 3}]', true)"#;
    assert_eq!(shop.text(last).await, "received");
    assert_eq!(ends(&shop).await, "6/0 3/0");
    assert_eq!(shop.stock("MUG-2").await, (9, 0, 0));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b1_a_transfer_takes_no_promised_units_and_obeys_its_states_whoever_writes() {
    let shop = Shop::stocked(4).await;
    transfer(&shop).await;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    for (text, expected) in [
        ("select sp_ship_transfer(1)", "P0INV"),
        ("select sp_ship_transfer(7)", "P0NOF"),
        ("select sp_receive_transfer(1)", "P0STT"),
        ("update stock_transfers set status = 'received'", "P0STT"),
        ("update stock_transfers set to_location_id = 3", "42501"),
        ("delete from stock_transfers", "42501"),
        ("select sp_create_transfer('ACC', 'ACC', '[]')", "P0VAL"),
        (
            "select sp_create_transfer('ACC', 'KUM', '[{\"sku\": \"NONE\", \"quantity\": 0}]')",
            "P0VAL",
        ),
        ("select sp_create_transfer('ACC', 'MOON', '[]')", "P0NOF"),
    ] {
        assert_eq!(shop.sql(text).await, Err(expected.into()), "{text}");
    }
    for _ in 0..2 {
        shop.run("select sp_cancel_transfer(1)").await;
    }
    let late = "insert into stock_transfer_items values (current_tenant_id(), 1, 3, 1)";
    assert_eq!(shop.sql(late).await, Err("42501".into()));
    assert_eq!(shop.stock("MUG-1").await, (4, 0, 1));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b1_a_count_corrects_what_did_not_change_meanwhile_and_asks_for_the_rest_again() {
    let shop = Shop::stocked(5).await;
    shop.run("select sp_start_count('ACC', '{MUG-1,MUG-2}')")
        .await;
    shop.run("select sp_record_count(1, 'MUG-1', 4)").await;
    shop.run("select sp_record_count(1, 'MUG-2', 5)").await;
    shop.receive("MUG-2", "ACC", 3).await;
    let complete = "select sp_complete_count(1, 'yearly')";
    assert_eq!(
        shop.text(complete).await,
        r#"[{"sku": "MUG-2", "expected": 8}]"#
    );
    assert_eq!(shop.stock("MUG-1").await, (4, 0, 0));
    assert_eq!(shop.stock("MUG-2").await, (8, 0, 0));
    shop.run("select sp_record_count(1, 'MUG-2', 7)").await;
    for _ in 0..2 {
        assert_eq!(shop.text(complete).await, "[]");
    }
    assert_eq!(shop.stock("MUG-2").await, (7, 0, 0));
    for (text, expected) in [
        ("select sp_record_count(1, 'MUG-2', 7)", "P0STT"),
        ("select sp_record_count(9, 'MUG-2', 7)", "P0NOF"),
        ("select sp_record_count(1, 'MUG-2', -1)", "P0VAL"),
        ("select sp_start_count('MOON')", "P0NOF"),
        ("select sp_start_count('ACC', '{NONE}')", "P0NOF"),
    ] {
        assert_eq!(shop.sql(text).await, Err(expected.into()), "{text}");
    }
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b1_a_size_has_its_own_stock_quantity_and_a_kit_that_of_its_scarcest_part() {
    let shop = Shop::stocked(9).await;
    shop.run(
        "update product_variants set size = 'XL' where sku = 'MUG-1';
         delete from variant_inventory_items where variant_id =
           (select variant_id from product_variants where sku = 'MUG-4');
         insert into variant_inventory_items (variant_id, inventory_item_id, required_quantity)
         select v.variant_id, i.inventory_item_id, 2
         from product_variants as v cross join inventory_items as i
         where v.sku = 'MUG-4' and i.sku in ('MUG-1', 'MUG-2');
         update inventory_items set track_inventory = false where sku = 'HAND'",
    )
    .await;
    shop.receive("MUG-1", "KUM", 2).await;
    shop.placed(&order("cod", &[("MUG-2", 2)])).await;
    let stock = "select string_agg(concat_ws(':', sku, size, stock_quantity, available_quantity,
        stock_status), ' ' order by sku) from vw_product_stock where sku <> 'DATA'";
    assert_eq!(
        shop.text(stock).await,
        "HAND:UNTRACKED MUG-1:XL:11:11:IN_STOCK MUG-2:9:7:IN_STOCK MUG-3:9:9:IN_STOCK \
         MUG-4:4:3:IN_STOCK"
    );
}

const TOLD: &str = "select count(*) from notification_queue where notification_type = 'low_stock'";

#[tokio::test]
async fn b8_low_stock_is_told_once_per_crossing_with_its_job_in_the_same_transaction() {
    let shop = Shop::stocked(6).await;
    shop.run("insert into stock_settings (alert_email) values ('boss@example.com')")
        .await;
    // The threshold of the shop's items is 2.
    let id = shop.placed(&order("stripe", &[("MUG-1", 3)])).await;
    assert_eq!(shop.number(TOLD).await, 0);
    let refused = shop
        .place(&order("cod", &[("MUG-1", 2), ("MUG-2", 99)]))
        .await;
    assert!(refused.is_err());
    assert_eq!(shop.number(TOLD).await, 0, "refused orders tell nothing");
    shop.placed(&order("stripe", &[("MUG-1", 2)])).await;
    shop.placed(&order("stripe", &[("MUG-1", 1)])).await;
    assert_eq!(shop.number(TOLD).await, 1, "already low is no crossing");
    let what = "select concat_ws(' ', recipient, status, payload->>'sku', payload->>'location',
        payload->>'available') from notification_queue where notification_type = 'low_stock'";
    assert_eq!(
        shop.text(what).await,
        "boss@example.com pending MUG-1 ACC 1"
    );
    let jobs = "select count(*) from queue.jobs where kind = 'send_notification'";
    assert_eq!(shop.number(jobs).await, 1);

    orders::cancel(shop.pool(), SHOP, id, "Ama", "no")
        .await
        .unwrap();
    assert_eq!(shop.number(TOLD).await, 1, "upwards is none");
    shop.placed(&order("stripe", &[("MUG-1", 2)])).await;
    assert_eq!(shop.number(TOLD).await, 2);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b8_the_threshold_is_the_items_own_else_the_shops_setting() {
    let shop = Shop::stocked(9).await;
    shop.run("update inventory_items set low_stock_threshold = 7 where sku = 'MUG-1'")
        .await;
    shop.placed(&order("stripe", &[("MUG-1", 2), ("MUG-2", 2)]))
        .await;
    let told = "select string_agg(payload->>'sku' || ' ' || status || ' ' || skip_reason, ',')
        from notification_queue where notification_type = 'low_stock'";
    assert_eq!(shop.text(told).await, "MUG-1 skipped no_address");

    let threshold = "insert into inventory_items (sku) values ('NEW-' || random())
        returning low_stock_threshold";
    let new_item = || sqlx::query_scalar::<_, i32>(threshold).fetch_one(shop.pool());
    assert_eq!(new_item().await.unwrap(), 10);
    shop.run("insert into stock_settings (low_stock_threshold) values (3)")
        .await;
    assert_eq!(new_item().await.unwrap(), 3);
}

#[tokio::test]
async fn b5_stock_is_restored_once_whatever_says_so_how_often_and_in_which_order() {
    for [first, second] in [
        ["PAYMENT_FAILED", "ORDER_CANCELLED"],
        ["ORDER_CANCELLED", "PAYMENT_FAILED"],
    ] {
        let shop = Shop::stocked(5).await;
        let id = shop
            .placed(&order("stripe", &[("MUG-1", 2), ("DATA", 1)]))
            .await;
        let restore = |reason: &str| format!("select restore_stock({id}, '{reason}')");
        assert_eq!(shop.number(&restore(first)).await, 3);
        for again in [first, second, first, second] {
            assert_eq!(shop.number(&restore(again)).await, 0, "{first} {again}");
        }
        assert_eq!(shop.stock("MUG-1").await, (5, 0, 0));
        assert_eq!(shop.stock("DATA").await, (5, 0, 0));
        let reason = "select min(released_reason) || max(released_reason)
            from inventory_reservations";
        assert_eq!(shop.text(reason).await, format!("{first}{first}"));
        shop.assert_books_balance().await;
    }
    let shop = Shop::stocked(5).await;
    let id = shop.placed(&order("cod", &[("MUG-1", 2)])).await;
    for (reason, expected) in [("LOST", "P0VAL"), ("PAYMENT_FAILED", "P0STT")] {
        let call = format!("select restore_stock({id}, '{reason}')");
        assert_eq!(shop.sql(&call).await, Err(expected.into()));
    }
    let unknown = "select restore_stock(404, 'ORDER_CANCELLED')";
    assert_eq!(shop.sql(unknown).await, Err("P0NOF".into()));
}
