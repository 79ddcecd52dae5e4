//! The pool of a process.

use std::{
    str::FromStr,
    time::{Duration, Instant},
};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::DatabaseSettings;

/// Pause between two tries of [`wait_until_reachable`].
const REACHABLE_RETRY_DELAY: Duration = Duration::from_millis(100);

/// A connection that was handed back longer ago may have died since.
const PING_AFTER_IDLE: Duration = Duration::from_millis(1);

/// `duplicate_prepared_statement`
const DUPLICATE_STATEMENT: &str = "42P05";
/// `invalid_sql_statement_name`
const MISSING_STATEMENT: &str = "26000";

/// Why a pool could not be made, or its server not be reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is no PostgreSQL URL. The URL itself is not shown: it may hold a password.
    #[error("DATABASE_URL is not a valid PostgreSQL URL")]
    Url(#[source] sqlx::Error),
    /// No connection within the given time.
    #[error("PostgreSQL cannot be reached after trying for {waited:?}")]
    Unreachable {
        /// How long it was tried.
        waited: Duration,
        /// What the last try said.
        #[source]
        source: sqlx::Error,
    },
    /// A pooler changes the server between two statements, and leaves the statements behind.
    #[error(
        "before PostgreSQL stands a pooler in transaction mode that does not carry prepared \
         statements: PgBouncer does since 1.21 with max_prepared_statements above 0; an older one \
         must run in session mode"
    )]
    Pooler(#[source] sqlx::Error),
}

/// A pool that connects when first used, so a process starts while PostgreSQL is still starting and
/// lives on while PostgreSQL restarts.
///
/// A connection that was idle for a moment is pinged before it is handed out (one round trip):
/// after a restart every idle connection is dead, and without the ping each would fail one request.
/// A busy process, whose connections are handed from one to the next, does not pay for it. What was
/// in flight fails with the server; callers retry (jobs) or answer 503 (the API).
///
/// Time-outs travel in the start-up packet. PgBouncer refuses that unless its
/// `ignore_startup_parameters` lists `options`; the role's own settings count then.
///
/// # Errors
/// Only when the URL cannot be parsed.
pub fn connect(settings: &DatabaseSettings) -> Result<PgPool, ConnectError> {
    let options = options_of(&settings.database_url)?
        .application_name(&settings.database_application_name)
        .options([
            (
                "statement_timeout",
                millis(settings.database_statement_timeout),
            ),
            (
                "idle_in_transaction_session_timeout",
                millis(settings.database_idle_in_transaction_timeout),
            ),
            ("timezone", "UTC".to_owned()),
        ]);
    Ok(PgPoolOptions::new()
        .max_connections(settings.database_pool_max)
        .min_connections(settings.database_pool_min.min(settings.database_pool_max))
        .acquire_timeout(settings.database_acquire_timeout)
        .idle_timeout(settings.database_idle_timeout)
        .max_lifetime(settings.database_max_lifetime)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > PING_AFTER_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options))
}

/// Sets the metrics of a pool: what it has open now, and how long a probe waits for a connection.
/// To be called at each scrape; the probe's wait is seen in the next one. Does not block.
pub fn meter_pool(pool: &PgPool) {
    let open = pool.size();
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    let in_use = open.saturating_sub(idle);
    metrics::gauge!("stevedore_db_pool_connections", "state" => "idle").set(idle);
    metrics::gauge!("stevedore_db_pool_connections", "state" => "in_use").set(in_use);
    let most = pool.options().get_max_connections();
    metrics::gauge!("stevedore_db_pool_max_connections").set(most);
    // Somebody who renders metrics outside a runtime has no pool in use, either.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        let pool = pool.clone();
        runtime.spawn(async move {
            let asked = Instant::now();
            // No connection within the pool's time limit is a wait of that long.
            drop(pool.acquire().await);
            metrics::histogram!("stevedore_db_pool_wait_seconds").record(asked.elapsed());
        });
    }
}

/// Parses a database URL.
///
/// # Errors
/// When it is no PostgreSQL URL.
pub fn options_of(url: &SecretString) -> Result<PgConnectOptions, ConnectError> {
    PgConnectOptions::from_str(url.expose_secret()).map_err(ConnectError::Url)
}

/// Waits until the server answers a query: a role that starts together with its database calls this
/// before [`crate::check_installed`].
///
/// # Errors
/// [`ConnectError::Unreachable`] with the last reason when `patience` is over, and at once
/// [`ConnectError::Pooler`].
pub async fn wait_until_reachable(pool: &PgPool, patience: Duration) -> Result<(), ConnectError> {
    let start = tokio::time::Instant::now();
    loop {
        match sqlx::query("select 1").execute(pool).await {
            Ok(_) => return Ok(()),
            Err(error) if mixes_statements_up(&error) => return Err(ConnectError::Pooler(error)),
            Err(source) if start.elapsed() >= patience => {
                return Err(ConnectError::Unreachable {
                    waited: start.elapsed(),
                    source,
                });
            }
            Err(error) => tracing::debug!(%error, "PostgreSQL does not answer yet"),
        }
        tokio::time::sleep(REACHABLE_RETRY_DELAY).await;
    }
}

/// Refuses a pooler that would run another statement than the one that was asked for: every
/// connection numbers its statements, and on a server that has seen others `1` is somebody else's.
///
/// # Errors
/// [`ConnectError::Pooler`]. What else may go wrong here goes wrong again where it is dealt with.
pub async fn check_pooler(pool: &PgPool) -> Result<(), ConnectError> {
    if pool.options().get_max_connections() < 2 {
        return Ok(());
    }
    // Both at once, so that they are two.
    let (Ok(one), Ok(other)) = (pool.acquire().await, pool.acquire().await) else {
        return Ok(());
    };
    for mut connection in [one, other] {
        match sqlx::query("select 1").execute(&mut *connection).await {
            Err(error) if mixes_statements_up(&error) => return Err(ConnectError::Pooler(error)),
            _ => {}
        }
    }
    Ok(())
}

/// A statement of this connection that is not there, or somebody else's by the same name.
fn mixes_statements_up(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(
        code.as_deref(),
        Some(DUPLICATE_STATEMENT | MISSING_STATEMENT)
    )
}

/// PostgreSQL reads a number without a unit as milliseconds.
fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}
