//! How pages are made, and what is shown instead of one.

use std::sync::LazyLock;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use minijinja::value::{Serde, Value};
use minijinja::{Environment, context};
use serde::Serialize;
use stevedore_model::console_sessions::BeginError;

use crate::form::address;
use crate::session::Session;

/// The rooms, as the head of each page shows them: path and name.
pub const ROOMS: &[(&str, &str)] = &[
    ("/console/webhooks", "Webhooks"),
    ("/console/templates", "Templates"),
];

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    for (name, text) in [
        ("frame.html", include_str!("html/frame.html")),
        ("sign_in.html", include_str!("html/sign_in.html")),
        ("elsewhere.html", include_str!("html/elsewhere.html")),
        ("words.html", include_str!("html/words.html")),
        ("tabs.html", include_str!("html/tabs.html")),
        ("templates.html", include_str!("html/templates.html")),
        ("template.html", include_str!("html/template.html")),
        ("webhooks.html", include_str!("html/webhooks.html")),
        ("webhook.html", include_str!("html/webhook.html")),
    ] {
        let added = templates.add_template(name, text);
        added.expect("the built-in pages can be read; a test renders each");
    }
    templates
});

/// Why there is no page.
#[derive(Debug)]
pub enum Refusal {
    /// Nobody is signed in: to the form, and then to this path.
    SignedOut(String),
    /// The link was on another site: this path again, from here.
    Elsewhere(String),
    /// The form is not one of ours, or of another session. Nothing was done.
    Foreign,
    /// The form is too long.
    TooLong,
    /// There is no such thing.
    Missing(&'static str),
    /// What was asked for can't be made; the text says why.
    Impossible(String),
    /// It failed, and is in the log.
    Failed,
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "a page of the console failed at the database");
        Self::Failed
    }
}

impl From<BeginError> for Refusal {
    fn from(error: BeginError) -> Self {
        tracing::error!(%error, "no session of the console could be begun");
        Self::Failed
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let words =
            |status, title: &str, text: &str| page(status, "words.html", context! { title, text });
        match self {
            Self::SignedOut(path) => Redirect::to(&sign_in(&path)).into_response(),
            Self::Elsewhere(path) => {
                let values = context! { title => "One moment", path };
                page(StatusCode::OK, "elsewhere.html", values)
            }
            Self::Foreign => words(
                StatusCode::FORBIDDEN,
                "Nothing was done",
                "This form is not of your session here. Please open the page again.",
            ),
            Self::TooLong => words(
                StatusCode::PAYLOAD_TOO_LARGE,
                "Nothing was done",
                "This form is too long.",
            ),
            Self::Missing(text) => words(StatusCode::NOT_FOUND, "Not found", text),
            Self::Impossible(text) => words(
                StatusCode::UNPROCESSABLE_ENTITY,
                "This can’t be shown",
                &text,
            ),
            Self::Failed => words(
                StatusCode::INTERNAL_SERVER_ERROR,
                "This failed",
                "The log of the API says why. Please try again in a moment.",
            ),
        }
    }
}

fn sign_in(path: &str) -> String {
    address("/console/sign-in", &[("to", path)])
}

/// A moment, for people.
pub fn time(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M:%S UTC").to_string()
}

/// A page of a room, for whoever is signed in.
pub fn room(session: &Session, here: &str, template: &str, values: &impl Serialize) -> Response {
    let (name, csrf) = (session.name(), session.form_token());
    let rooms = Value::from(Serde(ROOMS));
    let values = Value::from(Serde(values));
    page(
        StatusCode::OK,
        template,
        context! { rooms, here, name, csrf, ..values },
    )
}

/// A page.
pub(crate) fn page(status: StatusCode, template: &str, values: Value) -> Response {
    let rendered = TEMPLATES
        .get_template(template)
        .and_then(|template| template.render(values));
    match rendered {
        Ok(html) => (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(error) => {
            tracing::error!(%error, template, "a page can't be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
