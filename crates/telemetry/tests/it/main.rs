//! What telemetry shows to the outside: its three paths, the page about its metrics,
//! and the dashboards and alerts that read them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that can't go on fails, and that is all it can do"
)]

mod admin;
mod catalogue;
mod database;
mod docs;
mod observability;
