//! How a program's own tests use the queue; each function could be a test:
//! `DATABASE_URL=postgres://… cargo run -p stevedore-queue --example testing`.
//! The database needs the queue: `stevedore migrate`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;
use stevedore_queue::{Done, Failure, Job, JobContext, NewJob, enqueue, testing};

#[derive(Serialize, Deserialize)]
struct Divide {
    by: i32,
}

impl Job for Divide {
    type Environment = i32;
    const KIND: &'static str = "divide";

    async fn run(self, _ctx: &mut JobContext, whole: &i32) -> Result<Done, Failure> {
        let Some(part) = whole.checked_div(self.by) else {
            return Err(Failure::fatal(anyhow::anyhow!("nobody can divide by zero")));
        };
        tracing::info!(part, "divided");
        Ok(Done::completed())
    }
}

async fn a_division_by_zero_goes_to_the_dead_letter(pool: &PgPool) {
    let job = testing::run_one(pool, Arc::new(10), &Divide { by: 0 }).await;
    assert_eq!(job.state, "dead");
    assert_eq!(job.last_error.as_deref(), Some("nobody can divide by zero"));
}

async fn whoever_asks_gets_a_division(pool: &PgPool) -> anyhow::Result<()> {
    enqueue(pool, &NewJob::of(&Divide { by: 2 })?).await?;
    testing::assert_enqueued(pool, "divide", json!({"by": 2})).await;

    let drain = testing::Drain::new(pool.clone(), Arc::new(10)).register::<Divide>();
    assert_eq!(drain.run().await.completed, 1);
    testing::assert_not_enqueued(pool, "divide").await;
    Ok(())
}

#[tokio::main]
#[expect(
    clippy::disallowed_methods,
    reason = "an example has no settings struct"
)]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().init();
    let pool = PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    a_division_by_zero_goes_to_the_dead_letter(&pool).await;
    whoever_asks_gets_a_division(&pool).await?;
    tracing::info!("both passed");
    Ok(())
}
