//! What vendors send by themselves, signed as each of them signs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderName;
use ring::hmac;
use serde_json::Value;

use crate::SimulatorSettings;

/// Attempts to deliver one event; the real ones go on for days.
const ATTEMPTS: u32 = 5;

/// Sends events to the shop under test.
pub(crate) struct Webhooks {
    client: reqwest::Client,
    url: Option<String>,
    secret: String,
    copies: u32,
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
        for _ in 0..self.copies {
            let mut request = self
                .client
                .post(&url)
                .header("content-type", "application/json")
                .body(body.clone());
            for (name, value) in &headers {
                request = request.header(name, value);
            }
            tokio::spawn(deliver(request));
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
        tag.as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

async fn deliver(request: reqwest::RequestBuilder) {
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
