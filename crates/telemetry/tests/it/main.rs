//! What telemetry shows to the outside: its three paths, and the page about its metrics.

#![expect(
    clippy::unwrap_used,
    reason = "a test that can't go on fails, and that is all it can do"
)]

mod admin;
mod catalogue;
