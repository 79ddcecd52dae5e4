//! Jobs that wait for each other, one to many to one:
//! `DATABASE_URL=postgres://… cargo run -p stevedore-queue --example workflow`.
//! The database needs the queue: `stevedore migrate`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use stevedore_queue::{Done, Failure, Job, JobContext, NewJob, OnFailure, Workflow, testing};

/// What the steps add up to.
type Sum = AtomicU64;

/// Adds the numbers of one part.
#[derive(Serialize, Deserialize)]
struct AddPart {
    from: u64,
    to: u64,
}

impl Job for AddPart {
    type Environment = Sum;
    const KIND: &'static str = "add_part";

    async fn run(self, _ctx: &mut JobContext, sum: &Sum) -> Result<Done, Failure> {
        sum.fetch_add((self.from..=self.to).sum(), Ordering::Relaxed);
        Ok(Done::completed())
    }
}

/// Tells the sum, after all parts.
#[derive(Serialize, Deserialize)]
struct Report {}

impl Job for Report {
    type Environment = Sum;
    const KIND: &'static str = "report";

    async fn run(self, _ctx: &mut JobContext, sum: &Sum) -> Result<Done, Failure> {
        tracing::info!(sum = sum.load(Ordering::Relaxed), "all parts are in");
        Ok(Done::completed())
    }
}

/// Runs whatever became of the report.
#[derive(Serialize, Deserialize)]
struct CleanUp {}

impl Job for CleanUp {
    type Environment = Sum;
    const KIND: &'static str = "clean_up";

    async fn run(self, _ctx: &mut JobContext, _sum: &Sum) -> Result<Done, Failure> {
        tracing::info!("cleaned up");
        Ok(Done::completed())
    }
}

#[tokio::main]
#[expect(
    clippy::disallowed_methods,
    reason = "an example has no settings struct"
)]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().init();
    let pool = sqlx::PgPool::connect(&std::env::var("DATABASE_URL")?).await?;

    let mut flow = Workflow::new();
    let part = |from| {
        NewJob::of(&AddPart {
            from,
            to: from + 24,
        })
    };
    let parts = [part(1)?, part(26)?, part(51)?, part(76)?].map(|job| flow.add(job));
    let report = flow.fan_in(&parts, NewJob::of(&Report {})?);
    flow.add(NewJob::of(&CleanUp {})?.after_with(report, OnFailure::Run));
    // One round trip, all or none.
    flow.enqueue(&pool).await?;

    let drained = testing::Drain::new(pool, Arc::new(Sum::new(0)))
        .register::<AddPart>()
        .register::<Report>()
        .register::<CleanUp>()
        .run()
        .await;
    tracing::info!(drained.completed, "done");
    Ok(())
}
