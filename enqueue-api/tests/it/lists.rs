//! Lists: pages, filters, order, CSV.

use axum::body::Body;
use axum::http::Method;
use axum::http::header::ACCEPT;
use serde_json::{Value, json};
use stevedore_enqueue_api::routes::lists::{LISTINGS, ORDERS};
use stevedore_enqueue_api::wire;
use stevedore_model::TenantId;
use stevedore_model::lists::List;

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
        let mut columns: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(api.db.pool())
            .await
            .unwrap();
        columns.retain(|column| !HIDDEN.contains(&(list.view, column.as_str())));
        assert_eq!(columns, list.columns, "{}", list.view);
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(content) = item["get"]["responses"]["200"]["content"].as_object() else {
            continue;
        };
        if content.contains_key("text/csv") && !path.contains('{') {
            // One customer's alone.
            let path = match path.as_str() {
                "/v1/notifications" => "/v1/notifications?customer_id=C-5",
                path => path,
            };
            assert_eq!(api.get(path).await.status, 200, "{path}");
            assert_eq!(
                csv(&api, path).await.header("content-type"),
                "text/csv; charset=utf-8"
            );
        }
    }
}

/// Answers that are called lists and have an end in sight: as many rows as people have set up, or
/// as there are of their kind.
const WHOLE: [&str; 10] = [
    "list_fraud_rules",
    "list_kinds",
    "list_problems",
    "list_providers",
    "list_queues",
    "list_routing_rules",
    "list_webhook_attempts",
    "list_webhook_endpoints",
    "list_templates",
    "list_workers",
];
/// The newest first, and no other way: the history of jobs is searched day by day.
const NEWEST_FIRST: [&str; 1] = ["list_jobs"];
/// What only narrows a list, or tells its rows apart, and is not shown.
const HIDDEN: [(&str, &str); 5] = [
    ("vw_stock_levels", "place"),
    ("vw_tickets", "is_resolved"),
    ("vw_customer_notifications", "customer_id"),
    ("vw_customer_notifications", "is_unread"),
    ("vw_wallet_entries", "customer_id"),
];

#[tokio::test]
async fn h2_every_list_has_pages_an_order_and_filters() {
    let api = Api::new().await;
    let document = api.get("/api/openapi.json").await.body;
    let mut lists = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let operation = &item["get"];
        let name = operation["operationId"].as_str().unwrap_or_default();
        if !name.starts_with("list_") || WHOLE.contains(&name) {
            continue;
        }
        let empty = Vec::new();
        let mut names: Vec<&str> = operation["parameters"]
            .as_array()
            .unwrap_or(&empty)
            .iter()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let mut take = |wanted: &str| {
            let before = names.len();
            names.retain(|name| *name != wanted);
            names.len() < before
        };
        assert!(take("limit"), "{path}: no limit");
        assert!(take("after"), "{path}: no pages");
        assert!(
            take("sort") != NEWEST_FIRST.contains(&name),
            "{path}: its order"
        );
        take("before");
        assert!(!names.is_empty(), "{path}: no filter");
        let content = &operation["responses"]["200"]["content"];
        assert!(content["text/csv"].is_object(), "{path}: no CSV");
        lists += 1;
    }
    assert!(lists >= 19, "{lists}");
}

#[tokio::test]
async fn h2_orders_are_read_from_the_oldest_on_for_whoever_asks() {
    let api = shop().await;
    let newest = walk(&api, "/v1/orders?", "orders").await;
    let mut oldest = walk(&api, "/v1/orders?sort=placed_at&", "orders").await;
    let by_id = walk(&api, "/v1/orders?sort=-order_id&", "orders").await;
    let page = api.get("/v1/orders?sort=placed_at&limit=2").await;
    let page: wire::OrderList = serde_json::from_value(page.body).unwrap();
    assert_eq!(page.orders[0].order_id, 1);
    let ids = |rows: &[Value]| -> Vec<i64> {
        let ids = rows.iter().map(|row| row["order_id"].as_i64().unwrap());
        ids.collect()
    };
    oldest.reverse();
    assert_eq!(ids(&newest), [5, 4, 3, 2, 1]);
    assert_eq!(ids(&oldest), ids(&newest));
    assert_eq!(ids(&by_id), ids(&newest));
    let of_one = walk(&api, "/v1/orders?sort=order_id&customer=C-7&", "orders").await;
    assert_eq!(ids(&of_one), [3]);
    let wrong = api.get("/v1/orders?sort=colour").await;
    assert_eq!(wrong.problem(), (422, "validation_failed"));
}

#[tokio::test]
async fn h2_names_and_places_are_walked_without_a_number() {
    let api = shop().await;
    let put = async |path: String, body: Value| {
        let request = api
            .request(Method::PUT, &path)
            .header("content-type", "application/json");
        let body = Body::from(body.to_string());
        let answer = api.send(request.body(body).unwrap()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    for (kind, value) in [
        ("phone", "+233"),
        ("email", "a@b.c"),
        ("phone", "+1"),
        ("ip", "::1"),
    ] {
        let path = format!("/v1/blocklist/{kind}/{}", value.replace('+', "%2B"));
        put(path, json!({ "reason": "why not" })).await;
    }
    for code in ["TEA10", "ABC", "MUG"] {
        let promotion = json!({ "kind": "percent", "value": 10 });
        put(format!("/v1/promotions/{code}"), promotion).await;
    }
    let texts = |rows: &[Value], name: &str| -> Vec<String> {
        let texts = rows
            .iter()
            .map(|row| row[name].as_str().unwrap().to_owned());
        texts.collect()
    };
    let blocked = walk(&api, "/v1/blocklist?", "entries").await;
    assert_eq!(texts(&blocked, "value"), ["a@b.c", "::1", "+1", "+233"]);
    let phones = walk(&api, "/v1/blocklist?sort=-kind&kind=phone&", "entries").await;
    assert_eq!(texts(&phones, "value"), ["+233", "+1"]);
    let codes = walk(&api, "/v1/promotions?", "promotions").await;
    assert_eq!(texts(&codes, "code"), ["ABC", "MUG", "TEA10"]);
    let stock = walk(&api, "/v1/stock?sort=-sku&", "levels").await;
    assert_eq!(texts(&stock, "sku"), ["MUG-RED", "MTN-1GB"]);
    let page = api
        .get("/v1/stock?location=ACC&status=IN_STOCK&limit=1")
        .await;
    let page: wire::Stock = serde_json::from_value(page.body).unwrap();
    assert_eq!(page.levels[0].sku, "MTN-1GB");
    let next = page.next.unwrap();
    let last = api
        .get(&format!("/v1/stock?location=ACC&after={next}"))
        .await;
    let last: wire::Stock = serde_json::from_value(last.body).unwrap();
    assert_eq!((last.levels.len(), last.next), (1, None));
}

#[tokio::test]
async fn h2_before_and_a_key_is_the_earlier_name_of_after() {
    let api = shop().await;
    let ids = async |query: &str| -> Vec<i64> {
        let answer = api.get(&format!("/v1/fulfillments?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        let rows = answer.body["fulfillments"].as_array().unwrap().clone();
        let ids = rows.iter().map(|row| row["fulfillment_id"].as_i64());
        ids.map(Option::unwrap).collect()
    };
    assert_eq!(ids("before=3").await, [2, 1]);
    assert_eq!(ids("before=3&sort=-fulfillment_id&limit=1").await, [2]);
    let first = api.get("/v1/fulfillments?limit=3").await.body;
    let next = first["next"].as_str().unwrap();
    assert_eq!(ids(&format!("before={next}")).await, [2, 1]);
    for wrong in [
        "before=0",
        "before=x",
        "before=3&sort=fulfillment_id",
        &format!("before=3&after={next}"),
    ] {
        let answer = api.get(&format!("/v1/fulfillments?{wrong}")).await;
        assert_eq!(answer.problem(), (422, "validation_failed"), "{wrong}");
    }
}

/// The plan of a page behind this place, of a table so large that only an index is quick.
async fn plan(
    api: &Api,
    list: &List,
    sort: &str,
    place: Option<&Value>,
    filters: &Value,
) -> String {
    let (column, descending) = (sort.trim_start_matches('-'), sort.starts_with('-'));
    let mut connection = api.db.pool().acquire().await.unwrap();
    let text: String = sqlx::query_scalar("select list_rows_query($1, $2, $3, $4, $5, $6, 51, $7)")
        .bind(list.view)
        .bind(filters)
        .bind(list.key)
        .bind(column)
        .bind(descending)
        .bind(place)
        .bind(TenantId::SHOP.0)
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    sqlx::raw_sql("set enable_seqscan = off; set enable_sort = off; set enable_bitmapscan = off")
        .execute(&mut *connection)
        .await
        .unwrap();
    let explain = sqlx::AssertSqlSafe(format!("explain {text}"));
    let lines: Vec<String> = sqlx::query_scalar(explain)
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    lines.join("\n")
}

/// A value of a column, as a place in the list has it.
fn some(column: &str) -> Value {
    match column {
        "placed_at" => json!("2026-11-20T08:00:00Z"),
        name if name.ends_with("_id") && name != "customer_id" => json!("7"),
        "customer_key" => json!("7"),
        _ => json!("x"),
    }
}

#[tokio::test]
async fn h2_every_order_of_every_list_is_an_indexs() {
    let api = Api::new().await;
    for listing in LISTINGS.iter().chain([&&ORDERS]) {
        // One customer's, one endpoint's: these are never read as a whole.
        let within = match listing.operation {
            "list_notifications" | "list_wallet_entries" => Some("customer_id"),
            "list_webhook_deliveries" => Some("endpoint_id"),
            _ => None,
        };
        let filters: Value = within
            .map(|column| json!({ "column": column, "op": "=", "value": 7 }))
            .into_iter()
            .collect();
        for sort in listing.orders() {
            let key = some(listing.list.key);
            let place = json!([some(sort.trim_start_matches('-')), key]);
            for place in [None, Some(&place)] {
                let plan = plan(&api, listing.list, &sort, place, &filters).await;
                let name = format!("{} by {sort}\n{plan}", listing.operation);
                assert!(!plan.contains("Seq Scan"), "{name}");
                let sorts = plan
                    .lines()
                    .map(|line| line.trim_start_matches([' ', '-', '>']));
                let sorts = sorts.filter(|line| line.starts_with("Sort  "));
                assert_eq!(sorts.count(), 0, "{name}");
            }
        }
    }
}
