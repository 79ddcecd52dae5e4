//! Wallets: balances, statements, and what staff put in.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stevedore_model::wallets::{self, NewEntry, PostError, WalletShort};

use crate::auth::{Admin, Caller, OrdersRead};
use crate::body::JsonBody;
use crate::problem::{Kind, Problem, Result};
use crate::routes::customer;
use crate::routes::idempotency::{self, REPLAYED};
use crate::routes::listing::Asked;
use crate::routes::lists::WALLET_ENTRIES;
use crate::state::ApiState;
use crate::wire;

/// Read a wallet
///
/// What a customer has with the shop, per currency.
#[utoipa::path(
    get, path = "/v1/wallets/{customer_id}", tag = "wallets", operation_id = "get_wallet",
    security(("api_key" = ["orders:read"])),
    params(("customer_id" = String, Path, description = "The shop's own id of the customer.")),
    responses(
        (status = 200, description = "Balances.", body = wire::Wallet),
        wire::CustomerNotFound,
        wire::ReadErrors,
    )
)]
pub async fn read(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Path(customer): Path<String>,
) -> Result<Json<Value>> {
    let found = wallets::balances(state.pool(), caller.tenant(), &customer).await?;
    found.map(Json).ok_or_else(|| customer::missing(&customer))
}

/// Read a wallet's statement
///
/// Every change of it.
#[utoipa::path(
    get, path = "/v1/wallets/{customer_id}/entries", tag = "wallets",
    operation_id = "list_wallet_entries",
    security(("api_key" = ["orders:read"])),
    params(("customer_id" = String, Path, description = "The shop's own id of the customer.")),
    responses(
        (status = 200, description = "A page of entries.", body = wire::WalletStatement),
        wire::CustomerNotFound,
        wire::QueryRefused,
        wire::ReadErrors,
    )
)]
pub async fn statement(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Path(customer): Path<String>,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let (asked, tenant) = (Asked::read(pairs, &WALLET_ENTRIES)?, caller.tenant());
    let customer = customer::key(&state, tenant, &customer).await?;
    let asked = asked.within("customer_id", customer);
    asked.answer(&state, tenant, &headers).await
}

/// Top up or correct a wallet
///
/// For staff, and for the shop's own systems that take the money. Send an `Idempotency-Key`, so
/// that a repeated request posts once. A correction may be negative, needs a reason, and never
/// makes a balance negative.
#[utoipa::path(
    post, path = "/v1/wallets/{customer_id}/entries", tag = "wallets",
    operation_id = "post_wallet_entry",
    security(("api_key" = ["admin"])),
    params(
        ("customer_id" = String, Path, description = "The shop's own id of the customer."),
        wire::IdempotencyKeyHeader,
    ),
    request_body(content = wire::WalletEntryRequest, content_type = "application/json"),
    responses(
        (status = 201, description = "The entry is posted.", body = wire::WalletPosted),
        wire::CustomerNotFound,
        wire::WalletRefused,
        wire::KeyedErrors,
    )
)]
pub async fn post(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    Path(customer): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let key = idempotency::key(&headers)?;
    let entry = NewEntry::parse(&body).map_err(Problem::invalid)?;
    let (tenant, actor) = (caller.tenant(), caller.actor());
    let mut db = state.db().await?;
    let posted = wallets::post(&mut *db, tenant, &customer, &entry, key, &actor).await;
    let posted = posted.map_err(|error| match error {
        PostError::NoCustomer => customer::missing(&customer),
        PostError::Short(short) => insufficient(&short),
        PostError::KeyReused => idempotency::reused(),
        PostError::Database(error) => error.into(),
    })?;
    let answer = json!({
        "wallet_entry_id": posted.wallet_entry_id,
        "balance": posted.balance,
    });
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    if posted.replayed {
        let replayed = HeaderValue::from_static("true");
        response.headers_mut().insert(REPLAYED, replayed);
    }
    Ok(response)
}

/// 409: the wallet has less than that.
#[must_use]
pub fn insufficient(short: &WalletShort) -> Problem {
    let WalletShort {
        currency,
        requested,
        available,
    } = short;
    let detail =
        format!("The wallet has {available} of the {requested} {currency} (minor units) needed.");
    Problem::new(Kind::InsufficientFunds, detail)
        .with("currency", currency.as_str())
        .with("requested", *requested)
        .with("available", *available)
}
