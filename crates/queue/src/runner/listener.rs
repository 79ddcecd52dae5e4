//! Hears of new jobs and of cancellations, on a connection of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::core::Core;
use super::deadline::{ANSWER_MAX, Lent, within};
use super::watch::Watch;
use crate::meters;

/// New ready jobs (payload: their queue, `*` for any).
const JOBS: &str = "queue_jobs";
/// Somebody looked after the fleet (payload: `busy` if any worker holds leases, else `idle`, and
/// the next due time in milliseconds since 1970, or 0), or holds its first lease (`busy 0`).
const BEAT: &str = "queue_beat";
/// A job is due at a time (payload), or: `done`, until when all are promoted, the next due time.
const DUE: &str = "queue_due";
/// Cancelled running jobs (payload: the job's id).
const CANCEL: &str = "queue_cancel";

/// Listens until `end` is raised: running handlers must hear of cancellations until then.
pub(crate) async fn run(core: Arc<Core>, end: CancellationToken) {
    let mut backoff = Backoff::default();
    let mut watch = Watch::default();
    let listening = async {
        loop {
            if let Err(error) = listen(&core, &mut backoff, &mut watch).await {
                tracing::warn!(%error, "not hearing of new jobs, polling until this is back");
            }
            watch.lost(&core);
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
async fn listen(core: &Core, backoff: &mut Backoff, watch: &mut Watch) -> Result<(), sqlx::Error> {
    let options = (*core.pool.connect_options()).clone();
    let own = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ANSWER_MAX)
        .connect_with(options);
    let own = within(ANSWER_MAX, own).await?;
    let mut listener = within(ANSWER_MAX, PgListener::connect_with(&own)).await?;
    let channels = [JOBS, CANCEL, BEAT, DUE];
    within(ANSWER_MAX, listener.listen_all(channels)).await?;
    // Behind a pooler in transaction mode a LISTEN succeeds, and nothing is ever heard. So this
    // says something, on another connection, and believes its ears only.
    let mut db = Lent::of(&core.pool).await?;
    let said = sqlx::query_file!("../../sql/queries/queue_workers/hello.sql").fetch_one(&mut *db);
    let said = within(ANSWER_MAX, said).await;
    db.give_back(said)?;
    let Some(heard) = within(ANSWER_MAX, listener.try_recv()).await? else {
        return Ok(());
    };
    backoff.reset();
    core.fleet.begin_hearing();
    core.listening.store(true, Ordering::Relaxed);
    meters::listener_connected(true);
    hear(core, heard.channel(), heard.payload());
    // What came before the LISTEN was not heard; of cancellations and due times a beat tells.
    core.wake_claimer.notify_one();
    core.wake_keeper.notify_one();
    core.news.reload();
    core.fleet.due_in(Duration::ZERO);
    loop {
        tokio::select! {
            heard = listener.try_recv() => match heard? {
                Some(heard) => hear(core, heard.channel(), heard.payload()),
                None => return Ok(()),
            },
            () = core.deaf.notified() => {
                tracing::warn!("what this worker says itself does not arrive");
                return Ok(());
            }
            () = watch.due(core) => watch.step(core, &mut listener).await?,
        }
    }
}

/// Acts on a notification.
fn hear(core: &Core, channel: &str, payload: &str) {
    match (channel, payload) {
        (CANCEL, job_id) => {
            if let Ok(job_id) = job_id.parse() {
                core.cancel(job_id);
            }
        }
        (BEAT, "hello") => {}
        (BEAT, told) => hear_chores(core, told),
        (DUE, told) => hear_due(core, told),
        // Of what is due soon `DUE` tells more.
        (_, "@") => {}
        (_, news) if news.starts_with('@') => core.news.hear(news, &core.kinds),
        (_, "*") => core.look_everywhere(),
        (_, queue) => {
            if core.queues.iter().any(|ours| ours == queue) {
                core.lines.refilled(Some(queue));
                core.flow.heard();
                core.wake_claimer.notify_one();
            }
        }
    }
}

fn hear_chores(core: &Core, told: &str) {
    if let Some((busy, next_due_ms)) = told.split_once(' ') {
        let next_due_ms = next_due_ms.parse().ok().filter(|ms| *ms > 0);
        core.fleet.heard_chores(busy == "busy", next_due_ms);
    }
}

fn hear_due(core: &Core, told: &str) {
    let mut words = told.split(' ');
    match (words.next(), words.next(), words.next()) {
        (Some("done"), Some(until_ms), next_due_ms) => {
            if let Ok(until_ms) = until_ms.parse() {
                let next_due_ms = next_due_ms.and_then(|ms| ms.parse().ok());
                core.fleet.heard_promoted(until_ms, next_due_ms);
            }
        }
        (Some(due_ms), ..) => {
            if let Ok(due_ms) = due_ms.parse() {
                core.fleet.heard_due(due_ms);
            }
        }
        (None, ..) => {}
    }
}
