//! Errors to Sentry, where a DSN is set: what is logged as an error, or panics, is an event there.
//!
//! Log lines hold neither bodies nor addresses. Should one do so all the same, addresses, numbers
//! of phones and the secrets of this process are masked; and nothing else is sent: no user, no
//! request, no host name, no spans, no lines of what went before.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sentry::integrations::tracing::ErrorLayer;
use sentry::protocol::Event;
use sentry::transports::ReqwestHttpTransportOptions;
use sentry::types::{Dsn, ParseDsnError, Scheme};
use sentry::{ClientInitGuard, ClientOptions, Hub, Transport, TransportFactory, TransportOptions};
use serde_json::Value;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::registry::LookupSpan;

use crate::logging::log_panic;

/// What is shown of what must not be seen.
const MASK: &str = "********";
/// A shorter one would be found in words that have nothing to do with it.
const SECRET_CHARS_MIN: usize = 6;
/// Digits after a `+` that make a phone's number.
const PHONE_DIGITS_MIN: usize = 8;
/// Longest time that the last errors may hold up a process's end.
const LAST_WAIT: Duration = Duration::from_secs(2);
/// Longest time for one call.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// While it lives, errors are reported; when it is dropped, those that wait are sent.
#[must_use = "errors are reported for as long as it lives"]
pub struct ErrorReports {
    _guard: ClientInitGuard,
}

/// Why errors can't be reported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorReportsError {
    /// It is no DSN such as `https://key@sentry.example/7`.
    #[error("SENTRY_DSN is no DSN")]
    Dsn(#[source] ParseDsnError),
    /// No HTTP client can be built.
    #[error("cannot build an HTTP client for Sentry")]
    Client(#[source] reqwest::Error),
}

/// Reports errors of this process to Sentry, without these secrets. To be called before
/// [`init_tracing`](crate::init_tracing), from the thread that lives longest.
///
/// # Errors
/// See [`ErrorReportsError`].
pub fn report_errors(
    dsn: &str,
    environment: Option<&str>,
    secrets: Vec<SecretString>,
) -> Result<ErrorReports, ErrorReportsError> {
    let dsn: Dsn = dsn.trim().parse().map_err(ErrorReportsError::Dsn)?;
    let client = client(dsn.scheme()).map_err(ErrorReportsError::Client)?;
    let mut options = ClientOptions::new()
        .release(concat!("stevedore@", env!("CARGO_PKG_VERSION")))
        .send_default_pii(false)
        .max_breadcrumbs(0)
        .shutdown_timeout(LAST_WAIT)
        .before_send(move |event| without_secrets(&event, &secrets))
        .transport(ByReqwest(client));
    options.dsn = Some(dsn);
    options.environment = environment.map(|name| name.to_owned().into());
    let guard = sentry::init(options);
    std::panic::set_hook(Box::new(log_panic));
    Ok(ErrorReports { _guard: guard })
}

/// Turns what is logged as an error into reports, if they are wanted.
pub(crate) fn layer<S>() -> Option<impl Layer<S>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let is_wanted = Hub::current().client().is_some();
    is_wanted.then(|| ErrorLayer::new().with_filter(LevelFilter::ERROR))
}

fn client(scheme: Scheme) -> reqwest::Result<reqwest::Client> {
    // Another part of the process may have installed it before; both choose ring.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .timeout(CALL_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    if scheme == Scheme::Http {
        // A relay on this machine must work where no certificates are installed.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

struct ByReqwest(reqwest::Client);

impl TransportFactory for ByReqwest {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        let options = ReqwestHttpTransportOptions::from(options);
        Arc::new(options.with_client(self.0.clone()).build())
    }
}

/// The event with all its texts masked, wherever they stand; what can't be looked through is not
/// sent.
fn without_secrets(event: &Event<'static>, secrets: &[SecretString]) -> Option<Event<'static>> {
    let mut value = serde_json::to_value(event).ok()?;
    mask_value(&mut value, secrets);
    serde_json::from_value(value).ok()
}

fn mask_value(value: &mut Value, secrets: &[SecretString]) {
    match value {
        Value::String(text) => *text = masked(text, secrets),
        Value::Array(values) => values
            .iter_mut()
            .for_each(|value| mask_value(value, secrets)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|value| mask_value(value, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn masked(text: &str, secrets: &[SecretString]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().map(ExposeSecret::expose_secret) {
        if secret.len() >= SECRET_CHARS_MIN {
            text = text.replace(secret, MASK);
        }
    }
    let is_apart = |c: char| !(c.is_alphanumeric() || "@.+-_:/%".contains(c));
    text.split_inclusive(is_apart)
        .map(|piece| {
            let word = piece.trim_end_matches(|c| is_apart(c) || ".:".contains(c));
            match is_personal(word) {
                true => piece.replacen(word, MASK, 1),
                false => piece.to_owned(),
            }
        })
        .collect()
}

/// A mail's address, an address of the web with a password in it, or the number of a phone.
fn is_personal(word: &str) -> bool {
    let is_address = word
        .split_once('@')
        .is_some_and(|(before, behind)| !before.is_empty() && !behind.is_empty());
    let is_phone = word.contains('+')
        && word.chars().filter(char::is_ascii_digit).count() >= PHONE_DIGITS_MIN
        && !word.contains(|c: char| c.is_alphabetic());
    is_address || is_phone
}

#[cfg(test)]
mod tests {
    use axum::extract::State;
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    async fn take(State(sink): State<UnboundedSender<String>>, envelope: String) -> &'static str {
        let _gone = sink.send(envelope);
        "{}"
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn g7_an_error_is_reported_with_its_fields_and_without_secrets() {
        let (sink, mut envelopes) = unbounded_channel();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("an address");
        let address = listener.local_addr().expect("an address");
        let app = axum::Router::new()
            .route("/api/42/envelope/", axum::routing::post(take))
            .with_state(sink);
        tokio::spawn(axum::serve(listener, app).into_future());

        let dsn = format!("http://public@{address}/42");
        let secrets = vec![SecretString::from("hunter2-hunter2")];
        let reports = report_errors(&dsn, Some("test"), secrets).expect("a DSN");
        let subscriber = tracing_subscriber::registry().with(layer());
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("mail", customer.email = "kofi@example.com");
            let _entered = span.enter();
            tracing::warn!("only a warning");
            tracing::error!(
                code = "provider_transient",
                url = "https://api.example/?key=hunter2-hunter2",
                "not delivered to <ama@example.com>, order 7"
            );
        });
        tokio::task::spawn_blocking(move || drop(reports))
            .await
            .expect("no panic");
        let envelope = envelopes.recv().await.expect("a report");
        for part in [
            "not delivered to <********>, order 7",
            "provider_transient",
            "https://api.example/?key=********",
            r#""environment":"test""#,
        ] {
            assert!(envelope.contains(part), "{part} is not in {envelope}");
        }
        for secret in ["only a warning", "@example.com", "server_name", "hunter2"] {
            assert!(!envelope.contains(secret), "{secret} in {envelope}");
        }
        assert!(envelopes.try_recv().is_err(), "one error, one report");
    }

    #[test]
    fn what_must_not_be_seen_is_masked_and_nothing_else() {
        let secrets = [SecretString::from("s3cret!"), SecretString::from("1")];
        for (text, expected) in [
            ("to ama@example.com: no", "to ********: no"),
            (
                "(+233 is Ghana) +233271234567, twice",
                "(+233 is Ghana) ********, twice",
            ),
            ("at postgres://u:p@db:5432/shop?x=1", "at ********?x=1"),
            ("key s3cret!", "key ********"),
            (
                "order 1000000017 @ 2026-01-01T00:00:00+00:00",
                "order 1000000017 @ 2026-01-01T00:00:00+00:00",
            ),
        ] {
            assert_eq!(masked(text, &secrets), expected);
        }
    }

    #[test]
    fn what_is_no_dsn_is_refused() {
        assert!(report_errors("sentry.example", None, Vec::new()).is_err());
    }
}
