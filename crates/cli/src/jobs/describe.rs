//! What there is: queues, kinds, workers.

use std::collections::BTreeMap;

use clap::Args;
use sqlx::PgPool;
use stevedore_queue::{KindDescriptor, KindView, QueueView, WorkerView};

use super::screen::{Screen, rate, short_time};
use super::table::Table;

/// Which workers.
#[derive(Args)]
pub struct Workers {
    /// Also those that stopped or died
    #[arg(long)]
    all: bool,
}

/// `jobs queues`.
pub async fn queues(pool: &PgPool, screen: Screen) -> anyhow::Result<u8> {
    let queues = stevedore_queue::queues(pool).await?;
    if screen.json {
        screen.document(&queues)?;
        return Ok(0);
    }
    if queues.is_empty() {
        screen.line("there is no queue yet: one is made by the first job in it");
        return Ok(0);
    }
    let head = [
        "QUEUE", "READY", "BLOCKED", "LATER", "RUN", "DEAD", "OLDEST", "DONE/M", "FAIL", "DRAINED",
        "WORKERS", "NOTE",
    ];
    let mut table = Table::new(&head).right(&head[1..11]);
    for queue in queues {
        let note = queue_note(&queue);
        let drained = queue.drained_in_seconds.map(short_time);
        table.row([
            queue.queue,
            jobs(&queue.jobs, &["ready"]),
            jobs(&queue.jobs, &["blocked"]),
            jobs(&queue.jobs, &["scheduled", "waiting"]),
            jobs(&queue.jobs, &["running"]),
            jobs(&queue.jobs, &["dead"]),
            queue
                .oldest_ready_seconds
                .map(short_time)
                .unwrap_or_default(),
            rate(queue.completed_per_minute),
            share(queue.failure_share),
            drained.unwrap_or_else(|| "?".to_owned()),
            queue.workers.to_string(),
            note,
        ]);
    }
    screen.table(&table);
    Ok(0)
}

fn queue_note(queue: &QueueView) -> String {
    let mut notes = Vec::new();
    notes.extend(queue.paused.then(|| "paused".to_owned()));
    notes.extend(limits(queue.limits.as_ref()));
    notes.extend(
        queue
            .max_wait_ms
            .map(|wait| format!("refuses at {}", short_time(wait as f64 / 1000.0))),
    );
    notes.extend(
        queue
            .max_waiting
            .map(|jobs| format!("refuses at {jobs} jobs")),
    );
    notes.join(", ")
}

/// `jobs kinds`.
pub async fn kinds(pool: &PgPool, screen: Screen) -> anyhow::Result<u8> {
    let kinds = stevedore_queue::kinds(pool).await?;
    if screen.json {
        screen.document(&kinds)?;
        return Ok(0);
    }
    if kinds.is_empty() {
        screen.line("no kind is known: no worker has started here, and nothing was enqueued");
        return Ok(0);
    }
    let head = [
        "KIND", "QUEUE", "WAIT", "RUN", "DEAD", "DONE/M", "FAIL", "TRIES", "TIMEOUT", "WORKERS",
        "NOTE",
    ];
    let mut table = Table::new(&head).right(&head[2..10]);
    for kind in kinds {
        let note = kind_note(&kind);
        let told: KindDescriptor = serde_json::from_value(kind.descriptor).unwrap_or_default();
        let timeout = told.timeout_ms.map(|wait| short_time(wait as f64 / 1000.0));
        table.row([
            kind.kind,
            told.queue.unwrap_or_default(),
            jobs(&kind.jobs, &["scheduled", "waiting", "blocked", "ready"]),
            jobs(&kind.jobs, &["running"]),
            jobs(&kind.jobs, &["dead"]),
            rate(kind.completed_per_minute),
            share(kind.failure_share),
            told.max_attempts
                .map_or(String::new(), |max| max.to_string()),
            timeout.unwrap_or_default(),
            kind.workers.to_string(),
            note,
        ]);
    }
    screen.table(&table);
    Ok(0)
}

fn kind_note(kind: &KindView) -> String {
    let mut notes = Vec::new();
    if kind.is_orphaned() {
        notes.push("no live worker knows it: its jobs wait".to_owned());
    }
    notes.extend(kind.paused.then(|| "paused".to_owned()));
    notes.extend(limits(kind.limits.as_ref()));
    let text = |field: &str| kind.descriptor[field].as_str().map(str::to_owned);
    notes.extend(text("schedule"));
    notes.extend(text("description"));
    notes.join(", ")
}

/// `jobs workers`.
pub async fn workers(pool: &PgPool, screen: Screen, which: &Workers) -> anyhow::Result<u8> {
    let workers = stevedore_queue::workers(pool, which.all).await?;
    if screen.json {
        screen.document(&workers)?;
        return Ok(0);
    }
    if workers.is_empty() {
        screen.line("no worker is alive; `stevedore worker` starts one");
        return Ok(0);
    }
    let head = [
        "ID", "NAME", "STATE", "RUN", "SLOTS", "BEAT", "UP", "VERSION", "QUEUES", "KINDS",
    ];
    let mut table = Table::new(&head).right(&["ID", "RUN", "SLOTS", "BEAT", "UP", "KINDS"]);
    for worker in workers {
        let up = up(&worker);
        table.row([
            worker.worker_id.to_string(),
            worker.name,
            worker.state,
            worker.running.to_string(),
            worker.concurrency.to_string(),
            short_time(worker.silent_seconds),
            up,
            worker.version,
            worker.queues.join(","),
            worker.kinds.len().to_string(),
        ]);
    }
    screen.table(&table);
    Ok(0)
}

fn up(worker: &WorkerView) -> String {
    let until = worker.stopped_at.unwrap_or(worker.heartbeat_at);
    short_time((until - worker.started_at).as_seconds_f64())
}

fn jobs(counts: &BTreeMap<String, i64>, states: &[&str]) -> String {
    let sum: i64 = states.iter().filter_map(|state| counts.get(*state)).sum();
    sum.to_string()
}

fn share(share: Option<f64>) -> String {
    share.map_or(String::new(), |share| format!("{:.0}%", share * 100.0))
}

fn limits(limits: Option<&serde_json::Value>) -> Vec<String> {
    let Some(limits) = limits else {
        return Vec::new();
    };
    let mut notes = Vec::new();
    notes.extend(
        limits["max_running"]
            .as_i64()
            .map(|most| format!("{most} at once")),
    );
    notes.extend(
        limits["per_second"]
            .as_f64()
            .map(|most| format!("{most}/s")),
    );
    notes
}
