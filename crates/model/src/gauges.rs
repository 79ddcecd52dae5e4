//! The state of the whole fleet, read once for everybody: who may read, and what was read.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

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

/// The fleet's gauges as of now, from the view `vw_gauges`.
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

/// A process that would sample for the fleet. One at a time may.
#[derive(Clone, Debug)]
pub struct Sampler {
    holder: Uuid,
}

impl Sampler {
    /// A process of its own, known by a random id.
    #[expect(
        clippy::new_without_default,
        reason = "each is another process; a default would hide that"
    )]
    pub fn new() -> Self {
        Self {
            holder: Uuid::new_v4(),
        }
    }

    /// Takes the right to sample, or keeps it, for `term` from now. False: another process has it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn hold(&self, db: impl PgExecutor<'_>, term: Duration) -> Result<bool, sqlx::Error> {
        let seconds = term.as_secs_f64();
        let held =
            sqlx::query_file_scalar!("../../sql/queries/gauges/hold.sql", self.holder, seconds)
                .fetch_optional(db)
                .await?;
        Ok(held.is_some())
    }

    /// Gives the right back, so that another process need not wait for the term to end.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn release(&self, db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
        sqlx::query_file!("../../sql/queries/gauges/release.sql", self.holder)
            .execute(db)
            .await?;
        Ok(())
    }
}
