//! Promotion codes: made and changed by staff, tried out by shops.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use stevedore_model::problems::problem;
use stevedore_model::promotions::{self, Basket, NewPromotion, PutError};

use crate::auth::{Admin, Caller, OrdersRead};
use crate::body::JsonBody;
use crate::problem::{Kind, Problem, Result};
use crate::routes::version;
use crate::state::ApiState;
use crate::wire;

/// Read a promotion
///
/// What its code takes off, within which limits, and how often it was used.
#[utoipa::path(
    get, path = "/v1/promotions/{code}", tag = "promotions", operation_id = "get_promotion",
    security(("api_key" = ["orders:read"])),
    params(("code" = String, Path, description = "The code.", example = "TEA10")),
    responses(
        (status = 200, description = "The promotion.", body = wire::Promotion),
        wire::PromotionNotFound,
        wire::ReadErrors,
    )
)]
pub async fn read(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Path(code): Path<String>,
) -> Result<Response> {
    let found = promotions::get(state.pool(), caller.tenant(), &code).await?;
    let found = found.ok_or_else(|| {
        let detail = format!("There is no promotion with the code {code:?}.");
        Problem::new(Kind::PromotionNotFound, detail)
    })?;
    Ok(version::marked_in_front(&as_set(&found), &found))
}

/// What people set of a promotion: who changes it does not compete with those who use it.
fn as_set(promotion: &Value) -> Value {
    let mut set = promotion.clone();
    if let Some(columns) = set.as_object_mut() {
        for counted in ["redeemed", "updated_at"] {
            columns.remove(counted);
        }
    }
    set
}

/// Make or change a promotion
///
/// What the body leaves out gets its default, so send all of it. How often the code was used
/// stays; placed orders keep their discounts. With `If-Match`, only if nobody changed it since.
#[utoipa::path(
    put, path = "/v1/promotions/{code}", tag = "promotions", operation_id = "put_promotion",
    security(("api_key" = ["admin"])),
    params(
        ("code" = String, Path, description = "The code, upper case.", example = "TEA10"),
        wire::IfMatch,
    ),
    request_body(content = wire::PromotionRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The promotion as it is now.", body = wire::Promotion),
        wire::Changed,
        wire::BodyErrors,
    )
)]
pub async fn put(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    Path(code): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let promotion = NewPromotion::parse(&body).map_err(Problem::invalid)?;
    let code = promotions::code(&code).ok_or_else(|| {
        let message = "must be 1 to 64 letters, digits, - and _, in the path";
        Problem::invalid(vec![problem("code".into(), "invalid_code", message)])
    })?;
    let mut tx = version::hold(&state, caller.tenant(), &format!("promotion {code}")).await?;
    let before = promotions::lock(&mut *tx, caller.tenant(), &code).await?;
    version::must_be(&headers, before.as_ref().map(as_set).as_ref())?;
    let put = promotions::put(&mut *tx, caller.tenant(), &code, &promotion).await;
    let after = put.map_err(|error| match error {
        PutError::Invalid(problems) => Problem::invalid(problems),
        PutError::Database(error) => error.into(),
    })?;
    tx.commit().await?;
    Ok(version::marked_whole(&as_set(&after), &after))
}

/// Try a promotion
///
/// What the code would take off such an order, or why it does not. Nothing is used by asking;
/// placing the order asks again, and its `discount_amount` has to be this.
#[utoipa::path(
    post, path = "/v1/promotions/{code}/preview", tag = "promotions",
    operation_id = "preview_promotion",
    security(("api_key" = ["orders:read"])),
    params(("code" = String, Path, description = "The code.", example = "tea10")),
    request_body(content = wire::PreviewRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "What it takes off.", body = wire::Preview),
        wire::BodyErrors,
    )
)]
pub async fn preview(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Path(code): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>> {
    let basket = Basket::parse(&body).map_err(Problem::invalid)?;
    let offer = promotions::offer(&mut *state.db().await?, caller.tenant(), &code, &basket).await?;
    Ok(Json(offer))
}
