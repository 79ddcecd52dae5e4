//! What the carriers' clients share: an address, a client, a token, and one reading of HTTP's
//! answers. What a carrier's own codes mean stands in its file.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::http::{Answer, Http, NoAnswer};
pub(crate) use crate::vendor::{base_url, filled, required};
use crate::{Exchange, Journal, NewToken, ProviderError, SettingsError, TokenCache, TokenKey};

/// Bytes read of one answer: thirty parcels with all their scans, or a label.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Characters kept of what a vendor says for people.
const MESSAGE_CHARS_MAX: usize = 300;

/// What is at stake when no answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stake {
    /// Nothing: the call changes nothing, ask again.
    Nothing,
    /// Something may have been bought that can be found again by our reference.
    Findable,
    /// Something may have been bought that nobody can find again: a person has to look.
    Lost,
}

/// An answer that is understood: a success, or a 404 to a call that changes nothing.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Reads a carrier's own error, code and message, out of a body.
pub(crate) type ErrorReader = fn(&Value) -> Option<(String, String)>;

/// One carrier's API.
pub(crate) struct Api {
    http: Http,
    base: Url,
    read_error: ErrorReader,
    is_dry: bool,
}

impl Api {
    pub(crate) fn new(
        carrier: &'static str,
        setting: &'static str,
        address: &str,
        timeout: Duration,
        read_error: ErrorReader,
    ) -> Result<Self, SettingsError> {
        let base = base_url(setting, address)?;
        let http = Http::new(carrier, &base, timeout)?.with_answers_of(ANSWER_BYTES_MAX);
        Ok(Self {
            http,
            base,
            read_error,
            is_dry: false,
        })
    }

    /// With a dry run everything is done but the calls that have an effect.
    pub(crate) fn dry(mut self, is_dry: bool) -> Self {
        self.is_dry = is_dry;
        self
    }

    /// A request for a path below the address, each segment escaped.
    pub(crate) fn request(&self, method: Method, segments: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("base_url() takes http addresses only, which have segments")
            .pop_if_empty()
            .extend(segments);
        self.http.client().request(method, url)
    }

    /// Sends, journals, measures and reads one request. `sent` is what a log may show of it.
    pub(crate) async fn call(
        &self,
        operation: &'static str,
        stake: Stake,
        request: RequestBuilder,
        sent: Value,
        journal: &mut Journal,
    ) -> Result<Said, ProviderError> {
        if self.is_dry && stake != Stake::Nothing {
            journal.record(Exchange {
                operation,
                endpoint: "dry run".to_owned(),
                request: sent,
                status: None,
                response: Value::Null,
                duration: Duration::ZERO,
            });
            let message = "a dry run: the request was built and not sent";
            return Err(ProviderError::rejected("dry_run", message));
        }
        let started = Instant::now();
        let answer = self.http.send(operation, request, sent, journal).await;
        let result = read(answer, stake, self.read_error);
        self.http.ended(started, result, journal)
    }
}

/// A carrier that wants a token in each call, kept by the fleet's cache.
#[async_trait]
pub(crate) trait LogsIn: Send + Sync {
    /// The API that takes the token.
    fn api(&self) -> &Api;

    /// Where tokens are kept.
    fn tokens(&self) -> &dyn TokenCache;

    /// Which token is ours.
    fn token_key(&self) -> &TokenKey;

    /// Gets a new one.
    async fn log_in(&self, journal: &mut Journal) -> Result<NewToken, ProviderError>;

    /// Puts the token where this carrier looks for it.
    fn with_token(&self, request: RequestBuilder, token: &str) -> RequestBuilder {
        request.bearer_auth(token)
    }

    /// [`Api::call`] with the token; once more with a new one if the carrier refuses it, since a
    /// refused call left nothing behind.
    async fn call(
        &self,
        operation: &'static str,
        stake: Stake,
        request: RequestBuilder,
        sent: Value,
        journal: &mut Journal,
    ) -> Result<Said, ProviderError> {
        let again = request.try_clone();
        let token = self.token(journal).await?;
        let request = self.with_token(request, token.expose_secret());
        let said = self
            .api()
            .call(operation, stake, request, sent.clone(), journal);
        match (said.await, again) {
            (Err(ProviderError::Unauthorized { .. }), Some(request)) => {
                self.tokens().forget(self.token_key(), &token).await;
                let token = self.token(journal).await?;
                let request = self.with_token(request, token.expose_secret());
                self.api()
                    .call(operation, stake, request, sent, journal)
                    .await
            }
            (result, _) => result,
        }
    }

    /// The token, got anew if there is none.
    async fn token(&self, journal: &mut Journal) -> Result<SecretString, ProviderError> {
        let renew = Box::pin(self.log_in(journal));
        self.tokens().get(self.token_key(), renew).await
    }
}

/// A token out of an OAuth answer; `expires_in` is a number at FedEx and a string at UPS.
pub(crate) fn oauth_token(said: &Said) -> Result<NewToken, ProviderError> {
    let token = text(&said.body, "/access_token");
    let seconds = text(&said.body, "/expires_in").and_then(|seconds| seconds.parse().ok());
    match (token, seconds) {
        (Some(token), Some(seconds)) => Ok(NewToken {
            token: token.into(),
            lifetime: Duration::from_secs(seconds),
        }),
        _ => Err(ProviderError::transient(
            "the login's answer holds no token",
        )),
    }
}

/// Reads an answer.
fn read(
    answer: Result<Answer, NoAnswer>,
    stake: Stake,
    read_error: ErrorReader,
) -> Result<Said, ProviderError> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(NoAnswer::NotSent(error)) => return Err(ProviderError::transient(error)),
        Err(NoAnswer::Lost(error)) => return Err(in_doubt(stake, None, error)),
        Err(dry @ NoAnswer::Dry) => return Err(dry.into()),
    };
    let status = answer.status;
    let body: Option<Value> = serde_json::from_str(&answer.body).ok();
    let is_known_absence = status == StatusCode::NOT_FOUND && stake == Stake::Nothing;
    if status.is_success() || is_known_absence {
        return match body {
            Some(body) => Ok(Said {
                status,
                headers: answer.headers,
                body,
            }),
            None if answer.body.trim().is_empty() => Ok(Said {
                status,
                headers: answer.headers,
                body: Value::Null,
            }),
            None => Err(in_doubt(stake, None, "the answer is not understood")),
        };
    }
    let told = body.as_ref().and_then(read_error);
    let code = told.as_ref().map(|(code, _)| code.as_str());
    let code = code.filter(|code| !code.is_empty());
    let code = code.map_or_else(|| format!("http_{}", status.as_u16()), str::to_owned);
    let message = match told {
        Some((_, message)) if !message.is_empty() => {
            message.chars().take(MESSAGE_CHARS_MAX).collect()
        }
        _ => format!("the carrier answered HTTP {}", status.as_u16()),
    };
    Err(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ProviderError::unauthorized(message),
        StatusCode::TOO_MANY_REQUESTS => ProviderError::Transient {
            retry_after: answer.retry_after,
            look_up: false,
            message,
        },
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => {
            in_doubt(stake, answer.retry_after, message)
        }
        _ if status.is_server_error() => in_doubt(stake, answer.retry_after, message),
        // We follow none: a redirect would carry the token to another host.
        _ if status.is_redirection() => ProviderError::transient(message),
        _ => ProviderError::rejected(code, message),
    })
}

/// The call may have had its effect.
fn in_doubt(
    stake: Stake,
    retry_after: Option<Duration>,
    message: impl Into<String>,
) -> ProviderError {
    match stake {
        Stake::Nothing => ProviderError::Transient {
            retry_after,
            look_up: false,
            message: message.into(),
        },
        Stake::Findable => ProviderError::broken(retry_after, message),
        Stake::Lost => ProviderError::unknown(message),
    }
}

/// The text at a JSON pointer; numbers become text, empty text is none.
pub(crate) fn text(value: &Value, pointer: &str) -> Option<String> {
    let text = match value.pointer(pointer)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// The array at a JSON pointer; empty when there is none.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// These words, those that there are, with commas between them.
pub(crate) fn place(words: &[Option<String>]) -> Option<String> {
    let words: Vec<&str> = words.iter().flatten().map(String::as_str).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// ISO 8601 with an offset; without one it is taken for UTC.
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    if let Ok(time) = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z") {
        return Some(time.to_utc());
    }
    if let Ok(time) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
        return Some(time.and_utc());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(Utc.from_utc_datetime(&day.and_hms_opt(0, 0, 0)?))
}

/// A text that is set to something.
pub(crate) fn given(text: &Option<String>) -> Option<String> {
    let text = text.as_deref().map(str::trim);
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}
