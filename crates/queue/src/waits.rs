//! Jobs that wait for an event from outside: a provider's webhook, somebody's approval.

use std::time::Duration;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::PgExecutor;

use crate::context::{JobContext, LeaseLost};
use crate::enqueue::{EnqueueError, millis};

/// Where a job is with an event that it waits for.
#[derive(Debug)]
#[must_use = "return Done::waiting when it is NotYet"]
pub enum Waited {
    /// It came, with this payload (`null` if it brought none). It stays: a later attempt of the job
    /// gets the same.
    Resumed(serde_json::Value),
    /// It did not come in time. An event that comes now is told that it is too late.
    TimedOut,
    /// It has not come. Tell the outside what it should resume, then return
    /// [`Done::waiting`](crate::Done::waiting).
    NotYet(Wait),
}

impl Waited {
    /// The payload as a type, if the event came.
    ///
    /// # Errors
    /// When the payload is of another shape.
    pub fn payload<T: DeserializeOwned>(self) -> Result<Option<T>, serde_json::Error> {
        match self {
            Waited::Resumed(payload) => serde_json::from_value(payload).map(Some),
            Waited::TimedOut | Waited::NotYet(_) => Ok(None),
        }
    }
}

/// An event that has not come yet.
#[derive(Debug)]
pub struct Wait {
    pub(crate) name: String,
    token: String,
}

impl Wait {
    /// What [`resume_wait`] takes: a token that nobody can guess, or the name of a named event. A
    /// token is told only once, so an attempt that runs again gets another; both hold.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }
}

/// Why a job cannot wait.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The lease was lost.
    #[error(transparent)]
    LeaseLost(#[from] LeaseLost),
    /// Another job waits, or has waited, for an event of this name.
    #[error("another job waits for {0}")]
    Taken(String),
    /// The name is empty, longer than 500 bytes, or looks like a token (`wait_…`).
    #[error("{0:?} cannot be the name of an event")]
    Name(String),
    /// The database did not take it.
    #[error("the job cannot wait")]
    Database(#[source] sqlx::Error),
}

impl JobContext {
    /// Waits for an event that whoever sends it knows by name, such as `razorpay:pay_123`: its
    /// webhook calls [`resume_wait`] with the name. An event that came before anybody asked counts.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use stevedore_queue::{Done, Failure, JobContext, Waited};
    /// # async fn run(ctx: &mut JobContext) -> Result<Done, Failure> {
    /// let day = Duration::from_hours(24);
    /// match ctx.wait_for("razorpay:pay_123", day).await? {
    ///     Waited::Resumed(payload) => tracing::info!(%payload, "paid"),
    ///     Waited::TimedOut => return Err(Failure::fatal(anyhow::anyhow!("nobody paid"))),
    ///     Waited::NotYet(wait) => return Ok(Done::waiting(wait)),
    /// }
    /// # Ok(Done::completed())
    /// # }
    /// ```
    ///
    /// While it waits the job holds no slot and no lease, and its group goes on. When the event
    /// comes, or `timeout` has passed since the first call, the handler runs again from its
    /// beginning. Waiting is no attempt.
    ///
    /// # Errors
    /// See [`WaitError`].
    pub async fn wait_for(&self, name: &str, timeout: Duration) -> Result<Waited, WaitError> {
        let is_fine = (1..=500).contains(&name.len()) && !name.starts_with("wait_");
        if !is_fine || name.contains('\0') {
            return Err(WaitError::Name(name.to_owned()));
        }
        self.open_wait(name, true, timeout).await
    }

    /// Waits for an event that is resumed by a token which nobody can guess: put [`Wait::token`]
    /// into the link or call-back address that the outside gets. `step` tells the waits of one
    /// job apart. Otherwise as [`JobContext::wait_for`].
    ///
    /// # Errors
    /// See [`WaitError`].
    pub async fn wait_for_token(&self, step: &str, timeout: Duration) -> Result<Waited, WaitError> {
        if !(1..=500).contains(&step.len()) || step.contains('\0') {
            return Err(WaitError::Name(step.to_owned()));
        }
        self.open_wait(step, false, timeout).await
    }

    async fn open_wait(
        &self,
        name: &str,
        is_named: bool,
        timeout: Duration,
    ) -> Result<Waited, WaitError> {
        let lease = self.lease();
        let row = sqlx::query_file!(
            "../../sql/queries/queue_waits/open.sql",
            lease.worker_id,
            lease.job_id,
            lease.attempt,
            name,
            is_named,
            millis(timeout),
        )
        .fetch_one(self.pool())
        .await
        .map_err(|error| {
            let code = error.as_database_error().and_then(|error| error.code());
            match code.as_deref() {
                Some("P0LSE") => WaitError::LeaseLost(lease.lost()),
                Some("P0JOB") => WaitError::Taken(name.to_owned()),
                _ => WaitError::Database(error),
            }
        })?;
        Ok(match row.outcome.as_deref() {
            Some("resumed") => Waited::Resumed(row.payload.unwrap_or_default()),
            Some(_) => Waited::TimedOut,
            None => Waited::NotYet(Wait {
                name: name.to_owned(),
                token: row.token.unwrap_or_else(|| name.to_owned()),
            }),
        })
    }
}

/// What became of an event from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resumed {
    /// The job goes on, now or as soon as it would have begun to wait.
    Resumed,
    /// It was resumed before; the payload that came first stays.
    Already,
    /// It came too late: the job has gone on without.
    Expired,
    /// Nobody waits for an event of that name yet. It is kept for whoever will.
    Early,
    /// No such token was ever given, or the history of its job was dropped.
    Unknown,
}

/// An event from outside came: the job that waits for it goes on. `token` is what its handler was
/// given ([`Wait::token`]) or the name that it waits for. From SQL: `queue.resume_wait`.
///
/// # Errors
/// [`EnqueueError::Invalid`] when token or payload are too long; otherwise those of the database.
pub async fn resume_wait(
    db: impl PgExecutor<'_>,
    token: &str,
    payload: &impl Serialize,
) -> Result<Resumed, EnqueueError> {
    let payload = serde_json::to_string(payload).map_err(EnqueueError::Encode)?;
    let row = sqlx::query_file!("../../sql/queries/queue_waits/resume.sql", token, payload)
        .fetch_one(db)
        .await?;
    Ok(match row.outcome.as_deref() {
        Some("resumed") => Resumed::Resumed,
        Some("already") => Resumed::Already,
        Some("expired") => Resumed::Expired,
        Some("early") => Resumed::Early,
        _ => Resumed::Unknown,
    })
}
