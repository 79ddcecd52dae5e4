//! Probes and metrics.

use stevedore_enqueue_api::wire;

use crate::support::Api;

#[tokio::test]
async fn a_healthy_process_is_live_ready_and_well() {
    let api = Api::new().await;
    let live: wire::Live = serde_json::from_value(api.get("/live").await.body).unwrap();
    assert_eq!(live.status, "live");
    let ready: wire::Ready = serde_json::from_value(api.get("/ready").await.body).unwrap();
    assert_eq!(
        (ready.status.as_str(), ready.checks.database.status.as_str()),
        ("ready", "ok")
    );
    let health: wire::Health = serde_json::from_value(api.get("/api/health").await.body).unwrap();
    assert_eq!(health.status, "ok");
    assert!(health.checks.database.latency_ms > 0.0);
}

#[tokio::test]
async fn probes_need_no_key() {
    let api = Api::new().await;
    for path in [
        "/live",
        "/ready",
        "/api/health",
        "/metrics",
        "/api/openapi.json",
        "/api/docs/",
    ] {
        let request = axum::http::Request::get(path)
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(api.send(request).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn without_database_the_process_lives_and_is_not_ready() {
    let api = Api::new().await;
    api.db.pool().close().await;
    assert_eq!(api.get("/live").await.status, 200);
    for path in ["/ready", "/api/health"] {
        let answer = api.get(path).await;
        assert_eq!(answer.problem(), (503, "not_ready"), "{path}");
        let status = answer.body["checks"]["database"]["status"]
            .as_str()
            .unwrap();
        assert!(status.starts_with("not reachable"), "{status}");
    }
}

#[tokio::test]
async fn connections_that_the_server_cut_are_replaced_without_a_word() {
    let api = Api::new().await;
    assert_eq!(
        api.get("/v1/jobs/1").await.problem(),
        (404, "job_not_found")
    );
    let other = api.db.pool_of(1);
    let cut = sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    );
    cut.execute(&other).await.unwrap();
    assert_eq!(
        api.get("/v1/jobs/1").await.problem(),
        (404, "job_not_found")
    );
    assert_eq!(api.get("/ready").await.status, 200);
}

#[tokio::test]
async fn a_process_that_is_told_to_stop_is_not_ready() {
    let api = Api::new().await;
    assert_eq!(api.get("/ready").await.status, 200);
    api.draining.cancel();
    let answer = api.get("/ready").await;
    assert_eq!(answer.problem(), (503, "not_ready"));
    assert_eq!(answer.body["checks"]["process"]["status"], "stopping");
    assert_eq!(answer.body["checks"]["database"]["status"], "ok");
    assert_eq!(api.get("/live").await.status, 200);
}

#[tokio::test]
async fn a_schema_that_is_not_ours_is_not_ready() {
    let api = Api::new().await;
    sqlx::query("drop function public.clock_now() cascade")
        .execute(api.db.pool())
        .await
        .unwrap();
    assert_eq!(api.get("/ready").await.problem(), (503, "not_ready"));
}

#[tokio::test]
async fn metrics_count_requests_by_route_never_by_path() {
    let api = Api::new().await;
    api.get("/v1/orders/4711004711").await;
    api.get("/no/such/path/4711004711").await;
    let answer = api.get("/metrics").await;
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    for label in [
        r#"http_route="/v1/orders/{order_id}""#,
        r#"http_route="none""#,
        "stevedore_db_pool_max_connections 10",
    ] {
        assert!(answer.text.contains(label), "{label}");
    }
    assert!(!answer.text.contains("4711004711"));
}
