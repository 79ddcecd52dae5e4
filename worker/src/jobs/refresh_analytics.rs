//! `refresh_analytics`: computes anew what analysts read.

use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use stevedore_model::analytics;
use stevedore_queue::{Done, Failure, Job, JobContext, Policy, RetryPolicy, Schedule};

use crate::environment::Environment;

/// For all tables together; a year of a million orders takes a small part of it.
const TIMEOUT: Duration = Duration::from_mins(30);

/// No arguments: the database knows what is due.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefreshAnalytics {}

impl Job for RefreshAnalytics {
    type Environment = Environment;
    const KIND: &'static str = "refresh_analytics";
    const QUEUE: &'static str = "maintenance";

    fn policy(env: &Environment) -> Policy {
        let every = env.upkeep.refresh_analytics_every;
        Policy {
            // The next tick does the same: one retry covers a restart of the database.
            retry: RetryPolicy::Fixed(vec![every / 2]),
            max_attempts: 2,
            timeout: TIMEOUT,
            schedule: Some(Schedule::Every(every)),
        }
    }

    async fn run(self, ctx: &mut JobContext, _env: &Environment) -> Result<Done, Failure> {
        let mut tx = ctx.begin().await?;
        let topics = analytics::topics(&mut *tx)
            .await
            .context("asking what analysts read")?;
        tx.commit().await?;
        let mut written = 0;
        for topic in topics {
            if ctx.cancelled().is_cancelled() {
                break;
            }
            // A transaction each: what is done stays done, and no snapshot gets old.
            let mut tx = ctx.begin().await?;
            written += analytics::refresh(&mut *tx, &topic)
                .await
                .with_context(|| format!("refreshing analytics.{topic}"))?;
            tx.commit().await?;
        }
        tracing::info!(analytics.rows = written, "refreshed what analysts read");
        Ok(Done::completed())
    }
}
