//! One file for each thing that is measured.

mod ceiling;
pub mod drain;
pub mod enqueue;
pub mod groups;
pub mod held;
pub mod history;
pub mod http;
pub mod idle;
mod latency;
pub mod metrics;
pub mod peers;
pub mod pickup;
pub mod sustained;
