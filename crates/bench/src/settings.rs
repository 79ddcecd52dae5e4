//! What is measured, and how long.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use humantime::parse_duration;
use secrecy::SecretString;

/// Settings of `stevedore bench queue`.
#[derive(Args, Debug)]
#[command(after_help = "\
By default on a private PostgreSQL with the durability of a real one (fsync and synchronous_commit \
on). The verdicts are ratios to the bare statements, run by pgbench in the same minutes: figures \
of different machines or different days do not compare.

Examples:
  stevedore bench queue --quick                     a first look, about a minute
  stevedore bench queue --only drain,pickup
  stevedore bench queue --only held --held-for 10m
  stevedore bench queue --only history --history 10000000
  stevedore bench queue --json | tail -1 | jq .drain_per_s")]
pub struct QueueSettings {
    /// What to measure [default: all]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SECTIONS")]
    pub only: Vec<Section>,

    /// Smaller and shorter: one round, a fifth of the jobs
    #[arg(long)]
    pub quick: bool,

    /// Rounds of each measurement, after a warm-up [default: 3; with --quick: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: Option<u32>,

    /// Jobs in a drain [default: 100000; with --quick: 20000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    pub jobs: Option<u64>,

    /// Most jobs that one claim of a drain takes
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub batch: usize,

    /// Jobs per second of the sustained sections
    #[arg(long, value_name = "N", default_value_t = 800,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: u32,

    /// How long a rate is sustained [default: 15s; with --quick: 4s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub sustain: Option<Duration>,

    /// How long a transaction is held open in the section `held` [default: 30s; quick: 6s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub held_for: Option<Duration>,

    /// Finished jobs behind in the section `history` [default: 500000; with --quick: 100000]
    #[arg(long, value_name = "N")]
    pub history: Option<u64>,

    /// How long the section `idle` watches ten workers [default: 60s; with --quick: 15s]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub idle_for: Option<Duration>,

    /// Measure other queues beside ours: a folder with a script `run`, see docs/performance.md
    #[arg(long, value_name = "DIR", value_parser = parse_peers)]
    pub peers: Option<PathBuf>,

    /// Print the result as one JSON object, the last line on stdout
    #[arg(long)]
    pub json: bool,

    /// Print the result as a Markdown table
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,

    /// Use this database instead of a private server; its queue must be empty and unused
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
}

/// One thing to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// One by one, in batches, from a trigger
    Enqueue,
    /// Single enqueues over HTTP by 16 clients
    Http,
    /// No-op jobs: claimed, run, completed
    Drain,
    /// From commit to the handler's start, on an idle fleet
    Pickup,
    /// The same at a steady rate
    Sustained,
    /// The same while a transaction holds an old snapshot
    Held,
    /// A drain with millions of finished jobs behind
    History,
    /// A drain with group keys
    Groups,
    /// A drain by processes that count what they do, and by turns by others that do not
    Metrics,
    /// What ten workers ask of the database when there is nothing to do
    Idle,
    /// Other queues
    Peers,
}

impl QueueSettings {
    /// Whether to measure this.
    pub fn wants(&self, section: Section) -> bool {
        match section {
            Section::Peers => self.peers.is_some(),
            _ => self.only.is_empty() || self.only.contains(&section),
        }
    }

    /// How often each thing is measured.
    pub fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 1 } else { 3 })
    }

    /// How many jobs are drained.
    pub fn jobs(&self) -> u64 {
        self.jobs
            .unwrap_or(if self.quick { 20_000 } else { 100_000 })
    }

    /// How long a rate is sustained.
    pub fn sustain(&self) -> Duration {
        self.seconds(self.sustain, 15, 4)
    }

    /// How long a transaction is held.
    pub fn held_for(&self) -> Duration {
        self.seconds(self.held_for, 30, 6)
    }

    /// How long an idle fleet is watched.
    pub fn idle_for(&self) -> Duration {
        self.seconds(self.idle_for, 60, 15)
    }

    /// How many finished jobs lie behind.
    pub fn history(&self) -> u64 {
        self.history
            .unwrap_or(if self.quick { 100_000 } else { 500_000 })
    }

    fn seconds(&self, given: Option<Duration>, usual: u64, quick: u64) -> Duration {
        given.unwrap_or(Duration::from_secs(if self.quick { quick } else { usual }))
    }
}

/// The whole path: the folder's script runs in it, where a relative one would lead elsewhere.
fn parse_peers(given: &str) -> Result<PathBuf, String> {
    let folder = PathBuf::from(given)
        .canonicalize()
        .map_err(|error| error.to_string())?;
    if !folder.join("run").is_file() {
        return Err("it has no script `run`".to_owned());
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_found_from_where_one_stands_and_missed_before_anything_is_measured() {
        assert!(parse_peers("peers").unwrap().is_absolute());
        assert_eq!(parse_peers("src").unwrap_err(), "it has no script `run`");
        assert!(parse_peers("nowhere").is_err());
    }
}
