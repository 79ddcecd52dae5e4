//! Whether a webhook is from who it says it is: pure functions over its headers and raw body.
//!
//! Every sender has a list of secrets, so that a new one can be valid beside the old one while it
//! is changed. All comparisons take the same time wherever two texts differ. A body is read only
//! after its signature was good, and only to learn the event's id.
//!
//! **To add a source**: its line in `sources!`, its file here, and its line in
//! [`Verifier::verify`].

mod mac;
mod razorpay;
mod shared;
mod standard;
mod stripe;
mod twilio;

use std::time::Duration;

use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};

use crate::PublicUrl;

/// How old, or how far ahead, a signed time may be: what the senders' own libraries allow.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// Longest id or type of an event that is stored.
const WORD_BYTES_MAX: usize = 255;

/// Headers that say something about an event, and hold no secret: they are kept with it.
pub const KEPT_HEADERS: [&str; 5] = [
    "content-type",
    "i-twilio-idempotency-token",
    "webhook-id",
    "webhook-timestamp",
    "x-razorpay-event-id",
];

macro_rules! sources {
    ($($Source:ident = $code:literal, $field:ident, env = $env:literal, $doc:literal;)+) => {
        /// Who sends webhooks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Source {
            $(#[doc = $doc] $Source,)+
        }

        impl Source {
            /// All of them.
            pub const ALL: &'static [Source] = &[$(Source::$Source),+];

            /// Its word in paths and in `webhook_events.source`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Source::$Source => $code,)+ }
            }
        }

        /// Secrets of those who send webhooks. Each list may hold two, separated by a comma: both
        /// are valid, so that a secret is changed without losing an event. A source without a
        /// secret does not exist.
        #[derive(Clone, Debug, Default, clap::Args)]
        #[command(next_help_heading = "Webhooks")]
        pub struct WebhookSettings {
            /// Where senders reach this API from outside.
            #[command(flatten)]
            pub public: PublicUrl,

            $(
                #[doc = $doc]
                #[arg(
                    long,
                    env = $env,
                    value_name = "SECRETS",
                    value_delimiter = ',',
                    hide_env_values = true,
                    value_parser = secret_of(Source::$Source)
                )]
                pub $field: Vec<SecretString>,
            )+
        }

        impl WebhookSettings {
            /// The secrets of a source; without any, its webhooks are refused.
            #[must_use]
            pub fn secrets(&self, source: Source) -> &[SecretString] {
                match source { $(Source::$Source => &self.$field,)+ }
            }
        }
    };
}

sources! {
    Stripe = "stripe", stripe_webhook_secrets, env = "STRIPE_WEBHOOK_SECRETS",
        "Signing secrets of Stripe's webhook endpoint (`whsec_…`)";
    Razorpay = "razorpay", razorpay_webhook_secrets, env = "RAZORPAY_WEBHOOK_SECRETS",
        "Secrets of Razorpay's webhook";
    Twilio = "twilio", twilio_webhook_tokens, env = "TWILIO_WEBHOOK_TOKENS",
        "Auth tokens of the Twilio account; needs the public URL";
    Prodigi = "prodigi", prodigi_webhook_tokens, env = "PRODIGI_WEBHOOK_TOKENS",
        "Tokens that Prodigi's callback URL ends in, as `?token=…`: Prodigi signs nothing";
    Shiprocket = "shiprocket", shiprocket_webhook_tokens, env = "SHIPROCKET_WEBHOOK_TOKENS",
        "Tokens typed into Shiprocket's dashboard, which it sends as `x-api-key`";
    RoyalMail = "royal_mail", royal_mail_webhook_tokens, env = "ROYAL_MAIL_WEBHOOK_TOKENS",
        "Tokens of Royal Mail's pushes, in the URL or as `x-api-key`";
    Dpd = "dpd", dpd_webhook_tokens, env = "DPD_WEBHOOK_TOKENS",
        "Tokens of DPD's pushes, in the URL or as `x-api-key`";
    Fedex = "fedex", fedex_webhook_tokens, env = "FEDEX_WEBHOOK_TOKENS",
        "Tokens of FedEx's pushes, in the URL or as `x-api-key`";
    Ups = "ups", ups_webhook_tokens, env = "UPS_WEBHOOK_TOKENS",
        "Credentials of UPS Track Alert subscriptions, which it sends as `credential`";
    Dhl = "dhl", dhl_webhook_tokens, env = "DHL_WEBHOOK_TOKENS",
        "Tokens of DHL's pushes, in the URL or as `x-api-key`";
    Standard = "standard", standard_webhook_secrets, env = "STANDARD_WEBHOOK_SECRETS",
        "Secrets of whoever sends Standard Webhooks (`whsec_` and base64)";
}

/// Shiprocket's dashboard refuses addresses that hold its own name.
const ALIASES: [(&str, Source); 1] = [("courier", Source::Shiprocket)];

impl Source {
    /// The source with this word in its path.
    #[must_use]
    pub fn of(word: &str) -> Option<Source> {
        let known = Source::ALL.iter().find(|source| source.code() == word);
        let alias = || ALIASES.iter().find(|(alias, _)| *alias == word);
        known
            .copied()
            .or_else(|| alias().map(|(_, source)| *source))
    }
}

/// A secret as an operator gives it: empty is none, and what can't work is refused at start.
fn secret_of(source: Source) -> impl Fn(&str) -> Result<SecretString, String> + Clone {
    move |text| {
        let text = text.trim();
        if source == Source::Standard && !text.is_empty() && standard::key(text).is_none() {
            return Err("must be `whsec_` and base64".to_owned());
        }
        Ok(SecretString::from(text))
    }
}

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body, byte for byte.
    pub body: &'a [u8],
    /// What its request line asked for: path and query.
    pub path_and_query: &'a str,
    /// Seconds since 1970, now.
    pub now: i64,
}

/// A webhook that is what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genuine {
    /// The sender's id of the event; where it gives none, one made from what was signed.
    pub event_id: String,
    /// The sender's name of what happened.
    pub event_type: Option<String>,
}

/// Why a webhook is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A header, or the token in the address, is not there.
    #[error("{0} is missing")]
    MissingHeader(&'static str),
    /// No secret makes this signature of this body.
    #[error("the signature is not of this body by a secret that is valid here")]
    BadSignature,
    /// It was signed too long ago.
    #[error("it was signed more than five minutes ago")]
    TooOld,
    /// It was signed in the future: its sender's clock, or ours, is wrong. The libraries of Stripe
    /// would take it; but then it could be sent again for as long as it is ahead.
    #[error("it was signed more than five minutes ahead of time")]
    TooNew,
    /// It is signed, and no event.
    #[error("{0}")]
    Malformed(&'static str),
}

impl Refusal {
    /// A short word for metrics and answers.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Refusal::MissingHeader(_) => "missing_header",
            Refusal::BadSignature => "bad_signature",
            Refusal::TooOld => "too_old",
            Refusal::TooNew => "too_new",
            Refusal::Malformed(_) => "malformed",
        }
    }
}

/// Knows the secrets.
#[derive(Clone, Debug)]
pub struct Verifier {
    settings: WebhookSettings,
}

impl Verifier {
    /// With these secrets.
    #[must_use]
    pub fn new(settings: WebhookSettings) -> Self {
        Self { settings }
    }

    /// Whether webhooks of this source can be verified here at all.
    #[must_use]
    pub fn knows(&self, source: Source) -> bool {
        let lacks_url = self.settings.public.get().is_none();
        !(source == Source::Twilio && lacks_url) && self.secrets(source).next().is_some()
    }

    /// Whether the request is genuine, and which event it brings.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn verify(&self, source: Source, request: &Incoming<'_>) -> Result<Genuine, Refusal> {
        let secrets: Vec<&str> = self.secrets(source).collect();
        let genuine = match source {
            Source::Stripe => stripe::verify(&secrets, request),
            Source::Razorpay => razorpay::verify(&secrets, request),
            Source::Twilio => {
                let base = self.settings.public.get().unwrap_or_default();
                twilio::verify(&secrets, base, request)
            }
            Source::Prodigi => shared::prodigi(&secrets, request),
            Source::Shiprocket => shared::shiprocket(&secrets, request),
            Source::Dpd => shared::dpd(&secrets, request),
            Source::RoyalMail | Source::Fedex | Source::Ups | Source::Dhl => {
                shared::carrier(&secrets, request)
            }
            Source::Standard => standard::verify(&secrets, request),
        }?;
        let words = [Some(&genuine.event_id), genuine.event_type.as_ref()];
        let storable = |word: &String| {
            (1..=WORD_BYTES_MAX).contains(&word.len()) && !word.chars().any(char::is_control)
        };
        let is_storable = words.into_iter().flatten().all(storable);
        match is_storable {
            true => Ok(genuine),
            false => Err(Refusal::Malformed("the event's id or type is no word")),
        }
    }

    fn secrets(&self, source: Source) -> impl Iterator<Item = &str> {
        let secrets = self.settings.secrets(source).iter();
        secrets
            .map(ExposeSecret::expose_secret)
            .filter(|secret| !secret.is_empty())
    }
}

/// The one header of this name, as text.
fn header<'a>(request: &Incoming<'a>, name: &'static str) -> Result<&'a str, Refusal> {
    let mut sent = request.headers.get_all(name).iter();
    match (sent.next().map(|value| value.to_str()), sent.next()) {
        (Some(Ok(text)), None) => Ok(text),
        _ => Err(Refusal::MissingHeader(name)),
    }
}

/// Refuses a signed time that is too far from now.
fn is_timely(signed_at: i64, now: i64) -> Result<(), Refusal> {
    let tolerance = TOLERANCE.as_secs().cast_signed();
    let age = now.saturating_sub(signed_at);
    match age {
        _ if age > tolerance => Err(Refusal::TooOld),
        _ if age < -tolerance => Err(Refusal::TooNew),
        _ => Ok(()),
    }
}

/// A value of the address's query.
fn query<'a>(request: &Incoming<'a>, name: &str) -> Option<std::borrow::Cow<'a, str>> {
    let (_, query) = request.path_and_query.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value)
}
