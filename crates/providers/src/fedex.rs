//! FedEx: Track, Ship and Rate APIs.
//!
//! Wire facts: FedEx's own OpenAPI descriptions of Track v1, Ship v1 and Rate v1 (copies in
//! karrioapi/karrio `modules/connectors/fedex/vendor/`). Up to thirty numbers a call; what is wrong
//! with one of them stands inside a 200. The token lasts an hour, and the token's address blocks
//! clients that ask too often, so it is cached for the fleet.
//!
//! The push (Advanced Integrated Visibility) is read in the shape of the Track API's answers, which
//! is **probable**, not documented in public.

mod codes;
mod settings;
mod ship;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::carrier_api::{Api, LogsIn, Stake, filled, given, instant, list, oauth_token, place};
use crate::carrier_api::{required, text};
use crate::{
    CallRate, Capabilities, Carrier, Consignment, Contact, IdempotencyKey, Journal, LabelOrder,
    NewToken, ProviderError, Purchase, PushError, Rate, SettingsError, SoldLabel, TokenCache,
    TokenKey, TrackingEvent, TrackingNumber, TrackingUpdate,
};
pub use settings::{FedexEnvironment, FedexSettings};

const CODE: &str = "fedex";
/// Numbers in one call.
const BATCH: usize = 30;

/// The FedEx client.
pub struct Fedex {
    api: Api,
    client_id: String,
    client_secret: SecretString,
    account: Option<String>,
    tokens: Arc<dyn TokenCache>,
    token_key: TokenKey,
    rate: CallRate,
}

impl Fedex {
    /// Builds the carrier when its API key is set.
    ///
    /// # Errors
    /// [`SettingsError`] when the secret is missing or the address is no URL.
    pub fn configured(
        settings: &FedexSettings,
        tokens: &Arc<dyn TokenCache>,
    ) -> Result<Option<Self>, SettingsError> {
        let Some(client_id) = given(&settings.fedex_client_id) else {
            return Ok(None);
        };
        let secret = filled(&settings.fedex_client_secret);
        let client_secret = required(secret, "FEDEX_CLIENT_SECRET", "FEDEX_CLIENT_ID")?;
        let address = given(&settings.fedex_api_url);
        let address = address.unwrap_or_else(|| settings.fedex_environment.address().to_owned());
        let timeout = settings.fedex_timeout;
        Ok(Some(Self {
            api: Api::new(CODE, "FEDEX_API_URL", &address, timeout, error)?
                .dry(settings.fedex_dry_run),
            token_key: TokenKey {
                name: format!("{CODE}/{client_id}"),
                credentials: client_secret.clone(),
            },
            client_id,
            client_secret,
            account: given(&settings.fedex_account_number),
            tokens: Arc::clone(tokens),
            rate: settings.fedex_rate,
        }))
    }
}

#[async_trait]
impl Carrier for Fedex {
    fn code(&self) -> &'static str {
        CODE
    }

    fn account(&self) -> &str {
        self.account.as_deref().unwrap_or(&self.client_id)
    }

    fn capabilities(&self) -> Capabilities {
        let sells = self.account.is_some();
        Capabilities {
            rates: sells,
            labels: sells,
            voids: sells,
            ..Capabilities::tracking(BATCH, self.rate)
        }
    }

    async fn track(
        &self,
        numbers: &[TrackingNumber],
        journal: &mut Journal,
    ) -> Result<Vec<TrackingUpdate>, ProviderError> {
        let wanted: Vec<Value> = numbers
            .iter()
            .map(|number| json!({"trackingNumberInfo": {"trackingNumber": number.as_str()}}))
            .collect();
        let body = json!({"includeDetailedScans": true, "trackingInfo": wanted});
        let request = self
            .api
            .request(Method::POST, &["track", "v1", "trackingnumbers"])
            .header("x-locale", "en_US")
            .json(&body);
        let said = self
            .call("track", Stake::Nothing, request, body, journal)
            .await?;
        Ok(updates(&said.body))
    }

    async fn rates(
        &self,
        consignment: &Consignment,
        journal: &mut Journal,
    ) -> Result<Vec<Rate>, ProviderError> {
        self.prices(consignment, journal).await
    }

    async fn label(
        &self,
        order: &LabelOrder,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Purchase, ProviderError> {
        self.buy(order, key, contact, journal).await
    }

    async fn void(&self, label: &SoldLabel, journal: &mut Journal) -> Result<(), ProviderError> {
        self.give_back(label, journal).await
    }

    fn parse_push(&self, body: &[u8]) -> Result<Vec<TrackingUpdate>, PushError> {
        parse_push(body)
    }
}

#[async_trait]
impl LogsIn for Fedex {
    fn api(&self) -> &Api {
        &self.api
    }

    fn tokens(&self) -> &dyn TokenCache {
        self.tokens.as_ref()
    }

    fn token_key(&self) -> &TokenKey {
        &self.token_key
    }

    async fn log_in(&self, journal: &mut Journal) -> Result<NewToken, ProviderError> {
        journal.conceal(self.client_secret.expose_secret());
        let request = self.api.request(Method::POST, &["oauth", "token"]).form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.expose_secret()),
        ]);
        let sent = json!({"grant_type": "client_credentials"});
        let said = self
            .api
            .call("log_in", Stake::Nothing, request, sent, journal);
        oauth_token(&said.await?)
    }
}

/// `{"transactionId", "errors":[{"code","message"}]}`.
fn error(body: &Value) -> Option<(String, String)> {
    let error = body.pointer("/errors/0")?;
    let code = text(error, "/code").unwrap_or_default();
    Some((code, text(error, "/message").unwrap_or_default()))
}

fn parse_push(body: &[u8]) -> Result<Vec<TrackingUpdate>, PushError> {
    let body: Value =
        serde_json::from_slice(body).map_err(|error| PushError::Malformed(error.to_string()))?;
    let updates = updates(&body);
    if updates.is_empty() {
        return Err(PushError::Malformed("no completeTrackResults".to_owned()));
    }
    Ok(updates)
}

/// All parcels of an answer or a push.
fn updates(body: &Value) -> Vec<TrackingUpdate> {
    let results = match list(body, "/output/completeTrackResults") {
        [] => list(body, "/completeTrackResults"),
        results => results,
    };
    results.iter().filter_map(update).collect()
}

fn update(result: &Value) -> Option<TrackingUpdate> {
    let number = TrackingNumber::new(&text(result, "/trackingNumber")?).ok()?;
    // A number that was used again has several results, the newest first.
    let latest = result.pointer("/trackResults/0")?;
    match text(latest, "/error/code").as_deref() {
        None => {}
        Some(code) if is_unknown_number(code) => {
            return Some(TrackingUpdate::unknown(CODE, number));
        }
        // Nothing about this one now; the others are told.
        Some(_busy) => return None,
    }
    let dates = list(latest, "/dateAndTimes");
    Some(TrackingUpdate {
        carrier: CODE,
        tracking_number: number,
        events: list(latest, "/scanEvents")
            .iter()
            .filter_map(scan)
            .collect(),
        estimated_delivery: dates
            .iter()
            .find(|date| text(date, "/type").as_deref() == Some("ESTIMATED_DELIVERY"))
            .and_then(|date| instant(&text(date, "/dateTime")?)),
    })
}

/// `TRACKING.TRACKINGNUMBER.NOTFOUND`, `TRACKING.TRACKINGNUMBER.INVALID`, …
fn is_unknown_number(code: &str) -> bool {
    code.ends_with("NOTFOUND") || code.ends_with("TRACKINGNUMBER.INVALID")
}

fn scan(scan: &Value) -> Option<TrackingEvent> {
    let code = text(scan, "/eventType")?;
    let description = [
        text(scan, "/eventDescription"),
        text(scan, "/exceptionDescription"),
    ];
    let description: Vec<String> = description.into_iter().flatten().collect();
    Some(TrackingEvent {
        status: codes::TABLE.read(&code),
        code,
        occurred_at: instant(&text(scan, "/date")?)?,
        description: description.join(": "),
        location: place(&[
            text(scan, "/scanLocation/city"),
            text(scan, "/scanLocation/stateOrProvinceCode"),
            text(scan, "/scanLocation/countryCode"),
        ]),
        carrier_event_id: None,
    })
}
