//! What customers read inside the shop.

use sqlx::PgExecutor;

use crate::{TenantId, clean};

/// A notice for the inside of the shop.
#[derive(Clone, Copy, Debug)]
pub struct InApp<'a> {
    /// Whose it is.
    pub customer_id: i64,
    /// The order it is about.
    pub order_id: Option<i64>,
    /// The notice that it tells.
    pub notification_id: i64,
    /// Which of `notification_kinds`.
    pub notification_type: &'a str,
    /// One line.
    pub title: &'a str,
    /// Plain text.
    pub body: &'a str,
}

/// Writes it, once per notice; answers its id.
///
/// # Errors
/// If the database can't be asked.
pub async fn tell(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    notice: &InApp<'_>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/customer_notifications/tell.sql",
        tenant.0,
        notice.customer_id,
        notice.order_id,
        notice.notification_id,
        notice.notification_type,
        clean::text(notice.title),
        clean::text(notice.body)
    )
    .fetch_one(db)
    .await
}

/// Writes the digests of admins that are due, at most `limit`; answers how many.
///
/// # Errors
/// If the database can't be asked.
pub async fn write_digests(db: impl PgExecutor<'_>, limit: i32) -> Result<i32, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/notification_queue/write_digests.sql",
        limit
    )
    .fetch_one(db)
    .await
}
