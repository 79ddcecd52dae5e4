//! What customers read inside the shop, how they want to be told, how notices go.

use axum::body::Body;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use stevedore_enqueue_api::wire;

use crate::support::{Answer, Api};

const TOKEN: &str = "11111111-1111-4111-8111-111111111111";

async fn open() -> Api {
    let api = Api::new().await;
    sqlx::raw_sql(
        "insert into customers (customer_code, name) values ('ama', 'Ama'), ('kofi', 'Kofi');
         insert into customer_notifications (customer_id, notification_type, title, body)
         select 1 + n % 2, 'order_shipped', 'Parcel ' || n, 'On its way.'
         from generate_series(1, 6) as n;
         insert into notification_queue (customer_id, notification_type, recipient, dedupe_key,
           status, unsubscribe_token)
         values (1, 'order_shipped', 'ama@example.com', 'a', 'failed',
           '11111111-1111-4111-8111-111111111111')",
    )
    .execute(api.db.pool())
    .await
    .unwrap();
    api
}

async fn call(api: &Api, method: Method, path: &str, body: &Value) -> Answer {
    let request = api
        .request(method, path)
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    api.send(request).await
}

#[tokio::test]
async fn g1_a_customer_lists_reads_and_deletes_what_is_his_alone() {
    let api = open().await;
    let list = async |query: &str| -> wire::NotificationList {
        let page = api
            .get(&format!("/v1/notifications?customer_id=ama{query}"))
            .await;
        assert_eq!(page.status, 200, "{}", page.text);
        serde_json::from_value(page.body).unwrap()
    };
    let first = list("&limit=2").await;
    let ids = |page: &wire::NotificationList| -> Vec<i64> {
        page.notifications
            .iter()
            .map(|one| one.notification_id)
            .collect()
    };
    assert_eq!((first.unread_count, ids(&first)), (3, vec![6, 4]));
    assert_eq!(ids(&list("&limit=2&before=4").await), [2]);

    let body = json!({"customer_id": "ama", "notification_ids": [6, 5]});
    for _ in 0..2 {
        let read = api.post("/v1/notifications/read", &body).await;
        assert_eq!(read.body, json!({"unread_count": 2}), "5 is Kofi's");
    }
    assert_eq!(ids(&list("&unread=true").await), [4, 2]);
    for id in ["4", "5", "x"] {
        let path = format!("/v1/customers/ama/notifications/{id}");
        let deleted = call(&api, Method::DELETE, &path, &json!({})).await;
        assert_eq!(deleted.body, json!({"unread_count": 1}), "{id}");
    }
    let left = "select count(*) from customer_notifications";
    assert_eq!(api.count(left).await, 5);
    let all = json!({"customer_id": "ama"});
    let read = api.post("/v1/notifications/read", &all).await;
    assert_eq!(read.body["unread_count"], 0);
    let nobody = api.get("/v1/notifications?customer_id=nobody").await;
    assert_eq!(nobody.problem(), (404, "customer_not_found"));
    let wrong = api
        .get("/v1/notifications?customer_id=ama&limit=0&x=1")
        .await;
    assert_eq!(
        (wrong.problem(), wrong.fields().len()),
        ((422, "validation_failed"), 2)
    );
}

#[tokio::test]
async fn g4_preferences_are_kept_and_every_problem_is_told_at_once() {
    let api = open().await;
    let path = "/v1/customers/ama/notification-preferences";
    let wishes = json!({
        "channels": ["email", "in_app"], "muted_types": ["order_shipped"],
        "time_zone": "Africa/Accra", "quiet_from": "22:00", "quiet_until": "07:00",
    });
    let kept = call(&api, Method::PUT, path, &wishes).await;
    assert_eq!((kept.status.as_u16(), &kept.body), (200, &wishes));
    assert_eq!(api.get(path).await.body, wishes);
    let back = call(&api, Method::PUT, path, &json!({})).await;
    let back: wire::NotificationPreferences = serde_json::from_value(back.body).unwrap();
    assert_eq!(
        (back.channels, back.quiet_from),
        (vec!["email".to_owned()], None)
    );
    let wrong = json!({
        "channels": ["fax"], "muted_types": ["order_confirmed"], "time_zone": "Moon/Crater",
        "quiet_from": "25:00",
    });
    let wrong = call(&api, Method::PUT, path, &wrong).await;
    assert_eq!(wrong.problem(), (422, "validation_failed"));
    assert_eq!(wrong.fields().len(), 5, "{}", wrong.text);
}

#[tokio::test]
async fn g4_one_post_unsubscribes_and_reading_the_page_does_not() {
    let api = open().await;
    let path = format!("/v1/unsubscribe/{TOKEN}");
    let muted = "select count(*) from notification_preferences
        where muted_types = '{order_shipped}'";
    let page = api.get(&path).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(api.count(muted).await, 0);
    for _ in 0..2 {
        // As mail programs send it, without any key.
        let request = axum::http::Request::post(&path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("List-Unsubscribe=One-Click"))
            .unwrap();
        assert_eq!(api.send(request).await.status, 200);
        assert_eq!(api.count(muted).await, 1);
    }
    for unknown in ["22222222-2222-4222-8222-222222222222", "x"] {
        let path = format!("/v1/unsubscribe/{unknown}");
        assert_eq!(api.post_bytes(&path, "").await.status, 404);
    }
}

#[tokio::test]
async fn g5_admins_watch_notices_and_send_failed_ones_again() {
    let api = open().await;
    let page = api.get("/v1/notices?status=failed&channel=email").await;
    let page: wire::NoticeList = serde_json::from_value(page.body).unwrap();
    assert_eq!(page.notices.len(), 1);
    assert_eq!(page.notices[0].recipient.as_deref(), Some("am….com"));
    for _ in 0..2 {
        let retried = api.post_bytes("/v1/notices/1/retry", "").await;
        let retried: wire::NoticeState = serde_json::from_value(retried.body).unwrap();
        assert_eq!(retried.status, "pending");
    }
    let jobs = "select count(*) from queue.jobs where kind = 'send_notification'";
    assert_eq!(api.count(jobs).await, 1);
    let unknown = api.post_bytes("/v1/notices/99/retry", "").await;
    assert_eq!(unknown.problem(), (404, "notice_not_found"));
}
