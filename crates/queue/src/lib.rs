#![doc = include_str!("../README.md")]

mod apalis_backend;
mod claimed;
mod context;
mod data;
mod details;
mod enqueue;
mod job;
mod layers;
mod meters;
mod people;
mod registry;
mod runner;
mod schedule;
pub mod schedules;
pub mod testing;
mod waits;
mod workflow;

pub use context::{CompleteError, JobContext, LeaseLost};
pub use data::DataError;
pub use details::{EdgeView, JobDetails, WaitView, details};
pub use enqueue::{
    ENQUEUE_JOBS_MAX, EnqueueError, Enqueued, NewJob, Problem, Replace, UniqueScope, enqueue,
    enqueue_many,
};
pub use job::{Done, Failure, Job, Policy, RetryFunction, RetryPolicy};
pub use people::{
    AttemptView, Cancelled, JobView, QueueStat, Retention, cancel, cancel_by_unique_key, find,
    maintain_partitions, pause, resume, retry, stats, workers_alive,
};
pub use runner::{Runner, RunnerBuilder, RunnerError, RunnerSettings};
pub use schedule::{CATCH_UP_MAX, Cron, Dst, Missed, Schedule, ScheduleError};
/// The token by which a runner is told to stop and a handler that it is cancelled.
pub use tokio_util::sync::CancellationToken;
pub use waits::{Resumed, Wait, WaitError, Waited, resume_wait};
pub use workflow::{OnFailure, Predecessor, Step, Workflow, WorkflowJobs, cancel_workflow};
