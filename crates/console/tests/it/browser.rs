//! A browser that keeps its cookie, over a console with a database of its own.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use secrecy::ExposeSecret;
use stevedore_console::{Console, ConsoleSettings, router};
use stevedore_model::{TenantId, api_keys};
use stevedore_notices::TemplateSettings;
use stevedore_testkit::TestDb;
use tower::ServiceExt;

const BODY_BYTES_MAX: usize = 1024 * 1024;

pub struct Browser {
    pub db: TestDb,
    pub app: Router,
    /// As it is sent.
    pub cookie: Option<String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The token of its forms.
    pub fn csrf(&self) -> &str {
        let rest = self.text.split(r#"name="csrf" value=""#).nth(1);
        rest.and_then(|rest| rest.split('"').next()).unwrap()
    }

    /// Without what differs from run to run.
    pub fn page(&self) -> String {
        match self.text.contains(r#"name="csrf""#) {
            true => self.text.replace(self.csrf(), "[token]"),
            false => self.text.clone(),
        }
    }

    pub fn redirects_to(&self, path: &str) -> bool {
        self.status == StatusCode::SEE_OTHER && self.header(LOCATION.as_str()) == path
    }
}

/// A form as the page itself would send it.
pub fn form(path: &str) -> Builder {
    Request::post(path)
        .header(HOST, "shop.example")
        .header(ORIGIN, "https://shop.example")
        .header("sec-fetch-site", "same-origin")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
}

impl Browser {
    pub async fn new() -> Self {
        let db = TestDb::new().await;
        let templates = TemplateSettings {
            smtp_from: Some("Kofi's Data <orders@example.com>".to_owned()),
            ..TemplateSettings::default()
        };
        let console = Console::new(
            db.pool().clone(),
            ConsoleSettings::default(),
            templates.library().unwrap(),
            templates.shop_name(),
        );
        Self {
            db,
            app: router(console),
            cookie: None,
        }
    }

    /// Of somebody who signed in.
    pub async fn signed_in() -> Self {
        let mut browser = Self::new().await;
        let key = browser.key(TenantId::SHOP, &["admin"]).await;
        browser.sign_in(&key).await;
        browser
    }

    pub async fn key(&self, tenant: TenantId, scopes: &[&str]) -> String {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let key = api_keys::create(self.db.pool(), tenant, "ama", &scopes, None).await;
        key.unwrap().token.expose_secret().to_owned()
    }

    pub async fn sign_in(&mut self, key: &str) -> Answer {
        let request = form("/console/sign-in")
            .body(Body::from(format!("key={key}&to=%2Fconsole%2Ftemplates")))
            .unwrap();
        let answer = self.send(request).await;
        if let Some(cookie) = answer.headers.get(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(pair.to_owned());
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(form(path).body(Body::from(body.to_owned())).unwrap())
            .await
    }

    /// Sends a request with the cookie.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if let Some(cookie) = &self.cookie {
            let value = cookie.parse().unwrap();
            request.headers_mut().insert(COOKIE, value);
        }
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, BODY_BYTES_MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub async fn run(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(self.db.pool())
            .await
            .unwrap();
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(self.db.pool())
            .await
            .unwrap()
    }
}
