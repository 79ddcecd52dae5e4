//! Where the ready jobs stand, for the times when looking for them is dear.
//!
//! A claim walks the ready jobs' index from its head. Entries of jobs that are gone stay there for
//! as long as any transaction, anywhere in the server, might still see them: a backup of an hour
//! leaves millions, and each claim would walk past them all. So when looks from the head become
//! slow, the worker remembers how far it has come in each line and claims from there. What appears
//! behind that place (a transaction that committed late, a job handed back) is found by a look from
//! the head, beside the claims and seldom enough to cost little.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use super::core::Core;
use super::deadline::{Lent, within};

/// A claim from the heads that takes longer than this, and [`DEAR_PER_JOB`] for each job, is slow.
const DEAR: Duration = Duration::from_millis(5);
const DEAR_PER_JOB: Duration = Duration::from_micros(60);
/// So many slow claims in a row are no accident.
const DEAR_CLAIMS: u32 = 3;
/// Looks from the heads take at most one part in so many of the time.
const LOOK_SHARE: u32 = 50;
const LOOK_EVERY_MIN: Duration = Duration::from_secs(1);
/// A look is dear if the fastest of so many is: one alone may have waited for a busy machine, or
/// for a plan.
const LOOKS: usize = 4;
/// How long a look may take: it is dear when it is needed.
const LOOK_MAX: Duration = Duration::from_secs(30);
/// How long an enqueue's transaction usually takes from its beginning, which is its jobs' place in
/// line, to the notification.
const LATENESS: TimeDelta = TimeDelta::seconds(1);

/// One line of jobs: those of a queue and rank that are claimed in the order of their places.
type Line = (String, i16, String);
/// A place in a line.
type Place = (DateTime<Utc>, i64);

/// How far a worker has come in each line.
#[derive(Default)]
pub(crate) struct Lines {
    state: Mutex<State>,
    look: Notify,
}

#[derive(Default)]
struct State {
    /// Slow claims in a row.
    dear: u32,
    /// From where on to claim; none while claims look from the heads.
    known: Option<BTreeMap<Line, Place>>,
    /// What the database's clock said, and when.
    clock: Option<(DateTime<Utc>, Instant)>,
}

/// The known lines as the claim's parameters.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) queues: Vec<String>,
    pub(crate) ranks: Vec<i16>,
    pub(crate) lines: Vec<String>,
    pub(crate) order_at: Vec<DateTime<Utc>>,
    pub(crate) job_ids: Vec<i64>,
}

impl Lines {
    /// From where on to claim; empty: from the heads of all lines.
    pub(crate) fn known(&self) -> Known {
        let mut known = Known::default();
        for ((queue, rank, line), (order_at, job_id)) in self.locked().known.iter().flatten() {
            known.queues.push(queue.clone());
            known.ranks.push(*rank);
            known.lines.push(line.clone());
            known.order_at.push(*order_at);
            known.job_ids.push(*job_id);
        }
        known
    }

    /// The database's clock said this just now.
    pub(crate) fn clock(&self, said: DateTime<Utc>) {
        self.locked().clock = Some((said, Instant::now()));
    }

    /// A job was claimed by a claim that had the lines: the next one begins at its place.
    pub(crate) fn claimed(&self, line: Line, place: Place) {
        if let Some(known) = &mut self.locked().known {
            let reached = known.entry(line).or_insert(place);
            *reached = place.max(*reached);
        }
    }

    /// A claim ended; says whether it had the lines, how long it took and what it found.
    pub(crate) fn ended(&self, was_known: bool, took: Duration, jobs: u32) {
        if was_known {
            if jobs == 0 {
                self.look.notify_one();
            }
            return;
        }
        let mut state = self.locked();
        state.dear = if took > DEAR + DEAR_PER_JOB * jobs {
            state.dear + 1
        } else {
            0
        };
        if state.dear >= DEAR_CLAIMS {
            self.look.notify_one();
        }
    }

    /// Jobs have come to a queue, or to any: they stand at most [`LATENESS`] back.
    pub(crate) fn refilled(&self, queue: Option<&str>) {
        let mut state = self.locked();
        let Some((said, heard)) = state.clock else {
            return;
        };
        let elapsed = TimeDelta::from_std(heard.elapsed()).unwrap_or_default();
        let floor = (said + elapsed - LATENESS, 0);
        for ((of_queue, ..), place) in state.known.iter_mut().flatten() {
            if queue.is_none_or(|queue| queue == of_queue) {
                *place = floor.min(*place);
            }
        }
    }

    /// A look from the heads found these, and took so long.
    fn looked(&self, heads: impl Iterator<Item = (Line, Place)>, took: Duration) {
        let mut state = self.locked();
        state.dear = 0;
        if took < DEAR {
            state.known = None;
            return;
        }
        let known = state.known.get_or_insert_default();
        for (line, head) in heads {
            let place = known.entry(line).or_insert(head);
            *place = head.min(*place);
        }
    }

    fn is_known(&self) -> bool {
        self.locked().known.is_some()
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        // Each use leaves the state whole at every step, so a panic cannot have torn it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks from the heads whenever claims have become slow, until the shutdown.
pub(crate) async fn run(core: std::sync::Arc<Core>) {
    tokio::select! {
        () = core.shutdown.cancelled() => {}
        () = watch(&core) => {}
    }
}

async fn watch(core: &Core) {
    let mut rest = LOOK_EVERY_MIN;
    loop {
        if core.lines.is_known() {
            tokio::time::sleep(rest).await;
        } else {
            core.lines.look.notified().await;
        }
        match look(core).await {
            Ok((heads, took)) => {
                rest = (took * LOOK_SHARE).max(LOOK_EVERY_MIN);
                let found = !heads.is_empty();
                core.lines.looked(heads.into_iter(), took);
                if found {
                    core.wake_claimer.notify_one();
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the lines could not be looked at");
                rest = LOOK_MAX;
            }
        }
    }
}

/// Looks until it goes fast, a few times at most: the heads, and how long the fastest look took.
async fn look(core: &Core) -> Result<(Vec<(Line, Place)>, Duration), sqlx::Error> {
    let mut fastest = Duration::MAX;
    let mut heads = Vec::new();
    for _ in 0..LOOKS {
        let started = Instant::now();
        let rows = within(LOOK_MAX, async {
            let mut db = Lent::of(&core.pool).await?;
            let rows = sqlx::query_file!("../../sql/queries/queue_jobs/lines.sql", &core.queues)
                .fetch_all(&mut *db)
                .await;
            db.give_back(rows)
        })
        .await?;
        heads = rows
            .into_iter()
            .map(|head| {
                let line = (head.queue, head.rank, head.line);
                (line, (head.order_at, head.job_id))
            })
            .collect();
        fastest = fastest.min(started.elapsed());
        if fastest < DEAR {
            break;
        }
    }
    Ok((heads, fastest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn line(queue: &str) -> Line {
        (queue.to_owned(), 0, String::new())
    }

    #[test]
    fn claims_look_from_the_heads_until_that_is_dear() {
        let lines = Lines::default();
        lines.ended(false, DEAR * 2, 0);
        assert!(lines.known().queues.is_empty());
        lines.looked([(line("q"), (at(1), 1))].into_iter(), DEAR * 2);
        assert_eq!(lines.known().order_at, [at(1)]);
        lines.looked(std::iter::empty(), DEAR / 2);
        assert!(lines.known().queues.is_empty());
    }

    #[test]
    fn a_claim_goes_forward_a_look_and_a_notification_back() {
        let lines = Lines::default();
        let dear = DEAR * 2;
        lines.looked([(line("q"), (at(100), 7))].into_iter(), dear);
        lines.claimed(line("q"), (at(200), 9));
        lines.claimed(line("q"), (at(150), 8));
        assert_eq!(lines.known().job_ids, [9]);
        lines.refilled(Some("other"));
        assert_eq!(lines.known().job_ids, [9]);
        lines.claimed(line("q"), (at(211), 10));
        lines.clock(at(210));
        lines.refilled(Some("q"));
        let place = lines.known().order_at[0];
        assert!(place >= at(209) && place < at(211), "{place}");
        lines.looked([(line("q"), (at(50), 3))].into_iter(), dear);
        assert_eq!(lines.known().job_ids, [3]);
    }
}
