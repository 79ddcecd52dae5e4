//! The fleet's gauges, which one worker reads from the database for all.
//!
//! The queue calls [`FleetGauges::sample`] in the worker whose turn it is. When the turn passes to
//! another, what this process last saw must not be added to what the other sees, so at a scrape
//! that comes long after the last sample everything is zeroed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::{Label, gauge};
use sqlx::PgPool;
use stevedore_model::gauges::{self, Gauge};

/// A sample older than this is another worker's turn: sampling is due every few seconds.
const STALE_AFTER: Duration = Duration::from_secs(60);

/// What one series is known by.
type Series = (String, BTreeMap<String, String>);

/// The gauges that this process exports for the fleet.
#[derive(Clone, Default)]
pub(crate) struct FleetGauges {
    last: Arc<Mutex<Last>>,
}

#[derive(Default)]
struct Last {
    at: Option<Instant>,
    series: Vec<Series>,
}

impl FleetGauges {
    /// Reads all gauges and exports them; series that are gone become zero.
    pub(crate) async fn sample(self, pool: PgPool) -> anyhow::Result<()> {
        let read = gauges::read(&pool).await?;
        let mut last = self.lock();
        let gone: Vec<Series> = last
            .series
            .drain(..)
            .filter(|one| !has(&read, one))
            .collect();
        gone.iter().for_each(|series| set(series, 0.0));
        for Gauge {
            metric,
            labels,
            value,
        } in read
        {
            let series = (metric, labels);
            set(&series, value);
            last.series.push(series);
        }
        last.at = Some(Instant::now());
        Ok(())
    }

    /// Zeroes everything when the last sample is old.
    pub(crate) fn forget_stale(&self) {
        let mut last = self.lock();
        if last.at.is_some_and(|at| at.elapsed() > STALE_AFTER) {
            last.series.drain(..).for_each(|series| set(&series, 0.0));
            last.at = None;
        }
    }

    /// A poisoned lock still holds the series that must be zeroed.
    fn lock(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn has(read: &[Gauge], (metric, labels): &Series) -> bool {
    read.iter()
        .any(|gauge| gauge.metric == *metric && gauge.labels == *labels)
}

fn set((metric, labels): &Series, value: f64) {
    let labels: Vec<Label> = labels
        .iter()
        .map(|(name, value)| Label::new(name.clone(), value.clone()))
        .collect();
    gauge!(metric.clone(), labels).set(value);
}
