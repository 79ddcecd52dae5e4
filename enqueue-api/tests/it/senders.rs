//! Every sender of webhooks, and whoever pretends to be one.

use axum::body::Body;
use axum::http::{Method, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use secrecy::SecretString;
use stevedore_enqueue_api::ApiSettings;
use stevedore_providers::PublicUrl;
use stevedore_providers::signature::{Source, WebhookSettings};

use crate::support::{Answer, Api};

/// Secrets of any sender; Standard Webhooks wants them like this.
const OLD: &str = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk";
const NEW: &str = "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3";
const STRANGE: &str = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhl";
const PUBLIC_URL: &str = "https://shop.example";

/// A request that a sender makes, taken apart.
#[derive(Clone)]
struct Sent {
    source: Source,
    /// Of its address.
    query: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Sent {
    /// As this sender proves itself by this secret, so many seconds ago.
    fn by(source: Source, secret: &str, age: u64) -> Sent {
        let mut sent = Sent {
            source,
            query: String::new(),
            headers: Vec::new(),
            body: r#"{"id":"evt_1","type":"x.y","event":"x.y","awb":"1"}"#.to_owned(),
        };
        let time = now() - age;
        match source {
            Source::Stripe => {
                let tag = sha256(secret.as_bytes(), &format!("{time}.{}", sent.body));
                let proof = format!("t={time},v1={}", hex::encode(tag));
                sent.headers.push(("stripe-signature", proof));
            }
            Source::Razorpay => {
                let tag = hex::encode(sha256(secret.as_bytes(), &sent.body));
                sent.headers.push(("x-razorpay-signature", tag));
                let id = "evt_1".to_owned();
                sent.headers.push(("x-razorpay-event-id", id));
            }
            Source::Twilio => {
                sent.body = "MessageSid=SM1&MessageStatus=sent".to_owned();
                let signed =
                    format!("{PUBLIC_URL}/v1/webhooks/twilioMessageSidSM1MessageStatussent");
                let key = hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
                let tag = hmac::sign(&hmac::Key::new(key, secret.as_bytes()), signed.as_bytes());
                sent.headers
                    .push(("x-twilio-signature", STANDARD.encode(tag)));
                let form = "application/x-www-form-urlencoded".to_owned();
                sent.headers.push(("content-type", form));
            }
            Source::Standard => {
                let key = secret.trim_start_matches("whsec_");
                let key = STANDARD.decode(key).unwrap();
                let tag = sha256(&key, &format!("msg_1.{time}.{}", sent.body));
                let proof = format!("v1,{}", STANDARD.encode(tag));
                sent.headers.push(("webhook-id", "msg_1".to_owned()));
                sent.headers.push(("webhook-timestamp", time.to_string()));
                sent.headers.push(("webhook-signature", proof));
            }
            Source::Prodigi => sent.query = format!("?token={secret}"),
            Source::Ups => sent.headers.push(("credential", secret.to_owned())),
            Source::Dpd => {
                sent.body = "pushid=1&pnr=1&status=x".to_owned();
                sent.query = format!("?token={secret}");
            }
            Source::Shiprocket | Source::RoyalMail | Source::Fedex | Source::Dhl => {
                sent.headers.push(("x-api-key", secret.to_owned()));
            }
        }
        sent
    }

    /// Whether its sender signs the body, and not only knows a token.
    fn is_signed(&self) -> bool {
        matches!(
            self.source,
            Source::Stripe | Source::Razorpay | Source::Twilio | Source::Standard
        )
    }

    /// Without each of the headers, or the token, that prove it.
    fn without_each(&self) -> Vec<Sent> {
        let proofs = self.headers.iter().map(|(name, _)| *name);
        let mut all: Vec<Sent> = proofs
            .filter(|name| *name != "content-type")
            .map(|name| {
                let mut without = self.clone();
                without.headers.retain(|(one, _)| *one != name);
                without
            })
            .collect();
        if !self.query.is_empty() {
            let query = String::new();
            all.push(Sent {
                query,
                ..self.clone()
            });
        }
        all
    }

    /// With each byte of the signed body changed; of a token where there is nothing else.
    fn with_each_byte_changed(&self) -> Vec<Sent> {
        let body = self.body.clone();
        let proof = match self.headers.first() {
            _ if self.is_signed() => &body,
            Some((_, token)) => token,
            None => &self.query["?token=".len()..].to_owned(),
        };
        let changed = (0..proof.len()).map(|place| {
            let mut bytes = proof.clone().into_bytes();
            bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
            String::from_utf8(bytes).unwrap()
        });
        changed
            .map(|text| {
                let mut sent = self.clone();
                match sent.headers.first_mut() {
                    _ if self.is_signed() => sent.body = text,
                    Some((_, token)) => *token = text,
                    None => sent.query = format!("?token={text}"),
                }
                sent
            })
            .collect()
    }

    async fn to(&self, api: &Api) -> Answer {
        let path = format!("/v1/webhooks/{}{}", self.source.code(), self.query);
        let mut request = Request::builder().method(Method::POST).uri(path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        api.send(request.body(Body::from(self.body.clone())).unwrap())
            .await
    }
}

fn sha256(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

fn now() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "what the sender's own clock says"
    )]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// An API that knows two secrets of every sender.
async fn open() -> Api {
    let two = || vec![SecretString::from(OLD), SecretString::from(NEW)];
    let webhooks = WebhookSettings {
        public: PublicUrl {
            public_url: Some(PUBLIC_URL.to_owned()),
        },
        stripe_webhook_secrets: two(),
        razorpay_webhook_secrets: two(),
        twilio_webhook_tokens: two(),
        prodigi_webhook_tokens: two(),
        shiprocket_webhook_tokens: two(),
        royal_mail_webhook_tokens: two(),
        dpd_webhook_tokens: two(),
        fedex_webhook_tokens: two(),
        ups_webhook_tokens: two(),
        dhl_webhook_tokens: two(),
        standard_webhook_secrets: two(),
    };
    Api::with(ApiSettings {
        webhooks,
        ..ApiSettings::default()
    })
    .await
}

impl Api {
    /// How many webhooks of this sender ended like this.
    async fn counted(&self, source: Source, result: &str) -> usize {
        let metrics = self.get("/metrics").await.text;
        let (source, result) = (
            format!("source=\"{}\"", source.code()),
            format!("result=\"{result}\""),
        );
        let mut lines = metrics.lines().filter(|line| {
            let is_ours = line.starts_with("stevedore_webhooks_received_total{");
            is_ours && line.contains(&source) && line.contains(&result)
        });
        let value = lines.next().and_then(|line| line.rsplit(' ').next());
        value.map_or(0, |value| value.parse().unwrap())
    }
}

#[tokio::test]
async fn f1_every_sender_is_refused_without_its_proof_and_leaves_only_a_count() {
    let api = open().await;
    for source in Source::ALL.iter().copied() {
        let genuine = Sent::by(source, NEW, 0);
        let mut refusals = vec![(Sent::by(source, STRANGE, 0), "bad_signature")];
        let changed = genuine.with_each_byte_changed();
        refusals.extend(changed.into_iter().map(|sent| (sent, "bad_signature")));
        let without = genuine.without_each();
        assert!(!without.is_empty(), "{source:?}");
        refusals.extend(without.into_iter().map(|sent| (sent, "missing_header")));
        // The others sign no time: what they send again is known by its id.
        if matches!(source, Source::Stripe | Source::Standard) {
            refusals.push((Sent::by(source, NEW, 301), "too_old"));
        }
        for (sent, reason) in &refusals {
            let answer = sent.to(&api).await;
            assert_eq!(answer.problem(), (400, "webhook_refused"), "{source:?}");
            assert_eq!(answer.body["reason"], *reason, "{source:?} {}", sent.body);
        }
        for reason in ["bad_signature", "missing_header", "too_old"] {
            let wanted = refusals.iter().filter(|(_, word)| *word == reason);
            let counted = api.counted(source, reason).await;
            assert_eq!(counted, wanted.count(), "{source:?} {reason}");
        }
    }
    let stored = "select (select count(*) from webhook_events) + (select count(*) from queue.jobs)";
    assert_eq!(api.count(stored).await, 0);
    assert_eq!(api.rows_written().await, 0);
}

#[tokio::test]
async fn f1_two_secrets_of_every_sender_are_valid_at_once() {
    let api = open().await;
    for source in Source::ALL.iter().copied() {
        for secret in [OLD, NEW] {
            let answer = Sent::by(source, secret, 0).to(&api).await;
            assert!(answer.status.is_success(), "{source:?}: {}", answer.text);
        }
        let (stored, again) = ("stored", "duplicate");
        assert_eq!(api.counted(source, stored).await, 1, "{source:?}");
        assert_eq!(api.counted(source, again).await, 1, "{source:?}");
    }
    let events = api.count("select count(*) from webhook_events").await;
    assert_eq!(usize::try_from(events), Ok(Source::ALL.len()));
}
