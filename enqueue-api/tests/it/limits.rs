//! Clients that ask too often, pages of other origins, and what every answer says to browsers.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use stevedore_enqueue_api::ApiSettings;
use stevedore_enqueue_api::client_address::Peer;

use crate::support::{Answer, Api};

async fn from(api: &Api, peer: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(Peer(peer.parse().unwrap()));
    api.send(request).await
}

#[tokio::test]
async fn j7_a_key_that_asks_too_often_hears_when_to_come_back_and_other_keys_go_on() {
    let settings = ApiSettings {
        rate_limit_key: "2/1h".parse().unwrap(),
        ..ApiSettings::default()
    };
    let api = Api::with(settings).await;
    for left in ["1", "0"] {
        let answer = api.get("/v1/orders").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), r#""key";q=2;w=3600"#);
        let standing = answer.header("ratelimit").to_owned();
        assert!(
            standing.starts_with(&format!(r#""key";r={left};t="#)),
            "{standing}"
        );
    }
    let refused = api.get("/v1/orders").await;
    assert_eq!(refused.problem(), (429, "rate_limited"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1700..=1800).contains(&wait), "{wait}");
    assert!(refused.header("ratelimit").starts_with(r#""key";r=0;t="#));
    let other = api.key_with(&["orders:read"]).await;
    let bearer = format!("Bearer {other}");
    let answer = from(
        &api,
        "192.0.2.1",
        "/v1/orders",
        &[("authorization", &bearer)],
    )
    .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn j7_who_tries_keys_is_refused_by_address_and_a_good_key_from_elsewhere_is_not() {
    let settings = ApiSettings {
        rate_limit_address: "3/1h".parse().unwrap(),
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        ..ApiSettings::default()
    };
    let api = Api::with(settings).await;
    let wrong = [
        ("authorization", "Bearer wrong"),
        ("x-forwarded-for", "198.51.100.7"),
    ];
    for _ in 0..2 {
        let answer = from(&api, "10.1.2.3", "/v1/orders", &wrong).await;
        assert_eq!(answer.problem(), (401, "invalid_credentials"));
    }
    let link = [("x-forwarded-for", "198.51.100.7")];
    let answer = from(&api, "10.1.2.3", "/v1/track/stt_x", &link).await;
    assert_eq!(answer.problem(), (404, "tracking_not_found"));
    assert!(answer.header("ratelimit").starts_with(r#""address";r=0;"#));
    for (path, headers) in [("/v1/orders", &wrong[..]), ("/v1/track/stt_x", &link)] {
        let answer = from(&api, "10.1.2.3", path, headers).await;
        assert_eq!(answer.problem(), (429, "rate_limited"), "{path}");
    }
    // Who looks at it in a browser reads it.
    let browser = [link[0], ("accept", "text/html,*/*;q=0.8")];
    let page = from(&api, "10.1.2.3", "/v1/track/stt_x", &browser).await;
    assert_eq!(page.status, 429);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.header("content-security-policy")
            .contains("script-src")
    );
    let seconds = page.header("retry-after").parse().unwrap();
    let wait = humantime::format_duration(Duration::from_secs(seconds));
    for shown in [
        "The client asks too often.",
        &format!("Please try again in {wait}."),
        page.header("x-trace-id"),
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    let bearer = format!("Bearer {}", api.key);
    let good = [
        ("authorization", bearer.as_str()),
        ("x-forwarded-for", "198.51.100.8"),
    ];
    assert_eq!(
        from(&api, "10.1.2.3", "/v1/orders", &good).await.status,
        200
    );
    // A client that is no proxy can not say that it is somebody else.
    let spoofed = [
        ("authorization", "Bearer wrong"),
        ("x-forwarded-for", "198.51.100.9"),
    ];
    for expected in [401, 401, 401, 429] {
        let answer = from(&api, "192.0.2.1", "/v1/orders", &spoofed).await;
        assert_eq!(answer.status, expected);
    }
}

#[tokio::test]
async fn j7_only_the_named_origins_may_call_from_a_browser() {
    let settings = ApiSettings {
        cors_origins: vec!["https://shop.example".parse().unwrap()],
        hsts: Some(Duration::from_secs(86_400)),
        ..ApiSettings::default()
    };
    let api = Api::with(settings).await;
    let preflight = |origin: &'static str| {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri("/v1/orders")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,idempotency-key",
            );
        api.send(request.body(Body::empty()).unwrap())
    };
    let allowed = preflight("https://shop.example").await;
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert!(
        allowed
            .header("access-control-allow-headers")
            .contains("idempotency-key")
    );
    let other = preflight("https://evil.example").await;
    assert_eq!(other.header("access-control-allow-origin"), "");

    // Problems are readable, too, and nothing allows cookies.
    let origin = [("origin", "https://shop.example")];
    let refused = from(&api, "192.0.2.1", "/v1/orders", &origin).await;
    assert_eq!(refused.problem(), (401, "missing_credentials"));
    assert_eq!(
        refused.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert_eq!(refused.header("access-control-allow-credentials"), "");
    let policy = "max-age=86400; includeSubDomains";
    assert_eq!(refused.header("strict-transport-security"), policy);
}

#[tokio::test]
async fn j7_every_answer_tells_browsers_to_trust_nothing_but_what_it_says() {
    let api = Api::new().await;
    for (path, policy) in [
        ("/v1/orders", "default-src 'none'; frame-ancestors 'none'"),
        ("/nowhere", "default-src 'none'; frame-ancestors 'none'"),
        (
            "/api/docs/",
            "default-src 'self'; img-src 'self' data:; \
            style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
        ),
    ] {
        let answer = api.get(path).await;
        assert_eq!(answer.header("content-security-policy"), policy, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.header("strict-transport-security"), "");
    }
}
