//! Alerts to people on duty: a chat's hook, PagerDuty, any app that takes JSON. Where they go is
//! typed in by the shop's admins, so all of it is called as [`Outbound`] calls.

use serde_json::{Value, json};

use crate::{CallError, Outbound, ProviderError, Reply};

/// Characters of a message to a chat; Slack refuses far longer ones and folds these.
const TEXT_CHARS_MAX: usize = 3_000;
/// Characters of PagerDuty's summary.
const SUMMARY_CHARS_MAX: usize = 1_024;
/// Characters of PagerDuty's key.
const DEDUP_CHARS_MAX: usize = 255;
/// Characters of an error that people get to see.
const ERROR_CHARS_MAX: usize = 200;

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The same for the same event, whatever is repeated.
    pub id: String,
    /// One line.
    pub summary: String,
    /// The rest, as plain text.
    pub text: String,
    /// `critical`, `high`, `medium` or `low`.
    pub severity: String,
    /// Whether what it tells of is over.
    pub is_over: bool,
}

/// Posts an alert to an incoming webhook of Slack. Its address is the secret.
///
/// # Errors
/// See [`ProviderError`]. Slack knows no duplicates: after a lost answer it may come twice.
pub async fn slack(outbound: &Outbound, hook: &str, alert: &Alert) -> Result<(), ProviderError> {
    let text: String = match alert.text.as_str() {
        "" => alert.summary.clone(),
        text => format!("{}\n{text}", alert.summary),
    };
    let text: String = text.chars().take(TEXT_CHARS_MAX).collect();
    post(outbound, "slack", hook, &json!({ "text": escaped(&text) })).await
}

/// Sends an alert to `PagerDuty`'s Events API v2: triggers an incident, or resolves it. The same
/// alert again is the same incident.
///
/// # Errors
/// See [`ProviderError`].
pub async fn pagerduty(
    outbound: &Outbound,
    api: &str,
    routing_key: &str,
    alert: &Alert,
) -> Result<(), ProviderError> {
    let cut = |text: &str, chars: usize| text.chars().take(chars).collect::<String>();
    let mut event = json!({
        "routing_key": routing_key,
        "event_action": if alert.is_over { "resolve" } else { "trigger" },
        "dedup_key": cut(&alert.id, DEDUP_CHARS_MAX),
    });
    if !alert.is_over {
        event["payload"] = json!({
            "summary": cut(&alert.summary, SUMMARY_CHARS_MAX),
            "source": "stevedore",
            "severity": match alert.severity.as_str() {
                "critical" => "critical",
                "medium" => "warning",
                "low" => "info",
                _ => "error",
            },
            "custom_details": { "text": cut(&alert.text, TEXT_CHARS_MAX) },
        });
    }
    post(outbound, "pagerduty", api, &event).await
}

/// Posts an alert as JSON to any address.
///
/// # Errors
/// See [`ProviderError`].
pub async fn webhook(outbound: &Outbound, url: &str, alert: &Alert) -> Result<(), ProviderError> {
    let body = json!({
        "id": alert.id,
        "summary": alert.summary,
        "text": alert.text,
        "severity": alert.severity,
        "state": if alert.is_over { "resolved" } else { "open" },
    });
    post(outbound, "alert_webhook", url, &body).await
}

async fn post(
    outbound: &Outbound,
    dependency: &'static str,
    url: &str,
    body: &Value,
) -> Result<(), ProviderError> {
    let call = outbound.post(dependency, url, &[], body.to_string());
    match call.await {
        Ok(reply) => understood(dependency, &reply),
        Err(CallError::Refused(problem)) => Err(ProviderError::rejected("address", problem)),
        Err(error) => Err(ProviderError::transient(error.to_string())),
    }
}

fn understood(dependency: &str, reply: &Reply) -> Result<(), ProviderError> {
    let said: String = reply.body.chars().take(ERROR_CHARS_MAX).collect();
    let message = format!("{dependency} answered {}: {said}", reply.status);
    match reply.status {
        200..300 => Ok(()),
        408 | 429 | 500.. => Err(ProviderError::Transient {
            retry_after: reply.retry_after,
            look_up: false,
            message,
        }),
        status => Err(ProviderError::rejected(status.to_string(), message)),
    }
}

/// The three characters that mean something to Slack.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;")
}
