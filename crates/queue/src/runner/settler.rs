//! Writes down how attempts ended, as many at once as have come while the last write was under way:
//! one by one on a quiet fleet, by the hundred on a busy one, and never later than need be.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::core::Core;
use super::deadline::{ANSWER_MAX, Lent, within};
use crate::claimed::{ClaimedJob, Registration};
use crate::enqueue::millis;
use crate::meters::{self, Ends};
use crate::registry::Outcome;

/// How many ends one statement writes at most.
const BATCH_MAX: usize = 1000;

/// How often the time for a write is doubled: from five seconds to nearly three minutes.
const WRITE_TRIES_LONGER: u32 = 6;

/// The end of one attempt.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(crate) job_id: i64,
    pub(crate) attempt: i32,
    registration: Arc<Registration>,
    queue: String,
    kind: String,
    group_key: Option<String>,
    /// Attempts that count, this one included.
    counted: u32,
    outcome: Outcome,
    took: Duration,
}

impl Settlement {
    pub(crate) fn new(job: &ClaimedJob, outcome: Outcome, took: Duration) -> Self {
        Settlement {
            job_id: job.job_id,
            attempt: job.attempt,
            registration: Arc::clone(&job.registration),
            queue: job.queue.clone(),
            kind: job.kind.clone(),
            group_key: job.group_key.clone(),
            counted: job.counted_attempt(),
            outcome,
            took,
        }
    }

    /// The job was claimed, but its handler never began.
    pub(crate) fn unstarted(job: &ClaimedJob) -> Self {
        let lost = job.registration.is_lost();
        let outcome = if lost {
            Outcome::LeaseLost
        } else {
            Outcome::Unstarted
        };
        Settlement::new(job, outcome, Duration::ZERO)
    }

    fn lease(&self) -> (i64, i32) {
        (self.job_id, self.attempt)
    }

    /// Its name in `queue.settle`, the wait before the next attempt, and its error.
    fn terms(&self) -> Option<(&'static str, i64, &str)> {
        match &self.outcome {
            Outcome::Failed { error, delay } => Some(("failed", millis(*delay), error)),
            Outcome::Fatal { error } => Some(("fatal", 0, error)),
            Outcome::Snoozed(wait) => Some(("snoozed", millis(*wait), "")),
            Outcome::Cancelled(why) => Some(("cancelled", 0, why)),
            Outcome::Discarded(why) => Some(("discarded", 0, why)),
            Outcome::Released => Some(("released", 0, "")),
            Outcome::Unstarted => Some(("unstarted", 0, "")),
            Outcome::Waiting(name) => Some(("waiting", 0, name)),
            Outcome::Completed
            | Outcome::CompletedWith(_)
            | Outcome::InTransaction
            | Outcome::LeaseLost => None,
        }
    }

    /// The wait before the next attempt.
    fn delay(&self) -> Option<Duration> {
        let (_, delay_ms, _) = self.terms()?;
        Some(Duration::from_millis(u64::try_from(delay_ms).unwrap_or(0)))
    }

    /// Its result and its follow-ups as JSON.
    fn leavings(&self) -> (Option<String>, Option<String>) {
        let Outcome::CompletedWith(leavings) = &self.outcome else {
            return (None, None);
        };
        let result = leavings.result.as_ref().map(|json| json.get().to_owned());
        let follow_ups = (!leavings.follow_ups.is_empty()).then(|| {
            serde_json::to_string(&leavings.follow_ups)
                .expect("the arguments are JSON already, and the rest are strings and numbers")
        });
        (result, follow_ups)
    }

    /// What follows from it cannot be enqueued, so the attempt has failed.
    fn refuse(&mut self, core: &Core, refusal: &str) {
        let error = format!("what follows cannot be enqueued: {refusal}");
        tracing::warn!(job.id = self.job_id, job.kind = self.kind, error);
        let delay = core
            .registry
            .retry_delay(&self.kind, self.job_id, self.counted);
        self.outcome = Outcome::Failed { error, delay };
    }

    fn fenced(self, core: &Core, tally: &mut Tally) {
        tracing::warn!(
            job.id = self.job_id,
            job.kind = self.kind,
            "the lease was lost before the end of the attempt could be written",
        );
        meters::fenced_write_rejected(&self.queue);
        self.finished(core, tally, "lost");
        tally.unfreed.extend(self.group_key);
    }

    fn finished(&self, core: &Core, tally: &mut Tally, outcome: &'static str) {
        tally
            .meters
            .add(&self.queue, &self.kind, outcome, self.took);
        if self.counted > 1 && matches!(outcome, "succeeded" | "dead") {
            meters::retries_ended(&self.queue, &self.kind, outcome);
        }
        let entry = core.registry.get(&self.kind);
        if outcome == "succeeded" && entry.is_some_and(|entry| entry.policy.schedule.is_some()) {
            meters::schedule_succeeded(&self.kind);
        }
    }
}

/// What comes of a batch besides its rows.
#[derive(Default)]
struct Tally {
    meters: Ends,
    /// Groups of jobs that were no longer leased: their handlers may have completed them and failed
    /// after the commit, and then nobody has freed the groups.
    unfreed: Vec<String>,
}

/// Writes until `end` is raised and everything that has come is written.
pub(crate) async fn run(
    core: Arc<Core>,
    mut settlements: mpsc::UnboundedReceiver<Settlement>,
    end: CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    loop {
        tokio::select! {
            biased;
            count = settlements.recv_many(&mut batch, BATCH_MAX) => if count == 0 { return },
            () = end.cancelled() => return,
        }
        let leases: Vec<_> = batch.iter().map(Settlement::lease).collect();
        for (registration, ends) in by_registration(batch.drain(..)) {
            write(&core, &registration, ends).await;
        }
        core.release(leases.into_iter());
        core.meter_slots();
    }
}

/// Nearly always one: a process has a second registration only after it was declared dead.
fn by_registration(
    batch: impl Iterator<Item = Settlement>,
) -> Vec<(Arc<Registration>, Vec<Settlement>)> {
    let mut groups: Vec<(Arc<Registration>, Vec<Settlement>)> = Vec::with_capacity(1);
    for settlement in batch {
        let worker_id = settlement.registration.worker_id;
        let known = groups
            .iter_mut()
            .find(|(known, _)| known.worker_id == worker_id);
        match known {
            Some((_, ends)) => ends.push(settlement),
            None => groups.push((Arc::clone(&settlement.registration), vec![settlement])),
        }
    }
    groups
}

async fn write(core: &Core, registration: &Registration, ends: Vec<Settlement>) {
    let tally = &mut Tally::default();
    let mut by_worker = Vec::new();
    let mut with_leavings = Vec::new();
    let mut in_transaction = Vec::new();
    let mut others = Vec::new();
    for settlement in ends {
        match settlement.outcome {
            Outcome::Completed => by_worker.push(settlement),
            Outcome::CompletedWith(_) => with_leavings.push(settlement),
            Outcome::InTransaction => in_transaction.push(settlement),
            Outcome::LeaseLost => settlement.finished(core, tally, "lost"),
            _ => others.push(settlement),
        }
    }
    let is_grouped = |ends: &[Settlement]| ends.iter().any(|end| end.group_key.is_some());
    // The next of a group is ready now, and nobody was notified.
    let frees_groups = [&by_worker, &with_leavings, &in_transaction, &others]
        .into_iter()
        .any(|ends| is_grouped(ends));
    complete(core, registration, by_worker, tally).await;
    others.extend(complete_with(core, registration, with_leavings, tally).await);
    others.extend(verify(core, registration, in_transaction, tally).await);
    settle(core, registration, others, tally).await;
    free(core, registration, &tally.unfreed).await;
    if frees_groups {
        core.look_everywhere();
    }
}

fn leases(ends: &[Settlement]) -> (Vec<i64>, Vec<i32>) {
    ends.iter().map(Settlement::lease).unzip()
}

/// Completes jobs whose handlers left that to the worker.
async fn complete(
    core: &Core,
    registration: &Registration,
    ends: Vec<Settlement>,
    tally: &mut Tally,
) {
    if ends.is_empty() {
        return;
    }
    let (job_ids, attempts) = leases(&ends);
    let (completed, tries) = persist(registration, "complete", || async {
        let mut db = Lent::of(&core.pool).await?;
        let answer = sqlx::query_file!(
            "../../sql/queries/queue_jobs/complete.sql",
            registration.worker_id,
            &job_ids,
            &attempts,
        )
        .fetch_one(&mut *db)
        .await;
        db.give_back(answer).map(|row| row.completed)
    })
    .await;
    let completed = std::collections::HashSet::<i64>::from_iter(completed.unwrap_or_default());
    for settlement in ends {
        // After a second try a missing job was probably completed by the first, whose answer got
        // lost with the connection.
        if completed.contains(&settlement.job_id) || tries > 1 {
            settlement.finished(core, tally, "succeeded");
        } else {
            settlement.fenced(core, tally);
        }
    }
}

/// Completes jobs that leave something behind, in the same transaction. Those whose follow-ups the
/// database refuses come back as failed.
async fn complete_with(
    core: &Core,
    registration: &Registration,
    ends: Vec<Settlement>,
    tally: &mut Tally,
) -> Vec<Settlement> {
    if ends.is_empty() {
        return ends;
    }
    let (job_ids, attempts) = leases(&ends);
    let (results, follow_ups): (Vec<_>, Vec<_>) = ends.iter().map(Settlement::leavings).unzip();
    let (rows, tries) = persist(registration, "complete with", || async {
        let mut db = Lent::of(&core.pool).await?;
        let answer = sqlx::query_file!(
            "../../sql/queries/queue_jobs/complete_with.sql",
            registration.worker_id,
            &job_ids,
            &attempts,
            &results as &[Option<String>],
            &follow_ups as &[Option<String>],
        )
        .fetch_all(&mut *db)
        .await;
        db.give_back(answer)
    })
    .await;
    let mut answers: HashMap<i64, Option<String>> = rows
        .into_iter()
        .flatten()
        .map(|row| (row.job_id, row.refusal))
        .collect();
    let mut refused = Vec::new();
    for mut settlement in ends {
        match answers.remove(&settlement.job_id) {
            Some(Some(refusal)) => {
                settlement.refuse(core, &refusal);
                refused.push(settlement);
            }
            None if tries == 1 => settlement.fenced(core, tally),
            Some(None) | None => settlement.finished(core, tally, "succeeded"),
        }
    }
    refused
}

/// Looks whether jobs that were completed in their handlers' transactions really are. Those that
/// are not come back as failed: otherwise they would stay leased for as long as the worker lives.
/// In the same breath it frees the groups of the others, which the handlers' transactions did not.
async fn verify(
    core: &Core,
    registration: &Registration,
    ends: Vec<Settlement>,
    tally: &mut Tally,
) -> Vec<Settlement> {
    if ends.is_empty() {
        return ends;
    }
    let (job_ids, attempts) = leases(&ends);
    let group_keys: Vec<_> = ends
        .iter()
        .filter_map(|settlement| settlement.group_key.clone())
        .collect();
    let (leased, _) = persist(registration, "verify", || async {
        let mut db = Lent::of(&core.pool).await?;
        // The usual one only reads.
        let answer = if group_keys.is_empty() {
            sqlx::query_file!(
                "../../sql/queries/queue_jobs/uncommitted.sql",
                registration.worker_id,
                &job_ids,
                &attempts,
            )
            .fetch_one(&mut *db)
            .await
            .map(|row| row.leased)
        } else {
            sqlx::query_file!(
                "../../sql/queries/queue_jobs/uncommitted_grouped.sql",
                registration.worker_id,
                &job_ids,
                &attempts,
                &group_keys,
            )
            .fetch_one(&mut *db)
            .await
            .map(|row| row.leased)
        };
        db.give_back(answer)
    })
    .await;
    let leased = leased.unwrap_or_default();
    let mut uncommitted = Vec::new();
    for mut settlement in ends {
        if leased.contains(&settlement.job_id) {
            let error = "the handler returned Done but did not commit its transaction".to_owned();
            tracing::error!(
                job.id = settlement.job_id,
                job.kind = settlement.kind,
                error
            );
            settlement.outcome = Outcome::Failed {
                error,
                delay: Duration::ZERO,
            };
            uncommitted.push(settlement);
        } else {
            settlement.finished(core, tally, "succeeded");
        }
    }
    uncommitted
}

/// Ends attempts that did not complete their jobs.
async fn settle(
    core: &Core,
    registration: &Registration,
    ends: Vec<Settlement>,
    tally: &mut Tally,
) {
    if ends.is_empty() {
        return;
    }
    let (job_ids, attempts) = leases(&ends);
    let terms = ends.iter().filter_map(Settlement::terms);
    let (outcomes, (delays, errors)): (Vec<String>, (Vec<i64>, Vec<String>)) = terms
        // PostgreSQL cannot store NUL, and a refused error text would be refused for ever.
        .map(|(outcome, delay, error)| {
            (outcome.to_owned(), (delay, error.replace('\0', "\u{fffd}")))
        })
        .unzip();
    let (fates, tries) = persist(registration, "settle", || async {
        let mut db = Lent::of(&core.pool).await?;
        let answer = sqlx::query_file!(
            "../../sql/queries/queue_jobs/settle.sql",
            registration.worker_id,
            &job_ids,
            &attempts,
            &outcomes,
            &delays,
            &errors,
        )
        .fetch_all(&mut *db)
        .await;
        db.give_back(answer)
    })
    .await;
    let fates: HashMap<i64, String> = fates
        .into_iter()
        .flatten()
        .map(|row| (row.job_id, row.fate))
        .collect();
    // When a parked job is due, that is when its patience ends, a look tells: so at once.
    let scheduled = |end: &&Settlement| {
        let fate = fates.get(&end.job_id);
        fate.is_some_and(|fate| fate == "scheduled" || fate == "waiting")
    };
    let next_in = ends
        .iter()
        .filter(scheduled)
        .filter_map(Settlement::delay)
        .min();
    for settlement in ends {
        match (
            fates.get(&settlement.job_id).map(String::as_str),
            &settlement.outcome,
        ) {
            (None, _) if tries > 1 => {}
            (None, _) => settlement.fenced(core, tally),
            (Some(_), Outcome::Released | Outcome::Unstarted) => {}
            (Some("dead"), _) => settlement.finished(core, tally, "dead"),
            (Some("cancelled" | "discarded"), _) => settlement.finished(core, tally, "cancelled"),
            (Some(_), Outcome::Snoozed(_)) => settlement.finished(core, tally, "snoozed"),
            (Some(_), Outcome::Waiting(_)) => settlement.finished(core, tally, "waited"),
            (Some(_), _) => settlement.finished(core, tally, "retried"),
        }
    }
    if let Some(next_in) = next_in {
        core.fleet.due_in(next_in);
    }
    if fates.values().any(|fate| fate == "ready") {
        core.wake_claimer.notify_one();
    }
}

/// Frees groups that a handler's transaction may have left taken.
async fn free(core: &Core, registration: &Registration, group_keys: &[String]) {
    if group_keys.is_empty() {
        return;
    }
    persist(registration, "free", || core.free_groups(group_keys)).await;
}

/// Repeats a write until the database took it or the leases are lost; says how often it tried.
/// A write may be done although its answer was lost: the fence makes the second try harmless.
async fn persist<T, Write>(
    registration: &Registration,
    what: &'static str,
    write: impl Fn() -> Write,
) -> (Option<T>, u32)
where
    Write: Future<Output = Result<T, sqlx::Error>>,
{
    let mut backoff = Backoff::default();
    let mut tries = 1;
    loop {
        // Longer each time: what waits for a lock in the server still waits when it is given up.
        let limit = ANSWER_MAX * 2_u32.pow(tries.min(WRITE_TRIES_LONGER)) / 2;
        match within(limit, write()).await {
            Ok(answer) => return (Some(answer), tries),
            Err(error) if registration.is_lost() => {
                tracing::warn!(%error, what, "leases are lost, results are dropped");
                return (None, 1);
            }
            Err(error) => {
                let wait = backoff.next();
                tracing::warn!(
                    %error,
                    what,
                    retry_in_ms = wait.as_millis(),
                    "results could not be written, trying again",
                );
                tokio::time::sleep(wait).await;
                tries += 1;
            }
        }
    }
}
