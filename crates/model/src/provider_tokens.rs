//! Tokens of outside systems, sealed by the worker, renewed by one for all.

use std::time::Duration;

use sqlx::PgExecutor;

/// The answer to [`claim`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// There is one.
    Kept {
        /// As it was sealed.
        sealed: Vec<u8>,
        /// For so long.
        lasts: Duration,
    },
    /// There is none, and the caller renews it: [`keep`] or [`release`] follows.
    Mine,
    /// Somebody else renews it; ask again in a moment.
    Others,
}

/// The token of this name, or the right to renew it.
///
/// # Errors
/// If the database can't be asked.
pub async fn claim(db: impl PgExecutor<'_>, name: &str) -> Result<Claim, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/provider_tokens/claim.sql", name)
        .fetch_one(db)
        .await?;
    Ok(match (row.sealed, row.is_mine) {
        (Some(sealed), _) => Claim::Kept {
            sealed,
            lasts: Duration::from_millis(row.lasts_ms.unwrap_or(0).unsigned_abs()),
        },
        (None, true) => Claim::Mine,
        (None, false) => Claim::Others,
    })
}

/// Keeps a new token for all.
///
/// # Errors
/// If the database can't be asked.
pub async fn keep(
    db: impl PgExecutor<'_>,
    name: &str,
    sealed: &[u8],
    usable: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/provider_tokens/keep.sql",
        name,
        sealed,
        usable.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The renewal failed: whoever asks next may try.
///
/// # Errors
/// If the database can't be asked.
pub async fn release(db: impl PgExecutor<'_>, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query_file!("../../sql/queries/provider_tokens/release.sql", name)
        .execute(db)
        .await?;
    Ok(())
}

/// The system refused this token: it is thrown away, unless another stands there by now.
///
/// # Errors
/// If the database can't be asked.
pub async fn forget(db: impl PgExecutor<'_>, name: &str, sealed: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query_file!("../../sql/queries/provider_tokens/forget.sql", name, sealed)
        .execute(db)
        .await?;
    Ok(())
}
