//! Jobs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A job to be run.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "send_notification",
    "args": { "notification_id": 17 },
    "run_at": "2030-01-01T08:00:00Z",
    "unique_key": "send_notification:17"
}))]
pub struct JobRequest {
    /// Which handler runs it: the name of a kind that some worker knows.
    #[schema(pattern = "^[A-Za-z0-9_.:/-]{1,100}$")]
    pub kind: String,
    /// What the handler gets; by default `{}`.
    #[schema(value_type = Option<Object>)]
    pub args: Option<Value>,
    /// The queue it waits in; by default `default`.
    #[schema(pattern = "^[A-Za-z0-9_.:/-]{1,100}$")]
    pub queue: Option<String>,
    /// Lower numbers run first; by default 0.
    #[schema(minimum = -100, maximum = 100)]
    pub priority: Option<i16>,
    /// When it may run at the earliest; by default at once.
    pub run_at: Option<DateTime<Utc>>,
    /// How often it is tried before it is dead; by default as its kind says.
    #[schema(minimum = 1, maximum = 1000)]
    pub max_attempts: Option<i16>,
    /// At most one job with this key at a time; a second is not made.
    #[schema(min_length = 1, max_length = 500)]
    pub unique_key: Option<String>,
    /// How long the key is held: while the job waits (`waiting`), until it has ended (`unfinished`,
    /// the default), or for `unique_period`. Only with `unique_key`.
    pub unique_scope: Option<UniqueScope>,
    /// Seconds from now on for which the key is held, whatever becomes of the job; a year at most.
    /// Only with `unique_key`.
    #[schema(exclusive_minimum = 0, maximum = 31_536_000)]
    pub unique_period: Option<f64>,
    /// What a waiting job that holds the key takes over from this one: with `run_at` a few seconds
    /// ahead, the job runs once things have calmed down. Only with `unique_key`.
    pub replace: Option<Vec<Replace>>,
    /// Jobs of one group run one after the other, in order.
    #[schema(min_length = 1, max_length = 500)]
    pub group_key: Option<String>,
    /// The jobs that it waits for. They may have ended: that counts as if they ended now.
    #[schema(max_items = 10000)]
    pub after: Option<Vec<After>>,
    /// What becomes of it when one of them is dead or cancelled, where `after` does not say for
    /// that one; by default `cancel`. Only with `after`.
    pub on_failure: Option<OnFailure>,
}

/// A job that another waits for: its id, or an object.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum After {
    /// Its id.
    Job(i64),
    /// It, and what becomes of the one that waits when it is dead or cancelled.
    Edge(Edge),
}

/// A job that another waits for: either `job_id` or `position`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "position": 0, "on_failure": "run" }))]
pub struct Edge {
    /// Its id.
    #[schema(minimum = 0)]
    pub job_id: Option<i64>,
    /// Its place among the jobs of this request, from 0; it must stand before the one that waits.
    #[schema(minimum = 0, maximum = 9999)]
    pub position: Option<i32>,
    /// As in the job.
    pub on_failure: Option<OnFailure>,
}

/// What becomes of a job when one that it waits for is dead or cancelled.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// It is cancelled, and so are those that wait for it.
    Cancel,
    /// It runs all the same.
    Run,
    /// It waits on, for somebody to retry the dead one. With a cancelled one as `cancel`.
    Wait,
}

/// What a waiting job takes over from a later one with its unique key.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Replace {
    /// Its arguments.
    Args,
    /// When it runs.
    RunAt,
}

/// How long a job holds its unique key.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UniqueScope {
    /// Until it starts.
    Waiting,
    /// Until it has ended.
    Unfinished,
    /// For `unique_period`.
    Period,
}

/// Jobs to be run.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "jobs": [{ "kind": "audit", "args": { "day": "2026-11-20" } }] }))]
pub struct JobBatchRequest {
    /// All or, when one is invalid, none of these.
    #[schema(min_items = 1, max_items = 10000)]
    pub jobs: Vec<JobRequest>,
}

/// The job that now exists.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "job_id": 42, "inserted": true }))]
pub struct EnqueuedJob {
    /// Its id.
    pub job_id: i64,
    /// False when it was there before, holding the unique key.
    pub inserted: bool,
}

/// The jobs that now exist.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "jobs": [{ "job_id": 42, "inserted": true }, { "job_id": 7, "inserted": false }],
    "inserted": 1,
    "deduplicated": 1
}))]
pub struct EnqueuedBatch {
    /// In the order of the request.
    pub jobs: Vec<EnqueuedJob>,
    /// How many are new.
    pub inserted: u64,
    /// How many were there before.
    pub deduplicated: u64,
}

/// A job.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "job_id": 42,
    "kind": "send_notification",
    "queue": "notifications",
    "state": "completed",
    "priority": 0,
    "args": { "notification_id": 17 },
    "attempt": 1,
    "forgiven": 0,
    "max_attempts": 5,
    "run_at": "2030-01-01T08:00:00Z",
    "created_at": "2030-01-01T07:59:59Z",
    "claimed_at": "2030-01-01T08:00:00.01Z",
    "finished_at": "2030-01-01T08:00:00.2Z",
    "worker_id": 3,
    "worker": "worker-1",
    "unique_key": "send_notification:17",
    "unique_scope": "unfinished",
    "group_key": null,
    "trace_context": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "cancel_requested": false,
    "last_error": null,
    "attempts": [{
        "attempt": 1,
        "outcome": "completed",
        "worker_id": 3,
        "started_at": "2030-01-01T08:00:00.01Z",
        "finished_at": "2030-01-01T08:00:00.2Z",
        "error": null
    }]
}))]
pub struct Job {
    /// Its id.
    pub job_id: i64,
    /// Which handler runs it.
    pub kind: String,
    /// Which workers may take it.
    pub queue: String,
    /// `scheduled`, `ready`, `blocked` (its group is busy), `running`, `completed`, `dead`,
    /// `cancelled` or `discarded`; more may come.
    pub state: String,
    /// Lower numbers run first.
    pub priority: i16,
    /// What the handler gets.
    #[schema(value_type = Object)]
    pub args: Value,
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
    /// When it ended.
    #[schema(required)]
    pub finished_at: Option<DateTime<Utc>>,
    /// Who runs it, or ran it last.
    #[schema(required)]
    pub worker_id: Option<i64>,
    /// The name of that worker.
    #[schema(required)]
    pub worker: Option<String>,
    /// Its unique key.
    #[schema(required)]
    pub unique_key: Option<String>,
    /// How long it holds that.
    #[schema(required)]
    pub unique_scope: Option<String>,
    /// Its group.
    #[schema(required)]
    pub group_key: Option<String>,
    /// The W3C `traceparent` of the request that enqueued it.
    #[schema(required)]
    pub trace_context: Option<String>,
    /// Whether somebody cancelled it while it was running.
    pub cancel_requested: bool,
    /// Why its last failed attempt failed.
    #[schema(required)]
    pub last_error: Option<String>,
    /// All its attempts, in their order.
    pub attempts: Vec<Attempt>,
}

/// One attempt of a job.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// Its number, from 1.
    pub attempt: i32,
    /// `running`, `completed`, `failed`, `lost` (its worker died), `snoozed`, `released` (its
    /// worker was stopped), `cancelled` or `discarded`; more may come.
    pub outcome: String,
    /// Who ran it.
    pub worker_id: i64,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it ended; null while it runs.
    #[schema(required)]
    pub finished_at: Option<DateTime<Utc>>,
    /// Why it failed.
    #[schema(required)]
    pub error: Option<String>,
}
