//! Ctrl-C and SIGTERM: the first asks for a graceful stop, the second ends the process at once.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit code of a process that was told twice to stop: 128 + SIGINT, as shells count.
const EXIT_CODE_INTERRUPTED: i32 = 130;

/// A token that is cancelled by the first SIGINT or SIGTERM.
pub fn on_signal() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if stop.is_cancelled() {
                tracing::warn!("second signal: ending at once");
                std::process::exit(EXIT_CODE_INTERRUPTED);
            }
            tracing::info!("stopping; a second signal ends at once");
            stop.cancel();
        }
    });
    Ok(token)
}
