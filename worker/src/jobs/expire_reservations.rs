//! `expire_reservations`: gives back the stock of orders whose time to confirm is up.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use stevedore_model::inventory;
use stevedore_queue::{Done, Failure, Job, JobContext, Policy, RetryPolicy, Schedule};

use crate::environment::Environment;

/// Orders expired in one transaction: it holds their stock rows meanwhile.
const BATCH_ORDERS: i32 = 100;
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
        Ok(Done::completed())
    }
}
