//! What the fleet may do at most, and what waiting is worth.

use std::time::Duration;

use sqlx::PgExecutor;

use crate::enqueue::millis;

/// What a limit holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitScope {
    /// A queue.
    Queue,
    /// A kind. It stands in a line of its own from now on.
    Kind,
    /// A group key: jobs at once only; 1 unless set.
    Group,
    /// A bucket for handlers ([`take_tokens`](crate::JobContext::take_tokens)): a rate only.
    Key,
}

impl LimitScope {
    fn as_str(self) -> &'static str {
        match self {
            LimitScope::Queue => "queue",
            LimitScope::Kind => "kind",
            LimitScope::Group => "group",
            LimitScope::Key => "key",
        }
    }
}

/// A limit for the whole fleet. Without anything set: none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limit {
    /// Jobs at once.
    pub max_running: Option<i32>,
    /// Starts, or tokens, a second.
    pub per_second: Option<f64>,
    /// How many of those may come at once; one second's worth unless set.
    pub burst: Option<i32>,
}

/// Sets a limit, from the next claim on.
///
/// # Errors
/// Those of the database, also for values that it refuses (constraints of `queue.limits`).
pub async fn set_limit(
    db: impl PgExecutor<'_>,
    scope: LimitScope,
    name: &str,
    limit: Limit,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/queue_limits/set.sql",
        scope.as_str(),
        name,
        limit.max_running,
        limit.per_second,
        limit.burst,
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// Makes a queue serve by priority and waiting time: one step of priority is worth `step`. None:
/// strictly by priority.
///
/// # Errors
/// Those of the database, also for a step beyond 30 days.
pub async fn set_ageing(
    db: impl PgExecutor<'_>,
    queue: &str,
    step: Option<Duration>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/queue_queues/set_ageing.sql",
        queue,
        step.map(millis),
    )
    .fetch_one(db)
    .await?;
    Ok(())
}
