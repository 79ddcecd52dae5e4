//! Requests that are wrong as a whole: each answered with its own 4xx, and nothing written.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Method;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use futures::stream;
use serde_json::json;
use stevedore_enqueue_api::ApiSettings;
use tokio::sync::Notify;

use crate::shop::an_order;
use crate::support::{Answer, Api};

/// Every operation that reads a body.
const WITH_BODY: [&str; 5] = [
    "/v1/orders",
    "/v1/orders/1/cancel",
    "/v1/orders/1/confirm",
    "/v1/jobs",
    "/v1/jobs/batch",
];

async fn refused(api: &Api, path: &str, body: impl Into<Body>) -> (u16, String) {
    let answer = api.post_bytes(path, body).await;
    let (status, code) = answer.problem();
    (status, code.to_owned())
}

#[tokio::test]
async fn bodies_that_are_no_json_are_400_with_their_position() {
    let api = Api::new().await;
    for path in WITH_BODY {
        let answer = api.post_bytes(path, "{\n \"lines\": [1,\n}").await;
        assert_eq!(answer.problem(), (400, "malformed_json"), "{path}");
        assert_eq!(
            (&answer.body["line"], &answer.body["column"]),
            (&json!(3), &json!(1))
        );
        for (body, code) in [
            (b"{\"a\": 1".to_vec(), "malformed_json"),
            (b"{} {}".to_vec(), "malformed_json"),
            (b"{\"a\": 1e400}".to_vec(), "malformed_json"),
            (b"\"\\ud800\"".to_vec(), "malformed_json"),
            (b"{\"a\": \"\xff\xfe\"}".to_vec(), "invalid_utf8"),
            (b"[".repeat(100_000), "json_too_deep"),
            (b"{\"a\":".repeat(100_000), "json_too_deep"),
            (b"{\"a\": 1, \"a\": 2}".to_vec(), "duplicate_key"),
        ] {
            assert_eq!(
                refused(&api, path, body).await,
                (400, code.to_owned()),
                "{path}"
            );
        }
    }
    assert_eq!(
        refused(&api, "/v1/orders", "").await,
        (400, "malformed_json".to_owned())
    );
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn json_that_is_no_object_is_422_at_the_body_itself() {
    let api = Api::new().await;
    for path in WITH_BODY {
        for body in [
            json!([]),
            json!(null),
            json!("text"),
            json!(17),
            json!(true),
            json!(1e300),
        ] {
            if path.ends_with("confirm") && body.is_null() {
                continue; // confirming needs no body
            }
            let answer = api.post(path, &body).await;
            assert_eq!(
                answer.problem(),
                (422, "validation_failed"),
                "{path} {body}"
            );
            let fields = answer.fields();
            assert_eq!(
                fields[0],
                (String::new(), "wrong_type".into()),
                "{path} {body}"
            );
        }
    }
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn too_large_bodies_are_413_whether_announced_or_streamed() {
    let api = Api::new().await;
    for path in WITH_BODY {
        let announced = vec![b' '; 10 * 1024 * 1024];
        let answer = api.post_bytes(path, announced).await;
        assert_eq!(answer.problem(), (413, "payload_too_large"), "{path}");
        let limit = if path.ends_with("batch") {
            8 * 1024 * 1024
        } else {
            1024 * 1024
        };
        assert_eq!(answer.body["limit_bytes"], limit);

        let chunk = Bytes::from(vec![b' '; 64 * 1024]);
        let chunks = stream::iter((0..160).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
        let streamed = Body::from_stream(chunks);
        assert_eq!(refused(&api, path, streamed).await.0, 413, "{path}");
    }
    let just_fits = format!("{}{}", " ".repeat(1024 * 1024 - 2), "{}");
    assert_eq!(refused(&api, "/v1/orders", just_fits).await.0, 422);
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn bodies_that_break_off_or_dawdle_are_400_and_408() {
    let settings = ApiSettings {
        body_timeout: Duration::from_millis(50),
        ..ApiSettings::default()
    };
    let api = Api::with(settings).await;
    let broken = stream::iter([Ok(Bytes::from("{")), Err(std::io::Error::other("cut"))]);
    let broken = Body::from_stream(broken);
    assert_eq!(
        refused(&api, "/v1/orders", broken).await,
        (400, "unreadable_body".to_owned())
    );
    let endless = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    assert_eq!(
        refused(&api, "/v1/orders", endless).await,
        (408, "body_timeout".to_owned())
    );
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn bodies_that_are_not_declared_as_plain_json_are_415() {
    let api = Api::new().await;
    let body = an_order().to_string();
    for path in WITH_BODY {
        for (name, value) in [
            (CONTENT_TYPE, "text/plain"),
            (CONTENT_TYPE, "application/x-www-form-urlencoded"),
            (CONTENT_TYPE, "application/json; charset=utf-16"),
            (CONTENT_ENCODING, "gzip"),
        ] {
            let request = api.request(Method::POST, path).header(name, value);
            let answer = api
                .send(request.body(Body::from(body.clone())).unwrap())
                .await;
            assert_eq!(
                answer.problem(),
                (415, "unsupported_media_type"),
                "{path} {value}"
            );
        }
        let undeclared = api
            .request(Method::POST, path)
            .body(Body::from(body.clone()))
            .unwrap();
        assert_eq!(
            api.send(undeclared).await.problem(),
            (415, "unsupported_media_type")
        );
    }
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn unknown_paths_and_ids_are_404_and_unknown_methods_405_with_allow() {
    let api = Api::new().await;
    for path in [
        "/",
        "/v1",
        "/v1/orders/1/refund",
        "/v2/orders",
        "/api/docs/nothing",
        "/%00",
    ] {
        assert_eq!(
            api.get(path).await.problem(),
            (404, "route_not_found"),
            "{path}"
        );
    }
    for id in [
        "0",
        "-1",
        "abc",
        "1.5",
        "9223372036854775808",
        "%00",
        "%ff",
        "1%20",
        "99999999",
    ] {
        let order = api.get(&format!("/v1/orders/{id}")).await;
        assert_eq!(order.problem(), (404, "order_not_found"), "{id}");
        let cancel = api
            .post(
                &format!("/v1/orders/{id}/cancel"),
                &json!({ "reason": "x" }),
            )
            .await;
        assert_eq!(cancel.problem(), (404, "order_not_found"), "{id}");
        let job = api.get(&format!("/v1/jobs/{id}")).await;
        assert_eq!(job.problem(), (404, "job_not_found"), "{id}");
    }
    for (method, path, allow) in [
        ("PUT", "/v1/orders", "POST,GET,HEAD"),
        ("DELETE", "/v1/orders/1", "GET,HEAD,PATCH"),
        ("PATCH", "/v1/jobs", "POST,GET,HEAD"),
        ("POST", "/live", "GET,HEAD"),
        ("BREW", "/v1/jobs/1", "GET,HEAD"),
    ] {
        let answer = empty(&api, method, path).await;
        assert_eq!(
            answer.problem(),
            (405, "method_not_allowed"),
            "{method} {path}"
        );
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
}

async fn empty(api: &Api, method: &str, path: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    api.send(api.request(method, path).body(Body::empty()).unwrap())
        .await
}

#[tokio::test]
async fn every_answer_is_guarded_against_sniffing_framing_and_caching() {
    let api = Api::new().await;
    for path in ["/live", "/v1/orders/1", "/nowhere", "/api/docs/"] {
        let answer = api.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_503_with_retry_after() {
    let api = Api::new().await;
    api.db.pool().close().await;
    let answer = api.post("/v1/orders", &an_order()).await;
    assert_eq!(answer.problem(), (503, "database_unavailable"));
    assert_eq!(answer.header("retry-after"), "2");
}

#[tokio::test]
async fn a_full_house_answers_503_at_once_and_probes_still_get_in() {
    let settings = ApiSettings {
        requests_max: 1,
        ..ApiSettings::default()
    };
    let api = Api::with(settings).await;
    let reading = Arc::new(Notify::new());
    let read = Arc::clone(&reading);
    let slow = Body::from_stream(stream::poll_fn(move |_| {
        read.notify_one();
        Poll::<Option<Result<Bytes, std::io::Error>>>::Pending
    }));
    let request = api.request(Method::POST, "/v1/jobs").body(slow).unwrap();
    let app = api.app.clone();
    let holding = tokio::spawn(async move { tower::ServiceExt::oneshot(app, request).await });
    reading.notified().await;
    let refused = api.get("/v1/jobs/1").await;
    assert_eq!(refused.problem(), (503, "overloaded"));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(api.get("/live").await.status, 200);
    assert_eq!(api.get("/ready").await.status, 200);
    holding.abort();
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up_with_503() {
    let settings = ApiSettings {
        request_timeout: Duration::from_millis(50),
        ..ApiSettings::default()
    };
    let api = Api::with(settings).await;
    let endless = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    assert_eq!(
        refused(&api, "/v1/jobs", endless).await,
        (503, "timeout".to_owned())
    );
}
