//! The lists, and their rows one by one. What each list can be asked is its [`Listing`].

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use stevedore_model::blocklist::KINDS;
use stevedore_model::inbox::WEBHOOK_STATUSES;
use stevedore_model::orders::{ORDER_STATUSES, PAYMENT_STATUSES};
use stevedore_model::tickets::{CATEGORIES, SEVERITIES};
use stevedore_model::{lists, webhooks};

use crate::auth::{Admin, Caller, OrdersRead, StockRead};
use crate::problem::{Problem, Result};
use crate::routes::customer;
use crate::routes::listing::{
    self, Asked, Filter, Listing, SINCE, UNTIL, by_name, id, newest, text, within, words,
};
use crate::routes::notifications::{CHANNELS, STATUSES as NOTICE_STATUSES};
use crate::routes::path_id::{self, Id};
use crate::state::ApiState;
use crate::wire;

const FULFILLMENT_STATUSES: [&str; 13] = [
    "pending",
    "on_hold",
    "submitted",
    "accepted",
    "rejected",
    "failed",
    "picking",
    "packed",
    "shipped",
    "delivered",
    "returned",
    "cancellation_requested",
    "cancelled",
];
pub(crate) const SHIPMENT_STATUSES: [&str; 11] = [
    "pending",
    "info_received",
    "in_transit",
    "out_for_delivery",
    "attempt_failed",
    "available_for_pickup",
    "exception",
    "expired",
    "delivered",
    "returned",
    "cancelled",
];
const STOCK_STATUSES: [&str; 5] = [
    "UNTRACKED",
    "OVERCOMMITTED",
    "OUT_OF_STOCK",
    "LOW_STOCK",
    "IN_STOCK",
];
const RETURN_STATUSES: [&str; 12] = [
    "requested",
    "approved",
    "rejected",
    "cancelled",
    "in_transit",
    "partially_received",
    "received",
    "inspected",
    "refunded",
    "exchanged",
    "expired",
    "lost",
];

macro_rules! lists {
    ($(
        $(#[$doc:meta])+
        $handler:ident: $listing:ident = $path:literal, $tag:literal, $operation:literal,
            $scope:ident $scope_name:literal, $body:ty, $list:expr, $name:literal,
            [$($filter:expr),+], $sorts:expr;
    )+) => {
        $(
            #[doc = concat!("`GET ", $path, "`")]
            pub static $listing: Listing = Listing {
                operation: $operation,
                name: $name,
                list: &$list,
                filters: &[$($filter),+],
                sorts: $sorts,
            };

            $(#[$doc])+
            #[utoipa::path(
                get, path = $path, tag = $tag, operation_id = $operation,
                security(("api_key" = [$scope_name])),
                responses(
                    (status = 200, description = "A page of what fits.", body = $body),
                    wire::QueryRefused,
                    wire::ReadErrors,
                )
            )]
            pub async fn $handler(
                caller: Caller<$scope>,
                State(state): State<ApiState>,
                headers: HeaderMap,
                Query(pairs): Query<Vec<(String, String)>>,
            ) -> Result<Response> {
                let asked = Asked::read(pairs, &$listing)?;
                asked.answer(&state, caller.tenant(), &headers).await
            }
        )+

        /// All lists.
        pub static LISTINGS: &[&Listing] =
            &[$(&$listing,)+ &DELIVERIES, &NOTIFICATIONS, &WALLET_ENTRIES];
    };
}

const LATE: Filter = Filter {
    name: "is_late",
    column: "is_late",
    kind: listing::Kind::Flag,
    means: "Expected before now and not there, or not.",
    default: None,
};

const SETTLED: Filter = Filter {
    name: "resolved",
    column: "is_resolved",
    kind: listing::Kind::Flag,
    means: "Settled ones instead of open ones.",
    default: Some("false"),
};

const ACTIVE: Filter = Filter {
    name: "is_active",
    column: "is_active",
    kind: listing::Kind::Flag,
    means: "Whether it can be used.",
    default: None,
};

const UNREAD: Filter = Filter {
    name: "unread",
    column: "is_unread",
    kind: listing::Kind::Only,
    means: "Only what is unread.",
    default: None,
};

/// `GET /v1/orders`, when its order is asked for.
pub static ORDERS: Listing = Listing {
    operation: "list_orders",
    name: "orders",
    list: &lists::ORDERS,
    filters: &[
        words("order_status", &ORDER_STATUSES),
        words("payment_status", &PAYMENT_STATUSES),
        text("order_source", "order_source", "From there."),
        text("customer", "customer_code", "Of this customer."),
        SINCE.named("placed_after").of("placed_at"),
        UNTIL.named("placed_before").of("placed_at"),
    ],
    sorts: newest(&["placed_at"]),
};

/// `GET /v1/webhook-endpoints/{endpoint_id}/deliveries`
pub static DELIVERIES: Listing = Listing {
    operation: "list_webhook_deliveries",
    name: "deliveries",
    list: &lists::WEBHOOK_DELIVERIES,
    filters: &[
        words("status", &webhooks::STATUSES),
        text("kind", "kind", "Of this kind of event."),
        id("order_id", "Of events of this order."),
        SINCE,
        UNTIL,
    ],
    sorts: newest(&[]),
};

/// `GET /v1/notifications`
pub static NOTIFICATIONS: Listing = Listing {
    operation: "list_notifications",
    name: "notifications",
    list: &lists::NOTIFICATIONS,
    filters: &[
        UNREAD,
        text("type", "type", "Of this type."),
        id("order_id", "About this order."),
        SINCE,
        UNTIL,
    ],
    sorts: newest(&[]),
};

/// `GET /v1/wallets/{customer_id}/entries`
pub static WALLET_ENTRIES: Listing = Listing {
    operation: "list_wallet_entries",
    name: "entries",
    list: &lists::WALLET_ENTRIES,
    filters: &[
        words("kind", &["top_up", "payment", "refund", "correction"]),
        text("currency", "currency", "Of the wallet in this currency."),
        id("order_id", "For this order."),
        SINCE,
        UNTIL,
    ],
    sorts: newest(&[]),
};

lists! {
    /// List fulfilments
    ///
    /// What providers and people carry out for orders.
    fulfillments: FULFILLMENTS = "/v1/fulfillments", "orders", "list_fulfillments",
        OrdersRead "orders:read", wire::FulfillmentList, lists::FULFILLMENTS, "fulfillments",
        [
            words("status", &FULFILLMENT_STATUSES),
            text("provider", "provider_code", "Of this provider."),
            id("order_id", "Of this order."),
            text("order_number", "order_number", "Of the order with this number."),
            text("phone", "customer_phone", "Of orders with this phone number."),
            SINCE,
            UNTIL
        ], newest(&[]);
    /// List parcels
    ///
    /// With where they are.
    shipments: SHIPMENTS = "/v1/shipments", "orders", "list_shipments",
        OrdersRead "orders:read", wire::ShipmentList, lists::SHIPMENTS, "shipments",
        [
            words("status", &SHIPMENT_STATUSES),
            text("carrier", "carrier_code", "With this carrier."),
            text("tracking_number", "tracking_number", "With this number."),
            id("order_id", "Of this order."),
            id("fulfillment_id", "Of this fulfilment."),
            LATE,
            SINCE,
            UNTIL
        ], newest(&[]);
    /// List returns
    returns: RETURNS = "/v1/returns", "returns", "list_returns",
        OrdersRead "orders:read", wire::ReturnList, lists::RETURNS, "returns",
        [
            words("status", &RETURN_STATUSES),
            words("kind", &["refund", "exchange"]),
            id("order_id", "Of this order."),
            text("rma_number", "rma_number", "With this number."),
            SINCE,
            UNTIL
        ], newest(&[]);
    /// List customers
    ///
    /// Those whom orders named by an id of the shop's own.
    customers: CUSTOMERS = "/v1/customers", "customers", "list_customers",
        OrdersRead "orders:read", wire::CustomerList, lists::CUSTOMERS, "customers",
        [
            text("email", "email", "With this mail address."),
            text("phone", "phone", "With this phone number."),
            SINCE,
            UNTIL
        ], newest(&["customer_id"]);
    /// List pick lists
    pick_lists: PICK_LISTS = "/v1/pick-lists", "stock", "list_pick_lists",
        StockRead "stock:read", wire::PickListList, lists::PICK_LISTS, "pick_lists",
        [
            words("status", &["open", "picking", "completed", "cancelled"]),
            text("location", "location", "At this location."),
            text("picker", "picker", "Of this person."),
            SINCE,
            UNTIL
        ], newest(&[]);
    /// List transfers of stock
    transfers: TRANSFERS = "/v1/transfers", "stock", "list_transfers",
        StockRead "stock:read", wire::TransferList, lists::TRANSFERS, "transfers",
        [
            words("status", &["draft", "shipped", "received", "cancelled"]),
            text("from", "from_location", "From this location."),
            text("to", "to_location", "To this location."),
            SINCE,
            UNTIL
        ], newest(&[]);
    /// List stock counts
    counts: COUNTS = "/v1/counts", "stock", "list_counts",
        StockRead "stock:read", wire::StockCountList, lists::COUNTS, "counts",
        [
            words("status", &["open", "completed", "cancelled"]),
            text("location", "location", "At this location."),
            SINCE,
            UNTIL
        ], newest(&[]);
    /// List errors of orders
    ///
    /// Open ones, unless `resolved=true`.
    order_errors: ORDER_ERRORS = "/v1/order-errors", "orders", "list_order_errors",
        OrdersRead "orders:read", wire::OrderErrorList, lists::ORDER_ERRORS, "errors",
        [
            SETTLED,
            words("category", &CATEGORIES),
            words("severity", &SEVERITIES),
            id("order_id", "Of this order."),
            SINCE,
            UNTIL
        ], newest(&[]);
    /// List tickets
    ///
    /// Open ones, unless `resolved=true`.
    tickets: TICKETS = "/v1/tickets", "tickets", "list_tickets",
        OrdersRead "orders:read", wire::TicketList, lists::TICKETS, "tickets",
        [
            SETTLED,
            words("category", &CATEGORIES),
            words("severity", &SEVERITIES),
            id("order_id", "That last happened to this order."),
            SINCE.named("seen_after").of("last_seen_at"),
            UNTIL.named("seen_before").of("last_seen_at")
        ], newest(&[]);
    /// Watch notices
    ///
    /// Every message to customers and staff; addresses are shortened.
    notices: NOTICES = "/v1/notices", "notifications", "list_notices",
        Admin "admin", wire::NoticeList, lists::NOTICES, "notices",
        [
            words("status", &NOTICE_STATUSES),
            words("channel", &CHANNELS),
            text("type", "type", "Of this type."),
            id("order_id", "About this order."),
            SINCE,
            UNTIL
        ], newest(&[]);
    /// List webhook events
    ///
    /// Without their bodies.
    webhook_events: WEBHOOK_EVENTS = "/v1/webhook-events", "webhooks", "list_webhook_events",
        Admin "admin", wire::WebhookEventList, lists::WEBHOOK_EVENTS, "events",
        [
            text("source", "source", "From this sender."),
            words("status", &WEBHOOK_STATUSES),
            text("event_type", "event_type", "Of this type, in the sender's words."),
            text("event_id", "event_id", "With this id of the sender."),
            SINCE.named("received_after").of("received_at"),
            UNTIL.named("received_before").of("received_at")
        ], newest(&[]);
    /// List promotions
    ///
    /// By their codes.
    promotions: PROMOTIONS = "/v1/promotions", "promotions", "list_promotions",
        OrdersRead "orders:read", wire::PromotionList, lists::PROMOTIONS, "promotions",
        [
            words("kind", &["percent", "fixed", "free_shipping"]),
            ACTIVE,
            SINCE,
            UNTIL
        ], by_name();
    /// List the blocklist
    ///
    /// By kind and value.
    blocklist: BLOCKLIST = "/v1/blocklist", "fraud", "list_blocklist",
        Admin "admin", wire::Blocklist, lists::BLOCKLIST, "entries",
        [
            words("kind", &KINDS),
            text("created_by", "created_by", "By this person."),
            SINCE,
            UNTIL
        ], within(&["kind"]);
    /// List stock
    ///
    /// What is on hand, promised and free, by SKU and location.
    stock: STOCK = "/v1/stock", "stock", "list_stock",
        StockRead "stock:read", wire::Stock, lists::STOCK, "levels",
        [
            text("sku", "sku", "Of this item."),
            text("location", "location_code", "At this location."),
            words("status", &STOCK_STATUSES).of("stock_status")
        ], within(&["sku"]);
}

/// A row of a list by its key, on a connection of the request.
pub(crate) async fn row(
    db: &mut sqlx::PgConnection,
    tenant: stevedore_model::TenantId,
    list: &lists::List,
    key: i64,
    missing: impl FnOnce() -> Problem,
) -> Result<Json<Value>> {
    let found = lists::one(db, tenant, list, list.key, key).await?;
    found.map(Json).ok_or_else(missing)
}

macro_rules! rows {
    ($(
        $(#[$doc:meta])+
        $handler:ident = $path:literal, $tag:literal, $operation:literal, $id:literal,
            $scope:ident $scope_name:literal, $noun:ty, $body:ty, $missing:ty, $list:expr;
    )+) => {
        $(
            $(#[$doc])+
            #[utoipa::path(
                get, path = $path, tag = $tag, operation_id = $operation,
                security(("api_key" = [$scope_name])),
                params(($id = i64, Path, minimum = 1, description = "Its id.", example = 1)),
                responses(
                    (status = 200, description = "As it is now.", body = $body),
                    $missing,
                    wire::ReadErrors,
                )
            )]
            pub async fn $handler(
                caller: Caller<$scope>,
                State(state): State<ApiState>,
                key: Id<$noun>,
            ) -> Result<Json<Value>> {
                let mut db = state.db().await?;
                row(&mut db, caller.tenant(), &$list, key.0, || key.missing()).await
            }
        )+
    };
}

rows! {
    /// Read a fulfilment
    fulfillment = "/v1/fulfillments/{fulfillment_id}", "orders", "get_fulfillment",
        "fulfillment_id", OrdersRead "orders:read", path_id::Fulfillment, wire::FulfillmentRow,
        wire::FulfillmentNotFound, lists::FULFILLMENTS;
    /// Read a parcel
    shipment = "/v1/shipments/{shipment_id}", "orders", "get_shipment",
        "shipment_id", OrdersRead "orders:read", path_id::Shipment, wire::ShipmentRow,
        wire::ShipmentNotFound, lists::SHIPMENTS;
    /// Read a transfer
    transfer = "/v1/transfers/{transfer_id}", "stock", "get_transfer",
        "transfer_id", StockRead "stock:read", path_id::Transfer, wire::Transfer,
        wire::StockNotFound, lists::TRANSFERS;
    /// Read a stock count
    count = "/v1/counts/{stock_count_id}", "stock", "get_count",
        "stock_count_id", StockRead "stock:read", path_id::Count, wire::StockCount,
        wire::StockNotFound, lists::COUNTS;
}

/// Read a customer
#[utoipa::path(
    get, path = "/v1/customers/{customer_id}", tag = "customers", operation_id = "get_customer",
    security(("api_key" = ["orders:read"])),
    params(("customer_id" = String, Path, description = "The shop's own id of the customer.")),
    responses(
        (status = 200, description = "As they are now.", body = wire::CustomerRow),
        wire::CustomerNotFound,
        wire::ReadErrors,
    )
)]
pub async fn customer(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Path(name): Path<String>,
) -> Result<Json<Value>> {
    let missing = || customer::missing(&name);
    if name.contains('\0') {
        return Err(missing());
    }
    let (list, column) = (&lists::CUSTOMERS, "customer_id");
    let tenant = caller.tenant();
    let found = lists::one(state.pool(), tenant, list, column, name.as_str()).await?;
    found.map(Json).ok_or_else(missing)
}
