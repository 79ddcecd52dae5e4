//! Putting jobs into the queue, in the caller's transaction.

mod plain;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::PgExecutor;

use crate::job::Job;
use crate::meters;
use crate::workflow::{Edge, OnFailure, Predecessor};

/// How long a unique key is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UniqueScope {
    /// Until the job's first claim: while one waits, no second is needed, but one that already
    /// runs may have missed the news.
    Waiting,
    /// Until the job is completed, cancelled, discarded or dead.
    #[default]
    Unfinished,
    /// For a time from the enqueue, whatever becomes of the job: [`NewJob::unique_for`].
    Period,
}

/// What a waiting job takes over from a later enqueue with its unique key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Replace {
    /// Its arguments.
    Args,
    /// When it runs: with `run_at` a few seconds ahead the job runs once things have calmed down.
    RunAt,
}

/// A job about to be enqueued.
///
/// ```
/// # use stevedore_queue::NewJob;
/// # use serde_json::json;
/// let job = NewJob::new("send_mail", &json!({"to": 7}))?
///     .queue("mail")
///     .priority(-10)
///     .unique_key("welcome:7");
/// # Ok::<(), stevedore_queue::EnqueueError>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct NewJob {
    kind: String,
    args: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_attempts: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_scope: Option<UniqueScope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_context: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<Edge>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_period: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replace: Vec<Replace>,
}

impl NewJob {
    /// A job of a kind known by name, for those who enqueue what another program runs.
    ///
    /// `args` must serialise to a JSON object of at most 1 MiB.
    ///
    /// # Errors
    /// [`EnqueueError::Encode`] when `args` cannot be serialised.
    pub fn new(kind: impl Into<String>, args: &impl Serialize) -> Result<Self, EnqueueError> {
        let args = serde_json::value::to_raw_value(args).map_err(EnqueueError::Encode)?;
        Ok(NewJob {
            kind: kind.into(),
            args,
            queue: None,
            priority: None,
            run_at: None,
            max_attempts: None,
            unique_key: None,
            unique_scope: None,
            group_key: None,
            trace_context: None,
            after: Vec::new(),
            unique_period: None,
            replace: Vec::new(),
        })
    }

    /// A job of a kind known by type: its [`Job::KIND`] and [`Job::QUEUE`].
    ///
    /// # Errors
    /// [`EnqueueError::Encode`] when the job cannot be serialised.
    pub fn of<J: Job>(job: &J) -> Result<Self, EnqueueError> {
        Ok(NewJob::new(J::KIND, job)?.queue(J::QUEUE))
    }

    /// The queue it goes to; `default` if this is not called.
    #[must_use]
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// From -100 (first) to 100 (last); 0 if this is not called. A queue is worked off by
    /// priority, then `run_at`, then order of enqueue.
    #[must_use]
    pub fn priority(mut self, priority: i16) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Not before this time; at once if this is not called.
    #[must_use]
    pub fn run_at(mut self, run_at: DateTime<Utc>) -> Self {
        self.run_at = Some(run_at);
        self
    }

    /// Attempts before it is dead, from 1 to 1000; what its kind's policy says if this is not
    /// called.
    #[must_use]
    pub fn max_attempts(mut self, max_attempts: u16) -> Self {
        self.max_attempts = Some(i16::try_from(max_attempts).unwrap_or(i16::MAX));
        self
    }

    /// No second job with this key while one holds it; 1 to 500 bytes. The enqueue then answers
    /// the holder's id and `inserted: false`.
    #[must_use]
    pub fn unique_key(mut self, key: impl Into<String>) -> Self {
        self.unique_key = Some(key.into());
        self
    }

    /// How long the unique key is held; [`UniqueScope::Unfinished`] if this is not called.
    #[must_use]
    pub fn unique_scope(mut self, scope: UniqueScope) -> Self {
        self.unique_scope = Some(scope);
        self
    }

    /// The unique key is held for this long from the enqueue, up to a year, whatever becomes of the
    /// job ([`UniqueScope::Period`]).
    #[must_use]
    pub fn unique_for(mut self, period: Duration) -> Self {
        self.unique_scope = Some(UniqueScope::Period);
        self.unique_period = Some(period.as_secs_f64());
        self
    }

    /// If a waiting job holds the unique key, it takes these from this one. A job that has begun
    /// (it runs, or waits for an event) is left alone, and then this enqueue changes nothing: with
    /// [`UniqueScope::Waiting`] it makes a new job instead.
    #[must_use]
    pub fn replace(mut self, what: &[Replace]) -> Self {
        self.replace = what.to_vec();
        self
    }

    /// Waits until that job has ended; may be called for several. If that one is dead or cancelled,
    /// this one is cancelled; see [`NewJob::after_with`].
    #[must_use]
    pub fn after(self, predecessor: impl Into<Predecessor>) -> Self {
        self.after_with(predecessor, OnFailure::Cancel)
    }

    /// Waits until that job has ended, and says what becomes of this one if that fails.
    #[must_use]
    pub fn after_with(
        mut self,
        predecessor: impl Into<Predecessor>,
        on_failure: OnFailure,
    ) -> Self {
        self.after.push(Edge {
            predecessor: predecessor.into(),
            on_failure,
        });
        self
    }

    /// Jobs of one group never run at the same time and start in the queue's order; 1 to 500
    /// bytes. A job that waits for its retry does not hold up the others of its group.
    #[must_use]
    pub fn group_key(mut self, key: impl Into<String>) -> Self {
        self.group_key = Some(key.into());
        self
    }

    /// The W3C `traceparent` that its attempts belong to. If this is not called: the transaction's
    /// setting `stevedore.traceparent`.
    #[must_use]
    pub fn trace_context(mut self, traceparent: impl Into<String>) -> Self {
        self.trace_context = Some(traceparent.into());
        self
    }

    /// Belongs to the trace of the job that it follows from, unless it says otherwise.
    pub(crate) fn inherit_trace(mut self, traceparent: Option<&str>) -> Self {
        if self.trace_context.is_none() {
            self.trace_context = traceparent.map(str::to_owned);
        }
        self
    }

    /// Whether it has what only `queue.enqueue_many` takes as it is written here.
    fn is_flow(&self) -> bool {
        !self.after.is_empty() || self.unique_period.is_some() || !self.replace.is_empty()
    }

    /// What can be refused without asking the database: characters that PostgreSQL cannot store.
    pub(crate) fn problems(&self, prefix: &str) -> Vec<Problem> {
        let texts = [
            ("kind", Some(&self.kind)),
            ("queue", self.queue.as_ref()),
            ("unique_key", self.unique_key.as_ref()),
            ("group_key", self.group_key.as_ref()),
            ("trace_context", self.trace_context.as_ref()),
        ];
        let fields = texts
            .into_iter()
            .filter(|(_, text)| text.is_some_and(|text| text.contains('\0')))
            .map(|(field, _)| field);
        fields
            .chain(holds_nul(&self.args).then_some("args"))
            .map(|field| Problem {
                field: format!("{prefix}{field}"),
                code: "nul".to_owned(),
                message: format!("{field} must not hold the character NUL"),
            })
            .collect()
    }

    /// Whether its enqueue may have to wait for other transactions.
    pub(crate) fn is_alone(&self) -> bool {
        self.unique_key.is_some() || self.is_flow()
    }

    /// The queue that it goes to.
    #[must_use]
    pub fn queue_name(&self) -> &str {
        self.queue.as_deref().unwrap_or("default")
    }

    fn count(&self, result: &'static str) {
        meters::enqueued(
            self.queue.as_deref().unwrap_or("default"),
            &self.kind,
            result,
        );
    }
}

/// Whether JSON text holds a NUL character, which JSON allows and PostgreSQL does not.
pub(crate) fn holds_nul(json: &RawValue) -> bool {
    fn inside(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::String(text) => text.contains('\0'),
            serde_json::Value::Array(values) => values.iter().any(inside),
            serde_json::Value::Object(fields) => fields
                .iter()
                .any(|(name, value)| name.contains('\0') || inside(value)),
            _ => false,
        }
    }
    // Nearly all texts end here. The rest may be a backslash before "u0000": look properly.
    json.get().contains("\\u0000")
        && serde_json::from_str(json.get()).is_ok_and(|value| inside(&value))
}

/// What became of an enqueue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enqueued {
    /// The job's id; when `inserted` is false that of the job which holds the unique key.
    pub job_id: i64,
    /// Whether a job was made.
    pub inserted: bool,
}

/// One thing wrong with a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where: `kind`, or `jobs[3].kind` when many were enqueued.
    pub field: String,
    /// What, for programs: `required`, `format`, `type`, `range`, `length`, `too_large`,
    /// `too_many`, `number`, `nul`, `unknown`, `unknown_field`, `needs_key`, `needs_after`,
    /// `scope`, `taken`.
    pub code: String,
    /// What, for people.
    pub message: String,
}

/// Why nothing was enqueued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnqueueError {
    /// The job itself cannot be accepted; all that is wrong with it.
    #[error("the job cannot be enqueued: {}", first_message(.0))]
    Invalid(Vec<Problem>),
    /// The arguments could not be written as JSON.
    #[error("the arguments cannot be written as JSON")]
    Encode(#[source] serde_json::Error),
    /// The database did not take it.
    #[error("the database did not take the job")]
    Database(#[source] sqlx::Error),
}

pub(crate) fn first_message(problems: &[Problem]) -> &str {
    problems
        .first()
        .map_or("no reason", |problem| &problem.message)
}

impl From<sqlx::Error> for EnqueueError {
    fn from(error: sqlx::Error) -> Self {
        match problems_of(&error) {
            Some(problems) => EnqueueError::Invalid(problems),
            None => EnqueueError::Database(error),
        }
    }
}

/// The problems that our SQL functions raised as `P0JOB`, if it was they.
pub(crate) fn problems_of(error: &sqlx::Error) -> Option<Vec<Problem>> {
    let error = error.as_database_error()?;
    if error.code()? != "P0JOB" {
        return None;
    }
    let detail = error
        .downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .detail()
        .unwrap_or("[]");
    serde_json::from_str(detail).ok()
}

/// Enqueues one job. In a transaction it becomes visible, and wakes workers, at the commit.
///
/// # Errors
/// [`EnqueueError::Invalid`] says all that is wrong with the job. When the database found it
/// (rather than this process), the caller's transaction is aborted.
pub async fn enqueue(db: impl PgExecutor<'_>, job: &NewJob) -> Result<Enqueued, EnqueueError> {
    let result = insert_one(db, job).await;
    match &result {
        Ok(enqueued) if enqueued.inserted => job.count("inserted"),
        Ok(_) => job.count("deduplicated"),
        Err(_) => meters::enqueue_rejected(),
    }
    result
}

async fn insert_one(db: impl PgExecutor<'_>, job: &NewJob) -> Result<Enqueued, EnqueueError> {
    if job.is_flow() {
        return insert_flow(db, job).await;
    }
    let problems = job.problems("");
    if !problems.is_empty() {
        return Err(EnqueueError::Invalid(problems));
    }
    let scope = job.unique_scope.map(|scope| match scope {
        UniqueScope::Waiting => "waiting",
        UniqueScope::Unfinished => "unfinished",
        UniqueScope::Period => "period",
    });
    let row = sqlx::query_file!(
        "../../sql/queries/queue_jobs/enqueue.sql",
        job.kind,
        job.args.get(),
        job.queue,
        job.priority,
        job.run_at,
        job.max_attempts,
        job.unique_key,
        scope,
        job.group_key,
        job.trace_context,
    )
    .fetch_one(db)
    .await?;
    Ok(Enqueued {
        job_id: row.job_id,
        inserted: row.inserted,
    })
}

/// One job with edges, a period or replacement: an array of one, its problems without the place.
async fn insert_flow(db: impl PgExecutor<'_>, job: &NewJob) -> Result<Enqueued, EnqueueError> {
    let enqueued = insert_many(db, std::slice::from_ref(job)).await;
    let enqueued = enqueued.map_err(|error| match error {
        EnqueueError::Invalid(mut problems) => {
            for problem in &mut problems {
                if let Some(field) = problem.field.strip_prefix("jobs[0].") {
                    problem.field = field.to_owned();
                }
            }
            EnqueueError::Invalid(problems)
        }
        other => other,
    })?;
    Ok(*enqueued
        .first()
        .expect("the answer has one row for each job"))
}

/// How many jobs [`enqueue_many`] takes at once.
pub const ENQUEUE_JOBS_MAX: usize = 10_000;

/// Enqueues up to [`ENQUEUE_JOBS_MAX`] jobs in one round trip, all or none; answers in their order.
///
/// # Errors
/// [`EnqueueError::Invalid`] says all that is wrong with any of the jobs, with fields such as
/// `jobs[3].kind`. When the database found it, the caller's transaction is aborted.
pub async fn enqueue_many(
    db: impl PgExecutor<'_>,
    jobs: &[NewJob],
) -> Result<Vec<Enqueued>, EnqueueError> {
    let result = insert_many(db, jobs).await;
    match &result {
        Ok(enqueued) => {
            for (job, enqueued) in jobs.iter().zip(enqueued) {
                job.count(if enqueued.inserted {
                    "inserted"
                } else {
                    "deduplicated"
                });
            }
        }
        Err(_) => meters::enqueue_rejected(),
    }
    result
}

async fn insert_many(
    db: impl PgExecutor<'_>,
    jobs: &[NewJob],
) -> Result<Vec<Enqueued>, EnqueueError> {
    let mut problems = Vec::new();
    if jobs.len() > ENQUEUE_JOBS_MAX {
        problems.push(Problem {
            field: "jobs".to_owned(),
            code: "too_many".to_owned(),
            message: format!("at most {ENQUEUE_JOBS_MAX} jobs in one call"),
        });
    } else {
        for (place, job) in jobs.iter().enumerate() {
            problems.extend(job.problems(&format!("jobs[{place}].")));
        }
    }
    if !problems.is_empty() {
        return Err(EnqueueError::Invalid(problems));
    }
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    if jobs.iter().all(NewJob::is_plain) {
        return Ok(plain::insert(db, jobs).await?);
    }
    let body = serde_json::to_string(jobs).map_err(EnqueueError::Encode)?;
    let rows = sqlx::query_file!("../../sql/queries/queue_jobs/enqueue_many.sql", body)
        .fetch_all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Enqueued {
            job_id: row.job_id,
            inserted: row.inserted,
        })
        .collect())
}

/// Milliseconds as PostgreSQL's `bigint`; far beyond any wait that makes sense it stops growing.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
