//! Pages for customers.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::shop::{an_order_of_mugs, open_shop};
use crate::support::{Answer, Api};

/// A shop with an order of mugs whose parcel is out for delivery.
async fn open() -> (Api, String) {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let mut order = an_order_of_mugs(1);
    order["payment_method"] = json!("cod");
    order["shipping_address"]["recipient"] = json!("Kofi <b>Boateng</b>");
    let placed = api.post("/v1/orders", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    sqlx::raw_sql(
        "insert into shipments (order_id, fulfillment_id, carrier_code, tracking_number,
           tracking_url, estimated_delivery_at)
         select order_id, fulfillment_id, 'royal_mail', 'RM1GB', 'https://carrier.example/RM1GB',
           clock_now() + interval '1 day'
         from fulfillments limit 1;
         select record_tracking_event(1, 'in_transit', clock_now() - interval '1 day',
           'Signed by Kofi', '<i>Leeds</i>');
         select record_tracking_event(1, 'out_for_delivery', clock_now() - interval '1 hour')",
    )
    .execute(api.db.pool())
    .await
    .unwrap();
    let path = format!("/v1/orders/{}/tokens", placed.body["order_id"]);
    let link = api.post(&path, &json!({})).await;
    let page = link.body["page"].as_str().unwrap().to_owned();
    (api, page)
}

async fn browse(api: &Api, path: &str) -> Answer {
    let request = Request::get(path).body(Body::empty()).unwrap();
    api.send(request).await
}

#[tokio::test]
async fn e4_a_link_and_a_number_show_where_it_is_and_nothing_of_whom_it_is_for() {
    let (api, link) = open().await;
    let number: String = sqlx::query_scalar("select order_number from orders")
        .fetch_one(api.db.pool())
        .await
        .unwrap();
    for (path, order) in [(link.as_str(), true), ("/track/RM1GB", false)] {
        let page = browse(&api, path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        for shown in [
            "Out for delivery",
            "Royal Mail",
            "RM1GB",
            "&lt;i&gt;Leeds&lt;",
            "<progress",
            "Expected",
            r#"<li class="now" aria-current="step">At your door</li>"#,
        ] {
            assert!(page.text.contains(shown), "{path} {shown}\n{}", page.text);
        }
        assert_eq!(page.text.contains(&number), order, "{path}");
        for hidden in [
            "Kofi",
            "Signed",
            "Ring Road",
            "Mug",
            "kofi@",
            "<i>",
            "style=",
        ] {
            assert!(
                !page.text.contains(hidden),
                "{path} {hidden}\n{}",
                page.text
            );
        }
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!page.text.contains("<script>"));
    }
}

#[tokio::test]
async fn e4_what_is_not_there_has_a_page_and_pages_load_what_is_ours() {
    let (api, _link) = open().await;
    let unknown = format!("/orders/stt_{}", "0".repeat(64));
    for path in [
        &unknown,
        "/orders/x",
        "/track/RM2GB",
        "/track/%00",
        "/track/%ff",
    ] {
        let page = browse(&api, path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.text.contains("mistyped"), "{path} {}", page.text);
    }
    for path in ["/track/RM2GB/events", "/orders/x/events"] {
        assert_eq!(browse(&api, path).await.status, 404, "{path}");
    }
    for (path, kind) in [
        ("/assets/pages.js", "text/javascript"),
        ("/assets/pages.css", "text/css"),
    ] {
        let asset = browse(&api, path).await;
        assert_eq!(asset.status, 200);
        assert!(asset.header("content-type").starts_with(kind));
        assert!(asset.header("cache-control").starts_with("public"));
    }
}

#[tokio::test]
async fn a_browser_is_told_every_problem_as_a_page_and_a_program_as_json() {
    let api = Api::new().await;
    let ask = async |accept: &str| {
        let request = Request::post("/v1/jobs")
            .header("authorization", format!("Bearer {}", api.key))
            .header("content-type", "application/json")
            .header("accept", accept)
            .body(Body::from(r#"{"kind": "<b>", "priority": 1e9}"#))
            .unwrap();
        api.send(request).await
    };
    let page = ask("text/html,application/xhtml+xml,*/*;q=0.8").await;
    assert_eq!(page.status, 422);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let json = ask("*/*").await;
    assert_eq!(json.problem(), (422, "validation_failed"));
    let errors = json.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{}", json.text);
    for error in errors {
        let field = error["field"].as_str().unwrap();
        assert!(page.text.contains(&format!("<p>{field} ")), "{}", page.text);
    }
    assert!(!page.text.contains("<b>"), "{}", page.text);
}

#[tokio::test]
async fn j7_no_cookie_is_ever_given_or_heeded() {
    let (api, link) = open().await;
    for path in [
        link.as_str(),
        "/track/RM1GB",
        "/v1/orders",
        "/live",
        "/api/docs/",
    ] {
        let request = Request::get(path)
            .header("cookie", format!("session={}", api.key))
            .body(Body::empty())
            .unwrap();
        let answer = api.send(request).await;
        assert_eq!(answer.header("set-cookie"), "", "{path}");
        assert_eq!(answer.status == 401, path == "/v1/orders", "{path}");
    }
}
