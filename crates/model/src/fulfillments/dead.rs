//! Fulfilments that no job will end.

use sqlx::PgExecutor;

/// Parks what no job will end, at most `limit`: fulfilments whose job died, by a lost worker or a
/// time limit in its last attempt. Their orders go on hold. Answers how many; call it until it
/// answers less than `limit`.
///
/// # Errors
/// If the database can't be asked.
pub async fn park_dead(db: impl PgExecutor<'_>, limit: i32) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!("../../sql/queries/fulfillments/park_dead.sql", limit)
        .fetch_one(db)
        .await
        .map(i64::from)
}
