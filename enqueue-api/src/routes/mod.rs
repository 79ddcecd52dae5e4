//! One module a noun. Each handler is: parse, one call into `model` or `queue`, answer.

pub mod bulk_orders;
pub mod docs;
pub mod health;
pub mod job;
pub mod jobs;
pub mod orders;
pub mod queue;
pub mod waits;

mod idempotency;
mod path_id;
