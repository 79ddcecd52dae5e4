//! What analysts read: tables of sums in the schema `analytics`, computed anew now and then.

use sqlx::PgExecutor;

/// The tables to refresh, in their order.
///
/// # Errors
/// Those of the database.
pub async fn topics(db: impl PgExecutor<'_>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_file_scalar!("../../sql/queries/analytics/topics.sql")
        .fetch_all(db)
        .await
}

/// Computes one table anew: once a day all of it, else the last five weeks. Answers how many rows
/// it wrote.
///
/// # Errors
/// Those of the database.
pub async fn refresh(db: impl PgExecutor<'_>, topic: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!("../../sql/queries/analytics/refresh.sql", topic)
        .fetch_one(db)
        .await
}
