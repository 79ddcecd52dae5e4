//! People who do not wait for a fulfilment's next attempt.

use sqlx::PgExecutor;
use uuid::Uuid;

use crate::orders::TransitionError;
use crate::{TenantId, clean, refusals};

/// How somebody has fulfilments carried out now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunNow {
    /// What is open runs, without waiting for its next attempt.
    Trigger,
    /// The same; an order on hold is resumed first, so that what failed is tried again.
    Retry,
    /// The provider is asked for what was sent to it.
    Verify,
}

impl RunNow {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            RunNow::Trigger => "trigger",
            RunNow::Retry => "retry",
            RunNow::Verify => "verify",
        }
    }
}

/// The provider says that something happened to the order it has under our reference: the
/// fulfilment's job asks it now. Answers the job's state (`ready`, `running`, `ended`), none when
/// no fulfilment of this provider has the reference.
///
/// # Errors
/// If the database can't be asked.
pub async fn hurry(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    provider: &str,
    reference: Uuid,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/fulfillments/hurry.sql",
        provider,
        reference,
        tenant.0
    )
    .fetch_one(db)
    .await
}

/// Has the fulfilments of an order, or one of them, carried out now; answers how many jobs run.
///
/// # Errors
/// [`TransitionError`]: on hold, or nothing to be done.
pub async fn run_now(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    order_id: i64,
    fulfillment_id: Option<i64>,
    how: RunNow,
    actor: &str,
) -> Result<i64, TransitionError> {
    sqlx::query_file_scalar!(
        "../../sql/queries/fulfillments/run_now.sql",
        order_id,
        how.name(),
        clean::text(actor),
        fulfillment_id,
        tenant.0
    )
    .fetch_one(db)
    .await
    .map(i64::from)
    .map_err(|error| refusals::transition(error, "processing"))
}
