//! DHL: the MyDHL API of DHL Express, and unified tracking for all of DHL.
//!
//! Wire facts: DHL Express' OpenAPI 3.1.1 (a copy in karrioapi/karrio
//! `modules/connectors/mydhl/vendors/dpdhl-express-api-3.1.1_swagger.yaml`); developer.dhl.com,
//! "Shipment Tracking - Unified" and its push, whose default format is read in the shape of the
//! unified answers (**probable**; DHL calls the structure service-dependent).

mod codes;
mod settings;
mod ship;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::carrier_api::{Api, Stake, filled, given, instant, list, place, required, text};
use crate::tracking::ask_for_nobodys;
use crate::{
    CallRate, Capabilities, Carrier, Consignment, Contact, IdempotencyKey, Journal, LabelOrder,
    ProviderError, Purchase, PushError, Rate, SettingsError, TrackingEvent, TrackingNumber,
    TrackingUpdate,
};
pub use settings::{DhlEnvironment, DhlSettings};

const CODE: &str = "dhl";
/// The version of the MyDHL API that we speak; a required header.
const VERSION: &str = "3.1.1";

/// A waybill of nobody's.
const NOBODYS: &str = "0000000000";

/// The DHL client.
pub struct Dhl {
    express: Option<Express>,
    unified: Option<Unified>,
    name: String,
    rate: CallRate,
}

/// The MyDHL API with its user.
struct Express {
    api: Api,
    user: String,
    password: SecretString,
    account: Option<String>,
}

/// Unified tracking with its key.
struct Unified {
    api: Api,
    key: SecretString,
    service: Option<String>,
}

impl Dhl {
    /// Builds the carrier when a user or a tracking key is set.
    ///
    /// # Errors
    /// [`SettingsError`] when the password is missing or an address is no URL.
    pub fn configured(settings: &DhlSettings) -> Result<Option<Self>, SettingsError> {
        let timeout = settings.dhl_timeout;
        let express = match given(&settings.dhl_api_username) {
            None => None,
            Some(user) => {
                let address = given(&settings.dhl_api_url);
                let address =
                    address.unwrap_or_else(|| settings.dhl_environment.address().to_owned());
                let password = filled(&settings.dhl_api_password);
                Some(Express {
                    api: Api::new(CODE, "DHL_API_URL", &address, timeout, error)?
                        .dry(settings.dhl_dry_run),
                    user,
                    password: required(password, "DHL_API_PASSWORD", "DHL_API_USERNAME")?,
                    account: given(&settings.dhl_account_number),
                })
            }
        };
        let unified = match filled(&settings.dhl_tracking_api_key) {
            None => None,
            Some(key) => {
                let address = &settings.dhl_tracking_api_url;
                Some(Unified {
                    api: Api::new(CODE, "DHL_TRACKING_API_URL", address, timeout, error)?,
                    key,
                    service: given(&settings.dhl_tracking_service),
                })
            }
        };
        if express.is_none() && unified.is_none() {
            return Ok(None);
        }
        let name = express
            .as_ref()
            .map(|express| express.account.clone().unwrap_or(express.user.clone()));
        Ok(Some(Self {
            express,
            unified,
            name: name.unwrap_or_else(|| "unified".to_owned()),
            rate: settings.dhl_rate,
        }))
    }

    fn express(&self) -> Result<&Express, ProviderError> {
        let missing = || ProviderError::rejected("not_configured", "DHL_API_USERNAME is not set");
        self.express.as_ref().ok_or_else(missing)
    }

    async fn track_one(
        &self,
        number: &TrackingNumber,
        journal: &mut Journal,
    ) -> Result<TrackingUpdate, ProviderError> {
        match (&self.unified, &self.express) {
            (Some(unified), _) => unified.track(number, journal).await,
            (None, Some(express)) => express.track(number, journal).await,
            (None, None) => Ok(TrackingUpdate::unknown(CODE, number.clone())),
        }
    }
}

#[async_trait]
impl Carrier for Dhl {
    fn code(&self) -> &'static str {
        CODE
    }

    fn account(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        let account = self.express.as_ref();
        let sells = account.is_some_and(|express| express.account.is_some());
        Capabilities {
            rates: sells,
            labels: sells,
            ..Capabilities::tracking(1, self.rate)
        }
    }

    async fn track(
        &self,
        numbers: &[TrackingNumber],
        journal: &mut Journal,
    ) -> Result<Vec<TrackingUpdate>, ProviderError> {
        let mut updates = Vec::with_capacity(numbers.len());
        for number in numbers {
            updates.push(self.track_one(number, journal).await?);
        }
        Ok(updates)
    }

    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError> {
        let mut answers = ask_for_nobodys(self, journal).await?;
        // Parcels are asked for at the unified interface alone, where it has a key.
        if let (Some(_), Some(express)) = (&self.unified, &self.express) {
            let nobodys = TrackingNumber::new(NOBODYS).expect("digits");
            match express.track(&nobodys, journal).await {
                Ok(_) | Err(ProviderError::Rejected { .. }) => {
                    answers.push_str(", and MyDHL takes our user");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(answers)
    }

    async fn rates(
        &self,
        consignment: &Consignment,
        journal: &mut Journal,
    ) -> Result<Vec<Rate>, ProviderError> {
        self.express()?.prices(consignment, journal).await
    }

    async fn label(
        &self,
        order: &LabelOrder,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Purchase, ProviderError> {
        self.express()?.buy(order, key, contact, journal).await
    }

    fn parse_push(&self, body: &[u8]) -> Result<Vec<TrackingUpdate>, PushError> {
        parse_push(body)
    }
}

impl Express {
    async fn track(
        &self,
        number: &TrackingNumber,
        journal: &mut Journal,
    ) -> Result<TrackingUpdate, ProviderError> {
        journal.conceal(self.password.expose_secret());
        let request = self
            .api
            .request(Method::GET, &["shipments", number.as_str(), "tracking"])
            .query(&[
                ("trackingView", "all-checkpoints"),
                ("levelOfDetail", "all"),
            ])
            .basic_auth(&self.user, Some(self.password.expose_secret()))
            .header("x-version", VERSION);
        let said = self
            .api
            .call("track", Stake::Nothing, request, Value::Null, journal)
            .await?;
        let shipment = said.body.pointer("/shipments/0");
        let Some(shipment) = shipment.filter(|_| said.status != StatusCode::NOT_FOUND) else {
            return Ok(TrackingUpdate::unknown(CODE, number.clone()));
        };
        Ok(TrackingUpdate {
            carrier: CODE,
            tracking_number: number.clone(),
            events: list(shipment, "/events")
                .iter()
                .filter_map(checkpoint)
                .collect(),
            estimated_delivery: text(shipment, "/estimatedDeliveryDate")
                .or_else(|| text(shipment, "/estimatedTimeOfDelivery"))
                .and_then(|date| instant(&date)),
        })
    }
}

impl Unified {
    async fn track(
        &self,
        number: &TrackingNumber,
        journal: &mut Journal,
    ) -> Result<TrackingUpdate, ProviderError> {
        journal.conceal(self.key.expose_secret());
        let mut request = self
            .api
            .request(Method::GET, &["track", "shipments"])
            .query(&[("trackingNumber", number.as_str()), ("language", "en")])
            .header("DHL-API-Key", self.key.expose_secret());
        if let Some(service) = &self.service {
            request = request.query(&[("service", service)]);
        }
        let said = self
            .api
            .call("track", Stake::Nothing, request, Value::Null, journal)
            .await?;
        let ours = |update: &TrackingUpdate| update.tracking_number == *number;
        let update = unified_updates(&said.body).into_iter().find(ours);
        Ok(update.unwrap_or_else(|| TrackingUpdate::unknown(CODE, number.clone())))
    }
}

/// MyDHL: `{instance, detail, title, message, status}`; unified: `{title, status, detail,
/// instance}`.
fn error(body: &Value) -> Option<(String, String)> {
    let message = text(body, "/detail").or_else(|| text(body, "/message"))?;
    Some((text(body, "/status").unwrap_or_default(), message))
}

fn checkpoint(event: &Value) -> Option<TrackingEvent> {
    let code = text(event, "/typeCode")?;
    let offset = text(event, "/GMTOffset").unwrap_or_else(|| "+00:00".to_owned());
    let (date, time) = (text(event, "/date")?, text(event, "/time")?);
    Some(TrackingEvent {
        status: codes::EXPRESS.read(&code),
        code,
        occurred_at: instant(&format!("{date}T{time}{offset}"))?,
        description: text(event, "/description").unwrap_or_default(),
        location: text(event, "/serviceArea/0/description"),
        carrier_event_id: None,
    })
}

/// Every shipment of a unified answer or push.
fn unified_updates(body: &Value) -> Vec<TrackingUpdate> {
    let shipments = list(body, "/shipments").iter();
    shipments.filter_map(unified_update).collect()
}

fn unified_update(shipment: &Value) -> Option<TrackingUpdate> {
    let number = TrackingNumber::new(&text(shipment, "/id")?).ok()?;
    let mut events: Vec<TrackingEvent> = list(shipment, "/events")
        .iter()
        .filter_map(unified_event)
        .collect();
    // Some divisions tell the state only.
    if events.is_empty() {
        events.extend(shipment.pointer("/status").and_then(unified_event));
    }
    Some(TrackingUpdate {
        carrier: CODE,
        tracking_number: number,
        events,
        estimated_delivery: text(shipment, "/estimatedTimeOfDelivery")
            .or_else(|| text(shipment, "/estimatedDeliveryTimeFrame/estimatedThrough"))
            .and_then(|time| instant(&time)),
    })
}

fn unified_event(event: &Value) -> Option<TrackingEvent> {
    let code = text(event, "/statusCode")?;
    let at: DateTime<Utc> = instant(&text(event, "/timestamp")?)?;
    Some(TrackingEvent {
        status: codes::UNIFIED.read(&code),
        code,
        occurred_at: at,
        description: text(event, "/description")
            .or_else(|| text(event, "/status"))
            .unwrap_or_default(),
        location: place(&[
            text(event, "/location/address/addressLocality"),
            text(event, "/location/address/countryCode"),
        ]),
        carrier_event_id: None,
    })
}

fn parse_push(body: &[u8]) -> Result<Vec<TrackingUpdate>, PushError> {
    let body: Value =
        serde_json::from_slice(body).map_err(|error| PushError::Malformed(error.to_string()))?;
    let updates = unified_updates(&body);
    if updates.is_empty() {
        return Err(PushError::Malformed("no shipments".to_owned()));
    }
    Ok(updates)
}
