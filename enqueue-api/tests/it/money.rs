//! Wallets, promotions and fraud rules over HTTP.

use axum::body::Body;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::shop::{MUG_PRICE, an_order_of_mugs, open_shop};
use crate::support::{Answer, Api};

async fn open() -> Api {
    let api = Api::new().await;
    open_shop(&api.db).await;
    sqlx::query("insert into customers (customer_code, name) values ('ama', 'Ama Mensah')")
        .execute(api.db.pool())
        .await
        .unwrap();
    api
}

impl Api {
    async fn put(&self, path: &str, body: &Value) -> Answer {
        let request = self
            .request(Method::PUT, path)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }
}

fn codes(answer: &Answer) -> Vec<&str> {
    let errors = answer.body["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a14_a_wallet_is_topped_up_once_per_key_and_read_with_its_statement() {
    let api = open().await;
    let path = "/v1/wallets/ama/entries";
    let money = json!({"kind": "top_up", "currency": "GHS", "amount": 5000});
    let first = api.post_keyed(path, "key-1", &money).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let again = api.post_keyed(path, "key-1", &money).await;
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = json!({"kind": "top_up", "currency": "GHS", "amount": 5001});
    let reused = api.post_keyed(path, "key-1", &other).await;
    assert_eq!(reused.body["code"], "idempotency_key_reused");

    let too_much = json!({"kind": "correction", "currency": "GHS", "amount": -6000,
        "reason": "typing error"});
    let refused = api.post(path, &too_much).await;
    assert_eq!(refused.status, 409);
    assert_eq!(refused.body["code"], "insufficient_funds");
    assert_eq!(refused.body["available"], 5000);
    let nonsense = json!({"kind": "gift", "currency": "XXQ", "amount": 0, "colour": "red"});
    let refused = api.post(path, &nonsense).await;
    assert_eq!(
        codes(&refused),
        [
            "unknown_kind",
            "unknown_currency",
            "out_of_range",
            "unknown_field"
        ]
    );
    let nobody = api.post("/v1/wallets/nobody/entries", &money).await;
    assert_eq!(nobody.body["code"], "customer_not_found");

    let wallet = api.get("/v1/wallets/ama").await;
    let wallet: wire::Wallet = serde_json::from_value(wallet.body).unwrap();
    assert_eq!(wallet.balances[0].balance, 5000);
    let statement = api.get(&format!("{path}?limit=1")).await;
    let statement: wire::WalletStatement = serde_json::from_value(statement.body).unwrap();
    assert_eq!(statement.entries[0].amount, 5000);
    assert_eq!(statement.next, None);
    let spent = json!({"kind": "correction", "currency": "GHS", "amount": -1, "reason": "x"});
    api.post(path, &spent).await;
    let newest = api.get(&format!("{path}?limit=1")).await.body;
    let newest: wire::WalletStatement = serde_json::from_value(newest).unwrap();
    let next = newest.next.unwrap();
    for (query, amounts) in [
        (format!("after={next}"), vec![5000]),
        ("before=2".to_owned(), vec![5000]),
        (format!("before={next}"), vec![5000]),
        (
            "sort=wallet_entry_id&currency=GHS".to_owned(),
            vec![5000, -1],
        ),
        ("kind=correction".to_owned(), vec![-1]),
        ("order_id=7".to_owned(), vec![]),
    ] {
        let page = api.get(&format!("{path}?{query}")).await.body;
        let page: wire::WalletStatement = serde_json::from_value(page).unwrap();
        let found: Vec<i64> = page.entries.iter().map(|entry| entry.amount).collect();
        assert_eq!(found, amounts, "{query}");
    }
    let nobody = api.get("/v1/wallets/nobody/entries").await;
    assert_eq!(nobody.problem(), (404, "customer_not_found"));
    let wrong = api.get(&format!("{path}?limit=0&page=2")).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(api.get("/v1/wallets/nobody").await.status, 404);
}

#[tokio::test]
async fn a14_an_order_by_wallet_is_paid_or_answered_with_what_is_missing() {
    let api = open().await;
    let mut order = an_order_of_mugs(1);
    order["payment_method"] = json!("wallet");
    order["customer"]["id"] = json!("ama");
    let refused = api.post("/v1/orders", &order).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert_eq!(refused.body["code"], "insufficient_funds");
    let money = json!({"kind": "top_up", "currency": "GHS", "amount": 1_000_000});
    api.post("/v1/wallets/ama/entries", &money).await;
    let placed = api.post("/v1/orders", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    assert_eq!(placed.body["payment_status"], "paid");
    assert_eq!(placed.body["order_status"], "confirmed");
}

#[tokio::test]
async fn a15_a_code_is_made_tried_and_used_and_refused_with_its_reason() {
    let api = open().await;
    let ten = json!({"kind": "percent", "value": 10, "max_redemptions": 1});
    let made = api.put("/v1/promotions/tea10", &ten).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let promotion: wire::Promotion = serde_json::from_value(made.body).unwrap();
    assert_eq!((promotion.code.as_str(), promotion.redeemed), ("TEA10", 0));
    let mut order = an_order_of_mugs(1);
    let basket = json!({"currency": "GHS", "subtotal": MUG_PRICE});
    let offer = api.post("/v1/promotions/Tea10/preview", &basket).await;
    let offer: wire::Preview = serde_json::from_value(offer.body).unwrap();
    assert!(offer.applies);

    order["promo_code"] = json!("Tea10");
    if let Some(order) = order.as_object_mut() {
        order.remove("total_amount");
    }
    let wrong = api.post("/v1/orders", &order).await;
    assert_eq!(
        (wrong.status.as_u16(), codes(&wrong)),
        (422, vec!["wrong_discount"])
    );
    order["discount_amount"] = json!(offer.discount_amount);
    assert_eq!(api.post("/v1/orders", &order).await.status, 201);
    let used_up = api.post("/v1/orders", &order).await;
    assert_eq!(codes(&used_up), ["used_up"]);
    assert_eq!(used_up.body["errors"][0]["field"], "promo_code");

    let offer = api.post("/v1/promotions/TEA10/preview", &basket).await;
    assert_eq!(offer.body["reason"], "used_up");
    let list = api.get("/v1/promotions?limit=5").await;
    let list: wire::PromotionList = serde_json::from_value(list.body).unwrap();
    assert_eq!(list.promotions[0].redeemed, 1);
    let nonsense = json!({"kind": "fixed", "value": 0, "starts_at": "soon", "is_active": 1});
    let refused = api.put("/v1/promotions/TEA10", &nonsense).await;
    assert_eq!(
        codes(&refused),
        ["out_of_range", "required", "invalid_time", "wrong_type"]
    );
    let refused = api.put("/v1/promotions/50%25", &ten).await;
    assert_eq!(codes(&refused), ["invalid_code"]);
    assert_eq!(
        api.get("/v1/promotions/NONE").await.body["code"],
        "promotion_not_found"
    );
}

#[tokio::test]
async fn a8_ops_edit_rules_and_the_blocklist_and_an_order_explains_its_risk() {
    let api = open().await;
    let rules = api.get("/v1/fraud-rules").await;
    let rules: wire::FraudRules = serde_json::from_value(rules.body).unwrap();
    assert!(rules.rules.iter().all(|rule| !rule.is_enabled));
    let rule = json!({"kind": "blocklist", "score": 90, "is_enabled": true, "comment": "all"});
    let made = api.put("/v1/fraud-rules/blocked", &rule).await;
    let made: wire::FraudRule = serde_json::from_value(made.body).unwrap();
    assert_eq!((made.score, made.is_enabled), (90, true));
    let wrong = json!({"kind": "high_value", "score": 0, "params": []});
    let wrong = api.put("/v1/fraud-rules/x", &wrong).await;
    assert_eq!(codes(&wrong), ["wrong_type", "out_of_range"]);
    let wrong = json!({"kind": "high_value", "score": 1});
    let wrong = api.put("/v1/fraud-rules/x", &wrong).await;
    assert_eq!(
        (codes(&wrong), &wrong.body["errors"][0]["field"]),
        (vec!["invalid"], &json!("params"))
    );

    let why = json!({"reason": "charged back twice"});
    let blocked = api.put("/v1/blocklist/customer/Ama", &why).await;
    let blocked: wire::Blocked = serde_json::from_value(blocked.body).unwrap();
    assert_eq!(blocked.value, "ama");
    assert_eq!(
        codes(&api.put("/v1/blocklist/shoe/9", &why).await),
        ["unknown_kind"]
    );
    let mut order = an_order_of_mugs(1);
    order["payment_method"] = json!("cod");
    order["customer"]["id"] = json!("ama");
    let placed = api.post("/v1/orders", &order).await;
    assert_eq!(placed.body["order_status"], "on_hold", "{}", placed.text);
    let risk = api
        .get(&format!("{}/risk", placed.header("location")))
        .await;
    let risk: wire::OrderRisk = serde_json::from_value(risk.body).unwrap();
    assert_eq!(risk.risk_score, Some(90));
    assert_eq!(
        risk.reasons[0].detail,
        "the customer is blocked: charged back twice"
    );

    let list = api.get("/v1/blocklist").await;
    let list: wire::Blocklist = serde_json::from_value(list.body).unwrap();
    assert_eq!(list.entries.len(), 1);
    let unblock = || async {
        let request = api.request(Method::DELETE, "/v1/blocklist/customer/ama");
        api.send(request.body(Body::empty()).unwrap()).await.body["removed"].clone()
    };
    assert_eq!(
        (unblock().await, unblock().await),
        (json!(true), json!(false))
    );
    assert_eq!(api.get("/v1/orders/99/risk").await.status, 404);
}
