//! `expire_reservations`: gives back the stock of orders whose time to confirm is up, and holds the
//! orders of jobs that died, so that nobody waits for what nobody does.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use stevedore_model::{fulfillments, inbox, inventory, labels, notifications};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy, RetryPolicy, Schedule};

use crate::environment::Environment;

/// Orders expired in one transaction: it holds their stock rows meanwhile.
const BATCH_ORDERS: i32 = 100;
/// Fulfilments, notices, or webhooks, of dead jobs ended in one transaction.
const BATCH_DEAD: i32 = 100;
/// Batches in one run; what is left is the next tick's.
const BATCHES_MAX: usize = 100;

/// No arguments: the database knows what is due.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExpireReservations {}

impl Job for ExpireReservations {
    type Environment = Environment;
    const KIND: &'static str = "expire_reservations";
    const QUEUE: &'static str = "maintenance";

    fn policy(env: &Environment) -> Policy {
        let every = env.upkeep.expire_reservations_every;
        Policy {
            // The next tick does the same: one retry covers a restart of the database.
            retry: RetryPolicy::Fixed(vec![every / 2]),
            max_attempts: 2,
            schedule: Some(Schedule::Every(every)),
            ..Policy::default()
        }
    }

    async fn run(self, ctx: &mut JobContext, _env: &Environment) -> Result<Done, Failure> {
        let mut expired = 0;
        for _ in 0..BATCHES_MAX {
            let mut tx = ctx.begin().await?;
            let batch = inventory::expire_reservations(&mut *tx, BATCH_ORDERS)
                .await
                .context("expiring reservations")?;
            tx.commit().await?;
            expired += batch;
            if batch < i64::from(BATCH_ORDERS) || ctx.cancelled().is_cancelled() {
                break;
            }
        }
        if expired > 0 {
            tracing::info!(
                reservations.expired = expired,
                "gave back what was not confirmed"
            );
        }
        end_dead(ctx).await?;
        Ok(Done::completed())
    }
}

/// Ends what jobs that died left open: a lost worker, or a time limit, in the last attempt.
async fn end_dead(ctx: &JobContext) -> anyhow::Result<()> {
    let (mut parked, mut unlabelled, mut failed, mut buried) = (0, 0, 0, 0);
    for _ in 0..BATCHES_MAX {
        // A transaction each: they lock in other orders.
        let mut tx = ctx.begin().await?;
        let fulfilments = fulfillments::park_dead(&mut *tx, BATCH_DEAD)
            .await
            .context("parking the fulfilments of dead jobs")?;
        tx.commit().await?;
        let mut tx = ctx.begin().await?;
        let labels = labels::park_dead(&mut *tx, BATCH_DEAD)
            .await
            .context("parking the labels of dead jobs")?;
        tx.commit().await?;
        let mut tx = ctx.begin().await?;
        let notices = notifications::fail_dead(&mut *tx, BATCH_DEAD)
            .await
            .context("giving up the notices of dead jobs")?;
        tx.commit().await?;
        let events = inbox::bury_dead(ctx.pool(), i64::from(BATCH_DEAD))
            .await
            .context("giving up the webhooks of dead jobs")?;
        let events = i64::try_from(events).unwrap_or(i64::MAX);
        (parked, failed) = (parked + fulfilments, failed + notices);
        (unlabelled, buried) = (unlabelled + labels, buried + events);
        let most = fulfilments.max(labels).max(notices).max(events);
        let may_go_on = most >= i64::from(BATCH_DEAD);
        if !may_go_on || ctx.cancelled().is_cancelled() {
            break;
        }
    }
    if parked + unlabelled + failed + buried > 0 {
        tracing::error!(
            fulfillments.parked = parked,
            labels.parked = unlabelled,
            notifications.failed = failed,
            webhooks.dead = buried,
            "ended what dead jobs left open"
        );
    }
    Ok(())
}
