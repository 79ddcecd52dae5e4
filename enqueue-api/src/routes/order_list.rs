//! Orders, page by page.

use axum::Json;
use axum::extract::{Query, State};
use stevedore_model::orders::{
    self, Cursor, ORDER_STATUSES, OrderFilter, OrderPage, PAYMENT_STATUSES,
};

use crate::auth::{Caller, OrdersRead};
use crate::problem::Result;
use crate::routes::query::QueryFields;
use crate::state::ApiState;
use crate::wire;

const LIST_ORDERS_DEFAULT: u32 = 50;
const LIST_ORDERS_MAX: u32 = 500;

/// List orders
///
/// The newest first. Pages go by time and id: orders that come meanwhile shift nothing.
#[utoipa::path(
    get, path = "/v1/orders", tag = "orders", operation_id = "list_orders",
    security(("api_key" = ["orders:read"])),
    params(wire::OrderListQuery),
    responses(
        (status = 200, description = "A page of the orders that fit.", body = wire::OrderList),
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn list(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Json<OrderPage>> {
    let mut fields = QueryFields::read(pairs, &wire::ORDER_LIST_NAMES);
    let filter = OrderFilter {
        order_status: fields.words("order_status", &ORDER_STATUSES),
        payment_status: fields.words("payment_status", &PAYMENT_STATUSES),
        order_source: fields.text("order_source"),
        customer: fields.text("customer"),
        placed_after: fields.time("placed_after"),
        placed_before: fields.time("placed_before"),
    };
    let after = fields.parsed("after", "must be the next of another page", Cursor::parse);
    let limit = fields.limit(LIST_ORDERS_DEFAULT, LIST_ORDERS_MAX);
    fields.finish()?;
    let page = orders::list(state.pool(), caller.tenant(), &filter, after, limit).await?;
    Ok(Json(page))
}
