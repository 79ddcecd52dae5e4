//! What a job says of itself while it runs: checkpoints, progress, its result.

use serde::{Serialize, de::DeserializeOwned};
use sqlx::{PgConnection, PgExecutor};

use crate::context::{JobContext, LeaseLost};

/// Why something that a job says of itself was not kept, or cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The lease was lost; nothing was written, and a transaction is aborted.
    #[error(transparent)]
    LeaseLost(#[from] LeaseLost),
    /// It cannot be written as JSON, or what was saved is of another shape.
    #[error("it does not fit its JSON")]
    Json(#[source] serde_json::Error),
    /// The database did not take it.
    #[error("the database did not take it")]
    Database(#[source] sqlx::Error),
}

/// What is written; none leaves what was there.
#[derive(Default)]
struct Note<'a> {
    percent: Option<i16>,
    message: Option<&'a str>,
    checkpoint: Option<String>,
    result: Option<String>,
}

impl Note<'_> {
    fn checkpoint(state: &impl Serialize) -> Result<Self, DataError> {
        Ok(Note {
            checkpoint: Some(encode(state)?),
            ..Note::default()
        })
    }
}

impl JobContext {
    /// What [`JobContext::save_checkpoint`] saved last, in this attempt or one before.
    ///
    /// # Errors
    /// [`DataError::Json`] when that is of another shape than `T`; otherwise those of the database.
    pub async fn checkpoint<T: DeserializeOwned>(&self) -> Result<Option<T>, DataError> {
        let row = sqlx::query_file!(
            "../../sql/queries/queue_job_data/checkpoint.sql",
            self.job_id()
        )
        .fetch_optional(self.pool())
        .await
        .map_err(DataError::Database)?;
        row.and_then(|row| row.checkpoint)
            .map(|saved| serde_json::from_str(&saved).map_err(DataError::Json))
            .transpose()
    }

    /// Saves where the next attempt, should there be one, goes on.
    ///
    /// # Errors
    /// [`DataError::LeaseLost`] when another worker holds the job by now.
    pub async fn save_checkpoint(&self, state: &impl Serialize) -> Result<(), DataError> {
        self.note(self.pool(), Note::checkpoint(state)?).await
    }

    /// As [`JobContext::save_checkpoint`], in the handler's transaction: its writes and the
    /// checkpoint commit together or not at all. If the lease is lost by then, the commit fails.
    ///
    /// # Errors
    /// [`DataError::LeaseLost`] when another worker holds the job by now: the transaction is
    /// aborted.
    pub async fn save_checkpoint_in(
        &self,
        tx: &mut PgConnection,
        state: &impl Serialize,
    ) -> Result<(), DataError> {
        self.note(tx, Note::checkpoint(state)?).await
    }

    /// Says how far the job is (percent, above 100 counts as 100) and what it is doing, for people.
    /// Each call is a write of its own: a few times a second at most.
    ///
    /// # Errors
    /// [`DataError::LeaseLost`] when another worker holds the job by now.
    pub async fn progress(&self, percent: u8, message: &str) -> Result<(), DataError> {
        let note = Note {
            percent: Some(i16::from(percent.min(100))),
            message: Some(message),
            ..Note::default()
        };
        self.note(self.pool(), note).await
    }

    /// Keeps the job's result in the handler's transaction, before
    /// [`JobContext::complete_in`]. Without a transaction of its own a handler returns
    /// [`Done::with_result`](crate::Done::with_result).
    ///
    /// # Errors
    /// As [`JobContext::save_checkpoint_in`].
    pub async fn save_result_in(
        &self,
        tx: &mut PgConnection,
        result: &impl Serialize,
    ) -> Result<(), DataError> {
        let result = Some(encode(result)?);
        let note = Note {
            result,
            ..Note::default()
        };
        self.note(tx, note).await
    }

    async fn note(&self, db: impl PgExecutor<'_>, note: Note<'_>) -> Result<(), DataError> {
        let lease = self.lease();
        sqlx::query_file!(
            "../../sql/queries/queue_job_data/save.sql",
            lease.worker_id,
            lease.job_id,
            lease.attempt,
            note.percent,
            note.message
                .map(|message| message.replace('\0', "\u{fffd}")),
            note.checkpoint,
            note.result,
        )
        .fetch_one(db)
        .await
        .map_err(|error| {
            match error.as_database_error().and_then(|error| error.code()) {
                Some(code) if code == "P0LSE" => DataError::LeaseLost(lease.lost()),
                _ => DataError::Database(error),
            }
        })?;
        Ok(())
    }
}

fn encode(value: &impl Serialize) -> Result<String, DataError> {
    serde_json::to_string(value).map_err(DataError::Json)
}
