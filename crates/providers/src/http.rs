//! One HTTP client per provider: bounded time, bounded answers, no redirects, every exchange
//! journalled and measured.

use std::time::{Duration, Instant};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde_json::Value;

use crate::journal::body_value;
use crate::{Exchange, Journal, ProviderError, SettingsError};

/// Bytes read of one answer; vendors answer with a few hundred.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest wait that a vendor can impose on us.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// What is written down instead of an answer.
const DRY_RUN: &str = "a dry run: nothing was sent";
/// Time to reach a vendor at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client for one vendor.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
    provider: &'static str,
    is_dry: bool,
    answer_bytes_max: usize,
}

/// A complete answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) headers: HeaderMap,
    /// Bounded; the rest was not read.
    pub(crate) body: String,
}

/// No complete answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The vendor can't have seen the request.
    NotSent(String),
    /// It may have.
    Lost(String),
    /// Nothing was to be sent.
    Dry,
}

impl From<NoAnswer> for ProviderError {
    /// For a call that changes something at the vendor.
    fn from(nothing: NoAnswer) -> Self {
        match nothing {
            NoAnswer::NotSent(error) => Self::transient(error),
            NoAnswer::Lost(error) => Self::unknown(error),
            NoAnswer::Dry => Self::rejected("dry_run", DRY_RUN),
        }
    }
}

impl Http {
    pub(crate) fn new(
        provider: &'static str,
        base: &Url,
        timeout: Duration,
    ) -> Result<Self, SettingsError> {
        // Another part of the process may have installed it before; both choose ring.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("stevedore/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout);
        if base.scheme() == "http" {
            // A sandbox on this machine must work where no certificates are installed.
            builder = builder.tls_certs_only([]);
        }
        let client = builder
            .build()
            .map_err(|source| SettingsError::Client { provider, source })?;
        Ok(Self {
            client,
            provider,
            is_dry: false,
            answer_bytes_max: ANSWER_BYTES_MAX,
        })
    }

    /// The same client, for a vendor whose answers are longer.
    pub(crate) fn with_answers_of(mut self, bytes_max: usize) -> Self {
        self.answer_bytes_max = bytes_max;
        self
    }

    /// With `is_dry` everything but the call is done.
    pub(crate) fn dry(mut self, is_dry: bool) -> Self {
        self.is_dry = is_dry;
        self
    }

    pub(crate) fn is_dry(&self) -> bool {
        self.is_dry
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends, journals and measures one request. `sent` is the body as the log may show it.
    pub(crate) async fn send(
        &self,
        operation: &'static str,
        request: RequestBuilder,
        sent: Value,
        journal: &mut Journal,
    ) -> Result<Answer, NoAnswer> {
        let started = Instant::now();
        let (endpoint, result) = self.exchange(request).await;
        let (status, response) = match &result {
            Ok(answer) => (Some(answer.status.as_u16()), body_value(&answer.body)),
            Err(NoAnswer::NotSent(error) | NoAnswer::Lost(error)) => {
                (None, Value::from(error.as_str()))
            }
            Err(NoAnswer::Dry) => (None, Value::from(DRY_RUN)),
        };
        let duration = started.elapsed();
        let exchange = Exchange {
            operation,
            endpoint,
            request: sent,
            status,
            response,
            duration,
        };
        journal.record(exchange);
        result
    }

    /// Sends one request that no journal is kept of, since it holds what people are told.
    pub(crate) async fn ask(&self, request: RequestBuilder) -> Result<Answer, NoAnswer> {
        self.exchange(request).await.1
    }

    async fn exchange(&self, request: RequestBuilder) -> (String, Result<Answer, NoAnswer>) {
        let request = match request.build() {
            Ok(request) => request,
            Err(error) => return (String::new(), Err(NoAnswer::NotSent(described(error)))),
        };
        let endpoint = format!("{} {}", request.method(), request.url().path());
        if self.is_dry {
            return (endpoint, Err(NoAnswer::Dry));
        }
        (endpoint, self.answer(request).await)
    }

    async fn answer(&self, request: reqwest::Request) -> Result<Answer, NoAnswer> {
        let response = self.client.execute(request).await.map_err(no_answer)?;
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let headers = response.headers().clone();
        let body = read_bounded(response, self.answer_bytes_max).await?;
        Ok(Answer {
            status,
            retry_after,
            headers,
            body,
        })
    }

    /// What a call came to: counted, and without secrets in what it says of an error.
    pub(crate) fn ended<T>(
        &self,
        started: Instant,
        result: Result<T, ProviderError>,
        journal: &Journal,
    ) -> Result<T, ProviderError> {
        let result = result.map_err(|error| error.masked(journal));
        self.measure(started, &result);
        result
    }

    /// Counts one finished call with what it came to.
    pub(crate) fn measure<T>(&self, started: Instant, result: &Result<T, ProviderError>) {
        let outcome = result.as_ref().err().map_or("ok", ProviderError::outcome);
        metrics::histogram!(
            "stevedore_external_request_duration_seconds",
            "dependency" => self.provider,
            "outcome" => outcome,
        )
        .record(started.elapsed().as_secs_f64());
    }
}

pub(crate) async fn read_bounded(
    mut response: reqwest::Response,
    bytes_max: usize,
) -> Result<String, NoAnswer> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        let room = bytes_max - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() >= room {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn no_answer(error: reqwest::Error) -> NoAnswer {
    let never_left = error.is_connect() || error.is_builder();
    let message = described(error);
    if never_left {
        NoAnswer::NotSent(message)
    } else {
        NoAnswer::Lost(message)
    }
}

/// The error with its causes, and without the address, which may hold a secret.
pub(crate) fn described(error: reqwest::Error) -> String {
    let timed_out = error.is_timeout();
    let error = error.without_url();
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    if timed_out {
        format!("timed out: {message}")
    } else {
        message
    }
}

/// `Retry-After` in seconds or as a date, which is read against the answer's own `Date`.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = chrono::DateTime::parse_from_rfc2822(text).ok()?;
            let now = headers.get(DATE)?.to_str().ok()?;
            let now = chrono::DateTime::parse_from_rfc2822(now).ok()?;
            (at - now).to_std().unwrap_or_default()
        }
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(pairs: &[(reqwest::header::HeaderName, &str)]) -> Option<Duration> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().expect("a header value")))
            .collect();
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_date_and_bounded() {
        assert_eq!(wait(&[]), None);
        assert_eq!(wait(&[(RETRY_AFTER, "7")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(&[(RETRY_AFTER, "99999999")]), Some(RETRY_AFTER_MAX));
        assert_eq!(wait(&[(RETRY_AFTER, "-3")]), None);
        let later = (RETRY_AFTER, "Wed, 21 Oct 2026 07:28:30 GMT");
        let now = (DATE, "Wed, 21 Oct 2026 07:28:00 GMT");
        assert_eq!(wait(&[later.clone(), now]), Some(Duration::from_secs(30)));
        let past = (DATE, "Wed, 21 Oct 2026 09:00:00 GMT");
        assert_eq!(wait(&[later, past]), Some(Duration::ZERO));
    }
}
