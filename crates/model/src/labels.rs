//! Labels of the own warehouse: what there is to buy, what was bought, what goes back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::fulfillments::{WorkLine, WorkParcel};
use crate::orders::TransitionError;
use crate::{TenantId, clean, refusals};

/// What is needed to buy the label of a packed parcel: what `label_plan()` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelPlan {
    /// The order's number, for people.
    pub order_number: String,
    /// Who ordered.
    pub customer_name: String,
    /// Mail address of the customer.
    pub customer_email: Option<String>,
    /// Phone of the customer, E.164.
    pub customer_phone: Option<String>,
    /// Where it goes, as [`crate::words::Address`] in JSON.
    pub shipping_address: Option<Value>,
    /// What is in it.
    pub lines: Vec<WorkLine>,
    /// As it was packed.
    pub parcel: WorkParcel,
    /// Where it leaves from, like `shipping_address`; None: its location has no address.
    pub from: Option<Value>,
    /// `cheapest` or `fastest`; None: as the worker is set.
    pub prefer: Option<String>,
    /// When the carrier gets it.
    pub ships_at: DateTime<Utc>,
    /// The purchase that an earlier attempt began.
    pub begun: Option<ServiceChoice>,
    /// Services that fit it and that nobody refused.
    pub services: Vec<CarrierService>,
}

/// A service of a carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceChoice {
    /// The carrier.
    pub carrier_code: String,
    /// Its own code of the service.
    pub service: String,
}

/// A service that the shop may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarrierService {
    /// Which.
    #[serde(flatten)]
    pub choice: ServiceChoice,
    /// Price of the contract, minor units.
    pub price: Option<i64>,
    /// ISO 4217 code of the price.
    pub currency: Option<String>,
    /// Days to the door, by the contract or by our own parcels before.
    pub days: Option<i64>,
}

/// A purchase that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunLabel {
    /// The label.
    pub shipping_label_id: i64,
    /// Our name for it at the carrier, the same on every attempt.
    pub reference: Uuid,
    /// Whose, and which service: those of the first attempt.
    pub choice: ServiceChoice,
    /// How long ago the last attempt began; None: this is the first.
    pub since_last: Option<Duration>,
}

/// What a carrier sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoughtLabel {
    /// The parcel's number.
    pub tracking_number: String,
    /// By which the carrier takes it back.
    pub carrier_shipment_id: String,
    /// `pdf`, `zpl` or `gif`.
    pub format: &'static str,
    /// What is printed.
    pub content: Vec<u8>,
    /// What it cost, minor units, and in which currency.
    pub price: Option<(i64, String)>,
    /// Where people follow it.
    pub tracking_url: Option<String>,
}

/// A label that shall go back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelToVoid {
    /// The fulfilment of its parcel.
    pub fulfillment_id: i64,
    /// Whose.
    pub carrier_code: String,
    /// The parcel's number.
    pub tracking_number: String,
    /// By which the carrier takes it back.
    pub carrier_shipment_id: String,
    /// Country that it would have left.
    pub from_country: String,
}

/// How a purchase failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelFailure {
    /// The carrier refused; the order shows it if no other service is left.
    Refused {
        /// No service is left.
        is_last: bool,
    },
    /// Nobody knows whether it was bought: a person looks.
    Parked,
}

/// What there is to buy; None: nothing.
///
/// # Errors
/// If the database can't be asked.
pub async fn plan(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
) -> Result<Option<LabelPlan>, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/shipping_labels/plan.sql",
        fulfillment_id,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.plan.map(|Json(plan)| plan))
}

/// Marks a label as being bought; None: nothing to buy any more. Commit it before the call.
///
/// # Errors
/// If the database can't be asked.
pub async fn begin(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    choice: &ServiceChoice,
) -> Result<Option<BegunLabel>, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/shipping_labels/begin.sql",
        fulfillment_id,
        choice.carrier_code.as_str(),
        choice.service.as_str(),
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| BegunLabel {
        shipping_label_id: row.shipping_label_id,
        reference: row.reference,
        choice: ServiceChoice {
            carrier_code: row.carrier_code,
            service: row.service,
        },
        since_last: row
            .last_submitted_seconds
            .map(|seconds| Duration::from_secs_f64(seconds.max(0.0))),
    }))
}

/// Keeps a label and makes its shipment; twice is once.
///
/// # Errors
/// If the database refuses or can't be asked.
pub async fn finish(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    shipping_label_id: i64,
    label: &BoughtLabel,
) -> Result<i64, sqlx::Error> {
    let (price, currency) = label.price.clone().unzip();
    let row = sqlx::query_file!(
        "../../sql/queries/shipping_labels/finish.sql",
        shipping_label_id,
        label.tracking_number.as_str(),
        label.carrier_shipment_id.as_str(),
        label.format,
        label.content.as_slice(),
        price,
        currency,
        label.tracking_url.as_deref(),
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.shipment_id)
}

/// Records that a label was not bought, or that nobody knows.
///
/// # Errors
/// If the database can't be asked.
pub async fn fail(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    shipping_label_id: i64,
    failure: LabelFailure,
    code: &str,
    message: &str,
) -> Result<(), sqlx::Error> {
    let (status, is_last) = match failure {
        LabelFailure::Refused { is_last } => ("failed", is_last),
        LabelFailure::Parked => ("parked", true),
    };
    sqlx::query_file!(
        "../../sql/queries/shipping_labels/fail.sql",
        shipping_label_id,
        status,
        code,
        message,
        is_last,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// A label that shall go back; None: it went, or it does not go any more.
///
/// # Errors
/// If the database can't be asked.
pub async fn to_void(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    shipping_label_id: i64,
) -> Result<Option<LabelToVoid>, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/shipping_labels/to_void.sql",
        shipping_label_id,
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| LabelToVoid {
        fulfillment_id: row.fulfillment_id,
        carrier_code: row.carrier_code,
        tracking_number: row.tracking_number,
        carrier_shipment_id: row.carrier_shipment_id,
        from_country: row.from_country,
    }))
}

/// Ends what no job will buy any more, at most `limit`: purchases whose job died wait for a person,
/// and their orders show why. Answers how many; call it until it answers less than `limit`.
///
/// # Errors
/// If the database can't be asked.
pub async fn park_dead(db: impl PgExecutor<'_>, limit: i32) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!("../../sql/queries/shipping_labels/park_dead.sql", limit)
        .fetch_one(db)
        .await
        .map(i64::from)
}

/// The carrier took a label back, or (code and words) did not.
///
/// # Errors
/// If the database can't be asked.
pub async fn finish_void(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    shipping_label_id: i64,
    refusal: Option<(&str, &str)>,
) -> Result<(), sqlx::Error> {
    let (code, message) = refusal.unzip();
    sqlx::query_file!(
        "../../sql/queries/shipping_labels/finish_void.sql",
        shipping_label_id,
        code,
        message,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// What is printed for a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedLabel {
    /// `pdf`, `zpl` or `gif`.
    pub format: String,
    /// The bytes.
    pub content: Vec<u8>,
    /// The parcel's number.
    pub tracking_number: Option<String>,
}

/// What is printed for a parcel; None: it has no label, or its content was forgotten.
///
/// # Errors
/// If the database can't be asked.
pub async fn of_shipment(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    shipment_id: i64,
) -> Result<Option<PrintedLabel>, sqlx::Error> {
    sqlx::query_file_as!(
        PrintedLabel,
        "../../sql/queries/shipping_labels/of_shipment.sql",
        shipment_id,
        tenant.0
    )
    .fetch_optional(db)
    .await
}

/// A parcel's label shall go back to its carrier, by a job. Twice is once.
///
/// # Errors
/// [`TransitionError`]: the parcel has no label, or is on its way.
pub async fn begin_void(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    shipment_id: i64,
) -> Result<(), TransitionError> {
    sqlx::query_file!(
        "../../sql/queries/shipping_labels/begin_void.sql",
        shipment_id,
        tenant.0
    )
    .fetch_one(db)
    .await
    .map(drop)
    .map_err(|error| refusals::transition(error, "voided"))
}

/// A person looked at the carrier's: the label of which nobody knew was not bought, and another one
/// may be.
///
/// # Errors
/// [`TransitionError::NotFound`]: no label of the fulfilment waits for a person.
pub async fn release(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    actor: &str,
) -> Result<(), TransitionError> {
    sqlx::query_file!(
        "../../sql/queries/shipping_labels/release.sql",
        fulfillment_id,
        clean::text(actor),
        tenant.0
    )
    .fetch_one(db)
    .await
    .map(drop)
    .map_err(|error| refusals::transition(error, "failed"))
}
