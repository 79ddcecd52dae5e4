//! The database of a role: there, and of this release.

use std::time::Duration;

use sqlx::PgPool;
use stevedore_database::{
    DatabaseSettings, check_installed, check_pooler, connect, wait_until_reachable,
};

/// How long a role that starts together with its database waits for it.
const PATIENCE_OF_ROLES: Duration = Duration::from_secs(60);

/// Connects for a role that serves.
///
/// # Errors
/// When PostgreSQL does not answer for a minute, stands behind a pooler that mixes statements up,
/// or its schema needs `stevedore migrate` or a newer program; the error says which.
pub async fn await_ready(settings: &DatabaseSettings) -> anyhow::Result<PgPool> {
    let pool = open(settings, PATIENCE_OF_ROLES).await?;
    check_pooler(&pool).await?;
    check_installed(&pool).await?;
    Ok(pool)
}

/// Connects for a command that somebody waits for.
///
/// # Errors
/// As [`await_ready`], but at once.
pub async fn open_now(settings: &DatabaseSettings) -> anyhow::Result<PgPool> {
    let pool = open(settings, Duration::ZERO).await?;
    check_installed(&pool).await?;
    Ok(pool)
}

async fn open(settings: &DatabaseSettings, patience: Duration) -> anyhow::Result<PgPool> {
    let pool = connect(settings)?;
    wait_until_reachable(&pool, patience).await?;
    Ok(pool)
}
