//! `clean_up`: deletes what is old enough, a little at a time; puts the details of old orders away;
//! writes the digests of admins that are due.

use anyhow::Context as _;
use metrics::counter;
use serde::{Deserialize, Serialize};
use stevedore_model::archive;
use stevedore_model::notifications::people;
use stevedore_model::retention::{self, Table};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy, RetryPolicy, Schedule};

use crate::environment::Environment;

/// Rows of one table deleted in one transaction.
const BATCH_ROWS: u32 = 1_000;
/// Orders put away in one transaction: some 4,000 rows, a second's work at most.
const BATCH_ORDERS: i32 = 100;
/// Digests written in one run.
const DIGESTS_MAX: i32 = 1_000;
/// Batches of one table in one run; what is left is the next tick's.
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
        for &table in Table::ALL {
            let removed = clean_up(table, ctx, env).await?;
            if removed > 0 {
                tracing::info!(table = table.name(), rows = removed, "threw old rows away");
            }
        }
        put_orders_away(ctx, env).await?;
        Ok(Done::completed())
    }
}

/// A transaction for each batch, so that nobody waits for longer than for one.
async fn clean_up(table: Table, ctx: &mut JobContext, env: &Environment) -> Result<u64, Failure> {
    let mut total = 0;
    for _ in 0..BATCHES_MAX {
        if ctx.cancelled().is_cancelled() {
            break;
        }
        let mut tx = ctx.begin().await?;
        let removed = retention::clean_up(&mut tx, table, &env.upkeep.retention, BATCH_ROWS)
            .await
            .with_context(|| format!("throwing old rows of {} away", table.name()))?;
        tx.commit().await?;
        counter!("stevedore_rows_removed_total", "table" => table.name()).increment(removed);
        total += removed;
        if removed < u64::from(BATCH_ROWS) {
            break;
        }
    }
    Ok(total)
}

/// A transaction for each batch; its orders wait for it if somebody changes them meanwhile.
async fn put_orders_away(ctx: &mut JobContext, env: &Environment) -> Result<(), Failure> {
    let Some(age) = env.upkeep.order_details else {
        return Ok(());
    };
    let mut total = 0;
    for _ in 0..BATCHES_MAX {
        if ctx.cancelled().is_cancelled() {
            break;
        }
        let mut tx = ctx.begin().await?;
        let put_away = archive::put_away(&mut tx, age, BATCH_ORDERS)
            .await
            .context("putting the details of old orders away")?;
        tx.commit().await?;
        for (table, rows) in put_away.rows {
            counter!("stevedore_rows_removed_total", "table" => table).increment(rows);
        }
        counter!("stevedore_orders_archived_total").increment(put_away.orders);
        total += put_away.orders;
        if put_away.orders < BATCH_ORDERS.unsigned_abs().into() {
            break;
        }
    }
    if total > 0 {
        tracing::info!(orders = total, "put the details of old orders away");
    }
    Ok(())
}
