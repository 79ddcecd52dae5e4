//! The recorder behind the `metrics` macros, and its text for Prometheus.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::{Unit, counter, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;

use crate::catalogue::{self, BUILD_INFO, Exporter, Kind, Metric};

/// Histograms keep raw samples until somebody scrapes; without a scraper this bounds their memory.
const UPKEEP_PERIOD: Duration = Duration::from_secs(5);

/// The part that a process plays; a label of `stevedore_build_info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// HTTP in.
    Api,
    /// Runs jobs.
    Worker,
    /// The outside systems' sandboxes.
    Simulator,
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Simulator => "simulator",
        })
    }
}

/// Why metrics could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// Another recorder of the `metrics` crate is installed in this process already.
    #[error("the metrics recorder could not be installed")]
    Recorder(#[source] BuildError),
    /// No thread could be started.
    #[error("the thread that folds histograms could not be started")]
    Upkeep(#[source] std::io::Error),
}

/// The process's metrics. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    process: Collector,
    observers: Arc<Mutex<Vec<Observer>>>,
}

type Observer = Box<dyn Fn() + Send>;

/// The macros of the `metrics` crate write to one recorder per process.
static INSTALLED: Mutex<Option<Metrics>> = Mutex::new(None);

impl Metrics {
    /// Makes the `metrics` macros of the whole process record into this, with the catalogue's help
    /// texts and buckets. Called again (a demo runs several roles in one process) it answers with
    /// the same metrics.
    ///
    /// # Errors
    /// [`InstallError`] if another recorder got there first, or no thread could be started.
    pub fn install() -> Result<Self, InstallError> {
        let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = &*installed {
            return Ok(metrics.clone());
        }
        let handle = builder()
            .install_recorder()
            .map_err(InstallError::Recorder)?;
        let metrics = Self {
            handle,
            process: Collector::default(),
            observers: Arc::default(),
        };
        catalogue::all().for_each(describe);
        metrics.process.describe();
        metrics.start_upkeep().map_err(InstallError::Upkeep)?;
        *installed = Some(metrics.clone());
        Ok(metrics)
    }

    /// Says which role this process plays (`stevedore_build_info`), and starts at zero every
    /// counter of that role whose label values are all known: a rate over a counter that appears
    /// with its first error would miss that error.
    pub fn announce(&self, role: Role) {
        gauge!(
            BUILD_INFO,
            "version" => env!("CARGO_PKG_VERSION"),
            "revision" => option_env!("STEVEDORE_REVISION").unwrap_or("unknown"),
            "role" => role.to_string(),
        )
        .set(1);
        catalogue::all()
            .filter(|metric| is_of(metric.exporter, role))
            .for_each(start_at_zero);
    }

    /// Has `observe` called before each scrape, to set gauges that are cheap to read and change all
    /// the time (connections of a pool). It must not block: a scrape waits for it.
    pub fn at_each_scrape(&self, observe: impl Fn() + Send + 'static) {
        self.observers().push(Box::new(observe));
    }

    /// All metrics in the text format of Prometheus, the process's own (CPU, memory, open files)
    /// among them, as of now.
    pub fn render(&self) -> String {
        self.process.collect();
        self.observers().iter().for_each(|observe| observe());
        self.handle.render()
    }

    fn observers(&self) -> MutexGuard<'_, Vec<Observer>> {
        self.observers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn start_upkeep(&self) -> std::io::Result<()> {
        let handle = self.handle.clone();
        std::thread::Builder::new()
            .name("metrics-upkeep".to_owned())
            .spawn(move || {
                loop {
                    std::thread::park_timeout(UPKEEP_PERIOD);
                    handle.run_upkeep();
                }
            })
            .map(drop)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Metrics")
    }
}

fn builder() -> PrometheusBuilder {
    catalogue::all()
        .filter_map(|metric| match metric.kind {
            Kind::Histogram(buckets) => Some((metric.name, buckets)),
            Kind::Counter | Kind::Gauge => None,
        })
        .fold(PrometheusBuilder::new(), |builder, (name, buckets)| {
            builder
                .set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
                .expect("a test holds that every histogram of the catalogue has buckets")
        })
}

fn describe(metric: &Metric) {
    let unit = if metric.name.contains("_seconds") {
        Unit::Seconds
    } else if metric.name.contains("_bytes") {
        Unit::Bytes
    } else {
        Unit::Count
    };
    match metric.kind {
        Kind::Counter => metrics::describe_counter!(metric.name, unit, metric.help),
        Kind::Gauge => metrics::describe_gauge!(metric.name, unit, metric.help),
        Kind::Histogram(_) => metrics::describe_histogram!(metric.name, unit, metric.help),
    }
}

fn is_of(exporter: Exporter, role: Role) -> bool {
    match exporter {
        Exporter::Api => role == Role::Api,
        Exporter::Worker => role == Role::Worker,
        Exporter::Every => role != Role::Simulator,
        // Whichever process samples the fleet sets these itself.
        Exporter::Monitor => false,
    }
}

fn start_at_zero(metric: &Metric) {
    if metric.kind != Kind::Counter {
        return;
    }
    for labels in metric.closed_label_sets() {
        counter!(metric.name, &labels).increment(0);
    }
}
