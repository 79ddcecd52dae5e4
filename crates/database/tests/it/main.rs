//! Installing, comparing and serving, against real servers and real processes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod comments;
mod concurrent_install;
mod install;
mod objects;
mod pool;
mod processes;
mod replica;
mod roles;
mod server;
