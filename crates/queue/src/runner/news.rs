//! What a worker hears about schedules between two looks at their table.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

/// Ticks that may wait to be taken note of; beyond, the table is read instead.
const TICKS_MAX: usize = 1000;

/// News of schedules, from the listener to the scheduler.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// There is some.
    pub(crate) wake: Notify,
    heard: Mutex<Heard>,
}

/// What was heard.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Definitions may have changed: read the table.
    pub(crate) reload: bool,
    /// Another worker moved these on.
    pub(crate) ticks: Vec<Tick>,
}

/// Another worker moved a schedule on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub(crate) schedule: String,
    pub(crate) revision: i64,
    pub(crate) next: Option<DateTime<Utc>>,
}

impl News {
    /// Takes note of a notification: `@tick <revision> <next in ms> <schedule>` or
    /// `@schedules <kind>`. Others are not for us.
    pub(crate) fn hear(&self, payload: &str, kinds: &[String]) {
        if let Some(kind) = payload.strip_prefix("@schedules ") {
            if kinds.iter().any(|ours| ours == kind) {
                self.reload();
            }
        } else if let Some(tick) = payload.strip_prefix("@tick ").and_then(Tick::read) {
            let mut heard = self.heard();
            if heard.ticks.len() < TICKS_MAX {
                heard.ticks.push(tick);
            } else {
                heard.reload = true;
            }
            drop(heard);
            self.wake.notify_one();
        }
    }

    /// Notifications may have been missed, or definitions have changed.
    pub(crate) fn reload(&self) {
        self.heard().reload = true;
        self.wake.notify_one();
    }

    /// All that was heard since the last call.
    pub(crate) fn take(&self) -> Heard {
        std::mem::take(&mut *self.heard())
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        // Each change of it is one push or assignment: a panic cannot have left it half done.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tick {
    fn read(text: &str) -> Option<Self> {
        let mut words = text.splitn(3, ' ');
        let revision = words.next()?.parse().ok()?;
        let next = match words.next()? {
            "never" => None,
            ms => Some(DateTime::from_timestamp_millis(ms.parse().ok()?)?),
        };
        Some(Tick {
            revision,
            next,
            schedule: words.next()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_and_changes_are_told_apart_and_nonsense_is_left() {
        let news = News::default();
        let kinds = ["mine".to_owned()];
        for nonsense in [
            "@",
            "@tick",
            "@tick 1",
            "@tick 1 x y",
            "@schedules theirs",
            "default",
        ] {
            news.hear(nonsense, &kinds);
        }
        let heard = news.take();
        assert!(!heard.reload && heard.ticks.is_empty());
        news.hear("@tick 3 60000 report:1", &kinds);
        news.hear("@schedules mine", &kinds);
        let heard = news.take();
        let tick = Tick {
            schedule: "report:1".to_owned(),
            revision: 3,
            next: DateTime::from_timestamp_millis(60_000),
        };
        assert!(heard.reload && heard.ticks == [tick]);
    }
}
