//! A job in the hands of a worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::value::RawValue;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::context::LeaseLost;

/// One registration of a worker process. A process that was declared dead begins a new one, so
/// that nothing of the old one can be mistaken for its own.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) worker_id: i64,
    /// Raised when the handlers of this registration must be dropped.
    pub(crate) stop: CancellationToken,
    /// Whether that is because the leases were lost, rather than a shutdown.
    lost: AtomicBool,
}

impl Registration {
    pub(crate) fn new(worker_id: i64) -> Arc<Self> {
        Arc::new(Registration {
            worker_id,
            stop: CancellationToken::new(),
            lost: AtomicBool::new(false),
        })
    }

    /// The database no longer counts this registration: drop its handlers.
    pub(crate) fn lose(&self) {
        self.lost.store(true, Ordering::Release);
        self.stop.cancel();
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }
}

/// A claimed job: its row, its lease, and the strings that its worker can pull.
#[derive(Debug)]
pub struct ClaimedJob {
    pub(crate) job_id: i64,
    /// The fencing token, together with `job_id` and `worker_id`.
    pub(crate) attempt: i32,
    pub(crate) forgiven: i32,
    pub(crate) max_attempts: i16,
    pub(crate) worker_id: i64,
    pub(crate) queue: String,
    pub(crate) kind: String,
    pub(crate) args: Box<RawValue>,
    pub(crate) group_key: Option<String>,
    pub(crate) trace_context: Option<String>,
    pub(crate) registration: Arc<Registration>,
    pub(crate) cancel: CancellationToken,
    /// Its place among the jobs that the worker runs at once; freed when the job is let go.
    pub(crate) _slot: OwnedSemaphorePermit,
}

impl ClaimedJob {
    /// Attempts that count, this one included.
    pub(crate) fn counted_attempt(&self) -> u32 {
        u32::try_from(self.attempt - self.forgiven)
            .unwrap_or(1)
            .max(1)
    }

    /// That its lease was lost.
    pub(crate) fn lost(&self) -> LeaseLost {
        LeaseLost {
            job_id: self.job_id,
            attempt: self.attempt,
        }
    }

    /// The 32 hexadecimal digits of its W3C trace id, or nothing.
    pub(crate) fn trace_id(&self) -> Option<&str> {
        let mut parts = self.trace_context.as_deref()?.split('-');
        parts.nth(1).filter(|trace_id| trace_id.len() == 32)
    }
}
