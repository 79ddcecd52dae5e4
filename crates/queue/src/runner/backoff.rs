//! Waits between tries at a database that does not answer.

use std::time::Duration;

/// Doubling waits, from 50 ms to five seconds.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

const WAIT_FIRST: Duration = Duration::from_millis(50);
const WAIT_MAX: Duration = Duration::from_secs(5);

impl Default for Backoff {
    fn default() -> Self {
        Backoff { next: WAIT_FIRST }
    }
}

impl Backoff {
    /// The wait before the next try.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(WAIT_MAX);
        wait
    }

    /// Waits before the next try.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next()).await;
    }

    /// A try succeeded: the next wait is a short one again.
    pub(crate) fn reset(&mut self) {
        self.next = WAIT_FIRST;
    }
}
