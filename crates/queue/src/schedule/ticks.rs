//! The instants of a schedule.
//!
//! Between two changes of its offset a time zone's clocks run evenly: there the ticks are those of
//! the calendar, shifted. At a change they jump. Forward: what lies in the gap never comes by
//! itself, so it comes at the jump, or not at all. Back: what lies in the overlap comes again, and
//! runs the first time, or both.

use chrono::{DateTime, TimeDelta, Utc};
use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::pattern::Pattern;
use super::{CATCH_UP_MAX, Dst, EVERY_MIN, LATE_MAX, Missed, Schedule, ScheduleError};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Missed ticks that are counted at most: then somebody has looked already.
const COUNTED_MAX: usize = 10_000;

/// A schedule that was checked.
#[derive(Clone, Debug)]
pub(crate) enum Timetable {
    /// At multiples of so many milliseconds since the epoch.
    Every(i64),
    /// By the calendar.
    Calendar(Box<Calendar>),
}

/// The instants of a pattern in a time zone.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    pattern: Pattern,
    zone: TimeZone,
    dst: Dst,
}

/// What has become due, and what comes then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// The ticks that get a job, in their order.
    pub(crate) ticks: Vec<DateTime<Utc>>,
    /// How many more there were, as far as it is worth counting.
    pub(crate) missed: usize,
    /// The first tick that is not due yet.
    pub(crate) next: Option<DateTime<Utc>>,
}

impl Timetable {
    pub(crate) fn of(schedule: &Schedule) -> Result<Self, ScheduleError> {
        match schedule {
            Schedule::Every(every) if *every < EVERY_MIN => Err(ScheduleError::TooOften),
            Schedule::Every(every) => Ok(Timetable::Every(crate::enqueue::millis(*every))),
            Schedule::Cron(cron) => {
                if let Missed::CatchUp(most) = cron.missed
                    && !(1..=CATCH_UP_MAX).contains(&most)
                {
                    return Err(ScheduleError::CatchUp);
                }
                let pattern = Pattern::parse(&cron.expression)?;
                let calendar = Calendar::new(pattern, zone(&cron.zone)?, cron.dst);
                Ok(Timetable::Calendar(Box::new(calendar)))
            }
        }
    }

    /// The first tick after an instant.
    pub(crate) fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Timetable::Every(every) => {
                let tick = after.timestamp_millis().div_euclid(*every) + 1;
                DateTime::from_timestamp_millis(tick.checked_mul(*every)?)
            }
            Timetable::Calendar(calendar) => {
                let after = Timestamp::new(after.timestamp(), 0).ok()?;
                let tick = calendar.next_after(after)?;
                DateTime::from_timestamp(tick.as_second(), 0)
            }
        }
    }

    /// What to do at `now` about the ticks since `first`, which is one of them.
    pub(crate) fn due(&self, first: DateTime<Utc>, now: DateTime<Utc>, missed: Missed) -> Due {
        let next = self.next_after(now);
        let all = std::iter::successors(Some(first), |tick| self.next_after(*tick));
        let all = all.take_while(|tick| *tick <= now).take(COUNTED_MAX);
        let count = all.count();
        let mut ticks = if first <= now {
            let most = match missed {
                Missed::Skip | Missed::Once => 1,
                Missed::CatchUp(most) => usize::from(most.min(CATCH_UP_MAX)),
            };
            self.newest(first, now, most)
        } else {
            Vec::new()
        };
        if missed == Missed::Skip {
            let late_max = TimeDelta::from_std(LATE_MAX).unwrap_or(TimeDelta::MAX);
            ticks.retain(|tick| now - *tick <= late_max);
        }
        let missed = count.saturating_sub(ticks.len());
        Due {
            ticks,
            missed,
            next,
        }
    }

    /// The newest `most` ticks of `first ..= now`, in their order.
    fn newest(&self, first: DateTime<Utc>, now: DateTime<Utc>, most: usize) -> Vec<DateTime<Utc>> {
        let all = std::iter::successors(Some(first), |tick| self.next_after(*tick));
        let mut ticks: Vec<_> = all.take_while(|tick| *tick <= now).take(most + 1).collect();
        if ticks.len() <= most {
            return ticks;
        }
        // More than that: from the end, each by bisection, however long nobody was there.
        ticks.clear();
        let mut until = now;
        while ticks.len() < most
            && let Some(tick) = self.last_until(first, until)
        {
            ticks.push(tick);
            until = tick - TimeDelta::milliseconds(1);
        }
        ticks.reverse();
        ticks
    }

    /// The last tick of `first ..= until`: whether there is one after an instant only ever turns
    /// from true to false as that instant moves on.
    fn last_until(&self, first: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if until < first {
            return None;
        }
        let next = |after_ms: i64| {
            let after = DateTime::from_timestamp_millis(after_ms)?;
            self.next_after(after).filter(|tick| *tick <= until)
        };
        let (mut low, mut high) = (first.timestamp_millis() - 1, until.timestamp_millis() + 1);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if next(middle).is_some() {
                low = middle;
            } else {
                high = middle;
            }
        }
        next(low)
    }
}

impl Calendar {
    pub(super) fn new(pattern: Pattern, zone: TimeZone, dst: Dst) -> Self {
        let dst = match dst {
            Dst::Auto if pattern.names_hours() => Dst::Once,
            Dst::Auto => Dst::Both,
            said => said,
        };
        Calendar { pattern, zone, dst }
    }

    /// The first tick after an instant, which is a whole second.
    pub(super) fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let mut offset = self.zone.to_offset(after);
        let mut from = offset.to_datetime(after).checked_add(SECOND).ok()?;
        let mut changes = self.zone.following(after);
        // Each round ends with a tick, or at a change of clocks. The pattern looks a century ahead
        // of where it stands, and no zone has more than a few changes a year.
        for _ in 0..1000 {
            let change = changes.next();
            let until = change
                .as_ref()
                .map(|change| offset.to_datetime(change.timestamp()));
            if let Some(tick) = self.even_tick(from, until, offset) {
                return Some(tick);
            }
            let change = change?;
            let (end, start) = (until?, change.offset().to_datetime(change.timestamp()));
            let in_gap = || self.pattern.next_from(end).is_some_and(|tick| tick < start);
            if self.dst != Dst::Skip && start > end && in_gap() {
                return Some(change.timestamp());
            }
            offset = change.offset();
            from = start;
        }
        None
    }

    /// The first tick of `from .. until` while the clocks run at an even offset.
    fn even_tick(
        &self,
        mut from: civil::DateTime,
        until: Option<civil::DateTime>,
        offset: Offset,
    ) -> Option<Timestamp> {
        loop {
            let tick = self.pattern.next_from(from)?;
            if until.is_some_and(|until| tick >= until) {
                return None;
            }
            let instant = offset.to_timestamp(tick).ok()?;
            if self.dst == Dst::Both || !self.was_before(tick, offset) {
                return Some(instant);
            }
            from = tick.checked_add(SECOND).ok()?;
        }
    }

    /// Whether this local time, which exists at this offset, came before at another.
    fn was_before(&self, local: civil::DateTime, offset: Offset) -> bool {
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Fold { before, .. } => before != offset,
            _ => false,
        }
    }
}

/// A time zone by its name, from the machine's tzdata, or from our own where that has none.
fn zone(name: &str) -> Result<TimeZone, ScheduleError> {
    let known = jiff::tz::db();
    if let Ok(zone) = known.get(name) {
        return Ok(zone);
    }
    let wanted = name.to_ascii_lowercase().replace(' ', "_");
    let near = known.available().find(|known| {
        let known = known.as_str().to_ascii_lowercase();
        known.rsplit('/').next() == Some(&wanted)
    });
    let hint = match near {
        Some(near) if !wanted.is_empty() => near.as_str().to_owned(),
        _ => {
            "a name of the IANA database, such as Europe/Berlin, America/New_York or UTC".to_owned()
        }
    };
    Err(ScheduleError::Zone {
        zone: name.to_owned(),
        hint,
    })
}
