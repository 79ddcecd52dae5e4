//! The fleet's gauges, which one worker reads from the database for all.
//!
//! The queue calls [`FleetGauges::sample`] in the worker whose turn it is. When the turn passes to
//! another, what this process last saw must not be added to what the other sees, so at a scrape
//! that comes long after the last sample everything is zeroed.
//!
//! Counters are only ever added to: by what happened in the shops since anybody last counted
//! (`count_events`), and by what the database's own counters grew by since this process's last
//! sample. So `sum` over all workers is right, whoever's turn it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use metrics::{Label, counter, gauge, histogram};
use sqlx::PgPool;
use stevedore_model::gauges::{self, Gauge, Increment};

/// A sample older than this is another worker's turn: sampling is due every few seconds.
const STALE_AFTER: Duration = Duration::from_secs(60);

/// How counters are named, and nothing else is.
const COUNTER_END: &str = "_total";

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
    /// What the database's own counters said.
    counters: BTreeMap<Series, f64>,
}

impl FleetGauges {
    /// Reads all gauges and exports them; series that are gone become zero. Counts what happened.
    pub(crate) async fn sample(self, pool: PgPool) -> anyhow::Result<()> {
        let read = gauges::read(&pool).await.context("reading gauges")?;
        self.export(read);
        let happened = gauges::count_events(&pool).await;
        happened
            .context("counting events")?
            .into_iter()
            .for_each(add);
        gauges::check_stock(&pool).await.context("checking stock")?;
        Ok(())
    }

    fn export(&self, read: Vec<Gauge>) {
        let (counters, read): (Vec<_>, Vec<_>) = read
            .into_iter()
            .partition(|gauge| gauge.metric.ends_with(COUNTER_END));
        let mut last = self.lock();
        for Gauge {
            metric,
            labels,
            value,
        } in counters
        {
            let series = (metric, labels);
            let before = last.counters.insert(series.clone(), value);
            // The first time only the series begins; a smaller number is a server that was reset.
            let grown = before.map_or(0.0, |before| (value - before).max(0.0));
            grow(&series, grown);
        }
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
    }

    /// Zeroes everything when the last sample is old.
    pub(crate) fn forget_stale(&self) {
        let mut last = self.lock();
        if last.at.is_some_and(|at| at.elapsed() > STALE_AFTER) {
            last.series.drain(..).for_each(|series| set(&series, 0.0));
            last.counters.clear();
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

fn set(series: &Series, value: f64) {
    gauge!(series.0.clone(), labels(series)).set(value);
}

/// Adds to a counter, which takes whole numbers.
fn grow(series: &Series, amount: f64) {
    counter!(series.0.clone(), labels(series)).increment(amount as u64);
}

fn add(increment: Increment) {
    let series = (increment.metric, increment.labels);
    match increment.seconds {
        None => grow(&series, increment.amount),
        Some(seconds) => {
            let histogram = histogram!(series.0.clone(), labels(&series));
            histogram.record_many(seconds, increment.amount as usize);
        }
    }
}

fn labels((_, labels): &Series) -> Vec<Label> {
    labels
        .iter()
        .map(|(name, value)| Label::new(name.clone(), value.clone()))
        .collect()
}
