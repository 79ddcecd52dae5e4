#![doc = include_str!("../README.md")]

mod apalis_backend;
mod claimed;
mod context;
mod enqueue;
mod job;
mod layers;
mod meters;
mod people;
mod registry;
mod runner;
mod schedule;
pub mod schedules;

pub use context::{CompleteError, JobContext, LeaseLost};
pub use enqueue::{
    ENQUEUE_JOBS_MAX, EnqueueError, Enqueued, NewJob, Problem, UniqueScope, enqueue, enqueue_many,
};
pub use job::{Done, Failure, Job, Policy, RetryPolicy};
pub use people::{
    AttemptView, Cancelled, JobView, QueueStat, Retention, cancel, cancel_by_unique_key, find,
    maintain_partitions, pause, resume, retry, stats, workers_alive,
};
pub use runner::{Runner, RunnerBuilder, RunnerError, RunnerSettings};
pub use schedule::{CATCH_UP_MAX, Cron, Dst, Missed, Schedule, ScheduleError};
/// The token by which a runner is told to stop and a handler that it is cancelled.
pub use tokio_util::sync::CancellationToken;
