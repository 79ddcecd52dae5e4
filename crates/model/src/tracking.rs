//! Parcels that are followed: which are due, what a look at them came to.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::clean;

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

/// One thing that happened to a parcel, in our words.
#[derive(Clone, Debug, Serialize)]
pub struct PolledEvent {
    /// The shop.
    pub tenant_id: Uuid,
    /// The parcel.
    pub shipment_id: i64,
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
    let json = |value: serde_json::Result<serde_json::Value>| {
        value
            .map(|value| clean::json(&value))
            .map_err(|error| sqlx::Error::Encode(error.into()))
    };
    let polls = json(serde_json::to_value(polls))?;
    let events = json(serde_json::to_value(events))?;
    sqlx::query_file_scalar!(
        "../../sql/queries/tracking_schedule/record.sql",
        polls,
        events
    )
    .fetch_one(db)
    .await
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
