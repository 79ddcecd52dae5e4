//! UPS: Track API, Track Alert's pushes, Shipping and Rating.
//!
//! Wire facts: UPS-API/api-documentation (`OAuthClientCredentials.yaml`, `Tracking.yaml`,
//! `UPSTrackAlert.yaml`, `Shipping.yaml`), UPS's own and MIT. Every path begins with `/api` but the
//! token's. One number a call; a number that UPS does not know is a 404 or a warning in a 200.

mod codes;
mod settings;
mod ship;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::carrier_api::{Api, LogsIn, Said, Stake, filled, given, list, oauth_token, place};
use crate::carrier_api::{required, text};
use crate::{
    CallRate, Capabilities, Carrier, Consignment, Contact, IdempotencyKey, Journal, LabelOrder,
    NewToken, ProviderError, Purchase, PushError, Rate, SettingsError, SoldLabel, TokenCache,
    TokenKey, TrackingEvent, TrackingNumber, TrackingUpdate,
};
pub use settings::{UpsEnvironment, UpsSettings};

const CODE: &str = "ups";
/// How we name ourselves in `transactionSrc`.
const SOURCE: &str = "stevedore";

/// The UPS client.
pub struct Ups {
    api: Api,
    client_id: String,
    client_secret: SecretString,
    account: Option<String>,
    tokens: Arc<dyn TokenCache>,
    token_key: TokenKey,
    rate: CallRate,
    settle: Duration,
}

impl Ups {
    /// Builds the carrier when its client id is set.
    ///
    /// # Errors
    /// [`SettingsError`] when the secret is missing or the address is no URL.
    pub fn configured(
        settings: &UpsSettings,
        tokens: &Arc<dyn TokenCache>,
    ) -> Result<Option<Self>, SettingsError> {
        let Some(client_id) = given(&settings.ups_client_id) else {
            return Ok(None);
        };
        let secret = filled(&settings.ups_client_secret);
        let client_secret = required(secret, "UPS_CLIENT_SECRET", "UPS_CLIENT_ID")?;
        let address = given(&settings.ups_api_url);
        let address = address.unwrap_or_else(|| settings.ups_environment.address().to_owned());
        Ok(Some(Self {
            api: Api::new(CODE, "UPS_API_URL", &address, settings.ups_timeout, error)?
                .dry(settings.ups_dry_run),
            token_key: TokenKey {
                name: format!("{CODE}/{client_id}"),
                credentials: client_secret.clone(),
            },
            client_id,
            client_secret,
            account: given(&settings.ups_account_number),
            tokens: Arc::clone(tokens),
            rate: settings.ups_rate,
            settle: settings.ups_settle,
        }))
    }

    async fn track_one(
        &self,
        number: &TrackingNumber,
        journal: &mut Journal,
    ) -> Result<TrackingUpdate, ProviderError> {
        let segments = ["api", "track", "v1", "details", number.as_str()];
        let request = self
            .api
            .request(Method::GET, &segments)
            .query(&[("locale", "en_US"), ("returnMilestones", "false")])
            .header("transId", transaction(number.as_str()))
            .header("transactionSrc", SOURCE);
        let said = self
            .call("track", Stake::Nothing, request, Value::Null, journal)
            .await?;
        Ok(update(number, &said))
    }
}

#[async_trait]
impl Carrier for Ups {
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
            finds_labels: sells,
            voids: sells,
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
impl LogsIn for Ups {
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
        let mut request = self
            .api
            .request(Method::POST, &["security", "v1", "oauth", "token"])
            .basic_auth(&self.client_id, Some(self.client_secret.expose_secret()))
            .form(&[("grant_type", "client_credentials")]);
        if let Some(account) = &self.account {
            request = request.header("x-merchant-id", account);
        }
        let sent = json!({"grant_type": "client_credentials"});
        let said = self
            .api
            .call("log_in", Stake::Nothing, request, sent, journal);
        oauth_token(&said.await?)
    }
}

/// `{"response":{"errors":[{"code","message"}]}}`.
fn error(body: &Value) -> Option<(String, String)> {
    let error = body.pointer("/response/errors/0")?;
    let code = text(error, "/code").unwrap_or_default();
    Some((code, text(error, "/message").unwrap_or_default()))
}

/// At most 32 characters, unique enough to find a call again in UPS's logs.
fn transaction(number: &str) -> String {
    number.chars().take(32).collect()
}

/// Reads the answer about one number.
fn update(number: &TrackingNumber, said: &Said) -> TrackingUpdate {
    let packages = list(&said.body, "/trackResponse/shipment")
        .iter()
        .flat_map(|shipment| list(shipment, "/package"));
    // An answer may hold the other parcels of the same shipment.
    let package = packages.into_iter().find(|package| {
        let theirs = text(package, "/trackingNumber").unwrap_or_default();
        TrackingNumber::new(&theirs).is_ok_and(|theirs| theirs == *number)
    });
    let Some(package) = package else {
        return TrackingUpdate::unknown(CODE, number.clone());
    };
    let activities = list(package, "/activity");
    TrackingUpdate {
        carrier: CODE,
        tracking_number: number.clone(),
        events: activities.iter().filter_map(activity).collect(),
        estimated_delivery: list(package, "/deliveryDate")
            .iter()
            // SDD scheduled, RDD rescheduled, DEL delivered.
            .filter(|date| text(date, "/type").is_some_and(|kind| kind != "DEL"))
            .filter_map(|date| day(&text(date, "/date")?))
            .next_back(),
    }
}

fn activity(activity: &Value) -> Option<TrackingEvent> {
    let kind = text(activity, "/status/type").unwrap_or_default();
    let number = text(activity, "/status/statusCode").unwrap_or_default();
    let code = text(activity, "/status/code").unwrap_or_default();
    let at = |prefix: &str| match prefix {
        "gmt" => moment(
            &text(activity, "/gmtDate")?,
            &text(activity, "/gmtTime").unwrap_or_default(),
        ),
        // Older activities have local times only, without an offset.
        _ => moment(
            &text(activity, "/date")?,
            &text(activity, "/time").unwrap_or_default(),
        ),
    };
    Some(TrackingEvent {
        status: codes::meaning(&kind, &number),
        code: [kind.as_str(), &number, &code].join("/"),
        occurred_at: at("gmt").or_else(|| at("local"))?,
        description: text(activity, "/status/description").unwrap_or_default(),
        location: place(&[
            text(activity, "/location/address/city"),
            text(activity, "/location/address/stateProvince"),
            text(activity, "/location/address/countryCode")
                .or_else(|| text(activity, "/location/address/country")),
        ]),
        carrier_event_id: None,
    })
}

/// Track Alert's `TrackingEventRequest`: one event of one parcel.
fn parse_push(body: &[u8]) -> Result<Vec<TrackingUpdate>, PushError> {
    let malformed = |problem: &str| PushError::Malformed(problem.to_owned());
    let body: Value =
        serde_json::from_slice(body).map_err(|error| PushError::Malformed(error.to_string()))?;
    let number = text(&body, "/trackingNumber").ok_or_else(|| malformed("no trackingNumber"))?;
    let number = TrackingNumber::new(&number).map_err(|_| malformed("no tracking number"))?;
    let at = |date: &str, time: &str| {
        let time = text(&body, time).unwrap_or_default();
        moment(&text(&body, date)?, &time)
    };
    let occurred_at = at("/gmtActivityDate", "/gmtActivityTime")
        .or_else(|| at("/localActivityDate", "/localActivityTime"))
        .ok_or_else(|| malformed("no time of the activity"))?;
    let kind = text(&body, "/activityStatus/type").unwrap_or_default();
    let number_code = text(&body, "/activityStatus/descriptionCode").unwrap_or_default();
    let code = text(&body, "/activityStatus/code").unwrap_or_default();
    let event = TrackingEvent {
        status: codes::meaning(&kind, &number_code),
        code: [kind.as_str(), &number_code, &code].join("/"),
        occurred_at,
        description: text(&body, "/activityStatus/description").unwrap_or_default(),
        location: place(&[
            text(&body, "/activityLocation/city"),
            text(&body, "/activityLocation/stateProvince"),
            text(&body, "/activityLocation/country"),
        ]),
        carrier_event_id: None,
    };
    Ok(vec![TrackingUpdate {
        carrier: CODE,
        tracking_number: number,
        events: vec![event],
        estimated_delivery: text(&body, "/scheduledDeliveryDate").and_then(|date| day(&date)),
    }])
}

/// `YYYYMMDD` and `HHMMSS`.
fn moment(date: &str, time: &str) -> Option<DateTime<Utc>> {
    let date = NaiveDate::parse_from_str(date, "%Y%m%d").ok()?;
    let time = NaiveTime::parse_from_str(&time.replace(':', ""), "%H%M%S").unwrap_or_default();
    Some(NaiveDateTime::new(date, time).and_utc())
}

/// The end of a day: an estimate without an hour.
fn day(date: &str) -> Option<DateTime<Utc>> {
    moment(date, "235959")
}
