//! Stock counts: begun, counted, taken into the books.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stevedore_model::lists;
use stevedore_model::problems::Fields;
use stevedore_model::stock::{self, By};

use crate::auth::{Caller, StockWrite};
use crate::body::JsonBody;
use crate::problem::{Problem, Result};
use crate::routes::inventory::{SKU_CHARS_MAX, UNITS_MAX, gone, in_body};
use crate::routes::lists::row;
use crate::routes::path_id::{self, Id};
use crate::state::ApiState;
use crate::wire;

const COUNTED_MAX: usize = 1_000;

/// Begin a stock count
///
/// At a location, of these items or of all that it has. What the books say is kept beside.
#[utoipa::path(
    post, path = "/v1/counts", tag = "stock", operation_id = "start_count",
    security(("api_key" = ["stock:write"])),
    request_body(content = wire::NewCount, content_type = "application/json"),
    responses(
        (status = 201, description = "The count.", body = wire::StockCount),
        wire::BodyErrors,
    )
)]
pub async fn start_count(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let (mut problems, mut wanted) = (Vec::new(), None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        let location = fields.required_text("location", 1..=40).map(str::to_owned);
        let skus = fields.any("skus").map(|skus| texts(&mut fields, skus));
        fields.finish();
        wanted = location.map(|location| (location, skus));
    }
    let Some((location, skus)) = wanted.filter(|_| problems.is_empty()) else {
        return Err(Problem::invalid(problems));
    };
    let (mut db, actor) = (state.db().await?, caller.actor());
    let by = By {
        tenant: caller.tenant(),
        actor: &actor,
    };
    let count = stock::start_count(&mut db, by, &location, skus.as_deref()).await;
    let count = row(
        &mut db,
        by.tenant,
        &lists::COUNTS,
        count.map_err(in_body)?,
        gone,
    )
    .await?;
    Ok((StatusCode::CREATED, count).into_response())
}

/// Say what was counted
///
/// So many units of each of these items. Say it again to correct it.
#[utoipa::path(
    post, path = "/v1/counts/{stock_count_id}/lines", tag = "stock",
    operation_id = "record_count",
    security(("api_key" = ["stock:write"])),
    params(("stock_count_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    request_body(content = wire::CountedLines, content_type = "application/json"),
    responses(
        (status = 200, description = "The count as it is now.", body = wire::StockCount),
        wire::StockNotFound, wire::TransitionRefused, wire::BodyErrors,
    )
)]
pub async fn record_count(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    count: Id<path_id::Count>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>> {
    let mut problems = Vec::new();
    let lines = crate::body::items(&body, "lines", COUNTED_MAX, &mut problems);
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if let Some(mut fields) = Fields::of(line, format!("lines[{index}]"), &mut problems) {
            let sku = fields.required_text("sku", 1..=SKU_CHARS_MAX);
            let counted = fields.required_integer("counted", 0..=UNITS_MAX);
            fields.finish();
            found.extend(sku.map(str::to_owned).zip(counted));
        }
    }
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let (mut db, actor) = (state.db().await?, caller.actor());
    let by = By {
        tenant: caller.tenant(),
        actor: &actor,
    };
    stock::record_count(&mut db, by, count.0, &found).await?;
    row(&mut db, by.tenant, &lists::COUNTS, count.0, || {
        count.missing()
    })
    .await
}

/// Take a count into the books
///
/// What the books still say as they did when its counting began is corrected; the rest is `again`
/// to be counted. Done when nothing is left. Twice is once.
#[utoipa::path(
    post, path = "/v1/counts/{stock_count_id}/complete", tag = "stock",
    operation_id = "complete_count",
    security(("api_key" = ["stock:write"])),
    params(("stock_count_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    request_body(content = wire::CountReason, content_type = "application/json"),
    responses(
        (status = 200, description = "What has to be counted again.", body = wire::CountCompleted),
        wire::StockNotFound, wire::TransitionRefused, wire::BodyErrors,
    )
)]
pub async fn complete_count(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    count: Id<path_id::Count>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>> {
    let reason = crate::routes::orders::sentence(&body, "reason", true)?.unwrap_or_default();
    let (mut db, actor) = (state.db().await?, caller.actor());
    let by = By {
        tenant: caller.tenant(),
        actor: &actor,
    };
    let again = stock::complete_count(&mut db, by, count.0, &reason).await?;
    let list = &lists::COUNTS;
    let Json(count) = row(&mut db, by.tenant, list, count.0, || count.missing()).await?;
    Ok(Json(json!({ "count": count, "again": again })))
}

fn texts(fields: &mut Fields<'_>, value: &Value) -> Vec<String> {
    let texts = value
        .as_array()
        .filter(|list| (1..=COUNTED_MAX).contains(&list.len()));
    let texts = texts.and_then(|list| {
        let sound = |text: &&str| !text.contains('\0') && text.len() <= SKU_CHARS_MAX;
        list.iter()
            .map(|text| text.as_str().filter(sound).map(str::to_owned))
            .collect()
    });
    let message = "must be an array of 1 to 1000 SKUs";
    texts.unwrap_or_else(|| {
        fields
            .wrong("skus", "wrong_type", message)
            .unwrap_or_default()
    })
}
