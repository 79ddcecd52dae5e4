//! Jobs that wait for other jobs.

use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;

use crate::enqueue::{EnqueueError, Enqueued, NewJob, enqueue_many};

/// What becomes of a job when one that it waits for is dead or cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnFailure {
    /// It is cancelled, and so are those that wait for it.
    #[default]
    Cancel,
    /// It runs all the same, for what has to be done in any case.
    Run,
    /// It waits on, for somebody to retry the dead one. A cancelled one cannot be retried: then as
    /// [`OnFailure::Cancel`].
    Wait,
}

/// Whom a job waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Predecessor {
    /// A job that exists, by its id. It may have ended: then that counts as if it ended now.
    #[serde(rename = "job_id")]
    Job(i64),
    /// A job that is enqueued in the same call and stands before the one that waits.
    #[serde(rename = "position")]
    Step(Step),
}

impl From<i64> for Predecessor {
    fn from(job_id: i64) -> Self {
        Predecessor::Job(job_id)
    }
}

impl From<Step> for Predecessor {
    fn from(step: Step) -> Self {
        Predecessor::Step(step)
    }
}

/// One edge of a workflow, as `queue.enqueue_many` reads it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Edge {
    #[serde(flatten)]
    pub(crate) predecessor: Predecessor,
    pub(crate) on_failure: OnFailure,
}

/// A job of a [`Workflow`]: its place in the order in which they were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Step(pub(crate) usize);

impl Step {
    /// The job at this place, from 0, of those that [`crate::enqueue_many`] is given.
    #[must_use]
    pub fn at(position: usize) -> Self {
        Step(position)
    }
}

/// Jobs that wait for each other, enqueued in one round trip, all or none.
///
/// Nobody polls: the transaction that ends the last job which another waits for makes that one
/// ready. A step can only wait for steps that were added before, so there are no cycles.
///
/// ```no_run
/// # use stevedore_queue::{EnqueueError, NewJob, OnFailure, Workflow};
/// # use serde_json::json;
/// # async fn example(pool: sqlx::PgPool) -> Result<(), EnqueueError> {
/// let mut flow = Workflow::new();
/// let fetch = flow.add(NewJob::new("fetch", &json!({"file": "numbers.csv"}))?);
/// let parts = flow.fan_out(fetch, [
///     NewJob::new("import", &json!({"part": 0}))?,
///     NewJob::new("import", &json!({"part": 1}))?,
/// ]);
/// let report = flow.fan_in(&parts, NewJob::new("report", &json!({}))?);
/// flow.add(NewJob::new("clean_up", &json!({}))?.after_with(report, OnFailure::Run));
/// let jobs = flow.enqueue(&pool).await?;
/// let report_id = jobs[report].job_id;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Workflow {
    jobs: Vec<NewJob>,
}

impl Workflow {
    /// No steps yet.
    #[must_use]
    pub fn new() -> Self {
        Workflow::default()
    }

    /// Adds a job; with [`NewJob::after`] it waits for steps that were added before.
    pub fn add(&mut self, job: NewJob) -> Step {
        self.jobs.push(job);
        Step(self.jobs.len() - 1)
    }

    /// Adds jobs that all wait for one step.
    pub fn fan_out(&mut self, after: Step, jobs: impl IntoIterator<Item = NewJob>) -> Vec<Step> {
        jobs.into_iter()
            .map(|job| self.add(job.after(after)))
            .collect()
    }

    /// Adds a job that waits for several steps.
    pub fn fan_in(&mut self, after: &[Step], job: NewJob) -> Step {
        let job = after.iter().fold(job, |job, step| job.after(*step));
        self.add(job)
    }

    /// Enqueues all steps, in the caller's transaction if `db` is one.
    ///
    /// # Errors
    /// As [`enqueue_many`].
    pub async fn enqueue(&self, db: impl PgExecutor<'_>) -> Result<WorkflowJobs, EnqueueError> {
        enqueue_many(db, &self.jobs).await.map(WorkflowJobs)
    }
}

/// What became of the steps of a workflow; index it by [`Step`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowJobs(Vec<Enqueued>);

impl WorkflowJobs {
    /// All of them, in the order in which they were added.
    #[must_use]
    pub fn all(&self) -> &[Enqueued] {
        &self.0
    }
}

impl std::ops::Index<Step> for WorkflowJobs {
    type Output = Enqueued;

    fn index(&self, step: Step) -> &Enqueued {
        &self.0[step.0]
    }
}

/// Cancels everything unfinished in the workflow of a job: all jobs that edges join with it, over
/// any number of steps in either direction. Answers how many it cancelled or, where they run, asked
/// to stop. A workflow is known as long as its edges are kept, that is as long as finished jobs.
///
/// # Errors
/// Those of the database.
pub async fn cancel_workflow(db: impl PgExecutor<'_>, job_id: i64) -> Result<u32, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/queue_jobs/cancel_workflow.sql", job_id)
        .fetch_one(db)
        .await?;
    Ok(u32::try_from(row.cancelled).unwrap_or(0))
}
