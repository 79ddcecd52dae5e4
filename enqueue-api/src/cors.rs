//! Which web pages of other origins may call the API.

use std::str::FromStr;
use std::time::Duration;

use axum::http::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, LINK, LOCATION, RETRY_AFTER,
};
use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember the answer.
const REMEMBER: Duration = Duration::from_secs(60 * 60);

/// Where a page comes from, as browsers write it, or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let host = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        let is_host = |host: &str| !host.is_empty() && !host.contains(['/', ' ', '*', '@']);
        match HeaderValue::from_str(text) {
            Ok(value) if text == "*" || host.is_some_and(is_host) => Ok(Self(value)),
            _ => Err(format!(
                "{text:?} is no origin such as https://shop.example"
            )),
        }
    }
}

/// None without origins: then browsers refuse by themselves. Credentials are never allowed: a key
/// is sent by the page itself, and cookies stay with the pages of this server.
pub(crate) fn layer(origins: &[Origin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let origins = if origins.iter().any(|origin| origin.0 == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().map(|origin| origin.0.clone()))
    };
    let sent = [
        "idempotency-key",
        "last-event-id",
        "traceparent",
        "x-request-id",
    ];
    let read = [
        "idempotency-replayed",
        "ratelimit",
        "ratelimit-policy",
        "x-request-id",
        "x-trace-id",
    ];
    let names = |known: &[HeaderName], own: &[&'static str]| -> Vec<HeaderName> {
        let own = own.iter().map(|name| HeaderName::from_static(name));
        known.iter().cloned().chain(own).collect()
    };
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    let cors = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(methods)
        .allow_headers(names(&[AUTHORIZATION, CONTENT_TYPE, IF_MATCH], &sent))
        .expose_headers(names(&[ETAG, LINK, LOCATION, RETRY_AFTER], &read))
        .max_age(REMEMBER);
    Some(cors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j7_what_no_browser_sends_as_its_origin_is_refused() {
        for text in ["https://shop.example", "http://localhost:3000", "*"] {
            assert!(Origin::from_str(text).is_ok(), "{text}");
        }
        for text in [
            "shop.example",
            "https://shop.example/",
            "https://*.example",
            "",
            "null",
        ] {
            assert!(Origin::from_str(text).is_err(), "{text}");
        }
    }
}
