//! Which jobs: a filter, and the pages of those that fit it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::types::Json;

/// How many jobs one page of [`list`] holds at most.
pub const LIST_JOBS_MAX: u32 = 1000;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobState {
    /// Its time has not come.
    Scheduled,
    /// It waits for something other than time: other jobs, or a call from outside.
    Waiting,
    /// Its group is busy.
    Blocked,
    /// A worker may take it.
    Ready,
    /// A worker has it.
    Running,
    /// It is done.
    Completed,
    /// Somebody cancelled it.
    Cancelled,
    /// Its handler found nothing to do.
    Discarded,
    /// It is out of attempts, or failed for good; it stays until somebody decides.
    Dead,
}

impl JobState {
    /// All of them, in the order of a job's life.
    pub const ALL: [JobState; 9] = [
        JobState::Scheduled,
        JobState::Waiting,
        JobState::Blocked,
        JobState::Ready,
        JobState::Running,
        JobState::Completed,
        JobState::Cancelled,
        JobState::Discarded,
        JobState::Dead,
    ];

    /// Its name, as in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            JobState::Scheduled => "scheduled",
            JobState::Waiting => "waiting",
            JobState::Blocked => "blocked",
            JobState::Ready => "ready",
            JobState::Running => "running",
            JobState::Completed => "completed",
            JobState::Cancelled => "cancelled",
            JobState::Discarded => "discarded",
            JobState::Dead => "dead",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for JobState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = JobState::ALL.into_iter().find(|state| state.name() == text);
        found.ok_or_else(|| {
            let names = JobState::ALL.map(JobState::name).join(", ");
            format!("no such state; there are {names}")
        })
    }
}

/// Which jobs; each field that is given narrows it.
///
/// ```
/// use stevedore_queue::{JobFilter, JobState};
///
/// let filter = JobFilter {
///     states: vec![JobState::Dead],
///     kind: Some("send_mail".to_owned()),
///     error: Some("connection refused".to_owned()),
///     ..JobFilter::default()
/// };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobFilter {
    /// In one of these states; of any when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<JobState>,
    /// In this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_key: Option<String>,
    /// With this unique key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_key: Option<String>,
    /// Whose last error holds this text, in upper or lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Run, now or last, by a worker of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Run, now or last, by this worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_id: Option<i64>,
    /// Whose arguments contain this JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<serde_json::Value>,
    /// One of these; of any id when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<i64>,
    /// From this id on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_id: Option<i64>,
    /// Up to this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_id: Option<i64>,
    /// Enqueued then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<DateTime<Utc>>,
    /// Enqueued before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<DateTime<Utc>>,
    /// Ended (finished or dead) then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_after: Option<DateTime<Utc>>,
    /// Ended (finished or dead) before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_before: Option<DateTime<Utc>>,
}

impl JobFilter {
    /// These jobs and no others.
    #[must_use]
    pub fn of_ids(ids: impl Into<Vec<i64>>) -> Self {
        JobFilter {
            ids: ids.into(),
            ..JobFilter::default()
        }
    }

    /// Whether every job fits it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == JobFilter::default()
    }
}

/// One line of a list of jobs; [`find`](super::find) tells the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRow {
    /// Its identity.
    pub job_id: i64,
    /// Where it stands, as [`JobState`] names it; more may come.
    pub state: String,
    /// Which workers may take it.
    pub queue: String,
    /// Which handler runs it.
    pub kind: String,
    /// The smaller runs first.
    pub priority: i16,
    /// Claims so far.
    pub attempt: i32,
    /// Those of them that do not count.
    pub forgiven: i32,
    /// Attempts before it is dead; none until the first claim, unless the enqueue said so.
    pub max_attempts: Option<i16>,
    /// When it is, or was, due.
    pub run_at: DateTime<Utc>,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When its running, or last, attempt was claimed.
    pub claimed_at: Option<DateTime<Utc>>,
    /// When it finished or died.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who runs it, or ran it last.
    pub worker_id: Option<i64>,
    /// Its unique key.
    pub unique_key: Option<String>,
    /// Its group.
    pub group_key: Option<String>,
    /// Somebody cancelled it while it was running.
    pub cancel_requested: bool,
    /// The first 500 characters of its last error.
    pub last_error: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobPage {
    /// The newest first.
    pub jobs: Vec<JobRow>,
    /// What to give as `before` for the next page; none when this is the last. A page may be short,
    /// or empty, and have a next one: a rare filter is answered bit by bit.
    pub next: Option<i64>,
}

/// A page of the jobs that fit a filter, whatever their state, the newest (by id) first.
///
/// Pages are by id and not by number, so jobs that come and go meanwhile shift nothing.
///
/// # Errors
/// Those of the database.
pub async fn list(
    db: impl PgExecutor<'_>,
    filter: &JobFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<JobPage, sqlx::Error> {
    let limit = i32::try_from(limit.min(LIST_JOBS_MAX)).unwrap_or(i32::MAX);
    let row = sqlx::query_file!(
        "../../sql/queries/queue_jobs/list.sql",
        Json(filter) as _,
        before,
        limit
    )
    .fetch_one(db)
    .await?;
    serde_json::from_value(row.page).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
