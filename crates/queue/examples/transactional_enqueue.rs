//! A row and its job, both or neither; and a handler whose writes happen exactly once:
//! `DATABASE_URL=postgres://… cargo run -p stevedore-queue --example transactional_enqueue`.
//! The database needs the queue: `stevedore migrate`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stevedore_queue::{Done, Failure, Job, JobContext, NewJob, enqueue, testing};

/// Welcomes somebody who has signed up.
#[derive(Serialize, Deserialize)]
struct Welcome {
    name: String,
}

impl Job for Welcome {
    type Environment = ();
    const KIND: &'static str = "welcome";

    async fn run(self, ctx: &mut JobContext, _env: &()) -> Result<Done, Failure> {
        let mut tx = ctx.begin().await?;
        sqlx::query("update example_signups set welcomed = welcomed + 1 where name = $1")
            .bind(&self.name)
            .execute(&mut *tx)
            .await?;
        // The update and the job's end commit together. Had this worker lost its lease, nothing
        // could be committed here.
        let done = ctx.complete_in(&mut tx).await?;
        tx.commit().await?;
        Ok(done)
    }
}

/// Signs somebody up, and enqueues the welcome in the same transaction.
async fn sign_up(pool: &sqlx::PgPool, name: &str, changes_mind: bool) -> anyhow::Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query("insert into example_signups (name) values ($1)")
        .bind(name)
        .execute(&mut *tx)
        .await?;
    enqueue(&mut *tx, &NewJob::of(&Welcome { name: name.into() })?).await?;
    if changes_mind {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(())
}

#[tokio::main]
#[expect(
    clippy::disallowed_methods,
    reason = "an example has no settings struct"
)]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().init();
    let pool = sqlx::PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    let table = "create table if not exists example_signups \
                 (name text primary key, welcomed integer not null default 0)";
    sqlx::query(table).execute(&pool).await?;
    sqlx::query("truncate example_signups")
        .execute(&pool)
        .await?;

    sign_up(&pool, "Ama", false).await?;
    sign_up(&pool, "Kofi", true).await?;
    // A real program has a `Runner` for this: see the example `worker`.
    let drained = testing::Drain::new(pool.clone(), Arc::new(()))
        .register::<Welcome>()
        .run()
        .await;
    let welcomed: Vec<(String, i32)> = sqlx::query_as("select name, welcomed from example_signups")
        .fetch_all(&pool)
        .await?;
    tracing::info!(drained.completed, ?welcomed, "done");
    sqlx::query("drop table example_signups")
        .execute(&pool)
        .await?;
    Ok(())
}
