//! Placing many orders in one transaction, each by itself.

use serde_json::{Value, json};
use stevedore_model::orders::{self, NewOrder, PlaceError, PlaceRequest, Placed};

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
    orders::place_many(&mut *tx, SHOP, std::slice::from_ref(&held))
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
