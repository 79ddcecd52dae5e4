//! What goes wrong on request, when half of the orders are sent.

use anyhow::Context;
use tokio::sync::watch;

use super::DemoSettings;
use super::plan::Plan;
use super::run_orders::Outcome;
use super::screen::Screen;
use super::stage::Stage;

/// Waits for half-time and does what the settings ask for.
pub async fn at_half_time(
    stage: &mut Stage,
    settings: &DemoSettings,
    mut counts: watch::Receiver<Outcome>,
    plan: &Plan,
    screen: &Screen,
) -> anyhow::Result<()> {
    if !(settings.kill_worker || settings.restart_postgres) {
        return Ok(());
    }
    let half = plan.scenarios.len() as u64 / 2;
    // An error means that the buyers are through, so half-time is over, too.
    let _ = counts.wait_for(|outcome| outcome.sent() >= half).await;
    if settings.kill_worker {
        screen.tell("killing a worker (SIGKILL) and starting another");
        stage
            .crash_worker()
            .await
            .context("while replacing a worker")?;
    }
    if settings.restart_postgres {
        screen.tell("crashing PostgreSQL and starting it again");
        stage
            .crash_database()
            .await
            .context("while restarting PostgreSQL")?;
    }
    Ok(())
}
