//! Prodigi (Print API v4): prints that are made on demand and sent by Prodigi itself.
//!
//! Wire facts: the vendor's reference at `prodigi.com/print-api/docs/reference`. Our key is its
//! `idempotencyKey`, which it remembers for ever, so sending twice answers `AlreadyExists` with
//! the order that is there; it is the `merchantReference`, too, by which a lost one is found.
//! An order is in progress for days. What it has sent is told as shipments, parcel by parcel;
//! when they arrive, only their carriers know.

mod settings;
mod wire;

use std::time::Instant;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::http::Http;
use crate::vendor::{self, join};
use crate::{
    Cancellation, Contact, FulfilmentProvider, IdempotencyKey, Journal, Pace, ProviderError,
    Reference, Request, SettingsError, Submission, Verification,
};
pub use settings::{ProdigiEnvironment, ProdigiSettings, ShippingMethod};

const CODE: &str = "prodigi";

/// The Prodigi client.
pub struct Prodigi {
    http: Http,
    base: Url,
    api_key: SecretString,
    callback_url: Option<SecretString>,
    shipping_method: ShippingMethod,
    pace: Pace,
}

#[async_trait]
impl FulfilmentProvider for Prodigi {
    fn code(&self) -> &'static str {
        CODE
    }

    fn can_look_up(&self) -> bool {
        true
    }

    fn pace(&self) -> Option<Pace> {
        Some(self.pace)
    }

    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError> {
        journal.conceal(self.api_key.expose_secret());
        let key = IdempotencyKey::new("no-such-order").expect("letters and dashes");
        let nothing = Reference {
            key,
            provider_order_id: None,
        };
        self.look_up(&nothing, journal).await?;
        Ok("answers, and takes our key".to_owned())
    }

    fn should_fulfil(&self, request: &Request) -> Result<(), ProviderError> {
        wire::items(request)?;
        wire::recipient(request).map(drop)
    }

    async fn submit(
        &self,
        request: &Request,
        key: &IdempotencyKey,
        _contact: Contact,
        journal: &mut Journal,
    ) -> Result<Submission, ProviderError> {
        self.conceal(request, journal);
        let order = self.order(request, key)?;
        let started = Instant::now();
        let call = self.call(Method::POST, "v4.0/Orders")?.json(&order);
        let answer = self.http.send("submit", call, order, journal).await;
        let created = self.http.ended(started, wire::created(answer), journal);
        created.map(|provider_order_id| Submission::Accepted { provider_order_id })
    }

    async fn verify(
        &self,
        request: &Request,
        reference: &Reference,
        journal: &mut Journal,
    ) -> Result<Verification, ProviderError> {
        self.conceal(request, journal);
        let started = Instant::now();
        let found = self.look_up(reference, journal).await;
        self.http.measure(started, &found);
        Ok(match found? {
            Some(order) => wire::verification(&order),
            None => Verification::NotFound,
        })
    }

    async fn cancel(
        &self,
        request: &Request,
        reference: &Reference,
        journal: &mut Journal,
    ) -> Result<Cancellation, ProviderError> {
        self.conceal(request, journal);
        let Some(order) = self.look_up(reference, journal).await? else {
            return Ok(Cancellation::NotFound);
        };
        let id = wire::id(&order).ok_or_else(|| ProviderError::transient("an order without id"))?;
        let started = Instant::now();
        let path = format!("v4.0/orders/{id}/actions/cancel");
        let call = self.call(Method::POST, &path)?.json(&json!({}));
        let answer = self.http.send("cancel", call, json!({}), journal).await;
        (self.http).ended(started, wire::cancelled(answer), journal)
    }
}

impl Prodigi {
    /// Builds the provider when its key is set.
    ///
    /// # Errors
    /// [`SettingsError`] when an address is no URL.
    pub fn configured(settings: &ProdigiSettings) -> Result<Option<Self>, SettingsError> {
        let Some(api_key) = vendor::filled(&settings.prodigi_api_key) else {
            return Ok(None);
        };
        let base = settings.base()?;
        let http = Http::new(CODE, &base, settings.prodigi_timeout)?;
        Ok(Some(Self {
            http: http.dry(settings.prodigi_dry_run),
            base,
            api_key,
            callback_url: settings.callback_url()?,
            shipping_method: settings.prodigi_shipping_method,
            pace: Pace {
                ask_again: settings.prodigi_ask_again,
                patience: settings.prodigi_patience,
            },
        }))
    }

    fn conceal(&self, request: &Request, journal: &mut Journal) {
        journal.conceal(self.api_key.expose_secret());
        if let Some(url) = &self.callback_url {
            journal.conceal(url.expose_secret());
        }
        journal.conceal_people(request);
    }

    fn order(&self, request: &Request, key: &IdempotencyKey) -> Result<Value, ProviderError> {
        let mut order = json!({
            "merchantReference": key.as_str(),
            "idempotencyKey": key.as_str(),
            "shippingMethod": wire::shipping_method(request).unwrap_or(self.shipping_method.word()),
            "recipient": wire::recipient(request)?,
            "items": wire::items(request)?,
            "metadata": {"order_number": request.order_number},
        });
        if let Some(url) = &self.callback_url {
            order["callbackUrl"] = Value::from(url.expose_secret());
        }
        Ok(order)
    }

    /// The order by the vendor's name for it, else by ours.
    async fn look_up(
        &self,
        reference: &Reference,
        journal: &mut Journal,
    ) -> Result<Option<Value>, ProviderError> {
        let key = reference.key.as_str();
        let (path, query) = match &reference.provider_order_id {
            Some(id) => (format!("v4.0/orders/{id}"), vec![]),
            None => (
                "v4.0/orders".to_owned(),
                vec![("merchantReferences", key), ("top", "10")],
            ),
        };
        let call = self.call(Method::GET, &path)?.query(&query);
        let sent = json!(query);
        let answer = self.http.send("verify", call, sent, journal).await;
        wire::looked_up(answer, key).map_err(|error| error.masked(journal))
    }

    fn call(&self, method: Method, path: &str) -> Result<RequestBuilder, ProviderError> {
        let call = self.http.client().request(method, join(&self.base, path)?);
        Ok(call.header("x-api-key", self.api_key.expose_secret()))
    }
}
