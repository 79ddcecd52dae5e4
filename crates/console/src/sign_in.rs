//! Signing in with a key, and out.

use axum::extract::State;
use axum::http::header::{SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use minijinja::context;
use stevedore_model::{api_keys, console_sessions};

use crate::Console;
use crate::form::Query;
use crate::guard::{Ours, Posted, is_https};
use crate::page::{Refusal, page};
use crate::session;

/// The scope without which nobody is let in.
const SCOPE: &str = "admin";
const HOME: &str = "/console";
const PATH_BYTES_MAX: usize = 1000;

/// The form.
pub async fn ask(Query(query): Query) -> Response {
    form(StatusCode::OK, query.get("to"), None)
}

/// Begins a session. Who tries wrong keys too often is held off by the API's own limit, which
/// counts what is answered 401.
pub async fn begin(
    State(console): State<Console>,
    headers: HeaderMap,
    Ours(sent): Ours,
) -> Result<Response, Refusal> {
    let to = sent.get("to");
    let Some(key) = api_keys::verify(console.pool(), sent.get("key").trim()).await? else {
        let problem = "This key is unknown, expired or revoked.";
        let mut response = form(StatusCode::UNAUTHORIZED, to, Some(problem));
        let challenge = HeaderValue::from_static(r#"Bearer realm="stevedore""#);
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        return Ok(response);
    };
    if !key.allows(SCOPE) {
        tracing::warn!(key = key.name, "a key without the scope admin was shown");
        let problem = "This key does not have the scope admin.";
        return Ok(form(StatusCode::FORBIDDEN, to, Some(problem)));
    }
    if let Some(old) = session::token(&headers) {
        console_sessions::end(console.pool(), old).await?;
    }
    let longest = console.settings().console_session;
    let token = console_sessions::begin(console.pool(), &key, longest).await?;
    tracing::info!(key = key.name, tenant = %key.tenant, "signed in to the console");
    let cookie = session::cookie(&token, is_https(&headers));
    let headers = AppendHeaders([(SET_COOKIE, cookie)]);
    Ok((headers, Redirect::to(own_path(to))).into_response())
}

/// Ends the session, here and in the browser.
pub async fn end(
    State(console): State<Console>,
    headers: HeaderMap,
    _form: Posted,
) -> Result<Response, Refusal> {
    if let Some(token) = session::token(&headers) {
        console_sessions::end(console.pool(), token).await?;
    }
    let gone = session::no_cookies().map(|cookie| (SET_COOKIE, cookie));
    Ok((AppendHeaders(gone), Redirect::to("/console/sign-in")).into_response())
}

fn form(status: StatusCode, to: &str, problem: Option<&str>) -> Response {
    let to = own_path(to);
    page(
        status,
        "sign_in.html",
        context! { title => "Sign in", to, problem },
    )
}

/// Where to go then: a page of the console, whatever the address says.
fn own_path(wanted: &str) -> &str {
    let is_ours = wanted
        .strip_prefix(HOME)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let is_clean = wanted.len() <= PATH_BYTES_MAX
        && wanted
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_ours && is_clean { wanted } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn j7_nobody_is_sent_elsewhere() {
        for ours in ["/console", "/console/templates?x=1", "/console?x"] {
            assert_eq!(own_path(ours), ours);
        }
        for other in [
            "",
            "https://evil.example/console",
            "//evil.example",
            "/consoles",
            "/v1/orders",
            "/console/\\evil",
            "/console/\r\nSet-Cookie: a=b",
            "/console/ä",
        ] {
            assert_eq!(own_path(other), "/console", "{other}");
        }
    }
}
