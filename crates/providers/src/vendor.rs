//! What vendors with an ordinary HTTP interface have in common: settings that a compose file may
//! leave empty, statuses that speak for themselves, JSON that comes as number or text.

use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::http::{Answer, NoAnswer};
use crate::{ProviderError, SettingsError};

/// A secret that is set to something.
pub(crate) fn filled(secret: &Option<SecretString>) -> Option<SecretString> {
    secret
        .clone()
        .filter(|secret| !secret.expose_secret().is_empty())
}

/// A text that is set to something.
pub(crate) fn text(setting: &Option<String>) -> Option<&str> {
    let text = setting.as_deref().map(str::trim);
    text.filter(|text| !text.is_empty())
}

/// A setting that another one makes necessary.
pub(crate) fn required<T>(
    value: Option<T>,
    setting: &'static str,
    with: &str,
) -> Result<T, SettingsError> {
    value.ok_or_else(|| SettingsError::Invalid {
        setting,
        problem: format!("required when {with} is set"),
    })
}

/// The address with a slash behind it, so that joining a path keeps its last segment.
pub(crate) fn base_url(setting: &'static str, address: &str) -> Result<Url, SettingsError> {
    let invalid = |problem: String| SettingsError::Invalid { setting, problem };
    let url = Url::parse(&format!("{}/", address.trim_end_matches('/')))
        .map_err(|error| invalid(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(invalid("must be an http or https address".to_owned()));
    }
    Ok(url)
}

/// The address of a call.
pub(crate) fn join(base: &Url, path: &str) -> Result<Url, ProviderError> {
    base.join(path)
        .map_err(|error| ProviderError::transient(error.to_string()))
}

/// An answer in the vendor's own words, of a vendor that can be asked what it kept.
pub(crate) fn answered(answer: Result<Answer, NoAnswer>) -> Result<Answer, ProviderError> {
    let answer = answer.map_err(ProviderError::from)?;
    match refusal_by_http(&answer) {
        Some(error) => Err(error),
        None => Ok(answer),
    }
}

/// The answer to a question about an order. Nothing that goes wrong here says anything about the
/// order, so it is never a refusal: ask again.
pub(crate) fn told(answer: Result<Answer, NoAnswer>) -> Result<Answer, ProviderError> {
    answered(answer).map_err(|error| match error {
        ProviderError::Unknown { message } => ProviderError::broken(None, message),
        ProviderError::Transient {
            retry_after,
            message,
            ..
        } => ProviderError::broken(retry_after, message),
        error => error,
    })
}

/// Statuses that speak for themselves, whatever the body holds.
pub(crate) fn refusal_by_http(answer: &Answer) -> Option<ProviderError> {
    let status = answer.status;
    let message = format!("the vendor answered HTTP {}", status.as_u16());
    // It gave up waiting or would not risk a replay: what it kept, only a look-up tells.
    let is_too_late_or_early =
        status == StatusCode::REQUEST_TIMEOUT || status == StatusCode::TOO_EARLY;
    Some(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ProviderError::unauthorized(message),
        StatusCode::TOO_MANY_REQUESTS => ProviderError::Transient {
            retry_after: answer.retry_after,
            look_up: false,
            message,
        },
        _ if status.is_server_error() || is_too_late_or_early => {
            ProviderError::broken(answer.retry_after, message)
        }
        // We follow none: a redirect would carry the key to another host.
        _ if status.is_redirection() => ProviderError::transient(message),
        _ => return None,
    })
}

/// What a harmless call for a list found out: such an answer takes our credentials.
pub(crate) fn heard(answer: &Answer, list: &str) -> Result<String, ProviderError> {
    if answer.status.is_success() && json(answer)[list].is_array() {
        return Ok("answers, and takes our credentials".to_owned());
    }
    let status = answer.status.as_u16();
    let message = format!("its answer to a harmless call is not understood: HTTP {status}");
    Err(ProviderError::broken(None, message))
}

/// The body as JSON; null when it is none.
pub(crate) fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_default()
}

/// A text, or a number as text: vendors send identifiers either way.
pub(crate) fn word(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A vendor's sentence, short enough for an error.
pub(crate) fn sentence(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_keeps_its_path_and_must_be_http() {
        let url = base_url("X", "https://api.example.com/api").expect("a URL");
        let joined = url.join("initiate.php").expect("a URL");
        assert_eq!(joined.as_str(), "https://api.example.com/api/initiate.php");
        assert!(base_url("X", "api.example.com").is_err());
        assert!(base_url("X", "file:///etc").is_err());
    }
}
