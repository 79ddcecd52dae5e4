//! `fill_backorders`: units are free where orders wait for them, and go to who waits longest.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use stevedore_model::{TenantId, inventory};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use crate::environment::Environment;

/// Promises filled in one transaction: it holds their orders meanwhile.
const BATCH_PROMISES: i32 = 100;
/// Batches in one run; what is left is the next job's.
const BATCHES_MAX: usize = 100;

/// Which level has free units. Any movement that frees some enqueues the next one.
#[derive(Debug, Serialize, Deserialize)]
pub struct FillBackorders {
    /// The shop.
    pub tenant_id: TenantId,
    /// The stock item.
    pub inventory_item_id: i64,
    /// Where.
    pub location_id: i64,
}

impl Job for FillBackorders {
    type Environment = Environment;
    const KIND: &'static str = "fill_backorders";
    const QUEUE: &'static str = "maintenance";

    fn policy(_env: &Environment) -> Policy {
        Policy::default()
    }

    async fn run(self, ctx: &mut JobContext, _env: &Environment) -> Result<Done, Failure> {
        let mut filled = 0;
        for _ in 0..BATCHES_MAX {
            let mut tx = ctx.begin().await?;
            let units = inventory::fill_backorders(
                &mut *tx,
                self.tenant_id,
                Some(self.inventory_item_id),
                Some(self.location_id),
                BATCH_PROMISES,
            )
            .await
            .context("filling backorders")?;
            tx.commit().await?;
            filled += units;
            if units == 0 || ctx.cancelled().is_cancelled() {
                break;
            }
        }
        tracing::info!(
            inventory_item.id = self.inventory_item_id,
            location.id = self.location_id,
            backorders.filled = filled,
            "gave free units to who waited for them"
        );
        Ok(Done::completed())
    }
}
