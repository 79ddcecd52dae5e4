//! The database of a role: there, and of this release.

use std::time::Duration;

use sqlx::PgPool;
use stevedore_database::{DatabaseSettings, check_installed, connect, wait_until_reachable};

/// How long a role that starts together with its database waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connects, and refuses a schema that is not this release's.
///
/// # Errors
/// When PostgreSQL does not answer for a minute, or its schema needs `stevedore migrate` or a newer
/// program; the error says which.
pub async fn open(settings: &DatabaseSettings) -> anyhow::Result<PgPool> {
    let pool = connect(settings)?;
    wait_until_reachable(&pool, PATIENCE).await?;
    check_installed(&pool).await?;
    Ok(pool)
}
