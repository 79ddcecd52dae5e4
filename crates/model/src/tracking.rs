//! Parcels that are followed: which are due, what a look at them came to.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{TenantId, clean};

/// A parcel that was claimed for a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuePoll {
    /// The shop.
    pub tenant_id: Uuid,
    /// The parcel.
    pub shipment_id: i64,
    /// The carrier's number.
    pub tracking_number: String,
}

/// What a look at one parcel came to.
#[derive(Clone, Debug, Serialize)]
pub struct Polled {
    /// The shop.
    pub tenant_id: Uuid,
    /// The parcel.
    pub shipment_id: i64,
    /// The carrier's estimate.
    pub estimated_delivery_at: Option<DateTime<Utc>>,
    /// Whether the carrier told about it at all.
    pub is_known: bool,
}

/// One thing that happened to a parcel of ours.
#[derive(Clone, Debug, Serialize)]
pub struct PolledEvent {
    /// The shop.
    pub tenant_id: Uuid,
    /// The parcel.
    pub shipment_id: i64,
    /// What.
    #[serde(flatten)]
    pub happening: Happening,
}

/// One thing that happened to a parcel, in our words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Happening {
    /// In the words of `tracking_events.status`.
    pub status: &'static str,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// The carrier's words.
    pub description: String,
    /// Where.
    pub location: Option<String>,
    /// The carrier's id of it.
    pub carrier_event_id: Option<String>,
}

/// How many parcels of each of these carriers are due, counted up to 10,000.
///
/// # Errors
/// If the database can't be asked.
pub async fn due(
    db: impl PgExecutor<'_>,
    carriers: &[String],
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query_file!("../../sql/queries/tracking_schedule/due.sql", carriers)
        .fetch_all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.carrier_code, row.due))
        .collect())
}

/// Takes the parcels of a carrier that are due longest: for five minutes nobody else gets them.
///
/// # Errors
/// If the database can't be asked.
pub async fn claim(
    db: impl PgExecutor<'_>,
    carrier: &str,
    limit: usize,
) -> Result<Vec<DuePoll>, sqlx::Error> {
    sqlx::query_file_as!(
        DuePoll,
        "../../sql/queries/tracking_schedule/claim.sql",
        carrier,
        i32::try_from(limit).unwrap_or(i32::MAX)
    )
    .fetch_all(db)
    .await
}

/// Writes down what a look came to, and when each parcel is looked at next; answers how many events
/// were news. Parcels, fulfilments and orders follow.
///
/// # Errors
/// If the database can't be asked.
pub async fn record(
    db: impl PgExecutor<'_>,
    polls: &[Polled],
    events: &[PolledEvent],
) -> Result<i32, sqlx::Error> {
    let (polls, events) = (json(polls)?, json(events)?);
    sqlx::query_file_scalar!(
        "../../sql/queries/tracking_schedule/record.sql",
        polls,
        events
    )
    .fetch_one(db)
    .await
}

/// What a carrier said of one parcel without having been asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Push {
    /// Its code.
    pub carrier: &'static str,
    /// Its number of the parcel.
    pub tracking_number: String,
    /// Its estimate.
    pub estimated_delivery_at: Option<DateTime<Utc>>,
    /// What happened.
    pub events: Vec<Happening>,
}

/// What pushes came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// How many of what they told is of parcels of ours.
    pub parcels: i32,
    /// How many events were news.
    pub news: i32,
}

/// Writes down what carriers pushed. Parcels, fulfilments and orders follow; a fact that is known
/// changes nothing, and a late one never moves a parcel backwards.
///
/// # Errors
/// If the database can't be asked.
pub async fn push(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    pushes: &[Push],
) -> Result<Pushed, sqlx::Error> {
    sqlx::query_file_as!(
        Pushed,
        "../../sql/queries/tracking_schedule/push.sql",
        json(pushes)?,
        tenant.0
    )
    .fetch_one(db)
    .await
}

/// What became of parcels that a carrier named without saying what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hurried {
    /// How many of the numbers are parcels of ours.
    pub parcels: i32,
    /// How many of these are followed still, and asked for now.
    pub hurried: i32,
}

/// Has the carrier asked now for those of these parcels that are ours.
///
/// # Errors
/// If the database can't be asked.
pub async fn hurry(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    carrier: &str,
    tracking_numbers: &[String],
) -> Result<Hurried, sqlx::Error> {
    sqlx::query_file_as!(
        Hurried,
        "../../sql/queries/tracking_schedule/hurry.sql",
        carrier,
        tracking_numbers,
        tenant.0
    )
    .fetch_one(db)
    .await
}

/// JSON without what PostgreSQL can't store.
fn json(value: impl Serialize) -> Result<serde_json::Value, sqlx::Error> {
    serde_json::to_value(value)
        .map(|value| clean::json(&value))
        .map_err(|error| sqlx::Error::Encode(error.into()))
}

/// The carrier could not be asked about these: they are due again after `wait` and a while.
///
/// # Errors
/// If the database can't be asked.
pub async fn postpone(
    db: impl PgExecutor<'_>,
    polls: &[Polled],
    wait: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/tracking_schedule/postpone.sql",
        Json(polls) as _,
        wait.as_secs_f64()
    )
    .fetch_one(db)
    .await?;
    Ok(())
}
