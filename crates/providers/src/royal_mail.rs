//! Royal Mail: Tracking API v2 and Shipping API v3.
//!
//! Wire facts: Royal Mail's own descriptions, copied in bricre/royalmail-tracking-v2-sdk
//! `swagger.yaml` (1.0.36) and zVPS/royal-mail-shipping-rest-api-client
//! `config/rmg-pro-shipping-v3-rest-api-v3.0.20.yaml`. One number is asked for with all its events;
//! up to thirty at once with their last event. No form of a push is documented.

mod codes;
mod settings;
mod ship;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::carrier_api::{Api, LogsIn, Stake, filled, given, instant, list, required, text};
use crate::tracking::ask_for_nobodys;
use crate::{
    CallRate, Capabilities, Carrier, Contact, IdempotencyKey, Journal, LabelOrder, ProviderError,
    Purchase, SettingsError, SoldLabel, TokenCache, TrackingEvent, TrackingNumber, TrackingUpdate,
};
pub use settings::RoyalMailSettings;
use ship::Shipping;

const CODE: &str = "royal_mail";
/// Numbers in one call for summaries.
const BATCH: usize = 30;

/// The Royal Mail client.
pub struct RoyalMail {
    api: Api,
    client_id: String,
    client_secret: SecretString,
    shipping: Option<Shipping>,
    tokens: Arc<dyn TokenCache>,
    rate: CallRate,
}

impl RoyalMail {
    /// Builds the carrier when its client id is set.
    ///
    /// # Errors
    /// [`SettingsError`] when the secret is missing or the address is no URL.
    pub fn configured(
        settings: &RoyalMailSettings,
        tokens: &Arc<dyn TokenCache>,
    ) -> Result<Option<Self>, SettingsError> {
        let Some(client_id) = given(&settings.royal_mail_client_id) else {
            return Ok(None);
        };
        let secret = filled(&settings.royal_mail_client_secret);
        let client_secret = required(secret, "ROYAL_MAIL_CLIENT_SECRET", "ROYAL_MAIL_CLIENT_ID")?;
        let shipping = match given(&settings.royal_mail_username) {
            None => None,
            Some(user) => {
                let password = filled(&settings.royal_mail_password);
                let location = given(&settings.royal_mail_posting_location);
                Some(Shipping::new(
                    user,
                    required(password, "ROYAL_MAIL_PASSWORD", "ROYAL_MAIL_USERNAME")?,
                    required(
                        location,
                        "ROYAL_MAIL_POSTING_LOCATION",
                        "ROYAL_MAIL_USERNAME",
                    )?,
                ))
            }
        };
        let address = &settings.royal_mail_api_url;
        let timeout = settings.royal_mail_timeout;
        Ok(Some(Self {
            api: Api::new(CODE, "ROYAL_MAIL_API_URL", address, timeout, error)?
                .dry(settings.royal_mail_dry_run),
            client_id,
            client_secret,
            shipping,
            tokens: Arc::clone(tokens),
            rate: settings.royal_mail_rate,
        }))
    }

    /// A request to the Tracking API, which wants its terms accepted every time.
    fn tracking(&self, segments: &[&str]) -> RequestBuilder {
        let path = [&["mailpieces", "v2"], segments].concat();
        self.api
            .request(Method::GET, &path)
            .header("X-IBM-Client-Id", &self.client_id)
            .header("X-IBM-Client-Secret", self.client_secret.expose_secret())
            .header("X-Accept-RMG-Terms", "yes")
            .header("Accept", "application/json")
    }

    async fn events(
        &self,
        number: &TrackingNumber,
        journal: &mut Journal,
    ) -> Result<TrackingUpdate, ProviderError> {
        let request = self.tracking(&[number.as_str(), "events"]);
        let said = self
            .api
            .call("track", Stake::Nothing, request, Value::Null, journal)
            .await?;
        let piece = said.body.pointer("/mailPieces");
        let Some(piece) = piece.filter(|_| said.status != StatusCode::NOT_FOUND) else {
            return Ok(TrackingUpdate::unknown(CODE, number.clone()));
        };
        let events = list(piece, "/events").iter().filter_map(event).collect();
        Ok(TrackingUpdate {
            carrier: CODE,
            tracking_number: number.clone(),
            events,
            estimated_delivery: estimate(piece),
        })
    }

    async fn summaries(
        &self,
        numbers: &[TrackingNumber],
        journal: &mut Journal,
    ) -> Result<Vec<TrackingUpdate>, ProviderError> {
        let ids: Vec<&str> = numbers.iter().map(TrackingNumber::as_str).collect();
        let request = self
            .tracking(&["summary"])
            .query(&[("mailPieceId", ids.join(","))]);
        let said = self
            .api
            .call("track", Stake::Nothing, request, Value::Null, journal)
            .await?;
        let pieces = list(&said.body, "/mailPieces").iter();
        Ok(pieces.filter_map(summary).collect())
    }
}

#[async_trait]
impl Carrier for RoyalMail {
    fn code(&self) -> &'static str {
        CODE
    }

    fn account(&self) -> &str {
        &self.client_id
    }

    fn capabilities(&self) -> Capabilities {
        let sells = self.shipping.is_some();
        Capabilities {
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
        journal.conceal(self.client_secret.expose_secret());
        match numbers {
            [] => Ok(Vec::new()),
            [number] => Ok(vec![self.events(number, journal).await?]),
            numbers => self.summaries(numbers, journal).await,
        }
    }

    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError> {
        let answers = ask_for_nobodys(self, journal).await?;
        if self.shipping.is_none() {
            return Ok(answers);
        }
        self.token(journal).await?;
        Ok(format!("{answers}, and sells labels to our user"))
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
}

/// `{httpCode, httpMessage, moreInformation, errors:[{errorCode, errorDescription, …}]}`.
fn error(body: &Value) -> Option<(String, String)> {
    let first = body.pointer("/errors/0");
    let code = first.and_then(|error| text(error, "/errorCode"));
    let message = first
        .and_then(|error| text(error, "/errorDescription"))
        .or_else(|| text(body, "/moreInformation"))
        .or_else(|| text(body, "/httpMessage"))?;
    Some((code.unwrap_or_default(), message))
}

/// One piece of a summary. What is wrong with one stands beside the others.
fn summary(piece: &Value) -> Option<TrackingUpdate> {
    let number = TrackingNumber::new(&text(piece, "/mailPieceId")?).ok()?;
    let error = piece.pointer("/error/errorCode").is_some();
    if error || piece.pointer("/summary").is_none() {
        let is_known_absence = text(piece, "/status").as_deref() == Some("404")
            || text(piece, "/error/errorCode").as_deref() == Some("E1142")
            || !error;
        return is_known_absence.then(|| TrackingUpdate::unknown(CODE, number));
    }
    let code = text(piece, "/summary/lastEventCode");
    let at = text(piece, "/summary/lastEventDateTime").and_then(|at| instant(&at));
    let event = code.zip(at).map(|(code, occurred_at)| TrackingEvent {
        status: codes::TABLE.read(&code),
        code,
        occurred_at,
        description: text(piece, "/summary/lastEventName").unwrap_or_default(),
        location: text(piece, "/summary/lastEventLocationName"),
        carrier_event_id: None,
    });
    Some(TrackingUpdate {
        carrier: CODE,
        tracking_number: number,
        events: event.into_iter().collect(),
        estimated_delivery: estimate(piece),
    })
}

fn event(event: &Value) -> Option<TrackingEvent> {
    let code = text(event, "/eventCode")?;
    Some(TrackingEvent {
        status: codes::TABLE.read(&code),
        code,
        occurred_at: instant(&text(event, "/eventDateTime")?)?,
        description: text(event, "/eventName").unwrap_or_default(),
        location: text(event, "/locationName"),
        carrier_event_id: None,
    })
}

/// The end of the window, `2026-11-21` and `11:00:00+01:00`, or of the day.
fn estimate(piece: &Value) -> Option<chrono::DateTime<chrono::Utc>> {
    let date = text(piece, "/estimatedDelivery/date")?;
    let end = text(piece, "/estimatedDelivery/endOfEstimatedWindow");
    instant(&format!("{date}T{}", end.as_deref().unwrap_or("23:59:59")))
}
