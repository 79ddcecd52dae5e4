//! What vendors send by themselves, signed as each of them signs.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderName;
use reqwest::RequestBuilder;
use ring::hmac;
use serde_json::Value;

use crate::SimulatorSettings;
use crate::vendors::lock;

/// Attempts to deliver one event; the real ones go on for days.
const ATTEMPTS: u32 = 5;
/// How long an event waits for one that overtakes it.
const HELD_MAX: Duration = Duration::from_secs(1);

/// Sends events to the shop under test.
pub(crate) struct Webhooks {
    client: reqwest::Client,
    url: Option<String>,
    secret: String,
    copies: u32,
    /// The event that waits to be overtaken; none where events go out as they come.
    held: Option<Arc<Mutex<Held>>>,
}

#[derive(Default)]
struct Held {
    requests: Vec<RequestBuilder>,
    /// How many events came so far.
    nth: u64,
}

/// How a vendor proves that it is the sender.
#[derive(Clone, Copy)]
pub(crate) enum Proof {
    /// `Stripe-Signature: t=…,v1=…`.
    Stripe,
    /// `X-Razorpay-Signature`, and an id that is the same on each attempt.
    Razorpay,
    /// Shiprocket's token.
    ApiKey,
    /// None: the secret is in the address.
    Address,
}

impl Webhooks {
    pub(crate) fn new(settings: &SimulatorSettings) -> Self {
        // Another part of the process may have installed it before; both choose ring.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .tls_certs_only([])
            .build()
            .unwrap_or_default();
        Self {
            client,
            url: settings.simulator_webhook_url.clone(),
            secret: settings.simulator_webhook_secret.clone(),
            copies: settings.simulator_webhook_copies,
            held: settings.simulator_webhook_disorder.then(Arc::default),
        }
    }

    /// Sends an event to the vendor's path below the set address, if one is set.
    pub(crate) fn send(&self, vendor: &str, event_id: &str, event: &Value, proof: Proof) {
        if let Some(base) = &self.url {
            let url = format!("{}/{vendor}", base.trim_end_matches('/'));
            self.send_to(url, event_id, event, proof);
        }
    }

    /// Sends an event to an address that the client named.
    pub(crate) fn send_to(&self, url: String, event_id: &str, event: &Value, proof: Proof) {
        let body = event.to_string();
        let headers = self.headers(&body, event_id, proof);
        let requests = (0..self.copies).map(|_| {
            let mut request = self
                .client
                .post(&url)
                .header("content-type", "application/json")
                .body(body.clone());
            for (name, value) in &headers {
                request = request.header(name, value);
            }
            request
        });
        match &self.held {
            None => requests.for_each(|request| drop(tokio::spawn(deliver(request)))),
            Some(held) => overtake(held, requests.collect()),
        }
    }

    fn headers(&self, body: &str, event_id: &str, proof: Proof) -> Vec<(HeaderName, String)> {
        match proof {
            Proof::Stripe => {
                let now = unix_seconds();
                let signature = self.sign(&format!("{now}.{body}"));
                let value = format!("t={now},v1={signature}");
                vec![(HeaderName::from_static("stripe-signature"), value)]
            }
            Proof::Razorpay => vec![
                (
                    HeaderName::from_static("x-razorpay-signature"),
                    self.sign(body),
                ),
                (
                    HeaderName::from_static("x-razorpay-event-id"),
                    event_id.to_owned(),
                ),
            ],
            Proof::ApiKey => vec![(HeaderName::from_static("x-api-key"), self.secret.clone())],
            Proof::Address => Vec::new(),
        }
    }

    /// HMAC-SHA256 in lower-case hex, the secret taken as it is.
    fn sign(&self, text: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let tag = hmac::sign(&key, text.as_bytes());
        hex::encode(tag)
    }
}

/// Every other event waits until the one after it was taken, or for a while.
fn overtake(held: &Arc<Mutex<Held>>, requests: Vec<RequestBuilder>) {
    let mut waiting = lock(held);
    waiting.nth += 1;
    if !waiting.requests.is_empty() {
        let mut all = requests;
        all.append(&mut waiting.requests);
        tokio::spawn(deliver_all(all));
        return;
    }
    waiting.requests = requests;
    let (nth, held) = (waiting.nth, Arc::clone(held));
    tokio::spawn(async move {
        tokio::time::sleep(HELD_MAX).await;
        let late = {
            let mut waiting = lock(&held);
            match waiting.nth == nth {
                true => std::mem::take(&mut waiting.requests),
                false => Vec::new(),
            }
        };
        deliver_all(late).await;
    });
}

async fn deliver_all(requests: Vec<RequestBuilder>) {
    for request in requests {
        deliver(request).await;
    }
}

async fn deliver(request: RequestBuilder) {
    for attempt in 0..ATTEMPTS {
        let Some(request) = request.try_clone() else {
            return;
        };
        if let Ok(answer) = request.send().await
            && answer.status().is_success()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
    }
}

/// The sandboxes are outside systems with a clock of their own.
#[expect(
    clippy::disallowed_methods,
    reason = "a vendor's own clock, which no fact of ours depends on"
)]
pub(crate) fn unix_seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map(|since| since.as_secs()).unwrap_or_default()
}
