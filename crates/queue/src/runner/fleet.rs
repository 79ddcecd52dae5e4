//! What a worker knows of the rest of the fleet, from its own signs of life and from what it hears
//! of the others': when it has to give the next one, and when scheduled jobs are due.
//!
//! A worker with leases beats on its own clock. One without rests: its promise reaches far. While
//! others hold leases it watches: it beats when nobody has looked after the fleet for half a
//! heartbeat. Who has rested longest goes first, the others hear of it and wait again: so they take
//! turns, nobody leads, and one that died or froze is passed over at once.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Between the turns of two workers at a due time: the first has told the others by then.
const STAGGER: Duration = Duration::from_millis(5);
/// The longest such wait, whatever the size of the fleet.
const STAGGER_MAX: Duration = Duration::from_millis(500);

/// See the module.
#[derive(Debug)]
pub(crate) struct Fleet {
    heartbeat: Duration,
    state: Mutex<State>,
    /// For the keeper: the time of the next beat may have changed.
    pub(crate) beat_moved: Notify,
    /// For the promoter: the next due time may have changed.
    pub(crate) due_moved: Notify,
}

#[derive(Debug)]
struct State {
    rank: u32,
    workers: u32,
    beaten_at: Instant,
    beat_by: Instant,
    is_resting: bool,
    /// Some worker holds leases.
    is_watching: bool,
    /// When somebody last looked after the fleet.
    chores_at: Instant,
    /// When this worker did last, if it said so then.
    told_at: Option<Instant>,
    /// When it last heard that somebody did, itself or another.
    heard_at: Option<Instant>,
    claimed_at: Option<Instant>,
    /// An instant, and what the server's clock showed then, in milliseconds since 1970.
    clock: Option<(Instant, i64)>,
    due: Option<Due>,
}

/// When scheduled jobs are due.
#[derive(Clone, Copy, Debug)]
struct Due {
    at: Instant,
    /// Only this worker knows of it.
    is_own: bool,
}

/// What a beat said of the fleet.
#[derive(Debug)]
pub(crate) struct Beaten {
    /// When it was sent.
    pub(crate) sent_at: Instant,
    pub(crate) rank: u32,
    pub(crate) workers: u32,
    pub(crate) again_in: Duration,
    pub(crate) is_resting: bool,
    pub(crate) now_ms: i64,
    pub(crate) is_busy: bool,
    /// It looked after the fleet.
    pub(crate) chores: Option<Chores>,
}

/// What a look after the fleet found.
#[derive(Debug)]
pub(crate) struct Chores {
    /// The others were told.
    pub(crate) told: bool,
    pub(crate) next_due_ms: Option<i64>,
}

impl Fleet {
    pub(crate) fn new(heartbeat: Duration) -> Self {
        let now = Instant::now();
        Fleet {
            heartbeat,
            state: Mutex::new(State {
                rank: 0,
                workers: 1,
                beaten_at: now,
                beat_by: now,
                is_resting: false,
                is_watching: true,
                chores_at: now,
                told_at: None,
                heard_at: None,
                claimed_at: None,
                clock: None,
                // What was scheduled before this worker came is unknown: it looks at once.
                due: Some(Due {
                    at: now,
                    is_own: true,
                }),
            }),
            beat_moved: Notify::new(),
            due_moved: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No step below can panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the next beat is due.
    pub(crate) fn next_beat(&self) -> Instant {
        let state = self.state();
        if !(state.is_resting && state.is_watching) {
            return state.beat_by;
        }
        let cycle = self.heartbeat.mul_f64(0.5) * state.workers.max(1);
        let rested = state.beaten_at.elapsed().div_duration_f64(cycle).min(1.0);
        let rank = f64::from(state.rank) / f64::from(state.workers.max(1));
        let shyness = 0.7 * (1.0 - rested) + 0.3 * rank.min(1.0);
        let turn = state.chores_at + self.heartbeat.mul_f64(0.5 + 0.1 * shyness);
        let turn = turn.max(state.beaten_at + self.heartbeat.mul_f64(0.3));
        state.beat_by.min(turn)
    }

    /// A beat was answered. True: what this worker said of an earlier one was never heard, so
    /// notifications do not arrive.
    pub(crate) fn beaten(&self, beaten: &Beaten) -> bool {
        let mut state = self.state();
        state.rank = beaten.rank;
        state.workers = beaten.workers;
        state.beaten_at = beaten.sent_at;
        state.beat_by = beaten.sent_at + beaten.again_in;
        state.is_resting = beaten.is_resting;
        state.clock = Some((Instant::now(), beaten.now_ms));
        state.is_watching = beaten.is_busy;
        match &beaten.chores {
            Some(chores) => {
                let is_deaf = state.told_at > state.heard_at;
                // Not when it was answered: what it said often arrives before that.
                state.told_at = chores.told.then_some(beaten.sent_at);
                state.chores_at = Instant::now();
                if let Some(next_due_ms) = chores.next_due_ms {
                    self.learn_due(&mut state, next_due_ms);
                }
                is_deaf
            }
            None => {
                // Somebody did, less than 0.3 heartbeats ago.
                let about = beaten.sent_at - self.heartbeat.mul_f64(0.15).min(SECOND);
                state.chores_at = state.chores_at.max(about);
                false
            }
        }
    }

    /// Somebody looked after the fleet, and found this to be the next due time.
    pub(crate) fn heard_chores(&self, is_busy: bool, next_due_ms: Option<i64>) {
        let mut state = self.state();
        let now = Instant::now();
        state.is_watching = is_busy;
        state.heard_at = Some(now);
        state.chores_at = now;
        if let Some(next_due_ms) = next_due_ms {
            self.learn_due(&mut state, next_due_ms);
        }
        drop(state);
        self.beat_moved.notify_one();
    }

    /// Notifications begin to arrive: nothing that was said before counts.
    pub(crate) fn begin_hearing(&self) {
        self.state().told_at = None;
    }

    /// This worker holds a lease now: if it rested, its next beat is due soon.
    pub(crate) fn claimed(&self) {
        let mut state = self.state();
        let now = Instant::now();
        state.claimed_at = Some(now);
        if state.is_resting {
            state.is_resting = false;
            state.beat_by = state.beat_by.min(now + self.heartbeat.mul_f64(0.4));
            drop(state);
            self.beat_moved.notify_one();
        }
    }

    /// Some worker holds leases, for all that this one knows.
    pub(crate) fn is_watching(&self) -> bool {
        self.state().is_watching
    }

    /// Nothing was claimed for a beat's length.
    pub(crate) fn is_quiet(&self) -> bool {
        let quiet = self.heartbeat.mul_f64(0.4);
        self.state()
            .claimed_at
            .is_none_or(|claimed_at| claimed_at.elapsed() >= quiet)
    }

    /// A job that this worker scheduled is due after a while.
    pub(crate) fn due_in(&self, wait: Duration) {
        let Some(at) = Instant::now().checked_add(wait) else {
            return;
        };
        let mut state = self.state();
        if state.due.is_none_or(|due| at < due.at) {
            state.due = Some(Due { at, is_own: true });
            drop(state);
            self.due_moved.notify_one();
        }
    }

    /// A job is due at a time of the server's clock.
    pub(crate) fn heard_due(&self, due_ms: i64) {
        self.learn_due(&mut self.state(), due_ms);
    }

    /// Somebody promoted what was due until a time; then this is the next.
    pub(crate) fn heard_promoted(&self, until_ms: i64, next_due_ms: Option<i64>) {
        let mut state = self.state();
        let until = state.instant(until_ms);
        if state.due.is_some_and(|due| due.at <= until) {
            state.due = None;
        }
        if let Some(next_due_ms) = next_due_ms {
            self.learn_due(&mut state, next_due_ms);
        }
        drop(state);
        self.due_moved.notify_one();
    }

    fn learn_due(&self, state: &mut State, due_ms: i64) {
        let at = state.instant(due_ms);
        if state.due.is_none_or(|due| at < due.at) {
            state.due = Some(Due { at, is_own: false });
            self.due_moved.notify_one();
        }
    }

    /// When this worker should promote what is due, unless another does first.
    pub(crate) fn promote_at(&self, listening: bool) -> Option<Instant> {
        let state = self.state();
        let due = state.due?;
        let is_first = due.is_own || !listening;
        let turn = if is_first { 0 } else { state.rank };
        Some(due.at + (STAGGER * turn).min(STAGGER_MAX))
    }

    /// This worker promotes now: what it knew of due times is spent.
    pub(crate) fn promoting(&self) {
        self.state().due = None;
    }

    /// It promoted, and then the next is due after a while.
    pub(crate) fn promoted(&self, next_in: Duration) {
        let Some(at) = Instant::now().checked_add(next_in) else {
            return;
        };
        let mut state = self.state();
        if state.due.is_none_or(|due| at < due.at) {
            state.due = Some(Due { at, is_own: false });
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);

impl State {
    /// When the server's clock shows a time.
    fn instant(&self, server_ms: i64) -> Instant {
        let Some((at, then_ms)) = self.clock else {
            return Instant::now();
        };
        let ahead = server_ms.saturating_sub(then_ms);
        let distance = Duration::from_millis(ahead.unsigned_abs());
        let instant = if ahead < 0 {
            at.checked_sub(distance)
        } else {
            at.checked_add(distance)
        };
        instant.unwrap_or(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARTBEAT: Duration = Duration::from_secs(5);

    fn resting(rank: u32, workers: u32, beaten_ago: Duration) -> Fleet {
        let fleet = Fleet::new(HEARTBEAT);
        fleet.beaten(&Beaten {
            sent_at: Instant::now().checked_sub(beaten_ago).unwrap(),
            rank,
            workers,
            again_in: 6 * HEARTBEAT,
            is_resting: true,
            now_ms: 1_000_000,
            is_busy: true,
            chores: None,
        });
        fleet.heard_chores(true, None);
        fleet
    }

    #[test]
    fn point_13_who_has_rested_longest_looks_after_the_fleet_next() {
        let turns = [24, 14, 4].map(|ago| {
            let fleet = resting(3, 10, Duration::from_secs(ago));
            fleet.next_beat() - Instant::now()
        });
        assert!(turns.is_sorted(), "{turns:?}");
        assert!(turns[0] >= HEARTBEAT.mul_f64(0.49), "{turns:?}");
        assert!(turns[2] <= HEARTBEAT.mul_f64(0.6), "{turns:?}");
    }

    #[test]
    fn point_13_while_nobody_holds_leases_each_looks_in_its_own_time() {
        let fleet = resting(0, 10, Duration::ZERO);
        fleet.heard_chores(false, None);
        assert!(fleet.next_beat() - Instant::now() > HEARTBEAT * 5);
        fleet.heard_chores(true, None);
        assert!(fleet.next_beat() - Instant::now() < HEARTBEAT);
    }

    #[test]
    fn point_3_a_claim_ends_the_rest_within_a_beat() {
        let fleet = resting(0, 10, Duration::ZERO);
        fleet.claimed();
        assert!(fleet.next_beat() - Instant::now() <= HEARTBEAT.mul_f64(0.4));
        assert!(!fleet.is_quiet());
    }

    #[test]
    fn point_13_at_a_due_time_the_first_in_rank_goes_first_and_the_others_hear_of_it() {
        let (first, fourth) = (resting(0, 4, HEARTBEAT), resting(3, 4, HEARTBEAT));
        for fleet in [&first, &fourth] {
            fleet.promoting();
            fleet.heard_due(1_000_500);
        }
        let at = |fleet: &Fleet| fleet.promote_at(true);
        let wait = at(&fourth).unwrap() - at(&first).unwrap();
        assert!(wait > STAGGER && wait < STAGGER * 5, "{wait:?}");
        fourth.heard_promoted(1_000_501, None);
        assert_eq!(at(&fourth), None);
        fourth.heard_due(1_000_900);
        fourth.heard_promoted(1_000_501, Some(1_000_950));
        assert!(at(&fourth).is_some(), "what is due later stays in mind");
    }

    #[test]
    fn what_was_said_and_not_heard_shows_that_notifications_do_not_arrive() {
        let fleet = resting(0, 1, Duration::ZERO);
        let chores = || Beaten {
            sent_at: Instant::now(),
            rank: 0,
            workers: 1,
            again_in: HEARTBEAT,
            is_resting: false,
            now_ms: 0,
            is_busy: true,
            chores: Some(Chores {
                told: true,
                next_due_ms: None,
            }),
        };
        assert!(!fleet.beaten(&chores()));
        fleet.heard_chores(true, None);
        assert!(!fleet.beaten(&chores()));
        assert!(fleet.beaten(&chores()));

        let (early, late) = (chores(), chores());
        fleet.heard_chores(true, None);
        assert!(!fleet.beaten(&early), "it is heard before it is answered");
        assert!(!fleet.beaten(&late), "so nothing is left to be heard");
    }
}
