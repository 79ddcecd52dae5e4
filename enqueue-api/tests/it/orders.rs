//! Orders over HTTP.

use futures::future::join_all;
use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::shop::{MUGS, an_order, an_order_of_mugs, open_shop};
use crate::support::{Answer, Api};

async fn open() -> Api {
    let api = Api::new().await;
    open_shop(&api.db).await;
    api
}

#[tokio::test]
async fn a_placed_order_is_answered_with_its_path_and_can_be_read() {
    let api = open().await;
    let answer = api.post("/v1/orders", &an_order()).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let placed: wire::PlacedOrder = serde_json::from_value(answer.body.clone()).unwrap();
    assert_eq!(
        answer.header("location"),
        format!("/v1/orders/{}", placed.order_id)
    );
    assert_eq!(
        (placed.order_status.as_str(), placed.total_amount),
        ("confirmed", 1200)
    );

    let read = api.get(answer.header("location")).await;
    let order: wire::Order = serde_json::from_value(read.body).unwrap();
    assert_eq!(order.order_number, placed.order_number);
    assert_eq!(order.customer_phone.as_deref(), Some("+233241234567"));
    assert_eq!(order.fulfillments.len(), 1);
    assert!(
        order
            .history
            .iter()
            .any(|change| change.to_status == "confirmed")
    );
}

#[tokio::test]
async fn the_answers_of_orders_are_the_documented_ones() {
    let api = open().await;
    let placed = api.post("/v1/orders", &an_order_of_mugs(2)).await;
    insta::assert_json_snapshot!("placed", placed.body, {
        ".order_id" => "[id]", ".order_number" => "[number]", ".placed_at" => "[time]",
        ".expires_at" => "[time]",
    });
    let order = api.get(placed.header("location")).await;
    insta::assert_json_snapshot!("read", order.body, {
        ".order_id" => "[id]", ".order_number" => "[number]", ".placed_at" => "[time]",
        ".expires_at" => "[time]", ".updated_at" => "[time]", ".history[].created_at" => "[time]",
        ".history[].changed_by" => "[actor]",
    });
}

#[tokio::test]
async fn an_empty_order_hears_of_every_required_field() {
    let api = open().await;
    let answer = api.post("/v1/orders", &json!({})).await;
    assert_eq!(answer.problem(), (422, "validation_failed"));
    let mut fields = answer.fields();
    fields.sort();
    let required = ["currency", "customer", "lines", "payment_method"];
    assert_eq!(
        fields,
        required.map(|field| (field.to_owned(), "required".to_owned()))
    );
}

#[tokio::test]
async fn a3_problems_of_the_shape_and_of_the_catalogue_are_told_together() {
    let api = open().await;
    let order = json!({
        "customer": { "name": "", "email": "nobody", "phone": "12", "fax": "no" },
        "currency": "XXQ",
        "payment_method": "barter",
        "lines": [
            { "sku": "NO-SUCH", "quantity": 1 },
            { "sku": "MTN-1GB", "quantity": 0, "unit_price": 1 },
            { "sku": "MUG-RED", "quantity": "2" },
            7,
            { "sku": "MUG-RED", "quantity": 1.5, "color": "red" },
        ],
        "total_amount": "a lot",
        "locale": "klingonisch",
    });
    let answer = api.post("/v1/orders", &order).await;
    assert_eq!(answer.problem(), (422, "validation_failed"));
    insta::assert_json_snapshot!("all_problems", answer.body["errors"]);
    assert_eq!(api.rows_written().await, 0);
}

/// What is put where | the field it is told about | the code.
const MISTAKES: &str = r#"
    /customer = [] | customer | wrong_type
    /customer/name = 17 | customer.name | wrong_type
    /customer/name = "a\u0000b" | customer.name | nul_character
    /customer/name = "a\nb" | customer.name | control_character
    /customer/email = "ama@" | customer.email | invalid_email
    /customer/phone = "+" | customer.phone | invalid_phone
    /currency = "ghs" | currency | unknown_currency
    /currency = "EUR" | lines[0].sku | currency_mismatch
    /payment_method = "barter" | payment_method | unknown_payment_method
    /lines = [] | lines | too_few
    /lines = {} | lines | wrong_type
    /lines/0 = null | lines[0] | wrong_type
    /lines/0/sku = "NO-SUCH" | lines[0].sku | unknown_sku
    /lines/0/sku = "\u0000" | lines[0].sku | nul_character
    /lines/0/quantity = 0 | lines[0].quantity | out_of_range
    /lines/0/quantity = -1 | lines[0].quantity | out_of_range
    /lines/0/quantity = 1.5 | lines[0].quantity | wrong_type
    /lines/0/quantity = "1" | lines[0].quantity | wrong_type
    /lines/0/quantity = 18446744073709551615 | lines[0].quantity | out_of_range
    /lines/0/unit_price = 1 | lines[0].unit_price | price_mismatch
    /lines/0/recipient_phone = null | lines[0].recipient_phone | required
    /total_amount = 1 | total_amount | wrong_total
    /total_amount = -1 | total_amount | out_of_range
    /total_amount = 1e300 | total_amount | wrong_type
"#;

#[tokio::test]
async fn a3_each_single_mistake_of_an_order_has_its_field_and_code_and_writes_nothing() {
    let api = open().await;
    for mistake in MISTAKES.trim().lines() {
        let (place, told) = mistake.trim().split_once(" | ").unwrap();
        let (pointer, value) = place.split_once(" = ").unwrap();
        let (field, code) = told.split_once(" | ").unwrap();
        let mut order = an_order();
        *order.pointer_mut(pointer).unwrap() = serde_json::from_str(value).unwrap();
        let answer = api.post("/v1/orders", &order).await;
        assert_eq!(answer.problem(), (422, "validation_failed"), "{mistake}");
        let expected = (field.to_owned(), code.to_owned());
        assert!(
            answer.fields().contains(&expected),
            "{mistake}: {}",
            answer.text
        );
        assert_eq!(api.rows_written().await, 0, "{mistake}");
    }
}

#[tokio::test]
async fn unknown_fields_are_named_wherever_they_are() {
    let api = open().await;
    for place in ["", "/customer", "/lines/0"] {
        let mut order = an_order();
        order.pointer_mut(place).unwrap()["surprise"] = json!(1);
        let answer = api.post("/v1/orders", &order).await;
        assert_eq!(answer.problem(), (422, "validation_failed"), "{place}");
        let dotted = place.trim_start_matches('/').replace("/0", "[0]");
        let dot = if dotted.is_empty() { "" } else { "." };
        let expected = (format!("{dotted}{dot}surprise"), "unknown_field".to_owned());
        assert_eq!(answer.fields(), [expected]);
    }
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn too_little_stock_is_409_with_what_is_short_and_reserves_nothing() {
    let api = open().await;
    let answer = api.post("/v1/orders", &an_order_of_mugs(MUGS + 1)).await;
    assert_eq!(answer.problem(), (409, "out_of_stock"));
    let shortages = json!([{ "sku": "MUG-RED", "requested": 21, "available": 20 }]);
    assert_eq!(answer.body["shortages"], shortages);
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn of_many_buyers_as_many_succeed_as_there_are_mugs_and_the_rest_hear_out_of_stock() {
    let api = open().await;
    let order = an_order_of_mugs(1);
    let answers = join_all((0..30).map(|_| api.post("/v1/orders", &order))).await;
    let placed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(placed, 20);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.problem(), (409, "out_of_stock"));
    }
    let reserved = "select sum(quantity)::bigint from inventory_reservations";
    assert_eq!(api.count(reserved).await, MUGS);
}

async fn place(api: &Api, order: &Value) -> String {
    let answer = api.post("/v1/orders", order).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.header("location").to_owned()
}

fn order_of(answer: Answer) -> wire::Order {
    assert_eq!(answer.status, 200, "{}", answer.text);
    serde_json::from_value(answer.body).unwrap()
}

#[tokio::test]
async fn a_cancelled_order_gives_its_stock_back_and_says_who_and_why() {
    let api = open().await;
    let path = place(&api, &an_order_of_mugs(20)).await;
    let cancel = json!({ "reason": "ordered twice" });
    let order = order_of(api.post(&format!("{path}/cancel"), &cancel).await);
    assert_eq!(order.order_status, "cancelled");
    assert_eq!(order.cancel_reason.as_deref(), Some("ordered twice"));
    assert_eq!(order.cancelled_by.as_deref(), Some("api:test"));
    let again = order_of(api.post(&format!("{path}/cancel"), &cancel).await);
    assert_eq!(again.cancelled_at, order.cancelled_at);
    place(&api, &an_order_of_mugs(20)).await;
}

#[tokio::test]
async fn a_cancellation_needs_a_reason() {
    let api = open().await;
    let path = place(&api, &an_order_of_mugs(1)).await;
    let rows = api.rows_written().await;
    for (body, code) in [
        (json!({}), "required"),
        (json!({ "reason": "" }), "too_short"),
        (json!({ "reason": "x".repeat(501) }), "too_long"),
        (json!({ "reason": "\0" }), "nul_character"),
        (json!({ "reason": 7 }), "wrong_type"),
    ] {
        let answer = api.post(&format!("{path}/cancel"), &body).await;
        assert_eq!(answer.problem(), (422, "validation_failed"), "{body}");
        assert_eq!(
            answer.fields(),
            [("reason".to_owned(), code.to_owned())],
            "{body}"
        );
    }
    let more = json!({ "reason": "x", "refund": true });
    let answer = api.post(&format!("{path}/cancel"), &more).await;
    assert_eq!(
        answer.fields(),
        [("refund".to_owned(), "unknown_field".to_owned())]
    );
    assert_eq!(api.rows_written().await, rows);
    assert_eq!(order_of(api.get(&path).await).order_status, "pending");
}

#[tokio::test]
async fn a_pending_order_is_confirmed_with_or_without_a_word() {
    let api = open().await;
    for body in ["", "{}", "null", r#"{"notes": "paid by bank transfer"}"#] {
        let path = place(&api, &an_order_of_mugs(1)).await;
        let order = order_of(api.post_bytes(&format!("{path}/confirm"), body).await);
        assert_eq!(order.order_status, "confirmed");
        let change = order
            .history
            .iter()
            .find(|change| change.to_status == "confirmed")
            .unwrap();
        assert_eq!(change.changed_by, "api:test");
        assert_eq!(change.reason.is_some(), body.contains("notes"), "{body}");
    }
}

#[tokio::test]
async fn what_an_orders_state_does_not_allow_is_409_with_both_states() {
    let api = open().await;
    let path = place(&api, &an_order_of_mugs(1)).await;
    order_of(
        api.post(&format!("{path}/cancel"), &json!({ "reason": "x" }))
            .await,
    );
    let rows = api.rows_written().await;
    let answer = api.post_bytes(&format!("{path}/confirm"), "").await;
    assert_eq!(answer.problem(), (409, "illegal_transition"));
    assert_eq!(answer.body["from"], "cancelled");
    assert_eq!(answer.body["to"], "confirmed");
    assert_eq!(api.rows_written().await, rows);
}

#[tokio::test]
async fn a_key_of_another_shop_does_not_see_the_order() {
    let api = open().await;
    let path = place(&api, &an_order()).await;
    let other = uuid::Uuid::from_u128(77);
    sqlx::query("update api_keys set tenant_id = $1")
        .bind(other)
        .execute(api.db.pool())
        .await
        .unwrap();
    let stranger = Api {
        app: fresh(&api),
        ..api
    };
    assert_eq!(
        stranger.get(&path).await.problem(),
        (404, "order_not_found")
    );
    let cancel = stranger
        .post(&format!("{path}/cancel"), &json!({ "reason": "x" }))
        .await;
    assert_eq!(cancel.problem(), (404, "order_not_found"));
}

/// The same API without the keys that it remembers.
fn fresh(api: &Api) -> axum::Router {
    crate::support::app_over(api.db.pool().clone())
}
