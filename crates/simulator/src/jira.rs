//! Jira Cloud's issues, REST version 3, in the vendor's wire format (PROVIDERS 6). It refuses what
//! Jira refuses: a summary of several lines, a description that is no document, labels with
//! spaces, priorities and types that the project does not have.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const PROJECT: &str = "OPS";
const PRIORITIES: [&str; 5] = ["Highest", "High", "Medium", "Low", "Lowest"];
const SUMMARY_CHARS_MAX: usize = 255;

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JiraFault {
    /// 429; nothing is done.
    RateLimited {
        /// Seconds, in `Retry-After`.
        retry_after: u64,
    },
    /// 503; nothing is done.
    Unavailable,
    /// It is done, and the answer is cut off.
    DoneAndCut,
    /// 401.
    Unauthorized,
}

/// An issue of the sandbox.
#[derive(Clone, Debug)]
pub struct JiraIssue {
    /// Such as `OPS-1`.
    pub key: String,
    /// As they were sent.
    pub fields: Value,
    /// The documents of its comments.
    pub comments: Vec<Value>,
    /// Whether its state is of the category done.
    pub is_done: bool,
}

#[derive(Default)]
struct Inner {
    issues: Vec<JiraIssue>,
    faults: VecDeque<JiraFault>,
    calls: usize,
}

/// A running Jira with one project, `OPS`; it stops when dropped.
pub struct Jira {
    address: SocketAddr,
    state: Arc<Mutex<Inner>>,
    shutdown: CancellationToken,
}

impl Jira {
    /// The account that it knows: mail address and API token.
    pub const ACCOUNT: (&'static str, &'static str) = ("bot@example.com", "jira-token");

    /// Serves on a free port of this machine.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(Inner::default()));
        let (shutdown, router) = (CancellationToken::new(), router(Arc::clone(&state)));
        let stop = shutdown.clone();
        tokio::spawn(
            axum::serve(listener, router)
                .with_graceful_shutdown(async move { stop.cancelled().await })
                .into_future(),
        );
        Ok(Self {
            address,
            state,
            shutdown,
        })
    }

    /// What `JIRA_URL` is to be set to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next call meets this fault, the one after the next planned one.
    pub fn plan(&self, fault: JiraFault) {
        lock(&self.state).faults.push_back(fault);
    }

    /// All issues, the oldest first.
    #[must_use]
    pub fn issues(&self) -> Vec<JiraIssue> {
        lock(&self.state).issues.clone()
    }

    /// How many calls came.
    #[must_use]
    pub fn calls(&self) -> usize {
        lock(&self.state).calls
    }
}

impl Drop for Jira {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

type Sandbox = Arc<Mutex<Inner>>;

fn lock(state: &Sandbox) -> MutexGuard<'_, Inner> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn router(state: Sandbox) -> Router {
    Router::new()
        .route("/rest/api/3/issue", post(create))
        .route("/rest/api/3/search/jql", post(search))
        .route("/rest/api/3/issue/{key}/comment", post(comment))
        .route(
            "/rest/api/3/issue/{key}/transitions",
            get(transitions).post(transition),
        )
        .with_state(state)
}

/// What every call meets first; `Ok` says whether its answer is to be cut off.
fn admit(state: &Sandbox, headers: &HeaderMap) -> Result<bool, Box<Response>> {
    let mut inner = lock(state);
    inner.calls += 1;
    let sent = headers.get(header::AUTHORIZATION);
    // "bot@example.com:jira-token"
    let known = "Basic Ym90QGV4YW1wbGUuY29tOmppcmEtdG9rZW4=";
    let is_known = sent.is_some_and(|sent| sent.as_bytes() == known.as_bytes());
    match inner.faults.pop_front() {
        Some(JiraFault::RateLimited { retry_after }) => {
            let headers = [
                ("retry-after", retry_after.to_string()),
                ("ratelimit-reason", "jira-burst-based".to_owned()),
            ];
            Err(Box::new(
                (StatusCode::TOO_MANY_REQUESTS, headers).into_response(),
            ))
        }
        Some(JiraFault::Unavailable) => {
            Err(Box::new(StatusCode::SERVICE_UNAVAILABLE.into_response()))
        }
        Some(JiraFault::Unauthorized) => Err(Box::new(StatusCode::UNAUTHORIZED.into_response())),
        _ if !is_known => Err(Box::new(StatusCode::UNAUTHORIZED.into_response())),
        fault => Ok(fault == Some(JiraFault::DoneAndCut)),
    }
}

fn answered(is_cut: bool, status: StatusCode, body: Value) -> Response {
    if !is_cut {
        return (status, Json(body)).into_response();
    }
    let chunks = [
        Ok(Bytes::from_static(b"{\"id\":")),
        Err(std::io::Error::other("cut")),
    ];
    let json = [(header::CONTENT_TYPE, "application/json")];
    (
        status,
        json,
        Body::from_stream(futures::stream::iter(chunks)),
    )
        .into_response()
}

fn refused(status: StatusCode, field: &str, message: &str) -> Response {
    (
        status,
        Json(json!({ "errorMessages": [], "errors": { field: message } })),
    )
        .into_response()
}

async fn create(Shared(state): Shared<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let is_cut = match admit(&state, &headers) {
        Ok(is_cut) => is_cut,
        Err(response) => return *response,
    };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let fields = &body["fields"];
    if let Some((field, message)) = problem(fields) {
        return refused(StatusCode::BAD_REQUEST, field, message);
    }
    let mut inner = lock(&state);
    let number = inner.issues.len() + 1;
    let key = format!("{PROJECT}-{number}");
    inner.issues.push(JiraIssue {
        key: key.clone(),
        fields: fields.clone(),
        comments: Vec::new(),
        is_done: false,
    });
    let id = format!("{}", 10_000 + number);
    let link = format!("https://example.atlassian.net/rest/api/3/issue/{id}");
    let body = json!({ "id": id, "key": key, "self": link });
    answered(is_cut, StatusCode::CREATED, body)
}

/// Jira's own checks.
fn problem(fields: &Value) -> Option<(&'static str, &'static str)> {
    let summary = fields["summary"].as_str().unwrap_or_default();
    let priority = fields["priority"]["name"].as_str();
    let labels = fields["labels"].as_array();
    let mut labels = labels.into_iter().flatten().filter_map(Value::as_str);
    if fields["project"]["key"] != PROJECT {
        return Some(("project", "valid project is required"));
    }
    if fields["issuetype"]["name"] != "Task" {
        return Some(("issuetype", "Specify a valid issue type"));
    }
    if summary.is_empty() || summary.chars().count() > SUMMARY_CHARS_MAX {
        return Some(("summary", "Summary must have from 1 to 255 characters."));
    }
    if summary.contains(['\n', '\r']) {
        return Some((
            "summary",
            "The summary is invalid because it contains newline characters.",
        ));
    }
    if !is_document(&fields["description"]) {
        return Some((
            "description",
            "Operation value must be an Atlassian Document",
        ));
    }
    if priority.is_some_and(|name| !PRIORITIES.contains(&name)) {
        return Some(("priority", "The priority selected is invalid."));
    }
    if labels.any(|label| label.is_empty() || label.contains(char::is_whitespace)) {
        return Some(("labels", "The label contains spaces which is invalid."));
    }
    None
}

/// A document with content, whose every text node has a text.
fn is_document(value: &Value) -> bool {
    value["type"] == "doc" && value["version"] == 1 && value["content"].is_array() && texts(value)
}

fn texts(node: &Value) -> bool {
    let is_fine = node["type"] != "text" || node["text"].as_str().is_some_and(|t| !t.is_empty());
    let children = node["content"].as_array().into_iter().flatten();
    is_fine && children.into_iter().all(texts)
}

async fn search(Shared(state): Shared<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let is_cut = match admit(&state, &headers) {
        Ok(is_cut) => is_cut,
        Err(response) => return *response,
    };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let jql = body["jql"].as_str().unwrap_or_default();
    // The one question that is asked of it.
    let label = jql.split("labels = \"").nth(1);
    let label = label.and_then(|rest| rest.split('"').next());
    let (Some(label), true) = (label, jql.contains("statusCategory != Done")) else {
        return refused(
            StatusCode::BAD_REQUEST,
            "jql",
            "The sandbox knows one question only.",
        );
    };
    let inner = lock(&state);
    let has_label = |issue: &&JiraIssue| {
        let labels = issue.fields["labels"].as_array();
        labels.is_some_and(|labels| labels.iter().any(|one| one == label))
    };
    let open = inner.issues.iter().filter(|issue| !issue.is_done);
    let found: Vec<Value> = open
        .filter(has_label)
        .map(|issue| json!({ "id": "1", "key": issue.key, "fields": {} }))
        .collect();
    answered(
        is_cut,
        StatusCode::OK,
        json!({ "issues": found, "isLast": true }),
    )
}

async fn comment(
    Shared(state): Shared<Sandbox>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_cut = match admit(&state, &headers) {
        Ok(is_cut) => is_cut,
        Err(response) => return *response,
    };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !is_document(&body["body"]) {
        return refused(
            StatusCode::BAD_REQUEST,
            "comment",
            "Comment body is not valid!",
        );
    }
    let mut inner = lock(&state);
    let Some(issue) = inner.issues.iter_mut().find(|issue| issue.key == key) else {
        return refused(StatusCode::NOT_FOUND, "issue", "Issue does not exist");
    };
    issue.comments.push(body["body"].clone());
    answered(
        is_cut,
        StatusCode::CREATED,
        json!({ "id": "1", "body": body["body"] }),
    )
}

async fn transitions(
    Shared(state): Shared<Sandbox>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(response) = admit(&state, &headers) {
        return *response;
    }
    if !lock(&state).issues.iter().any(|issue| issue.key == key) {
        return refused(StatusCode::NOT_FOUND, "issue", "Issue does not exist");
    }
    let to =
        |name: &str, category: &str| json!({ "name": name, "statusCategory": { "key": category } });
    Json(json!({ "transitions": [
        { "id": "21", "name": "Start", "to": to("In Progress", "indeterminate") },
        { "id": "31", "name": "Finish", "to": to("Done", "done") },
    ] }))
    .into_response()
}

async fn transition(
    Shared(state): Shared<Sandbox>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(response) = admit(&state, &headers) {
        return *response;
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut inner = lock(&state);
    let issue = inner.issues.iter_mut().find(|issue| issue.key == key);
    let (Some(issue), Some(id)) = (issue, body["transition"]["id"].as_str()) else {
        return refused(StatusCode::BAD_REQUEST, "transition", "It is not valid.");
    };
    issue.is_done = id == "31";
    StatusCode::NO_CONTENT.into_response()
}
