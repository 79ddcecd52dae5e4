//! The queue's promises, each on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod data;
mod enqueue;
mod fleet;
mod groups;
mod leases;
mod outage;
mod outcomes;
mod people;
mod plans;
mod properties;
mod schedules;
mod schedules_people;
mod shutdown;
mod support;
mod unique;
mod waits;
mod workflows;
