//! What an order may look like.

use serde_json::{Value, json};

use super::*;

fn good() -> Value {
    json!({
        "customer": {"name": " Ama Mensah ", "email": "ama@example.com", "phone": "0241234567"},
        "currency": "GHS",
        "payment_method": "cod",
        "lines": [{"sku": "MTN-1GB", "quantity": 2, "recipient_phone": "024 123 4567"}]
    })
}

/// Field and code of each problem, sorted.
fn problems_of(value: &Value) -> Vec<(String, String)> {
    let mut found: Vec<_> = NewOrder::parse(value)
        .expect_err("must be refused")
        .into_iter()
        .map(|problem| (problem.field, problem.code.into_owned()))
        .collect();
    found.sort();
    found
}

fn expect(value: &Value, expected: &[(&str, &str)]) {
    let mut expected: Vec<_> = expected
        .iter()
        .map(|(field, code)| (field.to_string(), code.to_string()))
        .collect();
    expected.sort();
    assert_eq!(problems_of(value), expected, "{value}");
}

#[test]
fn a_good_order_is_normalised() {
    let order = NewOrder::parse(&good()).unwrap();
    assert_eq!(
        serde_json::to_value(&order).unwrap(),
        json!({
            "customer": {"name": "Ama Mensah", "email": "ama@example.com",
                "phone": "+233241234567"},
            "currency": "GHS",
            "payment_method": "cod",
            "lines": [{"sku": "MTN-1GB", "quantity": 2, "recipient_phone": "+233241234567"}],
            "shipping_fee": 0, "tax_amount": 0, "discount_amount": 0,
            "locale": "en", "order_source": "api"
        })
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let order = json!({
        "customer": {"name": "", "email": "nobody", "phone": "12", "fax": "1"},
        "currency": "gold",
        "payment_method": "barter",
        "lines": [
            {"sku": "A", "quantity": 0},
            {"sku": 7, "quantity": "2", "unit_price": -1},
            {"quantity": 1.5, "recipient_phone": "no"},
            "line"
        ],
        "shipping_address": {"recipient": "A", "address": "B", "city": "C", "country": "GB"},
        "total_amount": -5,
        "subtotal": true,
        "locale": "english please",
        "coupon": "X"
    });
    expect(
        &order,
        &[
            ("customer.name", "too_short"),
            ("customer.email", "invalid_email"),
            ("customer.phone", "invalid_phone"),
            ("customer.fax", "unknown_field"),
            ("currency", "unknown_currency"),
            ("payment_method", "unknown_payment_method"),
            ("lines[0].quantity", "out_of_range"),
            ("lines[1].sku", "wrong_type"),
            ("lines[1].quantity", "wrong_type"),
            ("lines[1].unit_price", "out_of_range"),
            ("lines[2].sku", "required"),
            ("lines[2].quantity", "wrong_type"),
            ("lines[2].recipient_phone", "invalid_phone"),
            ("lines[3]", "wrong_type"),
            ("shipping_address.postal_code", "required"),
            ("total_amount", "out_of_range"),
            ("subtotal", "wrong_type"),
            ("locale", "invalid_locale"),
            ("coupon", "unknown_field"),
        ],
    );
}

#[test]
fn bodies_that_are_no_order_at_all_are_refused() {
    for value in [json!(null), json!([]), json!("x"), json!(1)] {
        expect(&value, &[("", "wrong_type")]);
    }
    expect(
        &json!({}),
        &[
            ("customer", "required"),
            ("lines", "required"),
            ("currency", "required"),
            ("payment_method", "required"),
        ],
    );
}

#[test]
fn nul_and_control_characters_are_refused_where_they_are() {
    let mut order = good();
    order["customer"]["name"] = json!("A\0ma");
    order["lines"][0]["sku"] = json!("MTN\r\n1GB");
    order["a\0b"] = json!(1);
    expect(
        &order,
        &[
            ("customer.name", "nul_character"),
            ("lines[0].sku", "control_character"),
            ("a\u{fffd}b", "unknown_field"),
        ],
    );
}

#[test]
fn limits_are_kept() {
    let mut order = good();
    order["customer"]["name"] = json!("ä".repeat(201));
    order["lines"] = json!([]);
    expect(
        &order,
        &[("customer.name", "too_long"), ("lines", "too_few")],
    );
    let mut order = good();
    order["lines"] = json!(vec![good()["lines"][0].clone(); LINES_MAX + 1]);
    expect(&order, &[("lines", "too_many")]);
    let mut order = good();
    order["lines"][0]["quantity"] = json!(u64::MAX);
    expect(&order, &[("lines[0].quantity", "out_of_range")]);
    let mut order = good();
    order["lines"][0]["quantity"] = json!(LINE_QUANTITY_MAX);
    assert!(NewOrder::parse(&order).is_ok());
}
