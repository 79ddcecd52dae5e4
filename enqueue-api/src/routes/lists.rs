//! The lists, and their rows one by one. What each list can be asked is its [`Listing`].

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use stevedore_model::lists;

use crate::auth::{Caller, OrdersRead, StockRead};
use crate::problem::{Kind, Problem, Result};
use crate::routes::listing::{self, Filter, Listing, SINCE, UNTIL, id, text, words};
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
                sorts: &$sorts,
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
                listing::answer(&state, caller.tenant(), &headers, pairs, &$listing).await
            }
        )+

        /// All lists.
        pub static LISTINGS: &[&Listing] = &[$(&$listing),+];
    };
}

const LATE: Filter = Filter {
    name: "is_late",
    column: "is_late",
    kind: listing::Kind::Flag,
    means: "Expected before now and not there, or not.",
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
        ], [];
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
        ], [];
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
        ], [];
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
        ], ["customer_id"];
    /// List pick lists
    pick_lists: PICK_LISTS = "/v1/pick-lists", "stock", "list_pick_lists",
        StockRead "stock:read", wire::PickListList, lists::PICK_LISTS, "pick_lists",
        [
            words("status", &["open", "picking", "completed", "cancelled"]),
            text("location", "location", "At this location."),
            text("picker", "picker", "Of this person."),
            SINCE,
            UNTIL
        ], [];
    /// List transfers of stock
    transfers: TRANSFERS = "/v1/transfers", "stock", "list_transfers",
        StockRead "stock:read", wire::TransferList, lists::TRANSFERS, "transfers",
        [
            words("status", &["draft", "shipped", "received", "cancelled"]),
            text("from", "from_location", "From this location."),
            text("to", "to_location", "To this location."),
            SINCE,
            UNTIL
        ], [];
    /// List stock counts
    counts: COUNTS = "/v1/counts", "stock", "list_counts",
        StockRead "stock:read", wire::StockCountList, lists::COUNTS, "counts",
        [
            words("status", &["open", "completed", "cancelled"]),
            text("location", "location", "At this location."),
            SINCE,
            UNTIL
        ], [];
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
    Path(customer): Path<String>,
) -> Result<Json<Value>> {
    let unknown = || {
        let detail = format!("There is no customer with the id {customer:?}.");
        Problem::new(Kind::CustomerNotFound, detail)
    };
    if customer.contains('\0') {
        return Err(unknown());
    }
    let (list, column) = (&lists::CUSTOMERS, "customer_id");
    let tenant = caller.tenant();
    let found = lists::one(state.pool(), tenant, list, column, customer.as_str()).await?;
    found.map(Json).ok_or_else(unknown)
}
