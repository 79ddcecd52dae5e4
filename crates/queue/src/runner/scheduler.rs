//! Ticks schedules: those of the registered kinds' policies, and those that people made for these
//! kinds. Every worker does; the database lets one of them move a schedule on and enqueue the job.
//!
//! No worker polls. Each knows from the table when the next tick is and sleeps until then; whoever
//! comes first tells the others, who sleep on, and is on time for the next one. Time is the
//! database's: a worker adds to what that last said only what its own monotonic clock counted
//! since, and a tick that the database finds too early is not made.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::backoff::Backoff;
use super::core::Core;
use super::news::Heard;
use crate::job::jitter;
use crate::meters;
use crate::schedule::{Dst, Due, Missed, Schedule, Timetable};

/// How often the table is read though nothing was heard: for clocks that were set.
const RELOAD_LISTENING: Duration = Duration::from_secs(600);
/// The same where notifications do not arrive: changes by people take this long.
const RELOAD_DEAF: Duration = Duration::from_secs(15);
/// Changes that come one after the other are read together: no look at the table is nearer to the
/// one before.
const RELOAD_APART: Duration = Duration::from_millis(200);
/// How long a schedule rests whose job the database refused.
const REFUSED_REST: Duration = Duration::from_secs(5);
/// Who made a tick comes to the next one on time; timers cut this much off.
const FIRST: Duration = Duration::from_millis(1);
/// The others come later, in case it is gone, and spread out, each schedule in another order: by
/// then nearly all of them have heard of the tick and have nothing to ask.
const OTHERS_FROM: Duration = Duration::from_millis(10);
/// How far the others are spread.
const OTHERS_SPREAD: Duration = Duration::from_millis(50);

/// Ticks until the shutdown.
pub(crate) async fn run(core: Arc<Core>) {
    tokio::select! {
        () = core.shutdown.cancelled() => {}
        () = Scheduler::new(&core).run() => {}
    }
}

/// What a worker knows of the schedules that it ticks.
struct Scheduler<'a> {
    core: &'a Core,
    known: BTreeMap<String, Known>,
    /// What the database's clock showed, and when that was by ours.
    clock: Option<(DateTime<Utc>, Instant)>,
    is_declared: bool,
    reload_at: Instant,
    loaded_at: Option<Instant>,
}

/// A schedule as the worker last heard of it.
struct Known {
    kind: String,
    table: Timetable,
    missed: Missed,
    revision: i64,
    /// The next tick as the table has it.
    seen: Option<DateTime<Utc>>,
    /// The first tick to make; the same but for an interval that never ticked.
    first: Option<DateTime<Utc>>,
    /// The next tick has to be written down, whatever the time is.
    unset: bool,
    /// How long after its tick this worker comes, unless it made the last one.
    delay: Duration,
    /// This worker made the last one.
    was_first: bool,
}

/// A schedule of a kind's policy, as the table has it.
#[derive(Serialize)]
struct Declared<'a> {
    kind: &'a str,
    queue: &'a str,
    every_ms: Option<i64>,
    expression: Option<&'a str>,
    zone: &'a str,
    dst: Dst,
    missed: &'a str,
    catch_up_max: i32,
}

impl<'a> Scheduler<'a> {
    fn new(core: &'a Core) -> Self {
        Scheduler {
            core,
            known: BTreeMap::new(),
            clock: None,
            is_declared: false,
            reload_at: Instant::now(),
            loaded_at: None,
        }
    }

    async fn run(mut self) {
        let mut backoff = Backoff::default();
        loop {
            let wait = match self.step().await {
                Ok(wait) => {
                    backoff.reset();
                    wait
                }
                Err(error) => {
                    tracing::warn!(%error, "schedules could not be ticked");
                    // What the table says may be another thing by then.
                    self.reload_at = Instant::now();
                    backoff.next()
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.core.news.wake.notified() => {}
            }
            self.take_note(self.core.news.take());
        }
    }

    /// Does what is to be done now, and says how long there will be nothing else.
    async fn step(&mut self) -> Result<Duration, sqlx::Error> {
        if !self.is_declared {
            self.declare().await?;
        }
        if Instant::now() >= self.reload_at {
            self.load().await?;
        }
        let due: Vec<String> = self
            .known
            .iter()
            .filter(|(_, known)| self.until(known).is_some_and(|wait| wait.is_zero()))
            .map(|(name, _)| name.clone())
            .collect();
        for name in &due {
            // Midnight is popular: others may have ticked this while we ticked the one before.
            self.take_note(self.core.news.take());
            let known = self.known.get(name);
            if known.is_some_and(|known| self.until(known) == Some(Duration::ZERO)) {
                self.tick_or_rest(name).await?;
            }
        }
        let waits = self.known.values().filter_map(|known| self.until(known));
        let reload = self.reload_at.saturating_duration_since(Instant::now());
        Ok(waits.fold(reload, Duration::min))
    }

    /// How long until this worker comes to a schedule; none if never.
    fn until(&self, known: &Known) -> Option<Duration> {
        if known.unset {
            return Some(Duration::ZERO);
        }
        let delay = if known.was_first { FIRST } else { known.delay };
        let wait = known.first? + TimeDelta::from_std(delay).ok()? - self.now()?;
        Some(wait.to_std().unwrap_or_default())
    }

    /// The database's time, as far as it is known: a moment behind rather than ahead.
    fn now(&self) -> Option<DateTime<Utc>> {
        let (then, at) = self.clock?;
        Some(then + TimeDelta::from_std(at.elapsed()).unwrap_or_default())
    }

    async fn declare(&mut self) -> Result<(), sqlx::Error> {
        let kinds = self.core.registry.sorted();
        let declared: Vec<Declared<'_>> = kinds
            .iter()
            .filter_map(|(kind, entry)| {
                let schedule = entry.policy.schedule.as_ref()?;
                Some(declared(kind, entry.queue, schedule))
            })
            .collect();
        if !declared.is_empty() {
            let declared = serde_json::to_string(&declared)
                .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
            sqlx::query_file!("../../sql/queries/queue_schedules/declare.sql", declared)
                .fetch_one(&self.core.pool)
                .await?;
        }
        self.is_declared = true;
        Ok(())
    }

    async fn load(&mut self) -> Result<(), sqlx::Error> {
        let declared: Vec<String> = self
            .core
            .registry
            .sorted()
            .into_iter()
            .filter(|(_, entry)| entry.policy.schedule.is_some())
            .map(|(kind, _)| kind.to_owned())
            .collect();
        let rows = sqlx::query_file!(
            "../../sql/queries/queue_schedules/load.sql",
            &self.core.kinds,
            &declared,
        )
        .fetch_all(&self.core.pool)
        .await?;
        let wait = if self.core.is_listening() {
            RELOAD_LISTENING
        } else {
            RELOAD_DEAF
        };
        self.reload_at = Instant::now() + wait;
        self.loaded_at = Some(Instant::now());
        // The rules of a time zone may have changed since the next tick was written down. Only at
        // the start, so that workers whose rules differ do not argue.
        let is_first = self.clock.is_none();
        let mut before = std::mem::take(&mut self.known);
        for row in rows {
            self.clock = Some((row.now_at, Instant::now()));
            let missed = Missed::read(&row.missed, row.catch_up_max);
            let schedule = Schedule::read(row.every_ms, row.expression, row.zone, &row.dst, missed);
            let table = match Timetable::of(&schedule) {
                Ok(table) => table,
                Err(error) => {
                    self.report(&row.schedule, row.revision, &error.to_string())
                        .await?;
                    continue;
                }
            };
            if row.paused {
                continue;
            }
            meters::ticks_missed(&row.kind, 0);
            let mut known = Known {
                kind: row.kind,
                delay: self.delay(&row.schedule),
                was_first: before
                    .remove(&row.schedule)
                    .is_some_and(|one| one.was_first),
                unset: false,
                revision: row.revision,
                seen: row.next_tick_at,
                first: row.next_tick_at,
                missed,
                table,
            };
            known.look_ahead(row.now_at, row.last_tick_at, is_first);
            self.known.insert(row.schedule, known);
        }
        Ok(())
    }

    fn delay(&self, schedule: &str) -> Duration {
        let name = schedule.bytes().fold(0_u32, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(u32::from(byte))
        });
        let share = jitter(self.core.registration().worker_id, name);
        OTHERS_FROM + OTHERS_SPREAD.mul_f64(share)
    }

    async fn report(&self, name: &str, revision: i64, why: &str) -> Result<(), sqlx::Error> {
        tracing::warn!(schedule = name, why, "schedule cannot be ticked");
        sqlx::query_file!(
            "../../sql/queries/queue_schedules/report.sql",
            name,
            revision,
            why
        )
        .execute(&self.core.pool)
        .await?;
        Ok(())
    }

    /// Ticks a schedule. One whose job cannot be enqueued (somebody broke its row) must not keep
    /// the others from ticking: it says why, and rests.
    async fn tick_or_rest(&mut self, name: &str) -> Result<(), sqlx::Error> {
        let Err(error) = self.tick(name).await else {
            return Ok(());
        };
        let Some(refused) = error.as_database_error() else {
            return Err(error);
        };
        let why = refused.message().to_owned();
        if let Some(known) = self.known.remove(name) {
            self.report(name, known.revision, &why).await?;
        }
        self.reload_at = self.reload_at.min(Instant::now() + REFUSED_REST);
        Ok(())
    }

    /// Moves a schedule on, unless another worker has.
    async fn tick(&mut self, name: &str) -> Result<(), sqlx::Error> {
        let (Some(now), Some(known)) = (self.now(), self.known.get(name)) else {
            return Ok(());
        };
        let due = match known.first {
            Some(first) if !known.unset => known.table.due(first, now, known.missed),
            _ => Due {
                ticks: Vec::new(),
                missed: 0,
                next: known.table.next_after(now),
            },
        };
        let ticked = sqlx::query_file!(
            "../../sql/queries/queue_schedules/tick.sql",
            name,
            known.revision,
            known.seen,
            &due.ticks,
            due.next,
        )
        .fetch_optional(&self.core.pool)
        .await?;
        let Some(ticked) = ticked else {
            self.known.remove(name);
            return Ok(());
        };
        self.clock = Some((ticked.now_at, Instant::now()));
        if ticked.moved {
            meters::ticks_missed(&known.kind, due.missed);
        }
        if let Some(job_id) = ticked.job_id {
            tracing::debug!(schedule = name, job.id = job_id, "schedule ticked");
        }
        match self.known.get_mut(name) {
            Some(known) if ticked.revision == known.revision && !ticked.paused => {
                known.moved_to(ticked.next_tick_at);
                known.was_first = ticked.moved;
            }
            // Its definition changed, and the news of it is on its way.
            _ => {
                self.known.remove(name);
                self.reload_soon();
            }
        }
        Ok(())
    }

    fn reload_soon(&mut self) {
        let soon = self.loaded_at.map(|at| at + RELOAD_APART);
        self.reload_at = self.reload_at.min(soon.unwrap_or_else(Instant::now));
    }

    fn take_note(&mut self, heard: Heard) {
        for tick in heard.ticks {
            if let Some(known) = self.known.get_mut(&tick.schedule)
                && known.revision == tick.revision
                && (known.unset || tick.next.is_none() || tick.next > known.first)
            {
                known.moved_to(tick.next);
                known.was_first = false;
            }
        }
        if heard.reload {
            self.reload_soon();
        }
    }
}

impl Known {
    /// Finds the next tick where the table has none, or one of outdated rules.
    fn look_ahead(&mut self, now: DateTime<Utc>, last: Option<DateTime<Utc>>, is_first: bool) {
        let next = self.table.next_after(now);
        match (self.seen, &self.table) {
            // An interval's first tick is the one that just passed: who says "every day" does not
            // want to wait for a day.
            (None, Timetable::Every(every)) if last.is_none() => {
                let past = now.timestamp_millis().rem_euclid(*every);
                let past = now.timestamp_millis() - past;
                self.first = DateTime::from_timestamp_millis(past);
            }
            (None, _) => self.unset = next.is_some(),
            (Some(seen), _) if is_first && seen > now => self.unset = next != Some(seen),
            _ => {}
        }
    }

    fn moved_to(&mut self, next: Option<DateTime<Utc>>) {
        self.seen = next;
        self.first = next;
        self.unset = false;
    }
}

fn declared<'a>(kind: &'a str, queue: &'a str, schedule: &'a Schedule) -> Declared<'a> {
    let cron = schedule.cron();
    let (missed, catch_up_max) = schedule.missed().row();
    Declared {
        kind,
        queue,
        every_ms: schedule.every_ms(),
        expression: cron.map(|cron| cron.expression.as_str()),
        zone: cron.map_or("UTC", |cron| &cron.zone),
        dst: cron.map_or(Dst::Auto, |cron| cron.dst),
        missed,
        catch_up_max,
    }
}
