//! Keys and scopes.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::{Method, Request};
use stevedore_enqueue_api::ApiSettings;
use stevedore_model::{TenantId, api_keys};

use crate::support::{Answer, Api};

const EVERY_OPERATION: [(&str, &str, &str); 15] = [
    ("POST", "/v1/orders", "orders:write"),
    ("GET", "/v1/orders/1", "orders:read"),
    ("POST", "/v1/orders/1/cancel", "orders:write"),
    ("POST", "/v1/orders/1/confirm", "admin"),
    ("GET", "/v1/stock", "stock:read"),
    ("POST", "/v1/pick-lists", "stock:write"),
    ("GET", "/v1/pick-lists/1", "stock:read"),
    ("POST", "/v1/pick-lists/1/cancel", "stock:write"),
    ("POST", "/v1/pick-list-items/1/confirm", "stock:write"),
    ("POST", "/v1/fulfillments/1/pack", "stock:write"),
    ("POST", "/v1/jobs", "jobs:write"),
    ("POST", "/v1/jobs/batch", "jobs:write"),
    ("GET", "/v1/jobs/1", "jobs:read"),
    ("POST", "/v1/jobs/1/cancel", "jobs:write"),
    ("POST", "/v1/jobs/1/retry", "jobs:write"),
];

async fn call(api: &Api, method: &str, path: &str, authorization: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(value) = authorization {
        request = request.header(AUTHORIZATION, value);
    }
    api.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn without_a_usable_key_every_operation_answers_401_and_how_to_authenticate() {
    let api = Api::new().await;
    let wrong_secret = format!("Bearer {}0", &api.key[..api.key.len() - 1]);
    let long = format!("Bearer {}", "x".repeat(5000));
    for (method, path, _) in EVERY_OPERATION {
        for (sent, code) in [
            (None, "missing_credentials"),
            (Some("Basic dXNlcjpwYXNz"), "missing_credentials"),
            (Some("Bearer "), "missing_credentials"),
            (Some("Bearer nonsense"), "invalid_credentials"),
            (
                Some("Bearer stv_0123456789abcdef_00"),
                "invalid_credentials",
            ),
            (Some(long.as_str()), "invalid_credentials"),
            (Some(wrong_secret.as_str()), "invalid_credentials"),
        ] {
            // The last digit of the secret may be the one we put there.
            if sent == Some(wrong_secret.as_str()) && api.key.ends_with('0') {
                continue;
            }
            let answer = call(&api, method, path, sent).await;
            assert_eq!(answer.problem(), (401, code), "{method} {path} {sent:?}");
            assert!(
                answer
                    .header("www-authenticate")
                    .starts_with("Bearer realm=")
            );
        }
    }
}

#[tokio::test]
async fn each_operation_needs_its_scope_and_names_it_when_it_lacks() {
    let api = Api::new().await;
    for (method, path, needed) in EVERY_OPERATION {
        let others: Vec<&str> = api_keys::SCOPES
            .into_iter()
            .filter(|scope| ![needed, "admin"].contains(scope))
            .collect();
        let authorization = format!("Bearer {}", api.key_with(&others).await);
        let answer = call(&api, method, path, Some(&authorization)).await;
        assert_eq!(
            answer.problem(),
            (403, "insufficient_scope"),
            "{method} {path}"
        );
        assert_eq!(answer.body["required_scope"], needed);

        let authorization = format!("Bearer {}", api.key_with(&[needed]).await);
        let answer = call(&api, method, path, Some(&authorization)).await;
        assert!(
            ![401, 403].contains(&answer.status.as_u16()),
            "{method} {path}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn the_bearer_scheme_may_be_written_in_any_case() {
    let api = Api::new().await;
    let answer = call(
        &api,
        "GET",
        "/v1/jobs/1",
        Some(&format!("bEARER {}", api.key)),
    )
    .await;
    assert_eq!(answer.problem(), (404, "job_not_found"));
}

#[tokio::test]
async fn a_revoked_key_stops_to_work_once_the_cache_has_forgotten_it() {
    let api = Api::with(ApiSettings {
        key_cache: Duration::ZERO,
        ..ApiSettings::default()
    })
    .await;
    assert_eq!(
        api.get("/v1/jobs/1").await.problem(),
        (404, "job_not_found")
    );
    revoke(&api).await;
    assert_eq!(
        api.get("/v1/jobs/1").await.problem(),
        (401, "invalid_credentials")
    );
}

#[tokio::test]
async fn a_verified_key_is_remembered_for_as_long_as_the_setting_says() {
    let an_hour = Duration::from_secs(3600);
    let api = Api::with(ApiSettings {
        key_cache: an_hour,
        ..ApiSettings::default()
    })
    .await;
    assert_eq!(
        api.get("/v1/jobs/1").await.problem(),
        (404, "job_not_found")
    );
    revoke(&api).await;
    assert_eq!(
        api.get("/v1/jobs/1").await.problem(),
        (404, "job_not_found")
    );
}

async fn revoke(api: &Api) {
    let key_id = api.key.split('_').nth(1).unwrap();
    assert!(
        api_keys::revoke(api.db.pool(), TenantId::SHOP, key_id)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn two_authorization_headers_are_refused_since_a_proxy_may_have_read_the_other() {
    let api = Api::new().await;
    let request = api
        .request(Method::GET, "/v1/jobs/1")
        .header(AUTHORIZATION, "Bearer other")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        api.send(request).await.problem(),
        (401, "missing_credentials")
    );
}
