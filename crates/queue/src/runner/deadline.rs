//! Limits on the worker's own statements. A host that vanishes without a word leaves connections
//! that never answer and never fail: whoever waits for one without a limit waits for a quarter of
//! an hour.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};

/// How long one of the worker's statements may take, or the wait for a connection. Far more than
/// any of them needs.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Gives up on a step after `limit`, with an error of the kind that a broken connection gives: the
/// step may have been done all the same.
pub(crate) async fn within<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(limit, step)
        .await
        .unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))
}

/// A connection of the pool for one statement. It goes back only when the statement was answered
/// ([`Lent::give_back`]): one that may still be waiting for an answer is closed at once, or it
/// would take up a place in the pool for as long as the answer does not come.
#[derive(Debug)]
pub(crate) struct Lent {
    connection: Option<PoolConnection<Postgres>>,
    pool: PgPool,
}

impl Lent {
    /// Takes a connection, within [`ANSWER_MAX`].
    ///
    /// # Errors
    /// Those of the pool, or that the time is up.
    pub(crate) async fn of(pool: &PgPool) -> Result<Self, sqlx::Error> {
        match within(ANSWER_MAX, pool.acquire()).await {
            Ok(connection) => Ok(Lent {
                connection: Some(connection),
                pool: pool.clone(),
            }),
            Err(error) => {
                forget_idle(pool);
                Err(error)
            }
        }
    }

    /// Hands on what the statement answered. The connection goes back to the pool, unless the
    /// answer is that it broke or did not answer.
    pub(crate) fn give_back<T>(mut self, answer: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        let answered = answer
            .as_ref()
            .err()
            .is_none_or(|error| error.as_database_error().is_some());
        if answered {
            drop(self.connection.take());
        } else {
            forget_idle(&self.pool);
        }
        answer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Detached, it closes its socket when dropped, without a word to the server.
        drop(self.connection.take().map(PoolConnection::detach));
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection.as_deref().expect(PRESENT)
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_deref_mut().expect(PRESENT)
    }
}

const PRESENT: &str = "the connection is taken only by give_back and drop, which end the loan";

/// What silenced one connection has probably silenced the idle ones: without this each would have
/// to be waited for in its turn.
pub(crate) fn forget_idle(pool: &PgPool) {
    while let Some(idle) = pool.try_acquire() {
        drop(idle.detach());
    }
}
