//! `clean_up`: deletes what is old enough, a little at a time; writes the digests of admins that
//! are due.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use stevedore_model::notifications::people;
use stevedore_model::retention::{self, Removed};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy, RetryPolicy, Schedule};

use crate::environment::Environment;

/// Rows of one kind deleted in one transaction.
const BATCH_ROWS: u32 = 1_000;
/// Digests written in one run, and old notices forgotten in one transaction.
const DIGESTS_MAX: i32 = 1_000;
const NOTICES_MAX: i32 = 1_000;
/// Batches in one run; what is left is the next tick's.
const BATCHES_MAX: usize = 200;

/// No arguments: the settings say what is old.
#[derive(Debug, Serialize, Deserialize)]
pub struct CleanUp {}

impl Job for CleanUp {
    type Environment = Environment;
    const KIND: &'static str = "clean_up";
    const QUEUE: &'static str = "maintenance";

    fn policy(env: &Environment) -> Policy {
        let every = env.upkeep.clean_up_every;
        Policy {
            // The next tick does the same: one retry covers a restart of the database.
            retry: RetryPolicy::Fixed(vec![every / 2]),
            max_attempts: 2,
            schedule: Some(Schedule::Every(every)),
            ..Policy::default()
        }
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        people::write_digests(ctx.pool(), DIGESTS_MAX)
            .await
            .context("writing the digests of admins")?;
        for _ in 0..BATCHES_MAX {
            let age = env.upkeep.retention.notifications;
            let forgotten = people::forget(ctx.pool(), age, NOTICES_MAX)
                .await
                .context("forgetting old notices")?;
            if forgotten < NOTICES_MAX || ctx.cancelled().is_cancelled() {
                break;
            }
        }
        let mut total = Removed::default();
        for _ in 0..BATCHES_MAX {
            let mut tx = ctx.begin().await?;
            let removed = retention::clean_up(&mut tx, &env.upkeep.retention, BATCH_ROWS)
                .await
                .context("deleting old rows")?;
            tx.commit().await?;
            total.idempotency_keys += removed.idempotency_keys;
            total.notifications += removed.notifications;
            total.fulfillment_logs += removed.fulfillment_logs;
            total.shop_events += removed.shop_events;
            total.tickets += removed.tickets;
            total.webhook_deliveries += removed.webhook_deliveries;
            total.webhook_events += removed.webhook_events;
            total.customer_tokens += removed.customer_tokens;
            if !removed.may_go_on(BATCH_ROWS) || ctx.cancelled().is_cancelled() {
                break;
            }
        }
        tracing::info!(
            idempotency_keys = total.idempotency_keys,
            notifications = total.notifications,
            fulfillment_logs = total.fulfillment_logs,
            shop_events = total.shop_events,
            tickets = total.tickets,
            webhook_deliveries = total.webhook_deliveries,
            webhook_events = total.webhook_events,
            customer_tokens = total.customer_tokens,
            "deleted old rows",
        );
        Ok(Done::completed())
    }
}
