//! The state of the shop and its database as gauges, read by one process for the whole fleet.

use std::collections::BTreeMap;

use sqlx::PgExecutor;
use sqlx::types::Json;

/// Named by `sql/queries/gauges/read.sql`.
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
