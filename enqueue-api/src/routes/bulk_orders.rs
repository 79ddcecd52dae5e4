//! Many orders in one request.

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use stevedore_model::orders::{self, NewOrder, PlaceError, PlaceRequest, Placed};

use crate::auth::{Caller, OrdersWrite};
use crate::body::{self, BatchBody};
use crate::json::meaning_hash;
use crate::observe::RequestTrace;
use crate::problem::{Problem, Result};
use crate::routes::admission::admit_orders;
use crate::routes::{idempotency, orders as single};
use crate::state::ApiState;
use crate::wire;

const ORDERS_MAX: usize = 1_000;
/// Orders that one transaction takes: others wait for the stock that it touches.
const CHUNK: usize = 50;

/// Place many orders
///
/// Up to 1,000, each by itself: one that is refused does not keep the others from being placed.
/// The answer has a result for each, in their order: the placed order, or the problem that the
/// order alone would have been answered with.
///
/// With an `Idempotency-Key` the request can be repeated: orders that were placed are answered
/// again, those that were refused are tried again.
///
/// 429 while the queue `fulfilment` is beyond its service level, if it has one: who sends orders by
/// the hundred can come back.
#[utoipa::path(
    post,
    path = "/v1/bulk/orders",
    tag = "orders",
    operation_id = "place_orders",
    security(("api_key" = ["orders:write"])),
    params(wire::IdempotencyKeyHeader),
    request_body(content = wire::BulkOrdersRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "What became of each.", body = wire::BulkOrders),
        wire::BulkErrors,
    )
)]
pub async fn place_many(
    caller: Caller<OrdersWrite>,
    State(state): State<ApiState>,
    Extension(RequestTrace(trace)): Extension<RequestTrace>,
    headers: HeaderMap,
    BatchBody(body): BatchBody,
) -> Result<Json<Value>> {
    let key = idempotency::key_for_parts(&headers)?;
    let mut problems = Vec::new();
    let items = body::items(&body, "orders", ORDERS_MAX, &mut problems);
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let keys: Vec<String> = key
        .map(|key| {
            (0..items.len())
                .map(|index| format!("{key}#{index}"))
                .collect()
        })
        .unwrap_or_default();
    admit_orders(&state, caller.tenant(), items.len(), &keys).await?;
    let traceparent = trace.to_string();
    let mut results: Vec<Option<Result<Placed, Problem>>> = items.iter().map(|_| None).collect();
    let mut requests = Vec::new();
    let mut misshapen = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match NewOrder::parse(item) {
            Ok(order) => requests.push((
                index,
                PlaceRequest {
                    order,
                    idempotency_key: keys.get(index).cloned(),
                    request_hash: meaning_hash(item),
                    traceparent: Some(traceparent.clone()),
                },
            )),
            Err(shape) => misshapen.push((index, item, shape)),
        }
    }
    let bodies: Vec<&Value> = misshapen.iter().map(|(_, item, _)| *item).collect();
    let shapes = misshapen.iter().map(|(.., shape)| shape.clone()).collect();
    let problems = single::all_problems(&state, caller.tenant(), &bodies, shapes).await;
    for ((index, ..), problems) in misshapen.iter().zip(problems) {
        results[*index] = Some(Err(Problem::invalid(problems)));
    }
    for chunk in requests.chunks(CHUNK) {
        let (indexes, asked): (Vec<usize>, Vec<&PlaceRequest>) = chunk
            .iter()
            .map(|(index, request)| (*index, request))
            .unzip();
        let placed = orders::place_many(state.pool(), caller.tenant(), &asked).await;
        for (index, result) in indexes.into_iter().zip(told(placed, asked.len())) {
            results[index] = Some(result);
        }
    }
    Ok(Json(document(results, &trace.trace_id())))
}

/// What became of a chunk. If the database failed, that is what became of each of its orders; those
/// of other chunks are placed all the same.
fn told(
    placed: Result<Vec<Result<Placed, PlaceError>>, sqlx::Error>,
    count: usize,
) -> Vec<Result<Placed, Problem>> {
    match placed {
        Ok(results) => results
            .into_iter()
            .map(|result| result.map_err(Problem::from))
            .collect(),
        Err(error) => vec![Err(Problem::from(error)); count],
    }
}

fn document(results: Vec<Option<Result<Placed, Problem>>>, trace_id: &str) -> Value {
    let mut placed_count = 0;
    let results: Vec<Value> = results
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(index, result)| match result {
            Ok(placed) => {
                placed_count += 1;
                single::count(&placed);
                json!({
                    "index": index,
                    "status": StatusCode::CREATED.as_u16(),
                    "replayed": placed.replayed,
                    "order": placed.response,
                })
            }
            Err(problem) => json!({
                "index": index,
                "status": problem.kind().status().as_u16(),
                "problem": problem.document("/v1/bulk/orders", trace_id),
            }),
        })
        .collect();
    json!({
        "placed": placed_count,
        "refused": results.len() - placed_count,
        "results": results,
    })
}
