//! Twilio's Messages API in its real wire format: form in, JSON out, basic auth, status callbacks
//! signed as Twilio signs them. It misbehaves by the recipient's number, Twilio's own magic ones
//! where there are such:
//!
//! | number | what happens |
//! |---|---|
//! | +15005550001 | 21211, no such number |
//! | +15005550003 | 21408, the region is not allowed |
//! | +15005550004 | 21610, its owner said STOP |
//! | +15005550009 | 21614, no mobile |
//! | +15005550029 | 20429 with `Retry-After`, once |
//! | +15005550050 | taken, and yet HTTP 500, once |
//! | +15005550051 | taken, and the line is cut, once |
//! | +15005550052 | as that, and the first call to list is refused with 20429 |
//! | +1500555 01… | taken, and answered a while later |
//! | +15005550030 | taken, then undelivered with 30003 |
//! | +15005550005 | taken, then undelivered with 30005 |

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The account of the sandbox.
pub const ACCOUNT_SID: &str = "AC00000000000000000000000000000001";
/// Its token, which opens nothing but this sandbox.
pub const AUTH_TOKEN: &str = "simulator-token";
/// How long whoever is slow waits for the answer.
const SLOW: Duration = Duration::from_millis(400);
/// Messages kept; it is no production system.
const MESSAGES_MAX: usize = 100_000;
const DATE: &str = "%a, %d %b %Y %H:%M:%S +0000";

type Form = BTreeMap<String, String>;

/// A message that the sandbox took.
#[derive(Clone, Debug, Serialize)]
pub struct TwilioMessage {
    /// `SM…`.
    pub sid: String,
    /// The whole form.
    pub form: BTreeMap<String, String>,
    /// What it says.
    pub body: String,
    date_created: String,
}

/// What the sandbox did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TwilioState {
    /// Calls to send.
    pub calls: u64,
    /// Calls to list.
    pub lists: u64,
    /// Callbacks that were answered with a 2xx.
    pub callbacks: u64,
    /// Messages taken beyond the first with the same words to the same number.
    pub duplicates: u64,
    /// Everything taken.
    pub messages: Vec<TwilioMessage>,
    #[serde(skip)]
    tries: BTreeMap<String, u32>,
}

/// The sandbox, shared by all calls.
#[derive(Clone)]
pub(crate) struct Twilio {
    state: Arc<Mutex<TwilioState>>,
    client: reqwest::Client,
}

impl Twilio {
    pub(crate) fn new() -> reqwest::Result<Self> {
        // Another part of the process may have installed it before; both choose ring.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        // Callbacks go to this machine, where no certificates need be installed.
        let client = reqwest::Client::builder().tls_certs_only([]).build()?;
        let state = Arc::default();
        Ok(Self { state, client })
    }

    pub(crate) fn view(&self) -> TwilioState {
        self.lock().clone()
    }

    /// A poisoned lock still holds counts worth showing.
    fn lock(&self) -> MutexGuard<'_, TwilioState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a message; deliberately without any check for duplicates.
    #[expect(
        clippy::disallowed_methods,
        reason = "the sandbox has its own clock, as Twilio has"
    )]
    fn take(&self, form: &Form) -> TwilioMessage {
        let mut state = self.lock();
        let said = |name: &str| form.get(name).cloned();
        let message = TwilioMessage {
            sid: format!("SM{:032x}", state.messages.len() + 1),
            // A template says its variables, in some words.
            body: said("Body")
                .or(said("ContentVariables"))
                .unwrap_or_default(),
            form: form.clone(),
            date_created: chrono::Utc::now().format(DATE).to_string(),
        };
        let is_same = |other: &TwilioMessage| {
            other.form.get("To") == form.get("To") && other.body == message.body
        };
        let is_again = state.messages.iter().any(is_same);
        state.duplicates += u64::from(is_again);
        if state.messages.len() < MESSAGES_MAX {
            state.messages.push(message.clone());
        }
        message
    }

    /// Whether this is done for the first time.
    fn is_first(&self, to: &str) -> bool {
        let mut state = self.lock();
        let tries = state.tries.entry(to.to_owned()).or_default();
        *tries += 1;
        *tries == 1
    }

    /// Reports what became of a message, signed.
    async fn report(self, message: TwilioMessage, url: String, status: &str, code: Option<u32>) {
        let mut form = Form::from([
            ("AccountSid".to_owned(), ACCOUNT_SID.to_owned()),
            ("ApiVersion".to_owned(), "2010-04-01".to_owned()),
            ("MessageSid".to_owned(), message.sid.clone()),
            ("MessageStatus".to_owned(), status.to_owned()),
            ("SmsSid".to_owned(), message.sid),
            ("SmsStatus".to_owned(), status.to_owned()),
            ("To".to_owned(), message.form["To"].clone()),
        ]);
        if let Some(code) = code {
            form.insert("ErrorCode".to_owned(), code.to_string());
        }
        let request = self
            .client
            .post(&url)
            .header(
                "X-Twilio-Signature",
                twilio_signature(AUTH_TOKEN, &url, &form),
            )
            .form(&form);
        match request.send().await {
            Ok(response) if response.status().is_success() => self.lock().callbacks += 1,
            Ok(response) => tracing::debug!(status = %response.status(), "a callback was refused"),
            Err(error) => tracing::debug!(%error, "a callback did not arrive"),
        }
    }
}

/// What Twilio puts into `X-Twilio-Signature`.
#[must_use]
pub fn twilio_signature(token: &str, url: &str, form: &BTreeMap<String, String>) -> String {
    let mut signed = url.to_owned();
    for (name, value) in form {
        signed.push_str(name);
        signed.push_str(value);
    }
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.encode(ring::hmac::sign(&key, signed.as_bytes()))
}

pub(crate) async fn serve(listener: TcpListener, twilio: Twilio, shutdown: CancellationToken) {
    let router = Router::new()
        .route(
            "/2010-04-01/Accounts/{account}/Messages.json",
            post(create).get(list),
        )
        .with_state(twilio);
    let server = axum::serve(listener, router)
        .with_graceful_shutdown(async move { shutdown.cancelled().await });
    if let Err(error) = server.await {
        tracing::error!(%error, "the Twilio sandbox stopped");
    }
}

async fn create(
    Shared(twilio): Shared<Twilio>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_known(&headers, &account) {
        return refused(StatusCode::UNAUTHORIZED, 20003);
    }
    let form: Form = url::form_urlencoded::parse(&body).into_owned().collect();
    let has = |name| {
        form.get(name)
            .is_some_and(|value: &String| !value.is_empty())
    };
    let Some(to) = form.get("To").filter(|_| has("Body") || has("ContentSid")) else {
        return refused(StatusCode::BAD_REQUEST, 21604);
    };
    if !(has("From") || has("MessagingServiceSid")) {
        return refused(StatusCode::BAD_REQUEST, 21603);
    }
    let number = to.trim_start_matches("whatsapp:");
    twilio.lock().calls += 1;
    let is_first = twilio.is_first(to);
    let code = match number {
        "+15005550001" => 21211,
        "+15005550003" => 21408,
        "+15005550004" => 21610,
        "+15005550009" => 21614,
        "+15005550029" if is_first => {
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, 20429);
            response.headers_mut().insert(header::RETRY_AFTER, 1.into());
            return response;
        }
        _ => 0,
    };
    if code != 0 {
        return refused(StatusCode::BAD_REQUEST, code);
    }
    let message = twilio.take(&form);
    let answer = (StatusCode::CREATED, Json(wire(&message))).into_response();
    if let Some(url) = form.get("StatusCallback") {
        let (status, code) = match number {
            "+15005550030" => ("undelivered", Some(30003)),
            "+15005550005" => ("undelivered", Some(30005)),
            _ => ("delivered", None),
        };
        tokio::spawn(twilio.report(message, url.clone(), status, code));
    }
    match number {
        "+15005550050" if is_first => refused(StatusCode::INTERNAL_SERVER_ERROR, 20500),
        "+15005550051" | "+15005550052" if is_first => {
            let cut = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
            (StatusCode::CREATED, Body::from_stream(cut)).into_response()
        }
        slow if slow.starts_with("+150055501") => {
            tokio::time::sleep(SLOW).await;
            answer
        }
        _ => answer,
    }
}

async fn list(
    Shared(twilio): Shared<Twilio>,
    Path(account): Path<String>,
    headers: HeaderMap,
    Query(wanted): Query<Form>,
) -> Response {
    if !is_known(&headers, &account) {
        return refused(StatusCode::UNAUTHORIZED, 20003);
    }
    let to = wanted.get("To");
    if to.is_some_and(|to| to == "+15005550052") && twilio.is_first("a list of +15005550052") {
        return refused(StatusCode::TOO_MANY_REQUESTS, 20429);
    }
    let mut state = twilio.lock();
    state.lists += 1;
    let messages: Vec<_> = state
        .messages
        .iter()
        .rev()
        .filter(|message| to.is_none() || message.form.get("To") == to)
        .take(50)
        .map(wire)
        .collect();
    Json(json!({"messages": messages, "page": 0, "page_size": 50})).into_response()
}

fn is_known(headers: &HeaderMap, account: &str) -> bool {
    let expected = STANDARD.encode(format!("{ACCOUNT_SID}:{AUTH_TOKEN}"));
    let said = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "));
    account == ACCOUNT_SID && said == Some(expected.as_str())
}

/// Twilio's own example, with its nulls.
fn wire(message: &TwilioMessage) -> Value {
    let uri = format!(
        "/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{}.json",
        message.sid
    );
    json!({
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": message.date_created,
        "date_sent": null,
        "date_updated": message.date_created,
        "direction": "outbound-api",
        "error_code": null,
        "error_message": null,
        "from": message.form.get("From"),
        "messaging_service_sid": message.form.get("MessagingServiceSid"),
        "num_media": "0",
        "num_segments": "1",
        "price": null,
        "price_unit": null,
        "sid": message.sid,
        "status": "queued",
        "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
        "to": message.form["To"],
        "uri": uri,
    })
}

fn refused(status: StatusCode, code: u32) -> Response {
    let more_info = format!("https://www.twilio.com/docs/errors/{code}");
    let said = json!({
        "code": code,
        "message": "The sandbox refuses this.",
        "more_info": more_info,
        "status": status.as_u16(),
    });
    (status, Json(said)).into_response()
}
