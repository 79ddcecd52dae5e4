//! Lists of jobs, changes of many, and what there is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Which jobs; each narrows it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobListQuery {
    /// In one of these states; several with commas. By default in any.
    #[param(example = "ready,running")]
    pub state: Option<String>,
    /// In this queue.
    pub queue: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Of this group.
    pub group_key: Option<String>,
    /// With this unique key.
    pub unique_key: Option<String>,
    /// Whose last error holds this text, in upper or lower case.
    pub error: Option<String>,
    /// Run, now or last, by a worker of this name.
    pub worker: Option<String>,
    /// Enqueued then or later.
    pub created_after: Option<DateTime<Utc>>,
    /// Enqueued before.
    pub created_before: Option<DateTime<Utc>>,
    /// Finished or died then or later.
    pub ended_after: Option<DateTime<Utc>>,
    /// Finished or died before.
    pub ended_before: Option<DateTime<Utc>>,
    /// `next` of the page before.
    #[param(minimum = 1)]
    pub after: Option<i64>,
    /// The earlier name of `after`.
    #[param(minimum = 1)]
    pub before: Option<i64>,
    /// How many at most; by default 50, of CSV all.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// The names in [`JobListQuery`].
pub const JOB_LIST_NAMES: [&str; 14] = [
    "state",
    "queue",
    "kind",
    "group_key",
    "unique_key",
    "error",
    "worker",
    "created_after",
    "created_before",
    "ended_after",
    "ended_before",
    "after",
    "before",
    "limit",
];

/// A page of jobs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobList {
    /// The newest first.
    pub jobs: Vec<JobLine>,
    /// What to give as `after` for the next page; null when this is the last. A page may be short,
    /// or empty, and have a next one.
    #[schema(required)]
    pub next: Option<i64>,
}

/// The members of a [`JobLine`], as columns of CSV.
pub const JOB_COLUMNS: [&str; 17] = [
    "job_id",
    "state",
    "queue",
    "kind",
    "priority",
    "attempt",
    "forgiven",
    "max_attempts",
    "run_at",
    "created_at",
    "claimed_at",
    "ended_at",
    "worker_id",
    "unique_key",
    "group_key",
    "cancel_requested",
    "last_error",
];

/// A job in a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobLine {
    /// Its id.
    pub job_id: i64,
    /// As in the job itself.
    pub state: String,
    /// Which workers may take it.
    pub queue: String,
    /// Which handler runs it.
    pub kind: String,
    /// Lower numbers run first.
    pub priority: i16,
    /// How often it was started.
    pub attempt: i32,
    /// How many of these starts do not count against `max_attempts`.
    pub forgiven: i32,
    /// How often it is tried before it is dead; null until its first start, unless it was given.
    #[schema(required)]
    pub max_attempts: Option<i16>,
    /// When it is, or was, due.
    pub run_at: DateTime<Utc>,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When its last attempt started.
    #[schema(required)]
    pub claimed_at: Option<DateTime<Utc>>,
    /// When it finished or died.
    #[schema(required)]
    pub ended_at: Option<DateTime<Utc>>,
    /// Who runs it, or ran it last.
    #[schema(required)]
    pub worker_id: Option<i64>,
    /// Its unique key.
    #[schema(required)]
    pub unique_key: Option<String>,
    /// Its group.
    #[schema(required)]
    pub group_key: Option<String>,
    /// Whether somebody cancelled it while it was running.
    pub cancel_requested: bool,
    /// The first 500 characters of its last error.
    #[schema(required)]
    pub last_error: Option<String>,
}

/// What to do with many jobs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "action": "retry",
    "filter": { "kind": "send_mail", "error": "timed out" },
    "limit": 1000
}))]
pub struct BulkRequest {
    /// What to do.
    pub action: BulkAction,
    /// Which jobs; `{}` are all that the action is for.
    pub filter: BulkFilter,
    /// The queue to `move` them to.
    #[schema(pattern = "^[A-Za-z0-9_.:/-]{1,100}$")]
    pub queue: Option<String>,
    /// The new priority, to `prioritise`.
    #[schema(minimum = -100, maximum = 100)]
    pub priority: Option<i16>,
    /// Only count.
    pub dry_run: Option<bool>,
    /// How many at most; by default 1000.
    #[schema(minimum = 1, maximum = 10000)]
    pub limit: Option<u32>,
    /// Only jobs with greater ids: `next` of the answer before.
    #[schema(minimum = 0)]
    pub after: Option<i64>,
}

/// What can be done with many jobs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulkAction {
    /// Jobs that wait or run.
    Cancel,
    /// Dead jobs.
    Retry,
    /// Jobs that do not run.
    Move,
    /// Jobs that do not run.
    Prioritise,
    /// Dead jobs.
    Delete,
}

/// Which jobs; each field narrows it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkFilter {
    /// In one of these states.
    pub states: Option<Vec<String>>,
    /// In this queue.
    pub queue: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Of this group.
    pub group_key: Option<String>,
    /// With this unique key.
    pub unique_key: Option<String>,
    /// Whose last error holds this text, in upper or lower case.
    pub error: Option<String>,
    /// Run, now or last, by a worker of this name.
    pub worker: Option<String>,
    /// Run, now or last, by this worker.
    pub worker_id: Option<i64>,
    /// Whose arguments contain this JSON.
    #[schema(value_type = Option<Object>)]
    pub args: Option<Value>,
    /// These jobs.
    pub ids: Option<Vec<i64>>,
    /// From this id on.
    pub from_id: Option<i64>,
    /// Up to this id.
    pub to_id: Option<i64>,
    /// Enqueued then or later.
    pub created_after: Option<DateTime<Utc>>,
    /// Enqueued before.
    pub created_before: Option<DateTime<Utc>>,
    /// Finished or died then or later.
    pub ended_after: Option<DateTime<Utc>>,
    /// Finished or died before.
    pub ended_before: Option<DateTime<Utc>>,
}

/// What was done with many jobs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "matched": 450, "changed": 449, "next": null }))]
pub struct BulkAnswer {
    /// How many fitted.
    pub matched: u64,
    /// How many were changed: the others were being changed by somebody else in that moment, or
    /// may not be. 0 in a dry run.
    pub changed: u64,
    /// What to give as `after` to go on; null when all are done.
    #[schema(required)]
    pub next: Option<i64>,
}

/// What goes for a pause or its end.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Paused {
    /// Whether it is paused now.
    pub paused: bool,
}

/// What the handler of a job that waits gets: any JSON.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "status": "paid" }))]
pub struct WaitPayload(pub Value);

/// What became of an event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "outcome": "resumed" }))]
pub struct WaitAnswer {
    /// `resumed` (the job goes on), `already` (it was resumed before; what came first stays) or
    /// `early` (nobody waits for that name yet; kept for whoever will).
    pub outcome: String,
}

/// A queue.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Its name.
    pub queue: String,
    /// Whether no worker takes jobs of it.
    pub paused: bool,
    /// What one step of priority is worth in waiting time; null: strictly by priority.
    #[schema(required)]
    pub ageing_seconds: Option<f64>,
    /// Jobs are refused while a new one would wait longer.
    #[schema(required)]
    pub max_wait_ms: Option<i64>,
    /// Jobs are refused while this many wait.
    #[schema(required)]
    pub max_waiting: Option<i64>,
    /// How much of it may run; null: anything.
    #[schema(required, value_type = Option<Object>)]
    pub limits: Option<Value>,
    /// Unfinished and dead jobs by state.
    pub jobs: BTreeMap<String, i64>,
    /// How long its oldest ready job has been due.
    #[schema(required)]
    pub oldest_ready_seconds: Option<f64>,
    /// Attempts a minute that completed their job, lately.
    pub completed_per_minute: f64,
    /// Attempts a minute that failed, lately.
    pub failed_per_minute: f64,
    /// Which share of the attempts failed, lately; null when there was none.
    #[schema(required)]
    pub failure_share: Option<f64>,
    /// When its backlog would be worked off at that pace; null when nothing moves.
    #[schema(required)]
    pub drained_in_seconds: Option<f64>,
    /// Live workers that take jobs of it.
    pub workers: i64,
    /// Their names.
    pub worker_names: Vec<String>,
}

/// One thing that stands in a job's way.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Obstacle {
    /// For programs: `scheduled`, `group`, `queue_paused`, `no_worker`, `limit`, `behind`, … or
    /// `next` when nothing does; of a job that runs or has ended its state.
    #[schema(example = "queue_paused")]
    pub reason: String,
    /// For people.
    pub detail: String,
    /// When that ends by itself, if it can be told.
    #[schema(required)]
    pub until: Option<DateTime<Utc>>,
    /// When the job can be expected to start; the same in all of them.
    #[schema(required)]
    pub estimate: Option<DateTime<Utc>>,
}

/// A kind of job.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobKind {
    /// Its name.
    pub kind: String,
    /// What its workers say about it: queue, attempts, timeout, retry, schedule, description.
    #[schema(value_type = Object)]
    pub descriptor: Value,
    /// When a worker last registered it, to the minute.
    #[schema(required)]
    pub registered_at: Option<DateTime<Utc>>,
    /// Whether no worker takes jobs of it.
    pub paused: bool,
    /// How much of it may run; null: anything.
    #[schema(required, value_type = Option<Object>)]
    pub limits: Option<Value>,
    /// Unfinished and dead jobs by state.
    pub jobs: BTreeMap<String, i64>,
    /// How long its oldest ready job has been due.
    #[schema(required)]
    pub oldest_ready_seconds: Option<f64>,
    /// Attempts a minute that completed their job, lately.
    pub completed_per_minute: f64,
    /// Attempts a minute that failed, lately.
    pub failed_per_minute: f64,
    /// Which share of the attempts failed, lately; null when there was none.
    #[schema(required)]
    pub failure_share: Option<f64>,
    /// Live workers that know it. With none its jobs wait.
    pub workers: i64,
    /// Their names.
    pub worker_names: Vec<String>,
}

/// A worker process.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// New at each start.
    pub worker_id: i64,
    /// Its name; need not be unique.
    pub name: String,
    /// The version of its program.
    pub version: String,
    /// `running`, `draining` (shutting down), `stopped` or `dead`.
    pub state: String,
    /// Queues that it takes jobs from.
    pub queues: Vec<String>,
    /// Kinds that it knows.
    pub kinds: Vec<String>,
    /// Jobs that it runs at once.
    pub concurrency: i32,
    /// Jobs that it runs now.
    pub running: i64,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it last proved that it lives.
    pub heartbeat_at: DateTime<Utc>,
    /// How long ago that was.
    pub silent_seconds: f64,
    /// When it stopped or was declared dead.
    #[schema(required)]
    pub stopped_at: Option<DateTime<Utc>>,
}
