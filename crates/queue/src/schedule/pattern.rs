//! A cron expression on a calendar without time zones. The library reads the expression and knows
//! its days; what is searched, and how, is here.

use croner::parser::{CronParser, Seconds, Year};
use croner::{CronPattern, Weekday};
use jiff::civil::{Date, DateTime, Time};

use super::ScheduleError;

/// How far ahead a day is looked for: leap days on a given weekday come every 40 years at least.
const SEARCH_YEARS: i16 = 100;
const SHAPE: &str = "write five fields (minute, hour, day of the month, month, day of the week) \
    or six (with seconds first), as in \"30 2 * * MON-FRI\", or one of @yearly, @monthly, \
    @weekly, @daily, @hourly";

/// What an expression says.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    days: CronPattern,
    hours: Vec<i8>,
    minutes: Vec<i8>,
    seconds: Vec<i8>,
}

impl Pattern {
    pub(super) fn parse(expression: &str) -> Result<Self, ScheduleError> {
        let fields = spelled_out(expression)
            .and_then(|fields| check_fields(&fields).map(|()| fields))
            .map_err(|problem| ScheduleError::Expression {
                expression: expression.to_owned(),
                problem,
            })?;
        let days = read(&fields).map_err(|problem| ScheduleError::Expression {
            expression: expression.to_owned(),
            problem,
        })?;
        let values = |component: &croner::CronComponent| {
            let values = component.values().into_iter();
            values
                .filter_map(|value| i8::try_from(value).ok())
                .collect()
        };
        let pattern = Pattern {
            hours: values(&days.hours),
            minutes: values(&days.minutes),
            seconds: values(&days.seconds),
            days,
        };
        // The four centuries of the calendar are all alike: what does not come from here on …
        let start = Date::constant(2000, 1, 1).to_datetime(Time::midnight());
        match pattern.next_from(start) {
            Some(_) => Ok(pattern),
            None => Err(ScheduleError::Never(expression.to_owned())),
        }
    }

    /// Whether the expression names hours: then an hour that comes twice matters to it.
    pub(super) fn names_hours(&self) -> bool {
        self.hours.len() < 24
    }

    pub(super) fn describe(&self) -> String {
        self.days.describe()
    }

    /// The first time that matches, not before `from`.
    pub(super) fn next_from(&self, from: DateTime) -> Option<DateTime> {
        let mut date = from.date();
        let last = date.year().checked_add(SEARCH_YEARS)?;
        let mut time = from.time();
        if time.subsec_nanosecond() > 0 {
            let second = from.checked_add(jiff::SignedDuration::from_secs(1)).ok()?;
            date = second.date();
            time = second.time().with().subsec_nanosecond(0).build().ok()?;
        }
        while date.year() <= last {
            if !self.days.month_match(unsigned(date.month())).ok()? {
                date = date.last_of_month().tomorrow().ok()?;
                time = Time::midnight();
                continue;
            }
            if self.day_matches(date)
                && let Some(time) = self.time_from(time)
            {
                return Some(date.to_datetime(time));
            }
            date = date.tomorrow().ok()?;
            time = Time::midnight();
        }
        None
    }

    fn day_matches(&self, date: Date) -> bool {
        let weekday = Weekday::from_days_from_sunday(u32::from(
            date.weekday().to_sunday_zero_offset().unsigned_abs(),
        ));
        let (year, month, day) = (date.year(), unsigned(date.month()), unsigned(date.day()));
        self.days
            .day_match(i32::from(year), month, day, weekday)
            .unwrap_or(false)
    }

    /// The first matching time of a day, not before `from`.
    fn time_from(&self, from: Time) -> Option<Time> {
        let first = |values: &[i8]| values.first().copied();
        let since = |values: &[i8], least: i8| values.iter().copied().find(|value| *value >= least);
        let hour = since(&self.hours, from.hour())?;
        if hour > from.hour() {
            return Time::new(hour, first(&self.minutes)?, first(&self.seconds)?, 0).ok();
        }
        if let Some(minute) = since(&self.minutes, from.minute()) {
            if minute > from.minute() {
                return Time::new(hour, minute, first(&self.seconds)?, 0).ok();
            }
            if let Some(second) = since(&self.seconds, from.second()) {
                return Time::new(hour, minute, second, 0).ok();
            }
            if let Some(minute) = since(&self.minutes, from.minute() + 1) {
                return Time::new(hour, minute, first(&self.seconds)?, 0).ok();
            }
        }
        let hour = since(&self.hours, from.hour() + 1)?;
        Time::new(hour, first(&self.minutes)?, first(&self.seconds)?, 0).ok()
    }
}

fn unsigned(part: i8) -> u32 {
    u32::from(part.unsigned_abs())
}

/// The six fields of an expression, in upper case.
fn spelled_out(expression: &str) -> Result<Vec<String>, String> {
    let text = expression.trim().to_ascii_uppercase();
    let text = match text.as_str() {
        "" => return Err(format!("it is empty; {SHAPE}")),
        "@YEARLY" | "@ANNUALLY" => "0 0 1 1 *",
        "@MONTHLY" => "0 0 1 * *",
        "@WEEKLY" => "0 0 * * 0",
        "@DAILY" | "@MIDNIGHT" => "0 0 * * *",
        "@HOURLY" => "0 * * * *",
        "@REBOOT" => return Err(format!("a fleet has no boot to run at; {SHAPE}")),
        other if other.starts_with('@') => return Err(format!("there is no such name; {SHAPE}")),
        other => other,
    };
    let mut fields: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    match fields.len() {
        5 => fields.insert(0, "0".to_owned()),
        6 => {}
        count => return Err(format!("it has {count} fields; {SHAPE}")),
    }
    Ok(fields)
}

/// The fields by name, with their values.
const FIELDS: [(&str, &str); 6] = [
    ("second", "0 to 59"),
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31, L or 15W"),
    ("month", "1 to 12 or JAN to DEC"),
    (
        "day of the week",
        "0 (Sunday) to 7 (Sunday again), SUN to SAT, 5L or MON#2",
    ),
];
/// Places of the fields with letters of their own.
const DAY: usize = 3;
const MONTH: usize = 4;
const WEEKDAY: usize = 5;

/// Reads each field by itself, so that the message names the one that is wrong.
fn check_fields(fields: &[String]) -> Result<(), String> {
    for (place, field) in fields.iter().enumerate() {
        let mut alone = vec!["*".to_owned(); fields.len()];
        alone[place].clone_from(field);
        let has_letters = field.chars().any(char::is_alphabetic);
        let is_fine = !field.split(',').any(str::is_empty)
            && (!has_letters || matches!(place, DAY | MONTH | WEEKDAY))
            && read(&alone).is_ok();
        if !is_fine {
            let (name, values) = FIELDS[place];
            return Err(format!(
                "\"{field}\" is no {name}; write * or values from {values}, a range such as 2-5, \
                 a step such as */2, or a list such as 2,4-6"
            ));
        }
    }
    Ok(())
}

fn read(fields: &[String]) -> Result<CronPattern, String> {
    let parser = CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Disallowed)
        .build();
    let cron = parser.parse(&fields.join(" "));
    cron.map(|cron| cron.pattern)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(expression: &str, from: &str, count: usize) -> Vec<String> {
        let pattern = Pattern::parse(expression).unwrap();
        let mut from: DateTime = from.parse().unwrap();
        let mut found = Vec::new();
        while found.len() < count {
            let Some(tick) = pattern.next_from(from) else {
                break;
            };
            found.push(tick.to_string());
            from = tick + jiff::SignedDuration::from_secs(1);
        }
        found
    }

    #[test]
    fn expressions_mean_what_crontab_says() {
        let from = "2026-01-30T23:59:59.5";
        for (expression, expected) in [
            ("30 2 * * *", ["2026-01-31T02:30:00", "2026-02-01T02:30:00"]),
            (
                "*/20 9-10 * * mon-fri",
                ["2026-02-02T09:00:00", "2026-02-02T09:20:00"],
            ),
            (
                "0 0 29 FEB *",
                ["2028-02-29T00:00:00", "2032-02-29T00:00:00"],
            ),
            (
                "0 0 13 * FRI",
                ["2026-02-06T00:00:00", "2026-02-13T00:00:00"],
            ),
            (
                "0 0 13 * +FRI",
                ["2026-02-13T00:00:00", "2026-03-13T00:00:00"],
            ),
            (
                "15,45 * * * * *",
                ["2026-01-31T00:00:15", "2026-01-31T00:00:45"],
            ),
            ("0 12 L * *", ["2026-01-31T12:00:00", "2026-02-28T12:00:00"]),
            (
                "0 12 * * MON#2",
                ["2026-02-09T12:00:00", "2026-03-09T12:00:00"],
            ),
            ("0 12 * * 7", ["2026-02-01T12:00:00", "2026-02-08T12:00:00"]),
            ("@monthly", ["2026-02-01T00:00:00", "2026-03-01T00:00:00"]),
            ("@weekly", ["2026-02-01T00:00:00", "2026-02-08T00:00:00"]),
            ("@hourly", ["2026-01-31T00:00:00", "2026-01-31T01:00:00"]),
        ] {
            assert_eq!(ticks(expression, from, 2), expected, "{expression}");
        }
    }

    #[test]
    fn bad_expressions_are_refused_with_what_is_wrong_and_what_to_write() {
        for (expression, says) in [
            ("", "it is empty; write five fields"),
            ("* * *", "it has 3 fields; write five fields"),
            ("0 0 1 1 * 2026 7", "it has 7 fields"),
            (
                "61 * * * *",
                "\"61\" is no minute; write * or values from 0 to 59",
            ),
            (
                "0 24 * * *",
                "\"24\" is no hour; write * or values from 0 to 23",
            ),
            ("0 22-2 * * *", "\"22-2\" is no hour"),
            ("0 MON * * *", "\"MON\" is no hour"),
            ("0 0 0 * *", "\"0\" is no day of the month"),
            ("0 0 * FOO *", "\"FOO\" is no month"),
            ("0 0 * * FRIDAYS", "is no day of the week"),
            ("0 0 * * 8", "\"8\" is no day of the week"),
            ("*/0 * * * *", "\"*/0\" is no minute"),
            ("1,,2 * * * *", "\"1,,2\" is no minute"),
            ("@reboot", "a fleet has no boot to run at"),
            ("@fortnightly", "there is no such name"),
            ("0 0 30 2 *", "never comes"),
            ("0 0 31 4,6,9,11 *", "never comes"),
        ] {
            let error = Pattern::parse(expression).unwrap_err().to_string();
            assert!(error.contains(says), "{expression}: {error}");
        }
    }
}
