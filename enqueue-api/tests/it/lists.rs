//! Lists: pages, filters, order, CSV.

use axum::body::Body;
use axum::http::Method;
use axum::http::header::ACCEPT;
use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::shop::{an_order, open_shop};
use crate::support::{Answer, Api};

/// A shop with five orders of known customers.
async fn shop() -> Api {
    let api = Api::new().await;
    open_shop(&api.db).await;
    for number in 0..5 {
        let mut order = an_order();
        order["customer"]["id"] = json!(format!("C-{}", 9 - number));
        order["customer"]["name"] = json!(format!("=Ama \"{number}\""));
        let answer = api.post("/v1/orders", &order).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    api
}

async fn csv(api: &Api, path: &str) -> Answer {
    let request = api.request(Method::GET, path).header(ACCEPT, "text/csv");
    api.send(request.body(Body::empty()).unwrap()).await
}

/// Reads all pages of a list, two rows each.
async fn walk(api: &Api, path: &str, name: &str) -> Vec<Value> {
    let (mut rows, mut after) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{path}limit=2{after}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        rows.extend(page.body[name].as_array().unwrap().iter().cloned());
        match page.body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn h2_a_list_is_walked_page_by_page_in_every_order() {
    let api = shop().await;
    let ids = |rows: &[Value]| -> Vec<i64> {
        rows.iter()
            .map(|row| row["fulfillment_id"].as_i64().unwrap())
            .collect()
    };
    let newest = walk(&api, "/v1/fulfillments?", "fulfillments").await;
    let oldest = walk(
        &api,
        "/v1/fulfillments?sort=fulfillment_id&",
        "fulfillments",
    )
    .await;
    let mut expected = ids(&oldest);
    assert_eq!(expected.len(), 5);
    expected.reverse();
    assert_eq!(ids(&newest), expected);
    let by_code = walk(&api, "/v1/customers?sort=customer_id&", "customers").await;
    let codes: Vec<&str> = by_code
        .iter()
        .map(|row| row["customer_id"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["C-5", "C-6", "C-7", "C-8", "C-9"]);
}

#[tokio::test]
async fn h2_filters_narrow_a_list_and_wrong_ones_are_named() {
    let api = shop().await;
    for (query, rows) in [
        ("order_id=1", 1),
        ("status=pending,failed", 5),
        ("status=failed", 0),
        ("phone=%2B233241234567", 5),
        ("provider=nobody", 0),
        (
            "created_after=2000-01-01T00:00:00Z&created_before=2000-01-02T00:00:00Z",
            0,
        ),
    ] {
        let answer = api.get(&format!("/v1/fulfillments?{query}")).await;
        assert_eq!(
            answer.body["fulfillments"].as_array().map(Vec::len),
            Some(rows),
            "{query}"
        );
    }
    let wrong = "status=lost&sort=colour&after=7&limit=0&x=1&order_id=0";
    let answer = api.get(&format!("/v1/fulfillments?{wrong}")).await;
    let mut fields: Vec<String> = answer
        .fields()
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    fields.sort();
    assert_eq!(
        fields,
        ["after", "limit", "order_id", "sort", "status", "x"]
    );
    // A place that is one, but of another list.
    let elsewhere = api.get("/v1/customers?sort=customer_id&limit=1").await;
    let next = elsewhere.body["next"].as_str().unwrap();
    let answer = api.get(&format!("/v1/fulfillments?after={next}")).await;
    assert_eq!(answer.problem(), (422, "validation_failed"));
}

#[tokio::test]
async fn h1_a_list_is_csv_for_whoever_asks_for_it() {
    let api = shop().await;
    let answer = csv(&api, "/v1/fulfillments?sort=fulfillment_id").await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(
        answer
            .header("content-disposition")
            .contains("fulfillments.csv")
    );
    let lines: Vec<&str> = answer.text.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 6, "{}", answer.text);
    assert!(lines[0].starts_with("fulfillment_id,order_id,order_number,customer_name"));
    assert!(lines[1].contains("\"'=Ama \"\"0\"\"\""), "{}", lines[1]);
    let part = csv(&api, "/v1/fulfillments?limit=2").await;
    assert_eq!(part.text.trim_end().split("\r\n").count(), 3);
    let wrong = csv(&api, "/v1/fulfillments?limit=x").await;
    assert_eq!(wrong.problem(), (422, "validation_failed"));
}

#[tokio::test]
async fn every_list_answers_what_its_document_says() {
    let api = shop().await;
    let document = api.get("/api/openapi.json").await.body;
    let page = api.get("/v1/customers").await;
    let page: wire::CustomerList = serde_json::from_value(page.body).unwrap();
    assert_eq!(page.customers[0].orders, 1);
    for list in stevedore_model::lists::LISTS {
        let sql = format!(
            "select array_agg(attname::text order by attnum) from pg_attribute
             where attrelid = 'public.{}'::regclass and attnum > 0 and attname <> 'tenant_id'",
            list.view
        );
        let columns: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(api.db.pool())
            .await
            .unwrap();
        assert_eq!(columns, list.columns, "{}", list.view);
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(content) = item["get"]["responses"]["200"]["content"].as_object() else {
            continue;
        };
        if content.contains_key("text/csv") {
            assert_eq!(api.get(path).await.status, 200, "{path}");
            assert_eq!(
                csv(&api, path).await.header("content-type"),
                "text/csv; charset=utf-8"
            );
        }
    }
}
