//! An API over a database of its own, and answers that are easy to ask about.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;
use sqlx::PgPool;
use stevedore_enqueue_api::{ApiSettings, ApiState, app};
use stevedore_model::{TenantId, api_keys};
use stevedore_telemetry::Metrics;
use stevedore_testkit::TestDb;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// More than any answer of this API is long.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

pub struct Api {
    pub db: TestDb,
    pub app: Router,
    pub draining: CancellationToken,
    /// May do everything.
    pub key: String,
}

impl Api {
    pub async fn new() -> Self {
        Self::with(ApiSettings::default()).await
    }

    pub async fn with(settings: ApiSettings) -> Self {
        let db = TestDb::new().await;
        let key = key_with(&db, &["admin"]).await;
        let draining = CancellationToken::new();
        let metrics = Metrics::install().unwrap();
        let state = ApiState::new(db.pool().clone(), settings, metrics, draining.clone());
        Self {
            db,
            app: app(state),
            draining,
            key,
        }
    }

    pub async fn key_with(&self, scopes: &[&str]) -> String {
        key_with(&self.db, scopes).await
    }

    /// A request with the key that may do everything; change what the test is about.
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {}", self.key))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_bytes(path, body.to_string()).await
    }

    pub async fn post_bytes(&self, path: &str, body: impl Into<Body>) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, "application/json")
            .body(body.into())
            .unwrap();
        self.send(request).await
    }

    /// As [`Self::post`], with an Idempotency-Key.
    pub async fn post_keyed(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.post_keyed_bytes(path, key, body.to_string()).await
    }

    pub async fn post_keyed_bytes(&self, path: &str, key: &str, body: impl Into<Body>) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, "application/json")
            .header("idempotency-key", key)
            .body(body.into())
            .unwrap();
        self.send(request).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, ANSWER_BYTES_MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
            text,
        }
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(self.db.pool())
            .await
            .unwrap()
    }

    /// How much was written by requests, over all tables that a request may write to.
    pub async fn rows_written(&self) -> i64 {
        self.count(
            "select (select count(*) from orders) + (select count(*) from order_items)
                + (select count(*) from inventory_reservations)
                + (select count(*) from order_state_history)
                + (select count(*) from idempotency_keys)
                + (select count(*) from notification_queue)
                + (select count(*) from queue.jobs)",
        )
        .await
    }
}

/// An API that has not seen a request.
pub fn app_over(pool: PgPool) -> Router {
    let metrics = Metrics::install().unwrap();
    app(ApiState::new(
        pool,
        ApiSettings::default(),
        metrics,
        CancellationToken::new(),
    ))
}

pub async fn key_with(db: &TestDb, scopes: &[&str]) -> String {
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let key = api_keys::create(db.pool(), TenantId::SHOP, "test", &scopes, None)
        .await
        .unwrap();
    key.token.expose_secret().to_owned()
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Null when it is no JSON.
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value: &HeaderValue| value.to_str().unwrap())
    }

    /// Status and code of a problem, having checked that it is a whole and well-formed one.
    pub fn problem(&self) -> (u16, &str) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text
        );
        for member in ["type", "title", "code", "detail", "instance", "trace_id"] {
            assert!(self.body[member].is_string(), "{member} in {}", self.text);
        }
        let code = self.body["code"].as_str().unwrap();
        assert_eq!(self.body["type"], format!("/api/problems/{code}"));
        assert_eq!(self.body["status"], self.status.as_u16());
        assert_eq!(self.body["trace_id"], self.header("x-trace-id"));
        (self.status.as_u16(), code)
    }

    /// Field and code of each problem of a field.
    pub fn fields(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|error| (text(&error["field"]), text(&error["code"])))
            .collect()
    }
}
