//! How a worker works.

use std::time::Duration;

use crate::people::Retention;
use crate::registry::Registry;
use crate::schedule::ScheduleError;

/// The settings of a worker.
#[derive(Clone, Debug)]
pub struct RunnerSettings {
    /// Its name, for people; host and process id make a good one.
    pub name: String,
    /// The version of the program, for people.
    pub version: String,
    /// Queues to take jobs from. Empty: those of the registered kinds.
    pub queues: Vec<String>,
    /// How many jobs run at once, from 1 to 10,000.
    pub concurrency: usize,
    /// How many jobs one claim takes at most, from 1 to 10,000; never more than slots are free.
    pub batch: usize,
    /// The measure of the worker's signs of life, each one statement. With jobs it gives one every
    /// 0.4 of this, and counts as dead after 1.2 of this in silence; others look for the dead every
    /// half of this, so that **a dead worker's jobs start elsewhere within twice this**: ten
    /// seconds by default.
    ///
    /// Without jobs there is nothing to rescue, and workers that listen rest. While others have
    /// jobs they take turns to look, one statement in half of this for all of them. In a fleet
    /// **without any jobs** the two eldest give a sign every four of this, the others every 1.2 of
    /// this times the number of workers: by default about fifteen statements a minute, however many
    /// they are, and the gauges, about three a minute. An idle worker that dies is counted for that
    /// long; it holds nothing.
    pub heartbeat: Duration,
    /// The longest wait between polls of a worker that does not listen, for ready jobs and for due
    /// ones; it starts at 25 ms and doubles. A worker that listens does not poll: should a
    /// notification be lost, the next sign of life of an idle worker tells.
    pub poll_max: Duration,
    /// How long running handlers get to end after a shutdown began. What the end needs besides is
    /// at most seven seconds, also when the database does not answer.
    pub grace: Duration,
    /// Whether to hear of new jobs by `LISTEN`, on one connection per process. Off behind a pooler
    /// in transaction mode: then jobs are found by polling, cancellations at the next sign of life,
    /// changes of schedules within 15 s. (A worker that listens there notices that it hears
    /// nothing, and polls.)
    pub listen: bool,
    /// How often the fleet's gauges are sampled, by one worker of the fleet in one statement; a
    /// quarter as often while no job is ready, blocked or running.
    pub sample_every: Duration,
    /// How long history stays.
    pub retention: Retention,
}

impl Default for RunnerSettings {
    /// 32 jobs at once, a heartbeat of five seconds, 25 seconds of grace (orchestrators give 30).
    fn default() -> Self {
        RunnerSettings {
            name: format!("worker-{}", std::process::id()),
            version: String::new(),
            queues: Vec::new(),
            concurrency: 32,
            batch: 500,
            heartbeat: Duration::from_secs(5),
            poll_max: Duration::from_secs(2),
            grace: Duration::from_secs(25),
            listen: true,
            sample_every: Duration::from_secs(5),
            retention: Retention::default(),
        }
    }
}

impl RunnerSettings {
    /// Refuses what makes no sense.
    pub(crate) fn check(&self, registry: &Registry) -> Result<(), RunnerError> {
        if let Some(kind) = registry.duplicate {
            return Err(RunnerError::DuplicateKind(kind));
        }
        let kinds = registry.sorted();
        if kinds.is_empty() {
            return Err(RunnerError::NoKinds);
        }
        for (kind, entry) in kinds {
            if !(1..=1000).contains(&entry.policy.max_attempts) {
                return Err(RunnerError::Policy(kind, "max_attempts must be 1 to 1000"));
            }
            if entry.policy.timeout.is_zero() {
                return Err(RunnerError::Policy(kind, "timeout must not be zero"));
            }
            if let Some(schedule) = &entry.policy.schedule {
                let checked = schedule.check();
                checked.map_err(|error| RunnerError::Schedule(kind, error))?;
            }
        }
        let checks = [
            (
                (1..=10_000).contains(&self.concurrency),
                "concurrency must be 1 to 10000",
            ),
            (
                (1..=10_000).contains(&self.batch),
                "batch must be 1 to 10000",
            ),
            (
                self.heartbeat >= Duration::from_millis(50),
                "heartbeat must be at least 50 ms",
            ),
            (
                self.heartbeat <= Duration::from_hours(1),
                "heartbeat must be at most one hour",
            ),
            (!self.poll_max.is_zero(), "poll_max must not be zero"),
            (
                !self.sample_every.is_zero(),
                "sample_every must not be zero",
            ),
        ];
        match checks.into_iter().find(|(fine, _)| !fine) {
            Some((_, why)) => Err(RunnerError::Settings(why)),
            None => Ok(()),
        }
    }
}

/// Why a worker did not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunnerError {
    /// No kind is registered.
    #[error("the worker has no kinds: register at least one")]
    NoKinds,
    /// Two types have the same kind.
    #[error("the kind {0} is registered twice")]
    DuplicateKind(&'static str),
    /// A kind's policy makes no sense.
    #[error("the policy of {0} makes no sense: {1}")]
    Policy(&'static str, &'static str),
    /// A kind's schedule makes no sense.
    #[error("the schedule of {0} makes no sense")]
    Schedule(&'static str, #[source] ScheduleError),
    /// A setting makes no sense.
    #[error("the worker's settings make no sense: {0}")]
    Settings(&'static str),
    /// The database has no queue, or one of another release.
    #[error("the queue is not installed in this database")]
    NotInstalled(#[source] sqlx::Error),
    /// The heartbeat's thread could not be started.
    #[error("the heartbeat's thread could not be started")]
    Thread(#[source] std::io::Error),
}
