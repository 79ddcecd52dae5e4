//! Pages for the people who run a shop, mounted beside the API under `/console`.
//!
//! They are made on the server, work without scripts, and load two things of their own: a style
//! sheet, and the page of a mail in a frame that may do nothing. Whoever signs in shows an API key
//! with the scope `admin` once; from then on a cookie stands for it ([`session`]).
//!
//! **To add a room**: `rooms/<noun>.rs` with its routes, its templates in `html/`, a line in
//! [`router`] and one in [`page::ROOMS`]. Whatever changes something takes a [`guard::Posted`].

pub mod form;
pub mod guard;
pub mod page;
pub mod rooms;
pub mod session;
mod settings;
mod sign_in;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sqlx::PgPool;
use stevedore_notices::Library;

use page::Refusal;
use session::Session;
pub use settings::ConsoleSettings;

/// The longest form, in bytes.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// What a page may load and do. No script, and nothing from anywhere else.
const POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// What every page can reach; cheap to clone.
#[derive(Clone)]
pub struct Console {
    inner: Arc<Inner>,
}

struct Inner {
    pool: PgPool,
    settings: ConsoleSettings,
    templates: Library,
    shop: String,
}

impl Console {
    /// The console over this pool. `templates` and `shop` are those of the workers, so that
    /// previews say what is sent.
    #[must_use]
    pub fn new(pool: PgPool, settings: ConsoleSettings, templates: Library, shop: String) -> Self {
        let inner = Inner {
            pool,
            settings,
            templates,
            shop,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The database.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    fn settings(&self) -> &ConsoleSettings {
        &self.inner.settings
    }

    fn templates(&self) -> &Library {
        &self.inner.templates
    }

    fn shop(&self) -> &str {
        &self.inner.shop
    }
}

/// All pages.
pub fn router(console: Console) -> Router {
    Router::new()
        .route("/console", get(home))
        .route("/console/console.css", get(style))
        .route("/console/sign-in", get(sign_in::ask).post(sign_in::begin))
        .route("/console/sign-out", post(sign_in::end))
        .merge(rooms::templates::routes())
        .merge(rooms::webhooks::routes())
        .route("/console/{*rest}", get(lost))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(map_response(harden))
        .with_state(console)
}

async fn home() -> Redirect {
    Redirect::to("/console/webhooks")
}

async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css"),
        // It changes with a release.
        (CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("html/console.css"))
}

async fn lost(_session: Session) -> Refusal {
    Refusal::Missing("There is no such page.")
}

/// Pages are for their reader alone, and are not kept by anyone in between.
async fn harden(mut response: Response) -> Response {
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Without the page's own address browsers would not say where a form comes from.
        (REFERRER_POLICY, "same-origin"),
    ] {
        let headers = response.headers_mut();
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
