//! The test kit tests itself, and the order of the house.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod databases;
mod plans;
mod rooms;
mod schema;
mod sql_files;
mod texts;
mod tree;
