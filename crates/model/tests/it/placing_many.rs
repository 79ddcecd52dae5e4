//! Placing many orders in one transaction, each by itself.

use serde_json::{Value, json};
use stevedore_model::orders::{self, NewOrder, PlaceError, PlaceRequest, Placed};

use tokio::task::JoinSet;

use crate::shop::{SHOP, Shop, order};

fn request(order: &Value, key: Option<&str>) -> PlaceRequest {
    PlaceRequest {
        order: NewOrder::parse(order).unwrap(),
        idempotency_key: key.map(str::to_owned),
        request_hash: [7; 32],
        traceparent: None,
    }
}

async fn place_many(shop: &Shop, requests: &[PlaceRequest]) -> Vec<Result<Placed, PlaceError>> {
    orders::place_many(shop.pool(), SHOP, requests)
        .await
        .unwrap()
}

#[tokio::test]
async fn a16_orders_that_are_refused_leave_the_others_alone() {
    let shop = Shop::stocked(3).await;
    let requests: Vec<PlaceRequest> = [
        order("stripe", &[("MUG-1", 2), ("MUG-2", 1)]),
        order("cod", &[("MUG-1", 2)]),
        order("stripe", &[("NONE", 1)]),
        order("cod", &[("MUG-1", 1), ("DATA", 1)]),
    ]
    .iter()
    .map(|order| request(order, None))
    .collect();
    let results = place_many(&shop, &requests).await;
    let told: Vec<String> = results
        .iter()
        .map(|result| match result {
            Ok(placed) => placed.order_status.clone(),
            Err(PlaceError::OutOfStock(short)) => format!("short of {}", short[0].available),
            Err(PlaceError::Invalid(problems)) => problems[0].code.to_string(),
            Err(error) => panic!("{error:?}"),
        })
        .collect();
    assert_eq!(told, ["pending", "short of 1", "unknown_sku", "confirmed"]);
    assert_eq!(shop.number("select count(*) from orders").await, 2);
    assert_eq!(shop.stock("MUG-1").await, (3, 2, 1));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a16_what_was_answered_under_a_key_is_answered_again_and_the_rest_is_placed() {
    let shop = Shop::stocked(10).await;
    let mugs = order("stripe", &[("MUG-1", 1)]);
    let first = place_many(&shop, &[request(&mugs, Some("a"))]).await;
    let mut other = request(&mugs, Some("a"));
    let keys = [Some("b"), Some("a"), None];
    let requests = keys.map(|key| request(&mugs, key));
    let again = place_many(&shop, &requests).await;
    let replayed: Vec<bool> = again.iter().map(|r| r.as_ref().unwrap().replayed).collect();
    assert_eq!(replayed, [false, true, false]);
    let (first, second) = (first[0].as_ref().unwrap(), again[1].as_ref().unwrap());
    assert_eq!(first.response, second.response);
    other.request_hash = [8; 32];
    assert!(matches!(
        place_many(&shop, &[other]).await[0],
        Err(PlaceError::KeyReused)
    ));
    assert_eq!(shop.number("select count(*) from orders").await, 3);
}

#[tokio::test]
async fn a16_a_key_in_flight_elsewhere_is_not_waited_for() {
    let shop = Shop::stocked(10).await;
    let mugs = order("stripe", &[("MUG-1", 1)]);
    let mut tx = shop.pool().begin().await.unwrap();
    let held = request(&mugs, Some("a"));
    orders::place(&mut *tx, SHOP, &held.order, Some("a"), [7; 32], None)
        .await
        .unwrap();
    let both = [held, request(&order("stripe", &[("MUG-2", 1)]), Some("b"))];
    let results = place_many(&shop, &both).await;
    assert!(matches!(results[0], Err(PlaceError::KeyInFlight)));
    assert!(results[1].is_ok());
    tx.commit().await.unwrap();
    assert!(place_many(&shop, &both).await[0].as_ref().unwrap().replayed);
}

#[tokio::test]
async fn a1_an_order_says_who_buys_from_where_and_who_pays() {
    let shop = Shop::stocked(10).await;
    let mut mugs = order("stripe", &[("MUG-1", 1)]);
    mugs["customer"]["id"] = json!("cust-7");
    mugs["ip_address"] = json!("2001:db8::7");
    mugs["user_agent"] = json!("Mozilla/5.0");
    mugs["billing_address"] = mugs["shipping_address"].clone();
    mugs["billing_address"]["city"] = json!("Kumasi");
    let mut again = mugs.clone();
    again["customer"]["name"] = json!("Ama Serwaa Mensah");
    again["customer"].as_object_mut().unwrap().remove("email");
    let requests = [request(&mugs, None), request(&again, None)];
    for result in place_many(&shop, &requests).await {
        result.unwrap();
    }
    let said = shop
        .text(
            "select concat_ws('|', count(*), min(host(ip_address)), min(user_agent),
                min(billing_address->>'city'), count(distinct customer_id))
            from orders",
        )
        .await;
    assert_eq!(said, "2|2001:db8::7|Mozilla/5.0|Kumasi|1");
    let known = shop
        .text("select concat_ws('|', customer_code, name, email) from customers")
        .await;
    let email = mugs["customer"]["email"].as_str().unwrap();
    assert_eq!(known, format!("cust-7|Ama Serwaa Mensah|{email}"));
}

#[tokio::test]
async fn a16_orders_that_are_not_written_say_nothing_of_their_customers() {
    let shop = Shop::stocked(3).await;
    let bought_by = |customer: &str, name: &str, lines: &[(&str, i64)]| {
        let mut order = order("stripe", lines);
        order["customer"]["id"] = json!(customer);
        order["customer"]["name"] = json!(name);
        order
    };
    let mug = [("MUG-1", 1)];
    let old = request(&bought_by("cust-1", "Old", &mug), Some("a"));
    place_many(&shop, std::slice::from_ref(&old)).await;
    place_many(&shop, &[request(&bought_by("cust-1", "New", &mug), None)]).await;
    let requests = [
        old,
        request(&bought_by("cust-2", "Short", &[("MUG-1", 2)]), None),
        request(&bought_by("cust-3", "Invalid", &[("NONE", 1)]), None),
        request(&bought_by("cust-4", "Placed", &mug), None),
    ];
    let results = place_many(&shop, &requests).await;
    let is_placed: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(is_placed, [true, false, false, true]);
    let known = shop
        .text(
            "select string_agg(concat_ws(' ', customer_code, name), ', ' order by customer_code)
            from customers",
        )
        .await;
    assert_eq!(known, "cust-1 New, cust-4 Placed");
}

#[tokio::test]
async fn a16_orders_that_get_in_each_others_way_are_served_in_their_order() {
    let shop = Shop::stocked(5).await;
    let units = [3, 3, 2, 1];
    let requests = units.map(|n| request(&order("stripe", &[("MUG-1", n)]), None));
    let results = place_many(&shop, &requests).await;
    let placed: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(placed, [true, false, true, false]);
    let Err(PlaceError::OutOfStock(short)) = &results[1] else {
        panic!("{:?}", results[1])
    };
    assert_eq!((short[0].requested, short[0].available), (3, 2));
    assert_eq!(shop.stock("MUG-1").await, (5, 5, 0));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b3_batches_in_any_order_of_goods_meet_without_deadlock_or_oversell() {
    let shop = Shop::stocked(60).await;
    let skus = ["MUG-1", "MUG-2", "MUG-3", "MUG-4"];
    let batch = |lane: usize| -> Vec<PlaceRequest> {
        (0..12)
            .map(|n| {
                let (a, b) = ((n + lane) % 4, (n + lane + 1 + n % 3) % 4);
                request(&order("cod", &[(skus[a], 2), (skus[b], 1)]), None)
            })
            .collect()
    };
    let batches: Vec<_> = (0..16).map(batch).collect();
    let mut placing = JoinSet::new();
    for batch in batches {
        let pool = shop.pool().clone();
        placing.spawn(async move { orders::place_many(&pool, SHOP, &batch).await });
    }
    let mut placed = 0;
    for result in placing
        .join_all()
        .await
        .into_iter()
        .flat_map(Result::unwrap)
    {
        match result {
            Ok(_) => placed += 1,
            Err(PlaceError::OutOfStock(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    let left = shop
        .number("select sum(available) from inventory_levels where on_hand = 60")
        .await;
    assert!(placed >= 70, "{placed} placed, {left} left");
    shop.assert_books_balance().await;
}
