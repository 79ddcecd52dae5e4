//! What people ask of schedules and tell them: those that kinds have by their policy, and those
//! that were made at run time, such as a shop's own.
//!
//! ```
//! # use stevedore_queue::{Cron, Schedule, schedules};
//! # use stevedore_queue::schedules::NewSchedule;
//! # async fn example(pool: sqlx::PgPool) -> Result<(), schedules::SchedulesError> {
//! let mondays = Cron::new("0 8 * * MON").zone("Europe/Berlin");
//! let report = NewSchedule::new("report:7", "send_report", Schedule::Cron(mondays))
//!     .args(serde_json::json!({"shop": 7}));
//! schedules::upsert(&pool, &report).await?;
//! schedules::pause(&pool, "report:7").await?;
//! # Ok(())
//! # }
//! ```

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;

use crate::enqueue::{Problem, first_message, problems_of};
use crate::schedule::{Dst, Missed, Schedule, ScheduleError};

/// A schedule about to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSchedule {
    name: String,
    kind: String,
    when: Schedule,
    args: serde_json::Value,
    queue: String,
    priority: i16,
    group_key: Option<String>,
}

impl NewSchedule {
    /// A schedule by its name (1 to 200 of letters, digits and `_ . : / -`), the kind of its jobs,
    /// and its times. Every worker that has a handler for the kind ticks it.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: impl Into<String>, when: Schedule) -> Self {
        NewSchedule {
            name: name.into(),
            kind: kind.into(),
            when,
            args: serde_json::json!({}),
            queue: "default".to_owned(),
            priority: 0,
            group_key: None,
        }
    }

    /// What its jobs get; `{}` if this is not called.
    #[must_use]
    pub fn args(mut self, args: serde_json::Value) -> Self {
        self.args = args;
        self
    }

    /// The queue that its jobs go to; `default` if this is not called.
    #[must_use]
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = queue.into();
        self
    }

    /// Of its jobs, from -100 (first) to 100 (last); 0 if this is not called.
    #[must_use]
    pub fn priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    /// The group of its jobs: with one of its own, a job never overlaps with the one before.
    #[must_use]
    pub fn group_key(mut self, group_key: impl Into<String>) -> Self {
        self.group_key = Some(group_key.into());
        self
    }
}

/// Why a schedule was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchedulesError {
    /// Its times make no sense.
    #[error(transparent)]
    When(#[from] ScheduleError),
    /// Something else is wrong with it; all of it.
    #[error("the schedule cannot be written: {}", first_message(.0))]
    Invalid(Vec<Problem>),
    /// The database did not answer, or not with yes.
    #[error("the database did not take the schedule")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for SchedulesError {
    fn from(error: sqlx::Error) -> Self {
        match problems_of(&error) {
            Some(problems) => SchedulesError::Invalid(problems),
            None => SchedulesError::Database(error),
        }
    }
}

/// Makes a schedule, or changes it: then it ticks from now on, and nothing of before is made up
/// for. One that is there and the same stays as it is, its pause too. Answers its revision.
///
/// # Errors
/// [`SchedulesError`] says what is wrong and what to write.
pub async fn upsert(
    db: impl PgExecutor<'_>,
    schedule: &NewSchedule,
) -> Result<i64, SchedulesError> {
    schedule.when.check()?;
    let cron = schedule.when.cron();
    let (missed, catch_up_max) = schedule.when.missed().row();
    let row = sqlx::query_file!(
        "../../sql/queries/queue_schedules/upsert.sql",
        schedule.name,
        schedule.kind,
        cron.map(|cron| cron.expression.as_str()),
        cron.map_or("UTC", |cron| &cron.zone),
        schedule.when.every_ms(),
        cron.map_or(Dst::Auto, |cron| cron.dst).name(),
        missed,
        catch_up_max,
        schedule.args.to_string(),
        schedule.queue,
        schedule.priority,
        schedule.group_key,
    )
    .fetch_one(db)
    .await?;
    Ok(row.revision)
}

/// Stops a schedule, fleet-wide and at once; jobs that it made stay. False when there is none such.
///
/// # Errors
/// Those of the database.
pub async fn pause(db: impl PgExecutor<'_>, name: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/queue_schedules/pause.sql", name);
    Ok(row.fetch_one(db).await?.found)
}

/// Lets a schedule tick again, from now on: ticks of the pause are not made up for. False when
/// there is none such.
///
/// # Errors
/// Those of the database.
pub async fn resume(db: impl PgExecutor<'_>, name: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/queue_schedules/resume.sql", name);
    Ok(row.fetch_one(db).await?.found)
}

/// Removes a schedule; jobs that it made stay. That of a kind's policy comes back when the next
/// worker starts: pause that one instead. False when there is none such.
///
/// # Errors
/// Those of the database.
pub async fn remove(db: impl PgExecutor<'_>, name: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/queue_schedules/remove.sql", name);
    Ok(row.fetch_one(db).await?.found)
}

/// Enqueues a schedule's job now, besides its ticks and also while it is paused; answers the job's
/// id. None when there is no such schedule.
///
/// # Errors
/// Those of the database.
pub async fn run_now(db: impl PgExecutor<'_>, name: &str) -> Result<Option<i64>, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/queue_schedules/run.sql", name);
    Ok(row.fetch_one(db).await?.job_id)
}

/// A schedule as people see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScheduleView {
    /// Its name; for that of a kind's policy the kind.
    pub schedule: String,
    /// The kind of its jobs.
    pub kind: String,
    /// `kind` (a registered kind's policy) or `people`.
    pub source: String,
    /// Its cron expression, or none.
    pub expression: Option<String>,
    /// The time zone of that.
    pub zone: String,
    /// Or the milliseconds between its ticks.
    pub every_ms: Option<i64>,
    /// When clocks change: `auto`, `once`, `skip` or `both`.
    pub dst: String,
    /// When nobody was there: `skip`, `once` or `catch_up`.
    pub missed: String,
    /// How many of the newest ticks `catch_up` makes at most.
    pub catch_up_max: i32,
    /// The queue of its jobs.
    pub queue: String,
    /// Their priority.
    pub priority: i16,
    /// Their arguments.
    pub args: serde_json::Value,
    /// Their group.
    pub group_key: Option<String>,
    /// It does not tick.
    pub paused: bool,
    /// Why workers cannot tick it.
    pub problem: Option<String>,
    /// The last tick that made a job.
    pub last_tick_at: Option<DateTime<Utc>>,
    /// The last job that it made.
    pub last_job_id: Option<i64>,
    /// The tick to come; none when no worker has looked at it, or there is none to come.
    pub next_tick_at: Option<DateTime<Utc>>,
    /// When its definition or pause last changed.
    pub changed_at: DateTime<Utc>,
    /// The database's time of this answer.
    pub now_at: DateTime<Utc>,
}

impl ScheduleView {
    /// Its times.
    #[must_use]
    pub fn when(&self) -> Schedule {
        let missed = Missed::read(&self.missed, self.catch_up_max);
        let (expression, zone) = (self.expression.clone(), self.zone.clone());
        Schedule::read(self.every_ms, expression, zone, &self.dst, missed)
    }

    /// Its next ticks, whether it is paused or not.
    ///
    /// # Errors
    /// [`ScheduleError`] when its times make no sense; then [`Self::problem`] says the same.
    pub fn upcoming(&self, count: usize) -> Result<Vec<DateTime<Utc>>, ScheduleError> {
        self.when().upcoming(self.now_at, count)
    }
}

/// All schedules in order of name, or the one of that name.
///
/// # Errors
/// Those of the database.
pub async fn list(
    db: impl PgExecutor<'_>,
    name: Option<&str>,
) -> Result<Vec<ScheduleView>, sqlx::Error> {
    sqlx::query_file_as!(
        ScheduleView,
        "../../sql/queries/queue_schedules/list.sql",
        name
    )
    .fetch_all(db)
    .await
}
