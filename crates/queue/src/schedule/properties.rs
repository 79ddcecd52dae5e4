//! The ticks against a model that knows nothing of changes of clocks: it looks at what the clocks
//! on the wall show, in every time zone there is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::pattern::Pattern;
use super::ticks::Calendar;
use super::{Cron, Dst, Missed, Schedule, Timetable};

/// Every zone of the database that is part of the program, by name: not the machine's, which may
/// be of any age.
static ZONES: LazyLock<Vec<(String, TimeZone)>> = LazyLock::new(|| {
    let all = TimeZoneDatabase::bundled();
    let names = all.available();
    let named = names.map(|name| (name.to_string(), all.get(name.as_str()).unwrap()));
    named.collect()
});

/// The changes of a zone's clocks from 1965 to 2040.
fn changes(zone: &TimeZone) -> Vec<Timestamp> {
    let until: Timestamp = "2040-01-01T00:00:00Z".parse().unwrap();
    let changes = zone.following("1965-01-01T00:00:00Z".parse().unwrap());
    let instants = changes.map(|change| change.timestamp());
    instants.take_while(|instant| *instant < until).collect()
}

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

/// What the clocks on the wall show.
fn wall(zone: &TimeZone, at: Timestamp) -> civil::DateTime {
    zone.to_offset(at).to_datetime(at)
}

/// All instants at which the clocks show this. Offsets hold for hours at least, so looking around
/// every quarter of an hour meets each.
fn instants_of(zone: &TimeZone, local: civil::DateTime) -> BTreeSet<Timestamp> {
    let middle = jiff::tz::Offset::UTC.to_timestamp(local).unwrap();
    let around = (-26 * 4..=26 * 4).map(|step| middle + seconds(step * 900));
    let offsets: BTreeSet<_> = around.map(|at| zone.to_offset(at)).collect();
    let candidates = offsets
        .into_iter()
        .map(|offset| offset.to_timestamp(local).unwrap());
    candidates.filter(|at| wall(zone, *at) == local).collect()
}

/// The first instant at which the clocks show something later, found by looking at each quarter
/// of an hour and then at each second.
fn next_that_exists(zone: &TimeZone, local: civil::DateTime) -> Timestamp {
    let mut at = jiff::tz::Offset::UTC.to_timestamp(local).unwrap() - seconds(26 * 3600);
    for step in [900, 30, 1] {
        while wall(zone, at + seconds(step)) < local {
            at += seconds(step);
        }
    }
    at + seconds(1)
}

/// When a local time runs, as the table of the policies says.
fn model_of(zone: &TimeZone, dst: Dst, local: civil::DateTime) -> BTreeSet<Timestamp> {
    let mut instants = instants_of(zone, local);
    if instants.is_empty() && dst != Dst::Skip {
        instants.insert(next_that_exists(zone, local));
    }
    if dst != Dst::Both {
        instants = instants.into_iter().take(1).collect();
    }
    instants
}

/// Ticks of `from .. until` by the model. `is_tick` says which minutes of the calendar are some.
fn model(
    zone: &TimeZone,
    dst: Dst,
    (from, until): (Timestamp, Timestamp),
    is_tick: impl Fn(civil::DateTime) -> bool,
) -> Vec<Timestamp> {
    // Two days around it: no gap is longer than one.
    let start = jiff::tz::Offset::UTC.to_datetime(from - seconds(48 * 3600));
    let start = start.date().to_datetime(civil::Time::midnight());
    let minutes = (0..).map(|minute| start + seconds(60 * minute));
    let end = jiff::tz::Offset::UTC.to_datetime(until + seconds(48 * 3600));
    let locals = minutes
        .take_while(|local| *local < end)
        .filter(|local| is_tick(*local));
    let ticks: BTreeSet<_> = locals
        .flat_map(|local| model_of(zone, dst, local))
        .collect();
    ticks.range(from..until).copied().collect()
}

/// Ticks of `from .. until` as the scheduler finds them: each from the one before.
fn ticks(calendar: &Calendar, (from, until): (Timestamp, Timestamp)) -> Vec<Timestamp> {
    let first = calendar.next_after(from - seconds(1));
    let all = std::iter::successors(first, |tick| calendar.next_after(*tick));
    all.take_while(|tick| *tick < until).collect()
}

fn calendar(expression: &str, zone: &TimeZone, dst: Dst) -> Calendar {
    Calendar::new(Pattern::parse(expression).unwrap(), zone.clone(), dst)
}

/// An expression of minutes, hours and weekdays, with the same said as a test of a time.
fn expressions() -> impl Strategy<Value = (BTreeSet<i8>, BTreeSet<i8>, BTreeSet<i8>)> {
    let minutes = proptest::collection::btree_set(0_i8..60, 1..4);
    let hours = prop_oneof![
        3 => proptest::collection::btree_set(0_i8..24, 1..4),
        2 => proptest::collection::btree_set(0_i8..5, 1..4),
        1 => Just((0..24).collect()),
    ];
    let weekdays = prop_oneof![
        3 => Just((0..7).collect()),
        1 => proptest::collection::btree_set(0_i8..7, 1..4),
    ];
    (minutes, hours, weekdays)
}

fn list(values: &BTreeSet<i8>) -> String {
    let values: Vec<String> = values.iter().map(i8::to_string).collect();
    values.join(",")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn point_11_ticks_around_any_change_of_any_zone_are_those_of_the_model(
        place in any::<prop::sample::Index>(),
        change in any::<prop::sample::Index>(),
        (minutes, hours, weekdays) in expressions(),
        dst in prop_oneof![Just(Dst::Once), Just(Dst::Skip), Just(Dst::Both)],
        before in 0_i64..36 * 3600,
    ) {
        let (name, zone) = place.get(&ZONES);
        let changes = changes(zone);
        let around = match changes.len() {
            0 => "2026-06-01T00:00:00Z".parse().unwrap(),
            count => changes[change.index(count)],
        };
        let span = (around - seconds(before), around + seconds(36 * 3600));
        // A list of all weekdays is not a star to cron: with it, days of the month would not count.
        let days = if weekdays.len() == 7 { "*".to_owned() } else { list(&weekdays) };
        let expression = format!("{} {} * * {days}", list(&minutes), list(&hours));
        let expected = model(zone, dst, span, |local| {
            minutes.contains(&local.minute())
                && hours.contains(&local.hour())
                && weekdays.contains(&local.date().weekday().to_sunday_zero_offset())
        });
        let found = ticks(&calendar(&expression, zone, dst), span);
        prop_assert_eq!(found, expected, "{} {} {:?}", name, expression, dst);
    }

    #[test]
    fn what_has_become_due_is_the_end_of_all_ticks(
        place in any::<prop::sample::Index>(),
        (minutes, hours, _) in expressions(),
        start in 0_i64..3_000_000_000,
        length in 0_i64..20 * 86_400,
        most in 1_u16..40,
    ) {
        let (name, _) = place.get(&ZONES);
        let expression = format!("{} {} * * *", list(&minutes), list(&hours));
        let cron = Cron::new(expression).zone(name.as_str());
        let table = Timetable::of(&Schedule::Cron(cron)).unwrap();
        let first = table.next_after(DateTime::from_timestamp(start, 0).unwrap()).unwrap();
        let now = first + chrono::TimeDelta::seconds(length);
        let all: Vec<DateTime<Utc>> =
            std::iter::successors(Some(first), |tick| table.next_after(*tick))
                .take_while(|tick| *tick <= now)
                .collect();
        let newest = |count: usize| all[all.len() - count.min(all.len())..].to_vec();
        let caught_up = table.due(first, now, Missed::CatchUp(most));
        prop_assert_eq!(&caught_up.ticks, &newest(usize::from(most)));
        prop_assert_eq!(caught_up.missed, all.len() - caught_up.ticks.len());
        prop_assert!(caught_up.next.unwrap() > now);
        prop_assert_eq!(&table.due(first, now, Missed::Once).ticks, &newest(1));
        let late = now - *all.last().unwrap() > chrono::TimeDelta::seconds(60);
        prop_assert_eq!(table.due(first, now, Missed::Skip).ticks.is_empty(), late);
    }
}

/// The local days around a zone's changes: elsewhere clocks run evenly.
fn days_around(changes: &[Timestamp], zone: &TimeZone) -> BTreeSet<civil::Date> {
    let days = changes.iter().flat_map(|change| {
        let middle = wall(zone, *change).date();
        (-1..=1).map(move |days| middle + SignedDuration::from_hours(24 * days))
    });
    days.collect()
}

#[test]
fn point_11_a_0230_job_runs_exactly_once_for_each_day_in_every_zone_and_never_goes_back() {
    // Many names share one history.
    let histories = ZONES.iter().map(|(name, zone)| {
        let changes = changes(zone);
        let shown: Vec<_> = changes.iter().map(|at| (*at, wall(zone, *at))).collect();
        (shown, (name, zone, changes))
    });
    let histories: BTreeMap<_, _> = histories.collect();
    for (name, zone, changes) in histories.into_values() {
        let calendar = calendar("30 2 * * *", zone, Dst::Once);
        for day in days_around(&changes, zone) {
            let local = day.to_datetime(civil::time(2, 30, 0, 0));
            let near = jiff::tz::Offset::UTC.to_timestamp(local).unwrap();
            let found = ticks(
                &calendar,
                (near - seconds(40 * 3600), near + seconds(40 * 3600)),
            );
            let rises = found.is_sorted_by(|one, next| one < next);
            assert!(rises, "{name} {day}: {found:?}");
            let exists = !matches!(
                zone.to_ambiguous_timestamp(local).offset(),
                AmbiguousOffset::Gap { .. }
            );
            let count = if exists {
                found.iter().filter(|at| wall(zone, **at) == local).count()
            } else {
                let jump = next_that_exists(zone, local);
                found.iter().filter(|at| **at == jump).count()
            };
            assert_eq!(count, 1, "{name} {day}: {found:?}");
        }
    }
}

fn instants(expression: &str, zone: &str, dst: Dst, from: &str, count: usize) -> Vec<String> {
    let schedule = Schedule::Cron(Cron::new(expression).zone(zone).dst(dst));
    let ticks = schedule.upcoming(from.parse().unwrap(), count).unwrap();
    let zone = jiff::tz::db().get(zone).unwrap();
    let at = |tick: &DateTime<Utc>| {
        let at = Timestamp::from_second(tick.timestamp()).unwrap();
        at.to_zoned(zone.clone())
            .strftime("%m-%d %H:%M %:z")
            .to_string()
    };
    ticks.iter().map(at).collect()
}

/// An expression, a time zone, a policy, an instant, and the ticks after that on the wall.
type Odd = (
    &'static str,
    &'static str,
    Dst,
    &'static str,
    &'static [&'static str],
);

const ODD: &[Odd] = &[
    // Half an hour back and forth.
    (
        "45 1 * * *",
        "Australia/Lord_Howe",
        Dst::Once,
        "2026-04-04T00:00:00Z",
        &["04-05 01:45 +11:00", "04-06 01:45 +10:30"],
    ),
    (
        "45 1 * * *",
        "Australia/Lord_Howe",
        Dst::Both,
        "2026-04-04T00:00:00Z",
        &[
            "04-05 01:45 +11:00",
            "04-05 01:45 +10:30",
            "04-06 01:45 +10:30",
        ],
    ),
    (
        "15 2 * * *",
        "Australia/Lord_Howe",
        Dst::Once,
        "2026-10-03T12:00:00Z",
        &["10-04 02:30 +11:00", "10-05 02:15 +11:00"],
    ),
    // A day that never was.
    (
        "30 2 * * *",
        "Pacific/Apia",
        Dst::Once,
        "2011-12-29T11:00:00Z",
        &[
            "12-29 02:30 -10:00",
            "12-31 00:00 +14:00",
            "12-31 02:30 +14:00",
        ],
    ),
    (
        "30 2 * * *",
        "Pacific/Apia",
        Dst::Skip,
        "2011-12-29T11:00:00Z",
        &["12-29 02:30 -10:00", "12-31 02:30 +14:00"],
    ),
    // Two hours at once.
    (
        "30 1,2 * * *",
        "Antarctica/Troll",
        Dst::Once,
        "2026-03-29T00:00:00Z",
        &["03-29 03:00 +02:00", "03-30 01:30 +02:00"],
    ),
    (
        "30 1 * * *",
        "Antarctica/Troll",
        Dst::Both,
        "2026-10-24T12:00:00Z",
        &[
            "10-25 01:30 +02:00",
            "10-25 01:30 +00:00",
            "10-26 01:30 +00:00",
        ],
    ),
    // Midnight is missing.
    (
        "0 0 * * *",
        "America/Sao_Paulo",
        Dst::Once,
        "2018-11-03T12:00:00Z",
        &["11-04 01:00 -02:00", "11-05 00:00 -02:00"],
    ),
    (
        "0 0 * * *",
        "Asia/Beirut",
        Dst::Skip,
        "2026-03-28T12:00:00Z",
        &["03-30 00:00 +03:00", "03-31 00:00 +03:00"],
    ),
    // Clocks go back for a month, and forth again.
    (
        "30 2 * * *",
        "Africa/Casablanca",
        Dst::Once,
        "2026-02-14T12:00:00Z",
        &["02-15 02:30 +01:00", "02-16 02:30 +00:00"],
    ),
    (
        "30 2 * * *",
        "Africa/Casablanca",
        Dst::Once,
        "2026-03-21T12:00:00Z",
        &["03-22 03:00 +01:00", "03-23 02:30 +01:00"],
    ),
    // Who names no hour goes by the hours that pass.
    (
        "*/30 * * * *",
        "Europe/Berlin",
        Dst::Auto,
        "2026-10-25T00:00:00Z",
        &[
            "10-25 02:30 +02:00",
            "10-25 02:00 +01:00",
            "10-25 02:30 +01:00",
            "10-25 03:00 +01:00",
        ],
    ),
    (
        "*/30 * * * *",
        "Europe/Berlin",
        Dst::Auto,
        "2026-03-29T00:30:00Z",
        &["03-29 03:00 +02:00", "03-29 03:30 +02:00"],
    ),
    (
        "30 2 * * *",
        "Europe/Berlin",
        Dst::Auto,
        "2026-10-24T12:00:00Z",
        &["10-25 02:30 +02:00", "10-26 02:30 +01:00"],
    ),
];

#[test]
fn point_11_the_odd_changes_of_clocks_come_out_as_people_there_would_say() {
    for (expression, zone, dst, from, expected) in ODD {
        let found = instants(expression, zone, *dst, from, expected.len());
        assert_eq!(found, *expected, "{expression} {zone} {dst:?}");
    }
}

#[test]
fn a_year_of_seconds_that_nobody_ran_is_caught_up_at_once() {
    let table = Timetable::of(&Schedule::Cron(Cron::new("* * * * * *"))).unwrap();
    let first: DateTime<Utc> = "2025-01-01T00:00:00Z".parse().unwrap();
    let now: DateTime<Utc> = "2026-01-01T00:00:00.5Z".parse().unwrap();
    let due = table.due(first, now, Missed::CatchUp(1000));
    assert_eq!(due.ticks.len(), 1000);
    assert_eq!(due.ticks.last().unwrap().timestamp(), now.timestamp());
    assert_eq!(due.next.unwrap().timestamp(), now.timestamp() + 1);
}

#[test]
fn intervals_lie_at_multiples_since_the_epoch() {
    let table = Timetable::of(&Schedule::Every(std::time::Duration::from_millis(300))).unwrap();
    let next = |at: i64| table.next_after(DateTime::from_timestamp_millis(at).unwrap());
    let at = |at: i64| DateTime::from_timestamp_millis(at);
    assert_eq!((next(0), next(299), next(300)), (at(300), at(300), at(600)));
}

#[test]
fn time_zones_that_do_not_exist_are_refused_with_the_name_that_was_meant() {
    for (zone, hint) in [
        ("Berlin", "write Europe/Berlin"),
        ("new york", "write America/New_York"),
        ("+02:00", "a name of the IANA database"),
        ("", "a name of the IANA database"),
    ] {
        let refused = Schedule::Cron(Cron::new("@daily").zone(zone)).check();
        let says = refused.unwrap_err().to_string();
        assert!(says.contains(hint), "{zone}: {says}");
    }
}
