//! The metrics of this crate, each name and label set once.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use metrics::{Counter, Histogram, counter, gauge, histogram};

/// Pairs of queue and kind that a process tells apart when it counts what is enqueued.
const ENQUEUED_NAMES_MAX: usize = 200;

/// Who enqueues chooses the names, and each pair is a time series for ever: those beyond the limit
/// are counted together, as `other`.
static ENQUEUED_NAMES: LazyLock<Mutex<HashSet<(String, String)>>> = LazyLock::new(Mutex::default);

pub(crate) fn enqueued(queue: &str, kind: &str, result: &'static str) {
    let (queue, kind) = if is_told_apart(queue, kind) {
        (queue, kind)
    } else {
        ("other", "other")
    };
    counter!(
        "stevedore_jobs_enqueued_total",
        "queue" => queue.to_owned(),
        "kind" => kind.to_owned(),
        "result" => result,
    )
    .increment(1);
}

fn is_told_apart(queue: &str, kind: &str) -> bool {
    let names = (queue.to_owned(), kind.to_owned());
    let mut known = ENQUEUED_NAMES
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    known.contains(&names) || (known.len() < ENQUEUED_NAMES_MAX && known.insert(names))
}

/// Starts a kind's counters at zero: a rate over a counter that appears with its first failure
/// would miss that failure.
pub(crate) fn registered(queue: &str, kind: &str) {
    for outcome in [
        "succeeded",
        "retried",
        "dead",
        "cancelled",
        "snoozed",
        "waited",
        "lost",
    ] {
        jobs_finished(queue, kind, outcome).increment(0);
    }
    for result in ["succeeded", "dead"] {
        counter!(
            "stevedore_retries_ended_total",
            "queue" => queue.to_owned(),
            "kind" => kind.to_owned(),
            "result" => result,
        )
        .increment(0);
    }
    counter!("stevedore_leases_expired_total", "queue" => queue.to_owned()).increment(0);
    counter!("stevedore_fenced_writes_rejected_total", "queue" => queue.to_owned()).increment(0);
}

/// A refused job's queue and kind may be anything, so they make no labels.
pub(crate) fn enqueue_rejected() {
    enqueued("", "", "rejected");
}

/// `reason`: too_slow, queue_full, sender_full, sender_too_fast.
pub(crate) fn admission_refused(reason: &'static str) {
    counter!("stevedore_admission_refusals_total", "reason" => reason).increment(1);
}

fn jobs_finished(queue: &str, kind: &str, outcome: &'static str) -> Counter {
    counter!(
        "stevedore_jobs_finished_total",
        "queue" => queue.to_owned(),
        "kind" => kind.to_owned(),
        "outcome" => outcome,
    )
}

/// A job of a dead worker ended. `outcome`: dead, lost.
pub(crate) fn finished_elsewhere(queue: &str, kind: &str, outcome: &'static str) {
    jobs_finished(queue, kind, outcome).increment(1);
}

/// A job that was tried again came to its end. `result`: succeeded, dead.
pub(crate) fn retries_ended(queue: &str, kind: &str, result: &'static str) {
    counter!(
        "stevedore_retries_ended_total",
        "queue" => queue.to_owned(),
        "kind" => kind.to_owned(),
        "result" => result,
    )
    .increment(1);
}

/// Meters of a batch of jobs by what tells them apart: most jobs share theirs, and looking one up
/// takes longer than counting.
struct Found<L, M>(Vec<(L, M)>);

impl<L, M> Found<L, M> {
    fn get(&mut self, is_it: impl Fn(&L) -> bool, find: impl FnOnce() -> (L, M)) -> &M {
        let place = self.0.iter().position(|(labels, _)| is_it(labels));
        let place = place.unwrap_or_else(|| {
            self.0.push(find());
            self.0.len() - 1
        });
        &self.0[place].1
    }
}

/// Counts how the jobs of a batch ended.
pub(crate) struct Ends(Found<(String, String, &'static str), (Counter, Histogram)>);

impl Default for Ends {
    fn default() -> Self {
        Ends(Found(Vec::new()))
    }
}

impl Ends {
    /// `outcome`: succeeded, retried, dead, cancelled, snoozed, waited, lost.
    pub(crate) fn add(&mut self, queue: &str, kind: &str, outcome: &'static str, took: Duration) {
        let (ended, ran) = self.0.get(
            |known| known.0 == queue && known.1 == kind && known.2 == outcome,
            || {
                let ran = histogram!(
                    "stevedore_job_run_duration_seconds",
                    "queue" => queue.to_owned(),
                    "kind" => kind.to_owned(),
                    "outcome" => outcome,
                );
                let labels = (queue.to_owned(), kind.to_owned(), outcome);
                (labels, (jobs_finished(queue, kind, outcome), ran))
            },
        );
        ended.increment(1);
        ran.record(took);
    }
}

/// Records how long the jobs of a claim had waited.
pub(crate) struct Waits(Found<String, Histogram>);

impl Waits {
    pub(crate) fn new() -> Self {
        Waits(Found(Vec::new()))
    }

    pub(crate) fn add(&mut self, queue: &str, wait: Duration) {
        let name = "stevedore_job_wait_duration_seconds";
        let find = || {
            (
                queue.to_owned(),
                histogram!(name, "queue" => queue.to_owned()),
            )
        };
        self.0.get(|known| known == queue, find).record(wait);
    }
}

/// Starts the counter of claims at zero.
pub(crate) fn claims(queue: &str, result: &'static str) {
    counter!("stevedore_job_claims_total", "queue" => queue.to_owned(), "result" => result)
        .increment(0);
}

/// `result`: hit, empty, error. `queue` is the runner's label: see `RunnerSettings::label`.
pub(crate) fn claim(queue: &str, result: &'static str, took: Duration) {
    histogram!("stevedore_job_claim_duration_seconds", "queue" => queue.to_owned()).record(took);
    counter!("stevedore_job_claims_total", "queue" => queue.to_owned(), "result" => result)
        .increment(1);
}

pub(crate) fn slots(queue: &str, total: usize, busy: usize) {
    gauge!("stevedore_worker_slots", "queue" => queue.to_owned()).set(total as f64);
    gauge!("stevedore_worker_slots_busy", "queue" => queue.to_owned()).set(busy as f64);
}

pub(crate) fn lease_expired(queue: &str) {
    counter!("stevedore_leases_expired_total", "queue" => queue.to_owned()).increment(1);
}

/// `result`: ok, error, lost.
pub(crate) fn lease_renewed(result: &'static str) {
    counter!("stevedore_lease_renewals_total", "result" => result).increment(1);
}

pub(crate) fn fenced_write_rejected(queue: &str) {
    counter!("stevedore_fenced_writes_rejected_total", "queue" => queue.to_owned()).increment(1);
}

pub(crate) fn listener_connected(connected: bool) {
    gauge!("stevedore_listener_connected").set(f64::from(u8::from(connected)));
}

pub(crate) fn draining(draining: bool) {
    gauge!("stevedore_worker_draining").set(f64::from(u8::from(draining)));
}

pub(crate) fn schedule_succeeded(kind: &str) {
    gauge!("stevedore_cron_last_success_timestamp_seconds", "cron" => kind.to_owned())
        .set(unix_seconds());
}

/// Zero also counts: a rate over a counter that appears with its first tick would miss that.
pub(crate) fn ticks_missed(kind: &str, ticks: usize) {
    let ticks = u64::try_from(ticks).unwrap_or(u64::MAX);
    counter!("stevedore_cron_ticks_missed_total", "cron" => kind.to_owned()).increment(ticks);
}

pub(crate) fn queue_jobs(queue: &str, state: &str, jobs: f64) {
    gauge!(
        "stevedore_queue_jobs",
        "queue" => queue.to_owned(),
        "state" => state.to_owned(),
    )
    .set(jobs);
}

pub(crate) fn oldest_ready(queue: &str, seconds: f64) {
    gauge!("stevedore_queue_oldest_ready_age_seconds", "queue" => queue.to_owned()).set(seconds);
}

pub(crate) fn oldest_running(queue: &str, seconds: f64) {
    gauge!("stevedore_queue_oldest_running_age_seconds", "queue" => queue.to_owned()).set(seconds);
}

pub(crate) fn paused(queue: &str, paused: bool) {
    gauge!("stevedore_queue_paused", "queue" => queue.to_owned()).set(f64::from(u8::from(paused)));
}

pub(crate) fn unserved(queue: &str, jobs: f64) {
    gauge!("stevedore_queue_jobs_unserved", "queue" => queue.to_owned()).set(jobs);
}

pub(crate) fn workers_alive(alive: f64) {
    gauge!("stevedore_workers_alive").set(alive);
}

pub(crate) fn sampled() {
    gauge!("stevedore_monitor_last_success_timestamp_seconds").set(unix_seconds());
}

/// For gauges that say when something happened, Prometheus compares with its own wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the reader's clock is a wall clock, too"
)]
fn unix_seconds() -> f64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
