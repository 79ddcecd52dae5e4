//! What people do to stock: receipts, corrections, policy, transfers.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stevedore_model::lists;
use stevedore_model::problems::{Fields, problem};
use stevedore_model::stock::{self, AtLocation, By, ChangeError, TransferStep};

use crate::auth::{Caller, StockRead, StockWrite};
use crate::body::{JsonBody, OptionalJsonBody};
use crate::problem::{Kind, Problem, Result};
use crate::routes::lists::row;
use crate::routes::orders::out_of_stock;
use crate::routes::path_id::{self, Id};
use crate::routes::version;
use crate::state::ApiState;
use crate::wire;

pub(crate) const UNITS_MAX: i64 = 1_000_000_000;
pub(crate) const SKU_CHARS_MAX: usize = 64;

/// Receive goods
///
/// Units arrive at a location and can be promised at once; orders that wait for them get theirs.
/// Send an `Idempotency-Key`: the same goods received twice are two deliveries.
#[utoipa::path(
    post, path = "/v1/stock/receipts", tag = "stock", operation_id = "receive_stock",
    security(("api_key" = ["stock:write"])),
    request_body(content = wire::StockReceipt, content_type = "application/json"),
    responses(
        (status = 200, description = "What is on hand there now.", body = wire::OnHand),
        wire::BodyErrors,
    )
)]
pub async fn receive(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>> {
    let (place, (quantity, reason)) = at_location(&body, |fields| {
        let quantity = fields.required_integer("quantity", 1..=UNITS_MAX);
        Some((quantity?, fields.text("reason", 1..=200).map(str::to_owned)))
    })?;
    let (mut db, actor) = (state.db().await?, caller.actor());
    let by = By {
        tenant: caller.tenant(),
        actor: &actor,
    };
    let on_hand = stock::receive(&mut db, by, &place, quantity, reason.as_deref()).await;
    let on_hand = on_hand.map_err(in_body)?;
    Ok(Json(
        json!({ "sku": place.sku, "location": place.location, "on_hand": on_hand }),
    ))
}

/// Correct the stock
///
/// From what somebody saw in the books (`expected`) to what there is (`counted`). Refused when the
/// books say something else by now: look again.
#[utoipa::path(
    post, path = "/v1/stock/adjustments", tag = "stock", operation_id = "adjust_stock",
    security(("api_key" = ["stock:write"])),
    request_body(content = wire::StockAdjustment, content_type = "application/json"),
    responses(
        (status = 200, description = "What was corrected.", body = wire::StockAdjusted),
        wire::BodyErrors,
    )
)]
pub async fn adjust(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>> {
    let (place, (expected, counted, reason)) = at_location(&body, |fields| {
        let expected = fields.required_integer("expected", 0..=UNITS_MAX);
        let counted = fields.required_integer("counted", 0..=UNITS_MAX);
        let reason = fields.required_text("reason", 1..=200).map(str::to_owned);
        Some((expected?, counted?, reason?))
    })?;
    let (mut db, actor) = (state.db().await?, caller.actor());
    let by = By {
        tenant: caller.tenant(),
        actor: &actor,
    };
    let correction = stock::adjust(&mut db, by, &place, expected, counted, &reason).await;
    let correction = correction.map_err(in_body)?;
    Ok(Json(json!({
        "sku": place.sku, "location": place.location, "correction": correction,
        "on_hand": counted,
    })))
}

/// Read the policy of an item
///
/// How far it may be promised beyond the stock, at each location that has it.
#[utoipa::path(
    get, path = "/v1/stock/{sku}/policy", tag = "stock", operation_id = "get_stock_policy",
    security(("api_key" = ["stock:read"])),
    params(("sku" = String, Path, description = "SKU of the stock item.", example = "MUG-RED")),
    responses(
        (status = 200, description = "What holds.", body = wire::StockPolicies),
        wire::StockNotFound,
        wire::ReadErrors,
    )
)]
pub async fn policy(
    caller: Caller<StockRead>,
    State(state): State<ApiState>,
    Path(sku): Path<String>,
) -> Result<Json<Value>> {
    let found = stock::policy(state.pool(), caller.tenant(), &sku).await?;
    found.map(Json).ok_or_else(|| {
        Problem::new(
            Kind::StockNotFound,
            format!("There is no stock item {sku:?}."),
        )
    })
}

/// Set the policy of an item
///
/// How far it may be promised beyond the stock, at one location or at all that have it. What is
/// left out stays as it is; a limit of null is none. With `If-Match`, only if nobody changed it
/// since.
#[utoipa::path(
    put, path = "/v1/stock/{sku}/policy", tag = "stock", operation_id = "set_stock_policy",
    security(("api_key" = ["stock:write"])),
    params(
        ("sku" = String, Path, description = "SKU of the stock item.", example = "MUG-RED"),
        wire::IfMatch,
    ),
    request_body(content = wire::StockPolicy, content_type = "application/json"),
    responses(
        (status = 200, description = "At how many locations it holds.", body = wire::PolicySet),
        wire::StockNotFound,
        wire::Changed,
        wire::BodyErrors,
    )
)]
pub async fn set_policy(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    Path(sku): Path<String>,
    headers: HeaderMap,
    JsonBody(mut body): JsonBody,
) -> Result<Json<Value>> {
    let nuls = crate::json::take_out_nuls(&mut body);
    if !nuls.is_empty() {
        return Err(Problem::invalid(nuls));
    }
    if sku.contains('\0') {
        return Err(Problem::new(
            Kind::StockNotFound,
            "There is no such stock item.",
        ));
    }
    let location = match body
        .as_object_mut()
        .and_then(|policy| policy.remove("location"))
    {
        None | Some(Value::Null) => None,
        Some(Value::String(code)) => Some(code),
        Some(_) => {
            let wrong = problem("location".to_owned(), "wrong_type", "must be a string");
            return Err(Problem::invalid(vec![wrong]));
        }
    };
    let (tenant, actor) = (caller.tenant(), caller.actor());
    let by = By {
        tenant,
        actor: &actor,
    };
    let mut tx = version::hold(&state, tenant, &format!("policy {sku}")).await?;
    let before = stock::policy(&mut *tx, tenant, &sku).await?;
    version::must_be(&headers, before.as_ref())?;
    let levels = stock::set_policy(&mut tx, by, &sku, location.as_deref(), &body).await?;
    tx.commit().await?;
    Ok(Json(json!({ "sku": sku, "levels": levels })))
}

/// Ask for a transfer
///
/// Of units from one location to another. Nothing moves before it is shipped.
#[utoipa::path(
    post, path = "/v1/transfers", tag = "stock", operation_id = "create_transfer",
    security(("api_key" = ["stock:write"])),
    request_body(content = wire::NewTransfer, content_type = "application/json"),
    responses(
        (status = 201, description = "The transfer.", body = wire::Transfer),
        wire::BodyErrors,
    )
)]
pub async fn create_transfer(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    JsonBody(mut body): JsonBody,
) -> Result<Response> {
    let mut problems = crate::json::take_out_nuls(&mut body);
    let mut wanted = None;
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        let from = fields.required_text("from", 1..=40).map(str::to_owned);
        let to = fields.required_text("to", 1..=40).map(str::to_owned);
        let lines = fields.require("lines").cloned();
        let note = fields.text("note", 1..=500).map(str::to_owned);
        lines_of(&mut fields, lines.as_ref());
        fields.finish();
        wanted = from
            .zip(to)
            .zip(lines)
            .map(|((from, to), lines)| (from, to, lines, note));
    }
    let Some((from, to, lines, note)) = wanted.filter(|_| problems.is_empty()) else {
        return Err(Problem::invalid(problems));
    };
    let (mut db, actor) = (state.db().await?, caller.actor());
    let by = By {
        tenant: caller.tenant(),
        actor: &actor,
    };
    let transfer_id =
        stock::create_transfer(&mut db, by, &from, &to, &lines, note.as_deref()).await;
    let transfer_id = transfer_id.map_err(in_body)?;
    let list = &lists::TRANSFERS;
    let transfer = row(&mut db, by.tenant, list, transfer_id, gone).await?;
    Ok((StatusCode::CREATED, transfer).into_response())
}

/// Ship a transfer
///
/// Its units leave, unless they are promised. Twice is once.
#[utoipa::path(
    post, path = "/v1/transfers/{transfer_id}/ship", tag = "stock",
    operation_id = "ship_transfer",
    security(("api_key" = ["stock:write"])),
    params(("transfer_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    responses(
        (status = 200, description = "The transfer as it is now.", body = wire::Transfer),
        wire::StockNotFound, wire::EditRefused, wire::ReadErrors,
    )
)]
pub async fn ship_transfer(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    transfer: Id<path_id::Transfer>,
) -> Result<Json<Value>> {
    move_transfer(&caller, &state, &transfer, &TransferStep::Ship).await
}

/// Receive a transfer
///
/// All that is missing of it, or the lines named. What is missing after the last delivery
/// (`is_last`) is lost.
#[utoipa::path(
    post, path = "/v1/transfers/{transfer_id}/receive", tag = "stock",
    operation_id = "receive_transfer",
    security(("api_key" = ["stock:write"])),
    params(("transfer_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    request_body(content = Option<wire::TransferReceipt>, content_type = "application/json"),
    responses(
        (status = 200, description = "The transfer as it is now.", body = wire::Transfer),
        wire::StockNotFound, wire::TransitionRefused, wire::BodyErrors,
    )
)]
pub async fn receive_transfer(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    transfer: Id<path_id::Transfer>,
    OptionalJsonBody(mut body): OptionalJsonBody,
) -> Result<Json<Value>> {
    let mut problems = crate::json::take_out_nuls(&mut body);
    let (mut lines, mut is_last) = (None, false);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        lines = fields.any("lines").cloned();
        lines_of(&mut fields, lines.as_ref());
        match fields.any("is_last") {
            None => {}
            Some(Value::Bool(last)) => is_last = *last,
            Some(_) => {
                let _: Option<()> = fields.wrong("is_last", "wrong_type", "must be true or false");
            }
        }
        fields.finish();
    }
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    move_transfer(
        &caller,
        &state,
        &transfer,
        &TransferStep::Receive {
            lines: lines.as_ref(),
            is_last,
        },
    )
    .await
}

/// Give a transfer up
///
/// One that has not left. Twice is once.
#[utoipa::path(
    post, path = "/v1/transfers/{transfer_id}/cancel", tag = "stock",
    operation_id = "cancel_transfer",
    security(("api_key" = ["stock:write"])),
    params(("transfer_id" = i64, Path, minimum = 1, description = "Its id.", example = 1)),
    responses(
        (status = 200, description = "The transfer as it is now.", body = wire::Transfer),
        wire::StockNotFound, wire::TransitionRefused, wire::ReadErrors,
    )
)]
pub async fn cancel_transfer(
    caller: Caller<StockWrite>,
    State(state): State<ApiState>,
    transfer: Id<path_id::Transfer>,
) -> Result<Json<Value>> {
    move_transfer(&caller, &state, &transfer, &TransferStep::Cancel).await
}

async fn move_transfer(
    caller: &Caller<StockWrite>,
    state: &ApiState,
    transfer: &Id<path_id::Transfer>,
    step: &TransferStep<'_>,
) -> Result<Json<Value>> {
    let (mut db, actor) = (state.db().await?, caller.actor());
    let by = By {
        tenant: caller.tenant(),
        actor: &actor,
    };
    stock::move_transfer(&mut db, by, transfer.0, step).await?;
    let list = &lists::TRANSFERS;
    row(&mut db, by.tenant, list, transfer.0, || transfer.missing()).await
}

/// Reads `sku`, `location` and what else `more` reads.
fn at_location<T>(
    body: &Value,
    more: impl FnOnce(&mut Fields<'_>) -> Option<T>,
) -> Result<(AtLocation, T)> {
    let (mut problems, mut found) = (Vec::new(), None);
    if let Some(mut fields) = Fields::of(body, "", &mut problems) {
        let sku = fields
            .required_text("sku", 1..=SKU_CHARS_MAX)
            .map(str::to_owned);
        let location = fields.required_text("location", 1..=40).map(str::to_owned);
        let rest = more(&mut fields);
        fields.finish();
        let place = sku
            .zip(location)
            .map(|(sku, location)| AtLocation { sku, location });
        found = place.zip(rest);
    }
    found
        .filter(|_| problems.is_empty())
        .ok_or_else(|| Problem::invalid(problems))
}

/// The shape of `[{"sku", "quantity"}]`; the database judges the rest.
fn lines_of(fields: &mut Fields<'_>, lines: Option<&Value>) {
    let Some(lines) = lines else { return };
    let Value::Array(lines) = lines else {
        let _: Option<()> = fields.wrong("lines", "wrong_type", "must be an array");
        return;
    };
    for (index, line) in lines.iter().enumerate() {
        if let Some(mut line) = Fields::of(line, format!("lines[{index}]"), fields.problems()) {
            let _ = line.required_text("sku", 1..=SKU_CHARS_MAX);
            let _ = line.required_integer("quantity", 1..=UNITS_MAX);
            line.finish();
        }
    }
}

pub(crate) fn gone() -> Problem {
    Problem::new(Kind::StockNotFound, "It is gone.")
}

/// Of requests that name items and locations in their body: what is not there is a wrong field.
pub(crate) fn in_body(error: ChangeError) -> Problem {
    match error {
        ChangeError::NotFound(message) => {
            let field = if message.contains("location") {
                "location"
            } else {
                "sku"
            };
            Problem::invalid(vec![problem(field.to_owned(), "unknown", &message)])
        }
        error => error.into(),
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound(message) => Problem::new(Kind::StockNotFound, message),
            ChangeError::Invalid(problems) => Problem::invalid(problems),
            ChangeError::Illegal(message) => Problem::new(Kind::IllegalTransition, message),
            ChangeError::OutOfStock(shortages) => out_of_stock(&shortages),
            ChangeError::Database(error) => error.into(),
        }
    }
}
