#![doc = include_str!("../README.md")]

mod admission;
mod apalis_backend;
mod batcher;
pub mod batches;
mod claimed;
mod context;
mod data;
mod details;
mod enqueue;
mod job;
mod layers;
mod limits;
mod meters;
mod people;
mod registry;
mod runner;
mod schedule;
pub mod schedules;
pub mod testing;
mod waits;
mod workflow;

pub use admission::{Admission, Refusal, RefusalReason, set_quota, set_service_level};
pub use batcher::Batcher;
pub use context::{CompleteError, JobContext, LeaseLost};
pub use data::DataError;
pub use details::{EdgeView, JobDetails, WaitView, details};
pub use enqueue::{
    ENQUEUE_JOBS_MAX, EnqueueError, Enqueued, NewJob, Problem, Replace, UniqueScope, enqueue,
    enqueue_many,
};
pub use job::{Done, Failure, Job, Policy, RetryFunction, RetryPolicy};
pub use limits::{Limit, LimitScope, set_ageing, set_limit};
pub use people::{
    AttemptView, BulkChange, BulkError, BulkProgress, Cancelled, Ended, JobFilter, JobPage, JobRow,
    JobState, JobView, KindDescriptor, KindView, LIST_JOBS_MAX, QueueStat, QueueView, Retention,
    RetryDescriptor, WorkerView, bulk, bulk_step, cancel, cancel_by_unique_key, count_bulk,
    ended_since, find, kinds, list, maintain_partitions, now, pause, pause_kind, queues, resume,
    resume_kind, retry, stats, workers, workers_alive,
};
pub use people::{Obstacle, explain};
pub use runner::{Runner, RunnerBuilder, RunnerError, RunnerSettings};
pub use schedule::{CATCH_UP_MAX, Cron, Dst, Missed, Schedule, ScheduleError};
/// The token by which a runner is told to stop and a handler that it is cancelled.
pub use tokio_util::sync::CancellationToken;
pub use waits::{Resumed, Wait, WaitError, Waited, resume_wait};
pub use workflow::{OnFailure, Predecessor, Step, Workflow, WorkflowJobs, cancel_workflow};
