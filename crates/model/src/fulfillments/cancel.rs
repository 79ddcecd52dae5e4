//! What a provider says that was asked to give a fulfilment up.

use sqlx::PgExecutor;

use super::ACTOR;
use crate::{TenantId, clean};

/// The provider gives it up, and the order is cancelled with the last of its fulfilments; or it
/// refuses, with a code and in words, and the fulfilment goes on. Twice is once.
///
/// # Errors
/// P0NOF if there is no such fulfilment; or the database can't be asked.
pub async fn finish_cancellation(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    refusal: Option<(&str, &str)>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/fulfillments/finish_cancellation.sql",
        fulfillment_id,
        refusal.map(|(code, _)| clean::text(code)),
        refusal.map(|(_, message)| clean::text(message)),
        ACTOR,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}
