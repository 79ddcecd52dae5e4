//! The routes, and with the same breath their OpenAPI document: one cannot exist without the other.

use axum::Json;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi as Document};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::auth::SCOPES;
use crate::guard::guard;
use crate::once::once;
use crate::pages;
use crate::routes::{
    bulk_orders, counts, docs, events, fraud, fulfillments, health, inventory, job, jobs, labels,
    legacy, legacy_shipping, lists, maintenance, notifications, order_changes, order_errors,
    order_list, orders, promotions, queue, returns, routing, stock, templates, tickets, track,
    waits, wallets, webhook_endpoints, webhook_events, webhooks,
};
use crate::signed::signed;
use crate::state::ApiState;
use crate::tags::tag;
use crate::wire;

/// Where the document is served.
pub const DOCUMENT_PATH: &str = "/api/openapi.json";

const DESCRIPTION: &str = "\
Orders in, jobs out. An order is checked, its stock reserved and its fulfilment queued in one \
database transaction; workers do the rest.

**Errors** are `application/problem+json` (RFC 9457) with a stable `code`; all problems of a body \
are answered at once in `errors`. `/api/problems` lists every code.

**Repeating requests** any POST is safe with an `Idempotency-Key`; a `unique_key` makes two jobs \
one.

**Tracing**: send a W3C `traceparent` and it is carried on into the order's jobs; every answer has \
its trace id in `X-Trace-Id` and the request's id in `X-Request-Id`.

**Keys** are made by `stevedore keys create`. A revoked key may go on working for as long as the \
setting `STEVEDORE_API_KEY_CACHE` says, 10 seconds by default.";

#[derive(OpenApi)]
#[openapi(
    info(title = "Stevedore", description = DESCRIPTION),
    modifiers(&Security),
    components(schemas(wire::ProblemDocument, wire::FieldError)),
    tags(
        (name = "orders", description = "Placing orders and following them."),
        (name = "tickets", description = "Failures that need an owner, one for each cause."),
        (name = "webhooks", description = "Events for the shop's own apps, signed."),
        (name = "returns", description = "Goods that come back."),
        (name = "customers", description = "Who orders."),
        (name = "wallets", description = "Money that customers have with the shop."),
        (name = "promotions", description = "Codes that take something off an order."),
        (name = "fraud", description = "What makes an order wait for a person."),
        (name = "routing", description = "Who fulfils what, and how providers are doing."),
        (name = "notifications", description = "What customers are told, and how they want it."),
        (name = "stock", description = "What there is, and fetching it."),
        (name = "jobs", description = "The queue, for work that is no order."),
        (name = "webhooks", description = "What providers tell, and what became of it."),
        (name = "events", description = "What happens, as it happens."),
        (name = "health", description = "For probes, load balancers and Prometheus."),
        (name = "legacy", description = "Paths of earlier shops, over the same operations."),
        (name = "documentation", description = "The API about itself."),
    )
)]
struct Api;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let scopes: Vec<String> = SCOPES
            .iter()
            .map(|(name, allows)| format!("- `{name}`: {allows}"))
            .collect();
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("stv_<key id>_<secret>")
            .description(Some(format!(
                "An API key with scopes:\n\n{}",
                scopes.join("\n")
            )))
            .build();
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// All routes and the document that describes them. The guard stands before `/v1` only: probes
/// and scrapes must be answered when the house is full.
pub fn routes(state: &ApiState) -> (Router<ApiState>, Document) {
    let versioned = order_routes()
        .merge(fulfilment_routes())
        .merge(notification_routes())
        .merge(stock_routes())
        .merge(job_routes())
        .merge(legacy_routes());
    // Written many requests together, and so with their keys: see `once`.
    let batched = OpenApiRouter::new()
        .routes(routes!(legacy::place, legacy::list))
        .routes(routes!(legacy::purchase))
        .routes(routes!(orders::place, order_list::list))
        .routes(routes!(bulk_orders::place_many))
        .routes(routes!(jobs::enqueue))
        .routes(routes!(jobs::enqueue_batch));
    let versioned = batched
        .merge(keyed(versioned, state))
        .route_layer(from_fn(tag))
        .merge(followed())
        .route_layer(from_fn_with_state(state.clone(), signed))
        .route_layer(from_fn_with_state(state.clone(), guard));
    // Their senders know no key: each proves itself in its own way.
    let proven = OpenApiRouter::new()
        .routes(routes!(webhooks::receive, webhooks::receive_query))
        .routes(routes!(webhooks::receive_legacy))
        .routes(routes!(pages::ask_unsubscribe, pages::unsubscribe))
        .route_layer(from_fn_with_state(state.clone(), guard));
    let (router, document) = OpenApiRouter::with_openapi(Api::openapi())
        .merge(versioned)
        .merge(proven)
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::health))
        .routes(routes!(health::health_live))
        .routes(routes!(health::health_ready))
        .routes(routes!(health::health_database))
        .routes(routes!(health::health_providers))
        .routes(routes!(legacy_shipping::status))
        .routes(routes!(health::metrics))
        .routes(routes!(docs::problems))
        .routes(routes!(docs::problem))
        .split_for_parts();
    let for_people = pages::routes().route_layer(from_fn_with_state(state.clone(), guard));
    let router = router
        .merge(documentation(&document))
        .merge(pages::assets())
        .merge(for_people);
    (router, document)
}

/// Orders and what belongs to them: parcels, returns, customers, money, fraud.
fn order_routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(orders::read, order_changes::edit))
        .routes(routes!(orders::cancel))
        .routes(routes!(orders::confirm))
        .routes(routes!(order_changes::hold))
        .routes(routes!(order_changes::release))
        .routes(routes!(order_changes::resume))
        .routes(routes!(order_changes::split))
        .routes(routes!(lists::order_errors))
        .routes(routes!(order_errors::resolve))
        .routes(routes!(lists::tickets))
        .routes(routes!(tickets::read))
        .routes(routes!(tickets::resolve))
        .routes(routes!(webhook_endpoints::create, webhook_endpoints::list))
        .routes(routes!(webhook_endpoints::read, webhook_endpoints::change))
        .routes(routes!(webhook_endpoints::rotate))
        .routes(routes!(webhook_endpoints::replay))
        .routes(routes!(webhook_endpoints::deliveries))
        .routes(routes!(webhook_endpoints::attempts))
        .routes(routes!(returns::request))
        .routes(routes!(returns::read))
        .routes(routes!(returns::decide))
        .routes(routes!(returns::receive))
        .routes(routes!(returns::inspect))
        .routes(routes!(returns::refund))
        .routes(routes!(returns::exchange))
        .routes(routes!(fraud::explain))
        .routes(routes!(wallets::read))
        .routes(routes!(wallets::statement, wallets::post))
        .routes(routes!(lists::promotions))
        .routes(routes!(promotions::read, promotions::put))
        .routes(routes!(promotions::preview))
        .routes(routes!(fraud::rules))
        .routes(routes!(fraud::rule, fraud::put_rule))
        .routes(routes!(lists::blocklist))
        .routes(routes!(fraud::block_of, fraud::block, fraud::unblock))
        .routes(routes!(lists::returns))
        .routes(routes!(lists::customers))
        .routes(routes!(lists::customer))
}

/// Who carries orders out, and the parcels that come of it.
fn fulfilment_routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(lists::fulfillments))
        .routes(routes!(lists::fulfillment))
        .routes(routes!(fulfillments::retry))
        .routes(routes!(fulfillments::verify))
        .routes(routes!(fulfillments::ship))
        .routes(routes!(lists::shipments))
        .routes(routes!(lists::shipment))
        .routes(routes!(labels::read, labels::void))
        .routes(routes!(labels::release))
        .routes(routes!(fulfillments::track))
        .routes(routes!(routing::explain))
        .routes(routes!(routing::rules, routing::create))
        .routes(routes!(routing::read, routing::put, routing::delete))
        .routes(routes!(routing::providers))
}

/// What customers are told.
fn notification_routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(notifications::list))
        .routes(routes!(notifications::read))
        .routes(routes!(notifications::delete))
        .routes(routes!(
            notifications::preferences,
            notifications::put_preferences
        ))
        .routes(routes!(lists::notices))
        .routes(routes!(notifications::retry))
        .routes(routes!(templates::list))
        .routes(routes!(templates::preview))
        .routes(routes!(
            notifications::legacy_list,
            notifications::legacy_change
        ))
}

/// Stock and the people who handle it.
fn stock_routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(lists::stock))
        .routes(routes!(stock::create, lists::pick_lists))
        .routes(routes!(stock::read))
        .routes(routes!(stock::cancel))
        .routes(routes!(stock::confirm))
        .routes(routes!(stock::pack))
        .routes(routes!(inventory::receive))
        .routes(routes!(inventory::adjust))
        .routes(routes!(inventory::policy, inventory::set_policy))
        .routes(routes!(inventory::create_transfer, lists::transfers))
        .routes(routes!(lists::transfer))
        .routes(routes!(inventory::ship_transfer))
        .routes(routes!(inventory::receive_transfer))
        .routes(routes!(inventory::cancel_transfer))
        .routes(routes!(counts::start_count, lists::counts))
        .routes(routes!(lists::count))
        .routes(routes!(counts::record_count))
        .routes(routes!(counts::complete_count))
}

/// The queue, and whoever is on call.
fn job_routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(queue::list))
        .routes(routes!(queue::bulk))
        .routes(routes!(job::read))
        .routes(routes!(job::explain))
        .routes(routes!(job::cancel))
        .routes(routes!(job::retry))
        .routes(routes!(queue::queues))
        .routes(routes!(queue::pause_queue))
        .routes(routes!(queue::resume_queue))
        .routes(routes!(queue::kinds))
        .routes(routes!(queue::pause_kind))
        .routes(routes!(queue::resume_kind))
        .routes(routes!(queue::workers))
        .routes(routes!(waits::resume))
        .routes(routes!(maintenance::read, maintenance::act))
        .routes(routes!(lists::webhook_events))
        .routes(routes!(webhook_events::read))
        .routes(routes!(webhook_events::replay))
}

/// What front ends of earlier shops call.
fn legacy_routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(legacy::manage))
        .routes(routes!(legacy::status, legacy::move_order))
        .routes(routes!(legacy::confirm))
        .routes(routes!(legacy::cancel))
        .routes(routes!(legacy::events))
        .routes(routes!(
            legacy_shipping::fulfil,
            legacy_shipping::fulfilment
        ))
        .routes(routes!(
            legacy_shipping::prodigi,
            legacy_shipping::prodigi_status
        ))
        .routes(routes!(legacy_shipping::tracking))
        .routes(routes!(legacy_shipping::shipping))
        .routes(routes!(legacy_shipping::metrics))
        .routes(routes!(legacy_shipping::monitoring))
}

/// Has each POST of these routes honour `Idempotency-Key`, and its description say so.
fn keyed(routes: OpenApiRouter<ApiState>, state: &ApiState) -> OpenApiRouter<ApiState> {
    let mut routes = routes.route_layer(from_fn_with_state(state.clone(), once));
    for item in routes.get_openapi_mut().paths.paths.values_mut() {
        if let Some(post) = &mut item.post {
            wire::describe_key(post);
        }
        if let Some(get) = &mut item.get {
            wire::describe_list(get);
        }
    }
    routes
}

/// What happens, for those who follow it: with a key, or with a link. Neither are streams read to
/// their end to tag them, nor are tokens kept with an Idempotency-Key.
fn followed() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(events::of_shop))
        .routes(routes!(events::legacy))
        .routes(routes!(events::of_order))
        .routes(routes!(events::of_jobs))
        .routes(routes!(track::issue_for_order))
        .routes(routes!(track::issue_for_customer))
        .routes(routes!(track::revoke))
        .routes(routes!(track::read))
        .routes(routes!(track::follow))
}

/// The document itself and a page to try it out; both work without the internet.
fn documentation(document: &Document) -> Router<ApiState> {
    let mut json = serde_json::to_value(document).expect("an OpenAPI document is plain JSON");
    wire::add_examples(&mut json);
    let page =
        SwaggerUi::new("/api/docs").config(Config::new([DOCUMENT_PATH]).try_it_out_enabled(true));
    Router::new()
        .route(DOCUMENT_PATH, get(async move || Json(json.clone())))
        .merge(page)
}
