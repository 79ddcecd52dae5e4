//! Notices as customers read them and as admins watch them, as JSON made by the database.

use serde_json::Value;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::problems::FieldProblem;
use crate::{TenantId, clean, sqlstate};

/// Preferences that can't be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreferencesError {
    /// Every problem at once.
    #[error("the preferences are wrong")]
    Invalid(Vec<FieldProblem>),
    /// The database can't be asked.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

macro_rules! asked {
    ($(
        $(#[$doc:meta])*
        $name:ident($($argument:ident: $Type:ty),*) = $file:literal, $($value:expr),*;
    )*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// If the database can't be asked.
        pub async fn $name(
            db: impl PgExecutor<'_>,
            tenant: TenantId,
            $($argument: $Type),*
        ) -> Result<Option<Value>, sqlx::Error> {
            sqlx::query_file_scalar!($file, tenant.0, $($value),*)
                .fetch_one(db)
                .await
        }
    )*};
}

asked! {
    /// Marks some or all as read; None: no such customer.
    read(customer: &str, ids: Option<&[i64]>) =
        "../../sql/queries/customer_notifications/read.sql", clean::text(customer), ids as _;
    /// Throws one away; None: no such customer.
    delete(customer: &str, notification_id: i64) =
        "../../sql/queries/customer_notifications/delete.sql",
        clean::text(customer), notification_id;
    /// How a customer is told; None: no such customer.
    preferences(customer: &str) =
        "../../sql/queries/notification_preferences/get.sql", clean::text(customer);
    /// Sends one that failed once more; None: no such notice.
    retry(notification_id: i64) =
        "../../sql/queries/notification_queue/retry.sql", notification_id;
}

/// How many notices a customer has not read.
///
/// # Errors
/// If the database can't be asked.
pub async fn unread(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    customer_id: i64,
) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/customer_notifications/count_unread.sql",
        tenant.0,
        customer_id
    )
    .fetch_one(db)
    .await
}

/// Keeps how a customer wants to be told; None: no such customer.
///
/// # Errors
/// [`PreferencesError`].
pub async fn set_preferences(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    customer: &str,
    wishes: &Value,
) -> Result<Option<Value>, PreferencesError> {
    let kept = sqlx::query_file_scalar!(
        "../../sql/queries/notification_preferences/set.sql",
        tenant.0,
        clean::text(customer),
        clean::json(wishes)
    )
    .fetch_one(db)
    .await;
    kept.map_err(|error| {
        let is_invalid = sqlstate::of(&error) == sqlstate::INVALID;
        match sqlstate::detail(&error).filter(|_| is_invalid) {
            Some(problems) => PreferencesError::Invalid(problems),
            None => PreferencesError::Database(error),
        }
    })
}

/// Ends notices like the one that carries this token; false: none does.
///
/// # Errors
/// If the database can't be asked.
pub async fn unsubscribe(db: impl PgExecutor<'_>, token: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/notification_queue/unsubscribe.sql",
        token
    )
    .fetch_one(db)
    .await
}
