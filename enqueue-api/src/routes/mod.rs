//! One module a noun. Each handler is: parse, one call into `model` or `queue`, answer.

pub mod docs;
pub mod health;
pub mod jobs;
pub mod orders;

mod path_id;
