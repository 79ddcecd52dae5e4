//! Jira Cloud, REST version 3.
//!
//! It takes no idempotency key. So an issue carries a label made of its cause's fingerprint, and
//! is searched for by it before one is created; Jira's search may lag some seconds behind, which
//! is why one issue can, rarely, come twice when an answer was lost.

mod document;
mod settings;

use std::time::Instant;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::http::{Answer, Http};
use crate::{ExternalTicket, Journal, ProviderError, SettingsError, TicketProvider, TicketText};
pub use settings::JiraSettings;

const CODE: &str = "jira";
/// Characters of a summary that Jira takes.
const SUMMARY_CHARS_MAX: usize = 255;
/// Characters of an error that people get to see.
const ERROR_CHARS_MAX: usize = 300;
const SEVERITIES: [&str; 4] = ["critical", "high", "medium", "low"];

/// The Jira client.
pub struct Jira {
    http: Http,
    base: Url,
    email: String,
    api_token: SecretString,
    project: String,
    issue_type: String,
    priorities: Option<[String; 4]>,
    done_transition: Option<String>,
}

#[derive(Deserialize)]
struct Issue {
    key: String,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    issues: Vec<Issue>,
}

#[derive(Deserialize)]
struct Transitions {
    transitions: Vec<Transition>,
}

#[derive(Deserialize)]
struct Transition {
    id: String,
    name: String,
    to: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    status_category: Category,
}

#[derive(Deserialize)]
struct Category {
    key: String,
}

#[async_trait]
impl TicketProvider for Jira {
    fn code(&self) -> &'static str {
        CODE
    }

    async fn find(&self, fingerprint: &str) -> Result<Option<ExternalTicket>, ProviderError> {
        let (project, label) = (&self.project, label(fingerprint));
        let jql = format!(
            r#"project = "{project}" AND labels = "{label}" AND statusCategory != Done
            ORDER BY key"#
        );
        let body = json!({ "jql": jql, "fields": ["status"], "maxResults": 1 });
        let found: Found = self
            .call("find", Method::POST, "search/jql", Some(body))
            .await?;
        let first = found.issues.into_iter().next();
        Ok(first.map(|issue| self.external(issue.key)))
    }

    async fn create(&self, ticket: &TicketText) -> Result<ExternalTicket, ProviderError> {
        let mut fields = json!({
            "project": { "key": self.project },
            "issuetype": { "name": self.issue_type },
            "summary": one_line(&ticket.summary),
            "description": document::description(ticket),
            "labels": [
                "stevedore",
                label(&ticket.fingerprint),
                format!("category-{}", ticket.category),
                format!("severity-{}", ticket.severity),
            ],
        });
        if let Some(priority) = self.priority(&ticket.severity) {
            fields["priority"] = json!({ "name": priority });
        }
        let body = Some(json!({ "fields": fields }));
        let issue: Issue = self.call("create", Method::POST, "issue", body).await?;
        Ok(self.external(issue.key))
    }

    async fn comment(&self, key: &str, text: &str) -> Result<(), ProviderError> {
        let body = Some(json!({ "body": document::paragraphs(&[text]) }));
        let path = format!("issue/{key}/comment");
        let _written: Value = self.call("comment", Method::POST, &path, body).await?;
        Ok(())
    }

    async fn resolve(&self, key: &str, text: &str) -> Result<(), ProviderError> {
        let path = format!("issue/{key}/transitions");
        let open: Transitions = self.call("transitions", Method::GET, &path, None).await?;
        let leads_there = |transition: &&Transition| match &self.done_transition {
            Some(name) => transition.name.eq_ignore_ascii_case(name),
            None => transition.to.status_category.key == "done",
        };
        self.comment(key, text).await?;
        let Some(transition) = open.transitions.iter().find(leads_there) else {
            // A person's workflow may ask for more than we know; the comment tells them.
            tracing::info!(
                ticket.key = key,
                "the issue has no way to done; it stays open"
            );
            return Ok(());
        };
        let body = Some(json!({ "transition": { "id": transition.id } }));
        let _moved: Value = self.call("resolve", Method::POST, &path, body).await?;
        Ok(())
    }
}

impl Jira {
    /// Builds the client when its address is set.
    ///
    /// # Errors
    /// [`SettingsError`] when the address is no URL, or something it needs is missing.
    pub fn configured(settings: &JiraSettings) -> Result<Option<Self>, SettingsError> {
        let Some(base) = settings.base()? else {
            return Ok(None);
        };
        Ok(Some(Self {
            http: Http::new(CODE, &base, settings.jira_timeout)?,
            email: settings.email()?,
            api_token: settings.api_token()?,
            project: settings.project()?,
            issue_type: settings.jira_issue_type.clone(),
            priorities: settings.priorities()?,
            done_transition: settings.done_transition(),
            base,
        }))
    }

    fn priority(&self, severity: &str) -> Option<&str> {
        let place = SEVERITIES.iter().position(|known| *known == severity)?;
        self.priorities.as_ref().map(|names| names[place].as_str())
    }

    fn external(&self, key: String) -> ExternalTicket {
        let url = format!("{}browse/{key}", self.base);
        ExternalTicket { key, url }
    }

    async fn call<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, ProviderError> {
        let started = Instant::now();
        let result = self.converse(operation, method, path, body).await;
        self.http.measure(started, &result);
        result
    }

    async fn converse<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, ProviderError> {
        let url = self.base.join("rest/api/3/").and_then(|api| api.join(path));
        let url = url.map_err(|error| ProviderError::rejected("bad_key", error.to_string()))?;
        let mut request: RequestBuilder = self
            .http
            .client()
            .request(method, url)
            .basic_auth(&self.email, Some(self.api_token.expose_secret()));
        if let Some(body) = &body {
            request = request.json(body);
        }
        let (sent, mut journal) = (body.unwrap_or(Value::Null), Journal::new());
        match self.http.send(operation, request, sent, &mut journal).await {
            Ok(answer) => understood(&answer),
            Err(nothing) => Err(nothing.into()),
        }
    }
}

fn understood<T: DeserializeOwned>(answer: &Answer) -> Result<T, ProviderError> {
    let status = answer.status;
    if status.is_success() {
        // Moving an issue is answered with nothing.
        let body = if answer.body.is_empty() {
            "null"
        } else {
            &answer.body
        };
        return serde_json::from_str(body)
            .map_err(|_| ProviderError::unknown("Jira's answer is not readable"));
    }
    let message = format!("Jira answered {status}: {}", reasons(&answer.body));
    Err(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ProviderError::unauthorized(message),
        StatusCode::TOO_MANY_REQUESTS => ProviderError::Transient {
            retry_after: answer.retry_after,
            look_up: false,
            message,
        },
        _ if status.is_server_error() => ProviderError::broken(answer.retry_after, message),
        _ => ProviderError::rejected(status.as_u16().to_string(), message),
    })
}

/// What Jira says is wrong, for people.
fn reasons(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let general = body["errorMessages"].as_array().into_iter().flatten();
    let general = general.filter_map(Value::as_str).map(str::to_owned);
    let fields = body["errors"].as_object().into_iter().flatten();
    let fields = fields.map(|(field, text)| format!("{field}: {}", text.as_str().unwrap_or("?")));
    let all: Vec<String> = general.chain(fields).collect();
    all.join("; ").chars().take(ERROR_CHARS_MAX).collect()
}

/// Labels have no spaces.
fn label(fingerprint: &str) -> String {
    format!("stevedore-{fingerprint}")
}

fn one_line(text: &str) -> String {
    let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
    spaced.chars().take(SUMMARY_CHARS_MAX).collect()
}
