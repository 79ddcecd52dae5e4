//! Streams of what happens: of a shop, of an order, of the queue.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use stevedore_model::events::{EventFilter, Position};
use stevedore_model::problems::problem;
use stevedore_model::{customers, orders};

use crate::auth::{Caller, JobsRead, OrdersRead};
use crate::events::jobs::{EndedAt, WantedJobs};
use crate::events::shop::{Form, Wanted};
use crate::events::stream::{self, Start};
use crate::problem::{Kind, Problem, Result};
use crate::routes::path_id::{self, Id};
use crate::routes::query::QueryFields;
use crate::state::ApiState;
use crate::wire;

const LAST_EVENT_ID: &str = "last-event-id";
const KINDS_MAX: usize = 50;

const OUTCOMES: [&str; 8] = [
    "completed",
    "failed",
    "dead",
    "lost",
    "snoozed",
    "released",
    "cancelled",
    "discarded",
];

type Pairs = Query<Vec<(String, String)>>;

/// Follow the shop
///
/// What happens to orders, fulfilments, shipments, returns and refunds, as Server-Sent Events, as
/// it happens. Each message has an `id`; a client that comes back with the last one in
/// `Last-Event-ID` misses nothing and sees nothing twice, for as long as events are kept (30 days).
/// A message `resume` says that the stream ends and the client is to come back now: it was too
/// slow, or the process stops, or the stream has lasted long enough.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", operation_id = "follow_shop",
    security(("api_key" = ["orders:read"])),
    params(wire::EventsQuery, wire::LastEventId),
    responses(
        (status = 200, description = "Messages, one after the other.",
            body = wire::ShopEvent, content_type = "text/event-stream"),
        wire::CustomerNotFound,
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn of_shop(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Result<Response> {
    follow_shop(&caller, &state, &headers, pairs, Form::Named).await
}

/// Follow an order
///
/// As [Follow the shop](#/events/follow_shop), of one order. Without `Last-Event-ID` it begins with
/// everything that is kept of the order.
#[utoipa::path(
    get, path = "/v1/orders/{order_id}/events", tag = "events", operation_id = "follow_order",
    security(("api_key" = ["orders:read"])),
    params(
        ("order_id" = i64, Path, minimum = 1, description = "The order's id.", example = 1),
        wire::OrderEventsQuery,
        wire::LastEventId,
    ),
    responses(
        (status = 200, description = "Messages, one after the other.",
            body = wire::ShopEvent, content_type = "text/event-stream"),
        wire::OrderNotFound,
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn of_order(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    order: Id<path_id::Order>,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Result<Response> {
    let mut fields = QueryFields::read(pairs, &wire::ORDER_EVENTS_NAMES);
    let filter = EventFilter {
        kinds: fields.parsed("kinds", KINDS_ARE, kinds),
        order_id: Some(order.0),
        customer_id: None,
    };
    let start = match start(&mut fields, &headers, Position::parse)? {
        Start::Now => Start::After(Position::before(0)),
        after => after,
    };
    fields.finish()?;
    let known = orders::get(state.pool(), caller.tenant(), order.0).await?;
    if known.is_none() {
        return Err(order.missing());
    }
    let wanted = wanted(&caller, filter, Form::Named);
    stream::open(&state, |state| &state.streams().shop, wanted, start).await
}

/// Follow the queue
///
/// Attempts of jobs that end, of every shop of the database, a second late. It looks at the end of
/// the history and not at each job: where thousands end in a second, it shows a part of them. The
/// message's `event` is `job.` and the outcome.
#[utoipa::path(
    get, path = "/v1/jobs/events", tag = "events", operation_id = "follow_jobs",
    security(("api_key" = ["jobs:read"])),
    params(wire::JobEventsQuery, wire::LastEventId),
    responses(
        (status = 200, description = "Messages, one after the other.",
            body = String, content_type = "text/event-stream"),
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn of_jobs(
    _caller: Caller<JobsRead>,
    State(state): State<ApiState>,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Result<Response> {
    let mut fields = QueryFields::read(pairs, &wire::JOB_EVENTS_NAMES);
    let wanted = WantedJobs {
        queue: fields.text("queue"),
        kind: fields.text("kind"),
        outcomes: fields.words("outcome", &OUTCOMES),
    };
    let start = start(&mut fields, &headers, EndedAt::parse)?;
    fields.finish()?;
    stream::open(&state, |state| &state.streams().jobs, wanted, start).await
}

/// Follow the shop, as pages written for the former system do
///
/// As [Follow the shop](#/events/follow_shop): the same events without names, for
/// `EventSource.onmessage`; `type` says the kind.
#[utoipa::path(
    get, path = "/api/realtime/events", tag = "legacy", operation_id = "legacy_follow_shop",
    security(("api_key" = ["orders:read"])),
    params(wire::EventsQuery, wire::LastEventId),
    responses(
        (status = 200, description = "Messages, one after the other.",
            body = wire::ShopEvent, content_type = "text/event-stream"),
        wire::CustomerNotFound,
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn legacy(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Result<Response> {
    follow_shop(&caller, &state, &headers, pairs, Form::Unnamed).await
}

/// Opens a stream of the shop's events, in one of its forms.
async fn follow_shop(
    caller: &Caller<OrdersRead>,
    state: &ApiState,
    headers: &HeaderMap,
    pairs: Vec<(String, String)>,
    form: Form,
) -> Result<Response> {
    let mut fields = QueryFields::read(pairs, &wire::EVENTS_NAMES);
    let customer = fields.text("customer_id");
    let mut filter = EventFilter {
        kinds: fields.parsed("kinds", KINDS_ARE, kinds),
        order_id: fields.integer("order_id", 1..=i64::MAX),
        customer_id: None,
    };
    let start = start(&mut fields, headers, Position::parse)?;
    fields.finish()?;
    if let Some(customer) = customer {
        let known = customers::find(state.pool(), caller.tenant(), &customer).await?;
        filter.customer_id = Some(known.ok_or_else(|| {
            Problem::new(Kind::CustomerNotFound, "The shop has no such customer.")
        })?);
    }
    let wanted = wanted(caller, filter, form);
    stream::open(state, |state| &state.streams().shop, wanted, start).await
}

/// What the filter lets through, of the caller's shop.
fn wanted(caller: &Caller<OrdersRead>, filter: EventFilter, form: Form) -> Wanted {
    Wanted {
        tenant: caller.tenant(),
        filter,
        form,
    }
}

const KINDS_ARE: &str = "must be kinds such as order.placed or order, with commas between them";

fn kinds(text: &str) -> Option<Vec<String>> {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    };
    let is_kind = |kind: &&str| kind.split('.').count() <= 2 && kind.split('.').all(is_word);
    let all: Vec<&str> = text.split(',').collect();
    let are_kinds = all.len() <= KINDS_MAX && all.iter().all(is_kind);
    are_kinds.then(|| all.into_iter().map(str::to_owned).collect())
}

/// Where a stream begins: the header that browsers send goes before the query that they repeat.
pub(crate) fn start<P>(
    fields: &mut QueryFields,
    headers: &HeaderMap,
    parse: impl Fn(&str) -> Option<P>,
) -> Result<Start<P>> {
    let queried = fields.parsed("after", "must be the id of a message", &parse);
    let Some(header) = headers.get(LAST_EVENT_ID) else {
        return Ok(queried.map_or(Start::Now, Start::After));
    };
    match header.to_str().ok().and_then(parse) {
        Some(place) => Ok(Start::After(place)),
        None => Err(Problem::invalid(vec![problem(
            "Last-Event-ID".to_owned(),
            "invalid",
            "must be the id of a message",
        )])),
    }
}
