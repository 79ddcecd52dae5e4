//! What placing an order writes, and what it refuses.

use serde_json::{Value, json};
use stevedore_model::orders::{self, NewOrder, PlaceError, Shortage};

use crate::shop::{SHOP, Shop, order};

fn codes(problems: &[stevedore_model::problems::FieldProblem]) -> Vec<(&str, &str)> {
    problems
        .iter()
        .map(|problem| (problem.field.as_str(), problem.code.as_ref()))
        .collect()
}

#[tokio::test]
async fn payment_on_delivery_is_confirmed_at_once_with_stock_fulfilment_jobs_and_notice() {
    let shop = Shop::stocked(10).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let new = NewOrder::parse(&order("cod", &[("DATA", 2), ("MUG-1", 1)])).unwrap();
    let placed = orders::place(shop.pool(), SHOP, &new, None, [0; 32], Some(trace))
        .await
        .unwrap();
    assert_eq!(placed.order_status, "confirmed");
    assert!(
        placed.order_number.starts_with("ORD-"),
        "{}",
        placed.order_number
    );
    assert_eq!(placed.response["total_amount"], 3_000);
    assert_eq!(placed.response["lines"].as_array().unwrap().len(), 2);

    let view = shop.order(placed.order_id).await;
    let states: Vec<_> = view
        .history
        .iter()
        .filter(|row| row.axis == "order")
        .map(|row| row.to_status.as_str())
        .collect();
    assert_eq!(states, ["pending", "confirmed"]);
    assert_eq!(
        view.fulfillments.len(),
        2,
        "a digital line is a fulfilment of its own"
    );
    assert_eq!(shop.stock("DATA").await, (10, 0, 2));
    let jobs = "select count(*) from queue.jobs";
    assert_eq!(
        shop.number(&format!("{jobs} where kind = 'fulfil_order'"))
            .await,
        2
    );
    assert_eq!(
        shop.number(&format!("{jobs} where kind = 'send_notification'"))
            .await,
        1
    );
    let traced = format!("{jobs} where trace_context = '{trace}'");
    assert_eq!(
        shop.number(&traced).await,
        3,
        "jobs carry the request's trace on"
    );
    let grouped = format!("{jobs} where group_key = 'order:{}'", placed.order_id);
    assert_eq!(shop.number(&grouped).await, 2);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn other_payments_wait_with_their_stock_reserved() {
    let shop = Shop::stocked(10).await;
    let order_id = shop.placed(&order("stripe", &[("MUG-1", 3)])).await;
    let view = shop.order(order_id).await;
    assert_eq!(view.order_status, "pending");
    assert!(view.expires_at.is_some());
    assert_eq!(shop.stock("MUG-1").await, (10, 3, 0));
    assert_eq!(shop.number("select count(*) from queue.jobs").await, 0);
    assert_eq!(
        shop.number("select item_count from vw_pending_orders")
            .await,
        1
    );
}

#[tokio::test]
async fn too_little_stock_refuses_the_whole_order_and_names_every_short_item() {
    let shop = Shop::open().await;
    shop.receive("MUG-1", "ACC", 2).await;
    shop.receive("MUG-1", "KUM", 1).await;
    shop.receive("MUG-2", "ACC", 9).await;
    let cart = order(
        "cod",
        &[("MUG-1", 2), ("MUG-2", 1), ("MUG-1", 2), ("MUG-3", 1)],
    );
    let Err(PlaceError::OutOfStock(short)) = shop.place(&cart).await else {
        panic!("placed")
    };
    let shortage = |sku: &str, requested, available| Shortage {
        sku: sku.into(),
        requested,
        available,
    };
    assert_eq!(short, [shortage("MUG-1", 4, 3), shortage("MUG-3", 1, 0)]);
    for table in [
        "orders",
        "order_items",
        "inventory_reservations",
        "notification_queue",
        "order_state_history",
        "idempotency_keys",
        "queue.jobs",
    ] {
        let rows = shop.number(&format!("select count(*) from {table}")).await;
        assert_eq!(rows, 0, "{table} has rows of a refused order");
    }
    assert_eq!(shop.stock("MUG-2").await, (9, 0, 0));
}

#[tokio::test]
async fn one_location_that_has_everything_is_preferred_and_a_split_is_the_last_resort() {
    let shop = Shop::open().await;
    shop.receive("MUG-1", "ACC", 5).await;
    shop.receive("MUG-1", "KUM", 5).await;
    shop.receive("MUG-2", "KUM", 5).await;
    let places = "select string_agg(distinct lo.code, ',' order by lo.code)
        from inventory_reservations as r join locations as lo using (tenant_id, location_id)
        where r.order_id =";
    let both = shop
        .placed(&order("cod", &[("MUG-1", 2), ("MUG-2", 2)]))
        .await;
    assert_eq!(shop.text(&format!("{places} {both}")).await, "KUM");
    let one = shop.placed(&order("cod", &[("MUG-1", 2)])).await;
    assert_eq!(
        shop.text(&format!("{places} {one}")).await,
        "ACC",
        "priority decides"
    );
    let split = shop.placed(&order("cod", &[("MUG-1", 6)])).await;
    assert_eq!(shop.text(&format!("{places} {split}")).await, "ACC,KUM");
    assert_eq!(
        shop.fulfillments(split).await.len(),
        2,
        "a parcel per location"
    );
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a3_the_catalogue_answers_all_problems_at_once() {
    let shop = Shop::stocked(5).await;
    shop.run("update product_variants set status = 'archived' where sku = 'MUG-4'")
        .await;
    let mut cart = order(
        "cod",
        &[("MUG-1", 1), ("NONE", 1), ("MUG-4", 1), ("DATA", 1)],
    );
    cart["lines"][0]["unit_price"] = json!(999);
    cart["lines"][3]
        .as_object_mut()
        .unwrap()
        .remove("recipient_phone");
    cart.as_object_mut().unwrap().remove("shipping_address");
    let Err(PlaceError::Invalid(problems)) = shop.place(&cart).await else {
        panic!("placed")
    };
    assert_eq!(
        codes(&problems),
        [
            ("shipping_address", "required"),
            ("lines[0].unit_price", "price_mismatch"),
            ("lines[1].sku", "unknown_sku"),
            ("lines[2].sku", "not_for_sale"),
            ("lines[3].recipient_phone", "required"),
        ]
    );
    let mut cart = order("cod", &[("MUG-1", 1)]);
    cart["currency"] = json!("USD");
    let Err(PlaceError::Invalid(problems)) = shop.place(&cart).await else {
        panic!("placed")
    };
    assert_eq!(codes(&problems), [("lines[0].sku", "currency_mismatch")]);
}

#[tokio::test]
async fn a4_sums_are_recomputed_and_must_match() {
    let shop = Shop::stocked(5).await;
    let mut cart = order("cod", &[("MUG-1", 2)]);
    cart["shipping_fee"] = json!(500);
    cart["discount_amount"] = json!(100);
    cart["subtotal"] = json!(1_999);
    cart["total_amount"] = json!(2_000);
    let Err(PlaceError::Invalid(problems)) = shop.place(&cart).await else {
        panic!("placed")
    };
    assert_eq!(
        codes(&problems),
        [("subtotal", "wrong_total"), ("total_amount", "wrong_total")]
    );
    cart["subtotal"] = json!(2_000);
    cart["total_amount"] = json!(2_400);
    let placed = shop.place(&cart).await.unwrap();
    assert_eq!(placed.response["total_amount"], 2_400);
    cart["discount_amount"] = json!(9_000);
    cart.as_object_mut().unwrap().remove("total_amount");
    let Err(PlaceError::Invalid(problems)) = shop.place(&cart).await else {
        panic!("placed")
    };
    assert_eq!(codes(&problems), [("discount_amount", "out_of_range")]);
}

#[tokio::test]
async fn any_json_gets_an_answer_from_the_catalogue_check() {
    let shop = Shop::open().await;
    let raw = [
        json!(null),
        json!(3),
        json!([]),
        json!({}),
        json!({"lines": 3}),
        json!({"lines": [3, []]}),
        json!({"lines": [{"sku": "a\0b", "quantity": 1e300}], "currency": {}, "customer": []}),
        json!({"lines": [{"sku": {}, "quantity": "x"}], "total_amount": -1e18, "subtotal": []}),
    ];
    let raw: Vec<&Value> = raw.iter().collect();
    let problems = orders::problems(shop.pool(), SHOP, &raw).await.unwrap();
    assert_eq!(problems.len(), raw.len());
    for (raw, problems) in raw.iter().zip(problems) {
        assert!(!problems.is_empty(), "{raw}");
    }
}

#[tokio::test]
async fn another_shop_sees_neither_catalogue_nor_orders() {
    let shop = Shop::stocked(5).await;
    let order_id = shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    let other = stevedore_model::TenantId(sqlx::types::Uuid::from_u128(2));
    assert!(
        orders::get(shop.pool(), other, order_id)
            .await
            .unwrap()
            .is_none()
    );
    let new = NewOrder::parse(&order("cod", &[("MUG-1", 1)])).unwrap();
    let refused = orders::place(shop.pool(), other, &new, None, [0; 32], None).await;
    let Err(PlaceError::Invalid(problems)) = refused else {
        panic!("placed")
    };
    assert_eq!(codes(&problems), [("lines[0].sku", "unknown_sku")]);
}

#[tokio::test]
async fn a_customer_without_mail_is_warned_about_and_gets_no_job() {
    let shop = Shop::stocked(5).await;
    let mut cart = order("cod", &[("MUG-1", 1)]);
    cart["customer"].as_object_mut().unwrap().remove("email");
    let placed = shop.place(&cart).await.unwrap();
    assert_eq!(placed.response["warnings"][0]["code"], "no_email");
    let skipped = "select count(*) from notification_queue where skip_reason = 'no_address'";
    assert_eq!(shop.number(skipped).await, 1);
    let jobs = "select count(*) from queue.jobs where kind = 'send_notification'";
    assert_eq!(shop.number(jobs).await, 0);
}

#[tokio::test]
async fn a4_numbers_that_are_whole_only_in_value_are_problems_not_crashes() {
    let shop = Shop::stocked(5).await;
    let refused = shop
        .sql(
            r#"select * from create_order('{"customer": {"name": "Ama"}, "currency": "GHS",
            "payment_method": "cod", "shipping_fee": 0.0, "tax_amount": "x",
            "shipping_address": {}, "lines": [{"sku": "MUG-1", "quantity": 1.0}]}',
            null, null, null)"#,
        )
        .await;
    assert_eq!(refused, Err("P0VAL".into()));
}
