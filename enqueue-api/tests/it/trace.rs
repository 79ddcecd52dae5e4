//! A request's trace goes on in what it wrote.

use axum::body::Body;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use serde_json::json;

use crate::shop::{an_order, open_shop};
use crate::support::{Answer, Api};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn post_traced(api: &Api, path: &str, traceparent: &str, body: String) -> Answer {
    let request = api
        .request(Method::POST, path)
        .header(CONTENT_TYPE, "application/json")
        .header("traceparent", traceparent)
        .body(Body::from(body))
        .unwrap();
    api.send(request).await
}

async fn traces_of_jobs(api: &Api) -> Vec<String> {
    sqlx::query_scalar("select trace_context from queue.jobs order by job_id")
        .fetch_all(api.db.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn the_trace_of_an_order_is_that_of_all_its_jobs() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    let traceparent = format!("00-{TRACE_ID}-00f067aa0ba902b7-01");
    let answer = post_traced(&api, "/v1/orders", &traceparent, an_order().to_string()).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("x-trace-id"), TRACE_ID);
    let traces = traces_of_jobs(&api).await;
    assert!(!traces.is_empty());
    for trace in traces {
        assert!(trace.starts_with(&format!("00-{TRACE_ID}-")), "{trace}");
        assert!(
            !trace.contains("00f067aa0ba902b7"),
            "the span must be ours, not the caller's"
        );
    }
}

#[tokio::test]
async fn the_trace_of_a_request_is_that_of_the_jobs_it_enqueues() {
    let api = Api::new().await;
    let traceparent = format!("00-{TRACE_ID}-00f067aa0ba902b7-00");
    let one = json!({ "kind": "audit" });
    post_traced(&api, "/v1/jobs", &traceparent, one.to_string()).await;
    let many = json!({ "jobs": [{ "kind": "audit" }, { "kind": "audit" }] });
    post_traced(&api, "/v1/jobs/batch", &traceparent, many.to_string()).await;
    let traces = traces_of_jobs(&api).await;
    assert_eq!(traces.len(), 3);
    assert!(
        traces
            .iter()
            .all(|trace| trace.starts_with(&format!("00-{TRACE_ID}-")))
    );
}

#[tokio::test]
async fn without_a_usable_traceparent_a_new_trace_begins() {
    let api = Api::new().await;
    for sent in [
        "",
        "garbage",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    ] {
        let answer = post_traced(&api, "/v1/jobs", sent, json!({ "kind": "a" }).to_string()).await;
        assert_eq!(answer.status, 201, "{sent:?}");
        assert_eq!(answer.header("x-trace-id").len(), 32);
    }
    let traces: std::collections::HashSet<String> =
        traces_of_jobs(&api).await.into_iter().collect();
    assert_eq!(traces.len(), 3);
}

#[tokio::test]
async fn a_request_id_is_given_back_or_made() {
    let api = Api::new().await;
    let request = api
        .request(Method::GET, "/live")
        .header("x-request-id", "mine-17");
    let answer = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.header("x-request-id"), "mine-17");
    let made = api.get("/live").await;
    assert_eq!(made.header("x-request-id").len(), 36);
    let long = "x".repeat(1000);
    let request = api
        .request(Method::GET, "/live")
        .header("x-request-id", long);
    let answer = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.header("x-request-id").len(), 36);
}
