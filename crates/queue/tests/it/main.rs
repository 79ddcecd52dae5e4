//! The queue's promises, each on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod children;
mod data;
mod dead_workers;
mod enqueue;
mod explain;
mod fleet;
mod groups;
mod idle;
mod leases;
mod limits;
mod outage;
mod outcomes;
mod people;
mod people_bulk;
mod plain;
mod plans;
mod properties;
mod reports;
mod rolling_upgrade;
mod schedules;
mod schedules_people;
mod shutdown;
mod silence;
mod support;
mod testing;
mod unique;
mod waits;
mod watch;
mod workflows;
