//! One installer at a time.

use std::time::{Duration, Instant};

use sqlx::PgConnection;

use super::InstallError;

/// The key of the advisory lock: "stevedor" as eight bytes, so that `pg_locks` can be read.
const LOCK_KEY: i64 = i64::from_be_bytes(*b"stevedor");

/// Pause between two tries. The lock is polled, not waited for: a session that waits inside a
/// statement holds a snapshot, and `create index concurrently` in the session that has the lock
/// would wait for that snapshot – a deadlock that no detector sees.
const RETRY_DELAY: Duration = Duration::from_millis(20);

/// Proof that this session holds the lock.
pub(super) struct InstallLock(());

impl InstallLock {
    pub(super) async fn acquire(
        connection: &mut PgConnection,
        patience: Duration,
    ) -> Result<Self, InstallError> {
        let start = Instant::now();
        loop {
            let got: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
                .bind(LOCK_KEY)
                .fetch_one(&mut *connection)
                .await?;
            if got {
                return Ok(Self(()));
            }
            if start.elapsed() >= patience {
                let holder = holder(connection).await?;
                return Err(InstallError::Busy {
                    holder,
                    waited: start.elapsed(),
                });
            }
            tokio::time::sleep(RETRY_DELAY).await;
        }
    }

    /// Gives the lock back. An error is of no interest: the lock also ends with the connection.
    pub(super) async fn release(self, connection: &mut PgConnection) {
        let _ = sqlx::query("select pg_advisory_unlock($1)")
            .bind(LOCK_KEY)
            .execute(connection)
            .await;
    }
}

/// The server process that has the lock.
async fn holder(connection: &mut PgConnection) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar(
        "select pid
           from pg_locks
          where locktype = 'advisory'
            and granted
            and database = (select oid from pg_database where datname = current_database())
            and (classid::bigint << 32 | objid::bigint) = $1
            and objsubid = 1
          limit 1",
    )
    .bind(LOCK_KEY)
    .fetch_optional(connection)
    .await
}
