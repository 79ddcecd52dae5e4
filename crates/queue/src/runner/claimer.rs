//! Takes jobs while slots are free.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::core::Core;
use super::deadline::{ANSWER_MAX, Lent, within};
use super::watch::LOOK_EVERY;
use crate::claimed::{ClaimedJob, Registration};
use crate::meters;

/// The wait after the first poll that found nothing, when no notifications arrive; doubles.
const POLL_MIN: Duration = Duration::from_millis(25);
/// While more jobs wait, slots are gathered, so that short jobs are claimed by the hundred and not
/// one by one: as long as an eighth of a batch comes within this time, up to half a batch.
const GATHER: Duration = Duration::from_millis(2);
/// How often a worker in doubt asks what it was granted and never heard of: a claim that it gave up
/// on may still be under way, and commit after it asked.
const DOUBT_EVERY: Duration = Duration::from_secs(1);

/// Claims until the shutdown, and sends what it claimed to the handlers.
pub(crate) async fn run(core: Arc<Core>, claimed: mpsc::UnboundedSender<Arc<ClaimedJob>>) {
    let mut backoff = Backoff::default();
    let mut idle_wait = POLL_MIN;
    let mut is_more = true;
    let mut look_again = None;
    loop {
        let ready = async {
            let slots = free_slots(&core, is_more).await;
            if !is_more {
                wait_for_work(&core, &mut idle_wait, look_again).await;
            }
            slots
        };
        let slots = tokio::select! {
            biased;
            () = core.shutdown.cancelled() => return,
            slots = ready => slots,
        };
        let wanted = slots.num_permits();
        if core.is_in_doubt() {
            hand_back_unheld(&core).await;
        }
        // Never dropped half way: the database would have claimed what nobody here knows of.
        let wait = match claim(&core, slots, &claimed).await {
            Ok(claim) => {
                backoff.reset();
                core.flow.looked(claim.count, wanted);
                is_more = claim.count == wanted;
                look_again = claim.look_again;
                if claim.count > 0 {
                    idle_wait = POLL_MIN;
                }
                continue;
            }
            Err(error) if is_group_race(&error) => Duration::ZERO,
            Err(error) if is_declared_dead(&error) => {
                // It registers the worker anew, sooner or later: on a busy machine a claimer that
                // asks without pause is what keeps it from coming to it.
                core.wake_keeper.notify_one();
                backoff.next()
            }
            Err(error) => {
                if error.as_database_error().is_none() {
                    core.doubt();
                }
                let wait = backoff.next();
                tracing::warn!(%error, retry_in_ms = wait.as_millis(), "claim failed");
                wait
            }
        };
        is_more = true;
        tokio::select! {
            () = core.shutdown.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Two workers took a place of one group in the same instant, and the index stopped this one.
fn is_group_race(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.constraint() == Some("jobs_group_slot_idx"))
}

/// Others declared this worker dead; the keeper begins anew.
fn is_declared_dead(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| error.code().as_deref() == Some("P0LSE"))
}

/// Waits for a slot, and takes as many as one claim may fill.
async fn free_slots(core: &Core, is_more: bool) -> OwnedSemaphorePermit {
    let batch = core.settings.batch.min(core.settings.concurrency);
    let gathered = if is_more {
        gather(core, batch).await
    } else {
        None
    };
    if let Some(slots) = gathered {
        return slots;
    }
    let mut slots = Arc::clone(&core.slots)
        .acquire_owned()
        .await
        .expect("the semaphore lives as long as the core and is never closed");
    take_more(core, &mut slots, batch);
    slots
}

/// As many slots as come quickly; none if none do.
async fn gather(core: &Core, batch: usize) -> Option<OwnedSemaphorePermit> {
    let few = u32::try_from(batch.div_ceil(8)).unwrap_or(1);
    let mut gathered: Option<OwnedSemaphorePermit> = None;
    while gathered
        .as_ref()
        .is_none_or(|slots| slots.num_permits() < batch / 2)
    {
        let more = Arc::clone(&core.slots).acquire_many_owned(few);
        let Ok(Ok(more)) = tokio::time::timeout(GATHER, more).await else {
            break;
        };
        match &mut gathered {
            Some(slots) => slots.merge(more),
            None => gathered = Some(more),
        }
    }
    if let Some(slots) = &mut gathered {
        take_more(core, slots, batch);
    }
    gathered
}

fn take_more(core: &Core, slots: &mut OwnedSemaphorePermit, batch: usize) {
    let more = core
        .slots
        .available_permits()
        .min(batch.saturating_sub(slots.num_permits()));
    let more = u32::try_from(more).unwrap_or(0);
    // Nobody else takes slots, so what is free stays free.
    if let Ok(more) = Arc::clone(&core.slots).try_acquire_many_owned(more) {
        slots.merge(more);
    }
}

/// Waits until something says that there may be ready jobs, or it is time to look anyway.
async fn wait_for_work(core: &Core, idle_wait: &mut Duration, look_again: Option<Duration>) {
    let poll_max = core.settings.poll_max;
    // Should a notification be lost, a beat tells who listens: its own or another's.
    let poll = (!core.is_listening()).then(|| {
        let wait = (*idle_wait).min(poll_max);
        *idle_wait = (*idle_wait * 2).min(poll_max);
        wait
    });
    let watch = core.flow.is_watched().then_some(LOOK_EVERY);
    let doubt = core.is_in_doubt().then_some(DOUBT_EVERY);
    let waits = [poll, look_again, watch, doubt];
    let Some(wait) = waits.into_iter().flatten().min() else {
        return core.wake_claimer.notified().await;
    };
    tokio::select! {
        () = core.wake_claimer.notified() => {}
        () = tokio::time::sleep(wait) => {
            if watch.is_some() {
                // As if it had been told: nobody was.
                core.lines.refilled(None);
            }
        }
    }
}

/// What a claim brought.
struct Claim {
    count: usize,
    /// Limits hold jobs back for so long.
    look_again: Option<Duration>,
}

/// A claimed job, or (without `job_id`) when to look again.
struct Row {
    job_id: Option<i64>,
    attempt: i32,
    forgiven: i32,
    max_attempts: i16,
    queue: String,
    kind: String,
    args: String,
    group_key: Option<String>,
    trace_context: Option<String>,
    run_at: DateTime<Utc>,
    claimed_at: DateTime<Utc>,
    rank: i16,
    line: String,
    order_at: DateTime<Utc>,
    look_again_ms: Option<i64>,
    parked_groups: Option<Vec<String>>,
}

/// Claims at most as many jobs as there are slots, and sends them to the handlers.
async fn claim(
    core: &Core,
    slots: OwnedSemaphorePermit,
    claimed: &mpsc::UnboundedSender<Arc<ClaimedJob>>,
) -> Result<Claim, sqlx::Error> {
    let _claiming = core.claiming().await;
    let registration = core.registration();
    let known = core.lines.known();
    let is_known = !known.queues.is_empty();
    let mut db = Lent::of(&core.pool).await?;
    let started = Instant::now();
    let result = sqlx::query_file_as!(
        Row,
        "../../sql/queries/queue_jobs/claim.sql",
        registration.worker_id,
        &queues_in_turn(core),
        &core.kinds,
        &core.attempts_max,
        i32::try_from(slots.num_permits()).unwrap_or(i32::MAX),
        &known.queues,
        &known.ranks,
        &known.lines,
        &known.order_at,
        &known.job_ids,
    )
    .fetch_all(&mut *db);
    let result = within(ANSWER_MAX, result).await;
    let result = db.give_back(result);
    let took = started.elapsed();
    let found = match &result {
        Ok(rows) if rows.iter().all(|row| row.job_id.is_none()) => "empty",
        Ok(_) => "hit",
        Err(_) => "error",
    };
    meters::claim(core.label(), found, took);
    let mut rows = result?;
    let held_back = rows.pop_if(|row| row.job_id.is_none());
    let (look_again, parked) =
        held_back.map_or((None, None), |row| (row.look_again_ms, row.parked_groups));
    let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    core.lines.ended(is_known, took, count);
    if let Some(first) = rows.first() {
        core.lines.clock(first.claimed_at);
    }
    let claim = Claim {
        count: rows.len(),
        look_again: look_again.map(|ms| Duration::from_millis(ms.max(1).unsigned_abs())),
    };
    hand_out(core, &registration, rows, slots, claimed, is_known)?;
    if let Some(groups) = parked.filter(|groups| !groups.is_empty())
        && let Err(error) = free(core, &groups).await
    {
        tracing::warn!(%error, "groups were not freed, the next look after the fleet does it");
    }
    Ok(claim)
}

/// Frees groups of jobs that were ready and have to wait: a job that ended while they were being
/// claimed may have left the group to them.
async fn free(core: &Core, groups: &[String]) -> Result<(), sqlx::Error> {
    within(ANSWER_MAX, core.free_groups(groups)).await?;
    core.look_everywhere();
    Ok(())
}

/// Sends claimed jobs to the handlers, in their order.
fn hand_out(
    core: &Core,
    registration: &Arc<Registration>,
    mut rows: Vec<Row>,
    mut slots: OwnedSemaphorePermit,
    claimed: &mpsc::UnboundedSender<Arc<ClaimedJob>>,
    is_known: bool,
) -> Result<(), sqlx::Error> {
    rows.sort_unstable_by_key(|row| (row.rank, row.order_at, row.job_id));
    let mut waits = meters::Waits::new();
    for row in rows {
        let job_id = row
            .job_id
            .expect("the only row without a job was taken off");
        if is_known {
            let line = (row.queue.clone(), row.rank, row.line);
            core.lines.claimed(line, (row.order_at, job_id));
        }
        let waited = (row.claimed_at - row.run_at).to_std().unwrap_or_default();
        waits.add(&row.queue, waited);
        let job = Arc::new(ClaimedJob {
            job_id,
            attempt: row.attempt,
            forgiven: row.forgiven,
            max_attempts: row.max_attempts,
            worker_id: registration.worker_id,
            queue: row.queue,
            kind: row.kind,
            args: RawValue::from_string(row.args)
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            group_key: row.group_key,
            trace_context: row.trace_context,
            registration: Arc::clone(registration),
            cancel: CancellationToken::new(),
            _slot: slots
                .split(1)
                .expect("a claim answers at most as many jobs as there are slots"),
        });
        core.hold(&job);
        // Fails only when the handlers have ended early; the shutdown that follows hands it back.
        let _ = claimed.send(job);
    }
    core.meter_slots();
    Ok(())
}

/// Puts back the jobs that are leased to this worker and that it knows nothing of, because the
/// answer to a claim got lost. Nobody else would: to them, this worker lives. The claimer alone
/// adds to what is held, so nothing that it has just claimed can be meant.
async fn hand_back_unheld(core: &Core) {
    let registration = core.registration();
    let held = core.held();
    let handed_back = async {
        let mut db = Lent::of(&core.pool).await?;
        let answer = sqlx::query_file!(
            "../../sql/queries/queue_jobs/hand_back_unheld.sql",
            registration.worker_id,
            &held,
        )
        .fetch_all(&mut *db);
        let answer = within(ANSWER_MAX, answer).await;
        db.give_back(answer)
    };
    match handed_back.await {
        Ok(rows) => {
            for row in rows {
                tracing::warn!(
                    job.id = row.job_id,
                    "a claim's answer got lost, job put back"
                );
            }
        }
        Err(error) => tracing::warn!(%error, "what claims were lost cannot be told yet"),
    }
}

/// The queues, a different one first each time, so that a busy queue does not starve the others.
fn queues_in_turn(core: &Core) -> Vec<String> {
    let mut queues = core.queues.clone();
    let turn = core.turn.fetch_add(1, Ordering::Relaxed);
    queues.rotate_left(turn % core.queues.len().max(1));
    queues
}
