//! Why an install stopped.

use std::time::Duration;

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

use super::CheckError;
use crate::ConnectError;

/// Why a schema could not be installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The URL cannot be used.
    #[error(transparent)]
    Url(#[from] ConnectError),
    /// The server refused or did not answer.
    #[error("cannot connect to the database")]
    Connect(#[source] sqlx::Error),
    /// PostgreSQL 14 or older.
    #[error("PostgreSQL 15 or newer is needed, and this server is {}", .version / 10_000)]
    ServerTooOld {
        /// As `server_version_num` says it.
        version: u32,
    },
    /// Somebody else has been installing all the time.
    #[error(
        "another process (server process {holder:?}) has been installing for more than {waited:?}"
    )]
    Busy {
        /// The server process that holds the lock, if it still did when asked.
        holder: Option<i32>,
        /// How long we waited.
        waited: Duration,
    },
    /// The database is newer than this program, or its history was changed.
    #[error(transparent)]
    Refused(#[from] CheckError),
    /// A file failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// Dropping or re-creating objects did not come to rest.
    #[error("these files install objects that another file removes again: {}", .paths.join(", "))]
    Unstable {
        /// The files, below `sql/`.
        paths: Vec<String>,
    },
    /// The ledger or the transaction around it failed.
    #[error("the database failed while the schema was being installed")]
    Database(#[from] sqlx::Error),
}

/// A file of `migrations/` or `sql/` that the server did not accept, and where.
#[derive(Debug, thiserror::Error)]
#[error("{file}{}{}", line_of(.line), details_of(.source))]
pub struct SqlError {
    file: String,
    line: Option<usize>,
    #[source]
    source: sqlx::Error,
}

impl SqlError {
    pub(crate) fn new(file: String, sql: &str, source: sqlx::Error) -> Self {
        let line = database_error(&source).and_then(|error| match error.position() {
            // PostgreSQL counts characters from 1.
            Some(PgErrorPosition::Original(position)) => Some(
                1 + sql
                    .chars()
                    .take(position.saturating_sub(1))
                    .filter(|c| *c == '\n')
                    .count(),
            ),
            _ => None,
        });
        Self { file, line, source }
    }
}

fn database_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

fn line_of(line: &Option<usize>) -> String {
    line.map(|line| format!(", line {line}"))
        .unwrap_or_default()
}

/// DETAIL and HINT: the message itself is the source, and a Display never repeats its source.
fn details_of(error: &sqlx::Error) -> String {
    let Some(error) = database_error(error) else {
        return String::new();
    };
    let parts = [error.detail(), error.hint(), error.r#where()];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join("; "))
    }
}
