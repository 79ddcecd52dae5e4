//! Schedules: `DATABASE_URL=postgres://… cargo run -p stevedore-queue --example cron`.
//! Says when a nightly job would run around a change of clocks, lets a kind tick each second by its
//! own policy and another schedule by a row made at run time, and ends after three ticks of each.
//! The database needs the queue: `stevedore migrate`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stevedore_queue::schedules::{self, NewSchedule};
use stevedore_queue::{
    CancellationToken, Cron, Done, Failure, Job, JobContext, Missed, Policy, Runner, Schedule,
};
use tokio::sync::Semaphore;

/// What the kind's own schedule makes has no arguments, so its field needs a default.
#[derive(Serialize, Deserialize)]
struct Beat {
    #[serde(default = "policy")]
    from: String,
}

fn policy() -> String {
    "its kind's policy".to_owned()
}

/// Counts the ticks of both schedules.
struct Ticks {
    policy: Semaphore,
    shop: Semaphore,
}

impl Job for Beat {
    type Environment = Ticks;
    const KIND: &'static str = "beat";

    fn policy(_: &Ticks) -> Policy {
        let every_second = Cron::new("* * * * * *").missed(Missed::Skip);
        Policy {
            schedule: Some(Schedule::Cron(every_second)),
            ..Policy::default()
        }
    }

    async fn run(self, ctx: &mut JobContext, ticks: &Ticks) -> Result<Done, Failure> {
        tracing::info!(job.id = ctx.job_id(), "a tick of {}", self.from);
        let counted = if self.from == policy() {
            &ticks.policy
        } else {
            &ticks.shop
        };
        counted.add_permits(1);
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
    let nightly = Schedule::Cron(Cron::new("30 2 * * *").zone("Europe/Berlin"));
    for tick in nightly.upcoming("2026-03-27T12:00:00Z".parse()?, 3)? {
        tracing::info!(%tick, "the nightly job would run");
    }

    let pool = sqlx::PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    let shop = NewSchedule::new(
        "beat:shop-7",
        Beat::KIND,
        Schedule::Cron(Cron::new("* * * * * *")),
    );
    let shop = shop.args(serde_json::json!({"from": "shop 7"}));
    schedules::upsert(&pool, &shop).await?;

    let ticks = Arc::new(Ticks {
        policy: Semaphore::new(0),
        shop: Semaphore::new(0),
    });
    let shutdown = CancellationToken::new();
    let runner = Runner::builder(pool.clone(), Arc::clone(&ticks), Default::default())
        .register::<Beat>()
        .build();
    let running = tokio::spawn(runner.run(shutdown.clone()));
    ticks.policy.acquire_many(3).await?.forget();
    ticks.shop.acquire_many(3).await?.forget();
    schedules::remove(&pool, "beat:shop-7").await?;
    shutdown.cancel();
    Ok(running.await??)
}
