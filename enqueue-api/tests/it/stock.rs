//! Stock and pick lists over HTTP.

use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::shop::{an_order_of_mugs, open_shop};
use crate::support::{Answer, Api};

/// A shop whose mugs are fetched by hand, with one order of two.
async fn open() -> Api {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let mut mugs = an_order_of_mugs(2);
    mugs["payment_method"] = json!("cod");
    let order = api.post("/v1/orders", &mugs).await;
    assert_eq!(order.status, 201, "{}", order.text);
    api
}

fn list(answer: &Answer) -> wire::PickList {
    assert!(answer.status.is_success(), "{}", answer.text);
    serde_json::from_value(answer.body.clone()).unwrap()
}

async fn somewhere(api: &Api) -> Value {
    let code = "select code from locations order by priority, location_id limit 1";
    let code: String = sqlx::query_scalar(code)
        .fetch_one(api.db.pool())
        .await
        .unwrap();
    json!({ "location": code, "picker": "Kofi" })
}

#[tokio::test]
async fn b9_a_pick_list_is_made_confirmed_and_its_parcel_packed() {
    let api = open().await;
    let stock: wire::Stock = serde_json::from_value(api.get("/v1/stock").await.body).unwrap();
    assert!(
        stock
            .levels
            .iter()
            .any(|level| level.allocated + level.reserved == 2)
    );

    let made = api.post("/v1/pick-lists", &somewhere(&api).await).await;
    assert_eq!(made.status, 201);
    let made = list(&made);
    assert_eq!((made.status.as_str(), made.items.len()), ("open", 1));
    let again = api.post("/v1/pick-lists", &somewhere(&api).await).await;
    assert_eq!(again.status, 204);

    let item = &made.items[0];
    let pack = format!("/v1/fulfillments/{}/pack", item.fulfillment_id);
    assert_eq!(
        api.post(&pack, &json!({})).await.problem(),
        (409, "illegal_transition")
    );
    let confirm = format!("/v1/pick-list-items/{}/confirm", item.pick_list_item_id);
    let short = api.post(&confirm, &json!({ "picked_quantity": 1 })).await;
    assert_eq!(short.problem(), (422, "validation_failed"));
    assert_eq!(short.body["errors"][0]["field"], "short_reason");
    for _ in 0..2 {
        let found = api.post(&confirm, &json!({ "picked_quantity": 2 })).await;
        assert_eq!(list(&found).status, "completed");
    }
    for _ in 0..2 {
        assert_eq!(api.post(&pack, &json!({})).await.status, 204);
    }
    let read = api
        .get(&format!("/v1/pick-lists/{}", made.pick_list_id))
        .await;
    assert_eq!(list(&read).items[0].picked_quantity, Some(2));
}

#[tokio::test]
async fn b9_what_is_no_pick_list_is_said_so_and_one_can_be_given_up() {
    let api = open().await;
    for path in ["/v1/pick-lists/9", "/v1/pick-lists/x"] {
        assert_eq!(api.get(path).await.problem(), (404, "pick_list_not_found"));
    }
    for (path, body) in [
        ("/v1/pick-lists/9/cancel", json!({})),
        (
            "/v1/pick-list-items/9/confirm",
            json!({ "picked_quantity": 1 }),
        ),
        ("/v1/fulfillments/9/pack", json!({})),
    ] {
        let answer = api.post(path, &body).await;
        assert_eq!(answer.problem(), (404, "pick_list_not_found"), "{path}");
    }
    let nowhere = api
        .post("/v1/pick-lists", &json!({ "location": "MOON", "x": 1 }))
        .await;
    assert_eq!(nowhere.problem(), (422, "validation_failed"));
    let nowhere = api
        .post("/v1/pick-lists", &json!({ "location": "MOON" }))
        .await;
    assert_eq!(nowhere.body["errors"][0]["field"], "location");

    let made = list(&api.post("/v1/pick-lists", &somewhere(&api).await).await);
    let cancel = format!("/v1/pick-lists/{}/cancel", made.pick_list_id);
    let given_up = api.post(&cancel, &json!({})).await;
    assert_eq!(list(&given_up).status, "cancelled");
    let next = api.post("/v1/pick-lists", &somewhere(&api).await).await;
    assert_eq!(next.status, 201);
}
