//! Whether an outside system may be called now: its rate and its breaker, one for the whole fleet.
//! `worker/src/gate.rs` asks; `sql/functions/{enter,report}_provider.sql` decide.

use std::time::Duration;

use sqlx::PgExecutor;

use crate::clean;

/// The answer to [`enter`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// How many calls may go, now; none: wait.
    pub permits: u32,
    /// How long to wait when none may.
    pub wait: Duration,
    /// The rate of the account; none: permits are not counted.
    pub per_second: Option<f64>,
    /// The one permit tries whether a broken system works again.
    pub is_probe: bool,
    /// There are failures on record, so a success must be told.
    pub is_troubled: bool,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report<'a> {
    /// The system did its work, whatever it answered.
    pub worked: bool,
    /// The call was the probe of an open breaker.
    pub is_probe: bool,
    /// The system asked for so much patience.
    pub pause: Option<Duration>,
    /// What went wrong; nothing secret or personal.
    pub error: Option<&'a str>,
}

/// What a [`report`] came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Calls may go.
    pub is_closed: bool,
    /// This report opened the breaker.
    pub has_opened: bool,
}

/// Asks for `wanted` calls that are about to be made.
///
/// # Errors
/// If the database can't be asked.
pub async fn enter(
    db: impl PgExecutor<'_>,
    provider: &str,
    account: &str,
    wanted: u32,
) -> Result<Entry, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/provider_gates/enter.sql",
        provider,
        account,
        i32::try_from(wanted).unwrap_or(i32::MAX)
    )
    .fetch_one(db)
    .await?;
    Ok(Entry {
        permits: u32::try_from(row.permits).unwrap_or(0),
        wait: Duration::from_millis(row.wait_ms.unsigned_abs()),
        per_second: row.per_second,
        is_probe: row.is_probe,
        is_troubled: row.is_troubled,
    })
}

/// Sets the rate that a provider's documents allow, unless somebody set one.
///
/// # Errors
/// If the database can't be asked.
pub async fn declare_rate(
    db: impl PgExecutor<'_>,
    provider: &str,
    account: &str,
    calls: u32,
    per: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/provider_gates/declare_rate.sql",
        provider,
        account,
        i32::try_from(calls).unwrap_or(i32::MAX),
        per.as_secs_f64()
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// Tells how a call ended: a failure always, a success of a probe or while there is trouble.
///
/// # Errors
/// If the database can't be asked.
pub async fn report(
    db: impl PgExecutor<'_>,
    provider: &str,
    account: &str,
    report: &Report<'_>,
) -> Result<Reported, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/provider_gates/report.sql",
        provider,
        account,
        report.worked,
        report.is_probe,
        report
            .pause
            .map(|pause| i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)),
        report.error.map(clean::text)
    )
    .fetch_one(db)
    .await?;
    Ok(Reported {
        is_closed: row.state == "closed",
        has_opened: row.has_opened,
    })
}
