//! The carriers' sandboxes: real paths, bodies, logins and refusals of Royal Mail, DPD, FedEx, UPS
//! and DHL, each below a path of its own, and what they really did.

mod dhl;
mod dpd;
mod fedex;
mod royal_mail;
mod ups;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Json, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::Fault;
use crate::vendors::roll;

/// The user, client id or login that every carrier's sandbox knows; the secret is the simulator's
/// key.
pub const CARRIER_USER: &str = "simulator";
/// Parcels that a sandbox remembers; it is no production system.
const PARCELS_MAX: usize = 1_000_000;

/// A carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SimulatedCarrier {
    /// Royal Mail.
    RoyalMail,
    /// DPD.
    Dpd,
    /// FedEx.
    Fedex,
    /// UPS.
    Ups,
    /// DHL.
    Dhl,
}

impl SimulatedCarrier {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::RoyalMail,
        Self::Dpd,
        Self::Fedex,
        Self::Ups,
        Self::Dhl,
    ];

    /// Its code, and the path below which its sandbox is.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::RoyalMail => "royal_mail",
            Self::Dpd => "dpd",
            Self::Fedex => "fedex",
            Self::Ups => "ups",
            Self::Dhl => "dhl",
        }
    }

    /// The carrier's own shape of an error.
    fn error(self, status: StatusCode, code: &str, message: &str) -> Response {
        let body = match self {
            Self::RoyalMail => json!({
                "httpCode": status.as_u16().to_string(),
                "httpMessage": status.canonical_reason(),
                "errors": [{"errorCode": code, "errorDescription": message}],
            }),
            Self::Dpd => json!({
                "errorCode": code, "errorMessage": message, "errorOrigin": "META-API",
            }),
            Self::Fedex => json!({
                "transactionId": "simulated", "errors": [{"code": code, "message": message}],
            }),
            Self::Ups => json!({"response": {"errors": [{"code": code, "message": message}]}}),
            Self::Dhl => json!({
                "instance": "/simulated", "title": status.canonical_reason(), "detail": message,
                "message": status.canonical_reason(), "status": status.as_u16().to_string(),
            }),
        };
        (status, Json(body)).into_response()
    }
}

/// One thing that happened to a parcel, in the carrier's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarrierScan {
    /// The carrier's code: `EVGPD`, `OD`, `021`, `WC`, `DELIVERED`.
    pub code: String,
    /// When, `YYYY-MM-DDTHH:MM:SS`, universal time.
    pub at: String,
    /// The carrier's words.
    #[serde(default)]
    pub description: String,
    /// Where.
    #[serde(default)]
    pub city: String,
}

impl CarrierScan {
    /// A scan without words.
    #[must_use]
    pub fn new(code: &str, at: &str) -> Self {
        Self {
            code: code.to_owned(),
            at: at.to_owned(),
            description: format!("scan {code}"),
            city: "Leeds".to_owned(),
        }
    }

    /// `YYYYMMDD` and `HHMMSS`.
    fn digits(&self) -> (String, String) {
        let digits: String = self.at.chars().filter(char::is_ascii_digit).collect();
        let (date, time) = digits.split_at(8.min(digits.len()));
        (date.to_owned(), time.chars().take(6).collect())
    }
}

/// One parcel at a carrier.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SimulatedParcel {
    /// What happened to it, oldest first.
    pub scans: Vec<CarrierScan>,
    /// Our reference on its label; none for parcels that were only scanned.
    pub reference: Option<String>,
    /// The service that was bought.
    pub service: Option<String>,
    /// Whether its label was given back.
    pub is_voided: bool,
}

/// Calls of one carrier that misbehave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarrierFault {
    /// Whose.
    pub carrier: SimulatedCarrier,
    /// `log_in`, `track`, `label`, `find_label`, `rates`, `void`.
    pub operation: String,
    /// How many calls; absent, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Only so many calls of a hundred, by a die that falls the same in every run; absent, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// What happens.
    pub fault: Fault,
}

/// What the carriers' sandboxes did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CarriersState {
    /// Calls by carrier and operation, e.g. `ups track`.
    pub calls: BTreeMap<String, u64>,
    /// Labels really sold, by carrier and reference, e.g. `ups/6f9…`.
    pub labels: BTreeMap<String, Vec<String>>,
    /// Labels sold beyond the first for the same reference and not given back: must stay zero.
    pub duplicates: u64,
    /// Parcels by carrier and number, e.g. `ups/1Z…`.
    pub parcels: BTreeMap<String, SimulatedParcel>,
    /// The last bodies that were sent, by carrier and operation.
    pub requests: BTreeMap<String, Value>,
}

#[derive(Default)]
struct Inner {
    state: CarriersState,
    faults: Vec<CarrierFault>,
    tokens: BTreeMap<SimulatedCarrier, String>,
    sold: u64,
}

/// All carriers' sandboxes, shared by all connections.
#[derive(Clone)]
pub(crate) struct Carriers {
    inner: Arc<Mutex<Inner>>,
    secret: Arc<str>,
    shutdown: CancellationToken,
}

impl Carriers {
    pub(crate) fn new(secret: &str, shutdown: CancellationToken) -> Self {
        Self {
            inner: Arc::default(),
            secret: secret.into(),
            shutdown,
        }
    }

    pub(crate) fn state(&self) -> CarriersState {
        self.lock().state.clone()
    }

    pub(crate) fn scan(&self, carrier: SimulatedCarrier, number: &str, scan: CarrierScan) {
        let mut inner = self.lock();
        if inner.state.parcels.len() < PARCELS_MAX {
            let key = format!("{}/{number}", carrier.code());
            inner.state.parcels.entry(key).or_default().scans.push(scan);
        }
    }

    pub(crate) fn plan(&self, fault: CarrierFault) {
        self.lock().faults.insert(0, fault);
    }

    /// Every carrier below its code.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .nest("/royal_mail", royal_mail::router())
            .nest("/dpd", dpd::router())
            .nest("/fedex", fedex::router())
            .nest("/ups", ups::router())
            .nest("/dhl", dhl::router())
            .route("/carriers", get(view))
            .route("/carriers/scans", post(add_scan))
            .route("/carriers/faults", post(add_fault))
            .with_state(self)
    }

    fn parcel(&self, carrier: SimulatedCarrier, number: &str) -> Option<SimulatedParcel> {
        let key = format!("{}/{number}", carrier.code());
        self.lock().state.parcels.get(&key).cloned()
    }

    /// Whether these are the sandbox's credentials.
    fn knows(&self, user: Option<&str>, secret: Option<&str>) -> bool {
        user == Some(CARRIER_USER) && secret == Some(&self.secret)
    }

    /// Whether HTTP's basic authentication holds them.
    fn knows_basic(&self, headers: &HeaderMap) -> bool {
        use base64::Engine as _;
        let pair = base64::engine::general_purpose::STANDARD
            .encode(format!("{CARRIER_USER}:{}", self.secret));
        value(headers, "authorization") == Some(&format!("Basic {pair}"))
    }

    /// A new token; the one before it is worth nothing from now on.
    fn new_token(&self, carrier: SimulatedCarrier) -> String {
        let mut inner = self.lock();
        let logins = inner.state.calls.get(&format!("{} log_in", carrier.code()));
        let token = format!("{}-token-{}", carrier.code(), logins.copied().unwrap_or(0));
        inner.tokens.insert(carrier, token.clone());
        token
    }

    fn knows_bearer(&self, carrier: SimulatedCarrier, headers: &HeaderMap) -> bool {
        let given = value(headers, "authorization").and_then(|text| text.strip_prefix("Bearer "));
        given.is_some() && given == self.lock().tokens.get(&carrier).map(String::as_str)
    }

    /// Sells a label. Deliberately no check for duplicates: the sandbox must show a client's
    /// mistake.
    fn sell(
        &self,
        carrier: SimulatedCarrier,
        reference: &str,
        service: &str,
        number: impl FnOnce(u64) -> String,
    ) -> String {
        let mut inner = self.lock();
        inner.sold += 1;
        let number = number(inner.sold);
        let labels = inner
            .state
            .labels
            .entry(format!("{}/{reference}", carrier.code()));
        let labels = labels.or_default();
        labels.push(number.clone());
        let again = labels.len() > 1;
        inner.state.duplicates += u64::from(again);
        let parcel = SimulatedParcel {
            reference: Some(reference.to_owned()),
            service: Some(service.to_owned()),
            ..SimulatedParcel::default()
        };
        let key = format!("{}/{number}", carrier.code());
        inner.state.parcels.insert(key, parcel);
        number
    }

    /// The number of the live label with this reference.
    fn sold(&self, carrier: SimulatedCarrier, reference: &str) -> Option<String> {
        let inner = self.lock();
        let labels = inner
            .state
            .labels
            .get(&format!("{}/{reference}", carrier.code()))?;
        labels.last().cloned()
    }

    /// Takes a label back; whether there was one that is not under way.
    fn void(&self, carrier: SimulatedCarrier, number: &str) -> bool {
        let mut inner = self.lock();
        let key = format!("{}/{number}", carrier.code());
        let Some(parcel) = inner.state.parcels.get_mut(&key) else {
            return false;
        };
        let can = parcel.reference.is_some() && parcel.scans.is_empty() && !parcel.is_voided;
        parcel.is_voided |= can;
        let reference = parcel.reference.clone().filter(|_| can).unwrap_or_default();
        let label = format!("{}/{reference}", carrier.code());
        if can && let Some(labels) = inner.state.labels.get_mut(&label) {
            labels.retain(|label| label != number);
        }
        can
    }

    /// Counts a call, keeps its body, and answers it as planned, else with `act`.
    async fn answer(
        &self,
        carrier: SimulatedCarrier,
        operation: &str,
        body: &Value,
        act: impl FnOnce() -> Response + Send,
    ) -> Response {
        let fault = self.meet(carrier, operation, body);
        let Some(fault) = fault else {
            return act();
        };
        match fault {
            Fault::ServerError | Fault::StatusError => {
                carrier.error(StatusCode::INTERNAL_SERVER_ERROR, "500", "internal error")
            }
            Fault::Silence => self.silence().await,
            Fault::Unauthorized => {
                carrier.error(StatusCode::UNAUTHORIZED, "401", "token is not valid")
            }
            Fault::TooManyRequests { retry_after } => {
                let mut answer = carrier.error(StatusCode::TOO_MANY_REQUESTS, "429", "slow down");
                answer
                    .headers_mut()
                    .insert(header::RETRY_AFTER, retry_after.into());
                answer
            }
            Fault::Code { code } => carrier.error(
                StatusCode::BAD_REQUEST,
                &code.to_string(),
                "refused as planned",
            ),
            accepted => {
                let answer = act();
                self.after(accepted, answer).await
            }
        }
    }

    async fn after(&self, fault: Fault, answer: Response) -> Response {
        match fault {
            Fault::AcceptedServerError => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Fault::AcceptedSilence => self.silence().await,
            Fault::AcceptedGarbage => "<html>upstream</html>".into_response(),
            Fault::AcceptedHuge => vec![b'x'; 8 * 1024 * 1024].into_response(),
            Fault::AcceptedCut => {
                let chunks = [
                    Ok(Bytes::from_static(b"{\"")),
                    Err(std::io::Error::other("cut")),
                ];
                Body::from_stream(futures::stream::iter(chunks)).into_response()
            }
            _ => answer,
        }
    }

    fn meet(&self, carrier: SimulatedCarrier, operation: &str, body: &Value) -> Option<Fault> {
        let mut inner = self.lock();
        let key = format!("{} {operation}", carrier.code());
        *inner.state.calls.entry(key.clone()).or_default() += 1;
        inner.state.requests.insert(key, body.clone());
        let roll = roll(inner.state.calls.values().sum());
        let rule = inner.faults.iter_mut().find(|rule| {
            rule.carrier == carrier
                && rule.operation == operation
                && rule.times != Some(0)
                && rule.percent.is_none_or(|percent| roll < percent)
        })?;
        rule.times = rule.times.map(|times| times - 1);
        Some(rule.fault)
    }

    async fn silence(&self) -> Response {
        self.shutdown.cancelled().await;
        StatusCode::GATEWAY_TIMEOUT.into_response()
    }

    /// A poisoned lock still holds counts worth showing.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn view(Shared(carriers): Shared<Carriers>) -> Json<CarriersState> {
    Json(carriers.state())
}

#[derive(Deserialize)]
struct NewScan {
    carrier: SimulatedCarrier,
    number: String,
    scan: CarrierScan,
}

async fn add_scan(Shared(carriers): Shared<Carriers>, Json(new): Json<NewScan>) -> StatusCode {
    carriers.scan(new.carrier, &new.number, new.scan);
    StatusCode::NO_CONTENT
}

async fn add_fault(
    Shared(carriers): Shared<Carriers>,
    Json(new): Json<CarrierFault>,
) -> StatusCode {
    carriers.plan(new);
    StatusCode::NO_CONTENT
}

/// A header's text.
fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A label as a printer takes it, base64.
fn label(format: &str, number: &str) -> String {
    use base64::Engine as _;
    let label = if format.to_ascii_uppercase().starts_with("ZPL") {
        // As large as the smallest real ones.
        let frame = "^FO20,20^GB772,1178,4^FS^FO20,220^GB772,4,4^FS^FO20,640^GB772,4,4^FS";
        format!(
            "^XA^CI28^PW812^LL1218^LH0,0{frame}^FO50,50^A0N,50,50^FD{number}^FS^BY3^FO90,700\
             ^BCN,220,Y,N,N^FD{number}^FS^XZ"
        )
    } else {
        format!("%PDF-1.4\n% label {number}\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n")
    };
    base64::engine::general_purpose::STANDARD.encode(label)
}
