//! What people (consoles, command lines, web pages) ask of the queue and tell it.

mod bulk;
mod change;
mod descriptors;
mod explain;
mod filter;
mod stats;
mod upkeep;
mod view;
mod watch;

pub use bulk::{BulkChange, BulkError, BulkProgress, bulk, bulk_step, count_bulk};
pub use change::{
    Cancelled, cancel, cancel_by_unique_key, pause, pause_kind, resume, resume_kind, retry,
};
pub use descriptors::{
    KindDescriptor, KindView, QueueView, RetryDescriptor, WorkerView, kinds, queues, workers,
};
pub use explain::{Obstacle, explain};
pub use filter::{JobFilter, JobPage, JobRow, JobState, LIST_JOBS_MAX, list};
pub use stats::{QueueStat, stats, workers_alive};
pub use upkeep::{Retention, maintain_partitions};
pub use view::{AttemptView, JobView, find};
pub use watch::{Ended, ended_since, now};
