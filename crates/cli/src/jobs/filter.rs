//! Which jobs a command is about.

use chrono::{DateTime, Utc};
use clap::Args;
use stevedore_queue::{JobFilter, JobState};

/// A moment on the command line: so long ago, or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Ago(std::time::Duration),
    At(DateTime<Utc>),
}

impl When {
    /// The moment, as seen at `now`.
    fn at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            When::At(moment) => moment,
            When::Ago(ago) => chrono::Duration::from_std(ago)
                .ok()
                .and_then(|ago| now.checked_sub_signed(ago))
                .unwrap_or(DateTime::<Utc>::MIN_UTC),
        }
    }
}

fn when(text: &str) -> Result<When, String> {
    if let Ok(ago) = humantime::parse_duration(text) {
        return Ok(When::Ago(ago));
    }
    DateTime::parse_from_rfc3339(text)
        .map(|moment| When::At(moment.to_utc()))
        .map_err(|_| "write `2h` (ago) or a time such as 2030-01-01T08:00:00Z".to_owned())
}

fn json(text: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))
}

/// Each filter narrows the jobs down; a job must fit all that are given.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Which jobs")]
pub struct FilterArgs {
    /// scheduled, waiting, blocked, ready, running, completed, cancelled, discarded, dead; several
    /// with commas
    #[arg(long = "state", value_name = "STATE", value_delimiter = ',')]
    states: Vec<JobState>,
    /// In this queue
    #[arg(long)]
    queue: Option<String>,
    /// Of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Of this group
    #[arg(long, value_name = "GROUP_KEY")]
    group: Option<String>,
    /// With this unique key
    #[arg(long, value_name = "UNIQUE_KEY")]
    key: Option<String>,
    /// Whose last error holds this text, in upper or lower case
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,
    /// Run, now or last, by the worker of this name
    #[arg(long, value_name = "NAME")]
    worker: Option<String>,
    /// Whose arguments contain this JSON, such as '{"order_id": 7}'
    #[arg(long, value_name = "JSON", value_parser = json)]
    args: Option<serde_json::Value>,
    /// Enqueued before: `2h` (ago) or 2030-01-01T08:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = when)]
    before: Option<When>,
    /// Enqueued then or later
    #[arg(long, value_name = "WHEN", value_parser = when)]
    after: Option<When>,
    /// Finished or died before
    #[arg(long, value_name = "WHEN", value_parser = when)]
    ended_before: Option<When>,
    /// Finished or died then or later
    #[arg(long, value_name = "WHEN", value_parser = when)]
    ended_after: Option<When>,
    /// Only ids from this one on
    #[arg(long, value_name = "ID")]
    from_id: Option<i64>,
    /// Only ids up to this one
    #[arg(long, value_name = "ID")]
    to_id: Option<i64>,
}

impl FilterArgs {
    /// The filter, as seen at the database's `now`.
    pub fn at(&self, now: DateTime<Utc>) -> JobFilter {
        let at = |when: Option<When>| when.map(|when| when.at(now));
        JobFilter {
            states: self.states.clone(),
            queue: self.queue.clone(),
            kind: self.kind.clone(),
            group_key: self.group.clone(),
            unique_key: self.key.clone(),
            error: self.error.clone(),
            worker: self.worker.clone(),
            args: self.args.clone(),
            from_id: self.from_id,
            to_id: self.to_id,
            created_before: at(self.before),
            created_after: at(self.after),
            ended_before: at(self.ended_before),
            ended_after: at(self.ended_after),
            ..JobFilter::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_so_long_ago_or_a_time() {
        let now = DateTime::parse_from_rfc3339("2030-01-02T00:00:00Z").map(|at| at.to_utc());
        let now = now.expect("a time");
        let at = |text| when(text).map(|when| when.at(now).to_rfc3339());
        assert_eq!(at("1day"), Ok("2030-01-01T00:00:00+00:00".to_owned()));
        let told = at("2029-12-31T01:00:00+01:00");
        assert_eq!(told, Ok("2029-12-31T00:00:00+00:00".to_owned()));
        assert!(at("yesterday").is_err());
    }
}
