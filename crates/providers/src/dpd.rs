//! DPD: geopost's META-API for labels, the Tracking Push Service, and the public parcel life cycle.
//!
//! Wire facts: geopost's OpenAPI 2.30.48 (a copy in karrioapi/karrio
//! `modules/connectors/dpd_meta/vendor/meta-api-docs.json`). The META-API has no tracking: DPD
//! pushes, one event a call, in the query of a GET, and wants `<push><pushid>..</pushid>
//! <status>OK</status></push>` back. The public parcel life cycle is **probable**: undocumented,
//! and
//! used by many; its address is a setting.

mod codes;
mod settings;
mod ship;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use jiff::civil;
use jiff::tz::TimeZone;
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use crate::carrier_api::{Api, LogsIn, Stake, filled, given, list, required, text};
use crate::tracking::ask_for_nobodys;
use crate::{
    CallRate, Capabilities, Carrier, Contact, IdempotencyKey, Journal, LabelOrder, ProviderError,
    Purchase, PushError, SettingsError, TokenCache, TrackingEvent, TrackingNumber, TrackingUpdate,
};
pub use settings::{DpdEnvironment, DpdSettings};
use ship::Meta;

const CODE: &str = "dpd";

/// The DPD client.
pub struct Dpd {
    tracking: Option<Api>,
    meta: Option<Meta>,
    zone: TimeZone,
    account: String,
    rate: CallRate,
}

impl Dpd {
    /// Builds the carrier when its business unit is set.
    ///
    /// # Errors
    /// [`SettingsError`] when an address is no URL, or the time zone is none.
    pub fn configured(
        settings: &DpdSettings,
        tokens: &Arc<dyn TokenCache>,
    ) -> Result<Option<Self>, SettingsError> {
        let Some(bucode) = given(&settings.dpd_bucode) else {
            return Ok(None);
        };
        let invalid = |error: jiff::Error| SettingsError::Invalid {
            setting: "DPD_TIME_ZONE",
            problem: error.to_string(),
        };
        let zone = TimeZone::get(&settings.dpd_time_zone).map_err(invalid)?;
        let timeout = settings.dpd_timeout;
        let tracking = match settings.dpd_tracking_api_url.trim() {
            "" => None,
            address => {
                let setting = "DPD_TRACKING_API_URL";
                Some(Api::new(CODE, setting, address, timeout, error)?)
            }
        };
        Ok(Some(Self {
            tracking,
            meta: meta(settings, &bucode, tokens)?,
            zone,
            account: given(&settings.dpd_customer_number).unwrap_or(bucode),
            rate: settings.dpd_rate,
        }))
    }

    async fn track_one(
        &self,
        api: &Api,
        number: &TrackingNumber,
        journal: &mut Journal,
    ) -> Result<TrackingUpdate, ProviderError> {
        let request = api.request(Method::GET, &["en_US", number.as_str()]);
        let said = api
            .call("track", Stake::Nothing, request, Value::Null, journal)
            .await?;
        let life = said
            .body
            .pointer("/parcellifecycleResponse/parcelLifeCycleData");
        let Some(life) = life.filter(|_| said.status != StatusCode::NOT_FOUND) else {
            return Ok(TrackingUpdate::unknown(CODE, number.clone()));
        };
        Ok(TrackingUpdate {
            carrier: CODE,
            tracking_number: number.clone(),
            events: list(life, "/statusInfo")
                .iter()
                .filter_map(|step| self.step(step))
                .collect(),
            estimated_delivery: None,
        })
    }

    /// One station of the way; those that are not reached yet are DPD's forecast.
    fn step(&self, step: &Value) -> Option<TrackingEvent> {
        if step.pointer("/statusHasBeenReached") != Some(&Value::Bool(true)) {
            return None;
        }
        let code = text(step, "/status")?;
        let words = list(step, "/description/content").iter();
        let description: Vec<&str> = words.filter_map(Value::as_str).collect();
        Some(TrackingEvent {
            status: codes::LIFE_CYCLE.read(&code),
            code,
            occurred_at: self.moment("%Y-%m-%dT%H:%M:%S", &text(step, "/date")?)?,
            description: description.join(" "),
            location: text(step, "/location"),
            carrier_event_id: None,
        })
    }

    /// A time of DPD's, in its zone. Life cycles have a few shapes of it.
    fn moment(&self, format: &str, time: &str) -> Option<DateTime<Utc>> {
        if let Ok(time) = DateTime::parse_from_rfc3339(time) {
            return Some(time.to_utc());
        }
        let civil = civil::DateTime::strptime(format, time)
            .or_else(|_| civil::DateTime::strptime("%m/%d/%Y, %I:%M %p", time))
            .or_else(|_| civil::DateTime::strptime("%d.%m.%Y, %H:%M", time))
            .ok()?;
        let instant = self.zone.to_timestamp(civil).ok()?;
        DateTime::from_timestamp(instant.as_second(), 0)
    }
}

/// The META-API, when its login is set.
fn meta(
    settings: &DpdSettings,
    bucode: &str,
    tokens: &Arc<dyn TokenCache>,
) -> Result<Option<Meta>, SettingsError> {
    let Some(login) = given(&settings.dpd_login) else {
        return Ok(None);
    };
    let password = required(filled(&settings.dpd_password), "DPD_PASSWORD", "DPD_LOGIN")?;
    let customer = given(&settings.dpd_customer_number);
    let address = given(&settings.dpd_api_url);
    let address = address.unwrap_or_else(|| settings.dpd_environment.address().to_owned());
    let timeout = settings.dpd_timeout;
    Ok(Some(Meta {
        api: Api::new(CODE, "DPD_API_URL", &address, timeout, error)?.dry(settings.dpd_dry_run),
        token_key: Meta::key(bucode, &login, &password),
        bucode: bucode.to_owned(),
        login,
        password,
        customer: required(customer, "DPD_CUSTOMER_NUMBER", "DPD_LOGIN")?,
        tokens: Arc::clone(tokens),
    }))
}

#[async_trait]
impl Carrier for Dpd {
    fn code(&self) -> &'static str {
        CODE
    }

    fn account(&self) -> &str {
        &self.account
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            labels: self.meta.is_some(),
            ..Capabilities::tracking(usize::from(self.tracking.is_some()), self.rate)
        }
    }

    async fn track(
        &self,
        numbers: &[TrackingNumber],
        journal: &mut Journal,
    ) -> Result<Vec<TrackingUpdate>, ProviderError> {
        let Some(api) = &self.tracking else {
            let message = "DPD_TRACKING_API_URL is not set: DPD pushes its news";
            return Err(ProviderError::rejected("not_offered", message));
        };
        let mut updates = Vec::with_capacity(numbers.len());
        for number in numbers {
            updates.push(self.track_one(api, number, journal).await?);
        }
        Ok(updates)
    }

    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError> {
        if self.tracking.is_none() && self.meta.is_none() {
            return Ok("pushes its news: there is nothing to call".to_owned());
        }
        let mut answers = Vec::new();
        if self.tracking.is_some() {
            answers.push(ask_for_nobodys(self, journal).await?);
        }
        if let Some(meta) = &self.meta {
            meta.token(journal).await?;
            answers.push("sells labels to our login".to_owned());
        }
        Ok(answers.join(", and "))
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

    /// The query of the GET, with or without the question mark.
    fn parse_push(&self, body: &[u8]) -> Result<Vec<TrackingUpdate>, PushError> {
        let malformed = |problem: &str| PushError::Malformed(problem.to_owned());
        let query = std::str::from_utf8(body).map_err(|_| malformed("not UTF-8"))?;
        let mut url = Url::parse("http://push/").expect("a constant address");
        url.set_query(Some(query.trim().trim_start_matches('?')));
        let value = |name: &str| {
            let found = url.query_pairs().find(|(key, _)| key == name);
            found
                .map(|(_, value)| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let number = value("pnr").ok_or_else(|| malformed("no pnr"))?;
        let number = TrackingNumber::new(&number).map_err(|_| malformed("no tracking number"))?;
        let code = value("status").ok_or_else(|| malformed("no status"))?;
        let occurred_at = value("statusdate")
            .and_then(|date| self.moment("%d%m%Y%H%M%S", &date))
            .ok_or_else(|| malformed("no statusdate"))?;
        let event = TrackingEvent {
            status: codes::PUSHES.read(&code),
            description: code.replace('_', " "),
            code,
            occurred_at,
            location: value("depot"),
            carrier_event_id: value("pushid"),
        };
        Ok(vec![TrackingUpdate {
            carrier: CODE,
            tracking_number: number,
            events: vec![event],
            estimated_delivery: None,
        }])
    }
}

/// `{errorCode, errorMessage, errorOrigin}`.
fn error(body: &Value) -> Option<(String, String)> {
    let message = text(body, "/errorMessage").or_else(|| text(body, "/message"))?;
    Some((text(body, "/errorCode").unwrap_or_default(), message))
}
