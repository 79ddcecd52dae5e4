//! apalis-postgres: jobs pushed in batches of 1,000, drained by four workers with batches of 1,000.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use apalis::prelude::*;
use apalis_postgres::{Config, PgPool, PostgresStorage, queries};

const QUEUE: &str = "tick";
const BATCH: usize = 1000;
const WORKERS: usize = 4;

static HANDLED: AtomicUsize = AtomicUsize::new(0);

async fn tick(_number: usize) -> Result<(), BoxDynError> {
    HANDLED.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), BoxDynError> {
    let variable = std::env::var;
    let jobs: usize = variable("JOBS").map_or(Ok(100_000), |text| text.parse())?;
    let pool = PgPool::connect(&variable("DATABASE_URL")?).await?;
    PostgresStorage::setup(&pool).await?;

    let began = Instant::now();
    for start in (0..jobs).step_by(BATCH) {
        let tasks = (start..start + BATCH)
            .map(|number| Ok(TaskBuilder::new(serde_json::to_vec(&number)?).build()))
            .collect::<Result<Vec<_>, serde_json::Error>>()?;
        let mut connection = pool.acquire().await?;
        queries::push_tasks(&mut *connection, QUEUE, tasks).await?;
    }
    let enqueue = jobs as f64 / began.elapsed().as_secs_f64();

    let began = Instant::now();
    for number in 0..WORKERS {
        let config = Config::default().queue(QUEUE).batch_size(BATCH);
        let backend = PostgresStorage::<usize>::new(&pool).with_config(config);
        let worker = WorkerBuilder::new(format!("worker-{number}"))
            .backend(backend)
            .concurrency(BATCH)
            .build(tick);
        tokio::spawn(worker.run());
    }
    while HANDLED.load(Ordering::Relaxed) < jobs {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let drain = jobs as f64 / began.elapsed().as_secs_f64();
    println!(
        "{}",
        serde_json::json!({
            "peer": "apalis-postgres 1.0",
            "enqueue_per_s": enqueue.round(),
            "drain_per_s": drain.round(),
        })
    );
    std::process::exit(0);
}
