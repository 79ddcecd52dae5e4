//! Requests that are signed with a key instead of carrying it.

use axum::body::Body;
use axum::http::{Method, Request};
use chrono::Utc;
use ring::hmac;
use secrecy::ExposeSecret;
use serde_json::json;
use sha2::{Digest, Sha256};
use stevedore_model::TenantId;
use stevedore_model::api_keys::{self, Use};

use crate::shop::{an_order, open_shop};
use crate::support::{Answer, Api};

/// A server of the shop that signs.
struct Erp {
    api: Api,
    token: String,
}

/// What is signed and sent; a test changes what it is about.
struct Wanted<'a> {
    method: Method,
    path: &'a str,
    body: String,
    seconds_old: i64,
    nonce: &'a str,
}

impl Wanted<'_> {
    fn order(nonce: &str) -> Wanted<'_> {
        Wanted {
            method: Method::POST,
            path: "/v1/orders",
            body: an_order().to_string(),
            seconds_old: 0,
            nonce,
        }
    }
}

impl Erp {
    async fn new() -> Self {
        let api = Api::new().await;
        open_shop(&api.db).await;
        let scopes = ["orders:write".to_owned()];
        let pool = api.db.pool();
        let made = api_keys::create_for(pool, TenantId::SHOP, "erp", &scopes, None, Use::Signs);
        let token = made.await.unwrap().token.expose_secret().to_owned();
        Self { api, token }
    }

    fn header(&self, wanted: &Wanted<'_>) -> String {
        let mut parts = self.token.rsplit('_');
        let (secret, key_id) = (parts.next().unwrap(), parts.next().unwrap());
        #[expect(clippy::disallowed_methods, reason = "the signer's own clock")]
        let time = Utc::now().timestamp() - wanted.seconds_old;
        let digest = hex::encode(Sha256::digest(&wanted.body));
        let (method, path, nonce) = (&wanted.method, wanted.path, wanted.nonce);
        let text = format!("STV1-HMAC-SHA256\n{method}\n{path}\n{time}\n{nonce}\n{digest}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &Sha256::digest(secret));
        let signature = hex::encode(hmac::sign(&key, text.as_bytes()));
        format!("STV1-HMAC-SHA256 {key_id}:{time}:{nonce}:{signature}")
    }

    async fn send(&self, wanted: &Wanted<'_>, header: &str) -> Answer {
        let request = Request::builder()
            .method(&wanted.method)
            .uri(wanted.path)
            .header("authorization", header)
            .header("content-type", "application/json")
            .body(Body::from(wanted.body.clone()))
            .unwrap();
        self.api.send(request).await
    }

    async fn refused(&self, wanted: &Wanted<'_>, header: &str) -> String {
        let answer = self.send(wanted, header).await;
        assert_eq!(answer.problem(), (401, "signature_refused"));
        answer.body["reason"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn j7_a_signed_request_counts_once_and_a_changed_one_never() {
    let erp = Erp::new().await;
    let order = Wanted::order("nonce-01");
    let header = erp.header(&order);
    let placed = erp.send(&order, &header).await;
    assert_eq!(placed.status, 201, "{}", placed.text);
    assert_eq!(erp.refused(&order, &header).await, "replayed");

    let order = Wanted::order("nonce-02");
    let header = erp.header(&order);
    let mut changed = Wanted::order("nonce-02");
    changed.body.push(' ');
    assert_eq!(erp.refused(&changed, &header).await, "bad_signature");
    let mut elsewhere = Wanted::order("nonce-02");
    elsewhere.path = "/v1/orders?x=1";
    assert_eq!(erp.refused(&elsewhere, &header).await, "bad_signature");
    // What was refused has not used its nonce up.
    assert_eq!(erp.send(&order, &header).await.status, 201);
    assert_eq!(erp.api.count("select count(*) from orders").await, 2);
}

#[tokio::test]
async fn j7_old_and_early_signatures_strangers_and_nonsense_are_told_apart() {
    let erp = Erp::new().await;
    for (seconds_old, reason) in [(301, "too_old"), (-310, "too_new")] {
        let mut order = Wanted::order("nonce-03");
        order.seconds_old = seconds_old;
        let header = erp.header(&order);
        assert_eq!(erp.refused(&order, &header).await, reason);
    }
    let order = Wanted::order("nonce-04");
    let stranger = erp.header(&order);
    let stranger = stranger.replace(&erp.token[4..20], "0123456789abcdef");
    assert_eq!(erp.refused(&order, &stranger).await, "unknown_key");
    assert_eq!(erp.refused(&order, "STV1-HMAC-SHA256 x").await, "malformed");
    assert_eq!(erp.api.count("select count(*) from api_nonces").await, 0);
    let old = "insert into api_nonces (key_id, nonce, used_at)
        values ('0123456789abcdef', 'nonce-00', clock_now() - interval '11 minutes')
        returning 1::bigint";
    erp.api.count(old).await;
    let header = erp.header(&order);
    assert_eq!(erp.send(&order, &header).await.status, 201);
    assert_eq!(erp.api.count("select count(*) from api_nonces").await, 1);
}

#[tokio::test]
async fn j7_a_key_that_signs_is_no_bearer_key_and_has_its_scopes() {
    let mut erp = Erp::new().await;
    let jobs = Wanted {
        method: Method::GET,
        path: "/v1/jobs",
        body: String::new(),
        seconds_old: 0,
        nonce: "nonce-05",
    };
    let header = erp.header(&jobs);
    let answer = erp.send(&jobs, &header).await;
    assert_eq!(answer.problem(), (403, "insufficient_scope"));
    erp.api.key = erp.token.clone();
    let answer = erp.api.post("/v1/orders", &json!({})).await;
    assert_eq!(answer.problem(), (401, "invalid_credentials"));
}
