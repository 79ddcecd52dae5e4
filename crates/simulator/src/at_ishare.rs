//! AT-iShare's HTTP interface, both generations, in the vendor's wire format (PROVIDERS 2.3): the
//! real status stands in the body, the HTTP status is 200 nearly always.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::Fault;
use crate::carriers::Carriers;
use crate::state::{Placing, State, StateView};
use crate::vendors::Vendors;

/// Bytes of a request's body.
const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Bytes of the huge answer.
const HUGE_BYTES: usize = 8 * 1024 * 1024;

/// Serves this interface, `/state`, and all others below paths of their own.
pub(crate) async fn serve(
    listener: TcpListener,
    state: Arc<State>,
    vendors: Arc<Vendors>,
    carriers: Carriers,
    shutdown: CancellationToken,
) {
    let stop = shutdown.clone();
    let others = vendors.router().merge(carriers.router());
    let router = router(state, vendors, shutdown.clone()).merge(others);
    let server =
        axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await });
    if let Err(error) = server.await {
        tracing::error!(%error, "the AT-iShare sandbox stopped");
    }
}

#[derive(Clone)]
struct Sandbox {
    state: Arc<State>,
    vendors: Arc<Vendors>,
    /// Ends the calls that never answer.
    shutdown: CancellationToken,
}

fn router(state: Arc<State>, vendors: Arc<Vendors>, shutdown: CancellationToken) -> Router {
    Router::new()
        .route("/api/initiate.php", post(place))
        .route("/api/special.php", post(place))
        .route(
            "/api/response_regular.php",
            post(status_by_body).get(status_by_query),
        )
        .route(
            "/api/response_big_time.php",
            post(status_by_body).get(status_by_query),
        )
        .route("/api/packages.php", get(packages))
        .route("/state", get(view))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Sandbox {
            state,
            vendors,
            shutdown,
        })
}

#[derive(Deserialize)]
struct PlacingBody {
    recipient_number: String,
    gig: String,
    network: String,
    agent_api: Option<String>,
    reference_id: Option<String>,
}

#[derive(Deserialize)]
struct StatusBody {
    reference_id: String,
    agent_api: Option<String>,
}

/// What an accepted call is answered with.
enum Generation {
    One { reference_id: String },
    Two,
}

async fn place(Shared(sandbox): Shared<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(body) = serde_json::from_slice::<PlacingBody>(&body) else {
        return said(400, "Invalid request");
    };
    if !sandbox.knows(&headers, body.agent_api.as_deref()) {
        return said(102, "Agent not found");
    }
    let generation = match &body.reference_id {
        Some(reference_id) => Generation::One {
            reference_id: reference_id.clone(),
        },
        None => Generation::Two,
    };
    let placing = match checked(body, &headers) {
        Ok(placing) => placing,
        Err((code, message)) => return said(code, message),
    };
    let fault = sandbox.state.placing_call(&placing);
    sandbox.answer(placing, generation, fault).await
}

/// The vendor's own checks.
fn checked(body: PlacingBody, headers: &HeaderMap) -> Result<Placing, (u16, &'static str)> {
    let digits = body
        .recipient_number
        .bytes()
        .all(|byte| byte.is_ascii_digit());
    if body.recipient_number.len() != 10 || !body.recipient_number.starts_with('0') || !digits {
        return Err((422, "Number not verified"));
    }
    if !["MTN", "TELECEL", "AT"].contains(&body.network.as_str()) {
        return Err((555, "Network not found"));
    }
    let gig = match body.gig.parse() {
        Ok(gig) if (1..=1_000).contains(&gig) => gig,
        _ => return Err((103, "Price not found")),
    };
    // Generation 2 ignores this header; it serves only to count a client's duplicates.
    let header = headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok());
    let reference = body.reference_id.or_else(|| header.map(str::to_owned));
    let reference = reference.unwrap_or_else(|| body.recipient_number.clone());
    Ok(Placing {
        reference,
        recipient: body.recipient_number,
        network: body.network,
        gig,
    })
}

impl Sandbox {
    fn knows(&self, headers: &HeaderMap, agent_api: Option<&str>) -> bool {
        let header = headers.get("x-api-key").and_then(|key| key.to_str().ok());
        agent_api.or(header) == Some(self.state.api_key())
    }

    async fn answer(
        &self,
        placing: Placing,
        generation: Generation,
        fault: Option<Fault>,
    ) -> Response {
        match fault {
            Some(Fault::ServerError) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Some(Fault::Unauthorized) => StatusCode::UNAUTHORIZED.into_response(),
            Some(Fault::Silence) => self.silence().await,
            Some(Fault::TooManyRequests { retry_after }) => {
                let wait = [(header::RETRY_AFTER, retry_after.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, wait).into_response()
            }
            Some(Fault::Code { code }) => said(code, reason(code)),
            Some(Fault::Latency { milliseconds }) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                let theirs = self.state.accept(placing, None);
                Json(recorded(generation, &theirs)).into_response()
            }
            accepted => {
                let theirs = self.state.accept(placing, accepted);
                self.after_accepting(accepted, recorded(generation, &theirs))
                    .await
            }
        }
    }

    async fn after_accepting(&self, fault: Option<Fault>, recorded: Value) -> Response {
        match fault {
            Some(Fault::AcceptedServerError) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Some(Fault::AcceptedSilence) => self.silence().await,
            Some(Fault::AcceptedCut) => cut(),
            Some(Fault::AcceptedGarbage) => {
                "<b>Warning</b>: curl_exec() in /var/www/html/initiate.php on line 7"
                    .into_response()
            }
            Some(Fault::AcceptedHuge) => vec![b'x'; HUGE_BYTES].into_response(),
            _ => Json(recorded).into_response(),
        }
    }

    /// Holds the line until the client gives up (which drops this future) or the sandbox stops.
    async fn silence(&self) -> Response {
        self.shutdown.cancelled().await;
        StatusCode::GATEWAY_TIMEOUT.into_response()
    }

    fn status(&self, name: &str) -> Response {
        match self.state.status(name) {
            Err(_broken) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Ok(None) => said(404, "Order not found"),
            Ok(Some(status)) => Json(json!({
                "status": "success",
                "code": 200,
                "success": true,
                "order_details": {"order_status": status},
                "data": {"order_status": status},
            }))
            .into_response(),
        }
    }
}

async fn status_by_body(
    Shared(sandbox): Shared<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match serde_json::from_slice::<StatusBody>(&body) {
        Err(_) => said(400, "Invalid request"),
        Ok(body) if !sandbox.knows(&headers, body.agent_api.as_deref()) => {
            said(102, "Agent not found")
        }
        Ok(body) => sandbox.status(&body.reference_id),
    }
}

async fn status_by_query(
    Shared(sandbox): Shared<Sandbox>,
    headers: HeaderMap,
    Query(query): Query<StatusBody>,
) -> Response {
    if sandbox.knows(&headers, query.agent_api.as_deref()) {
        sandbox.status(&query.reference_id)
    } else {
        said(102, "Agent not found")
    }
}

fn package(network: &str, package: &str, amount: &str) -> Value {
    json!({"network": network, "package": package, "amount": amount})
}

async fn packages() -> Json<Value> {
    Json(json!({
        "status": 200,
        "regular_packages": [package("MTN", "1GB", "4.80"), package("AT", "1GB", "4.10")],
        "bigtime_packages": [package("AT", "20GB", "48.00")],
    }))
}

async fn view(Shared(sandbox): Shared<Sandbox>) -> Json<StateView> {
    Json(sandbox.state.view(&sandbox.vendors))
}

fn recorded(generation: Generation, theirs: &str) -> Value {
    let message = "Order recorded successfully";
    match generation {
        Generation::One { reference_id } => json!({
            "status": "success", "code": 200, "message": message, "reference_id": reference_id,
        }),
        Generation::Two => json!({"status": 200, "message": message, "reference_id": theirs}),
    }
}

fn said(code: u16, message: &str) -> Response {
    Json(json!({"status": code, "message": message})).into_response()
}

fn reason(code: u16) -> &'static str {
    match code {
        100 => "Insufficient wallet balance",
        101 => "Out of stock",
        102 => "Agent not found",
        103 => "Price not found",
        422 => "Number not verified",
        555 => "Network not found",
        _ => "Internal server error",
    }
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
