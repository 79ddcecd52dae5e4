//! A worker process: the queue's runner beside the admin paths.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::PgPool;
use stevedore_database::meter_pool;
use stevedore_queue::{Runner, RunnerSettings};
use stevedore_telemetry::{Metrics, Readiness, Role, admin_router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::environment::Environment;
use crate::jobs;
use crate::monitor::FleetGauges;
use crate::settings::WorkerSettings;

/// How long answers of the admin paths may hold up the end, once the runner has stopped.
const ADMIN_LAST_WAIT: Duration = Duration::from_secs(1);

/// Runs jobs until `shutdown`, then finishes what runs within the grace period and returns.
/// `on_listening` gets the address of `/metrics`, `/live` and `/ready`.
///
/// # Errors
/// When the settings make no sense, the admin address is taken, or the database has no queue. An
/// absent database is no error: the worker waits for it.
pub async fn run(
    settings: WorkerSettings,
    pool: PgPool,
    shutdown: CancellationToken,
    on_listening: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let env = Arc::new(Environment::new(&settings, &pool)?);
    let address = settings.worker_admin_bind;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    on_listening(listener.local_addr()?);

    let gauges = FleetGauges::default();
    let metrics = worker_metrics(&pool, &gauges)?;
    let admin = admin_router(metrics, readiness(&pool, &shutdown));
    // The admin paths outlive the runner: a draining worker is still watched.
    let stopped = CancellationToken::new();
    let admin_stop = stopped.clone();
    let mut admin = tokio::spawn(
        axum::serve(listener, admin)
            .with_graceful_shutdown(async move { admin_stop.cancelled().await })
            .into_future(),
    );

    let builder = Runner::builder(pool, Arc::clone(&env), runner_settings(&settings));
    let builder = builder.also_sample(move |pool| gauges.clone().sample(pool));
    let ran = jobs::register(builder, &env).build().run(shutdown).await;
    stopped.cancel();
    match tokio::time::timeout(ADMIN_LAST_WAIT, &mut admin).await {
        Ok(ended) => ended.context("the admin paths panicked")??,
        // A scraper that holds its connection open is no reason to stay.
        Err(_) => admin.abort(),
    }
    Ok(ran?)
}

fn runner_settings(settings: &WorkerSettings) -> RunnerSettings {
    let defaults = RunnerSettings::default();
    RunnerSettings {
        name: settings.worker_name.clone().unwrap_or_else(own_name),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        queues: settings
            .worker_queues
            .iter()
            .filter(|queue| !queue.is_empty())
            .cloned()
            .collect(),
        concurrency: settings.worker_concurrency.get(),
        heartbeat: settings.worker_heartbeat,
        poll_max: settings.worker_poll_max,
        grace: settings.worker_grace,
        listen: settings.worker_listen,
        retention: settings.upkeep.job_retention(),
        ..defaults
    }
}

/// Host and process: containers of one image all have the same process id.
fn own_name() -> String {
    let host = hostname::get().unwrap_or_else(|_| "worker".into());
    format!("{}-{}", host.to_string_lossy(), std::process::id())
}

fn worker_metrics(pool: &PgPool, gauges: &FleetGauges) -> anyhow::Result<Metrics> {
    let metrics = Metrics::install()?;
    metrics.announce(Role::Worker);
    let (pool, gauges) = (pool.clone(), gauges.clone());
    metrics.at_each_scrape(move || {
        meter_pool(&pool);
        gauges.forget_stale();
    });
    Ok(metrics)
}

fn readiness(pool: &PgPool, shutdown: &CancellationToken) -> Readiness {
    let (pool, shutdown) = (pool.clone(), shutdown.clone());
    Readiness::always()
        .and("database", move || {
            let pool = pool.clone();
            async move {
                pool.acquire()
                    .await
                    .map(drop)
                    .map_err(|error| error.to_string())
            }
        })
        .and("shutdown", move || {
            let stopping = shutdown.is_cancelled();
            async move {
                if stopping {
                    Err("the worker is stopping".to_owned())
                } else {
                    Ok(())
                }
            }
        })
}
