//! Orders, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use stevedore_model::lists;
use stevedore_model::orders::{self, Cursor, ORDER_STATUSES, OrderFilter, PAYMENT_STATUSES};

use crate::auth::{Caller, OrdersRead};
use crate::csv;
use crate::problem::Result;
use crate::routes::listing::{Asked, LIMIT_DEFAULT, LIMIT_MAX};
use crate::routes::lists::ORDERS;
use crate::routes::query::QueryFields;
use crate::state::ApiState;
use crate::wire;

/// List orders
///
/// The newest first; with `Accept: text/csv` all of them as CSV, without a limit unless one is
/// given. Pages go by time and id: orders that come meanwhile shift nothing. `after` is of the same
/// `sort`.
#[utoipa::path(
    get, path = "/v1/orders", tag = "orders", operation_id = "list_orders",
    security(("api_key" = ["orders:read"])),
    params(wire::OrderListQuery),
    responses(
        (status = 200, description = "A page of the orders that fit.", content(
            (wire::OrderList = "application/json"),
            (String = "text/csv"),
        )),
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn list(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    if pairs.iter().any(|(name, _)| name == "sort") {
        let asked = Asked::read(pairs, &ORDERS)?;
        return asked.answer(&state, caller.tenant(), &headers).await;
    }
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
    let is_limited = fields.has("limit");
    let limit = fields.limit(LIMIT_DEFAULT, LIMIT_MAX);
    fields.finish()?;
    let tenant = caller.tenant();
    if !csv::is_wanted(&headers) {
        let page = orders::list(state.pool(), tenant, &filter, after, limit).await?;
        return Ok(Json(page).into_response());
    }
    let size = if is_limited { limit } else { csv::PAGE_ROWS };
    let filter = Arc::new(filter);
    csv::respond("orders", lists::ORDERS.columns, after, move |after| {
        let (state, filter) = (state.clone(), Arc::clone(&filter));
        async move {
            let page = orders::list(state.pool(), tenant, &filter, after, size).await?;
            let rows = page
                .orders
                .iter()
                .map(|order| serde_json::json!(order))
                .collect();
            let next = page.next.filter(|_| !is_limited);
            Ok((rows, next.map(|next| Cursor::parse(&next))))
        }
    })
    .await
}
