//! What a failing database means to a client: come back later, or our own bug.

use crate::problem::{Kind, Problem};

/// Logged here, once: the client gets no word of the cause.
impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        if is_temporary(&error) {
            tracing::warn!(error = %error, "the database is unavailable to a request");
            return Problem::new(
                Kind::DatabaseUnavailable,
                "The database is not reachable or too busy right now.",
            );
        }
        tracing::error!(error = ?error, "a query of a request failed");
        Problem::new(
            Kind::Internal,
            "The request failed. The trace id leads to the cause.",
        )
    }
}

fn is_temporary(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(refusal) => refusal.code().is_some_and(|state| retryable(&state)),
        _ => false,
    }
}

/// Connection, resource and shutdown trouble, time-outs, and conflicts that a repetition solves.
fn retryable(sqlstate: &str) -> bool {
    let class = sqlstate.get(..2).unwrap_or_default();
    matches!(class, "08" | "53" | "57" | "58")
        || matches!(sqlstate, "40001" | "40P01" | "55P03" | "25006" | "25P03")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_that_passes_is_503_and_a_bug_is_500() {
        assert_eq!(
            Problem::from(sqlx::Error::PoolTimedOut).kind(),
            Kind::DatabaseUnavailable
        );
        assert_eq!(
            Problem::from(sqlx::Error::RowNotFound).kind(),
            Kind::Internal
        );
        assert!(retryable("57P01") && retryable("40P01") && retryable("53300"));
        assert!(!retryable("42P01") && !retryable("23505") && !retryable(""));
    }
}
