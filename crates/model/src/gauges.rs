//! The state of the shop and its database as gauges, read by one process for the whole fleet.

use std::collections::BTreeMap;

use sqlx::PgExecutor;
use sqlx::types::Json;

/// Named by the statements in `sql/queries/gauges`.
type Labels = Json<BTreeMap<String, String>>;

/// One reading, as Prometheus takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// Name of the metric, as in `docs/metrics.md`.
    pub metric: String,
    /// Its labels by name.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// All gauges as of now, from the view `vw_gauges`.
///
/// # Errors
/// Those of the database.
pub async fn read(db: impl PgExecutor<'_>) -> Result<Vec<Gauge>, sqlx::Error> {
    let rows = sqlx::query_file!("../../sql/queries/gauges/read.sql")
        .fetch_all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Gauge {
            metric: row.metric,
            labels: row.labels.0,
            value: row.value,
        })
        .collect())
}

/// What was counted since the last time: something to add to a counter, or to a histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Increment {
    /// Name of the metric, as in `docs/metrics.md`.
    pub metric: String,
    /// Its labels by name.
    pub labels: BTreeMap<String, String>,
    /// What to add to the counter; for a histogram, how many observations.
    pub amount: f64,
    /// About how long each of them took; none for a counter.
    pub seconds: Option<f64>,
}

/// Counts the events of all shops that nobody counted yet.
///
/// # Errors
/// Those of the database.
pub async fn count_events(db: impl PgExecutor<'_>) -> Result<Vec<Increment>, sqlx::Error> {
    let rows = sqlx::query_file!("../../sql/queries/gauges/count_events.sql")
        .fetch_all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Increment {
            metric: row.metric,
            labels: row.labels.0,
            amount: row.amount,
            seconds: row.seconds,
        })
        .collect())
}

/// Proves the next few levels of stock; [`read`] tells what was found. Answers how many it looked
/// at.
///
/// # Errors
/// Those of the database.
pub async fn check_stock(db: impl PgExecutor<'_>) -> Result<i32, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/gauges/check_stock.sql")
        .fetch_one(db)
        .await?;
    Ok(row.looked)
}
