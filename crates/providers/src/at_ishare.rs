//! AT-iShare: mobile data bundles in Ghana, bought from a reseller, one bundle a call.
//!
//! **Generation 1** takes our `reference_id`, so an answer that got lost is looked up before
//! anything is sent again. **Generation 2** names orders itself and accepts no reference of ours:
//! a lost answer is undecidable, so it is reported as unknown and a person decides.
//!
//! A request of several bundles is placed bundle by bundle, the reference being our key and the
//! bundle's number; together they count as one, delivered when the last one is.

mod bundle;
mod settings;
mod wire;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::http::Http;
use crate::vendor::{base_url, join, required};
use crate::{
    Contact, FulfilmentProvider, IdempotencyKey, Journal, ProviderError, Reference, Request,
    SettingsError, Submission, Verification,
};
use bundle::{Bundle, bundles};
pub use settings::{AtIshareSettings, Generation};
use wire::{Ambiguity, UnitState};

const CODE: &str = "at_ishare";
/// No key of ours has this form, so no order has this reference.
const PING_REFERENCE: &str = "stevedore-ping";

/// The AT-iShare client.
pub struct AtIshare {
    http: Http,
    base: Url,
    api_key: SecretString,
    api_secret: Option<SecretString>,
    generation: Generation,
    settle: Duration,
}

#[async_trait]
impl FulfilmentProvider for AtIshare {
    fn code(&self) -> &'static str {
        CODE
    }

    fn can_look_up(&self) -> bool {
        self.generation == Generation::One
    }

    /// Asks for an order that is not there: that it isn't is an answer to our key.
    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError> {
        self.conceal(&[], journal);
        self.look_up(Bundle::ANY_STATUS_PATH, PING_REFERENCE, journal)
            .await?;
        Ok("answers, and takes our key".to_owned())
    }

    fn should_fulfil(&self, request: &Request) -> Result<(), ProviderError> {
        bundles(request).map(drop)
    }

    async fn submit(
        &self,
        request: &Request,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Submission, ProviderError> {
        let bundles = bundles(request)?;
        self.conceal(&bundles, journal);
        if self.generation == Generation::Two && contact != Contact::First {
            return Err(ProviderError::unknown(
                "an earlier attempt may have been accepted, and this vendor can't be asked",
            ));
        }
        let mut accepted = Vec::with_capacity(bundles.len());
        for bundle in &bundles {
            match self.place(bundle, key, contact, journal).await {
                Ok(Placed::Accepted(id)) => accepted.push(id),
                Ok(Placed::TooSoon(wait)) => return Ok(Submission::TooSoon { wait }),
                Err(error) => return Err(self.after(accepted.len(), bundles.len(), error)),
            }
        }
        Ok(Submission::Accepted {
            provider_order_id: accepted.join(","),
        })
    }

    async fn verify(
        &self,
        request: &Request,
        reference: &Reference,
        journal: &mut Journal,
    ) -> Result<Verification, ProviderError> {
        let bundles = bundles(request)?;
        self.conceal(&bundles, journal);
        let names = self.names(&bundles, reference)?;
        let mut states = Vec::with_capacity(bundles.len());
        for (bundle, name) in bundles.iter().zip(&names) {
            states.push(self.look_up(bundle.status_path(), name, journal).await?);
        }
        Ok(together(&states, names.join(",")))
    }
}

enum Placed {
    Accepted(String),
    TooSoon(Duration),
}

impl AtIshare {
    /// Builds the provider when its address is set.
    ///
    /// # Errors
    /// [`SettingsError`] when the address is no URL, or the key is missing.
    pub fn configured(settings: &AtIshareSettings) -> Result<Option<Self>, SettingsError> {
        let Some(address) = settings.address() else {
            return Ok(None);
        };
        let base = base_url("AT_ISHARE_API_URL", address)?;
        let api_key = required(settings.api_key(), "AT_ISHARE_API_KEY", "AT_ISHARE_API_URL")?;
        Ok(Some(Self {
            http: Http::new(CODE, &base, settings.at_ishare_timeout)?
                .dry(settings.at_ishare_dry_run),
            base,
            api_key,
            api_secret: settings.api_secret(),
            generation: settings.at_ishare_generation,
            settle: settings.at_ishare_settle,
        }))
    }

    fn conceal(&self, bundles: &[Bundle], journal: &mut Journal) {
        journal.conceal(self.api_key.expose_secret());
        if let Some(secret) = &self.api_secret {
            journal.conceal(secret.expose_secret());
        }
        for bundle in bundles {
            journal.conceal(&bundle.recipient);
        }
    }

    async fn place(
        &self,
        bundle: &Bundle,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Placed, ProviderError> {
        let reference = bundle.reference(key);
        if let Contact::Again { since } = contact {
            match self
                .look_up(bundle.status_path(), &reference, journal)
                .await?
            {
                UnitState::NotFound => {}
                _known => return Ok(Placed::Accepted(reference)),
            }
            // The vendor queues before it records: a fresh attempt may be there and not be seen.
            // The whole time again, not the rest: the caller counts from its last attempt.
            if since.is_some_and(|since| since < self.settle) {
                return Ok(Placed::TooSoon(self.settle));
            }
        }
        let started = Instant::now();
        let result = self.send(bundle, &reference, journal).await;
        self.http.measure(started, &result);
        result.map(Placed::Accepted)
    }

    /// Places one bundle and returns the vendor's name for it.
    async fn send(
        &self,
        bundle: &Bundle,
        reference: &str,
        journal: &mut Journal,
    ) -> Result<String, ProviderError> {
        let mut body = json!({
            "recipient_number": bundle.recipient,
            "gig": bundle.gigabytes.to_string(),
            "network": bundle.network,
        });
        if self.generation == Generation::One {
            body["agent_api"] = Value::from(self.api_key.expose_secret());
            body["reference_id"] = Value::from(reference);
        }
        let request = self.request(reqwest::Method::POST, bundle.placing_path())?;
        let request = request.header("idempotency-key", reference).json(&body);
        let answer = self.http.send("submit", request, body, journal).await;
        let said = wire::placed(answer, self.ambiguity()).map_err(|error| error.masked(journal))?;
        match self.generation {
            Generation::One => Ok(reference.to_owned()),
            Generation::Two => match said.body.get("reference_id").and_then(Value::as_str) {
                Some(id) if !id.is_empty() && id.len() <= 100 && !id.contains(',') => {
                    Ok(id.to_owned())
                }
                _ => Err(ProviderError::unknown(
                    "accepted, but the vendor gave no reference",
                )),
            },
        }
    }

    async fn look_up(
        &self,
        path: &str,
        name: &str,
        journal: &mut Journal,
    ) -> Result<UnitState, ProviderError> {
        let started = Instant::now();
        let (method, sent) = match self.generation {
            Generation::One => (
                reqwest::Method::POST,
                json!({"reference_id": name, "agent_api": self.api_key.expose_secret()}),
            ),
            Generation::Two => (reqwest::Method::GET, json!({"reference_id": name})),
        };
        let request = self.request(method, path)?;
        let request = match self.generation {
            Generation::One => request.json(&sent),
            Generation::Two => request.query(&[("reference_id", name)]),
        };
        let answer = self.http.send("verify", request, sent, journal).await;
        match (self.http).ended(started, wire::looked_up(answer), journal)? {
            // It gave us this reference itself, so it has the order, though not yet on record.
            UnitState::NotFound if self.generation == Generation::Two => Ok(UnitState::InProgress),
            state => Ok(state),
        }
    }

    fn request(
        &self,
        method: reqwest::Method,
        path: &str,
    ) -> Result<reqwest::RequestBuilder, ProviderError> {
        let url = join(&self.base, path)?;
        let mut request = self.http.client().request(method, url);
        if self.generation == Generation::Two {
            request = request.header("x-api-key", self.api_key.expose_secret());
        }
        if let Some(secret) = &self.api_secret {
            request = request.header("x-api-secret", secret.expose_secret());
        }
        Ok(request)
    }

    fn ambiguity(&self) -> Ambiguity {
        match self.generation {
            Generation::One => Ambiguity::CanLookUp,
            Generation::Two => Ambiguity::Undecidable,
        }
    }

    /// An error after some bundles were accepted. Without lookup those could only be repeated,
    /// so whatever it was, a person has to look.
    fn after(&self, accepted: usize, of: usize, error: ProviderError) -> ProviderError {
        let told = format!("{error}; {accepted} of {of} bundles were accepted before");
        match error {
            error if accepted == 0 => error,
            _ if self.generation == Generation::Two => ProviderError::unknown(told),
            ProviderError::Rejected { code, .. } => ProviderError::rejected(code, told),
            ProviderError::Transient { retry_after, .. } => {
                ProviderError::broken(retry_after, told)
            }
            // What is there already must be looked up, whatever was wrong with the rest.
            ProviderError::Unauthorized { .. } => ProviderError::broken(None, told),
            held @ ProviderError::Held { .. } => held,
            ProviderError::Unknown { .. } => ProviderError::unknown(told),
        }
    }

    /// What the vendor calls each bundle.
    fn names(
        &self,
        bundles: &[Bundle],
        reference: &Reference,
    ) -> Result<Vec<String>, ProviderError> {
        if self.generation == Generation::One {
            return Ok(bundles
                .iter()
                .map(|bundle| bundle.reference(&reference.key))
                .collect());
        }
        let known = reference.provider_order_id.as_deref().unwrap_or_default();
        let names: Vec<String> = known.split(',').map(str::to_owned).collect();
        if known.is_empty() || names.len() != bundles.len() {
            return Err(ProviderError::unknown(
                "this vendor can't be asked by our reference",
            ));
        }
        Ok(names)
    }
}

/// One answer out of all bundles' states.
fn together(states: &[UnitState], provider_order_id: String) -> Verification {
    let count = |wanted: &UnitState| states.iter().filter(|state| *state == wanted).count();
    let delivered = count(&UnitState::Delivered);
    let missing = count(&UnitState::NotFound);
    let failed = states.iter().find_map(|state| match state {
        UnitState::Failed(code) => Some(code.clone()),
        _ => None,
    });
    match failed {
        _ if delivered == states.len() => Verification::Delivered { provider_order_id },
        _ if missing == states.len() => Verification::NotFound,
        _ if count(&UnitState::InProgress) > 0 && (failed.is_some() || missing == 0) => {
            Verification::InProgress { provider_order_id }
        }
        // What failed fails the whole, so what is missing is not sent any more.
        Some(code) => {
            let message = format!("{delivered} of {} bundles delivered", states.len());
            Verification::Failed { code, message }
        }
        None => Verification::Incomplete,
    }
}
