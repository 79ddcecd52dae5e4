//! Fulfilments, as the worker that carries them out sees them.
//!
//! An attempt is two transactions with the provider's call between: [`fn@begin`] commits before
//! anything is sent, so that a crash leaves "asked, outcome unknown" behind; then one of
//! [`deliver`], [`accept`], [`retry_later`], [`fail`], [`park`] in the transaction that also ends
//! the job. All of them lock the order before the fulfilment, as everybody does.

mod begin;
mod cancel;
mod dead;
mod now;

pub use begin::{begin, begin_cancellation};
pub use cancel::finish_cancellation;
pub use dead::park_dead;
pub use now::{RunNow, hurry, run_now};

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::catalog::Goods;
use crate::words::Currency;
use crate::{TenantId, clean};

/// The account of fulfilments that any of our accounts may serve.
pub const ANY_ACCOUNT: &str = "default";
/// Who signs the history rows of what these functions do.
const ACTOR: &str = "worker";

/// What a provider is asked for.
#[derive(Clone, Debug)]
pub struct FulfillmentWork {
    /// The fulfilment.
    pub fulfillment_id: i64,
    /// Its order.
    pub order_id: i64,
    /// The order's number, for people.
    pub order_number: String,
    /// Who is asked.
    pub provider_code: String,
    /// Our reference at the provider: the same in every attempt and job of this fulfilment, and
    /// no other's in any database. The idempotency key of the call.
    pub reference: Uuid,
    /// The provider's own reference, if it gave one before.
    pub provider_order_id: Option<String>,
    /// Which attempt this is, from 1, over all its jobs.
    pub attempt: i32,
    /// An earlier submission has no known outcome: look it up before sending again.
    pub resumed: bool,
    /// How long ago the last attempt began.
    pub since_last: Option<Duration>,
    /// Who ordered.
    pub customer_name: String,
    /// Mail address of the customer.
    pub customer_email: Option<String>,
    /// Phone of the customer, E.164.
    pub customer_phone: Option<String>,
    /// Where physical goods go, as [`crate::words::Address`] in JSON.
    pub shipping_address: Option<Value>,
    /// What to deliver.
    pub lines: Vec<WorkLine>,
    /// How many conversations with the provider failed and were to be repeated, since the order
    /// was confirmed or last resumed. Workers that died are none.
    pub failures: i32,
    /// The order is on hold: ask what became of it, and send nothing.
    pub look_only: bool,
    /// Weight, box, money and customs terms of all lines together.
    pub parcel: WorkParcel,
    /// The provider's service that routing chose, by its own name; None: the provider's usual one.
    pub service: Option<String>,
    /// Which of our accounts there: [`ANY_ACCOUNT`] or a name.
    pub account: String,
}

/// One line of a fulfilment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkLine {
    /// The order's line.
    pub order_item_id: i64,
    /// SKU.
    pub sku: String,
    /// Title, for people.
    pub title: String,
    /// Units.
    pub quantity: i64,
    /// Phone that receives airtime or data, E.164.
    pub recipient_phone: Option<String>,
    /// What the provider needs to know, from the variant.
    pub attributes: Value,
    /// What the buyer pays for one unit, minor units of [`WorkParcel::currency`].
    pub unit_price: i64,
    /// What one unit is, as goods.
    #[serde(flatten)]
    pub goods: Goods,
}

/// What `fulfillment_parcel()` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkParcel {
    /// Of all amounts.
    pub currency: Currency,
    /// Price of these units.
    pub goods: i64,
    /// Their share of the shipping fee.
    pub shipping: i64,
    /// Their share of the tax.
    pub tax: i64,
    /// Their share of the discount.
    pub discount: i64,
    /// What is to be collected on delivery; None: nothing.
    pub collect: Option<i64>,
    /// When the order was placed.
    pub placed_at: DateTime<Utc>,
    /// Grams, packaging included.
    pub weight_g: u32,
    /// Longest side of the box.
    pub length_mm: u32,
    /// Second side.
    pub width_mm: u32,
    /// Shortest side.
    pub height_mm: u32,
    /// Where goods without an origin of their own were made.
    pub origin_country: Option<String>,
    /// Who pays duty: `DAP` or `DDP`.
    pub incoterm: String,
}

/// What a call to a provider was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogAction {
    /// First submission.
    Trigger,
    /// A later submission.
    Retry,
    /// Look-up.
    Verify,
    /// Cancellation.
    Cancel,
    /// Purchase of a label.
    Label,
    /// Return of a label.
    Void,
}

impl LogAction {
    fn as_str(self) -> &'static str {
        match self {
            LogAction::Trigger => "trigger",
            LogAction::Retry => "retry",
            LogAction::Verify => "verify",
            LogAction::Cancel => "cancel",
            LogAction::Label => "label",
            LogAction::Void => "void",
        }
    }
}

/// How a call to a provider ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStatus {
    /// Done.
    Success,
    /// Accepted, not done.
    Pending,
    /// Refused or not reached.
    Failed,
    /// Sent without an answer.
    Unknown,
}

impl LogStatus {
    fn as_str(self) -> &'static str {
        match self {
            LogStatus::Success => "success",
            LogStatus::Pending => "pending",
            LogStatus::Failed => "failed",
            LogStatus::Unknown => "unknown",
        }
    }
}

/// One call to a provider, for the record.
#[derive(Clone, Debug)]
pub struct FulfillmentLog {
    /// The fulfilment.
    pub fulfillment_id: i64,
    /// Who was called; None: the fulfilment's provider.
    pub called: Option<String>,
    /// [`FulfillmentWork::attempt`]; None: one more than the last of its action.
    pub attempt: Option<i32>,
    /// What the call was for.
    pub action: LogAction,
    /// How it ended.
    pub status: LogStatus,
    /// What was sent, without credentials.
    pub api_request: Option<Value>,
    /// What came back.
    pub api_response: Option<Value>,
    /// HTTP status, if there was an answer.
    pub http_status: Option<i32>,
    /// How long the call took.
    pub duration: Option<Duration>,
    /// Stable code of the failure.
    pub error_code: Option<String>,
    /// The failure in words.
    pub error_message: Option<String>,
    /// Whether trying again may help.
    pub retryable: Option<bool>,
    /// When the next attempt is due.
    pub next_retry_in: Option<Duration>,
}

/// Whether `attempt` ([`FulfillmentWork::attempt`]) is still the last one that began; holds the
/// fulfilment until the transaction ends, so that it stays so. A worker that was silent for long
/// asks this before it writes a result which ends no job: by then another may be at it.
///
/// # Errors
/// P0NOF if there is no such fulfilment; or the database can't be asked.
pub async fn is_current(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    attempt: i32,
) -> Result<bool, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/fulfillments/is_current.sql",
        fulfillment_id,
        attempt,
        tenant.0
    )
    .fetch_one(db)
    .await
}

/// Records a call to a provider. A second call of the same attempt and action replaces the first.
/// NUL characters, which PostgreSQL can't store, are replaced.
///
/// # Errors
/// If the database can't be asked.
pub async fn log(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    log: &FulfillmentLog,
) -> Result<(), sqlx::Error> {
    let duration_ms = log
        .duration
        .map(|duration| i32::try_from(duration.as_millis()).unwrap_or(i32::MAX));
    sqlx::query_file!(
        "../../sql/queries/fulfillment_logs/record.sql",
        tenant.0,
        log.fulfillment_id,
        log.action.as_str(),
        log.status.as_str(),
        log.attempt,
        log.api_request.as_ref().map(clean::json),
        log.api_response.as_ref().map(clean::json),
        log.http_status,
        duration_ms,
        log.error_code.as_deref().map(clean::text),
        log.error_message.as_deref().map(clean::text),
        log.retryable,
        log.next_retry_in.map(|wait| wait.as_secs_f64()),
        log.called.as_deref()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The provider took it and works on it; ask for its outcome later. Twice is once.
///
/// # Errors
/// P0STT if its state does not allow it; or the database can't be asked.
pub async fn accept(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    provider_order_id: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/fulfillments/accept.sql",
        fulfillment_id,
        provider_order_id.map(clean::text),
        ACTOR,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// A parcel of a fulfilment, as its provider names it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewShipment {
    /// The provider's own name of it.
    pub provider_shipment_id: String,
    /// `shipments.carrier_code`.
    pub carrier: String,
    /// The carrier's service.
    pub service: Option<String>,
    /// The carrier's number, once there is one.
    pub tracking_number: Option<String>,
    /// Where people follow it.
    pub tracking_url: Option<String>,
    /// When the carrier took it; None: not yet.
    pub left_at: Option<DateTime<Utc>>,
}

/// The provider took it and named its parcels; with `is_all` there will be no other, and nobody
/// asks it any more. Twice is once. Answers how many parcels were news.
///
/// # Errors
/// 23505 if a tracking number is of another parcel; or the database can't be asked.
pub async fn ship(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    provider_order_id: &str,
    shipments: &[NewShipment],
    is_all: bool,
) -> Result<i32, sqlx::Error> {
    let shipments =
        serde_json::to_value(shipments).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query_file_scalar!(
        "../../sql/queries/fulfillments/ship.sql",
        fulfillment_id,
        clean::text(provider_order_id),
        clean::json(&shipments),
        is_all,
        ACTOR,
        tenant.0
    )
    .fetch_one(db)
    .await
}

/// Delivered: its units leave the stock, and the order is delivered when all its fulfilments are.
/// Twice is once.
///
/// # Errors
/// P0STT if its state does not allow it; or the database can't be asked.
pub async fn deliver(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    provider_order_id: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/fulfillments/deliver.sql",
        fulfillment_id,
        provider_order_id.map(clean::text),
        ACTOR,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// The attempt failed and another follows. With `look_up_first` the provider may have it: the
/// fulfilment stays submitted, nobody can cancel it, and the next [`fn@begin`] says `resumed`.
/// Without, the provider surely does not have it, and the order may be cancelled meanwhile.
///
/// # Errors
/// P0STT if its state does not allow it; or the database can't be asked.
pub async fn retry_later(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    code: &str,
    message: &str,
    look_up_first: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/fulfillments/retry.sql",
        fulfillment_id,
        clean::text(code),
        clean::text(message),
        look_up_first,
        ACTOR,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// The provider may not be called now, and nothing was sent: it waits as before, and no failure is
/// counted.
///
/// # Errors
/// P0STT if its state does not allow it; or the database can't be asked.
pub async fn postpone(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/fulfillments/postpone.sql",
        fulfillment_id,
        ACTOR,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// Failed for good, and surely without effect: the order goes on hold with an error on record
/// (`category` and `severity` as in `order_errors`), and the customer hears that it takes longer.
/// Twice is once.
///
/// # Errors
/// P0STT if its state does not allow it; or the database can't be asked.
pub async fn fail(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    code: &str,
    message: &str,
    category: &str,
    severity: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/fulfillments/fail.sql",
        fulfillment_id,
        clean::text(code),
        clean::text(message),
        category,
        severity,
        ACTOR,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// Nobody knows whether the provider has it, and it can't say: the order goes on hold until a
/// person finds out. Twice is once.
///
/// # Errors
/// P0STT if its state does not allow it; or the database can't be asked.
pub async fn park(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    code: &str,
    message: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/fulfillments/park.sql",
        fulfillment_id,
        clean::text(code),
        clean::text(message),
        ACTOR,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}
