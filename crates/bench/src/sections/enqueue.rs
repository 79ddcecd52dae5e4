//! Enqueue: one by one, in batches, from a trigger; beside one bare `insert … select`.

use std::time::Instant;

use sqlx::PgPool;
use stevedore_queue::{ENQUEUE_JOBS_MAX, enqueue, enqueue_many};

use super::ceiling::{self, Ceiling};
use crate::bench::Bench;
use crate::fleet::{Clock, Worker, draining};
use crate::stage::{batch_of, futures_of};

const SECTION: &str = "enqueue";
/// Jobs in a batch, as for every peer.
const BATCH: u64 = 1000;

const ORDERS: &str = "
create table bench.orders (order_id bigint primary key);
create function bench.enqueue_order() returns trigger language plpgsql as $$
begin
  perform queue.enqueue(
    p_kind => 'bench_tick', p_queue => 'bench',
    p_args => jsonb_build_object('number', new.order_id));
  return null;
end $$;
create trigger orders_enqueue after insert on bench.orders
  for each row execute function bench.enqueue_order()";

/// How jobs are put in.
#[derive(Clone, Copy)]
enum Way {
    /// One job a call.
    Single { clients: u64 },
    /// As that, while a worker runs them.
    Worked { clients: u64 },
    /// `batch` jobs a call.
    Batch { clients: u64, batch: u64 },
    /// One statement inserts 1,000 rows into a table whose trigger enqueues for each.
    Trigger,
    /// As `Batch`, by bare inserts.
    Bare,
}

impl Way {
    fn name(self) -> String {
        match self {
            Way::Single { clients: 1 } => "one by one, 1 client".to_owned(),
            Way::Single { clients } => format!("one by one, {clients} clients"),
            Way::Worked { clients } => format!("one by one, {clients} clients, a worker at work"),
            Way::Batch { clients: 1, batch } => format!("batches of {batch}, 1 client"),
            Way::Batch { clients, batch } => format!("batches of {batch}, {clients} clients"),
            Way::Trigger => "from a trigger, 1,000 rows a statement".to_owned(),
            Way::Bare => "bare inserts by pgbench, batches of 1000".to_owned(),
        }
    }
}

/// Measures each way in turn.
pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let ways = [
        Way::Bare,
        Way::Single { clients: 1 },
        Way::Single { clients: 16 },
        Way::Worked { clients: 16 },
        Way::Batch {
            clients: 1,
            batch: BATCH,
        },
        Way::Batch {
            clients: 2,
            batch: BATCH,
        },
        Way::Batch {
            clients: 1,
            batch: ENQUEUE_JOBS_MAX as u64,
        },
        Way::Trigger,
    ];
    let mut rates = ways.map(|_| Vec::new());
    bench
        .screen
        .plan(ways.len() as u32 * (bench.settings.rounds() + 1));
    for round in bench.rounds() {
        for (way, rates) in ways.iter().zip(&mut rates) {
            bench.step(&format!("enqueue, {}", way.name()), round);
            bench.stage.clear().await?;
            let rate = run(bench, *way).await?;
            if round > 0 {
                rates.extend(rate);
            }
        }
    }
    ceiling::drop_all(&bench.stage).await?;
    let mut bare = 0.0;
    for (way, rates) in ways
        .iter()
        .zip(&rates)
        .filter(|(_, rates)| !rates.is_empty())
    {
        let median = bench.report.add(SECTION, way.name(), "jobs/s", rates);
        match way {
            Way::Bare => bare = median,
            Way::Batch {
                clients: 1,
                batch: BATCH,
            } => {
                bench.report.compare("bare inserts", bare);
                bench.report.headline("enqueue_per_s", median);
            }
            _ => bench.report.compare("bare inserts", bare),
        }
    }
    bench.stage.clear().await
}

async fn run(bench: &Bench, way: Way) -> anyhow::Result<Option<f64>> {
    let jobs = bench.settings.jobs();
    let stage = &bench.stage;
    let pool = stage.connect(16)?;
    // Connecting is not what is measured.
    drop(pool.acquire().await?);
    let (began, count) = match way {
        Way::Bare => {
            let Some(ceiling) = Ceiling::prepare(stage).await? else {
                return Ok(None);
            };
            return ceiling.insert(jobs, BATCH).await.map(Some);
        }
        Way::Single { clients } => {
            let each = jobs / 20 / clients.min(2);
            let began = Instant::now();
            futures_of((0..clients).map(|_| one_by_one(&pool, each))).await?;
            (began, each * clients)
        }
        Way::Worked { clients } => {
            let each = jobs / 20 / 2;
            let worker = Worker::start(stage, draining(bench.settings.batch), &Clock::new(0))?;
            let began = Instant::now();
            futures_of((0..clients).map(|_| one_by_one(&pool, each))).await?;
            let took = began.elapsed().as_secs_f64();
            stage.until_empty().await?;
            worker.stop().await?;
            pool.close().await;
            return Ok(Some((each * clients) as f64 / took));
        }
        Way::Batch { clients, batch } => {
            let began = Instant::now();
            let each = jobs / clients;
            futures_of((0..clients).map(|_| in_batches(&pool, each, batch))).await?;
            (began, each.div_ceil(batch) * batch * clients)
        }
        Way::Trigger => {
            ceiling::create(stage, ORDERS).await?;
            let began = Instant::now();
            let count = by_trigger(&pool, jobs / 5).await?;
            (began, count)
        }
    };
    let took = began.elapsed().as_secs_f64();
    pool.close().await;
    Ok(Some(count as f64 / took))
}

async fn one_by_one(pool: &PgPool, count: u64) -> anyhow::Result<()> {
    for job in batch_of(0, count)? {
        enqueue(pool, &job).await?;
    }
    Ok(())
}

async fn in_batches(pool: &PgPool, count: u64, batch: u64) -> anyhow::Result<()> {
    for start in (0..count).step_by(batch as usize) {
        enqueue_many(pool, &batch_of(start, batch)?).await?;
    }
    Ok(())
}

async fn by_trigger(pool: &PgPool, count: u64) -> anyhow::Result<u64> {
    let mut inserted = 0;
    while inserted < count {
        sqlx::query("insert into bench.orders select $1 + n from generate_series(1, 1000) as n")
            .bind(i64::try_from(inserted)?)
            .execute(pool)
            .await?;
        inserted += 1000;
    }
    Ok(inserted)
}
