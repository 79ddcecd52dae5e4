//! Pages for customers: where their orders and parcels are, live, and the end of unwanted notices.
//!
//! They are made on the server from what [`track`](crate::routes::track) shows, so they tell
//! strangers nothing more. All that a page loads is its own: two small files below `/assets`, and a
//! policy that allows nothing else, no script in the page included.

mod view;

use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, context};
use stevedore_model::TenantId;
use stevedore_model::customer_tokens::{self, Holder};
use stevedore_model::events::{EventFilter, Position};
use stevedore_model::notifications::inbox;
use uuid::Uuid;

use crate::events::shop::{Form, Wanted};
use crate::events::stream;
use crate::problem::{Kind, Problem, Result};
use crate::routes::events::start;
use crate::routes::query::QueryFields;
use crate::routes::track::{Link, PUBLIC_TOPICS};
use crate::state::ApiState;
use crate::wire::{TrackedOrder, TrackedShipment};
use view::{Order, Parcel};

/// What a page may load and do.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    for (name, text) in [
        ("frame.html", include_str!("frame.html")),
        ("steps.html", include_str!("steps.html")),
        ("parcel.html", include_str!("parcel.html")),
        ("orders.html", include_str!("orders.html")),
        ("track.html", include_str!("track.html")),
        ("words.html", include_str!("words.html")),
    ] {
        let added = templates.add_template(name, text);
        added.expect("the built-in pages can be read; a test renders each");
    }
    templates
});

/// The routes of all pages but [`unsubscribe`].
pub fn routes() -> Router<ApiState> {
    Router::new()
        .route("/orders/{token}", get(orders))
        .route("/orders/{token}/events", get(follow_orders))
        .route("/track/{tracking_number}", get(track))
        .route("/track/{tracking_number}/events", get(follow_track))
}

/// What pages load. Anybody may, at any time.
pub fn assets() -> Router<ApiState> {
    let script = include_str!("pages.js");
    let style = include_str!("pages.css");
    Router::new()
        .route("/assets/pages.js", get(|| asset("text/javascript", script)))
        .route("/assets/pages.css", get(|| asset("text/css", style)))
}

async fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, kind),
        // They change with a release.
        (CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, text)
}

/// The orders that a link shows.
async fn orders(State(state): State<ApiState>, link: Result<Link>) -> Result<Response> {
    let holder = match link {
        Ok(Link(holder)) => holder,
        Err(problem) => return unknown(problem, "This link shows nothing"),
    };
    let tracked = customer_tokens::track(state.pool(), &holder).await?;
    let tracked: Vec<TrackedOrder> = serde_json::from_value(tracked).map_err(unreadable)?;
    let orders: Vec<Order> = tracked.into_iter().map(Order::from).collect();
    let orders = Value::from(Serde(&orders));
    let values = context! { title => "Your order", is_live => true, orders };
    Ok(page(StatusCode::OK, "orders.html", values))
}

/// Tells the page of a link that something happened, and not what.
async fn follow_orders(
    State(state): State<ApiState>,
    Link(holder): Link,
    headers: HeaderMap,
) -> Result<Response> {
    let Holder {
        tenant,
        order_id,
        customer_id,
    } = holder;
    follow(&state, tenant, (order_id, customer_id), &headers).await
}

/// A parcel, to whoever has its number.
async fn track(numbered: Result<Numbered>) -> Result<Response> {
    let parcel = match numbered {
        Ok(numbered) => Value::from(Serde(Parcel::from(numbered.parcel))),
        Err(problem) => return unknown(problem, "There is no parcel with this number"),
    };
    let values = context! { title => "Your parcel", is_live => true, parcel };
    Ok(page(StatusCode::OK, "track.html", values))
}

/// Tells the page of a parcel that something happened, and not what.
async fn follow_track(
    State(state): State<ApiState>,
    parcel: Numbered,
    headers: HeaderMap,
) -> Result<Response> {
    follow(
        &state,
        TenantId::SHOP,
        (Some(parcel.order_id), None),
        &headers,
    )
    .await
}

async fn follow(
    state: &ApiState,
    tenant: TenantId,
    (order_id, customer_id): (Option<i64>, Option<i64>),
    headers: &HeaderMap,
) -> Result<Response> {
    let start = start(
        &mut QueryFields::read(Vec::new(), &[]),
        headers,
        Position::parse,
    )?;
    let filter = EventFilter {
        kinds: Some(PUBLIC_TOPICS.map(str::to_owned).to_vec()),
        order_id,
        customer_id,
    };
    let wanted = Wanted {
        tenant,
        filter,
        form: Form::Sign,
    };
    stream::open(state, |state| &state.streams().shop, wanted, start).await
}

/// Ask before unsubscribing
///
/// A small page with one button. Reading it changes nothing, since mail programs read links ahead.
#[utoipa::path(
    get, path = "/v1/unsubscribe/{token}", tag = "notifications", operation_id = "ask_unsubscribe",
    params(("token" = String, Path, description = "From the link of a notice.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub async fn ask_unsubscribe() -> Response {
    let title = "Stop messages like this one?";
    let values = context! { title, button => "Stop these messages" };
    page(StatusCode::OK, "words.html", values)
}

/// Unsubscribe
///
/// With one POST, as mail programs send it (RFC 8058). The token alone proves who asks. Twice is
/// once.
#[utoipa::path(
    post, path = "/v1/unsubscribe/{token}", tag = "notifications", operation_id = "unsubscribe",
    params(("token" = String, Path, description = "From the link of a notice.")),
    responses(
        (status = 200, description = "Done.", body = String, content_type = "text/html"),
        (status = 404, description = "No notice has this link any more.", body = String,
            content_type = "text/html"),
    )
)]
pub async fn unsubscribe(
    State(state): State<ApiState>,
    Path(token): Path<String>,
) -> Result<Response> {
    let is_known = match token.parse::<Uuid>() {
        Ok(token) => inbox::unsubscribe(state.pool(), token).await?,
        Err(_) => false,
    };
    let (status, title, text) = match is_known {
        true => (
            StatusCode::OK,
            "You will not get such messages any more",
            "What belongs to an order itself, such as its confirmation, still comes.",
        ),
        false => (
            StatusCode::NOT_FOUND,
            "This link is not valid any more",
            "Please use the link of a newer message.",
        ),
    };
    Ok(page(status, "words.html", context! { title, text }))
}

/// A parcel whose number is in the path, for somebody whose address has not asked too often.
#[derive(Debug)]
struct Numbered {
    order_id: i64,
    parcel: TrackedShipment,
}

impl axum::extract::FromRequestParts<ApiState> for Numbered {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &ApiState,
    ) -> Result<Self> {
        let (limits, settings) = (state.limits(), state.settings());
        limits.count_stranger(&parts.headers, &parts.extensions, settings)?;
        let missing = || Problem::new(Kind::ShipmentNotFound, "There is no such parcel.");
        let Ok(Path(number)) = Path::<String>::from_request_parts(parts, state).await else {
            return Err(missing());
        };
        let found = customer_tokens::parcel(state.pool(), TenantId::SHOP, &number).await?;
        let (order_id, parcel) = found.ok_or_else(missing)?;
        let parcel = serde_json::from_value(parcel).map_err(unreadable)?;
        Ok(Numbered { order_id, parcel })
    }
}

/// A page for what is not there; every other problem is as everywhere.
fn unknown(problem: Problem, title: &str) -> Result<Response> {
    if !matches!(
        problem.kind(),
        Kind::TrackingNotFound | Kind::ShipmentNotFound
    ) {
        return Err(problem);
    }
    let text = "It may be mistyped, or too old. The shop knows more.";
    Ok(page(
        StatusCode::NOT_FOUND,
        "words.html",
        context! { title, text },
    ))
}

fn unreadable(error: serde_json::Error) -> Problem {
    tracing::error!(%error, "what a link shows is not as it is described");
    Problem::new(Kind::Internal, "The request failed.")
}

/// A problem of any route as a page, for somebody who looks at it in a browser. None if it can't be
/// rendered.
pub fn problem(problem: &Problem, trace_id: &str) -> Option<Response> {
    let wait = problem.headers().get(RETRY_AFTER);
    let wait = wait.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    let wait = wait.map(|seconds| humantime::format_duration(Duration::from_secs(seconds)));
    let wait = wait.map(|wait| wait.to_string());
    let fields = problem
        .listed()
        .map(|one| format!("{} {}", one.field, one.message));
    let words = context! {
        title => problem.kind().title(),
        text => problem.detail(),
        fields => fields.collect::<Vec<_>>(),
        wait,
        trace_id,
    };
    let mut response = rendered(problem.kind().status(), "words.html", words)?;
    response.headers_mut().extend(problem.headers().clone());
    Some(response)
}

fn page(status: StatusCode, template: &str, values: Value) -> Response {
    rendered(status, template, values)
        .unwrap_or_else(|| Problem::new(Kind::Internal, "The request failed.").into_response())
}

fn rendered(status: StatusCode, template: &str, values: Value) -> Option<Response> {
    let html = TEMPLATES
        .get_template(template)
        .and_then(|template| template.render(values))
        .inspect_err(|error| tracing::error!(%error, template, "a page can't be rendered"))
        .ok()?;
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    Some((status, headers, html).into_response())
}
