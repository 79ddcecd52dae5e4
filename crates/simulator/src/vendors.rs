//! Vendors that share one server, each below a path of its own: what they have in common.
//!
//! Faults are laid round a vendor's whole interface, so that each call of each can go wrong in each
//! way: before it had an effect, or after.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, body::Bytes};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::webhooks::Webhooks;
use crate::{Fault, FaultRule, SimulatorSettings, prodigi, razorpay, shiprocket, stripe};

/// Bytes of the huge answer.
const HUGE_BYTES: usize = 8 * 1024 * 1024;

/// All vendors of this kind.
pub(crate) struct Vendors {
    pub(crate) prodigi: prodigi::Prodigi,
    pub(crate) shiprocket: shiprocket::Shiprocket,
    pub(crate) stripe: stripe::Stripe,
    pub(crate) razorpay: razorpay::Razorpay,
    pub(crate) webhooks: Webhooks,
    /// What every vendor takes for a key, token or password.
    pub(crate) api_key: String,
    faults: Mutex<Faults>,
    shutdown: CancellationToken,
}

#[derive(Default)]
struct Faults {
    rules: Vec<(FaultRule, u32)>,
    rolls: u64,
}

impl Vendors {
    pub(crate) fn new(settings: &SimulatorSettings, shutdown: CancellationToken) -> Self {
        let rules = settings.simulator_faults.iter().cloned();
        let faults = Faults {
            rules: rules.map(|rule| (rule, 0)).collect(),
            rolls: 0,
        };
        Self {
            prodigi: prodigi::Prodigi::default(),
            shiprocket: shiprocket::Shiprocket::default(),
            stripe: stripe::Stripe::default(),
            razorpay: razorpay::Razorpay::default(),
            webhooks: Webhooks::new(settings),
            api_key: settings.simulator_api_key.clone(),
            faults: Mutex::new(faults),
            shutdown,
        }
    }

    /// All interfaces: `/prodigi/v4.0/Orders` and so on.
    pub(crate) fn router(self: &Arc<Self>) -> Router {
        let vendors = [
            ("prodigi", prodigi::router()),
            ("shiprocket", shiprocket::router()),
            ("stripe", stripe::router()),
            ("razorpay", razorpay::router()),
        ];
        vendors
            .into_iter()
            .fold(Router::new(), |all, (vendor, router)| {
                let faulty = Faulty {
                    vendors: Arc::clone(self),
                    vendor,
                };
                let router = router
                    .with_state(Arc::clone(self))
                    .layer(middleware::from_fn_with_state(faulty, go_wrong));
                all.nest(&format!("/{vendor}"), router)
            })
    }

    pub(crate) fn plan(&self, rule: FaultRule) {
        lock(&self.faults).rules.insert(0, (rule, 0));
    }

    /// Which fault this call meets; counts it.
    fn fault(&self, vendor: &str, path: &str) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        faults.rolls += 1;
        let roll = roll(faults.rolls);
        let rule = faults.rules.iter_mut().find(|(rule, met)| {
            rule.covers_call(vendor, path, roll) && rule.times.is_none_or(|times| *met < times)
        });
        rule.map(|(rule, met)| {
            *met += 1;
            rule.fault
        })
    }

    /// Holds the line until the client gives up (which drops this future) or the sandbox stops.
    async fn silence(&self) -> Response {
        self.shutdown.cancelled().await;
        StatusCode::GATEWAY_TIMEOUT.into_response()
    }
}

#[derive(Clone)]
struct Faulty {
    vendors: Arc<Vendors>,
    vendor: &'static str,
}

async fn go_wrong(Shared(faulty): Shared<Faulty>, request: Request, next: Next) -> Response {
    let Faulty { vendors, vendor } = &faulty;
    let Some(fault) = vendors.fault(vendor, request.uri().path()) else {
        return next.run(request).await;
    };
    match fault {
        Fault::Latency { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            next.run(request).await
        }
        Fault::ServerError => refused(vendor, StatusCode::INTERNAL_SERVER_ERROR),
        Fault::Unauthorized => refused(vendor, StatusCode::UNAUTHORIZED),
        Fault::Silence => vendors.silence().await,
        Fault::TooManyRequests { retry_after } => {
            let mut answer = refused(vendor, StatusCode::TOO_MANY_REQUESTS);
            answer
                .headers_mut()
                .insert(header::RETRY_AFTER, retry_after.into());
            answer
        }
        Fault::Code { code } => {
            let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            refused(vendor, status)
        }
        accepted => {
            let answer = next.run(request).await;
            match accepted {
                Fault::AcceptedServerError => refused(vendor, StatusCode::INTERNAL_SERVER_ERROR),
                Fault::AcceptedSilence => vendors.silence().await,
                Fault::AcceptedCut => cut(),
                Fault::AcceptedGarbage => "<html>Bad gateway</html>".into_response(),
                Fault::AcceptedHuge => vec![b'x'; HUGE_BYTES].into_response(),
                _ => answer,
            }
        }
    }
}

/// A refusal with the vendor's own body.
pub(crate) fn refused(vendor: &str, status: StatusCode) -> Response {
    let code = status.as_u16();
    let body = match vendor {
        "prodigi" => prodigi::refusal(status),
        "stripe" => stripe::error(status, "api_error", None, "Something went wrong"),
        "razorpay" => razorpay::error(status, "Something went wrong"),
        _ => json!({"message": status.canonical_reason(), "status_code": code}),
    };
    (status, Json(body)).into_response()
}

/// An answer whose connection breaks within the body.
fn cut() -> Response {
    let chunks = [
        Ok(Bytes::from_static(b"{\"status\":")),
        Err(std::io::Error::other("cut")),
    ];
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, Body::from_stream(futures::stream::iter(chunks))).into_response()
}

/// A header's text.
pub(crate) fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A poisoned lock still holds counts worth showing.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 0 to 99, different for each call and the same in each run (splitmix64).
pub(crate) fn roll(nth: u64) -> u8 {
    let mut z = nth.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u8::try_from((z ^ (z >> 31)) % 100).unwrap_or(0)
}
