//! Hears of new jobs and of cancellations, on a connection of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::core::Core;
use crate::meters;

/// New ready jobs (payload: their queue, `*` for any) or scheduled ones (`@`).
const JOBS: &str = "queue_jobs";
/// Cancelled running jobs (payload: the job's id).
const CANCEL: &str = "queue_cancel";

/// Listens until `end` is raised: running handlers must hear of cancellations until then.
pub(crate) async fn run(core: Arc<Core>, end: CancellationToken) {
    let mut backoff = Backoff::default();
    let listening = async {
        loop {
            if let Err(error) = listen(&core, &mut backoff).await {
                tracing::warn!(%error, "not hearing of new jobs, polling until this is back");
            }
            // What broke this connection may have broken the claimer's.
            core.doubt();
            core.listening.store(false, Ordering::Relaxed);
            meters::listener_connected(false);
            core.wake_claimer.notify_one();
            backoff.wait().await;
        }
    };
    tokio::select! {
        () = end.cancelled() => {}
        () = listening => {}
    }
    meters::listener_connected(false);
}

/// Listens for as long as one connection lasts.
async fn listen(core: &Core, backoff: &mut Backoff) -> Result<(), sqlx::Error> {
    let options = (*core.pool.connect_options()).clone();
    let own = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen_all([JOBS, CANCEL]).await?;
    backoff.reset();
    core.listening.store(true, Ordering::Relaxed);
    meters::listener_connected(true);
    // What came before the LISTEN was not heard; of cancellations the heartbeat tells.
    core.wake_claimer.notify_one();
    core.wake_promoter.notify_one();
    core.wake_keeper.notify_one();
    core.news.reload();
    while let Some(heard) = listener.try_recv().await? {
        match (heard.channel(), heard.payload()) {
            (CANCEL, job_id) => {
                if let Ok(job_id) = job_id.parse() {
                    core.cancel(job_id);
                }
            }
            (_, "@") => core.wake_promoter.notify_one(),
            (_, news) if news.starts_with("@") => core.news.hear(news, &core.kinds),
            (_, "*") => {
                core.lines.refilled(None);
                core.wake_claimer.notify_one();
            }
            (_, queue) => {
                if core.queues.iter().any(|ours| ours == queue) {
                    core.lines.refilled(Some(queue));
                    core.wake_claimer.notify_one();
                }
            }
        }
    }
    Ok(())
}
