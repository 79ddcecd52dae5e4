//! Who is signed in: a cookie stands for a key that was shown once.
//!
//! The cookie is 256 random bits of which the database keeps a hash. Scripts can't read it, other
//! sites can't have it sent, and over HTTPS it is bound to this host (`__Host-`).

use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use stevedore_model::{TenantId, console_sessions};

use crate::Console;
use crate::page::Refusal;

const SECURE_COOKIE: &str = "__Host-stevedore_console";
const PLAIN_COOKIE: &str = "stevedore_console";

/// Keeps the token of forms apart from everything else that is made of a session's token.
const FORM_TOKEN_SALT: &str = "stevedore console form ";

/// Who is signed in.
#[derive(Debug)]
pub struct Session {
    inner: console_sessions::Session,
    token: SecretString,
}

impl Session {
    /// Whose data is shown.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.inner.tenant
    }

    /// What the key is for, which the session was begun with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.key_name
    }

    /// How histories and logs name who acts.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("console:{}", self.inner.key_name)
    }

    /// What each form of this session carries; it says nothing about the cookie.
    #[must_use]
    pub fn form_token(&self) -> String {
        let token = Sha256::new()
            .chain_update(FORM_TOKEN_SALT)
            .chain_update(self.token.expose_secret());
        hex::encode(token.finalize())
    }
}

impl FromRequestParts<Console> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Refusal> {
        let Some(token) = token(&parts.headers) else {
            return Err(signed_out(parts));
        };
        let idle = console.settings().console_idle;
        let found = console_sessions::find(console.pool(), token, idle).await?;
        found
            .map(|inner| Session {
                inner,
                token: SecretString::from(token),
            })
            .ok_or_else(|| signed_out(parts))
    }
}

/// To sign in, and then to where he wanted to go. A link on another site comes without the cookie,
/// even if there is one: our own page asks once more.
fn signed_out(parts: &Parts) -> Refusal {
    let wanted = parts.uri.path_and_query();
    let wanted = wanted.map_or("/console", |path| path.as_str()).to_owned();
    if parts.method != Method::GET {
        return Refusal::SignedOut("/console".to_owned());
    }
    let site = parts.headers.get("sec-fetch-site");
    match site.is_some_and(|site| site == "cross-site" || site == "same-site") {
        true => Refusal::Elsewhere(wanted),
        false => Refusal::SignedOut(wanted),
    }
}

/// The token of the session that a request is sent with.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let find = |wanted: &str| {
        let lists = headers.get_all(COOKIE).iter();
        let cookies = lists
            .filter_map(|list| list.to_str().ok())
            .flat_map(|list| list.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='));
        let mut named = cookies.filter(|(name, _)| *name == wanted);
        named.next().map(|(_, value)| value)
    };
    find(SECURE_COOKIE).or_else(|| find(PLAIN_COOKIE))
}

/// Has the browser keep a token until it is closed.
pub(crate) fn cookie(token: &SecretString, is_https: bool) -> HeaderValue {
    let token = token.expose_secret();
    let text = match is_https {
        true => format!("{SECURE_COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict"),
        false => format!("{PLAIN_COOKIE}={token}; Path=/console; HttpOnly; SameSite=Strict"),
    };
    let mut value = HeaderValue::from_str(&text).expect("names and hex digits are ASCII");
    value.set_sensitive(true);
    value
}

/// Has the browser forget both.
pub(crate) fn no_cookies() -> [HeaderValue; 2] {
    [
        "__Host-stevedore_console=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0",
        "stevedore_console=; Path=/console; HttpOnly; SameSite=Strict; Max-Age=0",
    ]
    .map(HeaderValue::from_static)
}
