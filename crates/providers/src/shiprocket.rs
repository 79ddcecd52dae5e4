//! Shiprocket: parcels within India, by whichever courier it books.
//!
//! Wire facts: the vendor's article 43000337456 and public clients of its interface. It knows no
//! idempotency key: our key is its `order_id`, by which an order is looked up before one is made.
//! An order takes three steps: it is created, gets an AWB (**which is what costs money**), and
//! gets a pickup. Each step is taken only when the look-up shows that it has not been, so whatever
//! attempt comes after a crash or a lost answer goes on where the last one came to.

mod order;
mod session;
mod settings;
mod tracking;
mod wire;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::http::{Answer, Http, NoAnswer};
use crate::vendor::{answered, base_url, join, text, told};
use crate::{
    CallRate, Cancellation, Capabilities, Carrier, Contact, FulfilmentProvider, IdempotencyKey,
    Journal, ProviderError, PushError, Reference, Request, SettingsError, Submission, TokenCache,
    TrackingNumber, TrackingUpdate, Verification,
};
use session::Session;
pub use settings::ShiprocketSettings;
use wire::Known;

const CODE: &str = "shiprocket";
/// Parcels that one tracking call takes.
const TRACK_BATCH: usize = 50;

/// The Shiprocket client: fulfils, and tells of the parcels that it booked.
pub struct Shiprocket {
    http: Http,
    base: Url,
    session: Session,
    pickup_location: String,
    channel_id: Option<String>,
    pickup_until: Option<chrono::NaiveTime>,
    settle: Duration,
}

#[async_trait]
impl FulfilmentProvider for Shiprocket {
    fn code(&self) -> &'static str {
        CODE
    }

    fn can_look_up(&self) -> bool {
        true
    }

    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError> {
        self.session.conceal(journal);
        self.find(&wire::no_order(), journal)
            .await
            .map_err(|error| error.masked(journal))?;
        Ok("answers, and lets our user in".to_owned())
    }

    fn should_fulfil(&self, request: &Request) -> Result<(), ProviderError> {
        order::checked(request)
    }

    async fn submit(
        &self,
        request: &Request,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Submission, ProviderError> {
        self.conceal(request, journal);
        order::checked(request)?;
        let started = Instant::now();
        let placed = self.place(request, key, contact, journal).await;
        self.http.ended(started, placed, journal)
    }

    async fn verify(
        &self,
        request: &Request,
        reference: &Reference,
        journal: &mut Journal,
    ) -> Result<Verification, ProviderError> {
        self.conceal(request, journal);
        let started = Instant::now();
        let found = self.find(&reference.key, journal).await;
        Ok(match self.http.ended(started, found, journal)? {
            Some(known) => known.verification(),
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
        let Some(known) = self.find(&reference.key, journal).await? else {
            return Ok(Cancellation::NotFound);
        };
        if known.is_cancelled() {
            return Ok(Cancellation::Cancelled);
        }
        let started = Instant::now();
        let body = json!({"ids": [known.order_id]});
        let answer = self.post("cancel", "orders/cancel", body, journal).await?;
        (self.http).ended(started, wire::cancelled(answer), journal)
    }
}

#[async_trait]
impl Carrier for Shiprocket {
    fn code(&self) -> &'static str {
        CODE
    }

    fn account(&self) -> &str {
        self.session.account()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            track_batch: NonZeroUsize::new(TRACK_BATCH),
            rates: false,
            labels: false,
            finds_labels: false,
            voids: false,
            // No limit is published; this is what its own plugins keep to.
            rate: CallRate {
                calls: 60,
                per: Duration::from_mins(1),
            },
        }
    }

    async fn track(
        &self,
        numbers: &[TrackingNumber],
        journal: &mut Journal,
    ) -> Result<Vec<TrackingUpdate>, ProviderError> {
        let started = Instant::now();
        let awbs: Vec<_> = numbers.iter().map(TrackingNumber::as_str).collect();
        let body = json!({"awbs": awbs});
        let answer = self
            .post("track", "courier/track/awbs", body, journal)
            .await?;
        let updates = tracking::tracked(told(answer), numbers);
        self.http.measure(started, &updates);
        updates
    }

    fn parse_push(&self, body: &[u8]) -> Result<Vec<TrackingUpdate>, PushError> {
        tracking::pushed(body)
    }
}

impl Shiprocket {
    /// Builds the provider when its API user is set.
    ///
    /// # Errors
    /// [`SettingsError`] when the address is no URL, or something that belongs to it is missing.
    pub fn configured(
        settings: &ShiprocketSettings,
        tokens: &Arc<dyn TokenCache>,
    ) -> Result<Option<Self>, SettingsError> {
        let Some(user) = settings.user()? else {
            return Ok(None);
        };
        let base = base_url("SHIPROCKET_API_URL", &settings.shiprocket_api_url)?;
        let http = Http::new(CODE, &base, settings.shiprocket_timeout)?;
        let http = http.dry(settings.shiprocket_dry_run);
        Ok(Some(Self {
            session: Session::new(http.clone(), base.clone(), user, Arc::clone(tokens)),
            http,
            base,
            pickup_location: settings.pickup_location()?,
            channel_id: text(&settings.shiprocket_channel_id).map(str::to_owned),
            pickup_until: settings.pickup_until()?,
            settle: settings.shiprocket_settle,
        }))
    }

    fn conceal(&self, request: &Request, journal: &mut Journal) {
        self.session.conceal(journal);
        journal.conceal_people(request);
    }

    /// Takes the steps that have not been taken yet.
    async fn place(
        &self,
        request: &Request,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Submission, ProviderError> {
        // Also at first contact: a request that failed for good may have left an order behind.
        // A dry run has nothing to find, and goes on to what it would send.
        let found = match self.http.is_dry() {
            true => None,
            false => self.find(key, journal).await?,
        };
        let known = match found {
            Some(known) => known,
            None => {
                // It records before it shows: a fresh attempt may be there and not be seen. The
                // whole time again, not the rest: the caller counts from its last attempt.
                if let Contact::Again { since: Some(since) } = contact
                    && since < self.settle
                {
                    return Ok(Submission::TooSoon { wait: self.settle });
                }
                self.create(request, key, journal).await?
            }
        };
        if known.is_cancelled() {
            let message = format!("order {} was cancelled at Shiprocket", known.order_id);
            return Err(ProviderError::rejected("cancelled", message));
        }
        let mut assigned_at = None;
        if known.awb.is_none() {
            assigned_at = self
                .assign_awb(&known, request.service.as_deref(), journal)
                .await?;
        }
        if !known.has_pickup {
            self.schedule_pickup(&known, assigned_at, journal).await?;
        }
        Ok(Submission::Accepted {
            provider_order_id: known.order_id.to_string(),
        })
    }

    /// The order by our key.
    async fn find(
        &self,
        key: &IdempotencyKey,
        journal: &mut Journal,
    ) -> Result<Option<Known>, ProviderError> {
        let query = [("search", key.as_str()), ("per_page", "10")];
        let url = join(&self.base, "orders")?;
        let call = |token: &str| {
            let call = self.http.client().get(url.clone());
            call.bearer_auth(token).query(&query)
        };
        let sent = json!({"search": key.as_str()});
        let answer = self.session.send("verify", call, sent, journal).await?;
        wire::found(told(answer)?, key)
    }

    async fn create(
        &self,
        request: &Request,
        key: &IdempotencyKey,
        journal: &mut Journal,
    ) -> Result<Known, ProviderError> {
        let mut body = order::adhoc(request, key, &self.pickup_location)?;
        if let Some(channel) = &self.channel_id {
            body["channel_id"] = Value::from(channel.as_str());
        }
        let answer = self
            .post("submit", "orders/create/adhoc", body, journal)
            .await?;
        wire::created(answered(answer)?)
    }

    /// Books a courier, which costs money; answers when it was done, in the vendor's own time.
    async fn assign_awb(
        &self,
        known: &Known,
        service: Option<&str>,
        journal: &mut Journal,
    ) -> Result<Option<chrono::NaiveDateTime>, ProviderError> {
        let mut body = json!({"shipment_id": known.shipment_id});
        // Their couriers have numbers; without one they choose.
        if let Some(courier) = service.and_then(|service| service.parse::<u64>().ok()) {
            body["courier_id"] = courier.into();
        }
        let answer = self
            .post("submit", "courier/assign/awb", body, journal)
            .await?;
        wire::assigned(kept(answer)?)
    }

    async fn schedule_pickup(
        &self,
        known: &Known,
        assigned_at: Option<chrono::NaiveDateTime>,
        journal: &mut Journal,
    ) -> Result<(), ProviderError> {
        let mut body = json!({"shipment_id": [known.shipment_id]});
        if let Some(date) = order::pickup_date(assigned_at, self.pickup_until) {
            body["pickup_date"] = json!([date]);
        }
        let answer = self
            .post("submit", "courier/generate/pickup", body, journal)
            .await?;
        wire::picked_up(kept(answer)?)
    }

    async fn post(
        &self,
        operation: &'static str,
        path: &str,
        body: Value,
        journal: &mut Journal,
    ) -> Result<Result<Answer, NoAnswer>, ProviderError> {
        let url = join(&self.base, path)?;
        let call = |token: &str| {
            let call = self.http.client().request(Method::POST, url.clone());
            call.bearer_auth(token).json(&body)
        };
        self.session
            .send(operation, call, body.clone(), journal)
            .await
    }
}

/// The answer to a step of an order that is there: whatever fails, the next attempt looks first.
fn kept(answer: Result<Answer, NoAnswer>) -> Result<Answer, ProviderError> {
    answered(answer).map_err(|error| match error {
        ProviderError::Transient {
            retry_after,
            message,
            ..
        } => ProviderError::broken(retry_after, message),
        // Credentials that were good a moment ago say nothing about the order that is there.
        ProviderError::Unauthorized { message } => ProviderError::broken(None, message),
        error => error,
    })
}
