//! Waiting for a condition instead of for a time.

use std::time::{Duration, Instant};

/// How long [`wait_for`] tries. Far above what anything takes on a loaded machine: it only decides
/// how long a failing test takes.
pub const WAIT_DEADLINE: Duration = Duration::from_secs(60);

const POLL_DELAY: Duration = Duration::from_millis(10);

/// Asks `probe` every 10 ms until it has an answer.
///
/// Not for tests with paused time: the pause between two questions passes at once there.
///
/// # Panics
/// With `what` after [`WAIT_DEADLINE`].
pub async fn wait_for<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = probe().await {
            return answer;
        }
        assert!(
            start.elapsed() < WAIT_DEADLINE,
            "waited {WAIT_DEADLINE:?} in vain for {what}"
        );
        tokio::time::sleep(POLL_DELAY).await;
    }
}
