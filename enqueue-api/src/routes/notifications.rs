//! What customers read inside the shop, how they want to be told, and how notices go.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use stevedore_model::notifications::inbox::{self, PreferencesError};
use stevedore_model::problems::Fields;

use crate::auth::{Admin, Caller, OrdersRead, OrdersWrite};
use crate::body::JsonBody;
use crate::csv;
use crate::problem::{Kind, Problem, Result};
use crate::routes::customer;
use crate::routes::legacy::success;
use crate::routes::listing::Asked;
use crate::routes::lists::NOTIFICATIONS;
use crate::routes::path_id::{self, Id};
use crate::routes::query::QueryFields;
use crate::routes::version;
use crate::state::ApiState;
use crate::wire;

const IDS_MAX: usize = 1_000;
const IDS_ARE: &str = "must be an array of at most 1000 ids";
/// The states of notices.
pub(crate) const STATUSES: [&str; 6] = [
    "pending",
    "sent",
    "delivered",
    "failed",
    "skipped",
    "cancelled",
];
/// What notices go by.
pub(crate) const CHANNELS: [&str; 7] = [
    "email",
    "sms",
    "whatsapp",
    "in_app",
    "slack",
    "pagerduty",
    "webhook",
];

/// List a customer's notifications
///
/// What the customer reads inside the shop, and how many are unread.
#[utoipa::path(
    get, path = "/v1/notifications", tag = "notifications", operation_id = "list_notifications",
    security(("api_key" = ["orders:read"])),
    params(("customer_id" = String, Query, description = "The shop's own id of the customer.")),
    responses(
        (status = 200, description = "A page of them.", body = wire::NotificationList),
        wire::CustomerNotFound, wire::QueryRefused, wire::ReadErrors,
    )
)]
pub async fn list(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let asked = asked(&caller, &state, pairs).await?;
    if csv::is_wanted(&headers) {
        return asked.1.csv(&state, caller.tenant()).await;
    }
    Ok(Json(page(&caller, &state, asked).await?).into_response())
}

/// Which of a customer's notifications, and the customer's key.
async fn asked(
    caller: &Caller<OrdersRead>,
    state: &ApiState,
    pairs: Vec<(String, String)>,
) -> Result<(i64, Asked)> {
    let mut names = NOTIFICATIONS.names();
    names.push("customer_id");
    let mut fields = QueryFields::read(pairs, &names);
    let customer = fields.required("customer_id").unwrap_or_default();
    let asked = Asked::of(&mut fields, &NOTIFICATIONS);
    fields.finish()?;
    let customer = customer::key(state, caller.tenant(), &customer).await?;
    Ok((customer, asked.within("customer_id", customer)))
}

/// A page of them, and how many are unread on all pages.
async fn page(
    caller: &Caller<OrdersRead>,
    state: &ApiState,
    (customer, asked): (i64, Asked),
) -> Result<Map<String, Value>> {
    let mut body = asked.body(state, caller.tenant()).await?;
    let unread = inbox::unread(state.pool(), caller.tenant(), customer).await?;
    body.insert("unread_count".to_owned(), unread.into());
    Ok(body)
}

/// Mark notifications as read
///
/// Some of a customer's, or all of them. Twice is once.
#[utoipa::path(
    post, path = "/v1/notifications/read", tag = "notifications",
    operation_id = "read_notifications",
    security(("api_key" = ["orders:write"])),
    request_body(content = wire::ReadRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "How many are unread now.", body = wire::Unread),
        wire::CustomerNotFound, wire::BodyErrors,
    )
)]
pub async fn read(
    caller: Caller<OrdersWrite>,
    State(state): State<ApiState>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>> {
    let (mut problems, mut customer, mut ids) = (Vec::new(), String::new(), None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        customer = fields
            .required_text("customer_id", 1..=128)
            .unwrap_or_default()
            .to_owned();
        if let Some(list) = fields.any("notification_ids").cloned() {
            ids = id_list(&list);
            if ids.is_none() {
                fields.wrong::<()>("notification_ids", "wrong_type", IDS_ARE);
            }
        }
        fields.finish();
    }
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let (mut db, tenant) = (state.db().await?, caller.tenant());
    let read = inbox::read(&mut *db, tenant, &customer, ids.as_deref()).await?;
    read.map(Json).ok_or_else(|| customer::missing(&customer))
}

fn id_list(list: &Value) -> Option<Vec<i64>> {
    let list = list.as_array().filter(|list| list.len() <= IDS_MAX)?;
    list.iter().map(Value::as_i64).collect()
}

/// Delete a notification
///
/// Twice is once.
#[utoipa::path(
    delete, path = "/v1/customers/{customer_id}/notifications/{notification_id}",
    tag = "notifications", operation_id = "delete_notification",
    security(("api_key" = ["orders:write"])),
    params(
        ("customer_id" = String, Path, description = "The shop's own id of the customer."),
        ("notification_id" = i64, Path, minimum = 1, description = "The notification's id.",
            example = 1),
    ),
    responses(
        (status = 200, description = "How many are unread now.", body = wire::Unread),
        wire::CustomerNotFound, wire::QueryRefused, wire::ReadErrors,
    )
)]
pub async fn delete(
    caller: Caller<OrdersWrite>,
    State(state): State<ApiState>,
    Path((customer, notification_id)): Path<(String, String)>,
) -> Result<Json<Value>> {
    // What is no number is the id of none of them.
    let id = notification_id.parse().unwrap_or(0);
    let deleted = inbox::delete(state.pool(), caller.tenant(), &customer, id).await?;
    deleted
        .map(Json)
        .ok_or_else(|| customer::missing(&customer))
}

/// What the path of earlier shops is asked, in either spelling.
const CUSTOMER: [&str; 3] = ["customer_id", "customerId", "userId"];

/// List a customer's notifications, on the older path
///
/// As `GET /v1/notifications`; the customer may be called `userId`.
#[utoipa::path(
    get, path = "/api/notifications", tag = "legacy", operation_id = "legacy_notifications",
    security(("api_key" = ["orders:read"])),
    params(("userId" = String, Query, description = "The shop's own id of the customer.")),
    responses(
        (status = 200, description = "A page of them.", body = wire::Legacy),
        wire::CustomerNotFound, wire::QueryRefused, wire::ReadErrors,
    )
)]
pub async fn legacy_list(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let pairs = pairs.into_iter().map(|(name, value)| {
        let is_customer = CUSTOMER.contains(&name.as_str());
        (
            if is_customer {
                CUSTOMER[0].to_owned()
            } else {
                name
            },
            value,
        )
    });
    let asked = asked(&caller, &state, pairs.collect()).await?;
    Ok(success(page(&caller, &state, asked).await?.into()))
}

/// Mark notifications as read, or throw one away, on the older path
///
/// `action` is `read` (`ids`, or all) or `delete` (`id`).
#[utoipa::path(
    post, path = "/api/notifications", tag = "legacy", operation_id = "legacy_change_notifications",
    security(("api_key" = ["orders:write"])),
    request_body(content = wire::LegacyRead, content_type = "application/json"),
    responses(
        (status = 200, description = "How many are unread now.", body = wire::Legacy),
        wire::CustomerNotFound, wire::BodyErrors,
    )
)]
pub async fn legacy_change(
    caller: Caller<OrdersWrite>,
    State(state): State<ApiState>,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let (mut problems, mut wanted) = (Vec::new(), None);
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        let mut customer = None;
        for name in CUSTOMER {
            customer = fields.text(name, 1..=128).or(customer);
        }
        let ids = fields.any("ids").map(id_list);
        if ids == Some(None) {
            fields.wrong::<()>("ids", "wrong_type", IDS_ARE);
        }
        let id = fields.integer("id", 1..=i64::MAX);
        let action = fields.text("action", 1..=20).unwrap_or("read");
        if customer.is_none() {
            fields.wrong::<()>("userId", "required", "is required");
        }
        if !matches!((action, id), ("read", None) | ("delete", Some(_))) {
            let message = "must be read, or delete with an id";
            fields.wrong::<()>("action", "unknown", message);
        }
        fields.finish();
        wanted = customer.map(|customer| (customer.to_owned(), ids.flatten(), id));
    }
    let (customer, ids, id) = match wanted {
        Some(wanted) if problems.is_empty() => wanted,
        _ => return Err(Problem::invalid(problems)),
    };
    let (mut db, tenant) = (state.db().await?, caller.tenant());
    let counted = match id {
        Some(id) => inbox::delete(&mut *db, tenant, &customer, id).await?,
        None => inbox::read(&mut *db, tenant, &customer, ids.as_deref()).await?,
    };
    counted
        .map(success)
        .ok_or_else(|| customer::missing(&customer))
}

/// Read notification preferences
///
/// How the customer is told, after the customer's own wishes and the shop's.
#[utoipa::path(
    get, path = "/v1/customers/{customer_id}/notification-preferences", tag = "notifications",
    operation_id = "get_notification_preferences",
    security(("api_key" = ["orders:read"])),
    params(("customer_id" = String, Path, description = "The shop's own id of the customer.")),
    responses(
        (status = 200, description = "What holds.", body = wire::NotificationPreferences),
        wire::CustomerNotFound, wire::ReadErrors,
    )
)]
pub async fn preferences(
    caller: Caller<OrdersRead>,
    State(state): State<ApiState>,
    Path(customer): Path<String>,
) -> Result<Json<Value>> {
    let found = inbox::preferences(state.pool(), caller.tenant(), &customer).await?;
    found.map(Json).ok_or_else(|| customer::missing(&customer))
}

/// Change notification preferences
///
/// All of them at once; what is left out is as the shop does it. What is essential, such as a
/// confirmation, can't be muted. With `If-Match`, only if nobody changed them since.
#[utoipa::path(
    put, path = "/v1/customers/{customer_id}/notification-preferences", tag = "notifications",
    operation_id = "put_notification_preferences",
    security(("api_key" = ["orders:write"])),
    params(
        ("customer_id" = String, Path, description = "The shop's own id of the customer."),
        wire::IfMatch,
    ),
    request_body(content = wire::PreferencesRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "What holds now.", body = wire::NotificationPreferences),
        wire::CustomerNotFound, wire::Changed, wire::BodyErrors,
    )
)]
pub async fn put_preferences(
    caller: Caller<OrdersWrite>,
    State(state): State<ApiState>,
    Path(customer): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response> {
    let mut problems = Vec::new();
    if let Some(mut fields) = Fields::of(&body, "", &mut problems) {
        for name in ["channels", "muted_types"] {
            fields.any(name);
        }
        for name in ["time_zone", "quiet_from", "quiet_until"] {
            fields.text(name, 1..=64);
        }
        fields.finish();
    }
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let tenant = caller.tenant();
    let mut tx = version::hold(&state, tenant, &format!("preferences {customer}")).await?;
    let before = inbox::preferences(&mut *tx, tenant, &customer).await?;
    let before = before.ok_or_else(|| customer::missing(&customer))?;
    version::must_be(&headers, Some(&before))?;
    let kept = inbox::set_preferences(&mut *tx, tenant, &customer, &body).await;
    let kept = kept.map_err(|error| match error {
        PreferencesError::Invalid(problems) => Problem::invalid(problems),
        PreferencesError::Database(error) => error.into(),
        error => Problem::new(Kind::Internal, error.to_string()),
    })?;
    let kept = kept.ok_or_else(|| customer::missing(&customer))?;
    tx.commit().await?;
    Ok(version::marked(&kept))
}

/// Send a notice again
///
/// One that failed; any other stays as it is.
#[utoipa::path(
    post, path = "/v1/notices/{notice_id}/retry", tag = "notifications",
    operation_id = "retry_notice",
    security(("api_key" = ["admin"])),
    params(("notice_id" = i64, Path, minimum = 1, description = "The notice's id.", example = 1)),
    responses(
        (status = 200, description = "Its state now.", body = wire::NoticeState),
        wire::NoticeNotFound, wire::ReadErrors,
    )
)]
pub async fn retry(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    notice: Id<path_id::Notice>,
) -> Result<Json<Value>> {
    let mut db = state.db().await?;
    let retried = inbox::retry(&mut *db, caller.tenant(), notice.0).await?;
    retried.map(Json).ok_or_else(|| notice.missing())
}
