//! Signing in and out, and what ends a session.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE};
use stevedore_model::TenantId;

use crate::browser::{Browser, form};

const ROOM: &str = "/console/templates";
const TO_SIGN_IN: &str = "/console/sign-in?to=%2Fconsole%2Ftemplates";

#[tokio::test]
async fn j7_a_key_with_the_scope_admin_signs_in_and_a_cookie_stands_for_it() {
    let mut browser = Browser::new().await;
    assert!(browser.get(ROOM).await.redirects_to(TO_SIGN_IN));
    insta::assert_snapshot!("sign_in", browser.get(TO_SIGN_IN).await.page());

    let key = browser.key(TenantId::SHOP, &["admin"]).await;
    let answer = browser.sign_in(&key).await;
    assert!(answer.redirects_to(ROOM), "{answer:?}");
    let cookie = answer.header("set-cookie");
    let (pair, attributes) = cookie.split_once(';').unwrap();
    assert_eq!(attributes, " Path=/; Secure; HttpOnly; SameSite=Strict");
    let (name, token) = pair.split_once('=').unwrap();
    assert_eq!((name, token.len()), ("__Host-stevedore_console", 64));
    let kept: Vec<u8> = sqlx::query_scalar("select token_hash from console_sessions")
        .fetch_one(browser.db.pool())
        .await
        .unwrap();
    assert!(!token.contains(&kept.iter().map(|b| format!("{b:02x}")).collect::<String>()));

    let page = browser.get(ROOM).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("ama") && !page.text.contains(&key[..20]));
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value);
    }
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("script"));
    assert!(!page.text.contains("<script") && !page.text.contains("style="));
    assert_eq!(page.header("set-cookie"), "");
    let lost = browser.get("/console/nowhere").await;
    assert_eq!(lost.status, 404);
    assert!(lost.text.contains("There is no such page"));
}

#[tokio::test]
async fn j7_over_plain_http_the_cookie_does_without_what_needs_https() {
    let browser = Browser::new().await;
    let key = browser.key(TenantId::SHOP, &["admin"]).await;
    let request = Request::post("/console/sign-in")
        .header(HOST, "localhost:8080")
        .header(ORIGIN, "http://localhost:8080")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("key=+{key}+&to=https://evil.example")))
        .unwrap();
    let answer = browser.send(request).await;
    assert!(answer.redirects_to("/console"), "{answer:?}");
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("stevedore_console="), "{cookie}");
    assert!(cookie.ends_with("; Path=/console; HttpOnly; SameSite=Strict"));
}

#[tokio::test]
async fn j7_no_other_key_signs_in() {
    let mut browser = Browser::new().await;
    let key = browser
        .key(TenantId::SHOP, &["orders:read", "jobs:write"])
        .await;
    let answer = browser.sign_in(&key).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("does not have the scope admin"));
    let revoked = browser.key(TenantId::SHOP, &["admin"]).await;
    browser
        .run("update api_keys set revoked_at = clock_now() where 'admin' = any (scopes)")
        .await;
    let wrong = format!("{}{}", &revoked[..revoked.len() - 4], "0000");
    for key in ["", "x", "%00", &revoked, &wrong] {
        let answer = browser.sign_in(key).await;
        assert_eq!(answer.status, 401, "{key}");
        assert!(answer.text.contains("unknown, expired or revoked"));
        assert!(!answer.headers.contains_key(SET_COOKIE));
    }
    assert_eq!(
        browser
            .number("select count(*) from console_sessions")
            .await,
        0
    );
}

#[tokio::test]
async fn j7_a_session_ends_when_it_is_idle_too_old_signed_out_or_its_key_is_gone() {
    let browser = Browser::signed_in().await;
    assert_eq!(browser.get(ROOM).await.status, 200);
    let is_over = async || browser.get(ROOM).await.redirects_to(TO_SIGN_IN);
    for (broken, mended) in [
        (
            "update console_sessions set seen_at = clock_now() - interval '31 minutes'",
            "update console_sessions set seen_at = clock_now()",
        ),
        (
            "update console_sessions set expires_at = clock_now()",
            "update console_sessions set expires_at = clock_now() + interval '1 hour'",
        ),
        (
            "update api_keys set revoked_at = clock_now()",
            "update api_keys set revoked_at = null",
        ),
        (
            "update api_keys set expires_at = clock_now()",
            "update api_keys set expires_at = null",
        ),
        (
            "update api_keys set scopes = '{orders:read}'",
            "update api_keys set scopes = '{admin}'",
        ),
    ] {
        browser.run(broken).await;
        assert!(is_over().await, "{broken}");
        browser.run(mended).await;
        assert!(!is_over().await, "{mended}");
    }
    // Using it keeps it from being idle.
    browser
        .run("update console_sessions set seen_at = clock_now() - interval '29 minutes'")
        .await;
    assert!(!is_over().await);
    let lately = "select count(*) from console_sessions
        where seen_at > clock_now() - interval '1 minute'";
    assert_eq!(browser.number(lately).await, 1);

    let csrf = browser.get(ROOM).await.csrf().to_owned();
    let out = browser
        .post("/console/sign-out", &format!("csrf={csrf}"))
        .await;
    assert!(out.redirects_to("/console/sign-in"), "{out:?}");
    assert_eq!(out.headers.get_all(SET_COOKIE).iter().count(), 2);
    assert!(is_over().await);
    assert_eq!(
        browser
            .number("select count(*) from console_sessions")
            .await,
        0
    );
}

#[tokio::test]
async fn j7_signing_in_again_ends_the_session_before() {
    let mut browser = Browser::signed_in().await;
    let before = browser.cookie.clone();
    let key = browser.key(TenantId::SHOP, &["admin"]).await;
    browser.sign_in(&key).await;
    assert_eq!(browser.get(ROOM).await.status, 200);
    browser.cookie = before;
    assert!(browser.get(ROOM).await.redirects_to(TO_SIGN_IN));
}

#[tokio::test]
async fn j7_a_form_of_another_site_or_session_does_nothing() {
    let browser = Browser::signed_in().await;
    let csrf = browser.get(ROOM).await.csrf().to_owned();
    let other = Browser::signed_in().await.get(ROOM).await.csrf().to_owned();
    let right = format!("csrf={csrf}");
    let path = "/console/sign-out";
    for wrong in [
        String::new(),
        "csrf=".to_owned(),
        format!("csrf={other}"),
        format!("csrf={}", &csrf[1..]),
        format!("csrf={csrf}0"),
        format!("other={csrf}"),
    ] {
        assert_eq!(browser.post(path, &wrong).await.status, 403, "{wrong}");
    }
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("x-nothing", "neither header is there"),
    ] {
        let request = Request::post(path)
            .header(HOST, "shop.example")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(name, value)
            .body(Body::from(right.clone()))
            .unwrap();
        assert_eq!(browser.send(request).await.status, 403, "{name}: {value}");
    }
    // Nor does another site sign somebody in.
    let key = browser.key(TenantId::SHOP, &["admin"]).await;
    let request = form("/console/sign-in")
        .header("sec-fetch-site", "cross-site")
        .body(Body::from(format!("key={key}")));
    let mut request = request.unwrap();
    let cross = "cross-site".parse().unwrap();
    request.headers_mut().insert("sec-fetch-site", cross);
    assert_eq!(browser.send(request).await.status, 403);
    assert_eq!(
        browser
            .number("select count(*) from console_sessions")
            .await,
        1
    );
    let huge = format!("{right}&x={}", "x".repeat(20_000));
    assert_eq!(browser.post(path, &huge).await.status, 413);
    assert_eq!(browser.get(ROOM).await.status, 200);
    assert!(
        browser
            .post(path, &right)
            .await
            .redirects_to("/console/sign-in")
    );
}

#[tokio::test]
async fn j7_a_link_on_another_site_is_followed_once_more_from_here() {
    let browser = Browser::new().await;
    let request = Request::get("/console/templates?a=1&b=2")
        .header("sec-fetch-site", "cross-site")
        .header(COOKIE, "stevedore_console=nonsense; other=1");
    let answer = browser.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200);
    let again = r#"content="0;url=&#x2f;console&#x2f;templates?a=1&amp;b=2""#;
    assert!(answer.text.contains(again), "{}", answer.text);
}
