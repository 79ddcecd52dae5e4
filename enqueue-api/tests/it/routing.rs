//! Who fulfils what, and labels of the own warehouse, over HTTP.

use axum::body::Body;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::shop::{an_order_of_mugs, open_shop};
use crate::support::{Answer, Api};

async fn call(api: &Api, method: Method, path: &str, tag: Option<&str>, body: &Value) -> Answer {
    let mut request = api
        .request(method, path)
        .header(CONTENT_TYPE, "application/json");
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    api.send(request).await
}

#[tokio::test]
async fn d1_rules_are_made_changed_and_removed_by_whoever_saw_them_last() {
    let api = Api::new().await;
    let new = json!({
        "provider_code": "prodigi", "product_kind": "physical", "countries": ["GB", "IE"],
        "priority": 10, "value_min": 100, "currency": "GBP",
    });
    let made = api.post("/v1/routing-rules", &new).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made: wire::RoutingRule = serde_json::from_value(made.body).unwrap();
    let path = format!("/v1/routing-rules/{}", made.routing_rule_id);
    let read = api.get(&path).await;
    let tag = read.header("etag").to_owned();

    let off = json!({ "provider_code": "prodigi", "is_enabled": false });
    let changed = call(&api, Method::PUT, &path, Some(&tag), &off).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let rule: wire::RoutingRule = serde_json::from_value(changed.body.clone()).unwrap();
    assert_eq!((rule.countries, rule.is_enabled), (None, false));
    let again = api.get(&path).await;
    assert_eq!(
        again.header("etag"),
        changed.header("etag"),
        "its own new tag"
    );
    for method in [Method::PUT, Method::DELETE] {
        let late = call(&api, method, &path, Some(&tag), &off).await;
        assert_eq!(late.problem(), (412, "resource_changed"));
    }
    let rules: wire::RoutingRules =
        serde_json::from_value(api.get("/v1/routing-rules").await.body).unwrap();
    assert_eq!(rules.rules.len(), 1);
    for _ in 0..2 {
        let gone = call(&api, Method::DELETE, &path, None, &json!({})).await;
        assert_eq!(gone.status, 204);
    }
    assert_eq!(
        api.get(&path).await.problem(),
        (404, "routing_rule_not_found")
    );
    let wrong = json!({
        "provider_code": "No One", "product_kind": "digital", "countries": ["XX"],
        "weight_min_g": 5, "value_min": 9, "value_max": 3, "priority": -1,
    });
    let wrong = api.post("/v1/routing-rules", &wrong).await;
    assert_eq!(wrong.problem(), (422, "validation_failed"));
    assert_eq!(wrong.fields().len(), 6, "{}", wrong.text);
}

#[tokio::test]
async fn d1_an_order_says_why_it_goes_where_it_goes_and_providers_how_they_are() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let placed = api.post("/v1/orders", &an_order_of_mugs(1)).await;
    let path = format!("/v1/orders/{}/route", placed.body["order_id"]);
    let route = api.get(&path).await;
    let route: wire::OrderRoute = serde_json::from_value(route.body).unwrap();
    assert_eq!(route.country.as_deref(), Some("GH"));
    assert_eq!(route.lines[0].sku, "MUG-RED");
    let nobody = api.get("/v1/orders/999/route").await;
    assert_eq!(nobody.problem(), (404, "order_not_found"));
    sqlx::raw_sql(
        "select report_provider('dpd', 'default', false, false, null, 'it hangs')
         from generate_series(1, 10)",
    )
    .execute(api.db.pool())
    .await
    .unwrap();
    let providers = api.get("/v1/providers").await;
    assert_eq!(providers.status, 200, "{}", providers.text);
    let providers: wire::Providers = serde_json::from_value(providers.body).unwrap();
    let dpd = &providers.providers[0];
    assert_eq!((dpd.provider.as_str(), dpd.state.as_str()), ("dpd", "open"));
    assert_eq!(dpd.last_error.as_deref(), Some("it hangs"));
}

/// A parcel of the own warehouse that is picked.
async fn picked() -> Api {
    let api = Api::new().await;
    open_shop(&api.db).await;
    sqlx::query("update product_variants set fulfillment_provider = 'warehouse' where sku = $1")
        .bind(crate::shop::MUG)
        .execute(api.db.pool())
        .await
        .unwrap();
    let mut order = an_order_of_mugs(1);
    order["payment_method"] = json!("cod");
    let placed = api.post("/v1/orders", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    sqlx::raw_sql(
        "select sp_create_pick_batch(
           (select code from locations order by priority, location_id limit 1));
         select sp_confirm_pick(1, 1)",
    )
    .execute(api.db.pool())
    .await
    .unwrap();
    api
}

#[tokio::test]
async fn d5_packing_buys_a_label_that_is_printed_and_given_back() {
    let api = picked().await;
    let wrong = json!({ "weight_g": 0, "service": "48", "prefer": "soon" });
    let wrong = api.post("/v1/fulfillments/1/pack", &wrong).await;
    assert_eq!(
        (wrong.problem().0, wrong.fields().len()),
        (422, 3),
        "{}",
        wrong.text
    );
    let parcel = json!({ "weight_g": 640, "length_mm": 300, "width_mm": 200, "height_mm": 100 });
    let packed = api.post("/v1/fulfillments/1/pack", &parcel).await;
    assert_eq!(packed.status, 204, "{}", packed.text);
    let jobs = "select count(*) from queue.jobs where kind = 'buy_label'";
    assert_eq!(api.count(jobs).await, 1);
    assert_eq!(
        api.get("/v1/shipments/1/label").await.problem(),
        (404, "label_not_found")
    );

    sqlx::raw_sql(
        "select sp_begin_label(1, 'royal_mail', 'TPLN');
         select sp_finish_label(1, 'RM1GB', 'RM-1', 'pdf', '%PDF-1.7'::bytea, 450, 'GBP', null)",
    )
    .execute(api.db.pool())
    .await
    .unwrap();
    let label = api.get("/v1/shipments/1/label").await;
    assert_eq!(
        (label.status.as_u16(), label.text.as_str()),
        (200, "%PDF-1.7")
    );
    assert_eq!(label.header("content-type"), "application/pdf");
    assert!(
        label
            .header("content-disposition")
            .contains("label-RM1GB.pdf")
    );
    for _ in 0..2 {
        let void = call(
            &api,
            Method::DELETE,
            "/v1/shipments/1/label",
            None,
            &json!({}),
        )
        .await;
        assert_eq!(void.status, 202, "{}", void.text);
    }
    let jobs = "select count(*) from queue.jobs where kind = 'void_label'";
    assert_eq!(api.count(jobs).await, 1);
    let none = call(
        &api,
        Method::DELETE,
        "/v1/shipments/9/label",
        None,
        &json!({}),
    )
    .await;
    assert_eq!(none.problem(), (404, "label_not_found"));
    let release = api
        .post("/v1/fulfillments/1/label/release", &json!({}))
        .await;
    assert_eq!(release.problem(), (404, "label_not_found"));
}
