//! A whole worker: `DATABASE_URL=postgres://… cargo run -p stevedore-queue --example worker`.
//! The database needs the queue: `stevedore migrate`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stevedore_queue::{CancellationToken, Done, Failure, Job, JobContext, NewJob, Runner, enqueue};

#[derive(Serialize, Deserialize)]
struct Greet {
    name: String,
}

impl Job for Greet {
    type Environment = ();
    const KIND: &'static str = "greet";

    async fn run(self, ctx: &mut JobContext, _env: &()) -> Result<Done, Failure> {
        tracing::info!(attempt = ctx.attempt(), "hello, {}", self.name);
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
    let greet = Greet { name: "Ama".into() };
    enqueue(&pool, &NewJob::of(&greet)?).await?;

    let shutdown = CancellationToken::new();
    let runner = Runner::builder(pool, Arc::new(()), Default::default())
        .register::<Greet>()
        .build();
    let running = tokio::spawn(runner.run(shutdown.clone()));
    tokio::signal::ctrl_c().await?;
    shutdown.cancel();
    Ok(running.await??)
}
