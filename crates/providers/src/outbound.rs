//! Calls to addresses that people typed in: an app's webhook, a chat's hook. Whoever may type them
//! could otherwise have us call what only we can reach.
//!
//! So: https only; every name is resolved here and refused if any of its addresses is not public;
//! what was checked is what is connected to, so that a second answer of the DNS changes nothing;
//! no redirects, no proxy of the environment, a small part of the answer.

mod guard;
mod sign;

use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};

use crate::SettingsError;
use crate::http::{described, read_bounded, retry_after};
use guard::{Guard, NotAllowed};
pub use sign::{WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP, signature};

/// Time to reach an address at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes read of an answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Unused connections to one host.
const IDLE_PER_HOST_MAX: usize = 2;

/// What may be called.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Calls to typed-in addresses")]
pub struct OutboundSettings {
    /// Let webhooks and alerts go to private addresses, too: loopback, link-local, 10/8 and so on.
    /// Whoever may add an endpoint can then call what only this machine can reach
    #[arg(long, env = "OUTBOUND_ALLOW_PRIVATE", value_name = "BOOL", default_value_t = false,
        action = clap::ArgAction::Set)]
    pub outbound_allow_private: bool,

    /// Let webhooks and alerts go by plain http, too
    #[arg(long, env = "OUTBOUND_ALLOW_HTTP", value_name = "BOOL", default_value_t = false,
        action = clap::ArgAction::Set)]
    pub outbound_allow_http: bool,

    /// Longest time for one call, from connecting to the last byte
    #[arg(long, env = "OUTBOUND_TIMEOUT", value_name = "DURATION", default_value = "20s",
          value_parser = humantime::parse_duration)]
    pub outbound_timeout: Duration,
}

/// Calls what may be called.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: Client,
    guard: Guard,
    allow_http: bool,
}

/// A complete answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// How long it asks us to wait, at most a day.
    pub retry_after: Option<Duration>,
    /// The beginning of its body.
    pub body: String,
}

/// Why there is no answer. No text here holds the address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// Nothing was sent, and nothing will be.
    #[error("the address is refused: {0}")]
    Refused(String),
    /// It was not reached, or did not answer.
    #[error("{0}")]
    NoAnswer(String),
}

impl Outbound {
    /// Builds the client.
    ///
    /// # Errors
    /// [`SettingsError`] when no HTTP client can be built, for example without certificates.
    pub fn new(settings: &OutboundSettings) -> Result<Self, SettingsError> {
        // Another part of the process may have installed it before; both choose ring.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard {
            allow_private: settings.outbound_allow_private,
        };
        let builder = || {
            Client::builder()
                .user_agent(concat!("stevedore/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .dns_resolver(guard)
                .connect_timeout(CONNECT_TIMEOUT.min(settings.outbound_timeout))
                .timeout(settings.outbound_timeout)
                .pool_idle_timeout(IDLE_TIMEOUT)
                .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
        };
        let client = builder().build().or_else(|error| {
            // Plain http must work where no certificates are installed.
            let without = builder().tls_certs_only([]);
            if settings.outbound_allow_http {
                without.build()
            } else {
                Err(error)
            }
        });
        let client = client.map_err(|source| SettingsError::Client {
            provider: "outbound",
            source,
        })?;
        Ok(Self {
            client,
            guard,
            allow_http: settings.outbound_allow_http,
        })
    }

    /// Posts JSON with these headers.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn post(
        &self,
        dependency: &'static str,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<Reply, CallError> {
        let started = Instant::now();
        let result = self.answer(url, headers, body).await;
        let outcome = match &result {
            Ok(reply) if (200..300).contains(&reply.status) => "ok",
            Ok(reply) if reply.status >= 500 || reply.status == 429 => "transient",
            Ok(_) | Err(CallError::Refused(_)) => "rejected",
            Err(CallError::NoAnswer(_)) => "unknown",
        };
        metrics::histogram!(
            "stevedore_external_request_duration_seconds",
            "dependency" => dependency,
            "outcome" => outcome,
        )
        .record(started.elapsed().as_secs_f64());
        result
    }

    async fn answer(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<Reply, CallError> {
        let url = self.checked(url)?;
        let mut request = self.client.post(url);
        request = request.header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = request.body(body).send().await.map_err(no_answer)?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let body = read_bounded(response, ANSWER_BYTES_MAX).await;
        let body = body.map_err(|_| CallError::NoAnswer("the answer broke off".to_owned()))?;
        Ok(Reply {
            status,
            retry_after,
            body,
        })
    }

    /// An address that is given as a number is never resolved, so it is looked at here.
    fn checked(&self, url: &str) -> Result<Url, CallError> {
        let refused = |problem: &str| CallError::Refused(problem.to_owned());
        let url = Url::parse(url).map_err(|_| refused("it is no URL"))?;
        if url.scheme() != "https" && !(self.allow_http && url.scheme() == "http") {
            return Err(refused("it is not https"));
        }
        let host = url.host_str().ok_or_else(|| refused("it has no host"))?;
        let number = host.trim_start_matches('[').trim_end_matches(']');
        match number.parse() {
            Ok(ip) if !self.guard.allows(ip) => Err(refused(&NotAllowed.to_string())),
            _ => Ok(url),
        }
    }
}

fn no_answer(error: reqwest::Error) -> CallError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if inner.is::<NotAllowed>() {
            return CallError::Refused(NotAllowed.to_string());
        }
        cause = inner.source();
    }
    CallError::NoAnswer(described(error))
}
