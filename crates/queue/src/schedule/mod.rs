//! When jobs come by themselves, and what that means when clocks are put forward or back.
//!
//! - [`pattern`]: what a cron expression says, on a calendar without time zones
//! - [`ticks`]: the instants of that in a time zone, by the schedule's policies

mod pattern;
#[cfg(test)]
mod properties;
mod ticks;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::enqueue::millis;
pub(crate) use ticks::{Due, Timetable};

/// Late by more than this, a tick under [`Missed::Skip`] was missed: a fleet that is being
/// restarted must not lose ticks.
pub(crate) const LATE_MAX: Duration = Duration::from_secs(60);
/// Ticks that one catch-up makes at most.
pub const CATCH_UP_MAX: u16 = 1000;
/// No interval is shorter.
const EVERY_MIN: Duration = Duration::from_millis(100);

/// When jobs come by themselves. Exactly one job per tick, with any number of workers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Schedule {
    /// At every multiple of this since 1970-01-01 UTC, to the millisecond. Ticks that passed while
    /// no worker ran are skipped, but for the newest, which runs as soon as a worker starts.
    Every(Duration),
    /// By the calendar and the clock on the wall of some place.
    Cron(Cron),
}

impl Schedule {
    /// The next `count` ticks after an instant; fewer if the schedule ends.
    ///
    /// ```
    /// # use stevedore_queue::{Cron, Schedule};
    /// let nightly = Schedule::Cron(Cron::new("30 2 * * *").zone("Europe/Berlin"));
    /// let ticks = nightly.upcoming("2026-03-27T12:00:00Z".parse()?, 3)?;
    /// let ticks: Vec<String> = ticks.iter().map(|tick| tick.to_rfc3339()).collect();
    /// assert_eq!(ticks, [
    ///     "2026-03-28T01:30:00+00:00",
    ///     "2026-03-29T01:00:00+00:00", // There is no 02:30 on that day: at 03:00, once.
    ///     "2026-03-30T00:30:00+00:00",
    /// ]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ScheduleError`] when the schedule makes no sense.
    pub fn upcoming(
        &self,
        after: DateTime<Utc>,
        count: usize,
    ) -> Result<Vec<DateTime<Utc>>, ScheduleError> {
        let timetable = Timetable::of(self)?;
        let ticks = std::iter::successors(timetable.next_after(after), |tick| {
            timetable.next_after(*tick)
        });
        Ok(ticks.take(count).collect())
    }

    /// Refuses what makes no sense; a worker with such a schedule does not begin.
    ///
    /// # Errors
    /// [`ScheduleError`] says what is wrong and what to write.
    pub fn check(&self) -> Result<(), ScheduleError> {
        Timetable::of(self).map(|_| ())
    }

    /// What the expression says, in English: `At 02:30.`
    ///
    /// # Errors
    /// [`ScheduleError`] when the schedule makes no sense.
    pub fn describe(&self) -> Result<String, ScheduleError> {
        match self {
            Schedule::Every(every) => Ok(format!("Every {every:?}.")),
            Schedule::Cron(cron) => Ok(pattern::Pattern::parse(&cron.expression)?.describe()),
        }
    }

    /// What becomes of ticks that passed while no worker ran.
    pub(crate) fn missed(&self) -> Missed {
        match self {
            Schedule::Every(_) => Missed::Once,
            Schedule::Cron(cron) => cron.missed,
        }
    }

    /// A schedule as its row has it.
    pub(crate) fn read(
        every_ms: Option<i64>,
        expression: Option<String>,
        zone: String,
        dst: &str,
        missed: Missed,
    ) -> Self {
        match (every_ms, expression) {
            (_, Some(expression)) => Schedule::Cron(Cron {
                expression,
                zone,
                dst: Dst::read(dst),
                missed,
            }),
            (every, None) => {
                let every = every.and_then(|every| u64::try_from(every).ok());
                Schedule::Every(Duration::from_millis(every.unwrap_or_default()))
            }
        }
    }

    pub(crate) fn every_ms(&self) -> Option<i64> {
        match self {
            Schedule::Every(every) => Some(millis(*every)),
            Schedule::Cron(_) => None,
        }
    }

    pub(crate) fn cron(&self) -> Option<&Cron> {
        match self {
            Schedule::Every(_) => None,
            Schedule::Cron(cron) => Some(cron),
        }
    }
}

/// A cron expression in a time zone. Checked when the worker begins, or by [`Schedule::check`].
///
/// Five fields – minute, hour, day of the month, month, day of the week – or six, with seconds
/// before them. A field is `*`, a number, a range `8-17`, a step `*/15`, or a list of those;
/// months and weekdays also have names (`JAN`, `MON`). In days of the month `L` is the last one
/// and `15W` the working day nearest to the 15th; in weekdays `5L` is the last Friday and `MON#2`
/// the second Monday. When both kinds of day are given, either is enough. Or one of `@yearly`,
/// `@monthly`, `@weekly`, `@daily`, `@hourly`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    pub(crate) expression: String,
    pub(crate) zone: String,
    pub(crate) dst: Dst,
    pub(crate) missed: Missed,
}

impl Cron {
    /// In UTC, with the default policies.
    #[must_use]
    pub fn new(expression: impl Into<String>) -> Self {
        Cron {
            expression: expression.into(),
            zone: "UTC".to_owned(),
            dst: Dst::default(),
            missed: Missed::default(),
        }
    }

    /// The IANA time zone whose clocks count, such as `Europe/Berlin`.
    #[must_use]
    pub fn zone(mut self, zone: impl Into<String>) -> Self {
        self.zone = zone.into();
        self
    }

    /// What to do when clocks are put forward or back.
    #[must_use]
    pub fn dst(mut self, dst: Dst) -> Self {
        self.dst = dst;
        self
    }

    /// What to do about ticks that passed while no worker ran.
    #[must_use]
    pub fn missed(mut self, missed: Missed) -> Self {
        self.missed = missed;
        self
    }
}

/// What becomes of times that a change of clocks leaves out or repeats.
///
/// | policy | 02:30 on the day that has none | 02:30 on the day that has two |
/// |---|---|---|
/// | [`Once`](Dst::Once) | at the end of the gap | the first |
/// | [`Skip`](Dst::Skip) | not at all | the first |
/// | [`Both`](Dst::Both) | at the end of the gap | both |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Dst {
    /// [`Dst::Both`] for expressions that name no hours (`*/15 * * * *`), for which an hour is an
    /// hour; [`Dst::Once`] for all others.
    #[default]
    Auto,
    /// A time that does not exist runs at the next instant that does; one that exists twice runs
    /// the first time.
    Once,
    /// A time that does not exist is left out; one that exists twice runs the first time.
    Skip,
    /// A time that does not exist runs at the next instant that does; one that exists twice runs
    /// twice.
    Both,
}

/// What becomes of ticks that passed while no worker ran, or while none came round to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Missed {
    /// They are left out; only one that is at most a minute late still runs.
    Skip,
    /// The newest of them runs, as soon as there is a worker.
    #[default]
    Once,
    /// They all run, in their order, but no more than the newest so many, up to
    /// [`CATCH_UP_MAX`].
    CatchUp(u16),
}

impl Dst {
    /// Its name in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Dst::Auto => "auto",
            Dst::Once => "once",
            Dst::Skip => "skip",
            Dst::Both => "both",
        }
    }

    /// The policy of that name; a name that a later release made up is as good as none.
    pub(crate) fn read(name: &str) -> Self {
        let all = [Dst::Once, Dst::Skip, Dst::Both];
        let named = all.into_iter().find(|dst| dst.name() == name);
        named.unwrap_or(Dst::Auto)
    }
}

impl Missed {
    /// Its name and bound in the table; the bound is kept, and means nothing, with other names.
    pub(crate) fn row(self) -> (&'static str, i32) {
        match self {
            Missed::Skip => ("skip", 100),
            Missed::Once => ("once", 100),
            Missed::CatchUp(most) => ("catch_up", i32::from(most)),
        }
    }

    /// The policy of that name and bound.
    pub(crate) fn read(name: &str, catch_up_max: i32) -> Self {
        match name {
            "skip" => Missed::Skip,
            "catch_up" => Missed::CatchUp(u16::try_from(catch_up_max).unwrap_or(CATCH_UP_MAX)),
            _ => Missed::Once,
        }
    }
}

/// Why a schedule was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The expression cannot be read.
    #[error("the cron expression \"{expression}\" cannot be read: {problem}")]
    Expression {
        /// What was given.
        expression: String,
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// There is no day on which it would run.
    #[error(
        "the cron expression \"{0}\" never comes: no month that it names has such a day; \
         for the last day of each month write L, as in \"0 0 L * *\""
    )]
    Never(String),
    /// There is no such time zone.
    #[error("there is no time zone \"{zone}\": write {hint}")]
    Zone {
        /// What was given.
        zone: String,
        /// What to write instead.
        hint: String,
    },
    /// The interval is too short.
    #[error("a schedule ticks at most every 100 ms")]
    TooOften,
    /// A catch-up of nothing, or of too much.
    #[error("a catch-up makes 1 to 1000 jobs; to leave out missed ticks say skip")]
    CatchUp,
}
