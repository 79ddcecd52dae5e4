//! `/metrics`, `/live` and `/ready`, asked as Prometheus and a supervisor ask.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use stevedore_telemetry::{Metrics, Readiness, Role, admin_router};
use tower::ServiceExt;

async fn get(readiness: Readiness, path: &str) -> (StatusCode, String, String) {
    let metrics = Metrics::install().unwrap();
    metrics.announce(Role::Worker);
    let answer = admin_router(metrics, readiness)
        .oneshot(Request::get(path).body(Body::empty()).unwrap())
        .await
        .unwrap();
    let status = answer.status();
    let content_type = answer.headers()[header::CONTENT_TYPE].to_str().unwrap();
    let content_type = content_type.to_owned();
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (
        status,
        content_type,
        String::from_utf8(body.into()).unwrap(),
    )
}

fn as_json(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn a_process_that_answers_is_live_even_when_it_is_not_ready() {
    let broken = Readiness::always().and("database", async || Err("refused".to_owned()));
    let (status, _, body) = get(broken, "/live").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(as_json(&body), json!({"status": "live"}));
}

#[tokio::test]
async fn ready_means_that_every_check_passed() {
    let sound = Readiness::always()
        .and("database", async || Ok(()))
        .and("schema", async || Ok(()));
    let (status, _, body) = get(sound, "/ready").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        as_json(&body),
        json!({"status": "ready", "checks": {"database": "ok", "schema": "ok"}})
    );
}

#[tokio::test]
async fn one_failed_check_is_named_with_its_reason() {
    let broken = Readiness::always()
        .and("database", async || Ok(()))
        .and("schema", async || Err("older than this binary".to_owned()));
    let (status, _, body) = get(broken, "/ready").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        as_json(&body),
        json!({
            "status": "not ready",
            "checks": {"database": "ok", "schema": "older than this binary"}
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_check_that_never_answers_has_failed_after_two_seconds() {
    let stuck = Readiness::always().and("database", std::future::pending);
    let (status, _, body) = get(stuck, "/ready").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(as_json(&body)["checks"]["database"], "no answer within 2s");
}

#[tokio::test]
async fn a_scrape_has_the_build_the_process_and_counters_that_start_at_zero() {
    let (status, content_type, body) = get(Readiness::always(), "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        r#"stevedore_build_info{version="0.1.0","#,
        "process_resident_memory_bytes ",
        r#"stevedore_lease_renewals_total{result="error"} 0"#,
        r#"stevedore_notifications_total{channel="email",result="failed"} 0"#,
        "# HELP stevedore_lease_renewals_total Signs of life this process gave the database",
    ] {
        assert!(body.contains(line), "no {line:?} in:\n{body}");
    }
}

#[tokio::test]
async fn a_histogram_has_the_buckets_of_the_catalogue() {
    let metrics = Metrics::install().unwrap();
    metrics::histogram!("stevedore_job_wait_duration_seconds", "queue" => "bucket_test").record(7);
    let body = metrics.render();
    for line in [
        r#"stevedore_job_wait_duration_seconds_bucket{queue="bucket_test",le="5"} 0"#,
        r#"stevedore_job_wait_duration_seconds_bucket{queue="bucket_test",le="30"} 1"#,
    ] {
        assert!(body.contains(line), "no {line:?} in:\n{body}");
    }
}

#[tokio::test]
async fn a_gauge_that_is_observed_is_as_of_the_scrape() {
    let metrics = Metrics::install().unwrap();
    let readings = std::sync::atomic::AtomicU32::new(0);
    metrics.at_each_scrape(move || {
        let reading = readings.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        metrics::gauge!("stevedore_worker_draining").set(reading);
    });
    let (first, second) = (metrics.render(), metrics.render());
    let value = |body: &str| {
        let line = body
            .lines()
            .find(|line| line.starts_with("stevedore_worker_draining "));
        line.unwrap()
            .rsplit(' ')
            .next()
            .unwrap()
            .parse::<u32>()
            .unwrap()
    };
    assert!(value(&second) > value(&first));
}
