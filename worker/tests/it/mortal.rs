//! Workers that are killed at random, until what they had to do is done.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use stevedore_worker::{WorkerSettings, run};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::shop::Shop;

/// Workers at a time.
const WORKERS: usize = 2;
/// What each has in hand at most, which waits for a rescue when it dies; more in a long run.
const JOBS: NonZeroUsize = NonZeroUsize::new(3).expect("not zero");
const JOBS_LONG: NonZeroUsize = NonZeroUsize::new(24).expect("not zero");
/// From so much on a run is long.
const LONG: i64 = 400;
/// How often each says that it lives; a rescue waits for several to be missed.
const HEARTBEAT: Duration = Duration::from_millis(300);
/// Somebody dies this soon after something was done, in the middle of what comes next. In a long
/// run something is done all the time: who died as soon would never come to a provider's fifth
/// call.
const LAST_WORK_MAX: Duration = Duration::from_millis(400);
const LAST_WORK_MAX_LONG: Duration = Duration::from_secs(4);
/// And if nothing is done for so long, too. It is time enough to take over what the dead had.
const IDLE_MAX: Duration = Duration::from_secs(8);
/// How often it is looked whether something was done.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// As long as any run by hand may take; it only decides how long a failing test takes.
const KILLS_MAX: u32 = 20_000;

/// A worker that can be killed: its runtime goes, and with it every task at once. Nothing of it
/// says goodbye.
struct Mortal {
    runtime: Option<Runtime>,
    pool: PgPool,
}

impl Mortal {
    fn start(shop: &Shop, jobs: NonZeroUsize) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let options = shop.pool().connect_options();
        let settings = WorkerSettings {
            worker_concurrency: jobs,
            worker_heartbeat: HEARTBEAT,
            ..shop.settings.clone()
        };
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .connect_lazy_with((*options).clone());
        let lent = pool.clone();
        runtime.spawn(async move { run(settings, lent, CancellationToken::new(), |_| {}).await });
        Self {
            runtime: Some(runtime),
            pool,
        }
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        // Its idle connections, which the process's metrics still know.
        let pool = self.pool.clone();
        tokio::spawn(tokio::time::timeout(
            IDLE_MAX,
            async move { pool.close().await },
        ));
    }
}

/// Kills one worker after another, each followed by a new one, until the count that `open` asks
/// for is zero; answers how many died.
pub async fn work_and_die(shop: &Shop, open: &'static str) -> u32 {
    let is_long = shop.number(open).await >= LONG;
    let (jobs, last_work_max) = if is_long {
        (JOBS_LONG, LAST_WORK_MAX_LONG)
    } else {
        (JOBS, LAST_WORK_MAX)
    };
    let mut workers: Vec<_> = (0..WORKERS).map(|_| Mortal::start(shop, jobs)).collect();
    let mut kills = 0;
    loop {
        let before = shop.number(open).await;
        if before == 0 {
            return kills;
        }
        assert!(kills < KILLS_MAX, "it never ends");
        let since = Instant::now();
        while shop.number(open).await >= before && since.elapsed() < IDLE_MAX {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        tokio::time::sleep(last_work_max * (kills * 97 % 31) / 30).await;
        workers.remove(0);
        workers.push(Mortal::start(shop, jobs));
        kills += 1;
    }
}

/// How much of something, unless a run by hand wants more.
#[expect(clippy::disallowed_methods, reason = "the scale of a run by hand")]
pub fn scale(variable: &str, usual: u32) -> u32 {
    let asked = std::env::var(variable).ok();
    asked.map_or(usual, |number| number.parse().expect("a number"))
}
